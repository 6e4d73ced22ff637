//! A near spelling of an origin or a host, as far as that needs no tables: parts that do not belong are left out, ASCII
//! letters are lower case, IPv6 addresses canonical. The result may still be wrong; the caller asks.
//!
//! Punycode, lower case beyond ASCII and the many spellings of IPv4 addresses are the command line's.

use crate::authority;
use cors::origin::{default_port, write_ipv6};
use std::net::Ipv6Addr;

/// Near spellings of an origin rule, the best first: a `?` is a wildcard, or the start of a query.
pub(crate) fn origins(text: &str) -> impl Iterator<Item = String> {
    split_scheme(text.trim()).into_iter().flat_map(|(scheme, rest)| {
        authorities(rest).map(move |authority| {
            let scheme = scheme.to_ascii_lowercase();
            let (host, port) = split_port(authority);
            let mut origin = format!("{scheme}://{}", respell_host(host));
            // A port of zeros is left to be refused.
            let port = port.map(|port| Some(port.trim_start_matches('0')).filter(|port| !port.is_empty()).unwrap_or(port));
            let is_default = |port: &str| port.parse().is_ok_and(|port| default_port(scheme.as_bytes()) == Some(port));
            if let Some(port) = port.filter(|port| !port.is_empty() && !is_default(port)) {
                origin.push(':');
                origin.push_str(port);
            }
            origin
        })
    })
}

/// Near spellings of a host of `match`, the best first.
pub(crate) fn hosts(text: &str) -> impl Iterator<Item = String> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    authorities(rest).map(|authority| {
        let host = respell_host(split_port(authority).0);
        host.strip_suffix('.').map(str::to_owned).unwrap_or(host)
    })
}

/// The scheme that a text was meant to have, and what follows it; https where there is a bare host.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    if let Some(parts) = text.split_once("://") {
        return Some(parts);
    }
    match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            Some((scheme, rest.trim_start_matches('/')))
        }
        _ => (!text.contains('@')).then_some(("https", text)),
    }
}

/// The authority at the start of `rest` without its user: up to a path or fragment, and up to a `?` as well.
fn authorities(rest: &str) -> impl Iterator<Item = &str> {
    let whole = rest.split(['/', '\\', '#']).next().unwrap_or_default();
    let (front, query) = whole.split_once('?').map_or((whole, None), |(front, query)| (front, Some(query)));
    let start = front.rfind('@').map_or(0, |at| at + 1);
    // What follows an @ in a query is no host.
    let with_wildcard = whole.get(start..).filter(|_| query.is_none_or(|query| !query.contains(['@', '='])));
    let without = front.get(start..).filter(|_| query.is_some());
    with_wildcard.into_iter().chain(without)
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && authority.parse::<Ipv6Addr>().is_err() => (host, Some(port)),
        _ => (authority, None),
    }
}

fn respell_host(host: &str) -> String {
    let host = host.to_ascii_lowercase().replace("**", "*");
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
    let mut text = String::from("[");
    if address.parse::<Ipv6Addr>().is_ok_and(|address| write_ipv6(address, &mut text).is_ok()) {
        return text + "]";
    }
    // A dot at the end is part of a name, but not of a pattern or an address.
    match host.strip_suffix('.') {
        Some(name) if !name.ends_with('.') && !authority::is_host(&host) => name.to_owned(),
        _ => host,
    }
}
