//! `envoy-cors explain`, as a user calls it.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod explaining;

use explaining::{POLICIES, POLICY, URL, command, explain_in, json_of, text};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;

/// The JSON of a request by a page at https://app.example.com.
fn of_app(document: &str, arguments: &[&str]) -> Value {
    json_of(document, &[&["--page", "https://app.example.com"], arguments].concat())
}

/// The message of a call that is wrong.
fn refused(document: &str, arguments: &[&str]) -> String {
    let output = explain_in("policy.json", document, arguments);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_allowed_request_is_explained_step_by_step() {
    let arguments = ["--page", "https://app.example.com/shop?a=1", "-XPUT", "--json", "{}", URL];
    let report = text(POLICY, &arguments);
    let steps = [
        "PUT https://api.example.com/orders/7 from a page at https://app.example.com\n",
        "Preflight\n  because PUT is not a CORS-safelisted method\n",
        "  because content-type: application/json is not a CORS-safelisted content type\n",
        "  > OPTIONS /orders/7\n",
        "  > access-control-request-headers: content-type\n",
        "  policy default: allowed by allow_origins[0] \"https://app.example.com\" (policy.json:2:21)\n",
        "  < 204 from the filter\n",
        "  pass Access-Control-Allow-Methods lists PUT\n",
        "  the browser may cache this response for 5 seconds\n",
        "Request\n  because the preflight allows it\n  > PUT /orders/7\n",
        "  < 200 from upstream\n",
        "Readable: the page gets the status 200, the body and no headers\n",
    ];
    let mut rest = report.as_str();
    for step in steps {
        rest = rest.split_once(step).unwrap_or_else(|| panic!("{step:?} is missing or out of order in\n{report}")).1;
    }
    assert!(!report.contains("Chromium's console") && !report.contains("To allow it"), "{report}");
}

#[test]
fn the_json_has_the_keys_that_are_documented() {
    let json = of_app(POLICY, &["-X", "PUT", "--upstream-header", "x-total-count: 42", URL]);
    let mut expected = [
        "page",
        "url",
        "verdict",
        "same_origin",
        "preflight",
        "request",
        "redirects",
        "readable_headers",
        "console",
        "remedy",
        "no_remedy",
        "notes",
    ];
    expected.sort_unstable();
    assert_eq!(keys(&json), expected);
    for exchange in [&json["preflight"], &json["request"]] {
        assert_eq!(keys(exchange), ["because", "checks", "decision", "request", "response"]);
        assert_eq!(keys(&exchange["request"]), ["headers", "method", "url"]);
        assert_eq!(keys(&exchange["response"]), ["from", "headers", "status"]);
        assert_eq!(keys(&exchange["decision"]), ["kind", "outcome", "policy", "rule"]);
        assert_eq!(keys(&exchange["decision"]["rule"]), ["column", "line", "path", "value"]);
        assert_eq!(keys(&exchange["checks"][0]), ["check", "detail", "holds"]);
    }
    assert_eq!(json["page"], "https://app.example.com");
    assert_eq!(json["url"], URL);
    assert_eq!(json["same_origin"], false);
    assert_eq!(json["preflight"]["because"], json!(["PUT is not a CORS-safelisted method"]));
    assert_eq!(json["preflight"]["response"]["from"], "filter");
    assert_eq!(json["request"]["response"]["from"], "upstream");
    assert_eq!(json["readable_headers"], json!(["x-total-count"]));
    assert_eq!([&json["console"], &json["no_remedy"]], [&Value::Null, &Value::Null]);
    assert_eq!(json["remedy"], json!([]));
    let readme = std::fs::read_to_string(kit::repository("src/tool/README.md")).unwrap();
    assert!(expected.iter().all(|key| readme.contains(&format!("| `{key}` |"))), "the README documents each key");
}

#[test]
fn the_rule_that_decided_is_named_by_path_and_line() {
    let rule = |page: &str, url: &str| {
        let json = json_of(POLICIES, &["--page", page, url]);
        let decision = &json["request"]["decision"];
        let rule = &decision["rule"];
        let place = format!("{}:{}", rule["line"], rule["column"]);
        [&decision["policy"], &decision["outcome"], &rule["path"], &rule["value"], &json!(place)].map(Value::clone)
    };
    let star = ["public", "allowed", "policies[0].allow_origins[0]", "*", "3:78"].map(Value::from);
    assert_eq!(rule("https://evil.example", "https://x.example/public/a"), star);
    let glob = ["app", "allowed", "policies[3].allow_origins[1]", "https://*.example.com", "9:9"].map(Value::from);
    assert_eq!(rule("https://app.example.com", URL), glob);
    let disabled = ["internal", "disabled", "policies[1].enabled"].map(Value::from);
    let found = rule("https://app.example.com", "https://api.example.com/internal/a");
    assert_eq!((&found[..3], &found[3]), (&disabled[..], &json!(false)));
    let refused = rule("https://evil.test", URL);
    assert_eq!(refused[..3], ["app", "origin_refused", "policies[3].allow_origins"].map(Value::from));
    let found = rule("https://evil.test", "https://elsewhere.test/");
    assert_eq!(found[..4], [Value::Null, json!("no_policy"), Value::Null, Value::Null]);
    let found = rule("https://app.example.com", "https://api.example.com/public/%2e%2e/x%2f");
    assert_eq!(found[..2], [Value::Null, json!("path_ambiguous")]);
}

#[test]
fn a_route_picks_the_policy() {
    let policy = r#"{"policies": [{"name": "r", "match": {"route_names": ["orders"]}, "allow_origins": ["*"]}]}"#;
    assert_eq!(of_app(policy, &["--route", "orders", URL])["request"]["decision"]["policy"], "r");
    assert_eq!(of_app(policy, &[URL])["verdict"], "blocked");
}

#[test]
fn a_header_that_no_page_can_set_is_left_out_with_a_word() {
    let report =
        of_app(POLICY, &["-HCookie: a=1", "-Hx-http-method-override: TRACE", "-Hcontent-type: text/plain", URL]);
    assert_eq!(report["verdict"], "readable");
    assert_eq!(
        report["request"]["request"]["headers"],
        json!([["content-type", "text/plain"], ["origin", "https://app.example.com"]])
    );
    let note =
        |name: &str| json!(format!("not sent: {name}: no page can set this header (Fetch, forbidden request-header)"));
    let notes = report["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 2);
    assert!(["cookie", "x-http-method-override"].iter().all(|name| notes.contains(&note(name))), "{notes:?}");
}

#[test]
fn under_no_cors_the_response_is_opaque() {
    let report = of_app(POLICY, &["--mode", "no-cors", "-Hx-a: 1", URL]);
    assert_eq!(report["verdict"], "opaque");
    assert_eq!((&report["preflight"], &report["remedy"]), (&Value::Null, &json!([])));
    assert_eq!(report["request"]["request"]["headers"], json!([]));
    assert!(report["notes"][0].as_str().unwrap().starts_with("not sent: x-a: under no-cors"));
}

#[test]
fn a_page_of_the_server_s_own_origin_needs_no_cors() {
    let report = json_of(POLICY, &["--page", "https://api.example.com", "-XPUT", "-Hx-a: 1", URL]);
    assert_eq!((&report["verdict"], &report["same_origin"]), (&json!("readable"), &json!(true)));
    assert_eq!(report["preflight"], Value::Null);
}

#[test]
fn a_redirect_is_followed_with_the_origin_that_remains() {
    let arguments = ["--upstream-status", "307", "--upstream-header", "location: https://b.example.com/x", URL];
    let report = of_app(POLICY, &[&["-XPUT"], &arguments[..]].concat());
    assert_eq!(report["verdict"], "blocked");
    let second = &report["redirects"][0];
    assert_eq!(second["url"], "https://b.example.com/x");
    assert!(second["preflight"]["request"]["headers"].as_array().unwrap().contains(&json!(["origin", "null"])));
    assert_eq!(second["request"], Value::Null);
}

#[test]
fn a_copied_command_is_explained() {
    let copied = "curl 'https://api.example.com/orders/7' \\\n  -X 'PUT' \\\n  -H 'accept-language: de-DE' \\\n  \
        -H 'content-type: application/json' \\\n  -b 'session=1' \\\n  -H 'origin: https://app.example.com' \\\n  \
        -H 'sec-fetch-mode: cors' \\\n  -H 'user-agent: Mozilla/5.0' \\\n  -H 'pragma: no-cache' --data-raw '{}' --novel";
    let report = json_of(POLICY, &["--", copied]);
    assert_eq!(report["page"], "https://app.example.com");
    let asked = &report["preflight"]["request"]["headers"];
    assert!(asked.as_array().unwrap().contains(&json!(["access-control-request-headers", "content-type"])));
    assert_eq!(report["remedy"][0]["path"], "allow_credentials");
    let notes = [
        "not used: the curl option --novel",
        "the command has cookies, so the credentials mode is taken to be include",
        "left out: pragma: no-cache, which developer tools add with \"Disable cache\"",
    ];
    assert_eq!(report["notes"], json!(notes));
    assert_eq!(json_of(POLICY, &["--credentials", "omit", "--", copied])["verdict"], "readable");
    // As a shell has split it.
    let words = ["--", "curl", URL, "-H", "Origin: https://evil.test", "--compressed"];
    assert_eq!(json_of(POLICY, &words)["request"]["decision"]["outcome"], "origin_refused");
}

#[test]
fn a_copied_preflight_is_the_request_that_it_asks_for() {
    let words = [
        "--",
        "curl",
        URL,
        "-X",
        "OPTIONS",
        "-H",
        "Origin: https://app.example.com",
        "-H",
        "Access-Control-Request-Method: PUT",
        "-H",
        "Access-Control-Request-Headers: content-type,x-a",
    ];
    let report = json_of(POLICY, &words);
    assert_eq!(report["preflight"]["because"].as_array().unwrap().len(), 3);
    assert_eq!(report["remedy"][0]["value"], "x-a");
}

#[test]
fn a_policy_is_read_wherever_it_is() {
    let plugin = "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: cors}\nspec:\n  \
        pluginConfig:\n    allow_origins:\n    - https://app.example.com\n";
    let arguments = ["--page", "https://app.example.com", URL];
    let output = explain_in("plugin.yaml", plugin, &arguments);
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("by allow_origins[0] \"https://app.example.com\" (plugin.yaml:7:7)"), "{report}");
    let two = format!("{plugin}---\n{}", plugin.replace("name: cors", "name: cors-2").replace("app.", "other."));
    let output = explain_in("plugins.yaml", &two, &arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(message.contains("there are 2 policy documents; choose one with --document NUMBER"), "{message}");
    assert!(message.contains("  2: cors-2, line 11"), "{message}");
    let output = explain_in("plugins.yaml", &two, &[&["--document", "2"], &arguments[..]].concat());
    assert!(String::from_utf8(output.stdout).unwrap().contains("(plugins.yaml:15:"));
}

#[test]
fn a_policy_is_read_from_standard_input() {
    let mut child = command()
        .args(["explain", "-", "--page", "https://app.example.com", URL])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(POLICY.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("(<stdin>:2:21)"));
}

#[test]
fn wrong_use_is_answered_with_the_way_out() {
    let app = ["--page", "https://app.example.com"];
    let message = refused(r#"{"allow_origins": ["https://a.test/"], "max_age": -1}"#, &[&app[..], &[URL]].concat());
    assert!(
        message.contains("policy.json:1:20: allow_origins[0]: \"https://a.test/\": a path is not allowed in an origin"),
        "{message}"
    );
    assert!(message.contains("policy.json:1:51: max_age"), "{message}");
    assert!(refused(r#"{"a": 1}"#, &[&app[..], &[URL]].concat()).contains("no policy found"));
    assert!(refused(POLICY, &[URL]).contains("name it, as in --page https://app.example.com"));
    assert!(refused(POLICY, &["--page", "app.example.com", URL]).contains("write it like https://app.example.com"));
    assert!(
        refused(POLICY, &[&app[..], &["/orders"]].concat()).contains("write it like https://api.example.com/orders")
    );
    assert!(refused(POLICY, &[&app[..], &["ftp://a.test"]].concat()).contains("not an HTTP URL"));
    assert!(refused(POLICY, &[&app[..], &["-Hnonsense", URL]].concat()).contains("\"nonsense\" is not a header"));
    assert!(refused(POLICY, &["--", "curl", URL]).contains("neither an Origin nor a Referer"));
    assert!(refused(POLICY, &["--", "curl", "-k"]).contains("has no URL"));
    assert!(refused(POLICY, &["--", "curl 'https://a.test"]).contains("is not closed"));
    assert!(refused(POLICY, &[URL, "--", "curl", URL]).contains("cannot be used with"));
    assert!(refused(POLICY, &["-XPUT", "--", "curl", URL]).contains("cannot be used with"));
    assert!(refused(POLICY, &app).contains("required"));
    let output = command().args(["explain", "missing.json", "--page", "null", URL]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("missing.json: cannot be read"));
}

#[test]
fn colour_is_for_terminals_or_for_who_asks() {
    let run = |variables: &[(&str, &str)]| {
        let folder = kit::envoy::new_folder();
        std::fs::write(folder.join("policy.json"), POLICY).unwrap();
        let mut command = command();
        command.args(["explain", "policy.json", "--page", "https://evil.test", URL]).current_dir(&folder);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        String::from_utf8(output.stdout).unwrap().contains('\u{1b}')
    };
    assert!(!run(&[]));
    assert!(run(&[("CLICOLOR_FORCE", "1")]));
    assert!(!run(&[("NO_COLOR", "1")]));
}

#[test]
fn help_has_examples() {
    let output = command().args(["explain", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("Examples:") && help.contains("-- curl 'https://api.example.com/orders/7'"), "{help}");
}
