//! Origins (HTML, "Origin"; URL, "Origin"; Fetch, "`Origin` header" and "redirect-tainted origin").

use std::fmt;
use url::Url;

/// The origin of a page or a URL.
///
/// An opaque origin is same origin with nothing here: the model has no page whose opaque origin is also a URL's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Sandboxed frames, `data:` and `file:` pages.
    Opaque,
    /// A scheme, a host and a port, serialized.
    Tuple(String),
}

impl Origin {
    /// The origin of a page, given its URL or an origin; `null` is the opaque one.
    ///
    /// Browsers give the pages of apps and extensions (`capacitor:`, `chrome-extension:`) tuple origins, which the URL
    /// standard leaves open.
    pub fn of_page(page: &str) -> Option<Self> {
        if page == "null" {
            return Some(Origin::Opaque);
        }
        let url = Url::parse(page).ok()?;
        match (url.origin(), url.host_str()) {
            (origin @ url::Origin::Tuple(..), _) => Some(Origin::Tuple(origin.ascii_serialization())),
            (_, Some(host)) if !host.is_empty() && url.scheme() != "file" => {
                let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                Some(Origin::Tuple(format!("{}://{host}{port}", url.scheme())))
            }
            _ => Some(Origin::Opaque),
        }
    }

    /// The origin of a URL.
    pub fn of_url(url: &Url) -> Self {
        match url.origin() {
            origin @ url::Origin::Tuple(..) => Origin::Tuple(origin.ascii_serialization()),
            url::Origin::Opaque(_) => Origin::Opaque,
        }
    }

    /// HTML, "same origin".
    pub fn is_same_origin(&self, other: &Origin) -> bool {
        *self != Origin::Opaque && self == other
    }

    /// HTML, "serialization of an origin".
    pub fn serialize(&self) -> &str {
        match self {
            Origin::Opaque => "null",
            Origin::Tuple(text) => text,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(self.serialize())
    }
}

/// Fetch, "redirect-tainted origin": whether a redirect from one foreign origin to another has cost the request its own.
pub fn is_redirect_tainted(origin: &Origin, urls: &[Url]) -> bool {
    urls.windows(2).any(|pair| match pair {
        [last, next] => {
            let last = Origin::of_url(last);
            !Origin::of_url(next).is_same_origin(&last) && !origin.is_same_origin(&last)
        }
        _ => false,
    })
}

/// Mixed Content, "Should fetching request be blocked as mixed content?": a page by https asks for a URL by http, which
/// is not on the same machine.
pub fn is_mixed_content(page: &Origin, url: &Url) -> bool {
    let is_secure = matches!(page, Origin::Tuple(text) if text.starts_with("https://"));
    let is_local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    is_secure && url.scheme() == "http" && !is_local
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> String {
        Origin::of_page(text).unwrap().to_string()
    }

    #[test]
    fn pages_have_the_origin_that_browsers_send() {
        assert_eq!(page("https://APP.Example.com:443/a?b#c"), "https://app.example.com");
        assert_eq!(page("http://[0:0:0:0:0:0:0:1]:3000"), "http://[::1]:3000");
        assert_eq!(page("https://bücher.example"), "https://xn--bcher-kva.example");
        assert_eq!(page("http://2130706433"), "http://127.0.0.1");
        assert_eq!(page("chrome-extension://abcdef/page.html"), "chrome-extension://abcdef");
        assert_eq!(page("capacitor://localhost"), "capacitor://localhost");
        for opaque in ["null", "data:text/html,x", "file:///index.html", "about:blank"] {
            assert_eq!(page(opaque), "null", "{opaque}");
        }
        assert_eq!(Origin::of_page("app.example.com"), None);
    }

    #[test]
    fn an_opaque_origin_is_same_origin_with_nothing() {
        assert!(!Origin::Opaque.is_same_origin(&Origin::Opaque));
    }

    #[test]
    fn an_origin_is_tainted_by_a_redirect_between_foreign_origins_only() {
        let origin = Origin::of_page("https://a.test").unwrap();
        let tainted = |urls: &[&str]| {
            let urls: Vec<Url> = urls.iter().map(|url| Url::parse(url).unwrap()).collect();
            is_redirect_tainted(&origin, &urls)
        };
        assert!(!tainted(&["https://b.test/"]));
        assert!(!tainted(&["https://b.test/", "https://b.test/2"]));
        assert!(!tainted(&["https://a.test/", "https://b.test/"]));
        assert!(tainted(&["https://b.test/", "https://c.test/"]));
        assert!(tainted(&["https://b.test/", "https://a.test/"]));
        assert!(tainted(&["https://b.test/", "https://c.test/", "https://c.test/2"]));
    }

    #[test]
    fn mixed_content_is_http_on_another_machine() {
        let mixed =
            |page: &str, url: &str| is_mixed_content(&Origin::of_page(page).unwrap(), &Url::parse(url).unwrap());
        assert!(mixed("https://a.test", "http://b.test/"));
        assert!(!mixed("https://a.test", "http://localhost:8080/"));
        assert!(!mixed("https://a.test", "http://127.0.0.1/"));
        assert!(!mixed("http://a.test", "http://b.test/"));
        assert!(!mixed("https://a.test", "https://b.test/"));
    }
}
