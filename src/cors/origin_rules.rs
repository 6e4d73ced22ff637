//! The compiled origin rules of a policy, and the index over them.
//!
//! An origin is looked up in three ways, whatever the number of rules: as a whole, without its port (for rules that end
//! in `:*`), and by what wildcard rules have at their ends: the literal text after the last wildcard, and under it the
//! literal text before the first. Each group knows the lengths of both that its rules have, so that only those are looked
//! up. A rule with one star is then found; rules with more wildcards that share both texts are tried one by one.

use crate::glob::{Glob, Positions};
use crate::lookup::{self, Groups, KeySet};

use crate::origin::Origin;
use crate::origin_rule::{HostPattern, OriginPattern, PortPattern};
use std::sync::Arc;

/// The most that trying the rules with several wildcards may cost an origin, in [weights](Glob::weight) of globs. A weight
/// of one costs the longest host 13,000 instructions, so all of them cost it 3 million: a few milliseconds.
const MAX_TRIED: usize = 256;

/// Origin rules, compiled.
#[derive(Debug, Clone)]
pub struct OriginRules {
    exact: KeySet,
    /// Origins without port, of rules that leave the port open.
    any_port: KeySet,
    tails: Groups<Tail>,
    heads: Groups<Head>,
    /// Whether some tail is empty, as only broad patterns have it.
    has_empty_tail: bool,
    /// Whether some rule with a wildcard leaves the port open.
    has_any_port: bool,
}

/// The wildcard rules that share scheme, port and the text after the last wildcard, or that text from its first dot on.
#[derive(Debug, Clone)]
struct Tail {
    scheme: Arc<[u8]>,
    port: PortPattern,
    text: Box<[u8]>,
    /// Whether a rule covers every host that ends in `text`.
    covers_all: bool,
    /// The lengths of what other tails have before `text`, which begins with a dot or is empty.
    longer: Option<Box<Positions>>,
    /// The lengths of the heads under this tail.
    heads: Option<Box<Positions>>,
}

/// The rules under a tail that share the text before the first wildcard.
#[derive(Debug, Clone)]
struct Head {
    tail: usize,
    text: Box<[u8]>,
    /// Whether a rule covers every host that begins with `text` and ends in the tail.
    covers_all: bool,
    globs: Vec<Glob>,
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
            tails: Groups::default(),
            heads: Groups::default(),
            has_empty_tail: false,
            has_any_port: false,
        };
        for (scheme, host, port) in wildcards {
            origins.add_wildcard(&scheme, host, port);
        }
        origins
    }

    /// How many rules there are; duplicates count once, but for those with several wildcards.
    pub fn len(&self) -> usize {
        let tails = self.tails.iter().filter(|tail| tail.covers_all).count();
        let heads = self.heads.iter().map(|head| head.globs.len() + usize::from(head.covers_all));
        self.exact.len() + self.any_port.len() + tails + heads.sum::<usize>()
    }

    /// Whether the list of rules is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there may be an origin that costs too much: for which too many rules with several wildcards must be tried.
    ///
    /// For an origin only rules are tried whose texts before and after the wildcards are its own start and end: of all groups
    /// of rules whose texts have the same lengths, one at most.
    #[cold]
    pub fn try_too_many(&self) -> bool {
        let mut most: Vec<((usize, usize, bool), usize)> = Vec::new();
        for head in self.heads.iter().filter(|head| !head.globs.is_empty()) {
            let Some(tail) = self.tails.get(head.tail) else { continue };
            let lengths = (head.text.len(), tail.text.len(), tail.port == PortPattern::Any);
            let weight: usize = head.globs.iter().map(Glob::weight).sum();
            match most.iter_mut().find(|(own, _)| *own == lengths) {
                Some((_, own)) => *own = weight.max(*own),
                None => most.push((lengths, weight)),
            }
            // Each has a weight of one at least, so that the search above is a short one.
            if most.iter().map(|(_, weight)| weight).sum::<usize>() > MAX_TRIED {
                return true;
            }
        }
        false
    }

    /// Whether some rule is `origin` itself.
    pub fn contains(&self, origin: &[u8]) -> bool {
        self.exact.contains(origin)
    }

    /// Whether some rule for more than one origin covers `origin`.
    pub fn covers(&self, origin: &Origin) -> bool {
        self.any_port.contains(origin.without_port()) || !self.tails.is_empty() && self.allow_by_tail(origin)
    }

    fn allow_by_tail(&self, origin: &Origin) -> bool {
        let host = origin.host();
        let search = Search { rules: self, scheme: lookup::hash(origin.scheme()), origin, host };
        // A host with a dot at its end is an origin of its own, for exact rules only; no other tail ends in a dot.
        self.has_empty_tail && !host.ends_with(b".") && search.allow_under(lookup::START, b"")
            || lookup::suffixes(host).any(|(state, tail)| search.allow_under(state, tail))
    }

    #[cold]
    #[inline(never)]
    fn add_wildcard(&mut self, scheme: &str, host: HostPattern, port: PortPattern) {
        let (head, glob, text) = match host {
            HostPattern::Exact(_) => return,
            HostPattern::Suffix(tail) => (String::new(), None, tail),
            HostPattern::Glob { glob, head, tail } => (head, glob, tail),
        };
        let scheme: Arc<[u8]> = match self.tails.last() {
            // Rules that follow each other share it.
            Some(tail) if *tail.scheme == *scheme.as_bytes() => Arc::clone(&tail.scheme),
            _ => scheme.as_bytes().into(),
        };
        self.has_any_port |= port == PortPattern::Any;
        let dot = text.find('.').unwrap_or(text.len());
        let domain = text.get(dot..).unwrap_or_default();
        self.has_empty_tail |= domain.is_empty();
        if dot > 0 {
            let number = self.tail(&scheme, port, domain);
            if let Some(tail) = self.tails.get_mut(number) {
                tail.longer.get_or_insert_default().add_all(&Positions::single(dot));
            }
        }
        let number = self.tail(&scheme, port, &text);
        let Some(tail) = self.tails.get_mut(number) else { return };
        if head.is_empty() && glob.is_none() {
            tail.covers_all = true;
            return;
        }
        tail.heads.get_or_insert_default().add_all(&Positions::single(head.len()));
        let head = head.as_bytes();
        let state = head.iter().fold(lookup::START, |state, byte| lookup::feed(state, u32::from(*byte)));
        let number = self.heads.find_or_add(
            hash_head(state, number),
            |own| own.has_key(number, head),
            || Head { tail: number, text: head.into(), covers_all: false, globs: Vec::new() },
        );
        if let Some(head) = self.heads.get_mut(number) {
            match glob {
                None => head.covers_all = true,
                Some(glob) => {
                    // Nearly every head has one at most, and a vector would begin with room for four.
                    if head.globs.is_empty() {
                        head.globs.reserve_exact(1);
                    }
                    head.globs.push(*glob);
                }
            }
        }
    }

    /// The number of the group of a tail, which is made and added where there is none.
    #[cold]
    #[inline(never)]
    fn tail(&mut self, scheme: &Arc<[u8]>, port: PortPattern, text: &str) -> usize {
        let text = text.as_bytes();
        self.tails.find_or_add(
            hash_tail(lookup::hash_backwards(text), lookup::hash(scheme), port),
            |tail| tail.has_key(scheme, port, text),
            || Tail {
                scheme: Arc::clone(scheme),
                port,
                text: text.into(),
                covers_all: false,
                longer: None,
                heads: None,
            },
        )
    }
}

/// A search for the rules that cover an origin.
struct Search<'a> {
    rules: &'a OriginRules,
    /// The hash of the origin's scheme.
    scheme: u32,
    origin: &'a Origin<'a>,
    host: &'a [u8],
}

impl<'a> Search<'a> {
    /// Whether a rule whose tail is `text`, or has more before it within its label, covers the origin; `state` is the hash
    /// of `text`, read backwards.
    #[inline]
    fn allow_under(&self, state: u64, text: &[u8]) -> bool {
        self.allow_at_port(state, text, PortPattern::Only(self.origin.port()))
            || self.rules.has_any_port && self.allow_at_port(state, text, PortPattern::Any)
    }

    #[inline]
    fn allow_at_port(&self, state: u64, text: &[u8], port: PortPattern) -> bool {
        self.find(state, text, port).is_some_and(|(number, tail)| {
            tail.covers_all
                || tail.heads.as_ref().is_some_and(|heads| self.allow_by_head(number, heads, text))
                || tail.longer.as_ref().is_some_and(|longer| self.allow_by_longer_tail(state, longer, text, port))
        })
    }

    #[inline]
    fn find(&self, state: u64, text: &[u8], port: PortPattern) -> Option<(usize, &'a Tail)> {
        let scheme = self.origin.scheme();
        self.rules.tails.find(hash_tail(state, self.scheme, port), |tail| tail.has_key(scheme, port, text))
    }

    #[inline(never)]
    fn allow_by_longer_tail(&self, mut state: u64, longer: &Positions, text: &[u8], port: PortPattern) -> bool {
        let dot = self.host.len() - text.len();
        let label = self.host.get(..dot).unwrap_or_default().iter().rev().take_while(|byte| **byte != b'.');
        for (length, byte) in (1..).zip(label) {
            state = lookup::feed(state, u32::from(*byte));
            if longer.contains(length)
                && let Some(text) = self.host.get(dot - length..)
                && let Some((number, tail)) = self.find(state, text, port)
                && (tail.covers_all || tail.heads.as_ref().is_some_and(|heads| self.allow_by_head(number, heads, text)))
            {
                return true;
            }
        }
        false
    }

    /// Whether a rule under this tail covers the origin's host by its start.
    #[inline(never)]
    fn allow_by_head(&self, tail: usize, heads: &Positions, text: &[u8]) -> bool {
        let most = (self.host.len() - text.len()).min(heads.last());
        let mut state = lookup::START;
        for length in 0..=most {
            if heads.contains(length)
                && let Some(start) = self.host.get(..length)
                && let Some((_, head)) = self.rules.heads.find(hash_head(state, tail), |head| head.has_key(tail, start))
                && (head.covers_all || head.globs.iter().any(|glob| glob.is_match(self.host)))
            {
                return true;
            }
            state = lookup::feed(state, self.host.get(length).copied().unwrap_or_default().into());
        }
        false
    }
}

impl Tail {
    #[inline]
    fn has_key(&self, scheme: &[u8], port: PortPattern, text: &[u8]) -> bool {
        self.port == port && lookup::same(&self.text, text) && lookup::same(&self.scheme, scheme)
    }
}

impl Head {
    #[inline]
    fn has_key(&self, tail: usize, text: &[u8]) -> bool {
        self.tail == tail && lookup::same(&self.text, text)
    }
}

fn to_key(text: String) -> Box<[u8]> {
    text.into_bytes().into_boxed_slice()
}

fn hash_tail(state: u64, scheme: u32, port: PortPattern) -> u32 {
    let port = match port {
        PortPattern::Only(None) => 0,
        PortPattern::Only(Some(port)) => u32::from(port),
        PortPattern::Any => u32::MAX,
    };
    lookup::finish(lookup::feed(lookup::feed(state, port), scheme))
}

fn hash_head(state: u64, tail: usize) -> u32 {
    lookup::finish(lookup::feed(state, tail as u32))
}
