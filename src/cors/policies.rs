//! All policies of a document, and the index that finds the one for a request.
//!
//! The first policy whose `match` holds decides. Policies are filed under each of their routes (or any), there under each of
//! their hosts (exact, or the literal end of a glob, or any), and there under the literal start of each of their paths, so
//! that only those are tried whose route is right, whose host ends right and whose path begins right.

use crate::glob::Glob;
use crate::lookup::{self, Groups};
use crate::match_rule::{Match, TextRule};
use crate::origin::split_authority;
use crate::path::{self, MAX_PATH_BYTES};
use crate::policy::Policy;
use std::sync::Arc;

/// The policies of a document, ready to find and decide.
#[derive(Debug, Clone)]
pub struct Policies {
    /// The policies of the document in their order, then the one for requests whose path is ambiguous.
    list: Vec<Policy>,
    reads: Reads,
    /// Whether the first policy is for every request, and enabled.
    is_one_for_all: bool,
    /// The names of routes that policies are for.
    routes: Groups<Box<[u8]>>,
    hosts: Groups<HostGroup>,
    paths: Groups<PathGroup>,
    /// The length of the longest path prefix that policies are filed under.
    longest_prefix: usize,
}

/// What of a request must be read to find its policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    /// `:authority`.
    pub host: bool,
    /// `:path`.
    pub path: bool,
    /// The name of the route.
    pub route_name: bool,
}

/// What of a request policies match on; what need not be read may be left empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Target<'a> {
    /// `:authority`, in lower case.
    pub authority: &'a [u8],
    /// `:path`.
    pub path: &'a [u8],
    /// The name of the route, `None` where Envoy found none.
    pub route_name: Option<&'a [u8]>,
}

/// The number under which policies for every route are filed; those of routes come after it.
const ANY_ROUTE: usize = 0;

/// The policies that share a route and the literal part of a host.
#[derive(Debug, Clone)]
struct HostGroup {
    route: usize,
    kind: HostKind,
    text: Box<[u8]>,
    /// Policies under no path prefix.
    rest: Vec<Candidate>,
}

/// What the text of a host group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HostKind {
    /// Nothing: the group is for any host.
    Any,
    /// The host.
    Exact,
    /// What the host ends in, from a dot on; empty for a glob without such an end.
    Tail,
}

/// The policies of a host group that share a path prefix.
#[derive(Debug, Clone)]
struct PathGroup {
    host: usize,
    /// Up to a slash, or a whole path.
    prefix: Box<[u8]>,
    candidates: Vec<Candidate>,
}

/// A policy, and what is left to check of one of its hosts and one of its paths.
#[derive(Debug, Clone)]
struct Candidate {
    policy: usize,
    host: Option<Arc<Glob>>,
    path: Option<Arc<Glob>>,
    /// The path must end where the prefix does.
    is_whole_path: bool,
}

impl Default for Policies {
    fn default() -> Self {
        Policies::new(Vec::new())
    }
}

impl Policies {
    /// The policies in the order of the document, each with what it matches.
    #[cold]
    pub fn new(list: Vec<(Policy, Match)>) -> Self {
        let mut policies = Policies {
            list: Vec::with_capacity(list.len() + 1),
            reads: Reads::default(),
            is_one_for_all: false,
            routes: Groups::default(),
            hosts: Groups::default(),
            paths: Groups::default(),
            longest_prefix: 0,
        };
        for (number, (policy, matches)) in list.into_iter().enumerate() {
            policies.reads.host |= matches.hosts.is_some();
            policies.reads.path |= matches.paths.is_some();
            policies.reads.route_name |= matches.route_names.is_some();
            for route in or_any(&matches.route_names) {
                let route = policies.route(route);
                for host in or_any(&matches.hosts) {
                    let group = policies.host_group(route, host);
                    for path in or_any(&matches.paths) {
                        policies.file(number, group, host, path);
                    }
                }
            }
            policies.list.push(policy);
        }
        policies.is_one_for_all =
            policies.reads == Reads::default() && policies.list.first().is_some_and(|policy| policy.enabled);
        policies.list.push(Policy::for_ambiguous_paths());
        policies
    }

    /// The policies by their number: those of the document in its order, then the one for requests whose path is
    /// ambiguous.
    pub fn list(&self) -> &[Policy] {
        &self.list
    }

    /// A policy by its number.
    #[inline]
    pub fn get(&self, number: usize) -> Option<&Policy> {
        self.list.get(number)
    }

    /// What must be read of a request to find its policy.
    pub fn reads(&self) -> Reads {
        self.reads
    }

    /// The number of the policy for every request, where they all have the same one.
    #[inline]
    pub fn only(&self) -> Option<usize> {
        self.is_one_for_all.then_some(0)
    }

    /// The number of the policy for requests that may be for one policy or another: it refuses all of them.
    pub fn for_ambiguous_paths(&self) -> Option<usize> {
        self.list.len().checked_sub(1)
    }

    /// The number of the policy for a request: the first that matches, or where its path is ambiguous the one for such
    /// requests. `None` says that the request is to be left alone: no policy matches, or one that is not enabled.
    pub fn find(&self, target: &Target) -> Option<usize> {
        // What is longer is ambiguous, however long it is.
        let path = path::without_query(target.path.get(..=MAX_PATH_BYTES).unwrap_or(target.path));
        if self.reads.path && path::is_ambiguous(path) {
            return self.for_ambiguous_paths();
        }
        let number = self.search(target, path);
        self.list.get(number)?.enabled.then_some(number)
    }

    /// The number of the first policy that matches, or one that no policy has.
    fn search(&self, target: &Target, path: &[u8]) -> usize {
        let (host, _) = split_authority(target.authority);
        // A name with a dot at its end is the same name, fully qualified (RFC 1034, section 3.1).
        let host = host.strip_suffix(b".").unwrap_or(host);
        let mut search = Search { policies: self, host, path, route: ANY_ROUTE, best: usize::MAX };
        search.try_route();
        if let Some(name) = target.route_name
            && let Some((route, _)) = self.routes.find(lookup::hash(name), |own| lookup::same(own, name))
        {
            search.route = route + 1;
            search.try_route();
        }
        search.best
    }

    /// The number of a route.
    #[cold]
    fn route(&mut self, name: Option<&String>) -> usize {
        let Some(name) = name else { return ANY_ROUTE };
        let name = name.as_bytes();
        self.routes.find_or_add(lookup::hash(name), |own| lookup::same(own, name), || name.into()) + 1
    }

    #[cold]
    #[inline(never)]
    fn host_group(&mut self, route: usize, host: Option<&TextRule>) -> usize {
        let (kind, text) = match host {
            None => (HostKind::Any, ""),
            Some(TextRule::Exact(host)) => (HostKind::Exact, host.as_str()),
            Some(TextRule::Glob { tail, .. }) => {
                (HostKind::Tail, tail.find('.').and_then(|dot| tail.get(dot..)).unwrap_or_default())
            }
        };
        let text = text.as_bytes();
        self.hosts.find_or_add(
            hash_host(lookup::hash_backwards(text), kind, route),
            |group| group.has_key(route, kind, text),
            || HostGroup { route, kind, text: text.into(), rest: Vec::new() },
        )
    }

    /// Files a policy under one of its hosts and one of its paths.
    #[cold]
    #[inline(never)]
    fn file(&mut self, policy: usize, host_group: usize, host: Option<&TextRule>, path: Option<&TextRule>) {
        let glob_of = |text: Option<&TextRule>| match text {
            Some(TextRule::Glob { glob, .. }) => glob.clone(),
            _ => None,
        };
        let (prefix, is_whole_path) = match path {
            None => ("", false),
            Some(TextRule::Exact(path)) => (path.as_str(), true),
            Some(TextRule::Glob { head, .. }) => {
                (head.rfind('/').and_then(|slash| head.get(..=slash)).unwrap_or(""), false)
            }
        };
        let candidate = Candidate { policy, host: glob_of(host), path: glob_of(path), is_whole_path };
        if prefix.is_empty() {
            if let Some(group) = self.hosts.get_mut(host_group) {
                group.rest.push(candidate);
            }
            return;
        }
        self.longest_prefix = self.longest_prefix.max(prefix.len());
        let prefix = prefix.as_bytes();
        let state = prefix.iter().fold(lookup::START, |state, byte| lookup::feed(state, u32::from(*byte)));
        let number = self.paths.find_or_add(
            hash_path(state, host_group),
            |group| group.has_key(host_group, prefix),
            || PathGroup { host: host_group, prefix: prefix.into(), candidates: Vec::new() },
        );
        if let Some(group) = self.paths.get_mut(number) {
            group.candidates.push(candidate);
        }
    }
}

impl HostGroup {
    fn has_key(&self, route: usize, kind: HostKind, text: &[u8]) -> bool {
        self.route == route && self.kind == kind && lookup::same(&self.text, text)
    }
}

impl PathGroup {
    fn has_key(&self, host: usize, prefix: &[u8]) -> bool {
        self.host == host && lookup::same(&self.prefix, prefix)
    }
}

/// A search under way.
struct Search<'a> {
    policies: &'a Policies,
    host: &'a [u8],
    path: &'a [u8],
    /// The route whose policies are tried.
    route: usize,
    /// The first policy found so far.
    best: usize,
}

impl Search<'_> {
    fn try_route(&mut self) {
        self.try_group(lookup::START, HostKind::Any, b"");
        if self.policies.reads.host {
            self.try_hosts();
        }
    }

    /// Tries the groups of each of the host's domain suffixes, and of the host itself.
    fn try_hosts(&mut self) {
        let host = self.host;
        self.try_group(lookup::START, HostKind::Tail, b"");
        for (state, tail) in lookup::suffixes(host) {
            self.try_group(state, HostKind::Tail, tail);
        }
        self.try_group(lookup::hash_backwards(host), HostKind::Exact, host);
    }

    /// Tries the policies of a host group: those under no path, then those under each prefix of the request's path.
    fn try_group(&mut self, state: u64, kind: HostKind, text: &[u8]) {
        let policies = self.policies;
        let hash = hash_host(state, kind, self.route);
        let found = policies.hosts.find(hash, |group| group.has_key(self.route, kind, text));
        let Some((number, group)) = found else { return };
        self.try_candidates(&group.rest, false);
        if !policies.reads.path {
            return;
        }
        let path = self.path;
        let mut state = lookup::START;
        for (at, byte) in path.iter().enumerate().take(policies.longest_prefix) {
            state = lookup::feed(state, u32::from(*byte));
            let is_whole = at + 1 == path.len();
            if (*byte == b'/' || is_whole)
                && let Some(prefix) = path.get(..=at)
                && let Some((_, group)) =
                    policies.paths.find(hash_path(state, number), |group| group.has_key(number, prefix))
            {
                self.try_candidates(&group.candidates, is_whole);
            }
        }
    }

    fn try_candidates(&mut self, candidates: &[Candidate], is_whole: bool) {
        for candidate in candidates {
            if candidate.policy >= self.best {
                return;
            }
            if self.holds(candidate, is_whole) {
                self.best = candidate.policy;
                return;
            }
        }
    }

    fn holds(&self, candidate: &Candidate, is_whole: bool) -> bool {
        (!candidate.is_whole_path || is_whole)
            && candidate.path.as_ref().is_none_or(|glob| glob.is_match(self.path))
            && candidate.host.as_ref().is_none_or(|glob| glob.is_match(self.host))
    }
}

fn hash_host(state: u64, kind: HostKind, route: usize) -> u32 {
    lookup::finish(lookup::feed(lookup::feed(state, kind as u32), route as u32))
}

fn hash_path(state: u64, host: usize) -> u32 {
    lookup::finish(lookup::feed(state, host as u32))
}

/// The items of a list, or a single `None` where there is no list.
fn or_any<T>(list: &Option<Vec<T>>) -> impl Iterator<Item = Option<&T>> {
    let any = list.is_none().then_some(None);
    list.iter().flatten().map(Some).chain(any)
}
