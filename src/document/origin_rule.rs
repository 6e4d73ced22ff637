//! Parses a rule of `allow_origins`: `*`, `null`, an origin, or a glob over the host.

use crate::authority::{self, WILDCARD_CHARACTERS};
use crate::cut::{contains, cut};
use crate::glob::{self, Wildcards};
use crate::spelling::Spelling;
use cors::origin::{self, Origin};
use cors::origin_rule::{HostPattern, OriginPattern, OriginRule, PortPattern};

/// Top-level names that no registry gives out: one label of one's own in front of them is narrow enough.
const LOCAL_TOP_LEVELS: [&str; 4] = ["internal", "local", "localhost", "test"];

/// Parses a rule, or says why it is not one.
pub fn parse(text: &str) -> Result<OriginRule, Spelling> {
    match text {
        "*" => Ok(OriginRule::Any),
        "null" => Ok(OriginRule::Null),
        _ => parse_pattern(text).map(OriginRule::Pattern),
    }
}

/// Parses a rule that has a scheme, or says why it is not one.
pub(crate) fn parse_pattern(text: &str) -> Result<OriginPattern, Spelling> {
    if let Some(origin) = Origin::parse(text.as_bytes()) {
        return Ok(exact(&origin, PortPattern::Only(origin.port())));
    }
    if let Some(pattern) = parse_one_star(text) {
        return Ok(pattern);
    }
    let (scheme, host, port) = split(text)?;
    let port = parse_port(scheme, port)?;
    let text_without_port = format!("{scheme}://{host}");
    if let Some(origin) = Origin::parse(text_without_port.as_bytes()) {
        // With its port it is longer than any `Origin` that is looked at.
        if text.len() > origin::MAX_ORIGIN_BYTES {
            return Err(Spelling::LongOrigin);
        }
        return Ok(exact(&origin, port));
    }
    if !host.contains(WILDCARD_CHARACTERS) || authority::is_ipv6(host) {
        // A host that is right comes with a scheme that is too long.
        return Err(if authority::is_host(host) { Spelling::LongOrigin } else { authority::why_not_host(host) });
    }
    Ok(OriginPattern { scheme: scheme.to_owned(), host: parse_glob(host)?, port })
}

/// A rule with one star in its host, such as `https://*.example.com`, as nearly all wildcards are: one pass instead of
/// twenty, which is a second of a hundred thousand rules. `None` for all else, right or wrong.
fn parse_one_star(text: &str) -> Option<OriginPattern> {
    let star = text.bytes().position(|byte| byte == b'*')?;
    let mut filled = text.as_bytes().to_vec();
    *filled.get_mut(star)? = b'a';
    let origin = Origin::parse(&filled)?;
    let (head, tail) = origin.host().split_at_checked(star.checked_sub(origin.scheme().len() + b"://".len())?)?;
    let text_of = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (head, tail) = (text_of(head), text_of(tail.get(1..)?));
    // A number at the end is part of an address, or no host.
    if !tail.ends_with(|char: char| char.is_ascii_lowercase()) || glob::check_length(text).is_err() {
        return None;
    }
    let host = if head.is_empty() { HostPattern::Suffix(tail) } else { HostPattern::Glob { glob: None, head, tail } };
    Some(OriginPattern { host, ..exact(&origin, PortPattern::Only(origin.port())) })
}

fn exact(origin: &Origin, port: PortPattern) -> OriginPattern {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    OriginPattern { scheme: text(origin.scheme()), host: HostPattern::Exact(text(origin.host())), port }
}

/// Whether the wildcard covers names of more than one owner: fewer than two literal labels follow it, or fewer than
/// one under a top level that is local.
pub fn is_broad(pattern: &OriginPattern) -> bool {
    let tail = match &pattern.host {
        HostPattern::Exact(_) => return false,
        HostPattern::Suffix(tail) | HostPattern::Glob { tail, .. } => tail,
    };
    // What stands before the first dot belongs to the label of the wildcard.
    match tail.split('.').count() - 1 {
        0 => true,
        1 => !tail.rsplit('.').next().is_some_and(|top| LOCAL_TOP_LEVELS.contains(&top)),
        _ => false,
    }
}

/// Whether pages of these origins come over plain http from another machine, so that an attacker on the network can
/// inject scripts into them.
pub fn is_insecure(pattern: &OriginPattern) -> bool {
    pattern.scheme == "http"
        && match &pattern.host {
            HostPattern::Exact(host) => !is_loopback(host),
            HostPattern::Suffix(tail) | HostPattern::Glob { tail, .. } => !tail.ends_with(".localhost"),
        }
}

/// Whether a host is this machine for certain (Secure Contexts, "potentially trustworthy origin").
fn is_loopback(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_loopback_ipv4 = || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || is_loopback_ipv4()
}

/// Splits a rule into scheme, host and the text of the port.
fn split(text: &str) -> Result<(&str, &str, Option<&str>), Spelling> {
    if text.is_empty() {
        return Err(Spelling::Empty);
    }
    if let Some(char) = text.chars().find(|char| char.is_whitespace() || char.is_control()) {
        return Err(if char.is_control() { Spelling::ControlCharacter } else { Spelling::WhiteSpace });
    }
    let (scheme, rest) = cut(text, "://").ok_or(Spelling::MissingScheme)?;
    if contains(rest, "://") {
        return Err(Spelling::SeveralOrigins);
    }
    if scheme.contains(WILDCARD_CHARACTERS) {
        return Err(Spelling::WildcardScheme);
    }
    if scheme == "file" {
        return Err(Spelling::FileScheme);
    }
    if scheme.is_empty() || origin::scheme_length(scheme.as_bytes()) != scheme.len() {
        return Err(Spelling::InvalidScheme);
    }
    authority::check(rest)?;
    let host_end = match rest.rfind(']') {
        Some(bracket) => rest.get(bracket..).and_then(|tail| tail.find(':')).map(|colon| bracket + colon),
        None => rest.find(':'),
    };
    match host_end.and_then(|colon| rest.split_at_checked(colon)) {
        Some((host, port)) => Ok((scheme, host, port.get(1..))),
        None => Ok((scheme, rest, None)),
    }
}

fn parse_port(scheme: &str, port: Option<&str>) -> Result<PortPattern, Spelling> {
    let Some(text) = port else { return Ok(PortPattern::Only(None)) };
    if text == "*" {
        return Ok(PortPattern::Any);
    }
    if text.contains(WILDCARD_CHARACTERS) {
        return Err(Spelling::WildcardPort);
    }
    match origin::parse_port(text.as_bytes()) {
        Some(port) if origin::default_port(scheme.as_bytes()) == Some(port) => Err(Spelling::DefaultPort),
        Some(port) => Ok(PortPattern::Only(Some(port))),
        None => Err(Spelling::InvalidPort),
    }
}

fn parse_glob(host: &str) -> Result<HostPattern, Spelling> {
    if is_meant_for_addresses(host) {
        return Err(Spelling::AddressWildcard);
    }
    let tail = authority::check_glob(host)?;
    let head = host.split(WILDCARD_CHARACTERS).next().unwrap_or_default();
    let is_one_star = host.strip_prefix(head).and_then(|rest| rest.strip_prefix('*')) == Some(tail);
    let glob = if is_one_star {
        glob::check_length(host).map_err(Spelling::Glob)?;
        if head.is_empty() {
            return Ok(HostPattern::Suffix(tail.to_owned()));
        }
        None
    } else {
        Some(Box::new(glob::compile(host, Wildcards::CrossSeparators).map_err(Spelling::Glob)?))
    };
    Ok(HostPattern::Glob { glob, head: head.to_owned(), tail: tail.to_owned() })
}

/// Whether the glob could only be meant for IP addresses, whose parts carry no ownership: `192.168.*.*`, `10.0.0.[0-9]`.
fn is_meant_for_addresses(host: &str) -> bool {
    let has_letter = host.contains(|char: char| char.is_ascii_lowercase());
    let has_digit = host.contains(|char: char| char.is_ascii_digit());
    let last_label = host.rsplit('.').next().unwrap_or_default();
    let last_is_number = !last_label.is_empty() && last_label.bytes().all(|byte| byte.is_ascii_digit());
    last_is_number || has_digit && !has_letter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_longer_than_any_origin_is_refused() {
        let of_length = |length: usize| format!("{}://a.example", "a".repeat(length - "://a.example".len()));
        assert!(parse_pattern(&of_length(512)).is_ok());
        assert_eq!(parse_pattern(&of_length(513)).unwrap_err(), Spelling::LongOrigin);
        assert_eq!(parse_pattern(&(of_length(512) + ":8443")).unwrap_err(), Spelling::LongOrigin);
    }

    #[test]
    fn a_dot_at_the_end_is_for_exact_hosts() {
        for rule in ["https://a.example.", "https://a.example.:8443", "https://a.example.:*", "http://localhost."] {
            assert!(parse_pattern(rule).is_ok(), "{rule}");
        }
        for rule in ["https://*.a.example.", "https://app[0-9].a.example.:*", "http://127.0.0.1.", "https://*."] {
            assert_eq!(parse_pattern(rule).unwrap_err(), Spelling::DotAtEnd, "{rule}");
        }
    }
}
