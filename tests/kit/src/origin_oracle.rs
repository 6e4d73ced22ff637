//! Origins: our parser, and the URL standard as the crate `url` has it.

use cors::origin::{MAX_HOST_BYTES, MAX_LABEL_BYTES, Origin};
use url::{Host, Url};

/// Whatever URL a page has, its origin is parsed.
pub fn parses_what_a_browser_sends(text: &str) {
    if let Ok(url) = Url::parse(text)
        && let Some(host) = url.host()
        // Port 0 cannot be connected to, and other schemes have no origin in the URL standard.
        && url.origin().is_tuple() && url.port() != Some(0) && is_in_scope(&host)
    {
        let origin = url.origin().ascii_serialization();
        assert!(Origin::parse(origin.as_bytes()).is_some(), "{origin} of {text}");
    }
}

/// Whatever is parsed is what a browser sends.
pub fn parses_nothing_else(text: &str) {
    let Some(origin) = Origin::parse(text.as_bytes()) else { return };
    match Url::parse(text) {
        // Other schemes have no origin in the URL standard; the URL comes back unchanged all the same.
        Ok(url) if !url.is_special() => assert_eq!(url.as_str(), text),
        Ok(url) => assert_eq!(url.origin().ascii_serialization(), text),
        // Whether a label is valid Punycode takes tables; if it is not, no browser has such a page.
        Err(error) => assert!(text.contains("xn--"), "{text}: {error}"),
    }
    let port = origin.port().map(|port| format!(":{port}")).unwrap_or_default();
    let [scheme, host] = [origin.scheme(), origin.host()].map(String::from_utf8_lossy);
    assert_eq!(format!("{scheme}://{host}{port}"), text, "the parts are the whole");
}

/// Whether the host is one that we mean to parse: an address, or a name of labels that DNS can hold.
fn is_in_scope(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(_) | Host::Ipv6(_) => true,
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let is_label = |label: &str| {
                (1..=MAX_LABEL_BYTES).contains(&label.len())
                    && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
            };
            name.len() <= MAX_HOST_BYTES && name.split('.').all(is_label)
        }
    }
}
