//! All policies of a document, and the index that finds the one for a request.
//!
//! The first policy whose `match` holds decides. Policies are filed under each of their hosts (exact, or the literal end
//! of a glob, or any) and there under the literal start of each of their paths, so that only those are tried whose host
//! ends right and whose path begins right.

use crate::glob::Glob;
use crate::index::{self, Index};
use crate::matching::{Match, TextGlob};
use crate::origin::split_authority;
use crate::path;
use crate::policy::Policy;
use std::rc::Rc;

/// The policies of a document, ready to find and decide.
#[derive(Debug, Clone)]
pub struct Policies {
    list: Vec<Policy>,
    /// What a request meets whose path is ambiguous.
    ambiguous: Policy,
    reads: Reads,
    /// Whether the first policy is for every request, and enabled.
    is_one_for_all: bool,
    hosts: Vec<HostGroup>,
    host_index: Index,
    paths: Vec<PathGroup>,
    path_index: Index,
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

/// Which policy a request meets.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    /// None, or one that is not enabled: the request is left alone.
    Nothing,
    /// This one, with its number.
    Policy(usize, &'a Policy),
    /// None is asked, since the path can be read in two ways; the policy that stands here allows nothing.
    Ambiguous(&'a Policy),
}

/// The policies that share the literal part of a host.
#[derive(Debug, Clone)]
struct HostGroup {
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
    host: Option<Rc<Glob>>,
    path: Option<Rc<Glob>>,
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
    pub fn new(list: Vec<(Policy, Match)>) -> Self {
        let pairs: usize = list.iter().map(|(_, matches)| matches.pairs()).sum();
        let mut policies = Policies {
            list: Vec::with_capacity(list.len()),
            ambiguous: Policy::refuse_all(),
            reads: Reads::default(),
            is_one_for_all: false,
            hosts: Vec::new(),
            host_index: Index::with_capacity(pairs),
            paths: Vec::new(),
            path_index: Index::with_capacity(pairs),
            longest_prefix: 0,
        };
        for (number, (policy, matches)) in list.into_iter().enumerate() {
            policies.reads.host |= matches.hosts.is_some();
            policies.reads.path |= matches.paths.is_some();
            policies.reads.route_name |= matches.route_names.is_some();
            policies.list.push(Policy { route_names: matches.route_names, ..policy });
            for host in or_any(&matches.hosts) {
                let group = policies.host_group(host);
                for path in or_any(&matches.paths) {
                    policies.file(number, group, host, path);
                }
            }
        }
        policies.is_one_for_all =
            policies.reads == Reads::default() && policies.list.first().is_some_and(|policy| policy.enabled);
        policies
    }

    /// The policies, in order.
    pub fn list(&self) -> &[Policy] {
        &self.list
    }

    /// A policy by its number, without one the policy that stands where none is asked.
    pub fn policy(&self, number: Option<usize>) -> &Policy {
        number.and_then(|number| self.list.get(number)).unwrap_or(&self.ambiguous)
    }

    /// What must be read of a request to find its policy.
    pub fn reads(&self) -> Reads {
        self.reads
    }

    /// The policy for every request, where they all have the same one.
    #[inline]
    pub fn only(&self) -> Option<&Policy> {
        if self.is_one_for_all { self.list.first() } else { None }
    }

    /// The policy for a request: the first that matches.
    pub fn find(&self, target: &Target) -> Found<'_> {
        let path = path::without_query(target.path);
        if self.reads.path && path::is_ambiguous(path) {
            return Found::Ambiguous(&self.ambiguous);
        }
        match self.search(target, path).and_then(|number| Some((number, self.list.get(number)?))) {
            Some((number, policy)) if policy.enabled => Found::Policy(number, policy),
            _ => Found::Nothing,
        }
    }

    fn search(&self, target: &Target, path: &[u8]) -> Option<usize> {
        let (host, _) = split_authority(target.authority);
        // A name with a dot at its end is the same name, fully qualified (RFC 1034, section 3.1).
        let host = host.strip_suffix(b".").unwrap_or(host);
        let mut search = Search { policies: self, host, path, route_name: target.route_name, best: usize::MAX };
        search.try_group(index::START, HostKind::Any, b"");
        if self.reads.host {
            search.try_hosts();
        }
        (search.best < self.list.len()).then_some(search.best)
    }

    #[inline(never)]
    fn host_group(&mut self, host: Option<&TextGlob>) -> usize {
        let (kind, text) = match host {
            None => (HostKind::Any, ""),
            Some(TextGlob::Exact(host)) => (HostKind::Exact, host.as_str()),
            Some(TextGlob::Glob { tail, .. }) => {
                (HostKind::Tail, tail.find('.').and_then(|dot| tail.get(dot..)).unwrap_or_default())
            }
        };
        // Backwards, so that all suffixes of a host are hashed in one pass.
        let state = text.bytes().rev().fold(index::START, |state, byte| index::feed(state, u32::from(byte)));
        self.find_host_group(state, kind, text.as_bytes()).unwrap_or_else(|| {
            self.hosts.push(HostGroup { kind, text: text.as_bytes().into(), rest: Vec::new() });
            self.host_index.insert(hash_host(state, kind), self.hosts.len() - 1);
            self.hosts.len() - 1
        })
    }

    fn find_host_group(&self, state: u64, kind: HostKind, text: &[u8]) -> Option<usize> {
        self.host_index.find(hash_host(state, kind), |at| {
            self.hosts.get(at).is_some_and(|group| group.kind == kind && index::same(&group.text, text))
        })
    }

    fn find_path_group(&self, state: u64, host: usize, prefix: &[u8]) -> Option<usize> {
        self.path_index.find(hash_path(state, host), |at| {
            self.paths.get(at).is_some_and(|group| group.host == host && index::same(&group.prefix, prefix))
        })
    }

    /// Files a policy under one of its hosts and one of its paths.
    #[inline(never)]
    fn file(&mut self, policy: usize, host_group: usize, host: Option<&TextGlob>, path: Option<&TextGlob>) {
        let glob_of = |text: Option<&TextGlob>| match text {
            Some(TextGlob::Glob { glob, .. }) => glob.clone(),
            _ => None,
        };
        let (prefix, is_whole_path) = match path {
            None => ("", false),
            Some(TextGlob::Exact(path)) => (path.as_str(), true),
            Some(TextGlob::Glob { head, .. }) => {
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
        let state = prefix.bytes().fold(index::START, |state, byte| index::feed(state, u32::from(byte)));
        let at = self.find_path_group(state, host_group, prefix.as_bytes()).unwrap_or_else(|| {
            self.paths.push(PathGroup { host: host_group, prefix: prefix.as_bytes().into(), candidates: Vec::new() });
            self.path_index.insert(hash_path(state, host_group), self.paths.len() - 1);
            self.paths.len() - 1
        });
        if let Some(group) = self.paths.get_mut(at) {
            group.candidates.push(candidate);
        }
    }
}

/// A search under way.
struct Search<'a> {
    policies: &'a Policies,
    host: &'a [u8],
    path: &'a [u8],
    route_name: Option<&'a [u8]>,
    /// The first policy found so far.
    best: usize,
}

impl Search<'_> {
    /// Tries the groups of each of the host's domain suffixes, and of the host itself.
    fn try_hosts(&mut self) {
        let host = self.host;
        let mut state = index::START;
        self.try_group(state, HostKind::Tail, b"");
        for (at, byte) in host.iter().enumerate().rev() {
            state = index::feed(state, u32::from(*byte));
            if *byte == b'.'
                && let Some(tail) = host.get(at..)
            {
                self.try_group(state, HostKind::Tail, tail);
            }
        }
        self.try_group(state, HostKind::Exact, host);
    }

    /// Tries the policies of a host group: those under no path, then those under each prefix of the request's path.
    fn try_group(&mut self, state: u64, kind: HostKind, text: &[u8]) {
        let policies = self.policies;
        let Some(number) = policies.find_host_group(state, kind, text) else { return };
        if let Some(group) = policies.hosts.get(number) {
            self.try_candidates(&group.rest, false);
        }
        if !policies.reads.path {
            return;
        }
        let path = self.path;
        let mut state = index::START;
        for (at, byte) in path.iter().enumerate().take(policies.longest_prefix) {
            state = index::feed(state, u32::from(*byte));
            let is_whole = at + 1 == path.len();
            if (*byte == b'/' || is_whole)
                && let Some(prefix) = path.get(..=at)
                && let Some(group) =
                    policies.find_path_group(state, number, prefix).and_then(|at| policies.paths.get(at))
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
        let route_names = self.policies.list.get(candidate.policy).and_then(|policy| policy.route_names.as_ref());
        (!candidate.is_whole_path || is_whole)
            && candidate.path.as_ref().is_none_or(|glob| glob.is_match(self.path))
            && candidate.host.as_ref().is_none_or(|glob| glob.is_match(self.host))
            && route_names.is_none_or(|names| {
                self.route_name.is_some_and(|route_name| names.iter().any(|own| own.as_bytes() == route_name))
            })
    }
}

fn hash_host(state: u64, kind: HostKind) -> u32 {
    index::finish(index::feed(state, kind as u32))
}

fn hash_path(state: u64, host: usize) -> u32 {
    index::finish(index::feed(state, host as u32))
}

/// Each of a list, or once nothing where there is no list.
fn or_any(list: &Option<Vec<TextGlob>>) -> impl Iterator<Item = Option<&TextGlob>> {
    let any = list.is_none().then_some(None);
    list.iter().flatten().map(Some).chain(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name of the policy that a request meets.
    fn find(document: &str, authority: &str, path: &str, route_name: Option<&str>) -> String {
        let configuration = crate::configuration::Configuration::load(document.as_bytes(), |_| None).unwrap();
        let route_name = route_name.map(str::as_bytes);
        let target = Target { authority: authority.as_bytes(), path: path.as_bytes(), route_name };
        match configuration.policies.find(&target) {
            Found::Nothing => String::from("nothing"),
            Found::Policy(_, policy) => policy.name.clone(),
            Found::Ambiguous(policy) => policy.name.clone(),
        }
    }

    const DOCUMENT: &str = r#"{"policies": [
        {"name": "off", "enabled": false, "match": {"paths": ["/internal/**"]}},
        {"name": "whole", "match": {"paths": ["/a/b"]}, "allow_origins": ["*"]},
        {"name": "both", "match": {"hosts": ["api.example.com", "*.api.example.com"], "paths": ["/v1/**", "/v2/*"]}, "allow_origins": ["*"]},
        {"name": "host", "match": {"hosts": ["API.example.com"]}, "allow_origins": ["*"]},
        {"name": "route", "match": {"route_names": ["r1", "r2"]}, "allow_origins": ["*"]},
        {"name": "class", "match": {"paths": ["/v[34]/x"]}, "allow_origins": ["*"]},
        {"name": "rest", "match": {"hosts": ["*.com"]}, "allow_origins": ["*"]}
    ]}"#;

    #[test]
    fn the_first_policy_that_matches_decides() {
        for (authority, path, route_name, name) in [
            ("api.example.com", "/internal/x", None, "nothing"),
            ("api.example.com", "/a/b", None, "whole"),
            ("api.example.com", "/a/b?c", None, "whole"),
            ("api.example.com", "/a/b/", None, "host"),
            ("api.example.com", "/a/bc", None, "host"),
            ("api.example.com:8443", "/v1/x/y", None, "both"),
            ("x.api.example.com", "/v2/x", None, "both"),
            ("x.api.example.com", "/v2/x/y", None, "rest"),
            ("api.example.com", "/v2/x/y", None, "host"),
            ("other.example.org", "/v1/x", Some("r2"), "route"),
            ("other.example.org", "/v1/x", Some("r3"), "nothing"),
            ("other.example.org", "/v3/x", None, "class"),
            ("other.example.com", "/v3/x", Some("r1"), "route"),
            ("other.example.com", "/", None, "rest"),
            ("other.example.com", "/a//b", None, "-"),
            ("", "", None, "nothing"),
        ] {
            assert_eq!(find(DOCUMENT, authority, path, route_name), name, "{authority}{path} {route_name:?}");
        }
    }
}
