//! Requests and responses: what is sent, and what never is.

use crate::cases;
use cors::allow_headers::AllowHeaders;
use cors::list::elements;
use cors::origin::Origin;
use cors::vary::{self, Names};
use kit::fake_host::FakeHost;
use kit::{fixtures, joined};
use proptest::prelude::*;
use serde_json::json;

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn merging_vary_is_idempotent_and_keeps_what_is_there(present in "[a-zA-Z*, \\t-]{0,30}", requested in any::<bool>()) {
        let names = Names::of(true, requested, false).unwrap();
        let mut merged = Vec::new();
        let once = vary::merge(present.as_bytes(), names, &mut merged).unwrap_or(present.as_bytes()).to_vec();
        prop_assert!(vary::merge(&once, names, &mut Vec::new()).is_none());
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
