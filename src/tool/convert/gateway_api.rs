//! Gateway API: the CORS filter of HTTPRoutes, with the SecurityPolicies of Envoy Gateway that hold for them.

use super::context::Context;
use super::envoy_gateway::{self, SecurityPolicies};
use super::note::{Code, Place, Remark};
use super::order::{Entry, Group};
use super::paths::{self, Anchors, Globs};
use super::policy::Policy;
use super::scope::Scope;
use super::tree::Tree;

/// Whether an object is one of these.
pub fn is_source(tree: Tree) -> bool {
    let version = tree.text_of("apiVersion");
    match tree.text_of("kind").as_str() {
        "HTTPRoute" | "Gateway" => version.starts_with("gateway.networking.k8s.io/"),
        "SecurityPolicy" => version.starts_with("gateway.envoyproxy.io/"),
        _ => false,
    }
}

/// A match of a rule, before it is known where it comes among the others.
struct Match {
    path: String,
    is_exact: bool,
    conditions: usize,
    entry: Entry,
}

/// Reads all objects of the input.
pub fn read(objects: &[Tree], context: &mut Context) -> Vec<Group> {
    let of_kind = |kind: &str| objects.iter().copied().filter(|tree| tree.text_of("kind") == kind).collect::<Vec<_>>();
    let mut policies = SecurityPolicies::new(&of_kind("SecurityPolicy"));
    let gateways = of_kind("Gateway");
    let mut hosts: Vec<(Option<String>, Vec<Match>)> = Vec::new();
    for route in of_kind("HTTPRoute") {
        let names = hostnames(route, &gateways, context);
        for matched in read_route(route, &mut policies, context) {
            for name in &names {
                let entry = Match { entry: matched.entry.clone(), path: matched.path.clone(), ..matched };
                match hosts.iter_mut().find(|(own, _)| own == name) {
                    Some((_, own)) => own.push(entry),
                    None => hosts.push((name.clone(), vec![entry])),
                }
            }
        }
    }
    policies.report_unused(context);
    let to_group = |(host, mut matches): (Option<String>, Vec<Match>)| {
        // Gateway API, HTTPRouteRule: an exact path wins, then the longest prefix, then the most conditions.
        matches.sort_by_key(|one| (!one.is_exact, usize::MAX - one.path.len(), usize::MAX - one.conditions));
        let place = matches.first().map(|one| one.entry.place.clone()).unwrap_or_default();
        let entries = matches.into_iter().map(|one| one.entry).collect();
        Group { hosts: host.map(|host| vec![host]), entries, place }
    };
    hosts.into_iter().map(to_group).collect()
}

/// The hosts of a route: its own, or those of the listeners that it is attached to.
fn hostnames(route: Tree, gateways: &[Tree], context: &mut Context) -> Vec<Option<String>> {
    let mut items = route.items_at(&["spec", "hostnames"]);
    if items.is_empty() {
        let parents: Vec<String> = route
            .at(&["spec", "parentRefs"])
            .map(|list| list.items().map(|parent| parent.text_of("name")).collect())
            .unwrap_or_default();
        let attached = gateways.iter().filter(|gateway| {
            gateway.at(&["metadata", "name"]).and_then(|name| name.text()).is_some_and(|name| parents.contains(&name))
        });
        let listeners: Vec<Tree> = attached
            .flat_map(|gateway| gateway.at(&["spec"]).map(|spec| spec.items_of("listeners")).unwrap_or_default())
            .collect();
        if listeners.iter().all(|listener| listener.get("hostname").is_some()) {
            items = listeners.iter().filter_map(|listener| listener.get("hostname")).collect();
        }
    }
    if items.is_empty() {
        return vec![None];
    }
    let mut hosts = Vec::new();
    for item in items {
        match paths::host(&item.text().unwrap_or_default()).0 {
            Ok(host) => hosts.push(host),
            Err(remark) => context.notes.push(&item.place(), remark),
        }
    }
    hosts.dedup();
    hosts
}

fn read_route(route: Tree, policies: &mut SecurityPolicies, context: &mut Context) -> Vec<Match> {
    let name = route.at(&["metadata", "name"]).and_then(|tree| tree.text()).unwrap_or_default();
    let rules = route.items_at(&["spec", "rules"]);
    let mut matches = Vec::new();
    for rule in &rules {
        let filters = rule.items_of("filters");
        let cors = filters.iter().find(|filter| filter.text_of("type") == "CORS").and_then(|filter| filter.get("cors"));
        let rule_name = rule.text_of("name");
        let wish = if rule_name.is_empty() || rules.len() == 1 { name.clone() } else { format!("{name}-{rule_name}") };
        let policy = match cors {
            Some(cors) => envoy_gateway::read_filter(cors, &wish, context),
            None => policies.policy_for(route, &rule_name, context),
        };
        let is_redirect = filters.iter().any(|filter| filter.text_of("type") == "RequestRedirect");
        if policy.is_some() && is_redirect {
            let detail = "redirects of this rule get CORS headers, too: pages of allowed origins can follow them now";
            context.notes.add(&rule.place(), Code::LocalReplyCovered, detail);
        }
        for filter in &filters {
            report_headers_by_hand(*filter, context);
        }
        let of_rule = rule.items_of("matches");
        if of_rule.is_empty() {
            matches.push(read_match(None, rule.place(), &policy, context));
        }
        matches.extend(of_rule.into_iter().map(|matched| read_match(Some(matched), matched.place(), &policy, context)));
    }
    matches.into_iter().flatten().collect()
}

/// CORS headers that a rule sets as ordinary response headers.
fn report_headers_by_hand(filter: Tree, context: &mut Context) {
    for list in ["set", "add"].into_iter().filter_map(|key| filter.at(&["responseHeaderModifier", key])) {
        for header in list.items() {
            if header.text_of("name").to_ascii_lowercase().starts_with("access-control-") {
                let detail = format!(
                    "the response header {:?} is set by hand; it is not converted, and the policy replaces it",
                    header.text_of("name")
                );
                context.found = true;
                context.notes.add(&header.place(), Code::FieldNotCarried, detail);
            }
        }
    }
}

fn read_match(matched: Option<Tree>, place: Place, policy: &Option<Policy>, context: &mut Context) -> Option<Match> {
    let get = |keys: &[&str]| matched.and_then(|tree| tree.at(keys)).and_then(|tree| tree.text());
    let path = get(&["path", "value"]).unwrap_or_else(|| String::from("/"));
    let kind = get(&["path", "type"]).unwrap_or_else(|| String::from("PathPrefix"));
    let found: Result<Globs, Remark> = match kind.as_str() {
        "Exact" => paths::exact(&path),
        "RegularExpression" => paths::regex(&path, Anchors::Whole),
        _ => paths::subtree(&path),
    };
    let paths = match found {
        Ok(paths) => paths,
        Err(remark) => {
            let end = if policy.is_some() {
                "its requests get the policy of another rule, or none"
            } else {
                "its requests get the policy of another rule"
            };
            context.notes.add(&place, remark.code, format!("{}; {end}", remark.detail));
            return None;
        }
    };
    let list = |key: &str| matched.map(|tree| tree.items_of(key).len()).unwrap_or_default();
    let counts = [
        ("the method", usize::from(get(&["method"]).is_some())),
        ("request headers", list("headers")),
        ("query parameters", list("queryParams")),
    ];
    let names: Vec<&str> = counts.iter().filter(|(_, count)| *count > 0).map(|(name, _)| *name).collect();
    Some(Match {
        is_exact: kind == "Exact",
        path: path.trim_end_matches('/').to_owned(),
        conditions: counts.iter().map(|(_, count)| count).sum(),
        entry: Entry {
            scope: Scope { paths, ..Scope::default() },
            policy: policy.clone(),
            condition: (!names.is_empty()).then(|| names.join(" and ")),
            place,
        },
    })
}
