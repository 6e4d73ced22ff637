//! The filter together with others: later filters, Envoy's own responses, and a second source of CORS headers.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client::{self, Response};
use kit::envoy::{self, Envoy};
use kit::process::UpstreamProcess;
use serde_json::{Value, json};
use std::net::SocketAddr;

const ORIGIN: &str = "https://app.example.com";
const REFUSED: &str = "https://other.example";

fn config() -> Value {
    json!({ "allow_origins": [ORIGIN], "allow_methods": ["PUT"], "expose_headers": ["x-a"], "allow_credentials": true })
}

/// Envoy with our filter first, then `filters`, and with `routes` ahead of the route to upstream.
fn start(filters: &[Value], routes: &[Value]) -> (Envoy, UpstreamProcess, SocketAddr) {
    let upstream = UpstreamProcess::start();
    let mut virtual_host = envoy::to_upstream();
    let all = virtual_host["routes"].as_array_mut().unwrap();
    all.splice(0..0, routes.iter().cloned());
    let listener = envoy::listener("api", &config(), filters, &virtual_host);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let clusters = [envoy::cluster("upstream", upstream.address), envoy::cluster("down", closed)];
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &clusters)).unwrap();
    let address = envoy.listeners()["api"];
    (envoy, upstream, address)
}

fn filter(name: &str, kind: &str, config: Value) -> Value {
    let mut typed = config;
    typed["@type"] = json!(format!("type.googleapis.com/envoy.extensions.filters.http.{kind}"));
    json!({ "name": name, "typed_config": typed })
}

fn get(address: SocketAddr, path: &str, origin: &str) -> Response {
    client::get(address, "GET", path, &[("origin", origin)])
}

/// A page of the allowed origin can read the response and its status; a page of another origin cannot.
fn assert_readable(address: SocketAddr, path: &str, status: u32) {
    let response = get(address, path, ORIGIN);
    assert_eq!(response.status, status, "{path}: {response:?}");
    assert_eq!(response.header("access-control-allow-origin").as_deref(), Some(ORIGIN), "{path}");
    assert_eq!(response.header("access-control-allow-credentials").as_deref(), Some("true"), "{path}");
    assert_eq!(response.header("access-control-expose-headers").as_deref(), Some("x-a"), "{path}");
    assert_eq!(response.header("vary").as_deref(), Some("Origin"), "{path}");
    let refused = get(address, path, REFUSED);
    assert_eq!(refused.status, status, "{path}");
    assert_eq!(refused.header("access-control-allow-origin"), None, "{path}");
    assert_eq!(refused.header("access-control-allow-credentials"), None, "{path}");
    assert_eq!(refused.header("vary").as_deref(), Some("Origin"), "{path}");
}

fn assert_preflight_answered(address: SocketAddr) {
    let headers = [("origin", ORIGIN), ("access-control-request-method", "PUT")];
    let response = client::get(address, "OPTIONS", "/", &headers);
    assert_eq!(response.status, 204);
    assert_eq!(response.header("access-control-allow-origin").as_deref(), Some(ORIGIN));
    assert_eq!(response.header("access-control-allow-methods").as_deref(), Some("PUT"));
}

#[test]
fn an_auth_filter_does_not_see_preflights_and_its_401_is_readable() {
    let users = json!({ "users": { "inline_string": "user:{SHA}0DPiKuNIrrVmD8IUCuw1hQxNqZc=" } });
    let (_envoy, _upstream, address) = start(&[filter("auth", "basic_auth.v3.BasicAuth", users)], &[]);
    assert_preflight_answered(address);
    assert_readable(address, "/", 401);
}

#[test]
fn the_403_of_a_later_filter_is_readable() {
    let nobody = json!({ "rules": { "action": "ALLOW", "policies": {} } });
    let (_envoy, _upstream, address) = start(&[filter("rbac", "rbac.v3.RBAC", nobody)], &[]);
    assert_preflight_answered(address);
    assert_readable(address, "/", 403);
}

#[test]
fn the_429_of_a_rate_limit_is_readable() {
    let always = json!({ "default_value": { "numerator": 100, "denominator": "HUNDRED" } });
    let bucket = json!({ "max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "3600s" });
    let limit = json!({
        "stat_prefix": "limit", "token_bucket": bucket, "filter_enabled": always, "filter_enforced": always
    });
    let (_envoy, _upstream, address) = start(&[filter("limit", "local_ratelimit.v3.LocalRateLimit", limit)], &[]);
    assert_eq!(get(address, "/", ORIGIN).status, 200);
    assert_readable(address, "/", 429);
    assert_preflight_answered(address);
}

#[test]
fn errors_and_redirects_made_by_envoy_are_readable() {
    let route = |path: &str, action: Value| {
        let mut route = action;
        route["match"] = json!({ "path": path });
        route
    };
    let routes = [
        route("/down", json!({ "route": { "cluster": "down" } })),
        route("/slow", json!({ "route": { "cluster": "upstream", "timeout": "0.1s" } })),
        route("/moved", json!({ "redirect": { "host_redirect": "elsewhere.example" } })),
        route("/direct", json!({ "direct_response": { "status": 418 } })),
    ];
    let (_envoy, _upstream, address) = start(&[], &routes);
    assert_readable(address, "/down", 503);
    assert_readable(address, "/slow", 504);
    assert_readable(address, "/close", 503);
    assert_readable(address, "/moved", 301);
    assert_readable(address, "/redirect", 302);
    assert_readable(address, "/direct", 418);
}

#[test]
fn without_a_route_the_404_is_readable_and_preflights_are_answered() {
    let virtual_host = json!({ "name": "none", "domains": ["only.example"], "routes": [] });
    let listener = envoy::listener("api", &config(), &[], &virtual_host);
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &[])).unwrap();
    let address = envoy.listeners()["api"];
    assert_readable(address, "/", 404);
    assert_preflight_answered(address);
}

#[test]
fn a_later_filter_that_rewrites_or_removes_the_origin_changes_nothing() {
    let set = json!({ "append": { "header": { "key": "origin", "value": REFUSED }, "append_action": "OVERWRITE_IF_EXISTS" } });
    for (mutation, reached) in [(json!({ "remove": "origin" }), "none"), (set, REFUSED)] {
        let mutations = json!({ "mutations": { "request_mutations": [mutation] } });
        let (_envoy, _upstream, address) =
            start(&[filter("mutation", "header_mutation.v3.HeaderMutation", mutations)], &[]);
        assert_eq!(get(address, "/", ORIGIN).header("x-origin").as_deref(), Some(reached));
        assert_readable(address, "/", 200);
    }
}

#[test]
fn where_upstream_or_the_native_filter_also_set_cors_headers_ours_reach_the_client() {
    let native = filter("envoy.filters.http.cors", "cors.v3.Cors", json!({}));
    let any = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
        "allow_origin_string_match": [{ "safe_regex": { "regex": ".*" } }], "allow_credentials": true, "expose_headers": "x-native"
    });
    let mut routes = Vec::new();
    for path in ["/native", "/echo-origin"] {
        routes.push(json!({
            "match": { "path": path }, "route": { "cluster": "upstream" },
            "typed_per_filter_config": { "envoy.filters.http.cors": any }
        }));
    }
    let (_envoy, _upstream, address) = start(&[native], &routes);
    assert_readable(address, "/native", 200);
    assert_readable(address, "/echo-origin", 200);
    for path in ["/native", "/echo-origin"] {
        let response = get(address, path, ORIGIN);
        let lines = response.headers.iter().filter(|(name, _)| name == b"access-control-allow-origin").count();
        assert_eq!(lines, 1, "{path}");
    }
    assert_preflight_answered(address);
}

/// One VM runs both, and both write their decision to the filter state. The outer filter edits the response last.
#[test]
fn two_instances_of_this_filter_in_a_chain_work_independently() {
    let with_state =
        |origin: &str| json!({ "allow_origins": [origin], "decision_in_filter_state": true, "debug_header": true });
    let upstream = UpstreamProcess::start();
    let inner = envoy::cors_filter(&with_state(REFUSED));
    let listener = envoy::listener("api", &with_state(ORIGIN), &[inner], &envoy::to_upstream());
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &[envoy::cluster("upstream", upstream.address)])).unwrap();
    let address = envoy.listeners()["api"];
    for _ in 0..3 {
        let response = get(address, "/", ORIGIN);
        assert_eq!(response.status, 200);
        assert_eq!(response.header("access-control-allow-origin").as_deref(), Some(ORIGIN));
        assert_eq!(response.header("x-cors-decision").as_deref(), Some("default; request; allowed"));
        let response = get(address, "/", REFUSED);
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    assert!(!envoy.log().contains("panicked"), "{}", envoy.log());
}
