//! What `envoy-cors explain` proposes for a blocked request, and what becomes of it.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod explaining;

use explaining::{POLICIES, POLICY, URL, json_of, text};
use serde_json::{Value, json};
use tool::explain::change::{Change, at};

/// A blocked request: the policy, the arguments, and the changes that the remedy has, as paths and values.
type Blocked = (&'static str, Vec<&'static str>, Vec<(&'static str, Value)>);

fn blocked() -> Vec<Blocked> {
    let app = ["--page", "https://app.example.com"];
    let evil = ["--page", "https://evil.test"];
    let with = |page: [&'static str; 2], rest: &[&'static str]| [&page[..], rest, &[URL]].concat();
    vec![
        (POLICY, with(evil, &[]), vec![("allow_origins[2]", json!("https://evil.test"))]),
        (POLICY, with(app, &["-XDELETE"]), vec![("allow_methods[1]", json!("DELETE"))]),
        (
            POLICY,
            with(app, &["-Hx-b: 1", "-Hx-a: 1"]),
            vec![("allow_headers[1]", json!("x-a")), ("allow_headers[2]", json!("x-b"))],
        ),
        (POLICY, with(app, &["--credentials", "include"]), vec![("allow_credentials", json!(true))]),
        (
            POLICY,
            with(["--page", "null"], &[]),
            vec![("allow_origins[2]", json!("null")), ("dangerously_allow", json!(["null_origin"]))],
        ),
        (
            r#"{"allow_origins": ["*"], "expose_headers": ["*"]}"#,
            with(app, &["--credentials", "include"]),
            vec![
                ("allow_origins[0]", json!("https://app.example.com")),
                ("allow_credentials", json!(true)),
                ("expose_headers[0]", Value::Null),
            ],
        ),
        (
            r#"{"allow_origins": ["*"], "allow_headers": ["*"]}"#,
            with(app, &["-HAuthorization: Bearer t"]),
            vec![("allow_headers[1]", json!("authorization"))],
        ),
        (
            r#"{"allow_origins": ["https://*.example.com"], "preflight": "forward", "allow_methods": ["PUT"]}"#,
            with(app, &["-XPUT", "--upstream-status", "302", "--upstream-header", "location: /login"]),
            vec![("preflight", json!("answer"))],
        ),
        (
            r#"{"allow_origins": ["https://*.example.com"], "upstream_cors_headers": "keep"}"#,
            with(app, &["--upstream-header", "access-control-allow-origin: https://a.test"]),
            vec![("upstream_cors_headers", json!("replace"))],
        ),
        (
            r#"{"match": {"hosts": ["a.test"], "paths": ["/a"]}, "allow_origins": ["https://*.example.com"]}"#,
            with(app, &[]),
            vec![("match.hosts[1]", json!("api.example.com")), ("match.paths[1]", json!("/orders/7"))],
        ),
        (
            POLICIES,
            vec!["--page", "https://app.example.com", "https://b.test/"],
            vec![(
                "policies[4]",
                json!({"name": "b-test", "match": {"hosts": ["b.test"]}, "allow_origins": ["https://app.example.com"]}),
            )],
        ),
        (
            POLICIES,
            vec!["--page", "https://app.example.com", "https://api.example.com/internal/a"],
            vec![
                ("policies[1].enabled", json!(true)),
                ("policies[1].allow_origins", json!(["https://app.example.com"])),
            ],
        ),
        (
            POLICIES,
            vec!["--page", "https://app.example.com", "https://api.example.com/trial/a"],
            vec![("policies[2].report_only", json!(false))],
        ),
        (
            POLICY,
            with(["--page", "http://app.example.com"], &["--credentials", "include", "-XDELETE", "-Hx-a: 1"]),
            vec![
                ("allow_origins[2]", json!("http://app.example.com")),
                ("allow_methods[1]", json!("DELETE")),
                ("allow_headers[1]", json!("x-a")),
                ("allow_credentials", json!(true)),
                ("dangerously_allow", json!(["insecure_origins_with_credentials"])),
            ],
        ),
    ]
}

#[test]
fn the_remedy_is_small_and_makes_the_response_readable() {
    for (policy, arguments, expected) in blocked() {
        let report = json_of(policy, &arguments);
        assert_eq!(report["verdict"], "blocked", "{arguments:?}");
        let remedy = report["remedy"].as_array().unwrap();
        let found: Vec<(&str, Value)> =
            remedy.iter().map(|change| (change["path"].as_str().unwrap(), change["value"].clone())).collect();
        assert_eq!(found, expected, "{arguments:?}");
        assert!(remedy.iter().all(|change| change["opens"].as_str().is_some_and(|opens| opens.len() > 10)));
        let mut changed: Value = serde_json::from_str(policy).unwrap();
        for change in remedy {
            let (path, value) = (change["path"].as_str().unwrap().to_owned(), Some(change["value"].clone()));
            let kind = if at(&changed, &path).is_some() { "replace" } else { "add" };
            let is_removed = change["change"] == "remove";
            assert!(is_removed || change["change"] == kind, "{change}");
            let value = value.filter(|_| !is_removed);
            Change { path, value, opens: String::new() }.apply(&mut changed).unwrap();
        }
        assert_eq!(json_of(&changed.to_string(), &arguments)["verdict"], "readable", "{arguments:?}");
    }
}

#[test]
fn where_no_policy_can_help_it_says_so() {
    let location = |to| ["--upstream-status", "302", "--upstream-header", to];
    let app = |rest: &[&'static str], url| [&["--page", "https://app.example.com"], rest, &[url]].concat();
    let open = r#"{"allow_origins": ["*"], "allow_methods": ["*"]}"#;
    let cases = [
        (open, app(&["-XTRACE"], URL), "no page can send this method"),
        (open, app(&["-XPUT", "--mode", "no-cors"], URL), "under no-cors"),
        (open, app(&["-XGET", "-dx"], URL), "GET and HEAD have no body"),
        (open, app(&[], "http://api.example.com/"), "a page that came by https"),
        (open, app(&location("location: data:,x"), URL), "the redirect leads where no page may go"),
        (open, app(&location("location: https://a:b@c.test/"), URL), "the redirect leads where no page may go"),
        (open, app(&location("location: /orders/7"), URL), "browsers follow 20 redirects"),
        (POLICIES, app(&[], "https://api.example.com//x"), "the path can be read in two ways"),
    ];
    for (policy, arguments, reason) in cases {
        let report = json_of(policy, &arguments);
        assert_eq!(report["verdict"], "blocked", "{arguments:?}");
        assert_eq!(report["remedy"], json!([]), "{arguments:?}");
        assert!(report["no_remedy"].as_str().unwrap().contains(reason), "{arguments:?}: {}", report["no_remedy"]);
        assert!(
            text(policy, &arguments)
                .contains(&format!("No policy can allow this: {}", report["no_remedy"].as_str().unwrap()))
        );
    }
}
