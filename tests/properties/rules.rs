//! Rules of `allow_origins` and `match`, and what they cover.

use crate::cases;
use cors::allow_origins::Verdict;
use cors::policies::Target;
use cors::policy::Policy;
use globset::GlobBuilder;
use kit::fixtures;
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

proptest! {
    #![proptest_config(cases(4000))]

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
        heads in prop::collection::vec("[ab*?-]{1,4}|[ab]\\*\\.[ab]|[ab]{0,2}\\*[ab]{0,2}|[ab]\\.[ab]{0,2}\\*[ab]?|[ab]?\\*[ab]?\\.[ab]|\\{a,b\\}\\*?", 1..8),
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
    fn wildcards_never_cover_a_host_with_a_dot_at_its_end(
        rule in prop::sample::select(vec!["https://*", "https://*:*", "https://a.*", "https://*.a.b", "https://{a,b}.*", "https://?*b", "https://[a-c].a.b:*"]),
        host in "[ab](\\.[ab]){0,3}",
        port in prop::sample::select(vec!["", ":8443"]),
    ) {
        let rule = policy(&[rule.to_owned()]);
        let origin = format!("https://{host}.{port}");
        prop_assert!(!allows(&rule, &origin), "{}", origin);
    }
}
