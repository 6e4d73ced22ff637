//! Generated requests, in all shapes and spellings, and upstream's responses, which say hostile things about CORS.
//!
//! A request is generated as a [`Recipe`] that is independent of the document, so that both shrink on their own.
//! Together with the document's rules it becomes a request, often one that a rule covers, or nearly so.

use crate::exchange::{Header, Request, Upstream};
use crate::texts::{
    AMBIGUOUS_PATHS, AUTHORITIES, CORS_NAMES, CORS_VALUES, HOST_PARTS, HOSTILE_PIECES, HOSTS, METHODS, PATH_PARTS,
    PATHS, REQUEST_HEADERS, ROUTES, VARY_PIECES,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A request, as far as it can be known without the document.
#[derive(Clone, Debug)]
pub struct Recipe {
    method: &'static str,
    authority: String,
    path: String,
    route: Option<&'static str>,
    /// The lines of `Origin`.
    origins: Vec<Spelling>,
    others: Vec<Header>,
}

/// An `Origin`: something near to a real one, and what a hostile client did to it.
#[derive(Clone, Debug)]
struct Spelling {
    base: Base,
    edits: Vec<(Edit, Index)>,
}

#[derive(Clone, Debug)]
enum Base {
    Text(String),
    /// The origin of a page on the server itself.
    Own(&'static str),
    /// An origin that a rule covers, with something for each wildcard.
    OfRule(Index, usize),
}

#[derive(Clone, Debug)]
enum Edit {
    Insert(&'static str),
    Cut,
}

/// What wildcards become.
const FILLS: [[&str; 3]; 5] =
    [["x", "a", ""], ["a.b", "b", ":8443"], ["", "x", ":1"], ["pr-7", "c", ":65535"], ["app", "7", ":3000"]];

/// An origin that a rule covers.
pub fn origin_of_rule(rule: &str, fill: usize) -> String {
    let [many, one, port] = FILLS[fill % FILLS.len()];
    let (rule, port) = rule.strip_suffix(":*").map_or((rule, ""), |rule| (rule, port));
    let mut origin = String::new();
    let mut rest = rule;
    while let Some(char) = rest.chars().next() {
        let (text, length) = match char {
            '*' if rule != "*" => (many.to_owned(), 1),
            '?' => (one.to_owned(), 1),
            '[' if !rest.contains("::") => {
                let end = rest.find(']').unwrap_or(rest.len() - 1);
                (if rest.starts_with("[!") { one.to_owned() } else { rest[1..2].to_owned() }, end + 1)
            }
            '{' => {
                let end = rest.find('}').unwrap_or(rest.len() - 1);
                let alternatives: Vec<&str> = rest[1..end].split(',').collect();
                (alternatives[fill % alternatives.len()].replace('*', many), end + 1)
            }
            other => (other.to_string(), 1),
        };
        origin.push_str(&text);
        rest = &rest[length..];
    }
    origin + port
}

impl Spelling {
    fn text(&self, rules: &[&str], authority: &str) -> String {
        let mut text = match &self.base {
            Base::Text(text) => text.clone(),
            Base::Own(scheme) => format!("{scheme}://{authority}"),
            Base::OfRule(_, _) if rules.is_empty() => String::from("https://a.example"),
            Base::OfRule(rule, fill) => origin_of_rule(rules[rule.index(rules.len())], *fill),
        };
        for (edit, place) in &self.edits {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = *place.get(&places);
            match edit {
                Edit::Insert(piece) => text.insert_str(at, piece),
                Edit::Cut if at < text.len() => {
                    text.remove(at);
                }
                Edit::Cut => {}
            }
        }
        text
    }
}

impl Recipe {
    /// The request, given the document's origin rules.
    pub fn request(&self, rules: &[&str]) -> Request {
        let origins = self.origins.iter().map(|origin| (String::from("origin"), origin.text(rules, &self.authority)));
        Request {
            method: self.method.into(),
            authority: self.authority.clone(),
            path: self.path.clone(),
            route: self.route.map(String::from),
            headers: origins.chain(self.others.iter().cloned()).collect(),
        }
    }
}

pub fn a_recipe() -> impl Strategy<Value = Recipe> {
    let method = prop_oneof![
        5 => Just("OPTIONS"),
        4 => select(&["GET", "POST", "HEAD"][..]),
        1 => select(METHODS),
        1 => select(&["options", "", "TRACE"][..]),
    ];
    let authority = prop_oneof![
        4 => Just(String::from("a.example")),
        6 => select(AUTHORITIES).prop_map(String::from),
        1 => prop::collection::vec(select(HOST_PARTS), 1..4).prop_map(|parts| format!("{}.a.example", parts.concat())),
    ];
    let path = prop_oneof![
        60 => select(PATHS).prop_map(String::from),
        10 => select(AMBIGUOUS_PATHS).prop_map(String::from),
        10 => prop::collection::vec(select(PATH_PARTS), 1..5).prop_map(|parts| parts.concat()),
        1 => (4094..4099_usize).prop_map(|length| format!("/a/{}", "b".repeat(length - 3))),
        1 => (4094..4099_usize).prop_map(|length| format!("/a?{}", "b".repeat(length - 3))),
    ];
    let origins = prop_oneof![
        6 => prop::collection::vec(a_spelling(), 1..2),
        1 => Just(Vec::new()),
        1 => prop::collection::vec(a_spelling(), 2..3),
    ];
    (method, authority, path, prop::option::of(select(ROUTES)), origins, other_headers()).prop_map(
        |(method, authority, path, route, origins, others)| Recipe { method, authority, path, route, origins, others },
    )
}

fn a_spelling() -> impl Strategy<Value = Spelling> {
    let known = (select(&["https", "http", "app"][..]), select(HOSTS), select(&["", "", ":8443", ":8080"][..]))
        .prop_map(|(scheme, host, port)| Base::Text(format!("{scheme}://{host}{port}")));
    let base = prop_oneof![
        6 => (any::<Index>(), 0..FILLS.len()).prop_map(|(rule, fill)| Base::OfRule(rule, fill)),
        3 => known,
        1 => select(&["https", "http"][..]).prop_map(Base::Own),
        1 => select(&["null", "", "*", "https://evil.test", "garbage", "file://", "https://"][..]).prop_map(|text| Base::Text(text.into())),
    ];
    let edit = prop_oneof![3 => select(HOSTILE_PIECES).prop_map(Edit::Insert), 1 => Just(Edit::Cut)];
    let edits = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec((edit, any::<Index>()), 1..3)];
    (base, edits).prop_map(|(base, edits)| Spelling { base, edits })
}

/// The other headers of a request.
fn other_headers() -> impl Strategy<Value = Vec<Header>> {
    let method = prop_oneof![
        8 => select(METHODS).prop_map(String::from),
        1 => select(&["", "TRACE", "track", "A B", "\u{ff}", "*", "GET,PUT", "get"][..]).prop_map(String::from),
        1 => (60..70_usize).prop_map(|length| "M".repeat(length)),
    ];
    let name = prop_oneof![
        8 => select(REQUEST_HEADERS),
        1 => select(&["", " ", "\t", "x b", "x(a)", "*", "\u{ff}", "authorization", "AUTHORIZATION", "cookie"][..]),
    ];
    let separator = select(&[",", ", ", " ,\t", ",,"][..]);
    let list = prop_oneof![
        30 => (prop::collection::vec(name, 0..4), separator).prop_map(|(names, separator)| names.join(separator)),
        1 => (4090..4100_usize).prop_map(|length| "x".repeat(length)),
        1 => (680..685_usize).prop_map(|times| "x-a,, ".repeat(times)),
    ];
    let network = prop::option::weighted(0.2, select(&["true", "TRUE", "false", "true,true"][..]));
    let lines = |weights: [u32; 3]| prop_oneof![weights[0] => Just(0_usize), weights[1] => Just(1_usize), weights[2] => Just(2_usize)];
    (lines([2, 6, 1]), prop::collection::vec(method, 2), lines([3, 6, 1]), prop::collection::vec(list, 2), network)
        .prop_map(|(method_lines, methods, list_lines, lists, network)| {
            let header = |name: &str, value: String| (name.to_owned(), value);
            let methods =
                methods.into_iter().take(method_lines).map(|value| header("access-control-request-method", value));
            let lists = lists.into_iter().take(list_lines).map(|value| header("access-control-request-headers", value));
            let network = network.map(|value| header("access-control-request-private-network", value.into()));
            methods.chain(lists).chain(network).collect()
        })
}

/// Upstream's response.
pub fn an_upstream() -> impl Strategy<Value = Upstream> {
    let status = select(&[200, 200, 200, 204, 301, 304, 401, 403, 404, 500, 503][..]);
    (status, prop_oneof![1 => Just(Vec::new()), 2 => cors_headers()], vary()).prop_map(|(status, cors, vary)| {
        let others = [("content-type", "application/json"), ("x-total-count", "42"), ("x-secret", "s")];
        let others = others.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Upstream { status, headers: others.into_iter().chain(cors).chain(vary).collect() }
    })
}

/// What upstream says about CORS: nothing that the policy would say.
pub fn cors_headers() -> impl Strategy<Value = Vec<Header>> {
    let header =
        (select(CORS_NAMES), select(CORS_VALUES)).prop_map(|(name, value)| (name.to_owned(), value.to_owned()));
    prop::collection::vec(header, 0..5)
}

/// Lines of `Vary` in any form.
pub fn vary() -> impl Strategy<Value = Vec<Header>> {
    let line = prop::collection::vec(select(VARY_PIECES), 1..4).prop_map(|pieces| pieces.join(","));
    let name = select(&["vary", "Vary"][..]);
    let lines = prop_oneof![2 => Just(0_usize), 2 => Just(1), 1 => Just(2)];
    (prop::collection::vec((name, line), 2), lines)
        .prop_map(|(list, lines)| list.into_iter().take(lines).map(|(name, line)| (name.to_owned(), line)).collect())
}
