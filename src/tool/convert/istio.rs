//! Istio: `corsPolicy` of a VirtualService.

use super::context::Context;
use super::duration;
use super::envoy_policy::place_of;
use super::name_lists::Wildcard;
use super::note::{Code, Remark};
use super::order::{Entry, Group};
use super::paths::{self, Anchors};
use super::policy::{Items, MaxAge, Policy, Wish};
use super::regex_origin;
use super::scope::Scope;
use super::text_origin::{self, Rules};
use super::tree::Tree;

/// What a match may say besides the path, as people call it.
const CONDITIONS: [(&str, &str); 10] = [
    ("headers", "request headers"),
    ("withoutHeaders", "request headers"),
    ("queryParams", "query parameters"),
    ("method", "the method"),
    ("scheme", "the scheme"),
    ("authority", "the authority"),
    ("port", "the port"),
    ("gateways", "the gateway"),
    ("sourceLabels", "the labels of the client"),
    ("sourceNamespace", "the namespace of the client"),
];

/// Whether an object is one of these.
pub fn is_source(tree: Tree) -> bool {
    tree.text_of("kind") == "VirtualService" && tree.text_of("apiVersion").starts_with("networking.istio.io/")
}

/// Reads a VirtualService.
pub fn read(tree: Tree, context: &mut Context) -> Vec<Group> {
    let Some(spec) = tree.get("spec") else { return Vec::new() };
    let name = tree.at(&["metadata", "name"]).and_then(|tree| tree.text()).unwrap_or_default();
    let routes = spec.items_of("http");
    let mut entries = Vec::new();
    for route in &routes {
        let own = route.text_of("name");
        let name = if own.is_empty() || routes.len() == 1 { name.clone() } else { own };
        read_route(*route, &name, &mut entries, context);
    }
    let hosts = read_hosts(tree, spec, context);
    vec![Group { hosts, entries, place: spec.place() }]
}

fn read_hosts(tree: Tree, spec: Tree, context: &mut Context) -> Option<Vec<String>> {
    let mut hosts = Vec::new();
    for item in spec.items_of("hosts") {
        let text = item.text().unwrap_or_default();
        let (host, _) = paths::host(&text);
        match host {
            Ok(None) => return None,
            Ok(Some(host)) if !host.contains('.') && !host.starts_with('[') => {
                let namespace = tree.at(&["metadata", "namespace"]).and_then(|tree| tree.text());
                let namespace = namespace.unwrap_or_else(|| String::from("default"));
                let detail = format!(
                    "{host:?} is short for {host}.{namespace}.svc.cluster.local; the policy lists the names that Istio knows it by"
                );
                context.notes.add(&item.place(), Code::ShortHost, detail);
                let ends = [
                    "",
                    &format!(".{namespace}"),
                    &format!(".{namespace}.svc"),
                    &format!(".{namespace}.svc.cluster.local"),
                ];
                hosts.extend(ends.iter().map(|end| format!("{host}{end}")));
            }
            Ok(Some(host)) => hosts.push(host),
            Err(remark) => context.notes.push(&item.place(), remark),
        }
    }
    Some(hosts)
}

fn read_route(route: Tree, name: &str, entries: &mut Vec<Entry>, context: &mut Context) {
    let place = route.place();
    if let Some(delegate) = route.get("delegate") {
        let detail = format!(
            "the routes of the delegate {:?} are not followed; convert it by itself and move its policies here",
            delegate.text_of("name")
        );
        context.notes.add(&delegate.place(), Code::FieldNotCarried, detail);
    }
    for list in ["set", "add"].into_iter().filter_map(|key| route.at(&["headers", "response", key])) {
        for (name, _) in list.members().filter(|(name, _)| name.to_ascii_lowercase().starts_with("access-control-")) {
            let detail =
                format!("the response header {name} is set by hand; it is not converted, and the policy replaces it");
            context.found = true;
            context.notes.add(&list.place(), Code::FieldNotCarried, detail);
        }
    }
    let policy = route.get("corsPolicy").and_then(|cors| read_policy(cors, name, context));
    let is_local = route.get("redirect").is_some() || route.get("directResponse").is_some();
    if policy.is_some() && is_local {
        let detail =
            "Istio's policy leaves redirects and direct responses alone; pages of allowed origins can read them now";
        context.notes.add(&place, Code::LocalReplyCovered, detail);
    }
    let entry = |scope, condition| Entry { scope, policy: policy.clone(), condition, place: place.clone() };
    let matches = route.items_of("match");
    if matches.is_empty() {
        entries.push(entry(Scope::default(), None));
        return;
    }
    for matched in matches {
        let mut conditions: Vec<&str> = CONDITIONS
            .iter()
            .filter(|(key, _)| matched.get(key).is_some_and(|tree| !tree.is_empty()))
            .map(|(_, name)| *name)
            .collect();
        conditions.dedup();
        let condition = (!conditions.is_empty()).then(|| conditions.join(" and "));
        if matched.get("ignoreUriCase").and_then(|tree| tree.flag()) == Some(true) && policy.is_some() {
            let detail = "the route compares paths without case; the policy compares them with case";
            context.notes.add(&matched.place(), Code::PathCase, detail);
        }
        match read_path(matched.get("uri")) {
            Ok(paths) => entries.push(entry(Scope { paths, ..Scope::default() }, condition)),
            Err(remark) => {
                let end = match policy.is_some() {
                    true => "its requests get the policy of a later route, or none",
                    false => "its requests get the policy of a later route",
                };
                context.notes.add(&matched.place(), remark.code, format!("{}; {end}", remark.detail));
            }
        }
    }
}

fn read_path(uri: Option<Tree>) -> Result<paths::Globs, Remark> {
    let Some(uri) = uri else { return Ok(None) };
    let text = |key: &str| uri.get(key).and_then(|tree| tree.text());
    if let Some(text) = text("exact") {
        paths::exact(&text)
    } else if let Some(text) = text("prefix") {
        paths::prefix(&text)
    } else if let Some(text) = text("regex") {
        paths::regex(&text, Anchors::Whole)
    } else {
        Ok(None)
    }
}

fn read_policy(cors: Tree, name: &str, context: &mut Context) -> Option<Policy> {
    let items = |key: &str| Items { list: cors.texts_of(key), wildcard: Wildcard::Alone, place: place_of(cors, key) };
    let origins: Vec<(Rules, _)> = match cors.get("allowOrigins") {
        Some(list) => list.items().map(|matcher| (read_origin(matcher), matcher.place())).collect(),
        None => cors
            .items_of("allowOrigin")
            .iter()
            .map(|item| (text_origin::exact(&item.text().unwrap_or_default()), item.place()))
            .collect(),
    };
    let wish = Wish {
        name: name.to_owned(),
        place: cors.place(),
        origins,
        methods: items("allowMethods"),
        headers: items("allowHeaders"),
        exposed: items("exposeHeaders"),
        credentials: cors.get("allowCredentials").and_then(|tree| tree.flag()).unwrap_or(false),
        max_age: read_max_age(cors, "maxAge"),
        forward_refused_preflights: cors.text_of("unmatchedPreflights") != "IGNORE",
        report_only: false,
        private_network: false,
        literal_wildcard: false,
    };
    context.settle(&wish)
}

/// A duration such as `24h`.
pub fn read_max_age(cors: Tree, key: &str) -> MaxAge {
    let Some(value) = cors.get(key) else { return MaxAge::Absent };
    let text = value.text().unwrap_or_default();
    match duration::seconds(&text) {
        Some(seconds) => MaxAge::Seconds(seconds, value.place()),
        None => MaxAge::Unreadable(text, value.place()),
    }
}

fn read_origin(matcher: Tree) -> Rules {
    let text = |key: &str| matcher.get(key).and_then(|tree| tree.text());
    if let Some(text) = text("exact") {
        text_origin::exact(&text)
    } else if let Some(text) = text("prefix") {
        text_origin::prefix(&text)
    } else if let Some(text) = text("regex") {
        regex_origin::rules(&text)
    } else {
        Rules::none(Code::NeverMatches, "an item without exact, prefix and regex matches nothing; it is left out")
    }
}
