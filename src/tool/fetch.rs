//! What a browser does with a request of a page: the [Fetch standard](https://fetch.spec.whatwg.org), as far as CORS
//! goes. Each file is a part of the standard and names the sections that it follows.
//!
//! Nothing here knows policies, nor how a request travels: [`run::run`] is given a [`Request`] and a function that
//! answers what is sent, and says step by step what a browser would do. The function may be a filter in this process
//! or a connection to a live server.

pub mod console;
pub mod cors_check;
pub mod methods;
pub mod origin;
pub mod preflight;
pub mod redirect;
pub mod request_headers;
pub mod response;
pub mod run;

use self::cors_check::CorsFailure;
use self::origin::Origin;
use url::Url;

/// A header line: its name in lower case, and its value as bytes.
pub type Header = (String, Vec<u8>);

/// A request as a page makes it (Fetch, "Requests").
#[derive(Debug, Clone)]
pub struct Request {
    /// The origin of the page.
    pub origin: Origin,
    /// The URL.
    pub url: Url,
    /// The method as the page spells it.
    pub method: String,
    /// The headers that the page sets.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Body,
    /// The mode.
    pub mode: Mode,
    /// The credentials mode.
    pub credentials: Credentials,
    /// The browser's cookies for the URL's site, as a `Cookie` header; they go along where the credentials mode has it.
    pub cookies: Option<Vec<u8>>,
    /// Whether an upload listener of XMLHttpRequest forces a preflight (Fetch, "use-CORS-preflight flag").
    pub has_upload_listener: bool,
}

/// The body of a request: what matters of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    #[default]
    None,
    /// There is one whose bytes are known.
    Bytes,
    /// A stream: it forces a preflight, and cannot be sent again after a redirect.
    Stream,
}

/// The mode of a request (Fetch, "mode"): the two that concern CORS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    /// `cors`: the response is readable if the server agrees.
    #[default]
    Cors,
    /// `no-cors`: a response of another origin is opaque.
    NoCors,
}

/// The credentials mode of a request (Fetch, "credentials mode").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Credentials {
    /// `omit`: never.
    Omit,
    /// `same-origin`: to the page's own origin only.
    #[default]
    SameOrigin,
    /// `include`: always.
    Include,
}

/// What of a page makes a request: Chromium's console names it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Initiator {
    /// `fetch()`
    #[default]
    Fetch,
    /// `XMLHttpRequest`
    Xhr,
    /// An image with `crossorigin`
    Image,
    /// A font of a style sheet
    Font,
    /// A script with `crossorigin`, or a module
    Script,
    /// A style sheet with `crossorigin`
    Style,
    /// Subtitles of a video
    Track,
    /// `EventSource`
    EventSource,
}

impl Initiator {
    /// Its name in sentences of the console.
    pub fn name(self) -> &'static str {
        match self {
            Initiator::Fetch => "fetch",
            Initiator::Xhr => "XMLHttpRequest",
            Initiator::Image => "image",
            Initiator::Font => "font",
            Initiator::Script => "script",
            Initiator::Style => "CSS stylesheet",
            Initiator::Track => "text track",
            Initiator::EventSource => "resource",
        }
    }
}

/// A request as it leaves the browser: the headers that the page set, and those of the browser that concern CORS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whether it is a CORS-preflight request.
    pub is_preflight: bool,
    /// The method.
    pub method: String,
    /// The URL.
    pub url: Url,
    /// The headers.
    pub headers: Vec<Header>,
}

impl Sent {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice())
    }
}

/// What a page gets in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It can read the response.
    Readable,
    /// It learns that the request ended, and nothing else (Fetch, "opaque filtered response").
    Opaque,
    /// It gets a network error, or an exception.
    Blocked,
}

impl Verdict {
    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Readable => "readable",
            Verdict::Opaque => "opaque",
            Verdict::Blocked => "blocked",
        }
    }
}

/// One check of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Its name: `redirect`, `allow_origin`, `allow_credentials`, `status`, `allow_methods` or `allow_headers`.
    pub check: &'static str,
    /// What was found, in words.
    pub detail: String,
    /// What fails, nothing where the check holds.
    pub failure: Option<Failure>,
}

impl Check {
    /// Whether it holds.
    pub fn holds(&self) -> bool {
        self.failure.is_none()
    }
}

/// Why a page cannot read a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The page's script gets an exception: no page can send this method (Fetch, "forbidden method").
    ForbiddenMethod(String),
    /// The page's script gets an exception: under `no-cors` only safelisted methods can be sent.
    MethodUnderNoCors(String),
    /// The page's script gets an exception: GET and HEAD have no body.
    BodyOfGet,
    /// The page came by https, and asks for a URL by http (Mixed Content).
    MixedContent,
    /// The answer to the preflight is a redirect.
    PreflightRedirect,
    /// The answer to the preflight does not pass the CORS check.
    PreflightCorsCheck(CorsFailure),
    /// The answer to the preflight has no ok status.
    PreflightStatus(u16),
    /// `Access-Control-Allow-Methods` is not a list of methods.
    UnreadableAllowMethods(String),
    /// `Access-Control-Allow-Headers` is not a list of names.
    UnreadableAllowHeaders(String),
    /// The answer to the preflight does not allow the method.
    MethodNotAllowed(String),
    /// The answer to the preflight does not allow a header.
    HeaderNotAllowed(String),
    /// The answer to the preflight allows any header by `*`, which does not cover `Authorization`. Chromium (156) still
    /// lets it pass, and reports a deprecation.
    AuthorizationUnderWildcard,
    /// The response does not pass the CORS check.
    CorsCheck(CorsFailure),
    /// A redirect leads to something other than an HTTP URL.
    RedirectUrl(String),
    /// A redirect leads to a URL with a user name or a password.
    RedirectCredentials(String),
    /// A redirect would send a stream a second time.
    RedirectStream,
    /// There were more than twenty redirects.
    TooManyRedirects,
    /// There was no response.
    Network(String),
}
