//! Parses a rule of `allow_origins`: `*`, `null`, an origin, or a glob over the host.

use crate::glob::{self, Wildcards};
use crate::problem::Fault;
use crate::remedy;
use cors::origin::{self, Origin};
use cors::origin_rule::{HostPattern, OriginPattern, OriginRule, PortPattern};

/// What starts or ends a wildcard in globset's syntax.
pub const WILDCARD_CHARACTERS: [char; 6] = ['*', '?', '[', ']', '{', '}'];

/// Top-level names that no registry gives out: one label of one's own in front of them is narrow enough.
const LOCAL_TOP_LEVELS: [&str; 4] = ["internal", "local", "localhost", "test"];

/// Parses a rule, or says what is wrong with it and what would be right.
pub fn parse(text: &str) -> Result<OriginRule, Fault> {
    match text {
        "*" => Ok(OriginRule::Any),
        "null" => Ok(OriginRule::Null),
        _ => parse_pattern(text)
            .map(OriginRule::Pattern)
            .map_err(|reason| Fault { remedy: remedy::of_origin(text, &reason), reason }),
    }
}

/// Parses a rule that has a scheme, or gives the reason why it is none.
pub fn parse_pattern(text: &str) -> Result<OriginPattern, String> {
    if let Some(origin) = Origin::parse(text.as_bytes()) {
        return Ok(exact(&origin, PortPattern::Only(origin.port())));
    }
    if let Some(pattern) = parse_subdomains(text) {
        return Ok(pattern);
    }
    let (scheme, host, port) = split(text)?;
    let port = parse_port(scheme, port)?;
    let text_without_port = format!("{scheme}://{host}");
    if let Some(origin) = Origin::parse(text_without_port.as_bytes()) {
        // With its port it is longer than any `Origin` that is looked at.
        if text.len() > origin::MAX_ORIGIN_BYTES {
            return Err(String::from("an origin has 512 bytes at most"));
        }
        return Ok(exact(&origin, port));
    }
    if !host.contains(WILDCARD_CHARACTERS) || host.starts_with('[') && host.contains(':') {
        return Err(remedy::reason_for_host(host));
    }
    Ok(OriginPattern { scheme: scheme.to_owned(), host: parse_glob(host)?, port })
}

/// A rule such as `https://*.example.com`, as nearly all wildcards are: one pass instead of twenty, which is a second
/// of a hundred thousand rules. `None` for all else, right or wrong.
fn parse_subdomains(text: &str) -> Option<OriginPattern> {
    let (scheme, rest) = text.as_bytes().split_at_checked(text.bytes().position(|byte| byte == b'*')?)?;
    let domain = [scheme, rest.strip_prefix(b"*.")?].concat();
    if !scheme.ends_with(b"://") {
        return None;
    }
    let origin = Origin::parse(&domain)?;
    let tail = format!(".{}", String::from_utf8_lossy(origin.host()));
    // A number at the end is part of an address, or no host.
    if !tail.ends_with(|char: char| char.is_ascii_lowercase()) || glob::check_length(text).is_err() {
        return None;
    }
    let exact = exact(&origin, PortPattern::Only(origin.port()));
    Some(OriginPattern { host: HostPattern::Suffix(tail), ..exact })
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

/// Whether pages of these origins come over plain http from another machine, so that anybody on the way can put
/// scripts into them.
pub fn is_insecure(pattern: &OriginPattern) -> bool {
    pattern.scheme == "http"
        && match &pattern.host {
            HostPattern::Exact(host) => !is_loopback(host),
            HostPattern::Suffix(tail) | HostPattern::Glob { tail, .. } => !tail.ends_with(".localhost"),
        }
}

/// Whether a host is this machine for certain (Secure Contexts, "potentially trustworthy origin").
fn is_loopback(host: &str) -> bool {
    let is_loopback_ipv4 = || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || is_loopback_ipv4()
}

/// Splits a rule into scheme, host and the text of the port.
fn split(text: &str) -> Result<(&str, &str, Option<&str>), String> {
    if text.is_empty() {
        return Err(String::from("an origin is missing"));
    }
    if let Some(char) = text.chars().find(|char| char.is_whitespace() || char.is_control()) {
        return Err(format!(
            "an origin has no {}",
            if char.is_control() { "control characters" } else { "white space" }
        ));
    }
    if text.matches("://").count() > 1 {
        return Err(String::from("one rule is one origin"));
    }
    let (scheme, rest) = text.split_once("://").ok_or("an origin starts with a scheme")?;
    if scheme.contains(WILDCARD_CHARACTERS) {
        return Err(String::from("a scheme holds no wildcard"));
    }
    if scheme == "file" {
        return Err(String::from("a page from a file has no origin of its own, browsers send null for it"));
    }
    if scheme.is_empty() || origin::scheme_length(scheme.as_bytes()) != scheme.len() {
        return Err(String::from("a scheme has lower-case letters, digits, +, - and . only, a letter first"));
    }
    remedy::check_authority(rest, "an origin")?;
    let host_end = match rest.rfind(']') {
        Some(bracket) => rest.get(bracket..).and_then(|tail| tail.find(':')).map(|colon| bracket + colon),
        None => rest.find(':'),
    };
    match host_end.and_then(|colon| rest.split_at_checked(colon)) {
        Some((host, port)) => Ok((scheme, host, port.get(1..))),
        None => Ok((scheme, rest, None)),
    }
}

fn parse_port(scheme: &str, port: Option<&str>) -> Result<PortPattern, String> {
    let Some(text) = port else { return Ok(PortPattern::Only(None)) };
    if text == "*" {
        return Ok(PortPattern::Any);
    }
    if text.contains(WILDCARD_CHARACTERS) {
        return Err(String::from("a port is a number or * as a whole"));
    }
    match origin::parse_port(text.as_bytes()) {
        Some(port) if origin::default_port(scheme.as_bytes()) == Some(port) => {
            Err(format!("browsers leave out port {port}, the default of {scheme}"))
        }
        Some(port) => Ok(PortPattern::Only(Some(port))),
        None => Err(String::from("a port is a number from 1 to 65535 without leading zero")),
    }
}

fn parse_glob(host: &str) -> Result<HostPattern, String> {
    if is_beside_address(host) {
        return Err(String::from("a wildcard cannot stand beside an IP address"));
    }
    let tail = check_host_glob(host)?;
    if host.strip_prefix('*') == Some(tail) {
        glob::check_length(host)?;
        return Ok(HostPattern::Suffix(tail.to_owned()));
    }
    Ok(HostPattern::Glob { glob: Box::new(glob::compile(host, Wildcards::CrossSeparators)?), tail: tail.to_owned() })
}

/// Checks what globset does not: that each character can stand in a host. Returns the text after the last wildcard.
pub fn check_host_glob(host: &str) -> Result<&str, String> {
    if host.contains("**") {
        return Err(String::from("** has no meaning in a host, one * covers every depth"));
    }
    if let Some(char) = foreign_char(host) {
        return Err(remedy::reason_for_char(char));
    }
    let tail = host.rsplit(WILDCARD_CHARACTERS).next().unwrap_or_default();
    remedy::check_labels(host, tail)?;
    Ok(tail)
}

/// The first character that is neither of a host nor of a glob's syntax where it stands.
fn foreign_char(glob: &str) -> Option<char> {
    let (mut in_class, mut braces, mut previous) = (false, 0, ' ');
    for char in glob.chars() {
        let fits = match char {
            '!' | '^' => in_class && previous == '[',
            ',' => in_class || braces > 0,
            ']' => in_class,
            _ => origin::is_host_char(char) || WILDCARD_CHARACTERS.contains(&char),
        };
        if !fits {
            return Some(char);
        }
        match char {
            '[' => in_class = true,
            ']' => in_class = false,
            '{' if !in_class => braces += 1,
            '}' if !in_class => braces -= 1,
            _ => {}
        }
        previous = char;
    }
    None
}

/// Whether the glob could only be meant for IP addresses, whose parts carry no ownership: `192.168.*.*`, `10.0.0.[0-9]`.
fn is_beside_address(host: &str) -> bool {
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
        let host = format!("{}example", "a.".repeat(248));
        assert!(parse_pattern(&format!("https://{host}")).is_ok());
        assert!(parse_pattern(&format!("https://{host}:8443")).is_err());
    }
}
