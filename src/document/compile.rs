//! From a document to the policies of the core.

use crate::dangers::allow_origins;
use crate::header_names::{allow_headers, expose_headers};
use crate::match_rule::compile_match;
use crate::method_names::allow_methods;
use crate::problem::Problem;
use crate::quote::enumerate;
use crate::reason::Reason;
use crate::shape::{self, Document, PolicyDocument};
use crate::switches::Switches;
use cors::allow_headers::AllowHeaders;
use cors::allow_methods::AllowMethods;
use cors::allow_origins::AllowOrigins;
use cors::configuration::Configuration;
use cors::lookup::{Index, hash};
use cors::match_rule::Match;
use cors::policies::Policies;
use cors::policy::{Policy, Rules};
use std::fmt;

/// The most combinations of a host, a path and a route name that the policies of a document may have; each is an entry of
/// the index. The text of [`Reason::TooManyPairs`] says so.
const MAX_COMBINATIONS: usize = 100_000;

/// A document that was loaded. Its text is what was loaded, in one line: `2 policies, 5 origin rules, dangerously
/// allowed: null_origin`.
#[derive(Debug)]
pub struct Loaded {
    /// The compiled configuration.
    pub configuration: Configuration,
    /// The switches in use, of all policies.
    pub dangerously_allow: Switches,
}

/// Loads a document, or returns all that is wrong with it.
// Out of line, as are the other large functions that run at load: merged into one they are larger by a hundredth of
// the module, and what V8's compiler needs grows with the size of a function (tests/README.md, "Memory").
#[inline(never)]
pub fn load(document: &[u8]) -> Result<Loaded, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(document) = shape::parse(document, &mut problems) else { return Err(problems) };
    refuse_duplicate_names(&document, &mut problems);
    let mut policies = Vec::with_capacity(document.policies.len());
    let mut combinations: usize = 0;
    for policy in &document.policies {
        let matches = compile_match(&policy.matches, &mut problems);
        combinations = combinations.saturating_add(matches.combinations());
        if combinations > MAX_COMBINATIONS {
            problems.push(refuse_combinations(policy, &matches));
            // Counted anew, so that later policies are not blamed for this one.
            combinations = 0;
        }
        policies.push((compile_policy(policy, &mut problems), matches));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let policies = Policies::new(policies);
    let dangerously_allow =
        document.policies.iter().map(|policy| policy.dangerously_allow).fold(Switches::default(), Switches::or);
    let configuration = Configuration::new(policies, document.debug_header, document.decision_in_filter_state);
    Ok(Loaded { configuration, dangerously_allow })
}

/// Compiles a policy; what is wrong with it goes to `problems`.
fn compile_policy(document: &PolicyDocument, problems: &mut Vec<Problem>) -> Policy {
    let methods = allow_methods(&document.allow_methods, problems);
    let headers = allow_headers(&document.allow_headers, problems);
    let origins = AllowOrigins::new(allow_origins(document, problems));
    if origins.try_too_many() {
        let rules = format!("{} rules", origins.rule_count());
        problems.push(Problem::described(path_of(document, "allow_origins"), rules, Reason::TooManyGlobs));
    }
    Policy::new(Rules {
        name: document.name.text.clone(),
        enabled: document.enabled,
        allow_origins: origins,
        allow_methods: AllowMethods::new(methods.any, methods.names),
        allow_headers: AllowHeaders::new(headers.any, headers.names),
        expose_headers: expose_headers(&document.expose_headers, document.allow_credentials, problems),
        allow_credentials: document.allow_credentials,
        max_age: document.max_age,
        options: document.options,
    })
}

impl fmt::Display for Loaded {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let policies: Vec<&Policy> =
            self.configuration.policies.list().iter().filter(|policy| !policy.is_for_ambiguous_paths()).collect();
        let rules: usize = policies.iter().map(|policy| policy.allow_origins.rule_count()).sum();
        let plural = |count: usize, one: &'static str, many: &'static str| if count == 1 { one } else { many };
        write!(
            out,
            "{} {}, {rules} origin {}, dangerously allowed: ",
            policies.len(),
            plural(policies.len(), "policy", "policies"),
            plural(rules, "rule", "rules"),
        )?;
        let switches: Vec<&str> = self.dangerously_allow.names().collect();
        let switches = enumerate(if switches.is_empty() { &["nothing"] } else { &switches }, ", ", str::to_owned);
        out.write_str(&switches)
    }
}

/// The JSON path of a key of a policy.
fn path_of(policy: &PolicyDocument, key: &str) -> String {
    if policy.path.is_empty() { key.to_owned() } else { format!("{}.{key}", policy.path) }
}

fn refuse_combinations(policy: &PolicyDocument, matches: &Match) -> Problem {
    let path = path_of(policy, "match");
    Problem::described(path, format!("{} combinations", matches.combinations()), Reason::TooManyPairs)
}

fn refuse_duplicate_names(document: &Document, problems: &mut Vec<Problem>) {
    let mut index = Index::with_capacity(document.policies.len());
    for (at, policy) in document.policies.iter().enumerate() {
        let hash = hash(policy.name.text.as_bytes());
        let is_same = |at: usize| document.policies.get(at).is_some_and(|other| other.name.text == policy.name.text);
        match index.find(hash, is_same).and_then(|earlier| document.policies.get(earlier)) {
            Some(earlier) => {
                let reason = Reason::DuplicateName(earlier.path.clone());
                problems.push(Problem::of_text(&policy.name.path, &policy.name.text, reason));
            }
            None => index.insert(hash, at),
        }
    }
}
