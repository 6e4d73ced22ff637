//! Documents that are not JSON.

use crate::problem::{DOCUMENT, Problem};
use crate::reason::Reason;

/// How much of the document is quoted, in bytes.
const QUOTED_BYTES: usize = 40;

/// The problem of a document that serde_json refused with `error`, whose line and column are kept.
pub(crate) fn problem(document: &[u8], error: &serde_json::Error) -> Problem {
    if is_struct_protobuf(document) {
        let what = format!("{} bytes of protobuf", document.len());
        return Problem::described(DOCUMENT, what, Reason::RawProtobuf);
    }
    let start = String::from_utf8_lossy(document.get(..QUOTED_BYTES).unwrap_or(document));
    Problem::of_text(DOCUMENT, &start, Reason::NotJson(error.to_string()))
}

/// Whether the bytes are a serialized `google.protobuf.Struct`: field 1, which holds a map entry, whose field 1 is a key.
///
/// The first byte alone does not decide: 0x0A is a line feed too.
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
