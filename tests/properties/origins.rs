//! Origins: our parser and the URL standard, as the crate `url` has it.

use crate::cases;
use cors::origin::{MAX_ORIGIN_BYTES, Origin};
use kit::origin_oracle::{parses_nothing_else, parses_what_a_browser_sends};
use proptest::prelude::*;
use url::Host;

/// Something like an origin, often in another spelling than a browser's.
fn a_url() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec!["https", "http", "ws", "wss", "ftp", "HTTPS", "app"]);
    let name =
        prop_oneof!["[a-cA-C0-9_-]{1,4}(\\.[a-c0-9_-]{1,4}){0,3}\\.{0,2}", "[a-c.]{1,6}", "xn--[a-z0-9-]{1,8}\\.a"];
    let ipv4 = prop_oneof![
        "[0-9]{1,3}(\\.[0-9]{1,3}){3}\\.?",
        "(0x)?[0-9a-f]{1,3}(\\.(0x)?[0-9a-f]{1,3}){0,4}\\.?",
        any::<u32>().prop_map(|number| number.to_string()),
    ];
    let ipv6 = prop_oneof![
        any::<[u16; 8]>().prop_map(|segments| std::net::Ipv6Addr::from(segments).to_string()),
        prop::collection::vec(prop::sample::select(vec![0, 0, 0, 1, 0xffff, 0x0a00]), 8).prop_map(|segments| {
            let texts: Vec<String> = segments.iter().map(|segment| format!("{segment:x}")).collect();
            texts.join(":")
        }),
        "(::)?([0-9a-fA-F]{1,4}:){0,7}(::)?[0-9a-f]{0,4}(1\\.2\\.3\\.4)?",
    ];
    let host = prop_oneof![3 => name, 2 => ipv4, 2 => ipv6.prop_map(|address| format!("[{address}]"))];
    let port = prop_oneof![
        2 => Just(String::new()),
        1 => prop::sample::select(vec![":80", ":443", ":21", ":0", ":", ":08", ":65535", ":65536"]).prop_map(String::from),
        1 => any::<u16>().prop_map(|port| format!(":{port}")),
    ];
    (scheme, host, port).prop_map(|(scheme, host, port)| format!("{scheme}://{host}{port}"))
}

proptest! {
    #![proptest_config(cases(8000))]

    #[test]
    fn what_a_browser_sends_is_parsed(text in a_url()) {
        parses_what_a_browser_sends(&text);
    }

    #[test]
    fn what_is_parsed_is_what_a_browser_sends(text in a_url()) {
        parses_nothing_else(&text);
    }

    #[test]
    fn every_ipv6_address_is_parsed_as_it_is_serialized_and_in_no_other_way(segments in any::<[u16; 8]>(), zeros in any::<u8>(), mapped in any::<bool>()) {
        let mut segments = segments;
        for (at, segment) in segments.iter_mut().enumerate() {
            if zeros >> at & 1 == 1 {
                *segment = 0;
            }
        }
        if mapped {
            segments[..6].copy_from_slice(&[0, 0, 0, 0, 0, 0xffff]);
        }
        let address = std::net::Ipv6Addr::from(segments);
        let serialized = format!("https://{}", Host::<&str>::Ipv6(address));
        prop_assert!(Origin::parse(serialized.as_bytes()).is_some(), "{}", serialized);
        let full: Vec<String> = segments.iter().map(|segment| format!("{segment:x}")).collect();
        let full = format!("https://[{}]", full.join(":"));
        prop_assert_eq!(Origin::parse(full.as_bytes()).is_some(), full == serialized);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..MAX_ORIGIN_BYTES + 10), host in "[a-c.:0-9\\[\\]]{0,40}") {
        prop_assert!(Origin::parse(&bytes).is_none());
        let _ = Origin::parse(&[b"https://", host.as_bytes()].concat());
    }
}
