//! From a curl command to the request of a page that it describes.

use crate::curl::Command;
use crate::fetch::origin::Origin;
use crate::fetch::response::shown;
use crate::fetch::{Body, Credentials, Header, Initiator, Mode, Request, request_headers};
use url::Url;

/// A request of a page, and what was taken for it.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The request.
    pub request: Request,
    /// What of the page makes it.
    pub initiator: Initiator,
    /// What was assumed or left out, in words.
    pub notes: Vec<String>,
}

/// What is known of a request in addition to the curl command.
#[derive(Debug, Clone, Default)]
pub struct Known<'a> {
    /// The page: its URL or its origin.
    pub page: Option<&'a str>,
    /// The credentials mode.
    pub credentials: Option<Credentials>,
    /// The mode.
    pub mode: Option<Mode>,
    /// What of the page makes the request.
    pub initiator: Option<Initiator>,
}

/// The request that a browser has made, copied from its network panel.
///
/// Such a command has the headers of the browser as well as those of the page. The former are left out, since it is the latter
/// that CORS is about; a copied preflight becomes the request that it asked for.
pub fn copied(command: &Command, known: &Known) -> Result<PageRequest, String> {
    let mut notes = command.notes.clone();
    let url = parse_url(&command.url)?;
    let origin = match known.page {
        Some(page) => parse_page(page)?,
        None => page_of(command, &url)?,
    };
    let cookies = command.header("cookie").map(<[u8]>::to_vec);
    let credentials = known.credentials.unwrap_or_else(|| {
        if cookies.is_none() {
            return Credentials::SameOrigin;
        }
        if !origin.is_same_origin(&Origin::of_url(&url)) {
            notes.push(String::from("the command has cookies, so the credentials mode is taken to be include"));
        }
        Credentials::Include
    });
    let mut headers = page_headers(command, &mut notes);
    let mut method = command.method.clone();
    if let (true, Some(asked)) = (method == "OPTIONS", command.header("access-control-request-method")) {
        method = shown(asked);
        headers = asked_headers(command);
        notes.push(format!("the command is a preflight; this explains the request that it asks for, {method}"));
    }
    let request = Request {
        origin,
        url,
        method,
        headers,
        body: if command.body.is_some() { Body::Bytes } else { Body::None },
        mode: known.mode.unwrap_or_else(|| mode_of(command)),
        credentials,
        cookies,
        has_upload_listener: false,
    };
    Ok(PageRequest { request, initiator: known.initiator.unwrap_or_else(|| initiator_of(command)), notes })
}

/// The request that is described by options like curl's: all headers are the page's.
pub fn described(command: &Command, known: &Known) -> Result<PageRequest, String> {
    let Some(page) = known.page else {
        return Err(String::from("the page is missing; name it, as in --page https://app.example.com"));
    };
    let request = Request {
        origin: parse_page(page)?,
        url: parse_url(&command.url)?,
        method: command.method.clone(),
        headers: command.headers.clone(),
        body: if command.body.is_some() { Body::Bytes } else { Body::None },
        mode: known.mode.unwrap_or_default(),
        credentials: known.credentials.unwrap_or_default(),
        cookies: None,
        has_upload_listener: false,
    };
    Ok(PageRequest { request, initiator: known.initiator.unwrap_or_default(), notes: command.notes.clone() })
}

fn parse_page(page: &str) -> Result<Origin, String> {
    Origin::of_page(page).ok_or_else(|| {
        format!("{page:?} is not the URL or the origin of a page; write it like https://app.example.com, or null for a sandboxed frame")
    })
}

fn parse_url(text: &str) -> Result<Url, String> {
    let wanted = "write it like https://api.example.com/orders";
    let url = Url::parse(text).map_err(|error| format!("{text:?} is not a URL: {error}; {wanted}"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("{text:?} is not an HTTP URL but one of {scheme}; {wanted}")),
    }
}

/// The page of a copied command: `Origin`, or else the site of `Referer`.
fn page_of(command: &Command, url: &Url) -> Result<Origin, String> {
    if command.header("sec-fetch-site") == Some(b"same-origin") {
        return Ok(Origin::of_url(url));
    }
    let page = command.header("origin").or_else(|| command.header("referer"));
    let Some(page) = page else {
        return Err(String::from(
            "the curl command has neither an Origin nor a Referer; name the page, as in --page https://app.example.com",
        ));
    };
    parse_page(&shown(page))
}

fn mode_of(command: &Command) -> Mode {
    match command.header("sec-fetch-mode") {
        Some(b"no-cors") => Mode::NoCors,
        _ => Mode::Cors,
    }
}

/// What `Sec-Fetch-Dest` says.
fn initiator_of(command: &Command) -> Initiator {
    match command.header("sec-fetch-dest") {
        Some(b"image") => Initiator::Image,
        Some(b"font") => Initiator::Font,
        Some(b"script") => Initiator::Script,
        Some(b"style") => Initiator::Style,
        Some(b"track") => Initiator::Track,
        _ => Initiator::Fetch,
    }
}

/// The headers that the page has set, as far as a copied command tells them from the browser's own.
fn page_headers(command: &Command, notes: &mut Vec<String>) -> Vec<Header> {
    let mut headers = Vec::new();
    for (name, value) in &command.headers {
        let is_developer_tools = matches!(name.as_str(), "cache-control" | "pragma") && value == b"no-cache";
        if is_developer_tools {
            notes.push(format!("left out: {name}: no-cache, which developer tools add with \"Disable cache\""));
        }
        let is_of_browser = is_developer_tools
            || matches!(name.as_str(), "user-agent" | "accept-language" | "priority" | "upgrade-insecure-requests")
            || request_headers::is_forbidden(name, value);
        if !is_of_browser {
            headers.push((name.clone(), value.clone()));
        }
    }
    headers
}

/// The headers that a copied preflight asks for. Their values are not known, but they are not safelisted ones.
fn asked_headers(command: &Command) -> Vec<Header> {
    let names = command.header("access-control-request-headers").unwrap_or_default();
    let value = |name: &str| if name == "content-type" { "application/json" } else { "(unknown)" };
    cors::list::elements(names)
        .map(|name| shown(name).to_ascii_lowercase())
        .map(|name| {
            let value = value(&name).as_bytes().to_vec();
            (name, value)
        })
        .collect()
}
