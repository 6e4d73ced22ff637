//! A loaded configuration: what a plugin holds, and each of its streams.

use crate::config::{self, DangerouslyAllow, Document, PolicyDocument};
use crate::matching::Match;
use crate::metrics::Counters;
use crate::policies::Policies;
use crate::policy::Policy;
use crate::problem::{Fault, Problem};
use crate::scratch::Scratch;
use std::fmt;

/// The most pairs of a host and a path that the policies of a document may have: each is an entry of the index.
const MAX_PAIRS: usize = 100_000;

/// A configuration in force, by default one without any policy. Streams keep the one that they began with.
#[derive(Debug, Default)]
pub struct Configuration {
    /// The policies.
    pub policies: Policies,
    /// The counters of each policy, by its number.
    pub counters: Vec<Counters>,
    /// The counters of requests about which no policy is asked.
    pub ambiguous_counters: Counters,
    /// Whether covered responses tell the decision in `x-cors-decision`.
    pub debug_header: bool,
    /// Whether the decision is kept in Envoy's filter state, for access logs.
    pub decision_in_filter_state: bool,
    /// Room for what is written of headers.
    pub scratch: Scratch,
    dangerously_allow: DangerouslyAllow,
}

impl Configuration {
    /// Loads a document, or tells all that is wrong with it.
    ///
    /// `define` defines a counter and gives the host's number of it.
    // Out of line, as are the other large functions that run at load: merged into one they are larger by a hundredth of
    // the module, and what V8's compiler needs grows with the size of a function (tests/README.md, "Memory").
    #[inline(never)]
    pub fn load(document: &[u8], mut define: impl FnMut(&str) -> Option<u32>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let Some(document) = config::parse(document, &mut problems) else { return Err(problems) };
        refuse_doubled_names(&document, &mut problems);
        let mut policies = Vec::with_capacity(document.policies.len());
        let mut pairs: usize = 0;
        for policy in &document.policies {
            let matches = Match::compile(&policy.matches, &mut problems);
            pairs = pairs.saturating_add(matches.pairs());
            if pairs > MAX_PAIRS {
                problems.push(refuse_pairs(policy, &matches));
                // Counted anew, so that the policies behind are not blamed for this one.
                pairs = 0;
            }
            policies.push((Policy::compile(policy, &mut problems), matches));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let policies = Policies::new(policies);
        let mut counters_of = |policy: &Policy| match policy.enabled {
            true => Counters::of_policy(&policy.name, &mut define),
            false => Counters::default(),
        };
        let counters = policies.list().iter().map(&mut counters_of).collect();
        let ambiguous_counters = match policies.reads().path {
            true => Counters::of_ambiguous_paths(&mut define),
            false => Counters::default(),
        };
        Ok(Configuration {
            policies,
            counters,
            ambiguous_counters,
            debug_header: document.debug_header,
            decision_in_filter_state: document.decision_in_filter_state,
            scratch: Scratch::default(),
            dangerously_allow: document
                .policies
                .iter()
                .map(|policy| policy.dangerously_allow)
                .fold(DangerouslyAllow::default(), DangerouslyAllow::or),
        })
    }
}

/// What is loaded, in one line: `2 policies, 5 origin rules, dangerously allowed: null_origin`.
impl fmt::Display for Configuration {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let policies = self.policies.list();
        let rules: usize = policies.iter().map(|policy| policy.origins.rule_count()).sum();
        let plural = |count: usize, one: &'static str, many: &'static str| if count == 1 { one } else { many };
        write!(
            out,
            "{} {}, {rules} origin {}, dangerously allowed: ",
            policies.len(),
            plural(policies.len(), "policy", "policies"),
            plural(rules, "rule", "rules"),
        )?;
        let switches: Vec<&str> = self.dangerously_allow.names().collect();
        out.write_str(if switches.is_empty() { "nothing" } else { "" })?;
        out.write_str(&switches.join(", "))
    }
}

fn refuse_pairs(policy: &PolicyDocument, matches: &Match) -> Problem {
    let path = if policy.path.is_empty() { String::from("match") } else { format!("{}.match", policy.path) };
    let reason = format!("the pairs of a host and a path come to more than {MAX_PAIRS}");
    Fault::new(reason, "list fewer hosts or paths, globs stand for many")
        .at(&path, format!("{} pairs", matches.pairs()))
}

fn refuse_doubled_names(document: &Document, problems: &mut Vec<Problem>) {
    for (at, policy) in document.policies.iter().enumerate() {
        let earlier = document.policies.iter().take(at).find(|earlier| earlier.name.text == policy.name.text);
        if let Some(earlier) = earlier {
            let reason = format!("{} has this name already", earlier.path);
            let fault = Fault::new(reason, "give each policy a name of its own");
            problems.push(fault.of_text(&policy.name.path, &policy.name.text));
        }
    }
}
