//! Origins that browsers spell differently.

use url::Url;

/// Whether a value was meant to be the page's origin, but browsers write that differently.
pub fn is_misspelt(value: &str, page: &str) -> bool {
    let value = value.trim();
    let meant = Url::parse(value).map(|url| url.origin().ascii_serialization());
    value.contains('*')
        || value != page && (meant.is_ok_and(|origin| origin == page) || value.trim_end_matches('/') == page)
}
