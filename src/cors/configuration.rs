//! A loaded configuration: what a plugin holds, and what each of its streams reads.

use crate::metrics::Counters;
use crate::outcome::Outcome;
use crate::policies::Policies;
use crate::policy::Policy;

/// A configuration in force, by default one without any policy. It is immutable and can be shared between threads; a
/// stream keeps the one it began with.
#[derive(Debug, Default)]
pub struct Configuration {
    /// The policies.
    pub policies: Policies,
    /// Whether covered responses show the decision in `x-cors-decision`.
    pub debug_header: bool,
    /// Whether the decision is kept in Envoy's filter state, for access logs.
    pub decision_in_filter_state: bool,
    /// The counters of each policy, by its number.
    counters: Vec<Counters>,
}

impl Configuration {
    /// A configuration whose decisions are not counted until [`Configuration::define_counters`] was called.
    pub fn new(policies: Policies, debug_header: bool, decision_in_filter_state: bool) -> Self {
        Configuration { policies, debug_header, decision_in_filter_state, counters: Vec::new() }
    }

    /// Defines the counters of all policies; `define` defines one by its name and returns the host's number for it.
    ///
    /// To be called once for each configuration: Envoy hands out a new number at each call.
    pub fn define_counters(&mut self, mut define: impl FnMut(&str) -> Option<u32>) {
        let paths_matter = self.policies.reads().path;
        let mut counters_of = |policy: &Policy| {
            let is_counted = policy.enabled && (paths_matter || !policy.is_for_ambiguous_paths());
            let has = |outcome| is_counted && (outcome == Outcome::PathAmbiguous) == policy.is_for_ambiguous_paths();
            Counters::define(&policy.name, has, &mut define)
        };
        self.counters = self.policies.list().iter().map(&mut counters_of).collect();
    }

    /// The counters of a policy, by its number.
    pub fn counters(&self, policy: usize) -> Option<&Counters> {
        self.counters.get(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An Envoy dynamic module makes one configuration on the main thread, and all workers read it.
    #[test]
    fn a_configuration_can_be_shared_between_threads() {
        fn assert_shared<T: Send + Sync>() {}
        assert_shared::<Configuration>();
    }
}
