//! What to write instead of an origin that no browser sends.

use crate::glob::{self, Wildcards};
use crate::origin_rule::{WILDCARD_CHARACTERS, check_host_glob, parse_pattern};
use crate::problem::quote;
use crate::punycode;
use cors::origin::{Origin, default_port, is_host_char, write_ipv6};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The remedy for a refused origin rule: the text that would be right, where one is near, else the form in general.
pub fn of_origin(text: &str, reason: &str) -> String {
    if text.starts_with("file:") {
        return String::from("remove it, or write \"null\" and list \"null_origin\" in dangerously_allow");
    }
    if let Some((_, rest)) = text.split_once("://").filter(|(scheme, _)| *scheme == "*") {
        return format!("write one rule for each scheme, \"https://{rest}\" among them");
    }
    for candidate in candidates(text) {
        if candidate != text && parse_pattern(&candidate).is_ok() {
            return format!("write \"{candidate}\"");
        }
    }
    if reason.contains("IP address") {
        return String::from("list each address");
    }
    String::from("write scheme://host[:port] as browsers send it, such as \"https://app.example.com\"")
}

/// The remedy for a refused host of a `match`.
pub fn of_host(text: &str) -> String {
    let (_, rest) = text.split_once("://").unwrap_or(("", text));
    let authority = cut(rest, &['/', '#', '\\']).rsplit('@').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    };
    let host = respell_host(&lower(host));
    let is_glob = || check_host_glob(&host).is_ok() && glob::compile(&host, Wildcards::CrossSeparators).is_ok();
    if is_host(&host) || host.contains(WILDCARD_CHARACTERS) && is_glob() {
        return format!("write \"{host}\"");
    }
    String::from("write a host without port, such as \"api.example.com\"")
}

/// Whether browsers write a host so.
pub fn is_host(host: &str) -> bool {
    Origin::parse(format!("https://{host}").as_bytes()).is_some_and(|origin| origin.port().is_none())
}

/// Lower case as browsers make it, for the scripts that most names are written in: the tables for all of Unicode would be
/// a twentieth of the module.
fn lower(text: &str) -> String {
    let lower_char = |char: char| match char {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ρ' | 'Σ'..='Ϋ' | 'А'..='Я' => u32::from(char) + 0x20,
        'Ѐ'..='Џ' => u32::from(char) + 0x50,
        'Ա'..='Ֆ' => u32::from(char) + 0x30,
        'Ά' => u32::from('ά'),
        'Έ'..='Ί' => u32::from(char) + 0x25,
        'Ό' => u32::from('ό'),
        'Ύ' | 'Ώ' => u32::from(char) + 0x3f,
        'Ÿ' => u32::from('ÿ'),
        'Ӏ' => u32::from('ӏ'),
        // Pairs of upper and lower case: the upper one even, or odd in parts of Latin Extended-A and Cyrillic.
        'Ā'..='į' | 'Ĳ'..='ķ' | 'Ŋ'..='ŷ' | 'Ѡ'..='ҁ' | 'Ҋ'..='ҿ' | 'Ӑ'..='ԯ' | 'Ḁ'..='ẕ' | 'Ạ'..='ỿ' => {
            u32::from(char) | 1
        }
        'Ĺ'..='ň' | 'Ź'..='ž' | 'Ӂ'..='ӎ' => u32::from(char) + u32::from(char) % 2,
        _ => u32::from(char),
    };
    let mut lower = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            // The only letter that becomes two.
            'İ' => lower.push_str("i\u{307}"),
            _ => lower.push(char::from_u32(lower_char(char)).unwrap_or(char)),
        }
    }
    lower
}

/// Near spellings, the best first.
fn candidates(text: &str) -> Vec<String> {
    let text = text.trim();
    let Some((scheme, rest)) = split_scheme(text) else { return Vec::new() };
    let scheme = scheme.to_ascii_lowercase();
    let mut origins = vec![rest];
    if rest.contains("://") {
        origins.extend(rest.split(',').next().map(str::trim));
    }
    origins
        .into_iter()
        // `?` is a wildcard or the start of a query: the wildcard is tried first.
        .flat_map(|rest| [cut(rest, &['/', '#', '\\']), cut(rest, &['/', '#', '\\', '?'])])
        .map(|authority| format!("{scheme}://{}", respell_authority(&scheme, authority)))
        .collect()
}

/// The scheme that a text was meant to have, and what follows it; https where there is a bare host.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    if let Some(parts) = text.split_once("://") {
        return Some(parts);
    }
    match text.split_once(':') {
        Some((scheme @ ("http" | "https"), rest)) => Some((scheme, rest.trim_start_matches('/'))),
        _ => (!text.contains('@')).then_some(("https", text)),
    }
}

fn cut<'a>(text: &'a str, at: &[char]) -> &'a str {
    text.split(at).next().unwrap_or_default()
}

/// Host and port as a browser would write them: no user, lower case, Punycode, canonical addresses, no default port.
fn respell_authority(scheme: &str, authority: &str) -> String {
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let host = respell_host(&lower(host));
    let number = port.map(|port| port.trim_start_matches('0'));
    let default = default_port(scheme.as_bytes()).map(|port| port.to_string());
    match number {
        None | Some("") => host,
        Some(port) if Some(port) == default.as_deref() => host,
        Some(port) => format!("{host}:{port}"),
    }
}

fn respell_host(host: &str) -> String {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let mut text = String::from("[");
        return match address.parse::<Ipv6Addr>() {
            Ok(address) if write_ipv6(address, &mut text).is_ok() => text + "]",
            _ => host.to_owned(),
        };
    }
    if let Some(address) = parse_ipv4(host) {
        return address.to_string();
    }
    let labels: Vec<String> = host
        .trim_end_matches('.')
        .split('.')
        .map(|label| punycode::to_ascii(label).unwrap_or_else(|| label.to_owned()))
        .collect();
    labels.join(".")
}

/// An IPv4 address in any of the spellings that a browser understands (URL, "IPv4 parser").
fn parse_ipv4(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u64> = host.split('.').map(parse_ipv4_part).collect::<Option<_>>()?;
    let (last, front) = parts.split_last()?;
    let free_bits = 32_u32.checked_sub(u32::try_from(front.len()).ok()? * 8)?;
    if front.len() > 3 || front.iter().any(|part| *part > 255) || *last >= 1 << free_bits {
        return None;
    }
    let high = front.iter().fold(0, |value, part| value << 8 | part);
    u32::try_from(high << free_bits | last).ok().map(Ipv4Addr::from)
}

fn parse_ipv4_part(part: &str) -> Option<u64> {
    if let Some(digits) = part.strip_prefix("0x") {
        return u64::from_str_radix(if digits.is_empty() { "0" } else { digits }, 16).ok();
    }
    let radix = if part.len() > 1 && part.starts_with('0') { 8 } else { 10 };
    u64::from_str_radix(part, radix).ok()
}

/// Checks host and port for parts that `what` (an origin, a host) does not have.
pub fn check_authority(rest: &str, what: &str) -> Result<(), String> {
    let has_no = |part: &str| format!("{what} has no {part}");
    Err(if rest.is_empty() {
        String::from("a host is missing")
    } else if rest.contains('@') {
        has_no("user name")
    } else if rest.contains(['/', '\\']) {
        has_no("path")
    } else if rest.contains('?') && rest.contains('=') {
        has_no("query")
    } else if rest.contains('#') {
        has_no("fragment")
    } else if rest.starts_with('[') && rest.contains(':') && !rest.contains(']') {
        String::from("an IPv6 address stands in brackets")
    } else if !rest.is_ascii() {
        String::from("browsers send a Unicode host in Punycode")
    } else if rest.contains(|char: char| char.is_ascii_uppercase()) {
        format!("browsers send {what} in lower case")
    } else {
        return Ok(());
    })
}

/// Why a host without wildcards is none.
pub fn reason_for_host(host: &str) -> String {
    if host.starts_with('[') {
        return String::from("an IPv6 address stands in brackets, in the shortest form (RFC 5952)");
    }
    if let Err(reason) = check_labels(host, host) {
        return reason;
    }
    match host.chars().find(|char| !is_host_char(*char)) {
        Some(char) => reason_for_char(char),
        None if host.len() > 300 => String::from("an origin has 512 bytes at most"),
        None => String::from("a host that ends in a number is an IPv4 address of four decimal parts"),
    }
}

/// Why a character stands in no host.
pub fn reason_for_char(char: char) -> String {
    format!("{} stands in no host", quote(char.encode_utf8(&mut [0; 4])))
}

/// Checks the labels of a host; in a glob only those of `tail`, the text after the last wildcard, are all known.
pub fn check_labels(host: &str, tail: &str) -> Result<(), String> {
    if host.ends_with('.') {
        return Err(String::from("a host has no dot at its end"));
    }
    if host.starts_with('.') || host.contains("..") {
        return Err(String::from("a host has no empty label"));
    }
    if tail.split('.').any(|label| label.len() > 63) {
        return Err(String::from("a label of a host has 63 characters at most"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_is_unicode_s_where_names_are_written() {
        let scripts =
            [0..0x180, 0x386..0x3cf, 0x400..0x530, 0x531..0x590, 0x1e00..0x1e96, 0x1ea0..0x1f00, 0x3040..0x5000];
        for char in scripts.into_iter().flatten().filter_map(char::from_u32) {
            assert_eq!(lower(&char.to_string()), char.to_lowercase().to_string(), "{char} {:x}", u32::from(char));
        }
    }
}
