//! Which keys are a policy document's.

use document::keys;

/// Whether a key is one of the document's.
pub fn is_known(key: &str) -> bool {
    keys::DOCUMENT.iter().chain(keys::POLICY).any(|own| own.name == key)
}

/// Whether a key is one of the document's, perhaps in another style (`allowOrigins`) or with a slip or two.
pub fn is_near(key: &str) -> bool {
    is_known(key) || keys::DOCUMENT.iter().chain(keys::POLICY).any(|own| is_near_to(key, own.name))
}

/// Whether a key is meant to be `name`.
pub fn is_near_to(key: &str, name: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-', ' '], "");
    let (key, name) = (plain(key), plain(name));
    let slips = if name.len() < 6 { 1 } else { 2 };
    key.len() <= 2 * name.len() && strsim::levenshtein(&key, &name) <= slips
}
