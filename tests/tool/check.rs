//! `envoy-cors check`, as a user calls it.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use serde_json::{Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A folder for one test, with these files in it; removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = kit::envoy::new_folder();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        Folder(folder)
    }

    fn check(&self, arguments: &[&str]) -> Ran {
        let program = env!("CARGO_BIN_EXE_envoy-cors");
        Ran(Command::new(program).arg("check").args(arguments).current_dir(&self.0).output().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Ran(Output);

impl Ran {
    fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap()
    }
}

/// Checks one file, and gives its findings as JSON.
fn findings(name: &str, text: &str) -> Value {
    Folder::new(&[(name, text)]).check(&["--format", "json", name]).json()
}

const GOOD: &str = r#"{"allow_origins": ["https://app.example.com"], "allow_methods": ["PUT"]}"#;
const DOUBTFUL: &str = r#"{"allow_origins": ["https://app.example.com"], "max_age": 86400}"#;
const BAD: &str = "{\n  \"allow_origins\": [\"https://app.example.com/\"],\n  \"max_age\": 86400\n}\n";

#[test]
fn a_good_document_is_summed_up() {
    let ran = Folder::new(&[("policy.json", GOOD)]).check(&["policy.json"]);
    assert_eq!(ran.code(), 0, "{}", ran.stderr());
    assert_eq!(ran.stdout(), "policy.json: 1 policy, 1 origin rule, dangerously allowed: nothing\n");
    assert_eq!(findings("policy.json", GOOD), json!([]));
}

#[test]
fn a_problem_is_shown_with_its_line_and_what_to_write() {
    let ran = Folder::new(&[("policy.json", BAD)]).check(&["policy.json"]);
    assert_eq!(ran.code(), 1);
    let expected = r#"error[has-path]: a path is not allowed in an origin
 --> policy.json:2:21
  |
2 |   "allow_origins": ["https://app.example.com/"],
  |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^ allow_origins[0]
  |
  = help: write "https://app.example.com"

warning[long_max_age]: Chromium caches a preflight for 7200 seconds at most, whatever is sent
 --> policy.json:3:14
  |
3 |   "max_age": 86400
  |              ^^^^^ max_age
  |
  = help: write 7200, or keep it for Firefox, which caches for up to a day

1 error, 1 warning
"#;
    assert_eq!(ran.stdout(), expected);
    assert_eq!(ran.stderr(), "");
}

#[test]
fn json_has_all_that_is_found_in_one_array() {
    let folder = Folder::new(&[("a.json", BAD), ("b.json", GOOD), ("c.json", DOUBTFUL)]);
    let ran = folder.check(&["--format", "json", "a.json", "b.json", "c.json"]);
    assert_eq!(ran.code(), 1);
    assert_eq!(
        ran.json()[0],
        json!({
            "file": "a.json", "line": 2, "column": 21, "severity": "error", "code": "has-path",
            "path": "allow_origins[0]", "value": "\"https://app.example.com/\"",
            "reason": "a path is not allowed in an origin", "remedy": "write \"https://app.example.com\"",
        })
    );
    let files: Vec<&str> = ran
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|found| match found["file"].as_str().unwrap() {
            "a.json" => "a",
            "c.json" => "c",
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(files, ["a", "a", "c"]);
}

#[test]
fn github_gets_annotations() {
    let ran = Folder::new(&[("a.json", BAD)]).check(&["--format", "github", "a.json"]);
    assert_eq!(ran.code(), 1);
    let first = "::error file=a.json,line=2,col=21,endColumn=47,title=envoy-cors%3A has-path::allow_origins[0]: \"https://app.example.com/\": a path is not allowed in an origin; write \"https://app.example.com\"";
    assert_eq!(ran.stdout().lines().next(), Some(first));
    assert!(ran.stdout().lines().nth(1).unwrap().starts_with("::warning file=a.json,line=3,"), "{}", ran.stdout());
}

#[test]
fn exit_codes_tell_good_bad_and_unreadable_apart() {
    let folder = Folder::new(&[
        ("good.json", GOOD),
        ("doubtful.json", DOUBTFUL),
        ("bad.json", BAD),
        ("none.yaml", "a: 1\n"),
        ("broken.json", "{"),
    ]);
    let code = |arguments: &[&str]| folder.check(arguments).code();
    assert_eq!(code(&["good.json", "doubtful.json"]), 0);
    assert_eq!(code(&["--deny-warnings", "good.json"]), 0);
    assert_eq!(code(&["--deny-warnings", "doubtful.json"]), 1);
    assert_eq!(code(&["bad.json", "good.json"]), 1);
    for unreadable in ["none.yaml", "broken.json", "missing.json", "."] {
        assert_eq!(code(&[unreadable]), 2, "{unreadable}");
        assert_eq!(code(&["bad.json", unreadable]), 2, "{unreadable}");
    }
    assert_eq!(code(&[]), 2);
    assert_eq!(code(&["--format", "xml", "good.json"]), 2);
}

#[test]
fn what_cannot_be_checked_is_said_on_standard_error_and_the_rest_is_checked() {
    let folder = Folder::new(&[
        ("none.yaml", "a: 1\n"),
        ("bad.json", BAD),
        ("broken.yaml", "a: 1\nb: [1\nc: 2\n"),
        ("latin.json", ""),
    ]);
    std::fs::write(folder.0.join("latin.json"), b"{\"name\": \"\xfc\"}").unwrap();
    let ran = folder.check(&["none.yaml", "missing.json", "latin.json", "broken.yaml", "bad.json"]);
    let errors = ran.stderr();
    for part in [
        "error[no_policy]: there is no policy in this file",
        "--> none.yaml",
        "WasmPlugin",
        "EnvoyExtensionPolicy",
        "error[unreadable]: cannot be read: No such file",
        "--> missing.json",
        "byte 10 is not valid UTF-8",
        "error[syntax]: this is not valid YAML",
        "--> broken.yaml:",
    ] {
        assert!(errors.contains(part), "{part}: {errors}");
    }
    assert!(ran.stdout().contains("error[has-path]: a path is not allowed in an origin"), "{}", ran.stdout());
    let codes: Vec<Value> = folder
        .check(&["--format", "json", "none.yaml", "missing.json", "broken.yaml"])
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["code"].clone())
        .collect();
    assert_eq!(codes, ["no_policy", "unreadable", "syntax"]);
}

#[test]
fn a_file_with_foreign_filters_only_says_which_were_passed_over() {
    let text = "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: limits}\nspec: {pluginConfig: {rate: 5}}\n";
    let found = findings("a.yaml", text);
    assert_eq!(found[0]["reason"], "there is no policy in this file, only configurations of other filters: \"limits\"");
}

#[test]
fn standard_input_is_read() {
    let program = env!("CARGO_BIN_EXE_envoy-cors");
    let mut child = Command::new(program)
        .args(["check", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(BAD.as_bytes()).unwrap();
    let ran = Ran(child.wait_with_output().unwrap());
    assert_eq!(ran.code(), 1);
    assert_eq!((&ran.json()[0]["file"], &ran.json()[0]["line"]), (&json!("<stdin>"), &json!(2)));
}

#[test]
fn problems_in_a_block_of_yaml_have_their_lines_in_the_file() {
    let text = std::fs::read_to_string(kit::repository("envoy/envoy.yaml")).unwrap();
    let text = text
        .replace("\"https://app.example.com\"", "\"https://app.example.com:443\"")
        .replace("\"max_age\": 7200", "\"max_agee\": 7200");
    let line_of = |part: &str| text.lines().position(|line| line.contains(part)).unwrap() + 1;
    let column_of = |part: &str| text.lines().find(|line| line.contains(part)).unwrap().find(part).unwrap() + 1;
    let found = findings("envoy.yaml", &text);
    let places: Vec<[&Value; 3]> =
        found.as_array().unwrap().iter().map(|found| [&found["path"], &found["line"], &found["column"]]).collect();
    let expected = |path: &str, part: &str| [json!(path), json!(line_of(part)), json!(column_of(part))];
    assert_eq!(places[0].map(Value::clone), expected("allow_origins[0]", "\"https://app.example.com:443\""));
    assert_eq!(places[1].map(Value::clone), expected("max_agee", "\"max_agee\""));
    assert_eq!(places.len(), 2);
}

#[test]
fn json_that_breaks_off_within_a_block_has_its_line() {
    let text = std::fs::read_to_string(kit::repository("envoy/envoy.yaml")).unwrap();
    let text = text.replace("\"max_age\": 7200,", "\"max_age\": 7200");
    let line = text.lines().position(|line| line.contains("\"debug_header\": true")).unwrap() + 1;
    let found = findings("envoy.yaml", &text);
    assert_eq!((&found[0]["path"], &found[0]["line"]), (&json!("configuration"), &json!(line)));
    assert!(found[0]["reason"].as_str().unwrap().contains("expected `,` or `}`"), "{found}");
}

#[test]
fn a_struct_in_a_wasm_filter_is_the_problem_that_the_filter_reports() {
    let text = "http_filters:\n- name: envoy-cors\n  typed_config:\n    '@type': type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm\n    config:\n      configuration:\n        '@type': type.googleapis.com/google.protobuf.Struct\n        value:\n          allow_origins: ['https://a.example']\n";
    let found = findings("a.yaml", text);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!((&found[0]["line"], &found[0]["value"]), (&json!(9), &json!("42 bytes of protobuf")));
    assert!(found[0]["remedy"].as_str().unwrap().contains("google.protobuf.StringValue"));
}

#[test]
fn remedies_are_spelled_as_a_browser_would() {
    let text = "{\"allow_origins\": [\"https://bu\u{308}cher.example\", \"https://\u{ff41}.example\", \"http://0x7f.1\"], \"match\": {\"hosts\": [\"B\u{dc}CHER.example:80\"], \"paths\": [\"/caf\u{e9}\"]}}";
    let found = findings("a.json", text);
    let remedies: Vec<&str> = found.as_array().unwrap().iter().map(|found| found["remedy"].as_str().unwrap()).collect();
    assert_eq!(
        remedies,
        [
            "write \"https://xn--bcher-kva.example\"",
            "write \"https://a.example\"",
            "write \"http://127.0.0.1\"",
            "write \"xn--bcher-kva.example\"",
            "write \"/caf%C3%A9\"",
        ]
    );
}

#[test]
fn every_refused_document_is_refused_with_the_filter_s_own_problems() {
    let file = std::fs::read_to_string(kit::repository("tests/documents/refused.json")).unwrap();
    let cases: Value = serde_json::from_str(&file).unwrap();
    let filter = |text: &str| {
        json!({"http_filters": [{"name": "envoy-cors", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {"configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": text}},
        }}]})
        .to_string()
    };
    let cases: Vec<&Value> =
        cases["refused"].as_array().unwrap().iter().filter(|case| case["document"].is_string()).collect();
    let names: Vec<String> = (0..cases.len()).map(|at| format!("{at}.json")).collect();
    let texts: Vec<String> = cases.iter().map(|case| filter(case["document"].as_str().unwrap())).collect();
    let files: Vec<(&str, &str)> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut arguments = vec!["--format", "json"];
    arguments.extend(names.iter().map(String::as_str));
    let found = Folder::new(&files).check(&arguments).json();
    for (case, name) in cases.iter().zip(&names) {
        let own = found.as_array().unwrap().iter().filter(|found| {
            found["file"] == **name && found["severity"] == "error" && !found["code"].as_str().unwrap().contains('_')
        });
        let mut own: Vec<String> =
            own.map(|found| ["path", "value", "reason"].map(|key| found[key].as_str().unwrap()).join(": ")).collect();
        let mut expected: Vec<&str> =
            case["problems"].as_array().unwrap().iter().map(|problem| problem.as_str().unwrap()).collect();
        own.sort();
        expected.sort_unstable();
        assert_eq!(own.len(), expected.len(), "{}: {own:#?}", case["document"]);
        for (own, expected) in own.iter().zip(expected) {
            assert!(expected.starts_with(own), "{own}\n{expected}");
        }
    }
}

#[test]
fn a_document_without_line_breaks_is_shown_by_its_paths() {
    let mut rules: Vec<String> = (0..20_000).map(|number| format!("\"https://h{number}.example.com\"")).collect();
    rules.push(String::from("\"https://*.example.com\""));
    let text = format!("{{\"allow_origins\": [{}]}}", rules.join(","));
    let ran = Folder::new(&[("a.json", &text)]).check(&["a.json"]);
    assert!(ran.stdout().ends_with("20000 warnings\n"));
    let column = text.find("\"https://h19999.").unwrap() + 1;
    assert!(ran.stdout().contains(&format!("--> a.json:1:{column}\n")));
    assert!(ran.stdout().contains("= note: allow_origins[19999]: \"https://h19999.example.com\""));
}

#[test]
fn colour_is_for_terminals_only() {
    let ran = Folder::new(&[("a.json", BAD)]).check(&["a.json"]);
    assert!(!ran.stdout().contains('\u{1b}'));
}

#[test]
fn a_hostile_file_cannot_write_to_the_terminal() {
    let text = "{\"allow_origins\": [\"https://a.example/\u{202e}\"], /* \u{1b}[31m */ \"x\\u001b[2J\": 1}";
    let ran = Folder::new(&[("a.jsonc", text)]).check(&["a.jsonc"]);
    assert_eq!(ran.code(), 1);
    assert!(!ran.stdout().contains(['\u{1b}', '\u{202e}']), "{:?}", ran.stdout());
}

#[test]
fn the_repository_s_own_files_have_no_errors() {
    let files = ["envoy/envoy.yaml", "envoy/istio/wasmplugin.yaml", "envoy/istio/envoyfilter.yaml"];
    let mut files: Vec<PathBuf> = files.map(kit::repository).to_vec();
    files.extend(std::fs::read_dir(kit::repository("envoy/examples")).unwrap().map(|entry| entry.unwrap().path()));
    let files: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let ran = Folder::new(&[]).check(&files);
    assert_eq!(ran.code(), 0, "{}", ran.stdout());
    assert_eq!(ran.stdout().matches("dangerously allowed: nothing").count(), files.len());
}
