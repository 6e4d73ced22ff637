//! The compiled origin rules of a policy, and the index over them.
//!
//! An origin is looked up three times at most, whatever the number of rules: as a whole, without its port (for rules
//! that end in `:*`), and by each of its domain suffixes (for wildcards, which stand under the literal text that
//! follows them). Rules that share scheme, port and that text are tried one by one.

use crate::glob::Glob;
use crate::index::{self, Index, KeySet};
use crate::origin::Origin;
use crate::pattern::{HostPattern, OriginPattern, PortPattern};

/// Origin rules, compiled.
#[derive(Debug, Clone)]
pub struct Origins {
    exact: KeySet,
    /// Origins without port, of rules that leave the port open.
    any_port: KeySet,
    schemes: Vec<Box<[u8]>>,
    groups: Vec<Group>,
    index: Index,
    /// Whether some group has an empty tail, as only broad patterns have.
    has_empty_tail: bool,
    /// Whether some group leaves the port open.
    has_any_port: bool,
}

/// The wildcard rules that share scheme, port and tail.
#[derive(Debug, Clone)]
struct Group {
    scheme: usize,
    port: PortPattern,
    /// The labels after the last wildcard's own, with their leading dot.
    tail: Box<[u8]>,
    /// Whether a rule covers every host that ends in `tail`.
    covers_all: bool,
    matchers: Vec<Matcher>,
}

#[derive(Debug, Clone)]
enum Matcher {
    Suffix(Box<[u8]>),
    // Boxed: nearly all are suffixes, and a glob has two hundred bytes.
    Glob(Box<Glob>),
}

impl Origins {
    /// Compiles the rules; their order does not matter.
    pub fn new(patterns: impl Iterator<Item = OriginPattern>) -> Self {
        let mut exact = Vec::new();
        let mut any_port = Vec::new();
        let mut wildcards = Vec::new();
        for pattern in patterns {
            let OriginPattern { scheme, host, port } = pattern;
            match (host, port) {
                (HostPattern::Exact(host), PortPattern::Any) => any_port.push(to_key(format!("{scheme}://{host}"))),
                (HostPattern::Exact(host), PortPattern::Only(None)) => exact.push(to_key(format!("{scheme}://{host}"))),
                (HostPattern::Exact(host), PortPattern::Only(Some(port))) => {
                    exact.push(to_key(format!("{scheme}://{host}:{port}")));
                }
                (host, port) => wildcards.push((scheme, host, port)),
            }
        }
        let mut origins = Origins {
            exact: KeySet::new(exact),
            any_port: KeySet::new(any_port),
            schemes: Vec::new(),
            groups: Vec::new(),
            index: Index::with_capacity(wildcards.len()),
            has_empty_tail: false,
            has_any_port: false,
        };
        for (scheme, host, port) in wildcards {
            origins.add_wildcard(&scheme, host, port);
        }
        origins
    }

    /// How many rules there are; doubles count once.
    pub fn len(&self) -> usize {
        let wildcards = self.groups.iter().map(|group| group.matchers.len() + usize::from(group.covers_all));
        self.exact.len() + self.any_port.len() + wildcards.sum::<usize>()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether some rule is `origin` itself.
    pub fn contains(&self, origin: &[u8]) -> bool {
        self.exact.contains(origin)
    }

    /// Whether some rule that stands for more than one origin covers `origin`.
    pub fn covers(&self, origin: &Origin) -> bool {
        self.any_port.contains(origin.without_port()) || !self.groups.is_empty() && self.allow_by_tail(origin)
    }

    fn allow_by_tail(&self, origin: &Origin) -> bool {
        let Some(scheme) = self.schemes.iter().position(|own| **own == *origin.scheme()) else { return false };
        let host = origin.host();
        let mut state = index::START;
        if self.has_empty_tail && self.allow_under(state, scheme, b"", origin) {
            return true;
        }
        for (at, byte) in host.iter().enumerate().rev() {
            state = index::feed(state, u32::from(*byte));
            if *byte == b'.' && host.get(at..).is_some_and(|tail| self.allow_under(state, scheme, tail, origin)) {
                return true;
            }
        }
        false
    }

    /// Whether a rule of the groups with this tail covers `origin`; `state` is the hash of the tail, read backwards.
    fn allow_under(&self, state: u64, scheme: usize, tail: &[u8], origin: &Origin) -> bool {
        let allows = |port: PortPattern| {
            self.find_group(state, scheme, port, tail).and_then(|at| self.groups.get(at)).is_some_and(|group| {
                group.covers_all || group.matchers.iter().any(|matcher| matcher.is_match(origin.host()))
            })
        };
        allows(PortPattern::Only(origin.port())) || self.has_any_port && allows(PortPattern::Any)
    }

    fn find_group(&self, state: u64, scheme: usize, port: PortPattern, tail: &[u8]) -> Option<usize> {
        self.index.find(hash_group(state, scheme, port), |at| {
            self.groups
                .get(at)
                .is_some_and(|group| group.scheme == scheme && group.port == port && index::same(&group.tail, tail))
        })
    }

    #[inline(never)]
    fn add_wildcard(&mut self, scheme: &str, host: HostPattern, port: PortPattern) {
        let (text, matcher) = match host {
            HostPattern::Exact(_) => return,
            HostPattern::Suffix(tail) => (tail.clone(), Matcher::Suffix(to_key(tail))),
            HostPattern::Glob { glob, tail } => (tail, Matcher::Glob(glob)),
        };
        let tail = text.find('.').and_then(|dot| text.get(dot..)).unwrap_or_default();
        let scheme = self.intern_scheme(scheme);
        let state = tail.bytes().rev().fold(index::START, |state, byte| index::feed(state, u32::from(byte)));
        let at = self.find_group(state, scheme, port, tail.as_bytes()).unwrap_or_else(|| {
            let tail = tail.as_bytes().into();
            self.groups.push(Group { scheme, port, tail, covers_all: false, matchers: Vec::new() });
            self.index.insert(hash_group(state, scheme, port), self.groups.len() - 1);
            self.groups.len() - 1
        });
        self.has_empty_tail |= tail.is_empty();
        self.has_any_port |= port == PortPattern::Any;
        if let Some(group) = self.groups.get_mut(at) {
            match matcher {
                Matcher::Suffix(suffix) if suffix == group.tail => group.covers_all = true,
                matcher => group.matchers.push(matcher),
            }
        }
    }

    fn intern_scheme(&mut self, scheme: &str) -> usize {
        self.schemes.iter().position(|own| **own == *scheme.as_bytes()).unwrap_or_else(|| {
            self.schemes.push(scheme.as_bytes().into());
            self.schemes.len() - 1
        })
    }
}

impl Matcher {
    fn is_match(&self, host: &[u8]) -> bool {
        match self {
            Matcher::Suffix(suffix) => host.ends_with(suffix),
            Matcher::Glob(glob) => glob.is_match(host),
        }
    }
}

fn to_key(text: String) -> Box<[u8]> {
    text.into_bytes().into_boxed_slice()
}

fn hash_group(state: u64, scheme: usize, port: PortPattern) -> u32 {
    let port = match port {
        PortPattern::Only(None) => 0,
        PortPattern::Only(Some(port)) => u32::from(port),
        PortPattern::Any => u32::MAX,
    };
    index::finish(index::feed(index::feed(state, port), scheme as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(rules: &[&str]) -> Origins {
        Origins::new(rules.iter().map(|rule| OriginPattern::parse(rule).unwrap()))
    }

    fn allowed(rules: &[&str], origin: &str) -> bool {
        let rules = origins(rules);
        rules.contains(origin.as_bytes()) || rules.covers(&Origin::parse(origin.as_bytes()).unwrap())
    }

    #[test]
    fn an_exact_rule_matches_itself_only() {
        let rules = ["https://foo.com", "https://bar.com", "http://localhost:3000"];
        assert!(allowed(&rules, "https://foo.com"));
        assert!(allowed(&rules, "http://localhost:3000"));
        for other in
            ["https://barfoo.com", "https://foo.com:8443", "http://foo.com", "https://a.foo.com", "http://localhost"]
        {
            assert!(!allowed(&rules, other), "{other}");
        }
    }

    #[test]
    fn any_port_covers_each_port_and_none() {
        for origin in ["http://localhost", "http://localhost:1", "http://localhost:65535"] {
            assert!(allowed(&["http://localhost:*"], origin), "{origin}");
        }
        assert!(!allowed(&["http://localhost:*"], "https://localhost"));
        assert!(!allowed(&["http://localhost:*"], "http://localhost.evil.test"));
        assert!(allowed(&["http://[::1]:*"], "http://[::1]:3000"));
        assert!(allowed(&["https://*.example.com:*"], "https://a.example.com:8443"));
        assert!(allowed(&["https://*.example.com:*"], "https://a.example.com"));
    }

    #[test]
    fn wildcards_are_found_under_their_tail() {
        let rules = ["https://*.example.com", "https://*-preview.example.com:8443", "https://pr-*.example.org"];
        assert!(allowed(&rules, "https://a.b.example.com"));
        assert!(allowed(&rules, "https://x-preview.example.com:8443"));
        assert!(allowed(&rules, "https://pr-1.example.org"));
        for other in [
            "https://a.example.com:8443",
            "https://example.com",
            "https://xample.com",
            "https://pr.example.org",
            "https://pr-1.example.org.evil.test",
        ] {
            assert!(!allowed(&rules, other), "{other}");
        }
    }

    #[test]
    fn broad_patterns_without_tail_are_found() {
        assert!(allowed(&["https://*"], "https://a.example.com"));
        assert!(allowed(&["https://example.*"], "https://example.org"));
        assert!(!allowed(&["https://example.*"], "https://anexample.org"));
        assert!(allowed(&["https://*example.com"], "https://anexample.com"));
        assert!(allowed(&["https://*.com"], "https://a.com"));
    }

    #[test]
    fn rules_are_counted_once() {
        assert_eq!(
            origins(&["https://a.example", "https://a.example", "https://*.a.example", "http://a.example:*"]).len(),
            3
        );
    }
}
