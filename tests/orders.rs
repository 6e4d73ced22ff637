//! Which responses of other filters have CORS headers, in each platform's order of filters: a real Envoy with
//! `envoy/orders/envoy.yaml` does what `envoy/README.md` says.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client::{self, Response};
use kit::sample;
use kit::table::{self, Row};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;

const ORIGIN: &str = "https://app.example.com";
const REFUSED: &str = "https://other.example";

/// With these a request passes every stand-in; the header of `envoy/orders/envoy.yaml` shows them too.
const CREDENTIALS: [(&str, &str); 5] = [
    ("x-session", "any"),
    ("x-api-key", "open-sesame"),
    ("authorization", "Basic dXNlcjp0ZXN0"),
    ("x-role", "admin"),
    (
        "x-token",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InN0YW5kLWluIn0.eyJpc3MiOiJzdGFuZC1pbiIsInN1YiI6ImFkYSJ9.\
         uegGUZLS2kIz9WKqKtz7l_PpGf7kGfT5yHOXEkwFEZU",
    ),
];

/// A column of the table: how to get its response.
struct Answer {
    heading: &'static str,
    status: u32,
    /// The filter that gives it; `None` for Envoy itself.
    by: Option<&'static str>,
    method: &'static str,
    path: &'static str,
    /// The credential that the request lacks.
    without: Option<&'static str>,
    /// An additional header.
    with: Option<(&'static str, &'static str)>,
}

const ANSWERS: [Answer; 9] = [
    answer("503 of a fault", 503, "fault").with("x-fault", "yes"),
    answer("403 of CSRF", 403, "csrf").method("POST"),
    answer("403 of `ext_authz`", 403, "ext_authz").without("x-session"),
    answer("401, API key", 401, "api_key_auth").without("x-api-key"),
    answer("401, password", 401, "basic_auth").without("authorization"),
    answer("401, JWT", 401, "jwt_authn").without("x-token"),
    answer("403 of RBAC", 403, "rbac").without("x-role"),
    answer("429", 429, "local_ratelimit").with("x-flood", "yes"),
    Answer { by: None, path: "/nowhere", ..answer("404, no route", 404, "") },
];

const fn answer(heading: &'static str, status: u32, by: &'static str) -> Answer {
    Answer { heading, status, by: Some(by), method: "GET", path: "/api", without: None, with: None }
}

impl Answer {
    const fn method(self, method: &'static str) -> Self {
        Answer { method, ..self }
    }

    const fn without(self, header: &'static str) -> Self {
        Answer { without: Some(header), ..self }
    }

    const fn with(self, name: &'static str, value: &'static str) -> Self {
        Answer { with: Some((name, value)), ..self }
    }

    fn send(&self, to: SocketAddr, origin: &str) -> Response {
        let mut headers = vec![("origin", origin)];
        headers.extend(CREDENTIALS.iter().filter(|(name, _)| Some(*name) != self.without));
        headers.extend(self.with);
        client::get(to, self.method, self.path, &headers)
    }
}

fn preflight(to: SocketAddr, path: &str) -> Response {
    client::get(to, "OPTIONS", path, &[("origin", ORIGIN), ("access-control-request-method", "PUT")])
}

fn allow_origin(response: &Response) -> Option<String> {
    response.header("access-control-allow-origin")
}

/// The names of each listener's filters, in order.
fn filters() -> BTreeMap<String, Vec<String>> {
    let config = sample::yaml("envoy/orders/envoy.yaml");
    let mut filters = BTreeMap::new();
    for listener in config["static_resources"]["listeners"].as_array().unwrap() {
        let manager = &listener["filter_chains"][0]["filters"][0]["typed_config"];
        let names = manager["http_filters"].as_array().unwrap().iter().map(|filter| text(&filter["name"])).collect();
        filters.insert(text(&listener["name"]), names);
    }
    // The service that ext_authz asks.
    filters.remove("authz").unwrap();
    filters
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The listener that a row is about: the last word in backquotes in its first cell.
fn listener_of(row: &Row) -> &str {
    row["Order"].rsplit('`').nth(1).unwrap()
}

#[test]
fn preflights_are_answered_and_errors_are_readable_exactly_where_the_readme_says_so() {
    let rows = table::read("envoy/README.md", "Order");
    let filters = filters();
    let mut named: Vec<&str> = rows.iter().map(listener_of).collect();
    named.sort_unstable();
    assert_eq!(named, filters.keys().collect::<Vec<_>>(), "a row for each listener");

    let envoy = sample::start("envoy/orders/envoy.yaml");
    let addresses = envoy.listeners();
    let mut wrong = Vec::new();
    let mut expect = |listener: &str, heading: &str, said: &str, seen: &str| {
        if said != seen {
            wrong.push(format!("{listener}: {heading}: the README says {said}, Envoy {seen}"));
        }
    };
    for row in &rows {
        let listener = listener_of(row);
        let address = addresses[listener];
        for (heading, path) in [("Preflight", "/api"), ("Preflight, GET-only route", "/read-only")] {
            let response = preflight(address, path);
            let answered = response.status == 204 && allow_origin(&response).as_deref() == Some(ORIGIN);
            assert!(answered || (response.status >= 400 && allow_origin(&response).is_none()), "{response:?}");
            expect(listener, heading, &row[heading], if answered { "yes" } else { "no" });
        }
        for answer in &ANSWERS {
            let there = answer.by.is_none_or(|by| filters[listener].iter().any(|name| name.ends_with(by)));
            if !there {
                expect(listener, answer.heading, &row[answer.heading], "–");
                continue;
            }
            if answer.status == 429 {
                assert_eq!(answer.send(address, ORIGIN).status, 200, "the first one passes");
            }
            let response = answer.send(address, ORIGIN);
            assert_eq!(response.status, answer.status, "{listener}: {}: {response:?}", answer.heading);
            let readable = allow_origin(&response).as_deref() == Some(ORIGIN);
            expect(listener, answer.heading, &row[answer.heading], if readable { "yes" } else { "no" });
            let refused = answer.send(address, REFUSED);
            assert_eq!(
                (refused.status, allow_origin(&refused)),
                (answer.status, None),
                "{listener}: {}",
                answer.heading
            );
        }
        let headings: Vec<&str> = row.keys().map(String::as_str).collect();
        assert_eq!(headings.len(), 3 + ANSWERS.len(), "a check for each column: {headings:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_request_with_every_credential_passes_every_order() {
    let envoy = sample::start("envoy/orders/envoy.yaml");
    let pass = Answer { by: None, ..answer("", 200, "") };
    for listener in filters().keys() {
        let response = pass.send(envoy.listeners()[listener], ORIGIN);
        assert_eq!((response.status, allow_origin(&response).as_deref()), (200, Some(ORIGIN)), "{listener}");
    }
    let header = sample::text("envoy/orders/envoy.yaml");
    for (name, value) in CREDENTIALS {
        assert!(header.contains(&format!("{name}: {value}")), "the file's header names {name}");
    }
}

/// Envoy Gateway applies the entries one after the other, each to the list that the one before it left; an entry whose
/// other filter is not there does nothing.
#[test]
fn the_filter_order_of_the_manifest_makes_the_order_that_is_tested() {
    let manifest = sample::yaml("envoy/gateway/envoyproxy.yaml");
    let moved = |start: &[String]| {
        let mut order = start.to_vec();
        for entry in manifest["spec"]["filterOrder"].as_array().unwrap() {
            let (name, before) = (text(&entry["name"]), text(&entry["before"]));
            if let (Some(from), true) = (order.iter().position(|own| *own == name), order.contains(&before)) {
                order.remove(from);
                let to = order.iter().position(|own| *own == before).unwrap();
                order.insert(to, name);
            }
        }
        order
    };
    let filters = filters();
    let default = &filters["gateway-default"];
    assert_eq!(moved(default), filters["gateway-filter-order"]);
    // Whichever other filters a gateway has.
    for first in ["fault", "csrf", "ext_authz", "api_key_auth", "basic_auth", "oauth2", "jwt_authn", "lua", "ext_proc"]
    {
        let first = format!("envoy.filters.http.{first}");
        let start = [first.clone(), String::from("envoy.filters.http.wasm"), String::from("envoy.filters.http.router")];
        assert_eq!(moved(&start)[0], "envoy.filters.http.wasm", "ahead of {first}");
    }
}

#[test]
fn an_envoy_filter_s_insert_first_makes_the_order_that_is_tested() {
    for path in ["envoy/istio/envoyfilter.yaml", "envoy/istio/envoyfilter-gateway.yaml"] {
        let patch = &sample::yaml(path)["spec"]["configPatches"][0]["patch"];
        assert_eq!(patch["operation"], "INSERT_FIRST");
        let filters = filters();
        let mut order = vec![text(&patch["value"]["name"])];
        order.extend(filters["istio-authn-custom"].iter().filter(|name| *name != "envoy-cors").cloned());
        assert_eq!(order, filters["istio-envoyfilter"], "{path}");
    }
}
