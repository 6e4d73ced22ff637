//! A near spelling of an origin or a host, as far as that needs no tables: parts that do not belong are left out, ASCII
//! letters are lower case, IPv6 addresses canonical. The result may still be wrong; the caller asks.
//!
//! Punycode, lower case beyond ASCII and the many spellings of IPv4 addresses are the command line's.

use crate::authority;
use crate::cut::cut;
use cors::origin::default_port;
use std::net::Ipv6Addr;

/// Near spellings of an origin rule, the best first: a `?` is a wildcard, or the start of a query.
pub(crate) fn origins(text: &str) -> Vec<String> {
    let Some((scheme, rest)) = split_scheme(text.trim()) else { return Vec::new() };
    let scheme = scheme.to_ascii_lowercase();
    let mut origins = Vec::new();
    for authority in authorities(rest) {
        let (host, port) = split_port(authority);
        let mut origin = format!("{scheme}://{}", respell_host(host));
        // A port of zeros only is left to be refused.
        let digits = port.trim_start_matches('0');
        let port = if digits.is_empty() { port } else { digits };
        let is_default = port.parse().is_ok_and(|port| default_port(scheme.as_bytes()) == Some(port));
        if !port.is_empty() && !is_default {
            origin.push(':');
            origin.push_str(port);
        }
        origins.push(origin);
    }
    origins
}

/// Near spellings of a host of `match`, the best first.
pub(crate) fn hosts(text: &str) -> Vec<String> {
    let text = text.trim();
    let rest = match cut(text, "://") {
        Some((scheme, _)) if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => return Vec::new(),
        Some((_, rest)) => rest,
        None => text,
    };
    let mut hosts = Vec::new();
    for authority in authorities(rest) {
        let host = respell_host(split_port(authority).0);
        hosts.push(host.strip_suffix('.').unwrap_or(&host).to_owned());
    }
    hosts
}

/// The scheme that a text was meant to have, and what follows it; https where there is a bare host.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    if let Some(parts) = cut(text, "://") {
        return Some(parts);
    }
    match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            Some((scheme, rest))
        }
        _ => (!text.contains('@')).then_some(("https", text)),
    }
}

/// The authority at the start of `rest` without its user: up to a path or fragment, and up to a `?` as well. Browsers
/// skip any slashes in front of it.
fn authorities(rest: &str) -> [&str; 2] {
    let start = rest.bytes().position(|byte| !matches!(byte, b'/' | b'\\')).unwrap_or_default();
    let whole = rest.get(start..).unwrap_or_default().split(['/', '\\', '#']).next().unwrap_or_default();
    let front = whole.split('?').next().unwrap_or_default();
    // What follows an @ in a query is not the host.
    let start = front.rfind('@').map_or(0, |at| at + 1);
    [whole, front].map(|authority| authority.get(start..).unwrap_or_default())
}

/// Host and port; the port is empty where there is none.
fn split_port(authority: &str) -> (&str, &str) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && authority.parse::<Ipv6Addr>().is_err() => (host, port),
        _ => (authority, ""),
    }
}

fn respell_host(host: &str) -> String {
    let mut host = host.to_ascii_lowercase();
    if let Some((before, after)) = cut(&host, "**") {
        host = format!("{before}*{after}");
    }
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
    if let Ok(address) = address.parse::<Ipv6Addr>() {
        // The URL standard writes no dotted IPv4 tail; everything else is the standard library's way.
        return match (address.to_ipv4_mapped(), address.segments()) {
            (Some(_), [.., high, low]) => format!("[::ffff:{high:x}:{low:x}]"),
            (None, _) => format!("[{address}]"),
        };
    }
    // A dot at the end is part of a name, but not of a pattern or an address.
    match host.strip_suffix('.') {
        Some(name) if !name.ends_with('.') && !authority::is_host(&host) => name.to_owned(),
        _ => host,
    }
}
