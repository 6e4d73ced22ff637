//! Rules that give more away than their author may know.

use crate::origin_rule;
use crate::problem::{Fault, Problem};
use crate::shape::PolicyDocument;
use cors::origin_rule::OriginRule;

/// Reads `allow_origins`; what is wrong with a rule, or dangerous and not allowed by name, goes to `problems`.
///
/// One by one: the memory of a VM never shrinks, and of a hundred thousand rules each copy counts.
pub fn allow_origins(document: &PolicyDocument, problems: &mut Vec<Problem>) -> impl Iterator<Item = OriginRule> {
    document.allow_origins.iter().filter_map(|text| match origin_rule::parse(&text.text) {
        Ok(pattern) => {
            let faults = find_dangers(&pattern, document);
            problems.extend(faults.into_iter().map(|fault| fault.of_text(&text.path, &text.text)));
            Some(pattern)
        }
        Err(fault) => {
            problems.push(fault.of_text(&text.path, &text.text));
            None
        }
    })
}

/// What makes a rule dangerous that the document does not allow by name.
fn find_dangers(pattern: &OriginRule, document: &PolicyDocument) -> Vec<Fault> {
    let allowed = document.dangerously_allow;
    let mut faults = Vec::new();
    match pattern {
        OriginRule::Any if document.allow_credentials && !allowed.any_origin_with_credentials => faults.push(Fault::new(
            "any site could act as its visitors and read the answers",
            "list the origins, or leave out allow_credentials, or list \"any_origin_with_credentials\" in dangerously_allow",
        )),
        OriginRule::Null if !allowed.null_origin => faults.push(Fault::new(
            "any site can send the origin null, from a sandboxed frame",
            "remove it, or list \"null_origin\" in dangerously_allow",
        )),
        OriginRule::Pattern(pattern) => {
            if origin_rule::is_broad(pattern) && !allowed.broad_patterns {
                faults.push(Fault::new(
                    "the wildcard covers hosts of other owners, two literal labels must follow the label that holds it",
                    "write a rule such as \"https://*.example.com\", or list \"broad_patterns\" in dangerously_allow",
                ));
            }
            if origin_rule::is_insecure(pattern) && document.allow_credentials && !allowed.insecure_origins_with_credentials {
                faults.push(Fault::new(
                    "anybody on the way can put scripts into a page that comes over plain http, and act as its visitors",
                    "write https://, or leave out allow_credentials, or list \"insecure_origins_with_credentials\" in dangerously_allow",
                ));
            }
        }
        _ => {}
    }
    faults
}
