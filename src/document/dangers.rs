//! Rules that give more away than their author may know.

use crate::origin_rule;
use crate::problem::Problem;
use crate::reason::Reason;
use crate::shape::PolicyDocument;
use crate::switches::Switch;
use cors::origin_rule::OriginRule;

/// Reads `allow_origins`; what is wrong with a rule, or dangerous and not allowed by name, goes to `problems`.
///
/// One by one: the memory of a VM never shrinks, and of a hundred thousand rules each copy counts.
pub(crate) fn allow_origins(
    document: &PolicyDocument,
    problems: &mut Vec<Problem>,
) -> impl Iterator<Item = OriginRule> {
    document.allow_origins.iter().filter_map(|text| {
        let mut refuse = |reason| problems.push(Problem::of_text(&text.path, &text.text, reason));
        let rule = origin_rule::parse(&text.text).map_err(|spelling| refuse(Reason::Origin(spelling))).ok()?;
        for switch in needed_switches(&rule, document.allow_credentials) {
            if !document.dangerously_allow.contains(switch) {
                refuse(Reason::Dangerous(switch));
            }
        }
        Some(rule)
    })
}

/// The switches that a rule needs.
pub fn needed_switches(rule: &OriginRule, credentials: bool) -> impl Iterator<Item = Switch> {
    let [first, second] = match rule {
        OriginRule::Any => [credentials.then_some(Switch::AnyOriginWithCredentials), None],
        OriginRule::Null => [Some(Switch::NullOrigin), None],
        OriginRule::Pattern(pattern) => [
            origin_rule::is_broad(pattern).then_some(Switch::BroadPatterns),
            (credentials && origin_rule::is_insecure(pattern)).then_some(Switch::InsecureOriginsWithCredentials),
        ],
    };
    first.into_iter().chain(second)
}
