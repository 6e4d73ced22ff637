//! Origins: which texts are one, and which rules cover them.

use globset::{GlobBuilder, GlobMatcher};
use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::os::unix::ffi::OsStrExt;

/// A parsed origin: its three parts, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub scheme: String,
    pub host: String,
    pub port: Option<String>,
}

/// The ports that are never written (URL standard, "special scheme").
fn default_port(scheme: &str) -> Option<&'static str> {
    match scheme {
        "http" | "ws" => Some("80"),
        "https" | "wss" => Some("443"),
        "ftp" => Some("21"),
        _ => None,
    }
}

/// The host and the port of `host[:port]`; a port has only digits, or nothing at all.
pub fn host_and_port(text: &str) -> (&str, Option<&str>) {
    match text.rfind(':') {
        Some(colon) if text[colon + 1..].chars().all(|char| char.is_ascii_digit()) => {
            (&text[..colon], Some(&text[colon + 1..]))
        }
        _ => (text, None),
    }
}

/// The origin that a text is, if a browser would write it exactly so.
pub fn parse(text: &str) -> Option<Origin> {
    if text.len() > 512 || !text.is_ascii() {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let (host, port) = host_and_port(rest);
    let is_origin = is_scheme(scheme) && is_host(host) && port.is_none_or(|port| is_port(port, scheme));
    is_origin.then(|| Origin { scheme: scheme.into(), host: host.into(), port: port.map(String::from) })
}

fn is_scheme(scheme: &str) -> bool {
    scheme != "file"
        && scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "+-.".contains(char))
}

fn is_port(port: &str, scheme: &str) -> bool {
    let is_number = port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port);
    is_number && default_port(scheme) != Some(port)
}

fn is_host(host: &str) -> bool {
    if host.starts_with('[') {
        return matches!(url::Host::parse(host), Ok(address @ url::Host::Ipv6(_)) if address.to_string() == host);
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let labels: Vec<&str> = name.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-_".contains(char))
    };
    if name.len() > 253 || !labels.iter().all(is_label) {
        return false;
    }
    // URL standard, "ends in a number": such a host is an IPv4 address, or nothing.
    let last = labels[labels.len() - 1];
    let is_hexadecimal = |digits: &str| digits.chars().all(|char| char.is_ascii_hexdigit());
    let ends_in_a_number =
        last.chars().all(|char| char.is_ascii_digit()) || last.strip_prefix("0x").is_some_and(is_hexadecimal);
    !ends_in_a_number || host.parse::<Ipv4Addr>().is_ok_and(|address| address.to_string() == host)
}

/// A host as a document writes it: a name, an address, or a glob.
#[derive(Clone, Debug)]
pub enum HostPattern {
    Exact(String),
    Glob(GlobMatcher),
}

/// A rule of `allow_origins` that names origins; `*` and `null` are not among these.
#[derive(Clone, Debug)]
pub struct Rule {
    scheme: String,
    host: HostPattern,
    /// `None` for any port.
    port: Option<Option<String>>,
}

/// A glob over hosts, in which `*` crosses dots and slashes alike, or over paths, in which it stays within a segment.
pub fn glob(text: &str, stays_within_segments: bool) -> GlobMatcher {
    let glob = GlobBuilder::new(text).literal_separator(stays_within_segments).backslash_escape(true).build();
    glob.unwrap_or_else(|error| panic!("{text}: {error}")).compile_matcher()
}

/// Whether a glob matches a text of Latin-1, byte by byte.
pub fn matches(glob: &GlobMatcher, text: &str) -> bool {
    let bytes: Vec<u8> = text.chars().map(|char| char as u8).collect();
    glob.is_match(OsStr::from_bytes(&bytes))
}

impl HostPattern {
    pub fn new(text: &str) -> HostPattern {
        // A bracket that holds an IPv6 address is an address, any other a character class.
        let is_address = text.starts_with('[') && is_host(text);
        if !is_address && text.contains(['*', '?', '[', '{']) {
            HostPattern::Glob(glob(text, false))
        } else {
            HostPattern::Exact(text.into())
        }
    }

    pub fn covers(&self, host: &str) -> bool {
        match self {
            HostPattern::Exact(own) => own == host,
            HostPattern::Glob(glob) => matches(glob, host),
        }
    }
}

impl Rule {
    pub fn new(text: &str) -> Rule {
        let (scheme, rest) = text.split_once("://").unwrap_or_else(|| panic!("{text} has no scheme"));
        let (host, port) = match rest.strip_suffix(":*") {
            Some(host) => (host, None),
            None => {
                let (host, port) = host_and_port(rest);
                (host, Some(port.map(String::from)))
            }
        };
        Rule { scheme: scheme.into(), host: HostPattern::new(host), port }
    }

    pub fn covers(&self, origin: &Origin) -> bool {
        // A host with a dot at its end is an origin of its own, which only an exact rule can name.
        let can_be_covered = matches!(self.host, HostPattern::Exact(_)) || !origin.host.ends_with('.');
        let has_port = self.port.as_ref().is_none_or(|port| *port == origin.port);
        self.scheme == origin.scheme && can_be_covered && self.host.covers(&origin.host) && has_port
    }
}

/// Whether an origin is that of the server, as far as a proxy can tell: the scheme is not known behind TLS termination.
pub fn is_servers_own(origin: &Origin, authority: &str) -> bool {
    let without_default_port = |text: &str| {
        let text = text.to_ascii_lowercase();
        let (host, port) = host_and_port(&text);
        match port {
            None | Some("80" | "443") => host.to_owned(),
            Some(port) => format!("{host}:{port}"),
        }
    };
    let port = origin.port.as_ref().map(|port| format!(":{port}")).unwrap_or_default();
    without_default_port(&format!("{}{port}", origin.host)) == without_default_port(authority)
}
