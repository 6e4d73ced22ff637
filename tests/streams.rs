//! Everything that streams through a proxy also works with the filter. Each test runs through Envoy, against an
//! upstream process.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client::{self, read_until};
use kit::envoy::{self, Envoy};
use kit::process::UpstreamProcess;
use serde_json::json;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const ORIGIN: &str = "https://app.example.com";

fn start() -> (Envoy, UpstreamProcess, SocketAddr) {
    let upstream = UpstreamProcess::start();
    let config = json!({
        "allow_origins": [ORIGIN], "allow_credentials": true, "allow_headers": ["content-type", "x-grpc-web", "range"],
        "expose_headers": ["grpc-status", "grpc-message", "content-range"]
    });
    let mut listener = envoy::listener("api", &config, &[], &envoy::to_upstream());
    envoy::connection_manager(&mut listener)["upgrade_configs"] = json!([{ "upgrade_type": "websocket" }]);
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &[envoy::cluster("upstream", upstream.address)])).unwrap();
    let address = envoy.listeners()["api"];
    (envoy, upstream, address)
}

/// Opens a connection and sends a request's head.
fn open(address: SocketAddr, head: &str) -> TcpStream {
    let mut stream = client::open(address);
    stream.write_all(head.as_bytes()).unwrap();
    stream
}

fn assert_allowed(head: &[u8]) {
    let response = client::parse(head).unwrap();
    assert_eq!(response.header("access-control-allow-origin").as_deref(), Some(ORIGIN));
    assert_eq!(response.header("vary").as_deref(), Some("Origin"));
}

#[test]
fn a_web_socket_is_upgraded_and_carries_frames() {
    let (_envoy, _upstream, address) = start();
    for origin in [ORIGIN, "https://other.example"] {
        let mut stream = open(
            address,
            &format!(
                "GET /socket HTTP/1.1\r\nhost: a\r\norigin: {origin}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                 sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            ),
        );
        let head = read_until(&mut stream, b"\r\n\r\n");
        let response = client::parse(&head).unwrap();
        assert_eq!(response.status, 101, "{}", head.escape_ascii());
        assert_eq!(response.header("sec-websocket-accept").as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        // A text frame "ping" with the mask 0; the echo is unmasked.
        stream.write_all(b"\x81\x84\0\0\0\0ping").unwrap();
        assert!(read_until(&mut stream, b"ping").starts_with(b"\x81\x04"));
    }
}

#[test]
fn server_sent_events_arrive_as_soon_as_they_are_sent() {
    let (_envoy, _upstream, address) = start();
    let began = Instant::now();
    let mut stream = open(address, &format!("GET /events HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\n\r\n"));
    let first = read_until(&mut stream, b"data: one\n\n");
    let first_came = began.elapsed();
    assert_allowed(&first);
    assert!(!first.windows(9).any(|window| window == b"data: two"), "the second event has not been sent yet");
    read_until(&mut stream, b"data: two\n\n");
    // Upstream waits a second between the two: a filter that held back the first would deliver both at once.
    assert!(began.elapsed() - first_came > Duration::from_millis(500));
}

#[test]
fn a_range_request_gets_its_range() {
    let (_envoy, _upstream, address) = start();
    let response = client::get(address, "GET", "/file", &[("origin", ORIGIN), ("range", "bytes=250-259")]);
    assert_eq!(response.status, 206);
    assert_eq!(response.header("content-range").as_deref(), Some("bytes 250-259/1024"));
    assert_eq!(response.body, [250, 251, 252, 253, 254, 255, 0, 1, 2, 3]);
    assert_eq!(response.header("access-control-allow-origin").as_deref(), Some(ORIGIN));
    let exposed = response.header("access-control-expose-headers").unwrap();
    assert!(exposed.split(',').any(|name| name == "content-range"));
}

#[test]
fn uploads_arrive_whole() {
    let (_envoy, _upstream, address) = start();
    let body = vec![b'x'; 5_000_000];
    let mut stream = open(
        address,
        &format!("POST /upload HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\ncontent-length: {}\r\n\r\n", body.len()),
    );
    stream.write_all(&body).unwrap();
    let head = read_until(&mut stream, b"\r\n\r\n");
    assert_allowed(&head);
    assert_eq!(client::parse(&head).unwrap().header("x-received").as_deref(), Some("5000000"));

    let mut stream = open(
        address,
        &format!("POST /upload HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\ntransfer-encoding: chunked\r\n\r\n"),
    );
    for _ in 0..100 {
        stream.write_all(b"a\r\n0123456789\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let head = read_until(&mut stream, b"\r\n\r\n");
    assert_eq!(client::parse(&head).unwrap().header("x-received").as_deref(), Some("1000"));
}

#[test]
fn grpc_web_calls_work_and_their_status_is_readable() {
    let (_envoy, _upstream, address) = start();
    let preflight = client::get(
        address,
        "OPTIONS",
        "/grpc.Echo/Say",
        &[
            ("origin", ORIGIN),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type,x-grpc-web"),
        ],
    );
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-headers").as_deref(), Some("content-type,x-grpc-web,range"));
    let message = b"\0\0\0\0\x05hello";
    let mut stream = open(
        address,
        &format!(
            "POST /grpc.Echo/Say HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\ncontent-type: application/grpc-web+proto\r\n\
             x-grpc-web: 1\r\ncontent-length: {}\r\n\r\n",
            message.len()
        ),
    );
    stream.write_all(message).unwrap();
    let reply = read_until(&mut stream, b"grpc-message: fine\r\n");
    assert_allowed(&reply);
    let response = client::parse(&reply).unwrap();
    assert_eq!(response.header("content-type").as_deref(), Some("application/grpc-web+proto"));
    assert!(response.header("access-control-expose-headers").unwrap().contains("grpc-status,grpc-message"));
    assert!(response.body.starts_with(message));
}
