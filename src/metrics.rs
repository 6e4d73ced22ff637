//! The closed list of counters: one per policy, kind and outcome. No value of a request ever stands in a name.

use crate::decision::{Kind, Outcome};

/// Each pair of kind and outcome that a decision can have.
pub const PAIRS: [(Kind, Outcome); 9] = [
    (Kind::Preflight, Outcome::Allowed),
    (Kind::Preflight, Outcome::OriginRefused),
    (Kind::Preflight, Outcome::OriginMalformed),
    (Kind::Preflight, Outcome::MethodRefused),
    (Kind::Preflight, Outcome::HeadersRefused),
    (Kind::Request, Outcome::Allowed),
    (Kind::Request, Outcome::OriginRefused),
    (Kind::Request, Outcome::OriginMalformed),
    (Kind::Request, Outcome::SameOrigin),
];

/// The host's numbers of one policy's counters.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    ids: [Option<u32>; PAIRS.len()],
}

impl Counters {
    /// Defines the counters of a policy; `define` gives the host's number for a name, `None` where it has none to give.
    ///
    /// To be called once per configuration: Envoy hands out a new number at each call.
    pub fn define(policy: &str, mut define: impl FnMut(&str) -> Option<u32>) -> Self {
        Counters { ids: PAIRS.map(|(kind, outcome)| define(&name(policy, kind, outcome))) }
    }

    /// The number of the counter of a decision.
    pub fn id(&self, kind: Kind, outcome: Outcome) -> Option<u32> {
        let at = PAIRS.iter().position(|pair| *pair == (kind, outcome))?;
        self.ids.get(at).copied().flatten()
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
        let counters = Counters::define("default", |name| {
            names.push(name.to_owned());
            Some(names.len() as u32)
        });
        assert_eq!(names.len(), PAIRS.len());
        assert_eq!(names[0], "envoy_cors_requests_total.policy=default.kind=preflight.outcome=allowed");
        assert_eq!(counters.id(Kind::Preflight, Outcome::Allowed), Some(1));
        assert_eq!(counters.id(Kind::Request, Outcome::SameOrigin), Some(9));
        assert_eq!(counters.id(Kind::Request, Outcome::MethodRefused), None);
    }
}
