//! ingress-nginx: the CORS annotations of Ingresses.

use super::context::Context;
use super::ingress_policy::{self, PREFIX, annotation};
use super::note::{Code, Place, quote};
use super::order::{Entry, Group};
use super::paths::{self, Anchors};
use super::policy::Policy;
use super::scope::Scope;
use super::tree::Tree;

/// Whether an object is an Ingress.
pub fn is_source(tree: Tree) -> bool {
    tree.text_of("kind") == "Ingress"
}

/// A location of nginx's.
struct Location {
    host: Option<String>,
    path: String,
    kind: PathKind,
    policy: Option<Policy>,
    has_cors: bool,
    wants_regex: bool,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PathKind {
    Exact,
    Prefix,
    /// `ImplementationSpecific`: what the path begins with, or a regular expression.
    Nginx,
}

/// Reads all Ingresses of the input: nginx makes one server of those with the same host.
pub fn read(ingresses: &[Tree], context: &mut Context) -> Vec<Group> {
    let mut locations = Vec::new();
    for ingress in ingresses {
        read_ingress(*ingress, &mut locations, context);
    }
    let mut hosts: Vec<Option<String>> = Vec::new();
    for location in &locations {
        if !hosts.contains(&location.host) {
            hosts.push(location.host.clone());
        }
    }
    let mut groups = Vec::new();
    for host in hosts {
        let own: Vec<&Location> = locations.iter().filter(|location| location.host == host).collect();
        if let Some(group) = server(host, own, context) {
            groups.push(group);
        }
    }
    groups
}

fn read_ingress(ingress: Tree, locations: &mut Vec<Location>, context: &mut Context) {
    let name = ingress.at(&["metadata", "name"]).and_then(|tree| tree.text()).unwrap_or_default();
    let is_true = |key: &str| {
        annotation(ingress, key)
            .and_then(|tree| tree.text())
            .is_some_and(|text| ingress_policy::parse_bool(&text) == Some(true))
    };
    let has_cors = is_true("enable-cors");
    if is_true("canary") {
        if has_cors {
            let detail = format!(
                "{name:?} is a canary: ingress-nginx ignores its CORS annotations and uses those of the main Ingress"
            );
            context.notes.add(&ingress.place(), Code::Skipped, detail);
        }
        return;
    }
    for key in ["configuration-snippet", "server-snippet"] {
        if let Some(snippet) = annotation(ingress, key)
            && snippet.text().is_some_and(|text| text.to_ascii_lowercase().contains("access-control-"))
        {
            let detail = format!("{key} sets CORS headers by hand; they are not converted");
            context.found = true;
            context.notes.add(&snippet.place(), Code::FieldNotCarried, detail);
        }
    }
    let policy = if has_cors { ingress_policy::read(ingress, &name, context) } else { None };
    let target = annotation(ingress, "rewrite-target").and_then(|tree| tree.text()).unwrap_or_default();
    let use_regex = is_true("use-regex");
    let Some(spec) = ingress.get("spec") else { return };
    let aliases = aliases(ingress, context);
    let mut add = |host: &Option<String>, path: &str, kind, place: Place| {
        let wants_regex = use_regex || !target.is_empty() && target != path;
        let path = if path.is_empty() { "/" } else { path }.to_owned();
        let policy = policy.clone();
        locations.push(Location { host: host.clone(), path, kind, policy, has_cors, wants_regex, place });
    };
    for rule in spec.items_of("rules") {
        let hosts = rule_hosts(rule, &aliases, context);
        let rule_paths = rule.items_at(&["http", "paths"]);
        for host in &hosts {
            if rule_paths.is_empty() {
                add(host, "/", PathKind::Prefix, rule.place());
            }
            for path in &rule_paths {
                let kind = match path.text_of("pathType").as_str() {
                    "Exact" => PathKind::Exact,
                    "Prefix" => PathKind::Prefix,
                    _ => PathKind::Nginx,
                };
                add(host, &path.text_of("path"), kind, path.place());
            }
        }
    }
    if spec.items_of("rules").is_empty() {
        add(&None, "/", PathKind::Prefix, spec.place());
    }
}

fn aliases(ingress: Tree, context: &mut Context) -> Vec<String> {
    let Some(list) = annotation(ingress, "server-alias") else { return Vec::new() };
    let mut aliases = Vec::new();
    for alias in list.text().unwrap_or_default().split(',').map(str::trim).filter(|alias| !alias.is_empty()) {
        match alias.starts_with('~') {
            true => context.notes.add(
                &list.place(),
                Code::HostNotCarried,
                format!("the alias {} is a regular expression and is not carried over", quote(alias)),
            ),
            false => aliases.push(alias.to_owned()),
        }
    }
    aliases
}

/// The hosts of a rule; `None` for those that no rule names.
fn rule_hosts(rule: Tree, aliases: &[String], context: &mut Context) -> Vec<Option<String>> {
    let Some(host) = rule.get("host").filter(|host| !host.is_empty()) else { return vec![None] };
    let mut hosts = Vec::new();
    for name in std::iter::once(host.text().unwrap_or_default()).chain(aliases.iter().cloned()) {
        if name.starts_with("*.") {
            let detail = format!(
                "the host {name:?} covers one label in an Ingress; in a policy `*` covers names at every depth"
            );
            context.notes.add(&host.place(), Code::HostWider, detail);
        }
        match paths::host(&name).0 {
            Ok(host) => hosts.push(host),
            Err(remark) => context.notes.push(&host.place(), remark),
        }
    }
    hosts
}

/// The locations of one host in the order in which nginx takes them.
fn server(host: Option<String>, mut locations: Vec<&Location>, context: &mut Context) -> Option<Group> {
    let place = locations.first()?.place.clone();
    // One path with a regular expression makes all paths of the host such.
    let has_regex = locations.iter().any(|location| location.wants_regex);
    let is_exact = |location: &Location| location.kind == PathKind::Exact && !has_regex;
    locations.sort_by_key(|location| (!is_exact(location), usize::MAX - location.path.trim_end_matches('/').len()));
    let mut seen: Vec<(&str, bool)> = Vec::new();
    let mut entries = Vec::new();
    for location in locations {
        let key = (location.path.as_str(), is_exact(location));
        if seen.contains(&key) {
            let detail = format!(
                "another Ingress has the path {} of this host; ingress-nginx takes the older one, the policy the first of the input",
                quote(&location.path)
            );
            context.notes.add(&location.place, Code::Conflict, detail);
            continue;
        }
        seen.push(key);
        let found = match location.kind {
            _ if has_regex => paths::regex(&location.path, Anchors::Start),
            PathKind::Exact => paths::exact(&location.path),
            PathKind::Prefix => paths::subtree(&location.path),
            PathKind::Nginx => paths::prefix(&location.path),
        };
        if has_regex && location.has_cors && location.path != "/" {
            let detail = format!(
                "with {PREFIX}use-regex or rewrite-target nginx compares {} without case; the policy compares it with case",
                quote(&location.path)
            );
            context.notes.add(&location.place, Code::PathCase, detail);
        }
        match found {
            Ok(paths) => entries.push(Entry {
                scope: Scope { paths, ..Scope::default() },
                policy: location.policy.clone(),
                condition: None,
                place: location.place.clone(),
            }),
            Err(remark) => context.notes.push(&location.place, remark),
        }
    }
    Some(Group { hosts: host.map(|host| vec![host]), entries, place })
}
