//! `allow_origins`: which origins a policy allows.

use crate::origin::{MAX_ORIGIN_BYTES, Origin};
use crate::origin_rule::OriginRule;
use crate::origin_rules::OriginRules;

/// The origins that a policy allows.
#[derive(Debug, Clone)]
pub struct AllowOrigins {
    any: bool,
    null: bool,
    rules: OriginRules,
}

/// What the rules say of an `Origin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// A rule covers it.
    Allowed,
    /// No rule covers it. It comes parsed, but for the opaque origin, which has no parts.
    Refused(Option<Origin<'a>>),
    /// No browser sends it.
    Malformed,
}

impl AllowOrigins {
    /// Compiles the rules, whose order does not matter, one by one into what is kept.
    #[cold]
    #[inline(never)]
    pub fn new(rules: impl Iterator<Item = OriginRule>) -> Self {
        let (mut any, mut null) = (false, false);
        let rules = OriginRules::new(rules.filter_map(|rule| {
            match rule {
                OriginRule::Any => any = true,
                OriginRule::Null => null = true,
                OriginRule::Pattern(pattern) => return Some(pattern),
            }
            None
        }));
        AllowOrigins { any, null, rules }
    }

    /// Whether `*` is in the list.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// Whether there may be an origin for which too many rules with several wildcards must be tried.
    pub fn try_too_many(&self) -> bool {
        self.rules.try_too_many()
    }

    /// How many rules there are; duplicates count once.
    pub fn rule_count(&self) -> usize {
        usize::from(self.any) + usize::from(self.null) + self.rules.len()
    }

    /// What the rules say of `origin`, the value of an `Origin` header.
    ///
    /// `*` does not cover what is malformed: nothing of the kind is ever echoed. Where the answer is a literal `*`, this
    /// is not asked (see [`Policy::is_constant`](crate::policy::Policy::is_constant)).
    pub fn judge<'a>(&self, origin: &'a [u8]) -> Verdict<'a> {
        // A rule is spelled as browsers spell, so what equals one needs no parsing. What is too long is not even hashed.
        if origin.len() <= MAX_ORIGIN_BYTES && self.rules.contains(origin) {
            return Verdict::Allowed;
        }
        if origin == b"null" {
            return if self.any || self.null { Verdict::Allowed } else { Verdict::Refused(None) };
        }
        match Origin::parse(origin) {
            None => Verdict::Malformed,
            Some(_) if self.any => Verdict::Allowed,
            Some(parsed) if self.rules.covers(&parsed) => Verdict::Allowed,
            parsed => Verdict::Refused(parsed),
        }
    }
}
