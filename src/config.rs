//! The document: what a user may write, with the types of its values, before anything is judged.

use crate::json::Value;
use crate::problem::{Fault, Problem};
use crate::reader::{Reader, Text};

/// The path of a problem that is the document's own.
const DOCUMENT: &str = "configuration";

/// The longest time that a browser may be told to keep a preflight's answer, in seconds: a day, Firefox's own limit.
const MAX_MAX_AGE: u32 = 86_400;

const POLICY_KEYS: [&str; 8] = [
    "allow_origins",
    "allow_methods",
    "allow_headers",
    "expose_headers",
    "allow_credentials",
    "max_age",
    "preflight_status",
    "dangerously_allow",
];

/// One policy as it is written.
#[derive(Debug, Clone, Default)]
pub struct PolicyDocument {
    /// The origin rules.
    pub allow_origins: Vec<Text>,
    /// The methods.
    pub allow_methods: Vec<Text>,
    /// The request headers.
    pub allow_headers: Vec<Text>,
    /// The response headers that a page may read.
    pub expose_headers: Vec<Text>,
    /// Whether a page may send cookies and read the answer.
    pub allow_credentials: bool,
    /// How long a browser may keep a preflight's answer, in seconds.
    pub max_age: Option<u32>,
    /// The status of the answer to a preflight, 204 or 200.
    pub preflight_status: u32,
    /// What section "Refused" would refuse otherwise.
    pub dangerously_allow: DangerouslyAllow,
}

/// The switches of `dangerously_allow`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DangerouslyAllow {
    /// `*` with credentials.
    pub any_origin_with_credentials: bool,
    /// Plain-http origins of other machines with credentials.
    pub insecure_origins_with_credentials: bool,
    /// `null`.
    pub null_origin: bool,
    /// Wildcards over names of more than one owner.
    pub broad_patterns: bool,
}

impl DangerouslyAllow {
    /// The switches in use, by name.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [
            (self.any_origin_with_credentials, "any_origin_with_credentials"),
            (self.insecure_origins_with_credentials, "insecure_origins_with_credentials"),
            (self.null_origin, "null_origin"),
            (self.broad_patterns, "broad_patterns"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
    }

    fn switch(&mut self, name: &str) -> Option<&mut bool> {
        match name {
            "any_origin_with_credentials" => Some(&mut self.any_origin_with_credentials),
            "insecure_origins_with_credentials" => Some(&mut self.insecure_origins_with_credentials),
            "null_origin" => Some(&mut self.null_origin),
            "broad_patterns" => Some(&mut self.broad_patterns),
            _ => None,
        }
    }
}

/// Reads the document; what is wrong with its shape goes to `problems`, and `None` says that there is nothing to judge.
pub fn parse(document: &[u8], problems: &mut Vec<Problem>) -> Option<PolicyDocument> {
    if document.trim_ascii().is_empty() {
        let fault = Fault::new(
            "there is no policy, and nothing is allowed by default",
            "write {\"allow_origins\": [\"https://app.example.com\"]}",
        );
        problems.push(fault.at(DOCUMENT, "empty"));
        return None;
    }
    match Value::parse(document) {
        Ok(Value::Object(members)) => Some(read_policy(Reader::new("", members, &POLICY_KEYS, problems))),
        Ok(value) => {
            let fault =
                Fault::new(format!("an object is wanted, not {}", value.kind()), "write {\"allow_origins\": […], …}");
            problems.push(fault.at(DOCUMENT, value.quote()));
            None
        }
        Err(error) => {
            problems.push(refuse_syntax(document, &error));
            None
        }
    }
}

fn read_policy(mut reader: Reader) -> PolicyDocument {
    PolicyDocument {
        allow_origins: read_origins(&mut reader),
        allow_methods: reader.texts("allow_methods").unwrap_or_default(),
        allow_headers: reader.texts("allow_headers").unwrap_or_default(),
        expose_headers: reader.texts("expose_headers").unwrap_or_default(),
        allow_credentials: reader.bool("allow_credentials").unwrap_or_default(),
        max_age: read_max_age(&mut reader),
        preflight_status: read_preflight_status(&mut reader),
        dangerously_allow: read_dangerously_allow(&mut reader),
    }
}

fn read_origins(reader: &mut Reader) -> Vec<Text> {
    let wanted = "list at least one origin, such as \"https://app.example.com\"";
    if !reader.has("allow_origins") {
        reader.refuse_shown("allow_origins", "missing", Fault::new("nothing is allowed by default", wanted));
        return Vec::new();
    }
    match reader.texts("allow_origins") {
        Some(texts) => {
            if texts.is_empty() && !reader.has_problem_in("allow_origins") {
                reader.refuse_shown("allow_origins", "[]", Fault::new("an empty list allows no origin", wanted));
            }
            texts
        }
        None => Vec::new(),
    }
}

fn read_max_age(reader: &mut Reader) -> Option<u32> {
    let bounds = Fault::new("the number is not from 0 to 86400", "write seconds, a day (86400) at most");
    reader.integer("max_age", |seconds| seconds <= MAX_MAX_AGE, bounds)
}

fn read_preflight_status(reader: &mut Reader) -> u32 {
    let bounds = Fault::new("a preflight is answered with 204 or 200", "write 204, or 200 for old clients");
    reader.integer("preflight_status", |status| matches!(status, 200 | 204), bounds).unwrap_or(204)
}

fn read_dangerously_allow(reader: &mut Reader) -> DangerouslyAllow {
    let mut switches = DangerouslyAllow::default();
    for text in reader.texts("dangerously_allow").unwrap_or_default() {
        match switches.switch(&text.text) {
            Some(switch) => *switch = true,
            None => {
                let remedy = "the switches are any_origin_with_credentials, insecure_origins_with_credentials, null_origin, broad_patterns";
                reader.push(Fault::new("there is no such switch", remedy).of_text(&text.path, &text.text));
            }
        }
    }
    switches
}

fn refuse_syntax(document: &[u8], error: &serde_json::Error) -> Problem {
    if is_struct_protobuf(document) {
        let reason = "Envoy hands a google.protobuf.Struct over as raw protobuf, not as JSON";
        let remedy = "write the configuration as JSON text in \"@type\": type.googleapis.com/google.protobuf.StringValue, field value";
        return Fault::new(reason, remedy).at(DOCUMENT, format!("{} bytes of protobuf", document.len()));
    }
    let start = String::from_utf8_lossy(document.get(..40).unwrap_or(document));
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
