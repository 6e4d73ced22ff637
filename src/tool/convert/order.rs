//! Puts policies in an order in which the first that matches is the one that the source would take.

use super::note::{Code, Notes, Place};
use super::policy::Policy;
use super::scope::Scope;
use std::collections::BTreeSet;

/// The routes of a virtual host, or what the source calls so: of those that match, the first decides.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its hosts, `None` for all that no other group has.
    pub hosts: Option<Vec<String>>,
    /// Its routes.
    pub entries: Vec<Entry>,
    /// Where it is.
    pub place: Place,
}

/// A route, and the policy that it has.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which requests it is for.
    pub scope: Scope,
    /// Its policy, `None` where requests are left alone.
    pub policy: Option<Policy>,
    /// A condition that `match` cannot express.
    pub condition: Option<String>,
    /// Where it is.
    pub place: Place,
}

/// All entries in an order that decides as the groups do.
pub fn arrange(groups: Vec<Group>, notes: &mut Notes) -> Vec<Entry> {
    let mut hosts: Vec<(Option<String>, Vec<Entry>)> = Vec::new();
    for group in groups {
        let entries = drop_conditions(group.entries, notes);
        let of_group: Vec<Option<String>> = match group.hosts {
            Some(hosts) => hosts.into_iter().map(Some).collect(),
            None => vec![None],
        };
        for host in of_group {
            match hosts.iter_mut().find(|(own, _)| *own == host) {
                Some((_, own)) => {
                    if own.iter().chain(&entries).any(|entry| entry.policy.is_some()) {
                        let name = host.as_deref().unwrap_or("any host");
                        let detail = format!(
                            "there are other routes for {name} in the input; of those that match a request, the first in the order of the input decides"
                        );
                        notes.add(&group.place, Code::Conflict, detail);
                    }
                    own.extend(entries.iter().cloned());
                }
                None => hosts.push((host, entries.clone())),
            }
        }
    }
    hosts.sort_by_key(|(host, _)| rank(host.as_deref()));
    let mut all = Vec::new();
    for (host, entries) in hosts {
        let hosts = host.map(|host| vec![host]);
        let rest = Entry { scope: Scope::default(), policy: None, condition: None, place: Place::default() };
        for entry in entries.into_iter().chain([rest]) {
            all.push(Entry { scope: Scope { hosts: hosts.clone(), ..entry.scope }, ..entry });
        }
    }
    let mut merged = merge(drop_useless(all), |one, other| one.hosts == other.hosts, join_paths);
    merged = merge(merged, |one, other| one.paths == other.paths, join_hosts);
    merged
}

/// Exact hosts come first, then wildcards, the longest first.
fn rank(host: Option<&str>) -> (u8, usize) {
    match host {
        Some(host) if host.starts_with('*') => (1, usize::MAX - host.len()),
        Some(host) if host.contains('*') => (2, usize::MAX - host.len()),
        Some(_) => (0, 0),
        None => (3, 0),
    }
}

/// What becomes of routes with a condition. Preflights carry none of the headers and parameters that conditions are
/// about, so where another route takes the rest of the requests, that one had answered them.
fn drop_conditions(entries: Vec<Entry>, notes: &mut Notes) -> Vec<Entry> {
    let mut kept = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let Some(condition) = &entry.condition else {
            kept.push(entry.clone());
            continue;
        };
        let rest =
            entries.iter().skip(at + 1).find(|later| later.condition.is_none() && later.scope.covers(&entry.scope));
        let is_same = |rest: &Entry| match (&rest.policy, &entry.policy) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        };
        match (rest, &entry.policy) {
            (Some(rest), _) if is_same(rest) => {}
            (Some(_), policy) => {
                let what = if policy.is_some() {
                    "its policy is left out"
                } else {
                    "the policy of the other holds for it, too"
                };
                let detail = format!("a route depends on {condition}, and another takes the same path without: {what}");
                notes.add(&entry.place, Code::ConditionNotCarried, detail);
            }
            (None, Some(_)) => {
                let detail = format!(
                    "a route depends on {condition}; its policy now holds for all requests of its host and path"
                );
                notes.add(&entry.place, Code::ConditionDropped, detail);
                kept.push(Entry { condition: None, ..entry.clone() });
            }
            (None, None) => {}
        }
    }
    kept
}

/// Leaves out what an earlier entry covers, and what leaves requests alone that nothing behind it would take.
fn drop_useless(entries: Vec<Entry>) -> Vec<Entry> {
    let mut reachable: Vec<Entry> = Vec::new();
    for entry in entries {
        if !reachable.iter().any(|earlier| earlier.scope.covers(&entry.scope)) {
            reachable.push(entry);
        }
    }
    let mut kept: Vec<Entry> = Vec::new();
    for entry in reachable.into_iter().rev() {
        let takes = |later: &Entry| later.policy.is_some() && later.scope.overlaps(&entry.scope);
        if entry.policy.is_some() || kept.iter().any(takes) {
            kept.push(entry);
        }
    }
    kept.reverse();
    kept
}

/// Joins entries of the same policy, where nothing between them decides about the same requests.
fn merge(entries: Vec<Entry>, is_alike: fn(&Scope, &Scope) -> bool, join: fn(&mut Scope, &Scope)) -> Vec<Entry> {
    let mut merged: Vec<Entry> = Vec::new();
    for entry in entries {
        let is_same = |own: &Entry| {
            let same_policy = match (&own.policy, &entry.policy) {
                (Some(one), Some(other)) => one.is_same(other),
                (None, None) => true,
                _ => false,
            };
            same_policy && own.scope.route_names == entry.scope.route_names && is_alike(&own.scope, &entry.scope)
        };
        let target = merged.iter().rposition(is_same);
        let is_free = |at: usize| merged.iter().skip(at + 1).all(|between| !between.scope.overlaps(&entry.scope));
        match target.filter(|at| is_free(*at)).and_then(|at| merged.get_mut(at)) {
            Some(own) => join(&mut own.scope, &entry.scope),
            None => merged.push(entry),
        }
    }
    merged
}

fn join(own: &mut Option<Vec<String>>, other: &Option<Vec<String>>) {
    match (own.as_mut(), other) {
        (Some(list), Some(others)) => {
            let known: BTreeSet<String> = list.iter().cloned().collect();
            list.extend(others.iter().filter(|text| !known.contains(*text)).cloned());
        }
        _ => *own = None,
    }
}

fn join_paths(own: &mut Scope, other: &Scope) {
    join(&mut own.paths, &other.paths);
}

fn join_hosts(own: &mut Scope, other: &Scope) {
    join(&mut own.hosts, &other.hosts);
}
