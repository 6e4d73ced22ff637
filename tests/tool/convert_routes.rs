//! Which policy decides: Envoy's own router with the native filter, and the converted document, over generated tables of
//! virtual hosts and routes. Each policy allows an origin of its own, so what is allowed says which one it was.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::envoy::{self, Envoy};
use kit::upstream::Upstream;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tool::convert::note::Code;
use tool::convert::{self, From};
use tool::source::Source;

const TABLES: usize = 8;
const POLICIES: usize = 5;
const DOMAINS: [&str; 6] = ["a.test", "b.a.test", "*.a.test", "*.test", "c.example", "*"];
const HOSTS: [&str; 7] = ["a.test", "b.a.test", "x.a.test", "x.y.a.test", "z.test", "c.example", "d.example"];
const PATHS: [&str; 8] = ["/", "/x", "/xy", "/x/", "/x/y", "/x/y/z", "/z", "/x/y?q=/z"];

/// A small generator of numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn origin(policy: usize) -> String {
    format!("https://p{policy}.test")
}

/// The filter configuration of a random policy, or of none, or of the filter switched off.
fn filter(random: &mut Random) -> Value {
    let policy = random.below(POLICIES + 3);
    let typed = match policy.checked_sub(POLICIES) {
        None => json!({
            "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
            "allow_origin_string_match": [{ "exact": origin(policy) }]
        }),
        Some(0) => json!({ "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig", "disabled": true }),
        Some(_) => return json!({}),
    };
    json!({ "envoy.filters.http.cors": typed })
}

fn table(random: &mut Random) -> Vec<Value> {
    let mut hosts = Vec::new();
    for (number, domain) in DOMAINS.iter().enumerate() {
        if random.below(4) == 0 {
            continue;
        }
        let routes: Vec<Value> = (0..1 + random.below(4))
            .map(|_| {
                let matches = match random.below(7) {
                    0 => json!({ "prefix": "/" }),
                    1 => json!({ "prefix": "/x" }),
                    2 => json!({ "prefix": "/x/" }),
                    3 => json!({ "path": "/x/y" }),
                    4 => json!({ "path_separated_prefix": "/x" }),
                    5 => json!({ "safe_regex": { "regex": "/x/.*" } }),
                    _ => json!({ "path": "/" }),
                };
                json!({ "match": matches, "route": { "cluster": "upstream" }, "typed_per_filter_config": filter(random) })
            })
            .collect();
        hosts.push(json!({
            "name": format!("h{number}"), "domains": [domain], "routes": routes, "typed_per_filter_config": filter(random)
        }));
    }
    hosts
}

/// The policies whose origins are allowed.
fn allowed(address: SocketAddr, host: &str, path: &str) -> Vec<usize> {
    let is_allowed = |policy: &usize| {
        let headers = [("host", host.to_owned()), ("origin", origin(*policy))];
        let headers = headers.map(|(name, value)| (name.as_bytes().to_vec(), value.into_bytes()));
        client::send(address, "GET", path, &headers).header("access-control-allow-origin") == Some(origin(*policy))
    };
    (0..POLICIES).filter(is_allowed).collect()
}

#[test]
fn the_document_decides_by_the_policy_that_envoy_s_router_finds() {
    let upstream = Upstream::start(|_| (200, Vec::new()));
    let mut random = Random(11);
    let (mut listeners, mut tables) = (Vec::new(), Vec::new());
    while tables.len() < TABLES {
        let hosts = table(&mut random);
        let text = json!({ "virtual_hosts": hosts }).to_string();
        let Ok(converted) = convert::convert(&[Source::new("routes.json", &text)], From::Envoy, false) else {
            continue;
        };
        let odd: Vec<_> = converted.notes.iter().filter(|note| note.remark.code != Code::Skipped).collect();
        assert!(odd.is_empty(), "{odd:?}");
        let document = converted.document.to_value();
        let native = json!({
            "name": "envoy.filters.http.cors",
            "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors" }
        });
        let number = tables.len();
        let mut listener = envoy::listener_with(&format!("native{number}"), &[native], &json!({}));
        envoy::connection_manager(&mut listener)["route_config"]["virtual_hosts"] = json!(hosts);
        listeners.push(listener);
        listeners.push(envoy::listener(&format!("ours{number}"), &document, &[], &envoy::to_upstream()));
        tables.push((text, document));
    }
    let running = Envoy::start(&envoy::bootstrap(&listeners, &[envoy::cluster("upstream", upstream.address)])).unwrap();
    let addresses = running.listeners();
    let (mut found, mut untouched) = (0, 0);
    for (number, (text, document)) in tables.iter().enumerate() {
        for host in HOSTS {
            for path in PATHS {
                let native = allowed(addresses[&format!("native{number}")], host, path);
                let ours = allowed(addresses[&format!("ours{number}")], host, path);
                assert_eq!(ours, native, "{host}{path}\n{text}\n{document:#}");
                found += native.len();
                untouched += usize::from(native.is_empty());
            }
        }
    }
    assert!(found > 50 && untouched > 50, "{found} {untouched}");
}
