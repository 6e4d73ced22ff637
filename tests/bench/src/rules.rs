//! The policies that are measured, written for our filter and for Envoy's own.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How many rules or policies there are. The request is always for the last, where a search through a list ends latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rules {
    /// Origins, written out.
    Exact(u32),
    /// `https://*.gN.example.com`; for the native filter a regular expression each.
    Wildcards(u32),
    /// Policies of one exact origin, each for a host; for the native filter virtual hosts.
    Policies(u32),
}

const POLICY: &str = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy";

impl Rules {
    pub fn name(self) -> String {
        match self {
            Rules::Exact(1) => String::from("1 exact origin"),
            Rules::Exact(count) => format!("{} exact origins", thousands(count)),
            Rules::Wildcards(count) => format!("{} wildcard origins", thousands(count)),
            Rules::Policies(count) => format!("{} policies", thousands(count)),
        }
    }

    /// The origin of the last rule.
    pub fn allowed_origin(self) -> String {
        match self {
            Rules::Exact(count) => exact(count - 1),
            Rules::Wildcards(count) => format!("https://app.g{}.example.com", count - 1),
            Rules::Policies(_) => exact(0),
        }
    }

    /// The authority of the last policy.
    pub fn authority(self) -> String {
        match self {
            Rules::Policies(count) => host(count - 1),
            _ => host(0),
        }
    }

    /// Our document.
    pub fn document(self) -> Value {
        match self {
            Rules::Exact(count) => policy(json!((0..count).map(exact).collect::<Vec<_>>())),
            Rules::Wildcards(count) => {
                policy(json!((0..count).map(|n| format!("https://*.g{n}.example.com")).collect::<Vec<_>>()))
            }
            Rules::Policies(count) => {
                let of_host = |n| {
                    let mut policy = policy(json!([exact(0)]));
                    policy["name"] = json!(format!("service-{n}"));
                    policy["match"] = json!({ "hosts": [host(n)] });
                    policy
                };
                json!({ "policies": (0..count).map(of_host).collect::<Vec<_>>() })
            }
        }
    }

    /// The same for the native filter: the virtual hosts, each with its policy.
    pub fn native_virtual_hosts(self) -> Vec<Value> {
        let exact_match = |n| json!({ "exact": exact(n) });
        let (hosts, origins): (Vec<String>, Vec<Value>) = match self {
            Rules::Exact(count) => (vec![String::from("*")], (0..count).map(exact_match).collect()),
            Rules::Wildcards(count) => {
                let regex = |n| json!({ "safe_regex": { "regex": format!("https://.+\\.g{n}\\.example\\.com") } });
                (vec![String::from("*")], (0..count).map(regex).collect())
            }
            Rules::Policies(count) => ((0..count).map(host).collect(), vec![exact_match(0)]),
        };
        let of_host = |domain: &String| {
            let mut virtual_host = virtual_host(domain);
            virtual_host["typed_per_filter_config"] = json!({ "envoy.filters.http.cors": {
                "@type": POLICY,
                "allow_origin_string_match": origins,
                "allow_methods": "PUT",
                "allow_headers": "authorization,content-type",
                "expose_headers": "x-total-count",
                "allow_credentials": true,
                "max_age": "7200"
            } });
            virtual_host
        };
        hosts.iter().map(of_host).collect()
    }
}

/// Routes a domain's requests to upstream, `/large` by small pieces.
pub fn virtual_host(domain: &str) -> Value {
    json!({ "name": domain, "domains": [domain], "routes": [
        { "match": { "path": "/large" }, "route": { "cluster": "upstream-in-pieces" } },
        { "match": { "prefix": "/" }, "route": { "cluster": "upstream" } }
    ] })
}

/// The same for a side that knows no CORS: a route answers preflights, so that they end in Envoy on every side.
pub fn virtual_host_without_cors() -> Value {
    let mut virtual_host = virtual_host("*");
    let is_options = json!({ "name": ":method", "string_match": { "exact": "OPTIONS" } });
    let answer = json!({ "match": { "prefix": "/", "headers": [is_options] }, "direct_response": { "status": 204 } });
    if let Some(routes) = virtual_host["routes"].as_array_mut() {
        routes.insert(0, answer);
    }
    virtual_host
}

fn policy(origins: Value) -> Value {
    json!({
        "allow_origins": origins, "allow_methods": ["PUT"], "allow_headers": ["authorization", "content-type"],
        "expose_headers": ["x-total-count"], "allow_credentials": true, "max_age": 7200
    })
}

fn exact(n: u32) -> String {
    format!("https://app{n:05}.example.com")
}

fn host(n: u32) -> String {
    format!("api{n}.example.com")
}

/// A number as people read it: 10,000.
pub fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
