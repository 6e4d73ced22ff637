//! A request from its beginning to its end (Fetch, "main fetch", "HTTP fetch" and "HTTP-network-or-cache fetch").

use super::cors_check;
use super::origin::{Origin, is_redirect_tainted};
use super::preflight::{self, Because};
use super::redirect::{Redirected, location};
use super::request_headers::{is_forbidden, is_no_cors_safelisted};
use super::response::{ResponseHead, basic_readable, cors_readable};
use super::{Body, Check, Credentials, Failure, Header, Mode, Request, Sent, Verdict, methods};
use url::Url;

/// What a browser did, from the first URL to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The headers of the page that the browser left out, and why.
    pub dropped: Vec<Dropped>,
    /// One URL after the other: more than one where there were redirects, none where nothing was sent.
    pub hops: Vec<Hop>,
    /// What the page gets.
    pub verdict: Verdict,
    /// The names of the response headers that the page can read.
    pub readable_headers: Vec<String>,
    /// Why the page is blocked.
    pub failure: Option<Failure>,
}

/// A header that a page cannot set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The name.
    pub name: String,
    /// The reason, in words.
    pub reason: &'static str,
}

/// What happened at one URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The URL.
    pub url: Url,
    /// Whether it was handled as one of the page's own origin.
    pub is_same_origin: bool,
    /// The value of `Origin` where it is sent; `null` after a redirect between foreign origins.
    pub origin: String,
    /// Why a preflight was sent; nothing where there was none.
    pub because: Vec<Because>,
    /// The preflight.
    pub preflight: Option<Exchange>,
    /// The request itself, nothing where the preflight failed.
    pub request: Option<Exchange>,
}

/// A request, its response, and the browser's checks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent.
    pub request: Sent,
    /// What came back.
    pub response: ResponseHead,
    /// The checks; none where CORS does not concern the response.
    pub checks: Vec<Check>,
}

/// How much of a response a page may see (Fetch, "response tainting").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tainting {
    Basic,
    Cors,
    Opaque,
}

/// A request on its way.
struct Fetch<'a> {
    request: &'a Request,
    method: String,
    headers: Vec<Header>,
    body: Body,
    urls: Vec<Url>,
    tainting: Tainting,
    hops: Vec<Hop>,
}

/// Runs a request as a browser would. `send` answers each request that leaves the browser; where it gives `Err`, no
/// response came, and it says why.
///
/// The caches of browsers are empty: a preflight that is needed is sent.
pub fn run(request: &Request, send: &mut dyn FnMut(&Sent) -> Result<ResponseHead, String>) -> Trace {
    let method = methods::normalize(&request.method);
    let (headers, dropped) = settable(request);
    let mut fetch = Fetch {
        request,
        method,
        headers,
        body: request.body,
        urls: vec![request.url.clone()],
        tainting: Tainting::Basic,
        hops: Vec::new(),
    };
    let end = match refuse_in_script(request, &fetch.method) {
        Some(failure) => Err(failure),
        None => fetch.run(send),
    };
    let Fetch { hops, .. } = fetch;
    match end {
        Ok((verdict, readable_headers)) => Trace { dropped, hops, verdict, readable_headers, failure: None },
        Err(failure) => {
            let (verdict, readable_headers) = (Verdict::Blocked, Vec::new());
            Trace { dropped, hops, verdict, readable_headers, failure: Some(failure) }
        }
    }
}

/// Fetch, "Request class", constructor: what throws before anything is sent.
fn refuse_in_script(request: &Request, method: &str) -> Option<Failure> {
    if methods::is_forbidden(method) {
        Some(Failure::ForbiddenMethod(request.method.clone()))
    } else if request.mode == Mode::NoCors && !methods::is_safelisted(method) {
        Some(Failure::MethodUnderNoCors(request.method.clone()))
    } else if request.body != Body::None && matches!(method, "GET" | "HEAD") {
        Some(Failure::BodyOfGet)
    } else {
        None
    }
}

/// Fetch, "Headers class": the guards `request` and `request-no-cors`.
fn settable(request: &Request) -> (Vec<Header>, Vec<Dropped>) {
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for (name, value) in &request.headers {
        let reason = if is_forbidden(name, value) {
            Some("no page can set this header (Fetch, forbidden request-header)")
        } else if request.mode == Mode::NoCors && !is_no_cors_safelisted(name, value) {
            Some("under no-cors, a page can set safelisted headers only (Fetch, no-CORS-safelisted request-header)")
        } else {
            None
        };
        match reason {
            Some(reason) => dropped.push(Dropped { name: name.clone(), reason }),
            None => kept.push((name.clone(), value.clone())),
        }
    }
    (kept, dropped)
}

type End = Result<(Verdict, Vec<String>), Failure>;

impl Fetch<'_> {
    fn run(&mut self, send: &mut dyn FnMut(&Sent) -> Result<ResponseHead, String>) -> End {
        loop {
            let Some(url) = self.urls.last().cloned() else { return Err(Failure::TooManyRedirects) };
            let response = self.hop(&url, send)?;
            match location(&response, &url) {
                None => return Ok(self.finish(&response)),
                Some(target) => self.redirect(response.status, target?)?,
            }
        }
    }

    /// Fetch, "main fetch", step 12, and "HTTP fetch": one URL. Its response has passed the CORS check.
    fn hop(
        &mut self,
        url: &Url,
        send: &mut dyn FnMut(&Sent) -> Result<ResponseHead, String>,
    ) -> Result<ResponseHead, Failure> {
        let request = self.request;
        let is_same_origin = self.tainting == Tainting::Basic && Origin::of_url(url).is_same_origin(&request.origin);
        if !is_same_origin {
            self.tainting = if request.mode == Mode::Cors { Tainting::Cors } else { Tainting::Opaque };
        }
        let origin = if is_redirect_tainted(&request.origin, &self.urls) { "null" } else { request.origin.serialize() };
        let because = match self.tainting {
            Tainting::Cors => preflight::because(&self.method, &self.headers, request),
            Tainting::Basic | Tainting::Opaque => Vec::new(),
        };
        let mut hop = Hop {
            url: url.clone(),
            is_same_origin,
            origin: origin.to_owned(),
            because,
            preflight: None,
            request: None,
        };
        let done = self.exchange(&mut hop, send);
        self.hops.push(hop);
        done
    }

    fn exchange(
        &self,
        hop: &mut Hop,
        send: &mut dyn FnMut(&Sent) -> Result<ResponseHead, String>,
    ) -> Result<ResponseHead, Failure> {
        let credentials = self.request.credentials;
        if !hop.because.is_empty() {
            let sent = preflight::request(&hop.url, &hop.origin, &self.method, &self.headers);
            let response = send(&sent).map_err(Failure::Network)?;
            let checks = preflight::checks(&hop.origin, credentials, &self.method, &self.headers, &response);
            let failure = checks.iter().find_map(|check| check.failure.clone());
            hop.preflight = Some(Exchange { request: sent, response, checks });
            failure.map_or(Ok(()), Err)?;
        }
        let sent = self.actual_request(hop);
        let response = send(&sent).map_err(Failure::Network)?;
        let checks = match self.tainting {
            Tainting::Cors => cors_check::checks(&hop.origin, credentials, &response, Failure::CorsCheck),
            Tainting::Basic | Tainting::Opaque => Vec::new(),
        };
        let failure = checks.iter().find_map(|check| check.failure.clone());
        hop.request = Some(Exchange { request: sent, response: response.clone(), checks });
        failure.map_or(Ok(response), Err)
    }

    /// Fetch, "HTTP-network-or-cache fetch": the request with the browser's own headers that concern CORS.
    fn actual_request(&self, hop: &Hop) -> Sent {
        let mut headers = self.headers.clone();
        // Fetch, "append a request `Origin` header", under the default referrer policy.
        let sends_origin = self.tainting == Tainting::Cors || !matches!(self.method.as_str(), "GET" | "HEAD");
        if sends_origin {
            let is_downgrade = hop.origin.starts_with("https:") && hop.url.scheme() != "https";
            let origin = if self.request.mode == Mode::NoCors && is_downgrade { "null" } else { &hop.origin };
            headers.push((String::from("origin"), origin.as_bytes().to_vec()));
        }
        let includes_credentials = match self.request.credentials {
            Credentials::Include => true,
            Credentials::SameOrigin => self.tainting == Tainting::Basic,
            Credentials::Omit => false,
        };
        if let (true, Some(cookies)) = (includes_credentials, &self.request.cookies) {
            headers.push((String::from("cookie"), cookies.clone()));
        }
        Sent { is_preflight: false, method: self.method.clone(), url: hop.url.clone(), headers }
    }

    fn redirect(&mut self, status: u16, target: Url) -> Result<(), Failure> {
        Redirected {
            origin: &self.request.origin,
            mode: self.request.mode,
            is_cors: self.tainting == Tainting::Cors,
            urls: &mut self.urls,
            method: &mut self.method,
            headers: &mut self.headers,
            body: &mut self.body,
        }
        .follow(status, target)
    }

    /// Fetch, "main fetch", step 14: the filtered response.
    fn finish(&self, response: &ResponseHead) -> (Verdict, Vec<String>) {
        match self.tainting {
            Tainting::Basic => (Verdict::Readable, basic_readable(response)),
            Tainting::Cors => (Verdict::Readable, cors_readable(response, self.request.credentials)),
            Tainting::Opaque => (Verdict::Opaque, Vec::new()),
        }
    }
}
