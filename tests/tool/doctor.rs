//! `envoy-cors doctor`, against servers that are broken in one way each, and against one that is not.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "doctor/broken.rs"]
mod broken;
#[path = "doctor/broken_policies.rs"]
mod broken_policies;
#[path = "doctor/broken_responses.rs"]
mod broken_responses;
#[path = "doctor/endpoint.rs"]
mod endpoint;
#[path = "doctor/raw.rs"]
mod raw;
#[path = "doctor/run.rs"]
mod run;

use broken::PUT;
use endpoint::{PAGE, allowing, good, header, is_preflight, origin, with, without};
use kit::upstream::Upstream;
use run::{Report, doctor, report, report_on};
use std::collections::HashMap;
use std::sync::Mutex;

#[test]
fn each_broken_endpoint_has_its_cause_named_first() {
    let mut wrong = Vec::new();
    let all = broken::all();
    for broken in &all {
        let upstream = Upstream::start(broken.answer);
        let report = report_on(upstream.address, "/me", broken.arguments);
        let found = (report.cause(), report.verdict(broken.cause));
        if found != (broken.cause, broken.verdict) || !report.summary().contains(broken.says) {
            wrong.push(format!("{}: {found:?}: {}\n{:#}", broken.name, report.summary(), report.check(broken.cause)));
        }
        let exit = i32::from(broken.verdict == "fail");
        assert_eq!(report.exit, exit, "{}", broken.name);
        let check = report.check(broken.cause);
        assert!(!check["exchanges"].as_array().unwrap().is_empty(), "{}: the evidence", broken.name);
        assert!(check["remedy"].is_string(), "{}: the remedy", broken.name);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
    assert!(all.len() >= 40);
}

#[test]
fn a_sound_endpoint_gets_neither_warning_nor_failure() {
    let upstream = Upstream::start(good);
    let report = report_on(upstream.address, "/me", PUT);
    report.assert_sound();
    assert_eq!(report.with_verdict(&["info", "skip"]), Vec::<&str>::new());
    assert_eq!(
        report.summary(),
        "Pages of https://app.example.com can read this (as far as a GET and the preflight of PUT show)."
    );
}

#[test]
fn a_public_endpoint_gets_no_warning() {
    let upstream = Upstream::start(|request| {
        let mut headers = vec![header("access-control-allow-origin", "*"), header("cache-control", "max-age=60")];
        if is_preflight(request) {
            headers.push(header("access-control-allow-methods", "*"));
            headers.push(header("access-control-allow-headers", "*"));
            headers.push(header("access-control-max-age", "86400"));
        }
        (if is_preflight(request) { 204 } else { 200 }, headers)
    });
    for arguments in [["--page", PAGE].as_slice(), &["--page", PAGE, "-X", "PUT", "-H", "x-a: 1"]] {
        report_on(upstream.address, "/me", arguments).assert_sound();
    }
}

/// What many mean is said, and is not a warning.
#[test]
fn hosts_of_the_same_domain_are_information() {
    let upstream = Upstream::start(|request| {
        allowing(request, |origin| origin.starts_with("https://") && origin.ends_with(".example.com"))
    });
    let report = report_on(upstream.address, "/me", PUT);
    report.assert_sound();
    assert_eq!(report.with_verdict(&["info"]), ["allows-lookalikes"]);
    assert!(report.detail("allows-lookalikes").contains("https://envoy-cors-doctor.example.com"));
}

#[test]
fn nothing_but_harmless_methods_is_sent_and_no_redirect_followed_blindly() {
    let upstream = Upstream::start(good);
    let report = report_on(upstream.address, "/me", PUT);
    let reached = upstream.take_reached();
    assert!(reached.len() <= 40, "{} requests", reached.len());
    assert_eq!(reached.len(), report.exchanges().len());
    for request in &reached {
        assert!(["OPTIONS", "GET", "HEAD"].contains(&request.method.as_str()), "{}", request.method);
    }
    // A preflight carries no credentials, whatever the page sends.
    assert!(reached.iter().filter(|request| is_preflight(request)).all(|request| request.header("cookie").is_none()));
    assert_eq!(
        reached.iter().find(|request| is_preflight(request)).unwrap().header("host"),
        Some(upstream.address.to_string())
    );
}

#[test]
fn no_more_than_forty_requests_are_sent() {
    let upstream =
        Upstream::start(|request| allowing(request, |origin| origin == PAGE || origin.ends_with(".pages.example.com")));
    let pages: Vec<String> = (0..50).map(|number| format!("https://p{number}.pages.example.com")).collect();
    let also = pages.iter().flat_map(|page| ["--also-page", page.as_str()]);
    let arguments: Vec<&str> = ["--page", PAGE].into_iter().chain(also).collect();
    let report = report_on(upstream.address, "/me", &arguments);
    assert_eq!(upstream.take_reached().len(), 40);
    assert_eq!(report.verdict("allows-null"), "skip");
    assert!(report.json["checks"].to_string().contains("the limit of 40 requests is reached"));
    report.assert_sound();
}

#[test]
fn the_method_itself_is_sent_once_where_that_is_allowed() {
    let upstream = Upstream::start(|request| {
        let answer = good(request);
        if request.method == "GET" { (405, vec![]) } else { answer }
    });
    let careful = report_on(upstream.address, "/me", PUT);
    assert_eq!(careful.verdict("allow-origin"), "skip");
    assert!(
        careful.detail("allow-origin").contains("says nothing of PUT; use --send"),
        "{}",
        careful.detail("allow-origin")
    );
    assert_eq!(careful.exit, 0);
    upstream.take_reached();
    let sent = report_on(upstream.address, "/me", &[PUT, &["--send"]].concat());
    assert_eq!(sent.verdict("allow-origin"), "pass");
    assert_eq!(upstream.take_reached().iter().filter(|request| request.method == "PUT").count(), 1);
}

/// Where GETs say nothing of CORS, preflights show who is allowed.
#[test]
fn origins_are_judged_by_preflights_where_a_get_says_nothing() {
    let upstream = Upstream::start(|request| {
        if is_preflight(request) { allowing(request, |origin| !origin.is_empty()) } else { (405, vec![]) }
    });
    let report = report_on(upstream.address, "/me", PUT);
    assert_eq!((report.cause(), report.verdict("reflects-any-origin")), ("reflects-any-origin", "fail"));
}

/// A cache that knows one answer for an address, whoever asks.
fn sharing_cache(vary: bool) -> Upstream {
    let kept: Mutex<HashMap<String, endpoint::Answer>> = Mutex::new(HashMap::new());
    Upstream::start(move |request| {
        let answer = if vary { good(request) } else { without(good(request), "vary") };
        if request.method != "GET" || !request.path.contains('?') {
            return answer;
        }
        kept.lock().unwrap().entry(request.path.clone()).or_insert(answer).clone()
    })
}

#[test]
fn a_cache_that_serves_one_answer_to_all_is_found() {
    let upstream = sharing_cache(true);
    let report = report_on(upstream.address, "/me", &["--page", PAGE, "-b", "a=1"]);
    assert_eq!((report.cause(), report.verdict("cache")), ("cache", "fail"));
    assert!(
        report
            .summary()
            .contains("a shared cache serves the response for a visitor without an origin to https://app.example.com")
    );
    // The report's exchanges show it: the same address twice, and the plain one for comparison.
    assert_eq!(report.check("cache")["exchanges"].as_array().unwrap().len(), 3);
}

#[test]
fn a_redirect_that_the_page_can_follow_is_no_fault() {
    let upstream = Upstream::start(|request| {
        let (status, mut headers) = good(request);
        if request.path == "/me" && request.method == "GET" {
            headers.push(header("location", "/me/"));
            return (308, headers);
        }
        (status, headers)
    });
    let report = report_on(upstream.address, "/me", &["--page", PAGE, "-b", "a=1"]);
    report.assert_sound();
    assert!(report.detail("redirect").ends_with("/me/, and the page can follow"));
}

#[test]
fn after_a_redirect_to_another_origin_the_page_is_null() {
    let other = Upstream::start(good);
    let location = format!("http://{}/there", other.address);
    let upstream = Upstream::start(move |request| {
        let (_, mut headers) = good(request);
        headers.push(header("location", &location));
        (302, headers)
    });
    let report = report_on(upstream.address, "/me", &["--page", PAGE, "-b", "session=1"]);
    assert_eq!(report.cause(), "redirect");
    assert!(report.summary().contains("browsers send `Origin: null`"), "{}", report.summary());
    let reached = other.take_reached();
    assert_eq!(reached.len(), 1);
    assert_eq!(
        (origin(&reached[0]).as_str(), reached[0].header("cookie")),
        ("null", None),
        "cookies are not for others"
    );
}

#[test]
fn what_cannot_be_reached_is_named_by_its_stage() {
    let closed = raw::closed_port();
    let silent = raw::silent();
    let hanging_up = raw::answering(b"");
    let ssh = raw::answering(b"SSH-2.0-OpenSSH_9.2\r\n");
    let tls = raw::tls(good);
    let cases: [(String, &[&str], &str); 7] = [
        (format!("http://{closed}/"), &[], "the connection fails"),
        (String::from("http://no-such-host.invalid/"), &[], "the name does not resolve"),
        (format!("http://{silent}/"), &["--timeout", "0.3"], "no answer comes in time"),
        (format!("http://{hanging_up}/"), &[], "the answer is not valid HTTP/1.1"),
        (format!("http://{ssh}/"), &[], "the answer is not valid HTTP/1.1"),
        (format!("https://{ssh}/"), &[], "the TLS handshake fails"),
        (format!("https://{tls}/"), &[], "the TLS handshake fails"),
    ];
    for (url, arguments, says) in cases {
        let report = report(&[&[url.as_str(), "--page", PAGE], arguments].concat());
        assert_eq!((report.cause(), report.exit), ("reachable", 1), "{url}");
        assert!(report.summary().contains(says), "{url}: {}", report.summary());
        assert_eq!(report.with_verdict(&["warn", "fail"]), ["reachable"], "{url}: nothing else is judged");
    }
}

#[test]
fn a_certificate_of_nobody_is_accepted_on_request_and_a_name_resolved_as_told() {
    let tls = raw::tls(good);
    let url = format!("https://api.example.test:{}/me", tls.port());
    let resolve = format!("api.example.test:{}:127.0.0.1", tls.port());
    let report = report(&[&[url.as_str(), "--insecure", "--resolve", &resolve], PUT].concat());
    report.assert_sound();
    assert!(report.detail("reachable").contains("GET: 200 OK"));
}

#[test]
fn a_copied_curl_command_is_examined() {
    let upstream = Upstream::start(good);
    let url = format!("http://{}/me", upstream.address);
    let report = report(&[
        "--",
        "curl",
        &url,
        "-X",
        "PUT",
        "-H",
        "origin: https://app.example.com",
        "-H",
        "content-type: application/json",
        "-H",
        "sec-fetch-mode: cors",
        "-b",
        "session=1",
        "--data-raw",
        "{}",
    ]);
    report.assert_sound();
    assert_eq!(report.json["page"], PAGE);
    assert!(report.detail("preflight-needed").contains("PUT"));
    assert!(upstream.take_reached().iter().any(|request| request.header("cookie").as_deref() == Some("session=1")));
}

fn pasted(text: &str, arguments: &[&str]) -> Report {
    let file = kit::envoy::new_folder().join("response.txt");
    std::fs::write(&file, text).unwrap();
    report(&[&["--response", file.to_str().unwrap()], arguments].concat())
}

#[test]
fn pasted_responses_are_judged_and_nothing_is_sent() {
    let text = "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: https://app.example.com\r\n\
                Access-Control-Allow-Methods: GET\r\n\r\n";
    let preflight = pasted(text, &["--page", PAGE, "-X", "PUT"]);
    assert_eq!(preflight.cause(), "preflight-methods");
    assert_eq!(preflight.verdict("reflects-any-origin"), "skip");
    let text = "HTTP/2 200 \nvary: Origin\naccess-control-allow-origin: *\nset-cookie: a=1\n\n{\"id\": 7}\n";
    let actual = pasted(text, &["--page", PAGE, "--credentials", "include"]);
    assert_eq!(actual.cause(), "wildcard-with-credentials");
    let fine = pasted(text, &["--page", PAGE]);
    fine.assert_sound();
    assert_eq!(fine.summary(), "Pages of https://app.example.com can read this.");
}

#[test]
fn a_text_without_a_response_is_wrong_use() {
    let file = kit::envoy::new_folder().join("response.txt");
    std::fs::write(&file, "nothing here\n").unwrap();
    let output = doctor(&["--response", file.to_str().unwrap(), "--page", PAGE]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no response in it"));
}

fn policy_file(text: &str) -> String {
    let file = kit::envoy::new_folder().join("policy.json");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

const POLICY: &str = r#"{"allow_origins": ["https://app.example.com"], "allow_methods": ["PUT"],
    "allow_headers": ["content-type"], "allow_credentials": true, "max_age": 7200}"#;

#[test]
fn an_endpoint_that_answers_otherwise_does_not_run_the_policy() {
    let policy = policy_file(POLICY);
    let upstream = Upstream::start(|request| {
        let answer = good(request);
        if is_preflight(request) { with(answer, "access-control-max-age", "600") } else { answer }
    });
    let report = report_on(upstream.address, "/me", &[PUT, &["--policy", &policy]].concat());
    assert_eq!((report.cause(), report.exit), ("policy", 1));
    let says = "this Envoy does not run this policy: a preflight from https://app.example.com gets \
                `access-control-max-age: 600`, by the policy `access-control-max-age: 7200`";
    assert!(report.summary().contains(says), "{}", report.summary());
}

#[test]
fn a_policy_in_error_is_wrong_use_and_nothing_is_sent() {
    let policy = policy_file(r#"{"allow_origins": ["https://app.example.com/"]}"#);
    let upstream = Upstream::start(good);
    let url = format!("http://{}/me", upstream.address);
    let output = doctor(&[&url, "--page", PAGE, "--policy", &policy]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("allow_origins[0]"));
    assert!(upstream.take_reached().is_empty());
}

#[test]
fn wrong_use_says_what_to_write() {
    for (arguments, says) in [
        (["http://127.0.0.1:1/"].as_slice(), "--page https://app.example.com"),
        (&["--page", PAGE], "which address?"),
        (&["ftp://a.test/", "--page", PAGE], "not an HTTP URL"),
        (&["https://user:pass@a.test/", "--page", PAGE], "no page can request an address with a user or password"),
        (&["http://127.0.0.1:1/", "--page", PAGE, "-X", "TRACE"], "no page can send TRACE"),
        (&["http://127.0.0.1:1/", "--page", PAGE, "--resolve", "a"], "HOST:PORT:ADDRESS"),
        (&["http://127.0.0.1:1/", "--page", PAGE, "--timeout", "0"], "above 0"),
        (&["http://127.0.0.1:1/", "--page", PAGE, "--also-page", "admin"], "--also-page \"admin\" is not an origin"),
    ] {
        let output = doctor(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(says), "{arguments:?}: {text}");
    }
}

#[test]
fn the_text_names_the_cause_first_and_shows_the_exchange_behind_it() {
    let upstream =
        Upstream::start(
            |request| {
                if is_preflight(request) { (301, vec![header("location", "/me/")]) } else { good(request) }
            },
        );
    let url = format!("http://{}/me", upstream.address);
    let output = doctor(&[&[url.as_str()], PUT].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let first = "Pages of https://app.example.com cannot read this: the preflight is redirected to /me/.";
    assert_eq!(lines.next(), Some(first));
    assert_eq!((lines.next(), lines.next()), (Some(""), Some("fail  preflight-redirect")));
    assert!(text.contains(&format!("[0] OPTIONS {url}")), "{text}");
    assert!(text.contains("< location: /me/"), "{text}");
    assert!(text.contains("Remedy: "), "{text}");
    assert!(!text.contains('\u{1b}'), "colour only on a terminal");
    assert!(output.stderr.is_empty(), "no progress bar where there is no terminal");
}

#[test]
fn verbose_prints_what_is_sent_and_what_comes_back() {
    let upstream = Upstream::start(good);
    let url = format!("http://{}/me", upstream.address);
    let output = doctor(&[&[url.as_str(), "-v"], PUT].concat());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(&format!("> OPTIONS {url} HTTP/1.1")), "{text}");
    assert!(text.contains("> access-control-request-method: PUT"), "{text}");
    assert!(text.contains("< access-control-max-age: 7200"), "{text}");
    assert!(text.contains("> cookie: (9 bytes, not shown)"), "{text}");
}

/// Reports are passed on: to colleagues, into issues.
#[test]
fn no_report_holds_what_signs_a_user_in() {
    let upstream = Upstream::start(|request| with(good(request), "set-cookie", "session=secret-3"));
    let arguments = ["--page", PAGE, "-b", "session=secret-1", "-H", "authorization: Bearer secret-2"];
    let report = report_on(upstream.address, "/me", &arguments);
    assert!(!report.json.to_string().contains("secret-"));
    assert!(
        upstream.take_reached().iter().any(|request| request.header("cookie").as_deref() == Some("session=secret-1"))
    );
}

/// What a server sends reaches a terminal as text, not as commands.
#[test]
fn control_characters_of_a_server_are_escaped() {
    let upstream = Upstream::start(|_| (302, vec![header("location", "/\u{9b}31mred"), header("vary", "Origin")]));
    let url = format!("http://{}/me", upstream.address);
    let output = doctor(&[&url, "--page", PAGE]);
    assert!(!String::from_utf8_lossy(&output.stdout).contains('\u{9b}'));
}
