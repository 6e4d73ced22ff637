//! What holds for every input, tried on generated ones. The oracle for globs is globset's own matcher.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use cors::allow_headers::AllowHeaders;
use cors::allow_origins::Verdict;
use cors::list::elements;
use cors::origin::Origin;
use cors::policies::Target;
use cors::policy::Policy;
use cors::vary::{self, Names};
use document::glob::{self, Wildcards};
use document::load;
use globset::GlobBuilder;
use kit::fake_host::FakeHost;
use kit::{fixtures, joined};
use proptest::prelude::*;
use serde_json::json;

fn policy(rules: &[String]) -> Policy {
    let document = json!({ "allow_origins": rules, "dangerously_allow": ["broad_patterns", "null_origin"] });
    let policies = fixtures::configuration(&document).policies;
    policies.get(policies.only().unwrap()).unwrap().clone()
}

fn allows(policy: &Policy, origin: &str) -> bool {
    policy.allow_origins.judge(origin.as_bytes()) == Verdict::Allowed
}

/// An origin as browsers write it.
fn an_origin() -> impl Strategy<Value = String> {
    let host = prop_oneof!["[a-c]{1,3}(\\.[a-c]{1,3}){0,3}", "10\\.0\\.[1-9]\\.[1-9]", Just(String::from("[::1]"))];
    let port = prop_oneof![Just(String::new()), (1000_u16..).prop_map(|port| format!(":{port}"))];
    ("https?|app", host, port).prop_map(|(scheme, host, port)| format!("{scheme}://{host}{port}"))
}

/// A glob of the characters that mean something, over a small alphabet so that texts have a chance to match.
fn a_glob() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[ab./]{1,3}",
        2 => Just(String::from("*")),
        1 => Just(String::from("**")),
        1 => Just(String::from("/**/")),
        1 => Just(String::from("?")),
        1 => "\\[[!^]?[a-b]\\]",
        1 => "\\[[!^]?a-b\\]",
        1 => "\\{[ab*?.]{0,3},[ab*/]{0,3}\\}",
        1 => "\\{a,\\{b,\\*\\}\\}",
        1 => "\\\\[ab*?]",
        1 => "[\\[\\]{}!,^\\\\ü-]",
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn a_text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![8 => prop::sample::select(b"ab./".to_vec()), 1 => any::<u8>()], 0..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn globs_and_globset_agree(glob in a_glob(), texts in prop::collection::vec(a_text(), 1..8)) {
        for (wildcards, literal_separator) in [(Wildcards::CrossSeparators, false), (Wildcards::StayInSegment, true)] {
            let oracle = GlobBuilder::new(&glob).literal_separator(literal_separator).backslash_escape(true).build();
            match (glob::compile(&glob, wildcards), oracle) {
                (Ok(own), Ok(oracle)) => {
                    let oracle = oracle.compile_matcher();
                    for text in &texts {
                        let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(text);
                        prop_assert_eq!(own.is_match(text), oracle.is_match(path), "{:?} over {:?}", glob, text);
                    }
                }
                (Err(own), Err(oracle)) => prop_assert_eq!(own, oracle.kind().to_string()),
                (own, oracle) => prop_assert!(false, "{:?}: {:?}, globset {:?}", glob, own.is_ok(), oracle.is_ok()),
            }
        }
    }

    #[test]
    fn an_exact_rule_matches_itself_and_nothing_else(rule in an_origin(), other in an_origin()) {
        let policy = policy(std::slice::from_ref(&rule));
        prop_assert!(allows(&policy, &rule));
        prop_assert_eq!(allows(&policy, &other), rule == other);
    }

    #[test]
    fn hostile_prefixes_and_suffixes_never_match(
        rule in prop_oneof![an_origin(), Just(String::from("https://*.a.b")), Just(String::from("https://a-*.b.c:*"))],
        piece in "[a-z0-9.:/@?#*%\\[\\]_-]{1,8}",
    ) {
        let policy = policy(std::slice::from_ref(&rule));
        let own = rule.replace('*', "1");
        let own = own.strip_suffix(":1").unwrap_or(&own);
        prop_assert!(allows(&policy, own));
        for hostile in [format!("{own}{piece}.evil.test"), format!("{own}.evil.test:{piece}"), format!("{own}@{piece}"), format!("x{piece}{own}")] {
            prop_assert!(!allows(&policy, &hostile), "{} by {}", hostile, rule);
        }
    }

    #[test]
    fn a_match_does_not_depend_on_order_or_company(rules in prop::collection::vec(an_origin(), 1..20), asked in an_origin()) {
        let together = policy(&rules);
        let reversed = policy(&rules.iter().rev().cloned().collect::<Vec<_>>());
        let alone = rules.iter().any(|rule| allows(&policy(std::slice::from_ref(rule)), &asked));
        prop_assert_eq!(allows(&together, &asked), alone);
        prop_assert_eq!(allows(&reversed, &asked), alone);
    }

    #[test]
    fn wildcard_rules_are_what_globset_says_over_the_host(
        heads in prop::collection::vec("[ab*?-]{1,4}|[ab]\\*\\.[ab]", 1..6),
        host in "[ab-]{1,4}(\\.[ab]){0,2}\\.a\\.b",
    ) {
        let globs: Vec<String> = heads.iter().filter(|head| !head.contains("**")).map(|head| format!("{head}.a.b")).collect();
        prop_assume!(!globs.is_empty());
        let policy = policy(&globs.iter().map(|glob| format!("https://{glob}")).collect::<Vec<_>>());
        let expected = globs.iter().any(|glob| GlobBuilder::new(glob).build().unwrap().compile_matcher().is_match(&host));
        prop_assert_eq!(allows(&policy, &format!("https://{host}")), expected);
    }

    #[test]
    fn the_policy_found_is_the_first_that_matches_one_by_one(
        policies in prop::collection::vec(
            (
                prop::option::of(prop::collection::vec("[ab]\\.c|\\*\\.c|\\*\\.[ab]\\.c|a\\*\\.c|\\*", 1..3)),
                prop::option::of(prop::collection::vec("/|/[ab]|/[ab]/|/[ab]/\\*\\*|/[ab]/\\*|/\\*/[ab]|\\*\\*|/[ab]\\*|/\\*\\*/[ab]", 1..3)),
                prop::option::of(prop::collection::vec("r|s", 1..3)),
            ),
            1..8,
        ),
        host in "[ab]{1,2}\\.[ab]\\.c|[ab]{1,2}\\.c|c|b",
        path in "(/[ab]{1,2}){0,3}/?",
        route in prop::option::of("r|s|t"),
    ) {
        let documents: Vec<_> = policies.iter().enumerate().map(|(number, (hosts, paths, routes))| {
            let mut matches = json!({});
            for (key, list) in [("hosts", hosts), ("paths", paths), ("route_names", routes)] {
                if let Some(list) = list {
                    matches[key] = json!(list);
                }
            }
            json!({ "name": format!("p{number}"), "match": matches, "allow_origins": ["*"] })
        }).collect();
        let configuration = fixtures::configuration(&json!({ "policies": documents }));
        let any = |list: &Option<Vec<String>>, literal: bool, text: &str| list.as_ref().is_none_or(|globs| {
            globs.iter().any(|glob| GlobBuilder::new(glob).literal_separator(literal).build().unwrap().compile_matcher().is_match(text))
        });
        let expected = policies.iter().position(|(hosts, paths, routes)| {
            any(hosts, false, &host)
                && any(paths, true, &path)
                && routes.as_ref().is_none_or(|names| route.as_ref().is_some_and(|route| names.contains(route)))
        });
        let target = Target { authority: host.as_bytes(), path: path.as_bytes(), route_name: route.as_deref().map(str::as_bytes) };
        prop_assert_eq!(configuration.policies.find(&target), expected);
    }

    #[test]
    fn what_is_parsed_is_a_spelling_that_is_written_back(bytes in "[a-z]{2,5}://[a-z0-9.\\[\\]:-]{1,16}") {
        if let Some(origin) = Origin::parse(bytes.as_bytes()) {
            let port = origin.port().map(|port| format!(":{port}")).unwrap_or_default();
            let host = String::from_utf8_lossy(origin.host());
            prop_assert_eq!(format!("{}://{}{}", String::from_utf8_lossy(origin.scheme()), host, port), bytes);
        }
    }

    #[test]
    fn merging_vary_is_idempotent_and_keeps_what_is_there(present in "[a-zA-Z*, \\t-]{0,30}", requested in any::<bool>()) {
        let names = Names::of(true, requested, false).unwrap();
        let mut once = Vec::new();
        if !vary::merge(present.as_bytes(), names, &mut once) {
            once = present.clone().into_bytes();
        }
        prop_assert!(!vary::merge(&once, names, &mut Vec::new()));
        let merged: Vec<&[u8]> = elements(&once).collect();
        for name in elements(present.as_bytes()) {
            prop_assert!(merged.contains(&name));
        }
        if !merged.contains(&b"*".as_slice()) {
            for name in elements(names.as_bytes()) {
                prop_assert!(merged.iter().any(|own| own.eq_ignore_ascii_case(name)));
            }
        }
    }

    #[test]
    fn requested_headers_are_scanned_as_a_naive_split_would(
        listed in prop::collection::vec("[a-c]{1,2}", 0..4),
        requested in "[a-cA-C ,\\t]{0,20}",
    ) {
        let headers = AllowHeaders::new(false, listed.clone());
        let expected = requested.split(',').map(|name| name.trim_matches([' ', '\t']).to_lowercase()).all(|name| name.is_empty() || listed.contains(&name));
        prop_assert_eq!(headers.allow(requested.as_bytes(), false), expected);
    }

    #[test]
    fn no_document_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = load(&bytes);
    }

    #[test]
    fn no_rule_panics_and_each_refusal_has_a_remedy(rule in "\\PC{0,30}|https?://[a-zA-Z0-9*?{}\\[\\],.:!^%@/ü-]{0,20}") {
        let document = json!({ "allow_origins": [rule], "allow_methods": [rule], "allow_headers": [rule], "expose_headers": [rule] });
        if let Err(problems) = load(document.to_string().as_bytes()) {
            for problem in problems {
                prop_assert!(!problem.reason.is_empty() && !problem.remedy.is_empty());
                prop_assert!(!problem.to_string().contains('\n'));
                // A remedy that spells an origin out spells one that is taken.
                if let Some(origin) = problem.remedy.strip_prefix("write \"").and_then(|rest| rest.strip_suffix('"'))
                    && problem.path == "allow_origins[0]"
                {
                    let fixed = json!({ "allow_origins": [origin], "dangerously_allow": ["broad_patterns", "null_origin"] });
                    prop_assert!(load(fixed.to_string().as_bytes()).is_ok(), "{} -> {}", rule, origin);
                }
            }
        }
    }

    #[test]
    fn no_request_panics_and_nothing_malformed_is_echoed(
        headers in prop::collection::btree_map(
            prop::sample::select(vec!["origin", ":method", ":authority", "access-control-request-method", "access-control-request-headers"]),
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                prop::sample::select(vec!["OPTIONS", "GET", "https://a.example", "https://x.b.example", "null", "x-a, x-b", ","]).prop_map(|text| text.as_bytes().to_vec()),
            ],
            0..6,
        ),
        rules in prop::sample::select(vec!["https://a.example", "https://*.b.example", "*"]),
        credentials in any::<bool>(),
    ) {
        let document = json!({
            "allow_origins": [rules], "allow_methods": ["*"], "allow_headers": ["*"], "allow_credentials": credentials,
            "dangerously_allow": ["any_origin_with_credentials"],
        });
        let request = headers.into_iter().map(|(name, value)| (name.as_bytes().to_vec(), value)).collect();
        let host = FakeHost::exchange(&fixtures::configuration(&document), request, Vec::new());
        for (name, value) in &host.response {
            prop_assert!(!value.is_empty(), "{:?} is empty", name);
            prop_assert!(value.iter().all(|byte| matches!(byte, 0x21..=0x7e | b' ' | b'\t')), "{:?}: {:?}", name, value);
        }
        if let Some(origin) = joined(&host.response, b"access-control-allow-origin") {
            prop_assert!(origin == b"*" || origin == b"null" || Origin::parse(&origin).is_some());
        }
    }
}
