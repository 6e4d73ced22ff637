//! Raw bytes over a socket to a real Envoy: whatever is sent, the worker keeps serving.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::envoy::{self, Envoy};
use kit::upstream::Upstream;
use serde_json::json;
use std::net::SocketAddr;

const ORIGIN: &str = "https://app.example.com";

fn start() -> (Envoy, Upstream, SocketAddr) {
    let upstream = Upstream::start(|_| (200, vec![(b"access-control-allow-origin".to_vec(), b"*".to_vec())]));
    let config = json!({ "allow_origins": [ORIGIN], "allow_headers": ["x-a"], "allow_credentials": true });
    let listener = envoy::listener("api", &config, &[], &envoy::to_upstream());
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &[envoy::cluster("upstream", upstream.address)])).unwrap();
    let address = envoy.listeners()["api"];
    (envoy, upstream, address)
}

/// The only worker still serves requests and applies the policy.
fn assert_alive(envoy: &Envoy, address: SocketAddr) {
    let response = client::get(address, "GET", "/", &[("origin", ORIGIN)]);
    assert_eq!(response.status, 200);
    assert_eq!(response.header("access-control-allow-origin").as_deref(), Some(ORIGIN));
    assert!(!envoy.log().contains("panicked"), "{}", envoy.log());
}

/// The start of a header, for the message of a failed assertion.
fn shown(header: &[u8]) -> String {
    header.iter().take(80).copied().collect::<Vec<u8>>().escape_ascii().to_string()
}

fn raw(address: SocketAddr, head: &[&[u8]]) -> Option<client::Response> {
    let mut request = head.concat();
    request.extend(b"connection: close\r\n\r\n");
    client::parse(&client::send_raw(address, &request))
}

#[test]
fn malformed_origins_are_refused_and_the_worker_keeps_serving() {
    let (envoy, upstream, address) = start();
    let get = b"GET / HTTP/1.1\r\nhost: api.example.test\r\n".as_slice();
    let long = [b"origin: https://".as_slice(), &vec![b'a'; 50_000], b"\r\n"].concat();
    for origin in [
        b"origin: https://app.example.com\r\norigin: https://evil.example\r\n".as_slice(),
        b"origin: https://evil.example\r\norigin: https://app.example.com\r\n",
        b"origin: https://app.example.com,https://app.example.com\r\n",
        b"origin: https://\xff\xfe.example.com\r\n",
        b"origin: \x80\r\n",
        b"origin:\r\n",
        b"origin: \t \r\n",
        b"origin: https://app.example.com\rx: y\r\n",
        b"ORIGIN: HTTPS://APP.EXAMPLE.COM\r\n",
        &long,
    ] {
        let response = raw(address, &[get, origin]).expect("an answer");
        assert_eq!(response.status, 200, "{}", shown(origin));
        assert_eq!(response.header("access-control-allow-origin"), None, "{}", shown(origin));
        assert_eq!(response.header("vary").as_deref(), Some("Origin"), "{}", shown(origin));
        assert_alive(&envoy, address);
    }
    assert_eq!(upstream.take_reached().len(), 20, "refused requests are forwarded");
}

#[test]
fn malformed_preflights_are_answered_and_the_worker_keeps_serving() {
    let (envoy, upstream, address) = start();
    let preflight = b"OPTIONS / HTTP/1.1\r\nhost: api.example.test\r\norigin: https://app.example.com\r\n".as_slice();
    let commas = [b"access-control-request-headers: ".as_slice(), &vec![b','; 50_000], b"\r\n"].concat();
    let lines = b"access-control-request-headers: ,,,,,,,,\r\n".repeat(90);
    for (headers, allowed) in [
        (b"access-control-request-method: \xff\r\n".to_vec(), "default/preflight/method_refused"),
        (b"access-control-request-method:\r\n".to_vec(), "default/preflight/method_refused"),
        (
            b"access-control-request-method: GET\r\naccess-control-request-headers: \xff\xfe\r\n".to_vec(),
            "default/preflight/headers_refused",
        ),
        ([b"access-control-request-method: GET\r\n".as_slice(), &commas].concat(), "default/preflight/headers_refused"),
        ([b"access-control-request-method: GET\r\n".as_slice(), &lines].concat(), "default/preflight/allowed"),
    ] {
        let before = envoy.counters().get(allowed).copied().unwrap_or_default();
        let response = raw(address, &[preflight, &headers]).expect("an answer");
        assert_eq!(response.status, 204, "{}", shown(&headers));
        assert_eq!(response.header("access-control-allow-headers").as_deref(), Some("x-a"));
        assert_eq!(envoy.counters().get(allowed).copied(), Some(before + 1), "{}", shown(&headers));
    }
    assert!(upstream.take_reached().is_empty(), "no preflight is forwarded");
    assert_alive(&envoy, address);
}

#[test]
fn requests_that_envoy_rejects_never_reach_the_filter() {
    let (envoy, upstream, address) = start();
    let get = b"GET / HTTP/1.1\r\nhost: api.example.test\r\n".as_slice();
    let too_long = [b"origin: https://".as_slice(), &vec![b'a'; 62_000], b"\r\n"].concat();
    for (header, status) in [
        (b"origin: https://app.example.com\x00\r\n".as_slice(), 400),
        (b"origin: https://app.example.com\x01\r\n", 400),
        (b"origin: https://app.example.com\x7f\r\n", 400),
        (b"origin: https://app.example.com\x0b\r\n", 400),
        (&too_long, 431),
    ] {
        let response = raw(address, &[get, header]);
        assert_eq!(response.map(|response| response.status), Some(status), "{}", shown(header));
        assert_alive(&envoy, address);
    }
    assert_eq!(upstream.take_reached().len(), 5, "only the requests of assert_alive");
}

#[test]
fn a_broken_connection_does_no_harm() {
    let (envoy, _upstream, address) = start();
    for head in
        [b"OPTIONS / HT".as_slice(), b"GET / HTTP/1.1\r\nhost: a\r\norigin: https://", b"\r\n\r\n", b"\xff\xff\xff\xff"]
    {
        use std::io::Write;
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(head).unwrap();
    }
    assert_alive(&envoy, address);
}
