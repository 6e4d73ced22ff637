//! The corpus: cases as data. `tests/README.md` documents the format.

use crate::{Header, joined};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Whether a case accounts for this response header: `expect` lists all such headers that the client gets, and no
/// others.
pub fn is_watched(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with(b"access-control-")
        || [b"vary".as_slice(), b"timing-allow-origin", b"x-cors-decision"].contains(&name.as_slice())
}

/// A file of the corpus.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[allow(dead_code, reason = "for readers")]
    about: String,
    groups: Vec<WrittenGroup>,
}

/// A group as it is written: its cases say only where they differ from its defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGroup {
    name: String,
    config: Value,
    #[serde(default)]
    defaults: Value,
    cases: Vec<Value>,
}

/// Cases under one configuration.
#[derive(Clone, Debug)]
pub struct Group {
    /// `file/name`, unique.
    pub name: String,
    /// The configuration.
    pub config: Value,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One request, upstream's response, and the expected result.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A sentence that says what is true.
    pub name: String,
    #[serde(default = "get")]
    pub method: String,
    #[serde(default = "root")]
    pub path: String,
    #[serde(default = "authority")]
    pub authority: String,
    /// The name of the route that the request takes.
    #[serde(default)]
    pub route: Option<String>,
    /// The request's headers.
    #[serde(default)]
    pub headers: Headers,
    /// Upstream's response.
    #[serde(default)]
    pub upstream: Upstream,
    /// The expected result.
    pub expect: Expect,
    /// Why this case cannot run through a real Envoy, which rejects such a request before any filter sees it.
    #[serde(default)]
    pub not_through_envoy: Option<String>,
}

/// Upstream's response, if the request reaches it.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    #[serde(default = "ok")]
    pub status: u32,
    #[serde(default)]
    pub headers: Headers,
}

/// The expected result of a case.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Whether the filter itself answers; the response code details in access logs then name what is counted.
    #[serde(default)]
    pub answered: bool,
    /// The decision stored for access logs.
    #[serde(default)]
    pub kept: Option<String>,
    /// The status; upstream's by default.
    #[serde(default)]
    pub status: Option<u32>,
    /// All watched headers that the client gets.
    pub headers: BTreeMap<String, Text>,
    /// The counter that is incremented, as `<policy>/<kind>/<outcome>`; `null` if none is.
    pub counted: Option<String>,
}

/// Headers by name; a list means several lines.
#[derive(Deserialize, Clone, Debug, Default)]
pub struct Headers(BTreeMap<String, Lines>);

#[derive(Deserialize, Clone, Debug)]
#[serde(untagged)]
enum Lines {
    One(Text),
    Several(Vec<Text>),
}

/// Bytes: a string in which each character up to U+00FF is one byte, or a repeated string.
#[derive(Deserialize, Clone, Debug)]
#[serde(untagged)]
pub enum Text {
    Plain(String),
    Repeated { repeat: String, times: usize },
}

impl Text {
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Text::Plain(text) => latin1(text),
            Text::Repeated { repeat, times } => latin1(repeat).repeat(*times),
        }
    }
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).expect("corpus text is Latin-1")).collect()
}

impl Headers {
    /// The header lines.
    pub fn lines(&self) -> Vec<Header> {
        let mut lines = Vec::new();
        for (name, values) in &self.0 {
            let values = match values {
                Lines::One(value) => std::slice::from_ref(value),
                Lines::Several(values) => values,
            };
            lines.extend(values.iter().map(|value| (name.as_bytes().to_vec(), value.bytes())));
        }
        lines
    }
}

impl Default for Upstream {
    fn default() -> Self {
        Upstream { status: ok(), headers: Headers::default() }
    }
}

impl Case {
    /// The request as a filter sees it, pseudo-headers first.
    pub fn request(&self) -> Vec<Header> {
        let pseudo = [(":method", &self.method), (":path", &self.path), (":authority", &self.authority)];
        let mut request: Vec<Header> =
            pseudo.into_iter().map(|(name, value)| (name.as_bytes().to_vec(), latin1(value))).collect();
        request.extend(self.headers.lines());
        request
    }

    /// Upstream's response as a filter sees it.
    pub fn response(&self) -> Vec<Header> {
        let mut response = vec![(b":status".to_vec(), self.upstream.status.to_string().into_bytes())];
        response.extend(self.upstream.headers.lines());
        response
    }
}

/// The result of a case, in the terms of its expectation.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    pub status: u32,
    pub headers: Vec<(String, String)>,
    pub counted: Vec<String>,
    /// The `%RESPONSE_CODE_DETAILS%` of the filter's own answer.
    pub answered: Option<String>,
    pub kept: Option<String>,
}

impl Seen {
    /// `response` may be headers as the filter or as the client sees them; `counted` names the incremented counters.
    pub fn new(status: u32, response: &[Header], counted: Vec<String>) -> Self {
        let show = |bytes: &[u8]| bytes.escape_ascii().to_string();
        let watched = response.iter().map(|(name, _)| name.to_ascii_lowercase()).filter(|name| is_watched(name));
        // Lines with the same name are joined, as Envoy joins them, so a duplicated Allow-Origin is a different value.
        let mut headers: Vec<_> =
            watched.map(|name| (show(&name), show(&joined(response, &name).unwrap_or_default()))).collect();
        headers.sort();
        headers.dedup();
        Seen { status, headers, counted, answered: None, kept: None }
    }

    /// With the details of the filter's own answer.
    pub fn answered(self, details: Option<String>) -> Self {
        Seen { answered: details, ..self }
    }

    /// With the stored decision.
    pub fn kept(self, kept: Option<String>) -> Self {
        Seen { kept, ..self }
    }

    /// What a case expects.
    pub fn expected(case: &Case) -> Self {
        let expect = &case.expect;
        let headers: Vec<Header> =
            expect.headers.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.bytes())).collect();
        let status = expect.status.unwrap_or(case.upstream.status);
        // `app/preflight/allowed` is `cors_preflight_allowed` in access logs.
        let counted = expect.counted.clone().unwrap_or_default();
        let details = counted.split_once('/').map(|(_, rest)| format!("cors_{}", rest.replace('/', "_")));
        Seen::new(status, &headers, expect.counted.iter().cloned().collect())
            .answered(details.filter(|_| expect.answered))
            .kept(expect.kept.clone())
    }
}

/// The name of a counter of the filter, shortened to `<policy>/<kind>/<outcome>`.
pub fn short_counter(name: &str) -> Option<String> {
    let parts = name.split("envoy_cors_requests_total.policy=").nth(1)?;
    Some(parts.replace(".kind=", "/").replace(".outcome=", "/"))
}

/// Every group of the corpus.
pub fn load() -> Vec<Group> {
    let folder = crate::repository("tests/corpus");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    paths.sort();
    let mut groups = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a file of the corpus");
        let file: File = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        groups.extend(file.groups.into_iter().map(|group| read_group(&stem, group)));
    }
    groups
}

fn read_group(file: &str, group: WrittenGroup) -> Group {
    let name = format!("{file}/{}", group.name);
    let read_case = |written: &Value| {
        let mut case = group.defaults.clone();
        merge(&mut case, written);
        serde_json::from_value(case).unwrap_or_else(|error| panic!("{name}: {error}: {written}"))
    };
    let cases = group.cases.iter().map(read_case).collect();
    Group { config: group.config, cases, name }
}

/// Applies a JSON Merge Patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    for (key, value) in patch {
        if value.is_null() {
            target.as_object_mut().and_then(|members| members.remove(key));
        } else {
            merge(&mut target[key], value);
        }
    }
}

/// Runs every case, and panics with a list of all unexpected results.
pub fn check(groups: &[Group], mut run: impl FnMut(&Group, &Case) -> Option<Seen>) {
    let mut failures = Vec::new();
    let mut passed = 0;
    for group in groups {
        for case in &group.cases {
            let Some(seen) = run(group, case) else { continue };
            let expected = Seen::expected(case);
            if seen == expected {
                passed += 1;
            } else {
                failures.push(format!("{}: {}\n  expected {expected:?}\n  seen     {seen:?}", group.name, case.name));
            }
        }
    }
    println!("{passed} cases of the corpus passed");
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
}

fn get() -> String {
    String::from("GET")
}

fn root() -> String {
    String::from("/")
}

fn authority() -> String {
    String::from("api.example.test")
}

fn ok() -> u32 {
    200
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_case_is_merged_into_the_defaults_key_by_key() {
        for (defaults, case, expected) in [
            (json!(null), json!({ "a": 1 }), json!({ "a": 1 })),
            (json!({ "a": { "b": 1, "c": 2 } }), json!({ "a": { "c": 3 } }), json!({ "a": { "b": 1, "c": 3 } })),
            (json!({ "a": { "b": 1, "c": 2 } }), json!({ "a": { "b": null } }), json!({ "a": { "c": 2 } })),
            (json!({ "a": 1 }), json!({ "b": { "c": null } }), json!({ "a": 1, "b": {} })),
            (json!({ "a": "one" }), json!({ "a": ["one", "two"] }), json!({ "a": ["one", "two"] })),
            (json!({ "a": "x" }), json!({ "a": { "repeat": "x" } }), json!({ "a": { "repeat": "x" } })),
        ] {
            let mut merged = defaults.clone();
            merge(&mut merged, &case);
            assert_eq!(merged, expected, "{defaults} and {case}");
        }
    }
}
