//! Documents: what is refused, with the whole text of each problem, and what is accepted.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use document::problem::{DOCUMENT, Problem};
use document::reason::Reason;
use document::spelling::Spelling;
use document::switches::Switch;
use document::{keys, load};
use kit::wasm_host::WasmHost;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[allow(dead_code, reason = "for readers")]
    about: String,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    document: Option<String>,
    bytes: Option<String>,
    problems: Vec<String>,
}

fn refused() -> Vec<(Vec<u8>, Vec<String>)> {
    let text = std::fs::read_to_string(kit::repository("tests/documents/refused.json")).unwrap();
    let file: File = serde_json::from_str(&text).unwrap();
    let bytes = |text: String| text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    let document = |case: &Refused| match (case.document.clone(), case.bytes.clone()) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(text)) => bytes(text),
        _ => panic!("one of `document` and `bytes`"),
    };
    file.refused.into_iter().map(|case| (document(&case), case.problems)).collect()
}

#[test]
fn every_problem_of_a_refused_document_is_reported_at_once() {
    for (document, problems) in refused() {
        let seen: Vec<String> = load(&document).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(seen, problems, "{}", String::from_utf8_lossy(&document));
    }
}

#[test]
fn whoever_follows_a_remedy_finds_no_further_problem() {
    let documents = refused().into_iter().filter_map(|(document, _)| serde_json::from_slice(&document).ok());
    let mut failures = Vec::new();
    let follow = |document| follow_all(&document, &mut failures);
    let followed: usize = documents.chain(every_key_with_wrong_values()).map(follow).sum();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(followed > 400, "{followed} remedies were followed");
}

fn every_key_with_wrong_values() -> Vec<Value> {
    let wrong = json!([
        null, true, 7, 1.5, -1, 1e300, "", "x", "true", "204", "+5", "007", "-", "a b", "GET, PUT", "https://a.example/",
        "https://*.com, http://A.example", "*://x y", "a//b", "a b#c", "/a//b", "*.A.example:80", "Forbid", [], [7],
        [true], [""], ["x"], ["https://a.example/"], ["*://"], ["*://A.example/"], ["*://*.a.example"], ["a//b"], ["api v1"],
        ["api"], ["a[b"], ["a#b"], ["https://api.example/x"], {}, { "x": 1 }
    ]);
    let mut documents = Vec::new();
    for value in wrong.as_array().unwrap() {
        for key in keys::POLICY.iter().chain(keys::DOCUMENT) {
            let mut document = json!({ "allow_origins": ["https://a.example"] });
            document[key.name] = value.clone();
            documents.push(document);
        }
        for key in keys::MATCH {
            documents.push(json!({ "allow_origins": ["*"], "match": { key.name: value } }));
        }
    }
    documents
}

/// Follows each remedy that names a value; how many there were.
fn follow_all(document: &Value, failures: &mut Vec<String>) -> usize {
    let before = load(document.to_string().as_bytes()).err().unwrap_or_default();
    let known: BTreeSet<(&str, &str)> = before.iter().map(|problem| (&*problem.path, problem.reason.code())).collect();
    let mut count = 0;
    for problem in &before {
        for suggested in suggestions(&problem.remedy()) {
            let Some(followed) = follow(document, problem, &suggested) else { continue };
            count += 1;
            for left in load(followed.to_string().as_bytes()).err().unwrap_or_default() {
                let code = left.reason.code();
                // Whether a rule is dangerous is only known when it is spelled right, and is the reader's decision.
                // That a policy is switched off is a decision, too: its other keys then have to go.
                let is_decision = Switch::ALL.iter().any(|it| it.code() == code) || code == "key-of-disabled-policy";
                let is_new = !known.contains(&(&*left.path, code)) && !is_decision;
                let is_solved = left.path != problem.path || left.reason.code() != problem.reason.code();
                if is_new || !is_solved {
                    failures.push(format!("{document}\n{problem}\n{followed}\n{left}"));
                }
            }
        }
    }
    count
}

/// The values that a remedy says to write, or gives as an example.
fn suggestions(remedy: &str) -> Vec<Value> {
    let Some(text) = remedy.strip_prefix("write ") else { return Vec::new() };
    let text = text.strip_suffix(" without quotes").unwrap_or(text);
    if let Ok(values) = serde_json::from_str(&format!("[{}]", text.replace(" or ", ", "))) {
        return values;
    }
    let example = text.split_once("such as ").map(|(_, rest)| serde_json::Deserializer::from_str(rest).into_iter());
    example.and_then(|mut values| values.next()?.ok()).into_iter().collect()
}

/// The document with what is suggested in the place of the problem; `None` where it has no such place.
fn follow(document: &Value, problem: &Problem, suggested: &Value) -> Option<Value> {
    let mut followed = document.clone();
    let pointer = match problem.path.as_str() {
        DOCUMENT => String::new(),
        path => format!("/{}", path.replace(['.', '['], "/").replace(']', "")),
    };
    if matches!(problem.reason, Reason::UnknownKey(_)) {
        let (parent, key) = pointer.rsplit_once('/')?;
        let members = followed.pointer_mut(parent)?.as_object_mut()?;
        let value = members.remove(key)?;
        members.insert(suggested.as_str()?.to_owned(), value);
        return Some(followed);
    }
    *followed.pointer_mut(&pointer)? = suggested.clone();
    Some(followed)
}

/// So every reason has a case, and no code changes unnoticed: programs rely on them.
#[test]
fn every_reason_has_a_case_and_a_code_of_its_own() {
    let problems = refused().into_iter().flat_map(|(document, _)| load(&document).unwrap_err());
    let seen: BTreeSet<&str> = problems.map(|problem| problem.reason.code()).collect();
    let switches = Switch::ALL.iter().map(|switch| switch.code());
    let all = Reason::CODES.iter().chain(Spelling::CODES).copied().filter(|code| !code.is_empty()).chain(switches);
    let all: Vec<&str> = all.collect();
    assert!(all.iter().all(|code| code.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))));
    let unique: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(unique.len(), all.len(), "two reasons have the same code");
    assert_eq!(unique, seen);
}

#[test]
fn the_module_refuses_them_with_one_line_of_log_for_each_problem() {
    for (document, problems) in refused() {
        let Err(log) = WasmHost::start(&document) else { panic!("{} is accepted", String::from_utf8_lossy(&document)) };
        let expected: Vec<String> =
            problems.iter().map(|problem| format!("4 envoy-cors: configuration refused: {problem}")).collect();
        assert_eq!(log, expected);
        assert!(log.iter().all(|line| !line.contains(['\n', '\r'])), "a problem is one line");
    }
}

#[test]
fn what_is_right_is_accepted_in_any_spelling() {
    for document in [
        json!({ "allow_origins": ["https://a.example"] }),
        json!({ "allow_origins": ["https://a.example"], "max_age": 7200.0, "preflight_status": 200.0 }),
        json!({ "allow_origins": ["https://a.example", "https://a.example"], "allow_methods": [], "allow_headers": [] }),
        json!({ "allow_origins": ["*", "https://a.example"], "expose_headers": ["*"] }),
        json!({ "allow_origins": ["https://*.co.uk"], "allow_credentials": false, "dangerously_allow": [] }),
        json!({ "allow_origins": ["https://a.example.", "https://a.example.:*", "http://localhost.:3000"], "allow_credentials": true }),
        json!({ "allow_origins": ["https://a.example"], "$schema": "./policy.schema.json" }),
        json!({ "policies": [{ "allow_origins": ["https://a.example"] }], "$schema": null }),
    ] {
        assert!(load(document.to_string().as_bytes()).is_ok(), "{document}");
    }
    assert!(load(b"\n\t {\"allow_origins\": [\"https://a.example\"]}\r\n").is_ok(), "white space around");
}

#[test]
fn a_loaded_document_is_one_line_of_log() {
    let origins = json!(["https://a.example", "https://*.a.example", "null", "https://a.example"]);
    let document = json!({ "allow_origins": origins, "dangerously_allow": ["null_origin"] });
    let host = WasmHost::start(document.to_string().as_bytes()).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        host.logs(),
        [format!("2 envoy-cors {version}: 1 policy, 3 origin rules, dangerously allowed: null_origin")]
    );
}

#[test]
fn requests_are_logged_at_debug_only() {
    let document = json!({ "name": "app", "allow_origins": ["https://a.example"] }).to_string();
    let header = |name: &str, value: &[u8]| (name.as_bytes().to_vec(), value.to_vec());
    let request = || vec![header(":method", b"GET"), header("origin", b"https://b.example\r\nforged: \xff")];
    let response = || vec![header(":status", b"200")];
    let mut host = WasmHost::start(document.as_bytes()).unwrap();
    host.exchange(request(), response());
    assert_eq!(host.logs().len(), 1, "the line of the load: {:?}", host.logs());
    let mut host = WasmHost::start_at_log_level(document.as_bytes(), 1).unwrap();
    host.exchange(request(), response());
    let line =
        r#"1 envoy-cors: policy=app kind=request outcome=origin_malformed origin="https://b.example\r\nforged: \xff""#;
    assert_eq!(host.logs()[1..], [line]);
}

#[test]
fn a_thousand_problems_are_a_thousand_lines() {
    let rules: Vec<Value> = (0..1000).map(|n| json!(format!("https://a{n}.example/"))).collect();
    let problems = load(json!({ "allow_origins": rules }).to_string().as_bytes()).unwrap_err();
    assert_eq!(problems.len(), 1000);
    assert_eq!(problems[999].path, "allow_origins[999]");
}
