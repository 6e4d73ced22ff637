//! Generated documents, all of them valid: every option, every kind of rule, one policy or several.

use crate::texts::{
    HOST_GLOB_PARTS, HOST_GLOBS, HOSTS, METHODS, PATH_GLOB_PARTS, PATH_GLOBS, REQUEST_HEADERS, RESPONSE_HEADERS,
    ROUTES, WILDCARD_RULES,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// What a policy allows.
#[derive(Clone, Debug)]
pub struct Lists {
    pub origins: Vec<String>,
    pub methods: Vec<String>,
    pub headers: Vec<String>,
    pub expose: Vec<String>,
}

/// A generated policy, but for its name.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `None` for a policy that is not enabled.
    pub lists: Option<Lists>,
    /// The keys that are neither lists nor `match`.
    pub options: Map<String, Value>,
    pub matches: Map<String, Value>,
}

/// A generated document.
#[derive(Clone, Debug)]
pub struct Generated {
    pub policies: Vec<Policy>,
    /// Whether the policies are in a list, even if there is only one.
    pub is_list: bool,
    pub debug_header: bool,
    pub decision_in_filter_state: bool,
}

impl Generated {
    /// The document as it is loaded.
    pub fn json(&self) -> Value {
        let mut policies: Vec<Value> =
            self.policies.iter().enumerate().map(|(number, policy)| policy.json(&format!("p{number}"))).collect();
        let mut document = match policies.pop() {
            Some(only) if policies.is_empty() && !self.is_list => only,
            last => {
                policies.extend(last);
                json!({ "policies": policies })
            }
        };
        for (key, is_on) in
            [("debug_header", self.debug_header), ("decision_in_filter_state", self.decision_in_filter_state)]
        {
            if is_on {
                document[key] = json!(true);
            }
        }
        document
    }

    /// All rules of `allow_origins`.
    pub fn rules(&self) -> Vec<&str> {
        self.policies
            .iter()
            .flat_map(|policy| &policy.lists)
            .flat_map(|lists| &lists.origins)
            .map(String::as_str)
            .collect()
    }
}

impl Policy {
    fn json(&self, name: &str) -> Value {
        let mut policy = json!({ "name": name });
        if !self.matches.is_empty() {
            policy["match"] = json!(self.matches);
        }
        let Some(lists) = &self.lists else {
            policy["enabled"] = json!(false);
            return policy;
        };
        for (key, value) in &self.options {
            policy[key] = value.clone();
        }
        policy["allow_origins"] = json!(lists.origins);
        // With credentials, a document must not expose `*`.
        let has_credentials = self.options.contains_key("allow_credentials");
        let expose: Vec<&String> = lists.expose.iter().filter(|name| !(has_credentials && *name == "*")).collect();
        for (key, list) in [
            ("allow_methods", json!(lists.methods)),
            ("allow_headers", json!(lists.headers)),
            ("expose_headers", json!(expose)),
        ] {
            if list != json!([]) {
                policy[key] = list;
            }
        }
        policy
    }
}

pub fn a_document() -> impl Strategy<Value = Generated> {
    let is_rare = || prop::bool::weighted(0.2);
    (
        prop_oneof![prop::collection::vec(a_policy(true), 1..2), prop::collection::vec(a_policy(false), 1..5)],
        is_rare(),
        is_rare(),
        is_rare(),
    )
        .prop_map(|(policies, is_list, debug_header, decision_in_filter_state)| Generated {
            policies,
            is_list,
            debug_header,
            decision_in_filter_state,
        })
}

fn a_policy(is_alone: bool) -> impl Strategy<Value = Policy> {
    let enabled = prop::bool::weighted(if is_alone { 0.98 } else { 0.85 });
    (enabled, lists(), options(), matches(is_alone)).prop_map(|(enabled, lists, options, matches)| Policy {
        lists: enabled.then_some(lists),
        options,
        matches,
    })
}

/// What a policy allows, whatever its options are.
pub fn lists() -> impl Strategy<Value = Lists> {
    let origins = prop_oneof![
        16 => prop::collection::vec(a_rule(), 1..6),
        1 => prop::collection::vec(a_rule(), 30..60),
        2 => Just(vec![String::from("*")]),
    ];
    let list = |names: &'static [&'static str], star: u32| {
        let name = prop_oneof![8 => select(names), star => Just("*")].prop_map(String::from);
        prop::collection::vec(name, 0..4)
    };
    (origins, list(METHODS, 2), list(REQUEST_HEADERS, 2), list(RESPONSE_HEADERS, 1))
        .prop_map(|(origins, methods, headers, expose)| Lists { origins, methods, headers, expose })
}

/// A rule of `allow_origins`.
fn a_rule() -> impl Strategy<Value = String> {
    let scheme = select(&["https", "https", "http", "app", "wss"][..]);
    let port = select(&["", "", "", ":8443", ":8080", ":*", ":1"][..]);
    let exact = (scheme, select(HOSTS), prop::bool::weighted(0.1), port).prop_map(|(scheme, host, dot, port)| {
        let dot =
            if dot && !host.starts_with('[') && !host.ends_with(|last: char| last.is_ascii_digit()) { "." } else { "" };
        format!("{scheme}://{host}{dot}{port}")
    });
    prop_oneof![
        6 => exact,
        3 => select(WILDCARD_RULES).prop_map(String::from),
        2 => a_wildcard_rule(),
        1 => select(&["*", "null"][..]).prop_map(String::from),
    ]
}

/// A rule with wildcards in any place before a tail that several rules share.
fn a_wildcard_rule() -> impl Strategy<Value = String> {
    a_wildcard_host(&["a.example", "b.example", "a.example:*", "b.example:8443"])
        .prop_map(|host| format!("https://{host}"))
}

fn a_wildcard_host(tails: &'static [&'static str]) -> impl Strategy<Value = String> {
    (prop::collection::vec(select(HOST_GLOB_PARTS), 1..4), select(tails)).prop_map(|(parts, tail)| {
        let head = parts.concat().replace("**", "*").replace("**", "*");
        format!("{}.{tail}", head.trim_end_matches('.'))
    })
}

/// The keys of a policy that are neither lists nor `match`.
pub fn options() -> impl Strategy<Value = Map<String, Value>> {
    let choice =
        |values: &'static [&'static str]| prop::option::weighted(0.4, select(values).prop_map(|value| json!(value)));
    let switch = |weight: f64| prop::option::weighted(weight, Just(json!(true)));
    let max_age = prop::option::of(select(vec![json!(0), json!(600), json!(86400), json!(7200.0)]));
    let status = prop::option::weighted(0.2, select(vec![json!(204), json!(200)]));
    let values = (
        switch(0.4),
        max_age,
        choice(&["answer", "forward"]),
        status,
        choice(&["answer", "forbid", "forward"]),
        choice(&["forward", "forbid"]),
        choice(&["replace", "keep"]),
        switch(0.1),
        switch(0.3),
        switch(0.3),
    );
    values.prop_map(
        |(
            credentials,
            max_age,
            preflight,
            status,
            refused_preflight,
            refused_request,
            keep,
            report,
            network,
            timing,
        )| {
            let switches =
                ["any_origin_with_credentials", "insecure_origins_with_credentials", "null_origin", "broad_patterns"];
            let options = [
                ("allow_credentials", credentials),
                ("max_age", max_age),
                ("preflight", preflight),
                ("preflight_status", status),
                ("refused_preflight", refused_preflight),
                ("refused_request", refused_request),
                ("upstream_cors_headers", keep),
                ("report_only", report),
                ("allow_private_network", network),
                ("timing_allow_origin", timing),
                ("dangerously_allow", Some(json!(switches))),
            ];
            options.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
        },
    )
}

fn matches(is_alone: bool) -> impl Strategy<Value = Map<String, Value>> {
    fn list(
        is_alone: bool,
        weight: f64,
        text: impl Strategy<Value = String>,
    ) -> impl Strategy<Value = Option<Vec<String>>> {
        prop::option::weighted(if is_alone { weight / 4.0 } else { weight }, prop::collection::vec(text, 1..4))
    }
    let host =
        prop_oneof![3 => select(HOST_GLOBS).prop_map(String::from), 1 => a_wildcard_host(&["a.example", "b.example"])];
    let path = prop_oneof![
        3 => select(PATH_GLOBS).prop_map(String::from),
        1 => prop::collection::vec(select(PATH_GLOB_PARTS), 1..4).prop_map(|parts| parts.concat()),
    ];
    let route = select(ROUTES).prop_map(String::from);
    (list(is_alone, 0.4, host), list(is_alone, 0.5, path), list(is_alone, 0.2, route)).prop_map(
        |(hosts, paths, routes)| {
            let lists = [("hosts", hosts), ("paths", paths), ("route_names", routes)];
            lists.into_iter().filter_map(|(key, list)| Some((key.to_owned(), json!(list?)))).collect()
        },
    )
}
