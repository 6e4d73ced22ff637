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

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u32, headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
        Answer { forwarded: None, details: None, status, headers, counted: Vec::new(), kept: None }
    }

    fn fetch(method: &str, headers: &[&str], credentials: bool) -> Fetch {
        Fetch {
            origin: String::from("https://a.example"),
            method: method.into(),
            authority: String::from("b.example"),
            path: String::from("/"),
            route: None,
            headers: headers.iter().map(|name| String::from(*name)).collect(),
            credentials,
        }
    }

    #[test]
    fn the_cors_check_takes_the_origin_itself_or_without_credentials_a_star() {
        let allow = |value| ("access-control-allow-origin", value);
        let credentials = |value| ("access-control-allow-credentials", value);
        for (headers, without, with) in [
            (vec![], false, false),
            (vec![allow("*")], true, false),
            (vec![allow("*"), credentials("true")], true, false),
            (vec![allow("https://a.example")], true, false),
            (vec![allow("https://a.example"), credentials("true")], true, true),
            (vec![allow("https://a.example"), credentials("TRUE")], true, false),
            (vec![allow("https://A.example")], false, false),
            (vec![allow("https://a.example"), allow("https://a.example")], false, false),
        ] {
            let response = response(200, &headers);
            assert_eq!(passes_cors_check("https://a.example", false, &response), without, "{headers:?}");
            assert_eq!(passes_cors_check("https://a.example", true, &response), with, "{headers:?}");
        }
    }

    #[test]
    fn a_preflight_is_sent_for_methods_and_headers_that_are_not_safelisted() {
        assert_eq!(fetch("GET", &["accept"], true).preflight(), None);
        let preflight = fetch("put", &["X-B", "x-a", "accept"], true).preflight().unwrap();
        assert_eq!(preflight.header("access-control-request-method").as_deref(), Some("PUT"));
        assert_eq!(preflight.header("access-control-request-headers").as_deref(), Some("x-a,x-b"));
    }

    #[test]
    fn a_preflight_is_accepted_if_it_lists_method_and_headers() {
        let allow = |methods, names| {
            let origin =
                [("access-control-allow-origin", "https://a.example"), ("access-control-allow-credentials", "true")];
            let lists = [("access-control-allow-methods", methods), ("access-control-allow-headers", names)];
            response(204, &[origin, lists].concat())
        };
        for (method, name, credentials, methods, names, expected) in [
            ("PUT", "x-a", false, "PUT", "x-a", true),
            ("PUT", "X-A", true, "PUT,PATCH", "x-b, x-a", true),
            ("POST", "x-a", false, "", "x-a", true),
            ("patch", "x-a", false, "PATCH", "x-a", false),
            ("PUT", "x-a", false, "*", "*", true),
            ("PUT", "x-a", true, "*", "x-a", false),
            ("PUT", "x-a", true, "PUT", "*", false),
            ("GET", "authorization", false, "*", "*", false),
            ("GET", "authorization", false, "*", "*,authorization", true),
            ("PUT", "x-a", false, "PUT", "x-a,x b", false),
        ] {
            let is_allowed = fetch(method, &[name], credentials).is_allowed_by(&allow(methods, names));
            assert_eq!(is_allowed, expected, "{method} {name} {credentials} {methods} {names}");
        }
        let refused = Answer { status: 403, ..allow("PUT", "x-a") };
        assert!(!fetch("PUT", &["x-a"], false).is_allowed_by(&refused));
    }

    #[test]
    fn a_page_sees_the_headers_that_are_safelisted_or_exposed() {
        let all = [("Content-Type", "t"), ("x-a", "1"), ("x-b", "2"), ("set-cookie", "c")];
        for (exposed, credentials, expected) in [
            ("", false, "content-type"),
            ("X-A", true, "content-type x-a"),
            ("*", false, "access-control-allow-origin access-control-expose-headers content-type x-a x-b"),
            ("*", true, "content-type"),
            ("set-cookie", false, "content-type"),
            ("x-a,x b", false, "content-type"),
        ] {
            let cors =
                [("access-control-allow-origin", "https://a.example"), ("access-control-expose-headers", exposed)];
            let response = response(200, &[all.as_slice(), &cors].concat());
            let names: Vec<String> = exposed_names(&response, credentials);
            assert_eq!(names.join(" "), expected, "{exposed} {credentials}");
        }
    }

    fn exposed_names(response: &Answer, credentials: bool) -> Vec<String> {
        exposed(response, credentials).into_iter().map(|(name, _)| name).collect()
    }
}
