//! The compiled origin rules of a policy, and the index over them.
//!
//! An origin is looked up in three ways, whatever the number of rules: as a whole, without its port (for rules that end
//! in `:*`), and by each of its domain suffixes (wildcard rules are filed under the literal text that follows the
//! wildcard). Rules that share scheme, port and that text are tried one by one.

use crate::glob::Glob;
use crate::lookup::{self, Groups, KeySet};

use crate::origin::Origin;
use crate::origin_rule::{HostPattern, OriginPattern, PortPattern};

/// Origin rules, compiled.
#[derive(Debug, Clone)]
pub struct OriginRules {
    exact: KeySet,
    /// Origins without port, of rules that leave the port open.
    any_port: KeySet,
    schemes: Vec<Box<[u8]>>,
    groups: Groups<Group>,
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

impl OriginRules {
    /// Compiles the rules; their order does not matter.
    #[cold]
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
        let mut origins = OriginRules {
            exact: KeySet::new(exact),
            any_port: KeySet::new(any_port),
            schemes: Vec::new(),
            groups: Groups::with_capacity(wildcards.len()),
            has_empty_tail: false,
            has_any_port: false,
        };
        for (scheme, host, port) in wildcards {
            origins.add_wildcard(&scheme, host, port);
        }
        origins
    }

    /// How many rules there are; duplicates count once.
    pub fn len(&self) -> usize {
        let wildcards = self.groups.iter().map(|group| group.matchers.len() + usize::from(group.covers_all));
        self.exact.len() + self.any_port.len() + wildcards.sum::<usize>()
    }

    /// Whether the list of rules is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether some rule is `origin` itself.
    pub fn contains(&self, origin: &[u8]) -> bool {
        self.exact.contains(origin)
    }

    /// Whether some rule for more than one origin covers `origin`.
    pub fn covers(&self, origin: &Origin) -> bool {
        self.any_port.contains(origin.without_port()) || !self.groups.is_empty() && self.allow_by_tail(origin)
    }

    fn allow_by_tail(&self, origin: &Origin) -> bool {
        let Some(scheme) = self.schemes.iter().position(|own| **own == *origin.scheme()) else { return false };
        // A host with a dot at its end is an origin of its own, for exact rules only; no other tail ends in a dot.
        self.has_empty_tail && !origin.host().ends_with(b".") && self.allow_under(lookup::START, scheme, b"", origin)
            || lookup::suffixes(origin.host()).any(|(state, tail)| self.allow_under(state, scheme, tail, origin))
    }

    /// Whether a rule of the groups with this tail covers `origin`; `state` is the hash of the tail, read backwards.
    fn allow_under(&self, state: u64, scheme: usize, tail: &[u8], origin: &Origin) -> bool {
        let allows = |port: PortPattern| {
            self.groups.find(hash_group(state, scheme, port), |group| group.has_key(scheme, port, tail)).is_some_and(
                |(_, group)| group.covers_all || group.matchers.iter().any(|matcher| matcher.is_match(origin.host())),
            )
        };
        allows(PortPattern::Only(origin.port())) || self.has_any_port && allows(PortPattern::Any)
    }

    #[cold]
    #[inline(never)]
    fn add_wildcard(&mut self, scheme: &str, host: HostPattern, port: PortPattern) {
        let (text, matcher) = match host {
            HostPattern::Exact(_) => return,
            HostPattern::Suffix(tail) => (tail.clone(), Matcher::Suffix(to_key(tail))),
            HostPattern::Glob { glob, tail } => (tail, Matcher::Glob(glob)),
        };
        let tail = text.find('.').and_then(|dot| text.get(dot..)).unwrap_or_default().as_bytes();
        let scheme = self.intern_scheme(scheme);
        let hash = hash_group(lookup::hash_backwards(tail), scheme, port);
        let number = self.groups.find_or_add(
            hash,
            |group| group.has_key(scheme, port, tail),
            || Group { scheme, port, tail: tail.into(), covers_all: false, matchers: Vec::new() },
        );
        self.has_empty_tail |= tail.is_empty();
        self.has_any_port |= port == PortPattern::Any;
        if let Some(group) = self.groups.get_mut(number) {
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

impl Group {
    #[inline]
    fn has_key(&self, scheme: usize, port: PortPattern, tail: &[u8]) -> bool {
        self.scheme == scheme && self.port == port && lookup::same(&self.tail, tail)
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
    lookup::finish(lookup::feed(lookup::feed(state, port), scheme as u32))
}
