//! The closed list of counters: one per policy, kind and outcome. No value of a request ever stands in a name.

use crate::decision::{Kind, Outcome};

/// Each pair of kind and outcome that a policy's decision can have, then those of an ambiguous path.
const PAIRS: [(Kind, Outcome); 11] = [
    (Kind::Preflight, Outcome::Allowed),
    (Kind::Preflight, Outcome::OriginRefused),
    (Kind::Preflight, Outcome::OriginMalformed),
    (Kind::Preflight, Outcome::MethodRefused),
    (Kind::Preflight, Outcome::HeadersRefused),
    (Kind::Request, Outcome::Allowed),
    (Kind::Request, Outcome::OriginRefused),
    (Kind::Request, Outcome::OriginMalformed),
    (Kind::Request, Outcome::SameOrigin),
    (Kind::Preflight, Outcome::PathAmbiguous),
    (Kind::Request, Outcome::PathAmbiguous),
];

/// Room for each kind and each outcome, so that a counter is found without a search.
const SLOTS: usize = 16;

fn slot(kind: Kind, outcome: Outcome) -> usize {
    kind as usize * (SLOTS / 2) + outcome as usize
}

/// The name under which requests are counted about which no policy is asked.
const NO_POLICY: &str = "-";

/// The host's numbers of one policy's counters.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    ids: [Option<u32>; SLOTS],
}

impl Counters {
    /// Defines the counters of a policy; `define` gives the host's number for a name, `None` where it has none to give.
    ///
    /// To be called once per configuration: Envoy hands out a new number at each call.
    pub fn of_policy(policy: &str, define: impl FnMut(&str) -> Option<u32>) -> Self {
        Self::define(policy, |outcome| outcome != Outcome::PathAmbiguous, define)
    }

    /// Defines the counters of requests whose path is ambiguous.
    pub fn of_ambiguous_paths(define: impl FnMut(&str) -> Option<u32>) -> Self {
        Self::define(NO_POLICY, |outcome| outcome == Outcome::PathAmbiguous, define)
    }

    fn define(policy: &str, has: impl Fn(Outcome) -> bool, mut define: impl FnMut(&str) -> Option<u32>) -> Self {
        let mut counters = Counters::default();
        for (kind, outcome) in PAIRS {
            if has(outcome)
                && let Some(id) = counters.ids.get_mut(slot(kind, outcome))
            {
                *id = define(&name(policy, kind, outcome));
            }
        }
        counters
    }

    /// The number of the counter of a decision.
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
    fn each_counter_is_defined_once_under_its_name() {
        let mut names = Vec::new();
        let mut define = |name: &str| {
            names.push(name.to_owned());
            Some(names.len() as u32)
        };
        let counters = Counters::of_policy("default", &mut define);
        let ambiguous = Counters::of_ambiguous_paths(&mut define);
        assert_eq!(names.len(), PAIRS.len());
        assert_eq!(names[0], "envoy_cors_requests_total.policy=default.kind=preflight.outcome=allowed");
        assert_eq!(names[10], "envoy_cors_requests_total.policy=-.kind=request.outcome=path_ambiguous");
        assert_eq!(ambiguous.id(Kind::Request, Outcome::PathAmbiguous), Some(11));
        assert_eq!(counters.id(Kind::Request, Outcome::PathAmbiguous), None);
        assert_eq!(counters.id(Kind::Preflight, Outcome::Allowed), Some(1));
        assert_eq!(counters.id(Kind::Request, Outcome::SameOrigin), Some(9));
        assert_eq!(counters.id(Kind::Request, Outcome::MethodRefused), None);
    }
}
