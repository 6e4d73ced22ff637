//! Which line of the document decided.

use super::filter::Answer;
use super::loaded::Policies;
use crate::fetch::Sent;
use cors::allow_origins::{AllowOrigins, Verdict};
use document::reader::Text;
use document::shape::PolicyDocument;

/// A key or a value of the document, by its JSON path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The path, such as `policies[1].allow_origins[0]`.
    pub path: String,
    /// The value as JSON, `None` where the document does not have it.
    pub value: Option<serde_json::Value>,
}

/// The rule or the key that decided about a request.
pub fn deciding(policies: &Policies, sent: &Sent, answer: &Answer) -> Option<Rule> {
    let policy = policies.policy(answer.policy?)?;
    let rule = |key: &str| {
        let path = path_in(policy, key);
        let value = super::change::at(&policies.json, &path).cloned();
        Some(Rule { path, value })
    };
    match answer.outcome.as_str() {
        "allowed" => {
            let text = covering(policy, sent.header("origin")?)?;
            Some(Rule { path: text.path.clone(), value: Some(text.text.clone().into()) })
        }
        "origin_refused" | "origin_malformed" | "same_origin" => rule("allow_origins"),
        "method_refused" => rule("allow_methods"),
        "headers_refused" => rule("allow_headers"),
        "disabled" => rule("enabled"),
        _ => None,
    }
}

/// The path of a policy's key.
pub fn path_in(policy: &PolicyDocument, key: &str) -> String {
    if policy.path.is_empty() { key.to_owned() } else { format!("{}.{key}", policy.path) }
}

/// The first rule that covers an origin by itself.
fn covering<'a>(policy: &'a PolicyDocument, origin: &[u8]) -> Option<&'a Text> {
    policy.allow_origins.iter().find(|rule| {
        let alone = AllowOrigins::new(document::origin_rule::parse(&rule.text).into_iter());
        alone.is_any() && !policy.allow_credentials || alone.judge(origin) == Verdict::Allowed
    })
}
