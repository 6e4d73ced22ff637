//! What a browser lets a page do and read, as Fetch says it: https://fetch.spec.whatwg.org.

use crate::document::{is_token, normalized_method};
use crate::exchange::{Answer, Header, Request, elements};

/// A fetch by a page of another origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// The page's origin, as browsers write it; `null` for an opaque one.
    pub origin: String,
    pub method: String,
    pub authority: String,
    pub path: String,
    pub route: Option<String>,
    /// The names of the headers that the page sets. Their values are none that Fetch safelists.
    pub headers: Vec<String>,
    /// Whether the credentials mode is `include`.
    pub credentials: bool,
}

/// What a page reads of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub status: u32,
    /// The headers that the page sees, names in lower case, sorted.
    pub headers: Vec<Header>,
}

impl Fetch {
    /// The actual request.
    pub fn request(&self) -> Request {
        let headers = self.headers.iter().map(|name| (name.to_ascii_lowercase(), String::from("value")));
        Request {
            method: normalized_method(&self.method),
            authority: self.authority.clone(),
            path: self.path.clone(),
            route: self.route.clone(),
            headers: [(String::from("origin"), self.origin.clone())].into_iter().chain(headers).collect(),
        }
    }

    /// Fetch, "CORS-unsafe request-header names": sorted, in lower case.
    fn unsafe_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.headers.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.retain(|name| !["accept", "accept-language", "content-language"].contains(&name.as_str()));
        names.sort();
        names.dedup();
        names
    }

    /// Fetch, "CORS-preflight fetch": the request, if there has to be one.
    pub fn preflight(&self) -> Option<Request> {
        let names = self.unsafe_names();
        let request = self.request();
        if ["GET", "HEAD", "POST"].contains(&request.method.as_str()) && names.is_empty() {
            return None;
        }
        let header = |name: &str, value: String| (name.to_owned(), value);
        let mut headers = vec![
            header("origin", self.origin.clone()),
            header("access-control-request-method", request.method.clone()),
        ];
        if !names.is_empty() {
            headers.push(header("access-control-request-headers", names.join(",")));
        }
        Some(Request { method: String::from("OPTIONS"), headers, ..request })
    }

    /// Fetch, "CORS-preflight fetch", from step 7 on: whether the response allows the actual request.
    ///
    /// The flag use-CORS-preflight is taken to be unset.
    pub fn is_allowed_by(&self, response: &Answer) -> bool {
        let is_ok = (200..300).contains(&response.status);
        if !is_ok || !passes_cors_check(&self.origin, self.credentials, response) {
            return false;
        }
        let methods = extract(response, "access-control-allow-methods");
        let names = extract(response, "access-control-allow-headers");
        let (Some(methods), Some(names)) = (methods, names) else { return false };
        let star_counts = |list: &[String]| !self.credentials && list.contains(&String::from("*"));
        let method = normalized_method(&self.method);
        let is_safelisted = ["GET", "HEAD", "POST"].contains(&method.as_str());
        if !methods.contains(&method) && !is_safelisted && !star_counts(&methods) {
            return false;
        }
        let lists = |name: &String| names.iter().any(|own| own.eq_ignore_ascii_case(name));
        self.unsafe_names().iter().all(|name| lists(name) || name != "authorization" && star_counts(&names))
    }

    /// What the page reads of the response to the actual request; `None` if Fetch makes it a network error.
    pub fn read(&self, response: &Answer) -> Option<Reading> {
        passes_cors_check(&self.origin, self.credentials, response)
            .then(|| Reading { status: response.status, headers: exposed(response, self.credentials) })
    }
}

/// Fetch, "CORS check".
pub fn passes_cors_check(origin: &str, credentials: bool, response: &Answer) -> bool {
    let Some(allowed) = response.header("access-control-allow-origin") else { return false };
    if !credentials && allowed == "*" {
        return true;
    }
    allowed == origin
        && (!credentials || response.header("access-control-allow-credentials").as_deref() == Some("true"))
}

/// Fetch, "extract header list values": `None` for failure. An absent header lists nothing.
fn extract(response: &Answer, name: &str) -> Option<Vec<String>> {
    let list = elements(&response.header(name).unwrap_or_default());
    list.iter().all(|element| is_token(element)).then_some(list)
}

/// The headers that a page sees (Fetch, "CORS filtered response").
fn exposed(response: &Answer, credentials: bool) -> Vec<Header> {
    let exposed = extract(response, "access-control-expose-headers").unwrap_or_default();
    let is_safelisted = |name: &str| {
        ["cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"]
            .contains(&name)
    };
    let all = !credentials && exposed.contains(&String::from("*"));
    let is_exposed = |name: &str| {
        !["set-cookie", "set-cookie2"].contains(&name)
            && (is_safelisted(name) || all || exposed.iter().any(|own| own.eq_ignore_ascii_case(name)))
    };
    let lowered = response.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    let mut headers: Vec<Header> = lowered.filter(|(name, _)| is_exposed(name)).collect();
    headers.sort();
    headers
}
