//! Which capabilities the module needs: the `capability_restriction_config` of the samples allows exactly those.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::envoy::{self, Envoy};
use kit::process::resident;
use kit::sample;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// Without this capability everything works until memory runs out: see below.
const FREES_STREAMS: &str = "proxy_on_delete";

/// Method, path and origin of requests that together use everything the filter can do.
const REQUESTS: [(&str, &str, Option<&str>); 6] = [
    ("GET", "/", None),
    ("GET", "/", Some("https://app.example")),
    ("GET", "/", Some("https://evil.example")),
    ("GET", "/named", Some("https://named.example")),
    ("GET", "/a//b", Some("https://app.example")),
    ("OPTIONS", "/", Some("https://app.example")),
];

/// The capabilities in the EnvoyFilter; `manifests.rs` checks that all samples have the same.
fn capabilities() -> Vec<String> {
    let filter = sample::yaml("envoy/istio/envoyfilter.yaml");
    let plugin = &filter["spec"]["configPatches"][0]["patch"]["value"]["typed_config"]["config"];
    let allowed = plugin["capability_restriction_config"]["allowed_capabilities"].as_object().unwrap();
    allowed.keys().cloned().collect()
}

/// Envoy with the filter, restricted to the capabilities in `allowed`, if given.
fn start(allowed: Option<&[String]>) -> Result<Envoy, String> {
    let policies = json!([
        { "name": "named", "match": { "route_names": ["named"] }, "allow_origins": ["https://named.example"] },
        { "name": "app", "match": { "paths": ["/**"] }, "allow_origins": ["https://app.example"], "allow_methods": ["PUT"],
          "allow_headers": ["x-a"] },
    ]);
    let config = json!({ "debug_header": true, "decision_in_filter_state": true, "policies": policies });
    let mut filter = envoy::cors_filter(&config);
    if let Some(allowed) = allowed {
        let allowed: Value =
            allowed.iter().map(|name| (name.clone(), json!({}))).collect::<serde_json::Map<_, _>>().into();
        filter["typed_config"]["config"]["capability_restriction_config"] = json!({ "allowed_capabilities": allowed });
    }
    let loose = json!([{ "header": { "key": "access-control-allow-credentials", "value": "true" } }]);
    let virtual_host = json!({ "name": "all", "domains": ["*"], "routes": [
        { "name": "named", "match": { "path": "/named" }, "direct_response": { "status": 200 } },
        { "match": { "prefix": "/" }, "direct_response": { "status": 200 }, "response_headers_to_add": loose },
    ] });
    let mut listener = envoy::listener_with("api", &[filter], &virtual_host);
    let format = json!({ "details": "%RESPONSE_CODE_DETAILS%", "kept": "%FILTER_STATE(wasm.cors_decision:PLAIN)%" });
    envoy::add_access_log(&mut listener, &format);
    Envoy::start(&envoy::bootstrap(&[listener], &[]))
}

/// Everything that can be observed of the filter at work: its log, responses, counters and the access log.
fn work(mut envoy: Envoy) -> Vec<String> {
    let address = envoy.listeners()["api"];
    let mut seen = vec![format!("loaded: {}", envoy.log().contains("2 policies"))];
    for (method, path, origin) in REQUESTS {
        let origin = origin.map(|origin| format!("origin: {origin}\r\n")).unwrap_or_default();
        let asked = if method == "OPTIONS" { "access-control-request-method: PUT\r\n" } else { "" };
        let mut stream = client::open(address);
        // Without the capability to reply, a preflight waits forever.
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: a\r\n{asked}{origin}\r\n").unwrap();
        // No response has a body.
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        while !bytes.ends_with(b"\r\n\r\n") {
            match stream.read(&mut piece) {
                Ok(count) if count > 0 => bytes.extend(&piece[..count]),
                _ => break,
            }
        }
        let text = String::from_utf8(bytes).unwrap();
        seen.extend(text.lines().filter(|line| !line.starts_with("date: ")).map(str::to_owned));
    }
    seen.extend(envoy.counters().into_iter().map(|(name, count)| format!("{name}: {count}")));
    // The access log is written shortly after the response, and not at all for a request that waits forever.
    let patience = Instant::now() + Duration::from_secs(2);
    while envoy.log().lines().filter(|line| line.starts_with('{')).count() < REQUESTS.len() && Instant::now() < patience
    {
        std::thread::sleep(Duration::from_millis(2));
    }
    seen.extend(envoy.take_access_log().iter().map(Value::to_string));
    seen
}

#[test]
fn the_filter_does_everything_under_the_restriction_and_less_without_any_one_capability() {
    let capabilities = capabilities();
    let unrestricted = work(start(None).unwrap());
    assert!(unrestricted.len() > 40, "{unrestricted:#?}");
    assert_eq!(work(start(Some(&capabilities)).unwrap()), unrestricted);

    let mut unneeded = Vec::new();
    for left_out in capabilities.iter().filter(|name| *name != FREES_STREAMS) {
        let rest: Vec<String> = capabilities.iter().filter(|name| *name != left_out).cloned().collect();
        // If Envoy refuses to start, the capability is needed as well.
        if start(Some(&rest)).is_ok_and(|envoy| work(envoy) == unrestricted) {
            unneeded.push(left_out);
        }
    }
    assert!(unneeded.is_empty(), "everything works without {unneeded:?}");
}

/// The memory that many streams leave behind, in KB, after as many streams to warm up.
fn left_behind(allowed: &[String]) -> i64 {
    let envoy = start(Some(allowed)).unwrap();
    let mut stream = client::open(envoy.listeners()["api"]);
    let request = b"GET / HTTP/1.1\r\nhost: a\r\norigin: https://app.example\r\n\r\n";
    let mut half = || {
        for _ in 0..20_000 {
            stream.write_all(request).unwrap();
            client::read_until(&mut stream, b"\r\n\r\n");
        }
        resident(envoy.pid()).unwrap() as i64
    };
    let warm = half();
    half() - warm
}

#[test]
fn without_proxy_on_delete_every_stream_leaves_memory_behind() {
    let capabilities = capabilities();
    assert!(capabilities.iter().any(|name| name == FREES_STREAMS));
    let rest: Vec<String> = capabilities.iter().filter(|name| *name != FREES_STREAMS).cloned().collect();
    let (with, without) = (left_behind(&capabilities), left_behind(&rest));
    println!("20,000 streams leave {with} KB behind, without {FREES_STREAMS} {without} KB");
    assert!(without > with + 1000, "{with} KB, {without} KB without {FREES_STREAMS}");
}
