//! Documents: nothing panics, each problem can be read and used, and a remedy that spells a text spells the right one.

use crate::cases;
use cors::origin::Origin;
use document::keys::{self, Key};
use document::load;
use document::problem::Problem;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;

/// Texts that mean something somewhere in a document, or nearly so.
fn a_text() -> impl Strategy<Value = String> {
    let known = [
        "*",
        "null",
        "https://a.example",
        "https://*.a.example",
        "http://a.example:*",
        "https://*",
        "a.example",
        "GET",
        "put",
        "TRACE",
        "x-a",
        "cookie",
        "etag",
        "access-control-max-age",
        "answer",
        "forward",
        "forbid",
        "keep",
        "true",
        "7200",
        "",
        "-",
        "app",
        "a,b",
        "/a/**",
        "/a//b",
        "/",
        "r",
        "null_origin",
        "broad_patterns",
        "any_origin_with_credentials",
        "https://ü.example",
        "https://a.example.",
    ];
    prop_oneof![6 => prop::sample::select(known.to_vec()).prop_map(String::from), 1 => a_rule(), 1 => "\\PC{0,8}", 1 => "[\\x00-\\x7f]{0,4}"]
}

/// Texts near to an origin, in parts that may be missing, wrong or too many.
fn a_rule() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec![
        "https://",
        "http://",
        "HTTP://",
        "ftp://",
        "app://",
        "https:",
        "https:/",
        "*://",
        "file://",
        "",
        " https://",
    ]);
    let user = prop::sample::select(vec!["", "", "", "u@", "u:p@", "u@v@", "@", "u/@"]);
    let host = prop_oneof![
        3 => "[a-cA-C0-9]{1,3}(\\.[a-c0-9-]{1,3}){0,2}\\.{0,2}",
        1 => "[a-c*?.{},\\[\\]!^0-9-]{0,10}",
        1 => "[0-9x]{1,3}(\\.[0-9]{1,3}){0,4}",
        1 => "\\[?[0-9a-fA-F:]{2,10}\\]?",
        1 => "[a-cüÉ.%_ ]{1,6}",
    ];
    let port =
        prop::sample::select(vec!["", "", "", ":80", ":0443", ":443", ":8080", ":0", ":*", ":8*", ":", ":99999"]);
    let rest = prop::sample::select(vec![
        "",
        "",
        "",
        "/",
        "/x?y#z",
        "?a=b",
        "?x",
        "#z",
        "?@c",
        "/@c",
        "\\d",
        ",https://b.example",
        " ",
    ]);
    (scheme, user, host, port, rest)
        .prop_map(|(scheme, user, host, port, rest)| format!("{scheme}{user}{host}{port}{rest}"))
}

/// Values of any type.
fn an_odd_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => a_text().prop_map(|text| Value::from(text).to_string()),
        1 => prop::sample::select(vec!["null", "true", "false", "0", "-1", "7200.5", "204", "1e300", "86401", "[]", "{}"]).prop_map(String::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            an_object(inner),
        ]
    })
}

/// A list of texts, as most keys take it.
fn a_list() -> impl Strategy<Value = String> {
    prop::collection::vec(a_text(), 0..4).prop_map(|texts| json!(texts).to_string())
}

/// An object with our keys, and now and then others and the same twice.
fn an_object(value: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    let name = |key: &Key| key.name;
    let ours: Vec<&str> = [keys::POLICY, keys::DOCUMENT, keys::MATCH].into_iter().flatten().map(name).collect();
    let key = prop_oneof![9 => prop::sample::select(ours).prop_map(String::from), 1 => a_text()];
    prop::collection::vec((key, value), 0..8).prop_map(|members| {
        let members: Vec<String> =
            members.into_iter().map(|(key, value)| format!("{}:{value}", Value::from(key))).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// The text that a remedy spells out, if it does.
fn spelled(problem: &Problem) -> Option<String> {
    let remedy = problem.remedy();
    remedy.strip_prefix("write \"").and_then(|rest| rest.strip_suffix('"')).map(str::to_owned)
}

/// The origin of a text, as the URL standard reads it.
fn origin_of(text: &str) -> Option<String> {
    let origin = Url::parse(text).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn no_document_panics_and_each_problem_is_one_line_with_a_remedy(
        document in an_object(prop_oneof![an_odd_value(), a_list(), an_object(prop_oneof![a_list(), an_odd_value()])]),
    ) {
        for problem in load(document.as_bytes()).err().unwrap_or_default() {
            let line = problem.to_string();
            prop_assert!(!line.contains(|char: char| char.is_control()), "{:?}", line);
            let reason = problem.reason.to_string();
            prop_assert!(!reason.is_empty() && !problem.remedy().is_empty(), "{}", line);
            prop_assert!(!reason.contains("{}"), "a detail is missing: {}", line);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = load(&bytes);
    }

    #[test]
    fn no_rule_panics_and_the_remedy_for_an_origin_is_what_a_browser_sends(rule in prop_oneof![a_rule(), a_text(), Just(String::from("https://a.example:443"))]) {
        let dangerous = ["broad_patterns", "null_origin"];
        for problem in load(json!({ "allow_origins": [rule], "dangerously_allow": dangerous }).to_string().as_bytes()).err().unwrap_or_default() {
            let Some(spelled) = spelled(&problem) else { continue };
            let fixed = json!({ "allow_origins": [spelled], "dangerously_allow": dangerous });
            prop_assert!(load(fixed.to_string().as_bytes()).is_ok(), "{}", problem);
            if let (Some(_), Some(origin)) = (Origin::parse(spelled.as_bytes()), origin_of(&rule)) {
                prop_assert_eq!(spelled, origin, "{}", problem);
            }
        }
    }

    #[test]
    fn what_a_browser_sends_is_taken_as_a_rule_or_spelled_by_the_remedy(rule in a_rule()) {
        // What needs no tables: no letters beyond ASCII, no escapes, no other spellings of IPv4 addresses.
        let needs_tables = !rule.is_ascii() || rule.contains('%');
        // What the URL standard reads as something else: wildcards, and two origins in one text.
        let is_else = rule.contains(['*', '?', '{', '}', ',']);
        let is_plain = |origin: &String| {
            Origin::parse(origin.as_bytes()).is_some_and(|origin| !origin.host().starts_with(b"[") && !origin.host()[0].is_ascii_digit())
        };
        if let Some(origin) = origin_of(&rule).filter(|origin| !needs_tables && !is_else && is_plain(origin)) {
            let problems = load(json!({ "allow_origins": [rule] }).to_string().as_bytes()).err().unwrap_or_default();
            for problem in problems {
                prop_assert_eq!(spelled(&problem), Some(origin.clone()), "{}", problem);
            }
        }
    }

    #[test]
    fn no_host_panics_and_the_remedy_is_what_a_browser_asks_for(host in prop_oneof![a_rule(), a_text()]) {
        let document = |host: &str| json!({ "allow_origins": ["*"], "match": { "hosts": [host] } }).to_string();
        for problem in load(document(&host).as_bytes()).err().unwrap_or_default() {
            let Some(spelled) = spelled(&problem) else { continue };
            prop_assert!(load(document(&spelled).as_bytes()).is_ok(), "{}", problem);
            let url = if host.contains("://") { host.trim().to_owned() } else { format!("https://{}", host.trim()) };
            if let Some(url) = Url::parse(&url).ok().filter(|url| url.is_special() && !spelled.contains(['*', '?', '{']))
                && let Some(asked) = url.host_str()
                && (spelled.contains(':') || !spelled.contains('['))
            {
                prop_assert_eq!(spelled, asked.strip_suffix('.').unwrap_or(asked), "{}", problem);
            }
        }
    }
}
