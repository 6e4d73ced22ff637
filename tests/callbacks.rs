//! Which of the module's callbacks Envoy calls, and that streams leave nothing behind.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client::{self, open, read_until};
use kit::envoy::{self, Envoy};
use kit::process::{UpstreamProcess, resident};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};

const ORIGIN: &str = "https://app.example.com";

fn config() -> Value {
    json!({ "allow_origins": [ORIGIN], "allow_methods": ["PUT"], "allow_credentials": true })
}

/// How often Envoy has called each function of the module, as it logs at level trace.
fn calls(log: &str) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for line in log.lines() {
        if let Some((_, call)) = line.split_once("[host->vm] ") {
            *calls.entry(call.split('(').next().unwrap().to_owned()).or_default() += 1;
        }
    }
    calls
}

#[test]
fn ten_thousand_chunks_each_way_cost_no_call_into_the_module() {
    let upstream = UpstreamProcess::start();
    let listener = envoy::listener("api", &config(), &[], &envoy::to_upstream());
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &[envoy::cluster("upstream", upstream.address)])).unwrap();
    let address = envoy.listeners()["api"];
    assert_eq!(client::get(envoy.admin, "POST", "/logging?wasm=trace", &[]).status, 200);

    let head = format!("POST /upload HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\ntransfer-encoding: chunked\r\n\r\n");
    let mut stream = open(address);
    stream.write_all(head.as_bytes()).unwrap();
    for _ in 0..10_000 {
        stream.write_all(b"a\r\n0123456789\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let reply = read_until(&mut stream, b"\r\n\r\n");
    assert_eq!(client::parse(&reply).unwrap().header("x-received").as_deref(), Some("100000"));

    stream.write_all(format!("GET /chunks HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\n\r\n").as_bytes()).unwrap();
    let reply = read_until(&mut stream, b"\r\n0\r\n\r\n");
    assert_eq!(reply.windows(10).filter(|window| *window == b"0123456789").count(), 10_000);

    let calls = calls(&envoy.log());
    // Two streams; each has its origin read, and each is deleted when it ends.
    let expected = [
        ("proxy_on_context_create", 2),
        ("proxy_on_delete", 2),
        ("proxy_on_memory_allocate", 2),
        ("proxy_on_request_headers", 2),
        ("proxy_on_response_headers", 2),
    ];
    assert_eq!(calls, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

#[test]
fn a_hundred_thousand_streams_leave_no_memory_behind() {
    let virtual_host = json!({ "name": "all", "domains": ["*"], "routes": [
        { "match": { "prefix": "/" }, "direct_response": { "status": 200, "body": { "inline_string": "ok" } } }
    ] });
    let listener = envoy::listener("api", &config(), &[], &virtual_host);
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &[])).unwrap();
    let requests = [
        String::from("GET / HTTP/1.1\r\nhost: a\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\n\r\n"),
        String::from("GET / HTTP/1.1\r\nhost: a\r\norigin: https://evil.example\r\n\r\n"),
        format!("OPTIONS / HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\naccess-control-request-method: PUT\r\n\r\n"),
    ];
    let address = envoy.listeners()["api"];
    let mut streams = requests.map(|request| (request, open(address)));
    let mut sizes = Vec::new();
    for round in 0..25_000 {
        if round % 6250 == 0 {
            sizes.push(resident(envoy.pid()).unwrap());
        }
        for (request, stream) in &mut streams {
            stream.write_all(request.as_bytes()).unwrap();
        }
        for (_, stream) in &mut streams {
            // One read returns the whole of such a short response.
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        }
    }
    sizes.push(resident(envoy.pid()).unwrap());
    println!("resident memory at every 25,000th stream: {sizes:?} KB");
    let counters = envoy.counters();
    assert_eq!(counters["default/request/allowed"], 25_000);
    assert_eq!(counters["default/preflight/allowed"], 25_000);
    // The first streams warm up the allocators. Of the 75,000 streams after them, leaking 40 bytes each would add 3 MB.
    assert!(sizes[4] <= sizes[1] + 1500, "{sizes:?}");
}
