//! Whose configuration a filter has: see the rules in `find`.

use super::key;
use super::{Node, Value};

/// Keys that other documents have as well.
const COMMON_KEYS: [&str; 3] = ["name", "match", "enabled"];

/// Whether a filter is envoy-cors: by its names, and by its configuration, of which `text` is there where it is not JSON.
pub fn is_ours(names: &[&str], configuration: Option<&Node>, text: Option<&str>) -> bool {
    let says = |word: &str| names.iter().any(|name| name.to_ascii_lowercase().replace('_', "-").contains(word));
    if says("envoy-cors") {
        return true;
    }
    match configuration {
        Some(node) if says("cors") => has_origins(node, key::is_near_to) && keys(node).all(key::is_near),
        Some(node) => has_origins(node, |key, name| key == name) && keys(node).all(key::is_known),
        None => says("cors") && text.is_some_and(|text| text.contains("allow_origins")),
    }
}

/// Whether a document that is not in a filter is a policy.
pub fn is_bare(root: &Node) -> bool {
    let is_manifest = root.get("apiVersion").is_some() && root.get("kind").is_some();
    !is_manifest && keys(root).any(|key| key::is_near(key) && !COMMON_KEYS.contains(&key))
}

fn keys(node: &Node) -> impl Iterator<Item = &str> {
    node.members().iter().map(|(key, _)| key.text.as_str())
}

/// Whether there are origin rules, in the document or in one of its policies.
fn has_origins(node: &Node, is: fn(&str, &str) -> bool) -> bool {
    keys(node).any(|key| is(key, "allow_origins"))
        || node.members().iter().filter(|(key, _)| is(&key.text, "policies")).any(|(_, policies)| {
            matches!(policies.value, Value::List(_))
                && policies.items().iter().any(|policy| keys(policy).any(|key| is(key, "allow_origins")))
        })
}
