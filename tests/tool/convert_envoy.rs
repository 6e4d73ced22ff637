//! Envoy's native filter and ours with the converted policies, in one Envoy: what a browser takes of one, it takes of the
//! other, but for what the notes name.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client::{self, Response};
use kit::envoy::{self, Envoy};
use kit::upstream::Upstream;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tool::convert::note::{Effect, Note};
use tool::convert::{self, From};
use tool::source::Source;

const POLICIES: &str = include_str!("convert/native_policies.json");
const TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy";

const ORIGINS: [&str; 22] = [
    "null",
    "https://app.example.com",
    "http://app.example.com",
    "https://www.example.com",
    "https://example.com",
    "https://example.org",
    "https://a.b.example.com",
    "https://evilexample.com",
    "https://app.example.com.evil.example",
    "https://appxexample.com",
    "https://app.example.com:8443",
    "https://app.other.example",
    "http://localhost",
    "http://localhost:3000",
    "capacitor://localhost",
    "https://pr-12.preview.example.com",
    "https://pr-x.preview.example.com",
    "http://192.168.1.2",
    "https://a_b.example.com",
    "chrome-extension://abcdef",
    "https://app.example.community",
    "https://evil.example",
];
const METHODS: [&str; 6] = ["GET", "PUT", "DELETE", "PATCH", "patch", "PURGE"];
const HEADERS: [&[&str]; 5] = [&[], &["x-id"], &["authorization"], &["content-type", "x-id"], &["dnt-x"]];

/// A policy with its route, and where in the text it is.
struct Case {
    about: String,
    host: String,
    lines: std::ops::Range<usize>,
}

/// The virtual hosts as text, one for each policy.
fn write_virtual_hosts() -> (String, Vec<Value>, Vec<Case>) {
    let policies: Vec<Value> = serde_json::from_str(POLICIES).unwrap();
    let mut text = String::from("{\"virtual_hosts\": [\n");
    let (mut hosts, mut cases) = (Vec::new(), Vec::new());
    for (number, entry) in policies.iter().enumerate() {
        let filter = |policy: &Value| {
            let mut policy = policy.clone();
            policy["@type"] = json!(TYPE);
            json!({ "envoy.filters.http.cors": policy })
        };
        let host = format!("p{number}.test");
        let mut route = json!({ "match": { "prefix": "/" }, "route": { "cluster": "upstream" } });
        if let Some(policy) = entry.get("route") {
            route["typed_per_filter_config"] = filter(policy);
        }
        let virtual_host = json!({
            "name": format!("p{number}"), "domains": [host], "routes": [route], "typed_per_filter_config": filter(&entry["policy"])
        });
        let start = text.lines().count() + 1;
        text.push_str(&format!("{virtual_host:#}{}\n", if number + 1 == policies.len() { "" } else { "," }));
        cases.push(Case {
            about: entry["about"].as_str().unwrap().to_owned(),
            host,
            lines: start..text.lines().count() + 1,
        });
        hosts.push(virtual_host);
    }
    (text + "]}\n", hosts, cases)
}

fn native_listener(hosts: &[Value]) -> Value {
    let filter = json!({
        "name": "envoy.filters.http.cors",
        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors" }
    });
    let mut listener = envoy::listener_with("native", &[filter], &json!({}));
    envoy::connection_manager(&mut listener)["route_config"]["virtual_hosts"] = json!(hosts);
    listener
}

fn convert(text: &str, keep_dangerous: bool) -> (Value, Vec<Note>) {
    let source = Source::new("routes.json", text);
    let converted = convert::convert(&[source], From::Envoy, keep_dangerous).unwrap();
    let document = converted.document.to_value();
    kit_load(&document);
    (document, converted.notes)
}

fn kit_load(document: &Value) {
    let loaded = document::load(document.to_string().as_bytes());
    assert!(loaded.is_ok(), "{:?}\n{document:#}", loaded.err());
}

/// What a browser takes of an endpoint.
struct Browser {
    address: SocketAddr,
    host: String,
}

impl Browser {
    fn send(&self, method: &str, origin: &str, more: &[(&str, &str)]) -> Response {
        let headers = [("host", self.host.as_str()), ("origin", origin)];
        let headers =
            headers.iter().chain(more).map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        client::send(self.address, method, "/x", &headers.collect::<Vec<_>>())
    }

    /// Fetch, "CORS check".
    fn passes(response: &Response, origin: &str, credentials: bool) -> bool {
        let allowed = response.header("access-control-allow-origin");
        match allowed.as_deref() {
            Some("*") => !credentials,
            Some(allowed) => {
                allowed == origin
                    && (!credentials || response.header("access-control-allow-credentials").as_deref() == Some("true"))
            }
            None => false,
        }
    }

    /// The items of a list header; `None` where one is no token.
    fn list(response: &Response, name: &str) -> Option<Vec<String>> {
        let text = response.header(name).unwrap_or_default();
        let items: Vec<String> =
            text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
        items.iter().all(|item| cors::list::is_token(item.as_bytes())).then_some(items)
    }

    /// Fetch, "CORS-preflight fetch".
    fn preflight_passes(response: &Response, origin: &str, method: &str, headers: &[&str], credentials: bool) -> bool {
        let (Some(methods), Some(names)) = (
            Self::list(response, "access-control-allow-methods"),
            Self::list(response, "access-control-allow-headers"),
        ) else {
            return false;
        };
        let any = |list: &[String]| !credentials && list.iter().any(|item| item == "*");
        let has_header = |name: &&str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
        (200..300).contains(&response.status)
            && Self::passes(response, origin, credentials)
            && (methods.iter().any(|own| own == method) || matches!(method, "GET" | "HEAD" | "POST") || any(&methods))
            && headers.iter().all(|name| has_header(name) || any(&names) && *name != "authorization")
    }

    /// Everything that a page of an origin may do, as texts.
    fn grants(&self, origin: &str) -> BTreeSet<String> {
        let mut grants = BTreeSet::new();
        let actual = self.send("GET", origin, &[]);
        for credentials in [false, true] {
            if !Self::passes(&actual, origin, credentials) {
                continue;
            }
            grants.insert(format!("read, credentials {credentials}"));
            let exposed = Self::list(&actual, "access-control-expose-headers").unwrap_or_default();
            for name in ["x-total-count", "etag", "x-other"] {
                if exposed.iter().any(|own| own.eq_ignore_ascii_case(name) || own == "*" && !credentials) {
                    grants.insert(format!("see {name}, credentials {credentials}"));
                }
            }
        }
        // What is not readable needs no more than one preflight to see that it is not.
        let few = grants.is_empty();
        for method in METHODS.iter().take(if few { 1 } else { METHODS.len() }) {
            for headers in HEADERS {
                if *method == "GET" && headers.is_empty() {
                    continue;
                }
                let names = headers.join(",");
                let mut more = vec![
                    ("access-control-request-method", *method),
                    ("access-control-request-private-network", "true"),
                ];
                if !headers.is_empty() {
                    more.push(("access-control-request-headers", &names));
                }
                let response = self.send("OPTIONS", origin, &more);
                for credentials in [false, true] {
                    if Self::preflight_passes(&response, origin, method, headers, credentials)
                        && Self::passes(&actual, origin, credentials)
                    {
                        grants.insert(format!("{method} with {headers:?}, credentials {credentials}"));
                        let seconds =
                            response.header("access-control-max-age").and_then(|text| text.parse::<u64>().ok());
                        grants.insert(format!("kept for {:?}", seconds.map(|seconds| seconds.min(86_400))));
                        if response.header("access-control-allow-private-network").is_some() {
                            grants.insert(String::from("private network"));
                        }
                    }
                }
                if few {
                    break;
                }
            }
        }
        grants
    }
}

#[test]
fn what_native_grants_the_converted_policy_grants_and_the_reverse() {
    let upstream = Upstream::start(|_| (200, vec![(b"x-total-count".to_vec(), b"1".to_vec())]));
    let (text, hosts, cases) = write_virtual_hosts();
    assert!(cases.len() >= 40);
    let sides = [("ours", convert(&text, false)), ("kept", convert(&text, true))];
    let mut listeners = vec![native_listener(&hosts)];
    for (name, (document, _)) in &sides {
        listeners.push(envoy::listener(name, document, &[], &envoy::to_upstream()));
    }
    let bootstrap = envoy::bootstrap(&listeners, &[envoy::cluster("upstream", upstream.address)]);
    let running = Envoy::start(&bootstrap).unwrap();
    let addresses = running.listeners();
    // What the running Envoy says of itself is converted to the same.
    assert_eq!(convert(&running.admin("/config_dump"), false).0, sides[0].1.0);
    let (mut same, mut granted, mut unchanged) = (0, 0, 0);
    for case in &cases {
        let browser = |side: &str| Browser { address: addresses[side], host: case.host.clone() };
        let native: Vec<_> = ORIGINS.iter().map(|origin| browser("native").grants(origin)).collect();
        for (side, (_, notes)) in &sides {
            let own: Vec<&Note> = notes.iter().filter(|note| case.lines.contains(&note.place.line)).collect();
            let has = |wanted| own.iter().any(|note| [wanted, Effect::Both].contains(&note.remark.code.effect()));
            unchanged += usize::from(!has(Effect::More) && !has(Effect::Less));
            for (origin, native) in ORIGINS.iter().zip(&native) {
                let ours = browser(side).grants(origin);
                let about = format!("{} ({side}), {origin}: {own:?}", case.about);
                let lost: Vec<_> = native.difference(&ours).collect();
                let gained: Vec<_> = ours.difference(native).collect();
                assert!(lost.is_empty() || has(Effect::Less), "{about}: granted before only: {lost:?}");
                assert!(gained.is_empty() || has(Effect::More), "{about}: granted now only: {gained:?}");
                same += native.intersection(&ours).count();
                granted += native.len();
            }
        }
    }
    // The counter that envoy/migration.md tells people to watch.
    let counters = running.admin("/stats/prometheus");
    let page = std::fs::read_to_string(kit::repository("envoy/migration.md")).unwrap();
    for name in ["envoy_http_cors_origin_valid", "envoy_http_cors_origin_invalid"] {
        assert!(counters.contains(&format!("{name}{{")) && page.contains(name), "{name}");
    }
    // Most of what is granted is granted by both, and many policies change in nothing.
    assert!(same * 2 > granted, "{same} of {granted}");
    assert!(same > 1_000, "{same}");
    assert!(unchanged > 60, "{unchanged}");
}

#[test]
fn each_note_has_the_line_of_its_policy() {
    let (text, _, cases) = write_virtual_hosts();
    for note in convert(&text, false).1 {
        assert!(cases.iter().any(|case| case.lines.contains(&note.place.line)), "{note:?}");
        assert_eq!(note.place.file, "routes.json");
    }
}
