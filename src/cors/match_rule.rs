//! `match`, parsed: which requests a policy is for.

use crate::glob::Glob;
use std::sync::Arc;

/// Which requests a policy is for. A kind that is `None` holds for every request; of the others each must hold.
#[derive(Debug, Clone, Default)]
pub struct Match {
    /// The hosts, any of which must match.
    pub hosts: Option<Vec<TextRule>>,
    /// The paths, any of which must match.
    pub paths: Option<Vec<TextRule>>,
    /// The names of routes, one of which must be the request's.
    pub route_names: Option<Vec<String>>,
}

/// A text, or a glob over texts with the literal text at its start and end.
#[derive(Debug, Clone)]
pub enum TextRule {
    /// This text only.
    Exact(String),
    /// Every text that the glob matches.
    Glob {
        /// The compiled glob; `None` where `head` and `tail` say everything.
        glob: Option<Arc<Glob>>,
        /// What each of these texts begins with.
        head: String,
        /// What each of these texts ends with.
        tail: String,
    },
}

impl Match {
    /// How many combinations of a host, a path and a route there are; the policy is filed under each of them.
    pub fn combinations(&self) -> usize {
        fn count<T>(list: &Option<Vec<T>>) -> usize {
            list.as_ref().map_or(1, Vec::len)
        }
        count(&self.hosts).saturating_mul(count(&self.paths)).saturating_mul(count(&self.route_names))
    }
}
