//! The closed set of counters: one for each policy, kind and outcome. No part of a request ever enters a name.

use crate::outcome::{Kind, Outcome};

/// One slot for each kind and outcome, so that a counter is found without a search.
const SLOTS: usize = Kind::ALL.len() * Outcome::ALL.len();

fn slot(kind: Kind, outcome: Outcome) -> usize {
    kind as usize * Outcome::ALL.len() + outcome as usize
}

/// The host's numbers of one policy's counters.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    ids: [Option<u32>; SLOTS],
}

impl Counters {
    /// Defines the counters of `policy` for those outcomes that it can have; `define` returns the host's number for a
    /// name, or `None` where the host has none to give.
    ///
    /// To be called once for each configuration: Envoy hands out a new number at each call.
    #[cold]
    pub fn define(policy: &str, has: impl Fn(Outcome) -> bool, mut define: impl FnMut(&str) -> Option<u32>) -> Self {
        let mut counters = Counters::default();
        for outcome in Outcome::ALL.into_iter().filter(|outcome| has(*outcome)) {
            for kind in outcome.kinds() {
                if let Some(id) = counters.ids.get_mut(slot(*kind, outcome)) {
                    *id = define(&name(policy, *kind, outcome));
                }
            }
        }
        counters
    }

    /// The number of the counter for a decision.
    #[inline]
    pub fn id(&self, kind: Kind, outcome: Outcome) -> Option<u32> {
        self.ids.get(slot(kind, outcome)).copied().flatten()
    }
}

/// The name of a counter; the `stats_tags` in `envoy/envoy.yaml` turn its last three parts into Prometheus labels.
fn name(policy: &str, kind: Kind, outcome: Outcome) -> String {
    format!("envoy_cors_requests_total.policy={policy}.kind={}.outcome={}", kind.name(), outcome.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counter_is_defined_once_under_its_own_name_and_number() {
        let mut names = Vec::new();
        let counters = Counters::define(
            "default",
            |_| true,
            |name| {
                names.push(name.to_owned());
                Some(names.len() as u32 - 1)
            },
        );
        for outcome in Outcome::ALL {
            for kind in Kind::ALL {
                let expected = outcome.kinds().contains(&kind).then(|| name("default", kind, outcome));
                let counted = counters.id(kind, outcome).map(|id| names[id as usize].clone());
                assert_eq!(counted, expected);
            }
        }
        assert_eq!(names[0], "envoy_cors_requests_total.policy=default.kind=preflight.outcome=allowed");
    }

    #[test]
    fn only_the_outcomes_of_a_policy_are_defined() {
        let mut names = 0;
        let define = |_: &str| {
            names += 1;
            None
        };
        let counters = Counters::define("-", |outcome| outcome == Outcome::PathAmbiguous, define);
        assert_eq!((names, counters.id(Kind::Request, Outcome::PathAmbiguous)), (2, None));
    }
}
