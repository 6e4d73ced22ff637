//! What is examined: an address, and the page that wants to read it.

use crate::fetch::request_headers::unsafe_headers;
use crate::fetch::{Credentials, Header, Request, Sent, preflight};
use url::Url;

/// An address, and the request that a page would send there.
#[derive(Debug, Clone)]
pub struct Target {
    /// The page's request; its headers without those that no page can set, its method as browsers spell it.
    pub request: Request,
    /// The bytes of the body, for `--send`.
    pub body: Option<Vec<u8>>,
    /// More origins that are meant to be allowed.
    pub also: Vec<String>,
    /// The `Host` header, where it is not the address's.
    pub host: Option<String>,
    /// Whether the method itself may be sent.
    pub send: bool,
}

/// Methods that are sent without being allowed to.
pub fn is_harmless(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

impl Target {
    /// The origin of the page, as a browser sends it.
    pub fn page(&self) -> &str {
        self.request.origin.serialize()
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.request.url
    }

    /// The method of the page.
    pub fn method(&self) -> &str {
        &self.request.method
    }

    /// Whether the page wants cookies and the like to go along.
    pub fn wants_credentials(&self) -> bool {
        self.request.credentials == Credentials::Include
    }

    /// Whether the method itself is sent; otherwise a GET takes its place.
    pub fn sends_method(&self) -> bool {
        self.send || is_harmless(self.method())
    }

    /// An actual request, from an origin or from none.
    pub fn actual(&self, method: &str, url: &Url, origin: Option<&str>) -> Sent {
        let mut headers = self.common(origin);
        if let Some(cookies) = self.request.cookies.as_ref().filter(|_| self.wants_credentials()) {
            headers.push((String::from("cookie"), cookies.clone()));
        }
        headers.extend(self.request.headers.iter().cloned());
        if !headers.iter().any(|(name, _)| name == "accept") {
            headers.push((String::from("accept"), b"*/*".to_vec()));
        }
        Sent { is_preflight: false, method: method.to_owned(), url: url.clone(), headers }
    }

    /// The headers of the page for which a preflight asks.
    pub fn asked_headers(&self) -> Vec<Header> {
        let names = unsafe_headers(&self.request.headers).into_iter().map(|header| header.name);
        names.map(|name| (name, b"x".to_vec())).collect()
    }

    /// A preflight that asks for these headers.
    pub fn preflight(&self, origin: &str, method: &str, headers: &[Header]) -> Sent {
        let mut sent = preflight::request(self.url(), origin, method, headers);
        if let Some(host) = &self.host {
            sent.headers.insert(0, (String::from("host"), host.clone().into_bytes()));
        }
        sent
    }

    fn common(&self, origin: Option<&str>) -> Vec<Header> {
        let host = self.host.iter().map(|host| (String::from("host"), host.clone().into_bytes()));
        host.chain(origin.map(|origin| (String::from("origin"), origin.as_bytes().to_vec()))).collect()
    }
}
