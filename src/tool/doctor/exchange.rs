//! What was sent and what came back.

use crate::fetch::response::{ResponseHead, shown};
use crate::fetch::{Header, Sent};
use serde_json::{Value, json};
use std::fmt;

/// What the doctor reads from responses.
pub trait Head {
    /// A header as text, its lines joined; bytes that are not UTF-8 are replaced.
    fn text(&self, name: &str) -> Option<String>;
    /// The elements of a comma-separated header, trimmed, without empty ones.
    fn list(&self, name: &str) -> Vec<String>;
    /// How many lines of a header there are.
    fn lines(&self, name: &str) -> usize;
    /// The status with its usual phrase: "401 Unauthorized".
    fn status_text(&self) -> String;
    /// The value of `Access-Control-Allow-Origin`.
    fn allow_origin(&self) -> Option<String>;
    /// Whether credentials are allowed, exactly as Fetch wants it written.
    fn allows_credentials(&self) -> bool;
}

impl Head for ResponseHead {
    fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| shown(&value))
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|element| !element.is_empty()).map(str::to_owned).collect()
    }

    fn lines(&self, name: &str) -> usize {
        self.headers.iter().filter(|(own, _)| own == name).count()
    }

    fn status_text(&self) -> String {
        let phrase = ureq::http::StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        match phrase {
            Some(phrase) => format!("{} {phrase}", self.status),
            None => self.status.to_string(),
        }
    }

    fn allow_origin(&self) -> Option<String> {
        self.text("access-control-allow-origin")
    }

    fn allows_credentials(&self) -> bool {
        self.get("access-control-allow-credentials").as_deref() == Some(b"true")
    }
}

/// Why there is no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// The name does not resolve.
    Name(String),
    /// No connection.
    Connection(String),
    /// The TLS handshake failed.
    Tls(String),
    /// Nothing came in time.
    Timeout(String),
    /// What came is not HTTP/1.1, or not all of it came.
    Http(String),
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent, without the body and what the client adds itself (`Host`, `User-Agent`).
    pub request: Sent,
    /// What came back.
    pub response: Result<ResponseHead, Unanswered>,
}

impl Unanswered {
    /// The part of the way that failed.
    pub fn stage(&self) -> &'static str {
        match self {
            Self::Name(_) => "the name does not resolve",
            Self::Connection(_) => "the connection fails",
            Self::Tls(_) => "the TLS handshake fails",
            Self::Timeout(_) => "no answer comes in time",
            Self::Http(_) => "the answer is not valid HTTP/1.1",
        }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Name(reason)
        | Self::Connection(reason)
        | Self::Tls(reason)
        | Self::Timeout(reason)
        | Self::Http(reason)) = self;
        write!(formatter, "{} ({reason})", self.stage())
    }
}

/// What stands for a value that signs somebody in: reports are passed on.
fn kept_secret(name: &str, value: &[u8]) -> Option<String> {
    let is_secret = matches!(name, "cookie" | "set-cookie" | "authorization" | "proxy-authorization");
    is_secret.then(|| format!("({} bytes, not shown)", value.len()))
}

/// A header line for a terminal.
pub fn header_line(name: &str, value: &[u8]) -> String {
    format!("{name}: {}", kept_secret(name, value).unwrap_or_else(|| printable(value)))
}

fn headers_to_json(headers: &[Header]) -> Value {
    headers
        .iter()
        .map(|(name, value)| json!([name, kept_secret(name, value).unwrap_or_else(|| shown(value))]))
        .collect()
}

impl Exchange {
    /// The response, where one came.
    pub fn response(&self) -> Option<&ResponseHead> {
        self.response.as_ref().ok()
    }

    /// The exchange as the report's JSON shows it.
    pub fn to_json(&self) -> Value {
        let Sent { method, url, headers, .. } = &self.request;
        let response = match &self.response {
            Ok(response) => json!({ "status": response.status, "headers": headers_to_json(&response.headers) }),
            Err(reason) => json!({ "error": reason.to_string() }),
        };
        json!({
            "request": { "method": method, "url": url.as_str(), "headers": headers_to_json(headers) },
            "response": response,
        })
    }
}

/// Whether a response header takes part in CORS or in how caches keep the answer.
fn is_telling(name: &str) -> bool {
    name.starts_with("access-control-")
        || matches!(name, "vary" | "location" | "age" | "cache-control" | "x-cache" | "www-authenticate")
}

/// The exchange in a few lines: what was asked, and the headers that matter of what came back.
impl fmt::Display for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Sent { method, url, headers, .. } = &self.request;
        write!(formatter, "{method} {url}")?;
        for (name, value) in headers {
            if name == "origin" || name.starts_with("access-control-") {
                write!(formatter, "\n> {name}: {}", printable(value))?;
            }
        }
        match &self.response {
            Err(reason) => write!(formatter, "\n< {reason}"),
            Ok(response) => {
                write!(formatter, "\n< {}", response.status_text())?;
                for (name, value) in response.headers.iter().filter(|(name, _)| is_telling(name)) {
                    write!(formatter, "\n< {name}: {}", printable(value))?;
                }
                Ok(())
            }
        }
    }
}

/// Text for a terminal: control characters, which a server may send, are escaped, long values are cut.
pub fn printable(value: &[u8]) -> String {
    const LONGEST: usize = 300;
    let text = String::from_utf8_lossy(value);
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push_str(&format!("… ({} bytes)", value.len()));
            break;
        }
        if character.is_control() { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    shown
}
