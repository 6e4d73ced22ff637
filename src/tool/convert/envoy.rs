//! Envoy's own `CorsPolicy`: in a bootstrap, a route configuration, a config dump, or alone.

use super::context::Context;
use super::envoy_policy::{self, Levels};
use super::envoy_route;
use super::note::Code;
use super::order::{Entry, Group};
use super::paths;
use super::scope::Scope;
use super::tree::Tree;

/// Whether a value looks like something of Envoy's with CORS in it.
pub fn is_source(tree: Tree) -> bool {
    envoy_policy::is_policy(tree) || !route_configurations(tree).is_empty()
}

/// Reads all route configurations of a value, or the one policy that it is.
pub fn read(tree: Tree, context: &mut Context) -> Vec<Group> {
    if envoy_policy::is_policy(tree) {
        let levels = Levels { policies: vec![tree], most_specific: Some(tree) };
        let policy = levels.policy("default", context);
        let entry = Entry { scope: Scope::default(), policy, condition: None, place: tree.place() };
        return vec![Group { hosts: None, entries: vec![entry], place: tree.place() }];
    }
    let mut groups = Vec::new();
    let mut seen = Vec::new();
    for configuration in route_configurations(tree) {
        // A config dump has the same routes among the listeners and among the routes.
        let text = configuration.get("virtual_hosts").map(|hosts| hosts.to_json());
        if seen.contains(&text) {
            continue;
        }
        seen.push(text);
        let mut has_policy = false;
        let mut of_configuration = Vec::new();
        for virtual_host in configuration.items_of("virtual_hosts") {
            let group = read_virtual_host(configuration, virtual_host, context);
            has_policy |= group.entries.iter().any(|entry| entry.policy.is_some());
            of_configuration.push(group);
        }
        if has_policy {
            groups.extend(of_configuration);
        }
    }
    groups
}

/// Every object with virtual hosts.
fn route_configurations(tree: Tree) -> Vec<Tree> {
    if !tree.items_of("virtual_hosts").is_empty() {
        return vec![tree];
    }
    let members = tree.members().map(|(_, tree)| tree).chain(tree.items());
    members.flat_map(route_configurations).collect()
}

fn read_virtual_host(configuration: Tree, virtual_host: Tree, context: &mut Context) -> Group {
    let place = virtual_host.place();
    let mut hosts = Vec::new();
    let mut is_any = false;
    for domain in virtual_host.items_of("domains") {
        let (host, changed) = paths::host(&domain.text().unwrap_or_default());
        changed.into_iter().for_each(|remark| context.notes.push(&domain.place(), remark));
        match host {
            Ok(None) => is_any = true,
            Ok(Some(host)) if !hosts.contains(&host) => hosts.push(host),
            Ok(Some(_)) => {}
            Err(remark) => context.notes.push(&domain.place(), remark),
        }
    }
    let host_name = virtual_host.text_of("name");
    let mut entries = Vec::new();
    for route in virtual_host.items_of("routes") {
        let levels = Levels::of(&[route, virtual_host, configuration]);
        let name = Some(route.text_of("name")).filter(|name| !name.is_empty()).unwrap_or_else(|| host_name.clone());
        let policy = levels.policy(&name, context);
        if policy.is_some()
            && route.get("route").is_none()
            && (route.get("redirect").is_some() || route.get("direct_response").is_some())
        {
            let detail = "Envoy's filter leaves redirects and direct responses alone; pages of allowed origins can read them now";
            context.notes.add(&route.place(), Code::LocalReplyCovered, detail);
        }
        for cluster in route.at(&["route", "weighted_clusters", "clusters"]).iter().flat_map(Tree::items) {
            if !Levels::of(&[cluster]).policies.is_empty() {
                let detail = "a policy of one of several weighted clusters is not carried over; the policy of the route holds for all";
                context.found = true;
                context.notes.add(&cluster.place(), Code::FieldNotCarried, detail);
            }
        }
        let has_policy = policy.is_some();
        match envoy_route::scope(route, has_policy, context) {
            Some((scope, condition)) => entries.push(Entry { scope, policy, condition, place: route.place() }),
            None => continue,
        }
    }
    Group { hosts: (!is_any).then_some(hosts), entries, place }
}
