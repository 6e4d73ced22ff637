//! The switches of `dangerously_allow`: those in use, and those that allow nothing.

use super::{Policy, Warnings, origins, quote};
use cors::origin_rule::OriginRule;
use document::origin_rule;

pub fn find(policy: &Policy, warnings: &mut Warnings) {
    for (path, switch) in &policy.switches {
        let Some((used_by, effect)) = use_of(policy, switch) else { continue };
        match used_by {
            Some(rule) => warnings.value(
                "dangerous_switch",
                path,
                &quote(switch),
                format!("{rule} uses it: {effect}"),
                "keep it only if that is what you want",
            ),
            None => warnings.value(
                "unused_switch",
                path,
                &quote(switch),
                "no rule needs it, but a rule that is added later could use it unnoticed",
                "remove it",
            ),
        }
    }
}

/// The first rule that a switch allows, and what it means; `None` for what is not a switch.
fn use_of<'a>(policy: &'a Policy, switch: &str) -> Option<(Option<&'a str>, &'static str)> {
    let credentials = policy.written.allow_credentials;
    let of_rule =
        |is: fn(&OriginRule) -> bool| policy.rules.iter().find(|rule| is(&rule.pattern)).map(|rule| rule.path.as_str());
    Some(match switch {
        "any_origin_with_credentials" => (
            of_rule(|pattern| matches!(pattern, OriginRule::Any)).filter(|_| credentials),
            "any site can act as its visitors and read the responses",
        ),
        "insecure_origins_with_credentials" => (
            of_rule(|pattern| matches!(pattern, OriginRule::Pattern(origin) if origin_rule::is_insecure(origin)))
                .filter(|_| credentials),
            "anyone on the network path can act as the visitors of such a page",
        ),
        "null_origin" => (
            of_rule(|pattern| matches!(pattern, OriginRule::Null)),
            "any site can send the origin null, from a sandboxed frame",
        ),
        "broad_patterns" => {
            let mut origins = policy.origins();
            let rule = origins.find(|(rule, pattern)| {
                origin_rule::is_broad(pattern) || credentials && origins::public_suffix(&rule.text, pattern).is_some()
            });
            let rule = rule.map(|(rule, _)| rule.path.as_str());
            (rule, "the rule covers other people's hosts")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::codes;

    /// What is said of the switch of a policy.
    fn said(rules: &str, credentials: bool, switch: &str) -> Vec<&'static str> {
        let text = format!(
            "{{\"allow_origins\": [{rules}], \"allow_credentials\": {credentials}, \"dangerously_allow\": [\"{switch}\"]}}"
        );
        let is_of_switch = |code: &&str| code.ends_with("_switch");
        codes(&text).into_iter().map(|(code, _)| code).filter(is_of_switch).collect()
    }

    #[test]
    fn a_switch_is_in_use_or_it_is_not() {
        let (used, unused) = (["dangerous_switch"], ["unused_switch"]);
        assert_eq!(said("\"*\"", true, "any_origin_with_credentials"), used);
        assert_eq!(said("\"*\"", false, "any_origin_with_credentials"), unused);
        assert_eq!(said("\"http://a.example\"", true, "insecure_origins_with_credentials"), used);
        assert_eq!(said("\"http://localhost\"", true, "insecure_origins_with_credentials"), unused);
        assert_eq!(said("\"null\"", false, "null_origin"), used);
        assert_eq!(said("\"https://a.example\"", false, "null_origin"), unused);
        assert_eq!(said("\"https://*.com\"", false, "broad_patterns"), used);
        assert_eq!(said("\"https://*.co.uk\"", true, "broad_patterns"), used);
        assert_eq!(said("\"https://*.co.uk\"", false, "broad_patterns"), unused);
        assert_eq!(said("\"https://*.example.com\"", false, "broad_patterns"), unused);
    }
}
