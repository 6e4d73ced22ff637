//! The keys of a document: known once, here. The reader, the message about an unknown key, the README's table and the JSON
//! Schema all follow this table.
//!
//! A name can only be made by a row, so a key that is read has one. The module holds the names alone; what only
//! documentation needs is in constants that nothing in the module refers to.

use crate::switches::Switch;

/// The longest time that browsers can be asked to keep a preflight's answer, in seconds: a day, Firefox's own limit.
pub const MAX_MAX_AGE: u32 = 86_400;
/// The statuses that can answer a preflight.
pub const PREFLIGHT_STATUSES: &[u32] = &[204, 200];
/// The choices of `preflight`.
pub(crate) const PREFLIGHTS: &[&str] = &["answer", "forward"];
/// The choices of `refused_preflight`.
pub(crate) const REFUSED_PREFLIGHTS: &[&str] = &["answer", "forbid", "forward"];
/// The choices of `refused_request`.
pub(crate) const REFUSED_REQUESTS: &[&str] = &["forward", "forbid"];
/// The choices of `upstream_cors_headers`.
pub(crate) const UPSTREAM_CORS_HEADERS: &[&str] = &["replace", "keep"];
/// The name of a policy that gives itself none.
pub(crate) const DEFAULT_NAME: &str = "default";

/// A key that the table has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(&'static str);

impl Name {
    pub(crate) fn as_str(self) -> &'static str {
        self.0
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The key itself.
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// What holds without it.
    pub default: Default,
    /// A few words, as a title.
    pub title: &'static str,
    /// What it means, in Markdown, on one line.
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
    /// A string that the first regular expression matches and the second does not.
    Except(&'static str, &'static str),
    /// One of these.
    Choice(&'static [&'static str]),
}

/// What holds without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// This value, as JSON.
    Json(&'static str),
    /// No value; this says what that means, if it needs to be said.
    None(&'static str),
}

/// Declares a table: a constant for each name, all the names, and the rows.
macro_rules! keys {
    ($(#[$about:meta])* $rows:ident, $names:ident: $($constant:ident $name:literal { $($field:ident: $value:expr),* $(,)? })*) => {
        $(pub(crate) const $constant: Name = Name($name);)*
        pub(crate) const $names: &[&str] = &[$($name),*];
        $(#[$about])*
        pub const $rows: &[Key] = &[$(Key { name: $name, $($field: $value),* }),*];
    };
}

keys! {
    /// The keys of a policy, and of a document that is one policy.
    POLICY, POLICY_NAMES:

    NAME "name" {
        kind: Kind::Pattern("^([a-z0-9_]|[a-z0-9_-]{2,32})$"),
        default: Default::Json(r#""default""#),
        title: "Name",
        description: "The policy's name in metrics and logs: 1 to 32 characters of `a-z`, `0-9`, `_` and `-`, unique.",
        examples: &[r#""app""#],
    }
    MATCH_RULE "match" {
        kind: Kind::Object(MATCH),
        default: Default::None("every request"),
        title: "Match",
        description: "Which requests the policy is for. Every list that is given must match; one matching entry is enough.",
        examples: &[r#"{"hosts": ["api.example.com"], "paths": ["/public/**"]}"#],
    }
    ENABLED "enabled" {
        kind: Kind::Boolean,
        default: Default::Json("true"),
        title: "Enabled",
        description: "`false`: a matching request is left alone. Such a policy can have no other keys than `name` and `match`.",
        examples: &["false"],
    }
    ALLOW_ORIGINS "allow_origins" {
        kind: Kind::Strings { at_least: 1, item: Item::NotEmpty },
        default: Default::None("required"),
        title: "Allowed origins",
        description: "The origins whose pages may read responses, as origin rules.",
        examples: &[r#"["https://app.example.com", "https://*.preview.example.com", "http://localhost:*"]"#, r#"["*"]"#],
    }
    ALLOW_METHODS "allow_methods" {
        kind: Kind::Strings { at_least: 0, item: Item::Except(TOKEN, FORBIDDEN_METHOD) },
        default: Default::Json("[]"),
        title: "Allowed methods",
        description: "Methods that pages may use. GET, HEAD and POST need not be listed; `*` is any method.",
        examples: &[r#"["PUT", "PATCH", "DELETE"]"#],
    }
    ALLOW_HEADERS "allow_headers" {
        kind: Kind::Strings { at_least: 0, item: Item::NotEmpty },
        default: Default::Json("[]"),
        title: "Allowed request headers",
        description: "Request headers that pages may set, in any case. `*` is any header; without credentials, `authorization` must be listed as well.",
        examples: &[r#"["content-type", "authorization"]"#],
    }
    EXPOSE_HEADERS "expose_headers" {
        kind: Kind::Strings { at_least: 0, item: Item::NotEmpty },
        default: Default::Json("[]"),
        title: "Exposed response headers",
        description: "Response headers that pages may read. `*` works only without credentials.",
        examples: &[r#"["x-total-count"]"#],
    }
    ALLOW_CREDENTIALS "allow_credentials" {
        kind: Kind::Boolean,
        default: Default::Json("false"),
        title: "Credentials",
        description: "Whether pages may send cookies and read the response. `*` in `allow_methods` and `allow_headers` is then answered with what was asked for.",
        examples: &["true"],
    }
    MAX_AGE "max_age" {
        kind: Kind::Integer(0, MAX_MAX_AGE),
        default: Default::None("no header"),
        title: "Preflight cache time",
        description: "How many seconds a browser may cache the answer to a preflight, 0 to 86400. Without it, browsers cache for 5 seconds; Chromium caches for 7200 at most.",
        examples: &["7200"],
    }
    PREFLIGHT "preflight" {
        kind: Kind::Choice(PREFLIGHTS),
        default: Default::Json(r#""answer""#),
        title: "Allowed preflights",
        description: "`\"forward\"`: an allowed preflight goes upstream, and its response gets the CORS headers.",
        examples: &[r#""forward""#],
    }
    PREFLIGHT_STATUS "preflight_status" {
        kind: Kind::Number(PREFLIGHT_STATUSES),
        default: Default::Json("204"),
        title: "Preflight status",
        description: "The status of the answer to a preflight: 204, or 200 for old clients.",
        examples: &["200"],
    }
    REFUSED_PREFLIGHT "refused_preflight" {
        kind: Kind::Choice(REFUSED_PREFLIGHTS),
        default: Default::Json(r#""answer""#),
        title: "Refused preflights",
        description: "`\"answer\"`: it gets the status of an allowed one. `\"forbid\"`: it gets 403. `\"forward\"`: it goes upstream, and its response loses all CORS headers, whatever `upstream_cors_headers` says.",
        examples: &[r#""forbid""#],
    }
    REFUSED_REQUEST "refused_request" {
        kind: Kind::Choice(REFUSED_REQUESTS),
        default: Default::Json(r#""forward""#),
        title: "Refused requests",
        description: "`\"forbid\"`: an actual request from a refused origin gets 403, unless it is a page's request to its own server.",
        examples: &[r#""forbid""#],
    }
    KEEP_UPSTREAM "upstream_cors_headers" {
        kind: Kind::Choice(UPSTREAM_CORS_HEADERS),
        default: Default::Json(r#""replace""#),
        title: "CORS headers from upstream",
        description: "`\"keep\"`: where upstream sends `access-control-allow-origin`, its CORS headers stay as they are, even for an origin that the policy refuses.",
        examples: &[r#""keep""#],
    }
    REPORT_ONLY "report_only" {
        kind: Kind::Boolean,
        default: Default::Json("false"),
        title: "Report only",
        description: "The policy decides, counts and logs, but changes nothing (`debug_header` still adds its header).",
        examples: &["true"],
    }
    ALLOW_PRIVATE_NETWORK "allow_private_network" {
        kind: Kind::Boolean,
        default: Default::Json("false"),
        title: "Private network access",
        description: "Answers `Access-Control-Request-Private-Network` on allowed preflights. Browsers have moved on to a permission prompt.",
        examples: &["true"],
    }
    TIMING_ALLOW_ORIGIN "timing_allow_origin" {
        kind: Kind::Boolean,
        default: Default::Json("false"),
        title: "Timing-Allow-Origin",
        description: "Sends `Timing-Allow-Origin` with each `Access-Control-Allow-Origin` on actual responses.",
        examples: &["true"],
    }
    DANGEROUSLY_ALLOW "dangerously_allow" {
        kind: Kind::Strings { at_least: 0, item: Item::Choice(Switch::NAMES) },
        default: Default::Json("[]"),
        title: "Dangerous exceptions",
        description: "Switches that allow what is otherwise refused.",
        examples: &[r#"["null_origin"]"#],
    }
}

keys! {
    /// The keys of a document that are not a policy's.
    DOCUMENT, DOCUMENT_NAMES:

    POLICIES "policies" {
        kind: Kind::Policies,
        default: Default::None(""),
        title: "Policies",
        description: "An ordered list of policies: a document is either one policy or such a list.",
        examples: &[
            r#"[{"name": "public", "match": {"paths": ["/public/**"]}, "allow_origins": ["*"]}, {"name": "app", "allow_origins": ["https://app.example.com"], "allow_credentials": true}]"#,
        ],
    }
    DEBUG_HEADER "debug_header" {
        kind: Kind::Boolean,
        default: Default::Json("false"),
        title: "Debug header",
        description: "Adds `x-cors-decision: <policy>; <kind>; <outcome>` to every response that a policy covers.",
        examples: &["true"],
    }
    DECISION_IN_FILTER_STATE "decision_in_filter_state" {
        kind: Kind::Boolean,
        default: Default::Json("false"),
        title: "Decision in filter state",
        description: "Keeps the same text for access logs, as `%FILTER_STATE(wasm.cors_decision:PLAIN)%`. It costs one host call for each request with an `Origin`.",
        examples: &["true"],
    }
    SCHEMA "$schema" {
        kind: Kind::Text,
        default: Default::None(""),
        title: "JSON Schema",
        description: "The address of the JSON Schema, for editors. The filter ignores it.",
        examples: &[r#""./policy.schema.json""#],
    }
}

keys! {
    /// The keys of `match`.
    MATCH, MATCH_NAMES:

    HOSTS "hosts" {
        kind: Kind::Strings { at_least: 1, item: Item::NotEmpty },
        default: Default::None("every host"),
        title: "Hosts",
        description: "Globs over the host of `:authority`, regardless of case, port and a trailing dot.",
        examples: &[r#"["api.example.com", "*.api.example.com"]"#],
    }
    PATHS "paths" {
        kind: Kind::Strings { at_least: 1, item: Item::NotEmpty },
        default: Default::None("every path"),
        title: "Paths",
        description: "Globs over `:path` without its query: `*` stays within a segment, `**` crosses segments.",
        examples: &[r#"["/public/**"]"#],
    }
    ROUTE_NAMES "route_names" {
        kind: Kind::Strings { at_least: 1, item: Item::NotEmpty },
        default: Default::None("every route"),
        title: "Route names",
        description: "Names of routes in Envoy, compared exactly.",
        examples: &[r#"["partners"]"#],
    }
}

/// A token (RFC 9110, section 5.6.2).
const TOKEN: &str = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";

/// One of Fetch's forbidden methods, in any case.
const FORBIDDEN_METHOD: &str = "^([Cc][Oo][Nn][Nn][Ee][Cc][Tt]|[Tt][Rr][Aa][Cc][EeKk])$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_fit_into_a_cell_of_a_table() {
        for key in [POLICY, DOCUMENT, MATCH].concat() {
            assert!(!key.description.contains(['|', '\n']), "{}", key.name);
        }
    }

    #[test]
    fn defaults_and_examples_are_json() {
        for key in [POLICY, DOCUMENT, MATCH].concat() {
            let default = match key.default {
                Default::Json(text) => Some(text),
                Default::None(_) => None,
            };
            for text in default.iter().chain(key.examples) {
                assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{}: {text}", key.name);
            }
        }
    }
}
