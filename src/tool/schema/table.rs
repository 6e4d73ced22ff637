//! The keys of the document: name, type, default, meaning, examples.

/// A key of the document.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The name.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// The default as JSON; `None` where there is none.
    pub default: Option<&'static str>,
    /// A few words, as a title.
    pub title: &'static str,
    /// What the key means.
    pub description: &'static str,
    /// Examples of its value, as JSON.
    pub examples: &'static [&'static str],
}

/// The type of a key's value.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A whole number from the first to the second.
    Integer(u32, u32),
    /// One of these numbers.
    Number(&'static [u32]),
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// A string that a regular expression describes exactly.
    Pattern(&'static str),
    /// A list of strings.
    Strings {
        /// How few there may be.
        at_least: usize,
        /// What each must be.
        item: Item,
    },
    /// An object with these keys.
    Object(&'static [Key]),
    /// A list of policies.
    Policies,
    /// Any string.
    Text,
}

/// What a string of a list must be.
#[derive(Debug, Clone, Copy)]
pub enum Item {
    /// A string of at least one character.
    NotEmpty,
    /// A string that a regular expression describes exactly.
    Pattern(&'static str),
    /// One of these.
    Choice(&'static [&'static str]),
}

/// The keys of a document that are no policy's.
pub const DOCUMENT: &[Key] = &[
    Key {
        name: "policies",
        kind: Kind::Policies,
        default: None,
        title: "Policies",
        description: "An ordered list of policies. The first whose `match` holds decides; a request that none matches is left alone in both directions. The document is either one policy or such a list.",
        examples: &[
            r#"[{"name": "public", "match": {"paths": ["/public/**"]}, "allow_origins": ["*"]}, {"name": "app", "allow_origins": ["https://app.example.com"], "allow_credentials": true}]"#,
        ],
    },
    Key {
        name: "debug_header",
        kind: Kind::Boolean,
        default: Some("false"),
        title: "Debug header",
        description: "Adds `x-cors-decision: <policy>; <kind>; <outcome>` to every response that a policy covers.",
        examples: &["true"],
    },
    Key {
        name: "decision_in_filter_state",
        kind: Kind::Boolean,
        default: Some("false"),
        title: "Decision in filter state",
        description: "Keeps the decision for access logs, as `%FILTER_STATE(wasm.cors_decision:PLAIN)%`. It costs one host call for each request with an `Origin`.",
        examples: &["true"],
    },
    Key {
        name: "$schema",
        kind: Kind::Text,
        default: None,
        title: "JSON Schema",
        description: "The address of this schema, for editors. The filter ignores it.",
        examples: &[r#""./policy.schema.json""#],
    },
];

/// The keys of a policy, and of a document that is one policy.
pub const POLICY: &[Key] = &[
    Key {
        name: "name",
        kind: Kind::Pattern("^(?!-$)[a-z0-9_-]{1,32}$"),
        default: Some(r#""default""#),
        title: "Name",
        description: "The name of the policy in metrics and logs: 1 to 32 of `a-z`, `0-9`, `_` and `-`, different for each policy.",
        examples: &[r#""app""#],
    },
    Key {
        name: "match",
        kind: Kind::Object(MATCH),
        default: None,
        title: "Match",
        description: "The requests that the policy is for; without it, all of them. Each of `hosts`, `paths` and `route_names` that is given must match; within a list, one entry is enough.",
        examples: &[r#"{"hosts": ["api.example.com"], "paths": ["/public/**"]}"#],
    },
    Key {
        name: "enabled",
        kind: Kind::Boolean,
        default: Some("true"),
        title: "Enabled",
        description: "With `false`, a matching request is left alone. Such a policy has only `name` and `match` besides.",
        examples: &["false"],
    },
    Key {
        name: "allow_origins",
        kind: Kind::Strings { at_least: 1, item: Item::NotEmpty },
        default: None,
        title: "Allowed origins",
        description: "Origin rules: an origin exactly as browsers send it (`https://app.example.com`), a glob over the host (`https://*.example.com`), any port (`http://localhost:*`), `*` for any origin, or `null`. Required unless `enabled` is `false`.",
        examples: &[r#"["https://app.example.com", "https://*.example.com", "http://localhost:*"]"#, r#"["*"]"#],
    },
    Key {
        name: "allow_methods",
        kind: Kind::Strings { at_least: 0, item: Item::Pattern(METHOD) },
        default: Some("[]"),
        title: "Allowed methods",
        description: "Methods that pages may use. GET, HEAD and POST need not be listed; `*` allows any method.",
        examples: &[r#"["PUT", "PATCH", "DELETE"]"#],
    },
    Key {
        name: "allow_headers",
        kind: Kind::Strings { at_least: 0, item: Item::NotEmpty },
        default: Some("[]"),
        title: "Allowed request headers",
        description: "Request headers that pages may set, in any case. `*` allows any header; without credentials, `authorization` must be listed as well.",
        examples: &[r#"["content-type", "authorization"]"#],
    },
    Key {
        name: "expose_headers",
        kind: Kind::Strings { at_least: 0, item: Item::NotEmpty },
        default: Some("[]"),
        title: "Exposed response headers",
        description: "Response headers that pages may read. `*` works only without credentials.",
        examples: &[r#"["x-total-count"]"#],
    },
    Key {
        name: "allow_credentials",
        kind: Kind::Boolean,
        default: Some("false"),
        title: "Credentials",
        description: "Whether pages may send cookies and read the response.",
        examples: &["true"],
    },
    Key {
        name: "max_age",
        kind: Kind::Integer(0, 86_400),
        default: None,
        title: "Preflight cache time",
        description: "How many seconds a browser may cache the answer to a preflight. Without it, no header is sent, and browsers cache for 5 seconds. Chromium caches for 7200 seconds at most.",
        examples: &["7200"],
    },
    Key {
        name: "preflight",
        kind: Kind::Choice(&["answer", "forward"]),
        default: Some(r#""answer""#),
        title: "Allowed preflights",
        description: "What becomes of an allowed preflight: the filter answers it, or forwards it upstream and adds the headers to the response.",
        examples: &[],
    },
    Key {
        name: "preflight_status",
        kind: Kind::Number(&[204, 200]),
        default: Some("204"),
        title: "Preflight status",
        description: "The status of the answer to a preflight; 200 is for old clients.",
        examples: &[],
    },
    Key {
        name: "refused_preflight",
        kind: Kind::Choice(&["answer", "forbid", "forward"]),
        default: Some(r#""answer""#),
        title: "Refused preflights",
        description: "What becomes of a refused preflight: `answer` with the status of an allowed one, `forbid` with 403, or `forward` it upstream and strip the CORS headers of the response.",
        examples: &[],
    },
    Key {
        name: "refused_request",
        kind: Kind::Choice(&["forward", "forbid"]),
        default: Some(r#""forward""#),
        title: "Refused requests",
        description: "What becomes of an actual request from a refused origin: it is forwarded, or answered with 403. A page that talks to its own server never gets 403.",
        examples: &[],
    },
    Key {
        name: "upstream_cors_headers",
        kind: Kind::Choice(&["replace", "keep"]),
        default: Some(r#""replace""#),
        title: "CORS headers from upstream",
        description: "With `keep`, the CORS headers of a response that has `access-control-allow-origin` already stay as they are.",
        examples: &[],
    },
    Key {
        name: "report_only",
        kind: Kind::Boolean,
        default: Some("false"),
        title: "Report only",
        description: "Decide, count and log, but change nothing.",
        examples: &["true"],
    },
    Key {
        name: "allow_private_network",
        kind: Kind::Boolean,
        default: Some("false"),
        title: "Private network access",
        description: "Answers `Access-Control-Request-Private-Network` on allowed preflights. Browsers have moved on to a permission prompt.",
        examples: &["true"],
    },
    Key {
        name: "timing_allow_origin",
        kind: Kind::Boolean,
        default: Some("false"),
        title: "Timing-Allow-Origin",
        description: "Sends `Timing-Allow-Origin` along with each Allow-Origin on actual responses.",
        examples: &["true"],
    },
    Key {
        name: "dangerously_allow",
        kind: Kind::Strings { at_least: 0, item: Item::Choice(SWITCHES) },
        default: Some("[]"),
        title: "Dangerous exceptions",
        description: "Allows by name what is refused otherwise: `any_origin_with_credentials` (`*` with credentials), `insecure_origins_with_credentials` (plain http with credentials), `null_origin` (`null`), `broad_patterns` (wildcards over hosts of several owners).",
        examples: &[r#"["null_origin"]"#],
    },
];

/// The keys of `match`.
pub const MATCH: &[Key] = &[
    Key {
        name: "hosts",
        kind: Kind::Strings { at_least: 1, item: Item::NotEmpty },
        default: None,
        title: "Hosts",
        description: "Globs over the host of `:authority`, without port and regardless of case.",
        examples: &[r#"["api.example.com", "*.api.example.com"]"#],
    },
    Key {
        name: "paths",
        kind: Kind::Strings { at_least: 1, item: Item::NotEmpty },
        default: None,
        title: "Paths",
        description: "Globs over `:path` without its query: `*` stays within a segment, `**` crosses segments.",
        examples: &[r#"["/public/**"]"#],
    },
    Key {
        name: "route_names",
        kind: Kind::Strings { at_least: 1, item: Item::NotEmpty },
        default: None,
        title: "Route names",
        description: "Names of Envoy's routes, compared exactly.",
        examples: &[r#"["partners"]"#],
    },
];

/// A method that pages can send: a token, but not one of Fetch's forbidden methods.
const METHOD: &str = "^(?!([Cc][Oo][Nn][Nn][Ee][Cc][Tt]|[Tt][Rr][Aa][Cc][EeKk])$)[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

/// The switches of `dangerously_allow`.
pub const SWITCHES: &[&str] =
    &["any_origin_with_credentials", "insecure_origins_with_credentials", "null_origin", "broad_patterns"];
