//! Which requests a route of Envoy's takes.

use super::context::Context;
use super::note::Code;
use super::paths::{self, Anchors};
use super::scope::Scope;
use super::tree::Tree;

/// What a `match` may say besides the path, as people call it.
const CONDITIONS: [(&str, &str); 8] = [
    ("headers", "request headers"),
    ("query_parameters", "query parameters"),
    ("cookies", "cookies"),
    ("grpc", "gRPC"),
    ("tls_context", "the TLS connection"),
    ("dynamic_metadata", "dynamic metadata"),
    ("runtime_fraction", "a share of the requests"),
    ("filter_state", "the filter state"),
];

/// The scope of a route, and a condition that it has besides; `None` where no `match` describes it.
pub fn scope(route: Tree, has_policy: bool, context: &mut Context) -> Option<(Scope, Option<String>)> {
    let matches = route.get("match")?;
    let conditions: Vec<&str> = CONDITIONS
        .iter()
        .filter(|(key, _)| matches.get(key).is_some_and(|tree| !tree.is_empty()))
        .map(|(_, name)| *name)
        .collect();
    let condition = (!conditions.is_empty()).then(|| conditions.join(" and "));
    let text = |key: &str| matches.get(key).and_then(|tree| tree.text());
    let found = if let Some(prefix) = text("prefix") {
        paths::prefix(&prefix)
    } else if let Some(path) = text("path") {
        paths::exact(&path)
    } else if let Some(path) = text("path_separated_prefix") {
        paths::subtree(&path)
    } else if let Some(regex) = matches.at(&["safe_regex", "regex"]).and_then(|tree| tree.text()) {
        paths::regex(&regex, Anchors::Whole)
    } else {
        Err(super::note::Remark::new(
            Code::PathNotCarried,
            "a route matches neither by path nor by prefix; it is left out",
        ))
    };
    if matches.get("case_sensitive").and_then(|tree| tree.flag()) == Some(false)
        && !matches!(found, Ok(None))
        && has_policy
    {
        let detail = "the route compares paths without case; the policy compares them with case";
        context.notes.add(&matches.place(), Code::PathCase, detail);
    }
    match found {
        Ok(paths) => Some((Scope { paths, ..Scope::default() }, condition)),
        Err(remark) => {
            let name = route.text_of("name");
            if !name.is_empty() {
                let detail = format!("{}; the policy is found by the name of the route, {name:?}", remark.detail);
                context.notes.add(&matches.place(), Code::RouteName, detail);
                return Some((Scope { route_names: Some(vec![name]), ..Scope::default() }, None));
            }
            let detail = match has_policy {
                true => format!("{}; give the route a name, and its policy is found by that", remark.detail),
                false => format!("{}; requests of this route get the policy of a later one", remark.detail),
            };
            context.notes.add(&matches.place(), Code::PathNotCarried, detail);
            None
        }
    }
}
