//! Headers of requests (Fetch, "Headers": the safelisted, the unsafe and the forbidden).

use super::{Header, methods};
use cors::list::is_token;
use document::header_names::is_forbidden_request_header;
use std::fmt;

/// The most bytes of a safelisted value.
const MAX_VALUE_BYTES: usize = 128;

/// The most bytes of all safelisted values together.
const MAX_VALUES_BYTES: usize = 1024;

/// Why a header is not CORS-safelisted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsafe {
    /// Its name is not on the safelist.
    Name,
    /// Its value has more than 128 bytes: this many.
    TooLong(usize),
    /// Its value contains a byte that a safelisted value cannot have.
    Byte(u8),
    /// The value is not one of the three safelisted content types.
    ContentType(String),
    /// The value is not a single range with a start.
    Range(String),
    /// The values of all safelisted headers together have more than 1024 bytes: this many.
    TooLongTogether(usize),
}

/// A header that makes a browser ask first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsafeHeader {
    /// The name in lower case.
    pub name: String,
    /// Why it is not safelisted.
    pub reason: Unsafe,
}

impl fmt::Display for UnsafeHeader {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let name = &self.name;
        match &self.reason {
            Unsafe::Name => write!(out, "{name} is not a CORS-safelisted request header"),
            Unsafe::TooLong(bytes) => {
                write!(out, "the value of {name} has {bytes} bytes, and a safelisted one has at most {MAX_VALUE_BYTES}")
            }
            Unsafe::Byte(byte) => {
                write!(out, "the value of {name} contains {}, which a safelisted one cannot", shown(*byte))
            }
            Unsafe::ContentType(value) => write!(out, "{name}: {value} is not a CORS-safelisted content type"),
            Unsafe::Range(value) => write!(out, "{name}: {value} is not a single range with a start"),
            Unsafe::TooLongTogether(bytes) => write!(
                out,
                "the values of the safelisted headers, {name} among them, come to {bytes} bytes, more than {MAX_VALUES_BYTES}"
            ),
        }
    }
}

fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() { format!("\"{}\"", char::from(byte)) } else { format!("the byte 0x{byte:02X}") }
}

/// Fetch, "CORS-safelisted request-header".
pub fn check_safelisted(name: &str, value: &[u8]) -> Result<(), Unsafe> {
    if !matches!(name, "accept" | "accept-language" | "content-language" | "content-type" | "range") {
        return Err(Unsafe::Name);
    }
    if value.len() > MAX_VALUE_BYTES {
        return Err(Unsafe::TooLong(value.len()));
    }
    let text = || String::from_utf8_lossy(value).into_owned();
    let unsafe_byte = match name {
        "accept" | "content-type" => value.iter().find(|byte| is_unsafe_byte(**byte)),
        "accept-language" | "content-language" => value.iter().find(|byte| !is_language_byte(**byte)),
        _ => None,
    };
    if let Some(byte) = unsafe_byte {
        return Err(Unsafe::Byte(*byte));
    }
    let essence = || mime_essence(value).unwrap_or_default();
    match name {
        "content-type"
            if !matches!(
                essence().as_str(),
                "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain"
            ) =>
        {
            Err(Unsafe::ContentType(text()))
        }
        "range" if !is_range_with_start(value) => Err(Unsafe::Range(text())),
        _ => Ok(()),
    }
}

/// Fetch, "CORS-unsafe request-header byte".
fn is_unsafe_byte(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f || b"\"():<>?@[\\]{}".contains(&byte)
}

fn is_language_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" *,-.;=".contains(&byte)
}

/// MIME Sniffing, "parse a MIME type": its essence, in lower case.
fn mime_essence(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let is_whitespace = |char| matches!(char, '\t' | '\n' | '\r' | ' ');
    let text = text.trim_matches(is_whitespace);
    let essence = text.split_once(';').map_or(text, |(essence, _)| essence).trim_end_matches(is_whitespace);
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind.as_bytes()) && is_token(subtype.as_bytes())).then(|| essence.to_ascii_lowercase())
}

/// Fetch, "parse a single range header value" without white space; on the safelist there must be a start.
fn is_range_with_start(value: &[u8]) -> bool {
    let Some((start, end)) = value
        .strip_prefix(b"bytes=")
        .and_then(|range| std::str::from_utf8(range).ok())
        .and_then(|range| range.split_once('-'))
    else {
        return false;
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if start.is_empty() || !are_digits(start) || !are_digits(end) {
        return false;
    }
    let magnitude = |text: &str| {
        let text = text.trim_start_matches('0').to_owned();
        (text.len(), text)
    };
    end.is_empty() || magnitude(start) <= magnitude(end)
}

/// Fetch, "CORS-unsafe request-header names": each name once, in lower case, sorted, and why it is unsafe.
pub fn unsafe_headers(headers: &[Header]) -> Vec<UnsafeHeader> {
    let mut found: Vec<UnsafeHeader> = Vec::new();
    let mut safelisted = Vec::new();
    let mut safelisted_bytes = 0;
    for (name, value) in headers {
        match check_safelisted(name, value) {
            Err(reason) => found.push(UnsafeHeader { name: name.clone(), reason }),
            Ok(()) => {
                safelisted.push(name);
                safelisted_bytes += value.len();
            }
        }
    }
    if safelisted_bytes > MAX_VALUES_BYTES {
        let reason = Unsafe::TooLongTogether(safelisted_bytes);
        found.extend(safelisted.into_iter().map(|name| UnsafeHeader { name: name.clone(), reason: reason.clone() }));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.name == b.name);
    found
}

/// Fetch, "forbidden request-header": what a page cannot set, browsers drop it silently.
pub fn is_forbidden(name: &str, value: &[u8]) -> bool {
    let overrides = matches!(name, "x-http-method" | "x-http-method-override" | "x-method-override");
    let names_forbidden_method =
        || cors::list::elements(value).any(|method| std::str::from_utf8(method).is_ok_and(methods::is_forbidden));
    is_forbidden_request_header(name) || (overrides && names_forbidden_method())
}

/// Fetch, "no-CORS-safelisted request-header": what a page can set under `no-cors`.
pub fn is_no_cors_safelisted(name: &str, value: &[u8]) -> bool {
    name != "range" && check_safelisted(name, value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(name: &str, value: &str) -> bool {
        check_safelisted(name, value.as_bytes()).is_ok()
    }

    #[test]
    fn values_decide_too() {
        assert!(safe("accept", "text/html, */*;q=0.8") && !safe("accept", "a@b") && safe("accept", "a\tb"));
        assert!(safe("accept-language", "de-DE, en;q=0.9") && !safe("accept-language", "de_DE"));
        assert!(safe("content-type", " Text/Plain ; charset=utf-8") && !safe("content-type", "application/json"));
        assert!(!safe("content-type", "text/plain; a=\"b\"") && !safe("content-type", "text"));
        assert!(!safe("x-custom", "1"));
        assert!(safe("accept", &"a".repeat(128)) && !safe("accept", &"a".repeat(129)));
    }

    #[test]
    fn a_range_is_single_and_has_a_start() {
        for good in ["bytes=0-9", "bytes=5-", "bytes=00-0", "bytes=18446744073709551616-18446744073709551617"] {
            assert!(safe("range", good), "{good}");
        }
        for bad in
            ["bytes=-5", "bytes=9-5", "bytes=0-1,4-5", "bytes = 0-1", "bytes=0 - 1", "items=0-1", "bytes=-", "bytes=1"]
        {
            assert!(!safe("range", bad), "{bad}");
        }
    }

    #[test]
    fn names_are_sorted_and_listed_once_in_a_preflight() {
        let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
        let headers =
            [header("x-b", "1"), header("accept", "*/*"), header("x-a", "1"), header("x-b", "2"), header("range", "x")];
        let names: Vec<String> = unsafe_headers(&headers).into_iter().map(|unsafe_| unsafe_.name).collect();
        assert_eq!(names, ["range", "x-a", "x-b"]);
    }

    #[test]
    fn safelisted_values_have_at_most_1024_bytes_together() {
        let header = |_| ("accept".to_owned(), vec![b'a'; 128]);
        assert_eq!(unsafe_headers(&(0..8).map(header).collect::<Vec<_>>()), []);
        let found = unsafe_headers(&(0..9).map(header).collect::<Vec<_>>());
        assert_eq!(found, [UnsafeHeader { name: "accept".into(), reason: Unsafe::TooLongTogether(1152) }]);
    }

    #[test]
    fn browsers_drop_forbidden_headers() {
        assert!(is_forbidden("cookie", b"") && is_forbidden("sec-fetch-mode", b"") && is_forbidden("proxy-x", b""));
        assert!(
            is_forbidden("x-http-method-override", b"put, trace") && !is_forbidden("x-http-method-override", b"put")
        );
        assert!(!is_forbidden("authorization", b"") && !is_forbidden("user-agent", b""));
    }
}
