//! A serialized origin, parsed as strictly as a browser writes it.
//!
//! Browsers send `Origin` in one spelling only (WHATWG HTML, "ASCII serialization of an origin"; URL, "host
//! serializing"). Whatever is spelled otherwise was not sent by a browser, so it is malformed, and nothing malformed
//! is ever compared with a rule or echoed.

use crate::ipv6;
use std::net::Ipv4Addr;

/// The longest `Origin` that is looked at, in bytes: a host has 254 at most, the rest is scheme and port.
pub const MAX_ORIGIN_BYTES: usize = 512;

/// The longest host, in bytes, without a dot at its end (RFC 1035, section 2.3.4: 255 bytes as DNS sends it).
pub const MAX_HOST_BYTES: usize = 253;

/// The longest `:authority` that policies are matched on, in bytes: no host and port has half of it.
pub const MAX_AUTHORITY_BYTES: usize = 512;

/// The longest host label, in bytes (RFC 1035, section 2.3.4).
pub const MAX_LABEL_BYTES: usize = 63;

/// An origin `scheme://host[:port]` in the spelling that a browser gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    bytes: &'a [u8],
    scheme: &'a [u8],
    host: &'a [u8],
    port: Option<u16>,
}

impl<'a> Origin<'a> {
    /// Parses a serialized origin; `None` for anything that no browser would send, the opaque origin `null` included.
    ///
    /// One dot at the end of the host is part of it: a page at `https://app.example.com./` sends it, and is of another
    /// origin than one at `https://app.example.com/`.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() > MAX_ORIGIN_BYTES {
            return None;
        }
        let (scheme, rest) = split_scheme(bytes)?;
        let (host, rest) = rest.split_at_checked(host_length(rest)?)?;
        let port = match rest.strip_prefix(b":") {
            None if rest.is_empty() => None,
            None => return None,
            Some(digits) => Some(parse_port(digits).filter(|port| default_port(scheme) != Some(*port))?),
        };
        Some(Origin { bytes, scheme, host, port })
    }

    /// The origin as it was given, which is ASCII.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The origin without its port.
    pub fn without_port(&self) -> &'a [u8] {
        let port_free = self.scheme.len() + b"://".len() + self.host.len();
        self.bytes.get(..port_free).unwrap_or(self.bytes)
    }

    /// The scheme, without `://`.
    pub fn scheme(&self) -> &'a [u8] {
        self.scheme
    }

    /// The host; an IPv6 address keeps its brackets.
    pub fn host(&self) -> &'a [u8] {
        self.host
    }

    /// The port; `None` where it is the scheme's default.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether `authority` (the `:authority` of a request) names this origin's host and port.
    ///
    /// Letter case does not count, and neither does the scheme: behind TLS termination a proxy does not know it.
    /// So the default ports of both http and https count as no port.
    pub fn is_at_authority(&self, authority: &[u8]) -> bool {
        if authority.len() > self.host.len() + ":65535".len() {
            return false;
        }
        let (host, port) = split_authority(authority);
        let port = match port {
            None | Some(b"80" | b"443") => None,
            Some(digits) => match parse_port(digits) {
                Some(port) => Some(port),
                None => return false,
            },
        };
        let own_port = self.port.filter(|port| *port != 80 && *port != 443);
        port == own_port && host.eq_ignore_ascii_case(self.host)
    }
}

/// Splits `host[:port]`; the brackets of an IPv6 address stay with the host.
pub fn split_authority(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let colon = authority.iter().rposition(|byte| !byte.is_ascii_digit());
    match colon.and_then(|at| authority.split_at_checked(at)) {
        Some((host, [b':', port @ ..])) => (host, Some(port)),
        _ => (authority, None),
    }
}

/// The port that a browser leaves out for `scheme` (URL, "default port").
pub fn default_port(scheme: &[u8]) -> Option<u16> {
    match scheme {
        b"https" | b"wss" => Some(443),
        b"http" | b"ws" => Some(80),
        b"ftp" => Some(21),
        _ => None,
    }
}

/// A port from 1 to 65535 without leading zero.
pub fn parse_port(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 5 || digits.first() == Some(&b'0') {
        return None;
    }
    let mut port: u32 = 0;
    for byte in digits {
        if !byte.is_ascii_digit() {
            return None;
        }
        port = port * 10 + u32::from(byte - b'0');
    }
    u16::try_from(port).ok()
}

/// The scheme, and what follows its `://`.
fn split_scheme(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    // Nearly every origin is of this scheme, and eight bytes are compared at once.
    if let Some((start, rest)) = bytes.split_first_chunk::<8>()
        && u64::from_le_bytes(*start) == u64::from_le_bytes(*b"https://")
    {
        return Some((b"https", rest));
    }
    let (scheme, rest) = bytes.split_at_checked(scheme_length(bytes))?;
    // `file` URLs have an opaque origin (URL, section "Origin"), which is serialized as `null`.
    if scheme.is_empty() || scheme == b"file" {
        return None;
    }
    Some((scheme, rest.strip_prefix(b"://")?))
}

/// The length of the scheme at the start of `bytes`, 0 where none is (RFC 3986, section 3.1, in lower case).
pub fn scheme_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'a'..=b'z') => {}
        _ => return 0,
    }
    bytes.iter().position(|byte| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'+' | b'-' | b'.')).unwrap_or(bytes.len())
}

/// Whether a host name may contain this character.
pub fn is_host_char(char: char) -> bool {
    matches!(char, 'a'..='z' | '0'..='9' | '.' | '-' | '_')
}

/// The length of the host at the start of `bytes`, up to a port or the end.
fn host_length(bytes: &[u8]) -> Option<usize> {
    if bytes.first() == Some(&b'[') { ipv6_length(bytes) } else { name_length(bytes) }
}

/// What a byte is to a host name: part of a label, the end of a label, the end of the name, or 0 for anything else.
const PART: u8 = 1;
const DOT: u8 = 2;
const COLON: u8 = 3;

const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < kinds.len() {
        // An index is the only way to fill a table in a constant; the compiler checks it.
        #[allow(clippy::indexing_slicing)]
        {
            kinds[byte] = match byte as u8 {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => PART,
                b'.' => DOT,
                b':' => COLON,
                _ => 0,
            };
        }
        byte += 1;
    }
    kinds
};

fn name_length(bytes: &[u8]) -> Option<usize> {
    let (mut label_start, mut length) = (0, bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        let kind = KINDS.get(usize::from(*byte)).copied().unwrap_or_default();
        if kind == PART {
            continue;
        }
        if kind == COLON {
            length = at;
            break;
        }
        // A dot ends a label; no other byte that gets here belongs to a host.
        if kind != DOT || at == label_start || at - label_start > MAX_LABEL_BYTES {
            return None;
        }
        label_start = at + 1;
    }
    let name = bytes.get(..length)?;
    match bytes.get(label_start..length)? {
        [] => is_name_before_dot(name.strip_suffix(b".")?),
        label => is_name(name, label),
    }
    .then_some(length)
}

/// Whether a name with one dot behind it is a host. Browsers drop that dot of an IPv4 address.
#[cold]
fn is_name_before_dot(name: &[u8]) -> bool {
    let label = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    is_name(name, label) && !is_canonical_ipv4(name)
}

/// Whether a name whose other labels are right is a host, by its last `label`.
fn is_name(name: &[u8], label: &[u8]) -> bool {
    // A host that ends in a number is an IPv4 address or no host at all (URL, "ends in a number checker").
    let may_be_number = label.first().is_some_and(u8::is_ascii_digit);
    label.len() <= MAX_LABEL_BYTES
        && name.len() <= MAX_HOST_BYTES
        && !(may_be_number && is_number(label) && !is_canonical_ipv4(name))
}

fn is_number(label: &[u8]) -> bool {
    label.iter().all(u8::is_ascii_digit) || is_hex_number(label)
}

fn is_hex_number(label: &[u8]) -> bool {
    label.strip_prefix(b"0x").is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn is_canonical_ipv4(host: &[u8]) -> bool {
    // The standard library's parser takes four decimal parts without leading zeros, and nothing else.
    std::str::from_utf8(host).is_ok_and(|host| host.parse::<Ipv4Addr>().is_ok())
}

fn ipv6_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().position(|byte| *byte == b']')?;
    ipv6::is_canonical(bytes.get(1..end)?).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(&str, &str, Option<u16>)> {
        let origin = Origin::parse(text.as_bytes())?;
        let text = |bytes| std::str::from_utf8(bytes).unwrap();
        Some((text(origin.scheme()), text(origin.host()), origin.port()))
    }

    #[test]
    fn the_spelling_of_browsers_is_parsed() {
        assert_eq!(parts("https://example.com"), Some(("https", "example.com", None)));
        assert_eq!(parts("http://localhost:3000"), Some(("http", "localhost", Some(3000))));
        assert_eq!(parts("capacitor://localhost"), Some(("capacitor", "localhost", None)));
        assert_eq!(parts("chrome-extension://abcdef"), Some(("chrome-extension", "abcdef", None)));
        assert_eq!(parts("https://xn--bcher-kva.example:8443"), Some(("https", "xn--bcher-kva.example", Some(8443))));
        assert_eq!(parts("http://127.0.0.1:80000"), None);
        assert_eq!(parts("http://127.0.0.1:8080"), Some(("http", "127.0.0.1", Some(8080))));
        assert_eq!(parts("http://[::1]:8080"), Some(("http", "[::1]", Some(8080))));
        assert_eq!(parts("https://[2001:db8::1]"), Some(("https", "[2001:db8::1]", None)));
        assert_eq!(parts("https://a_b.example.com"), Some(("https", "a_b.example.com", None)));
        assert_eq!(parts("https://example.com."), Some(("https", "example.com.", None)));
        assert_eq!(parts("https://example.com.:8443"), Some(("https", "example.com.", Some(8443))));
        assert_eq!(parts("http://localhost."), Some(("http", "localhost.", None)));
    }

    #[test]
    fn other_spellings_are_malformed() {
        for text in [
            "",
            "null",
            "example.com",
            "https://",
            "https:/example.com",
            "://example.com",
            "HTTPS://example.com",
            "https://Example.com",
            "https://example.com/",
            "https://example.com..",
            "https://.",
            "https://.:8443",
            "http://127.0.0.1.",
            "http://127.1.",
            "http://a.0x1.",
            "https://.example.com",
            "https://a..example.com",
            "https://u@example.com",
            "https://example.com?x",
            "https://example.com#x",
            "https://example.com\\x",
            "https://example.com`",
            "https://example.com:",
            "https://example.com:0",
            "https://example.com:080",
            "https://example.com:443",
            "http://example.com:80",
            "https://example.com:65536",
            "https://example.com:8a",
            "https://example.com:+8",
            "https://example.com https://a.example",
            "https://example.com,https://a.example",
            " https://example.com",
            "https://b\u{fc}cher.example",
            "https://*.example.com",
            "http://2130706433",
            "http://127.1",
            "http://127.0.0.01",
            "http://0x7f.0.0.1",
            "http://a.0x1",
            "http://1.2.3.4.5",
            "http://[::1",
            "http://[::1]x",
            "http://[::0001]",
            "http://[0:0:0:0:0:0:0:1]",
            "http://[::ffff:1.2.3.4]",
            "http://[::FFFF]",
            "http://[example.com]",
            "http://[fe80::1%25eth0]",
            "file://localhost",
            "1http://example.com",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
        assert_eq!(Origin::parse(b"https://\xff.example.com"), None);
    }

    #[test]
    fn a_label_has_63_bytes_at_most() {
        let label = "a".repeat(63);
        assert!(parts(&format!("https://{label}.example")).is_some());
        assert!(parts(&format!("https://a{label}.example")).is_none());
        assert!(parts(&format!("https://{label}")).is_some());
        assert!(parts(&format!("https://a{label}")).is_none());
        assert!(parts(&format!("https://{label}.")).is_some());
        assert!(parts(&format!("https://a{label}.")).is_none());
    }

    #[test]
    fn a_host_has_253_bytes_at_most_without_a_dot_at_its_end() {
        let longest = format!("https://{}a", "a.".repeat(126));
        assert_eq!(longest.len(), "https://".len() + MAX_HOST_BYTES);
        assert!(parts(&longest).is_some());
        assert!(parts(&format!("{longest}.")).is_some());
        assert!(parts(&format!("{longest}.:8443")).is_some());
        assert!(parts(&format!("{longest}a")).is_none());
        assert!(parts(&format!("{longest}a.")).is_none());
    }

    #[test]
    fn an_origin_has_512_bytes_at_most() {
        let of_length = |length: usize| format!("{}://example.com", "a".repeat(length - "://example.com".len()));
        assert!(parts(&of_length(512)).is_some());
        assert!(parts(&of_length(513)).is_none());
    }

    #[test]
    fn the_authority_is_compared_without_case_scheme_and_default_port() {
        let at = |origin: &str, authority: &str| {
            Origin::parse(origin.as_bytes()).unwrap().is_at_authority(authority.as_bytes())
        };
        assert!(at("https://api.example.com", "api.example.com"));
        assert!(at("https://api.example.com", "API.example.com:443"));
        assert!(at("http://api.example.com", "api.example.com:443"));
        assert!(at("https://api.example.com:8443", "api.example.com:8443"));
        assert!(at("http://[::1]:3000", "[::1]:3000"));
        assert!(at("https://[::1]", "[::1]"));
        assert!(at("https://api.example.com.", "api.example.com."));
        assert!(!at("https://api.example.com.", "api.example.com"));
        assert!(!at("https://api.example.com:8443", "api.example.com"));
        assert!(!at("https://api.example.com", "api.example.com:8443"));
        assert!(!at("https://api.example.com", "app.example.com"));
        assert!(!at("https://api.example.com", "api.example.com:99999"));
        assert!(!at("https://api.example.com", ""));
    }
}
