//! What to say of a document that is no JSON.

use crate::problem::{Fault, Problem};
use crate::shape::DOCUMENT;

/// How much of the document is quoted, in bytes.
const QUOTED_BYTES: usize = 40;

/// The problem of a document that serde_json refused with `error`, whose line and column are kept.
pub fn refuse(document: &[u8], error: &serde_json::Error) -> Problem {
    if is_struct_protobuf(document) {
        let reason = "Envoy hands a google.protobuf.Struct over as raw protobuf, not as JSON";
        let remedy = "write the configuration as JSON text in \"@type\": type.googleapis.com/google.protobuf.StringValue, field value";
        return Fault::new(reason, remedy).at(DOCUMENT, format!("{} bytes of protobuf", document.len()));
    }
    let start = String::from_utf8_lossy(document.get(..QUOTED_BYTES).unwrap_or(document));
    let remedy = "write one JSON object, in a google.protobuf.StringValue if this is Envoy's own configuration";
    Fault::new(format!("this is no JSON: {error}"), remedy).of_text(DOCUMENT, &start)
}

/// Whether the bytes are a serialized `google.protobuf.Struct`: field 1, which holds a map entry, whose field 1 is a key.
///
/// The first byte alone does not tell: 0x0A is a line feed too.
fn is_struct_protobuf(document: &[u8]) -> bool {
    let Some(rest) = document.strip_prefix(b"\x0a") else { return false };
    let length_end = rest.iter().position(|byte| *byte < 0x80).map_or(0, |last| last + 1);
    match rest.get(length_end..) {
        Some([0x0a, key_length, key @ ..]) => key
            .get(..usize::from(*key_length))
            .is_some_and(|key| !key.is_empty() && key.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_')),
        _ => false,
    }
}
