//! Checks that are the same for the host of an origin rule, with its port, and for a host of `match`.

use crate::cut::contains;
use crate::spelling::Spelling;
use cors::origin::{self, MAX_HOST_BYTES, MAX_LABEL_BYTES, Origin, is_host_char};
use std::net::Ipv6Addr;

/// What starts or ends a wildcard in globset's syntax.
pub const WILDCARD_CHARACTERS: [char; 6] = ['*', '?', '[', ']', '{', '}'];

/// Whether browsers write a host so.
pub(crate) fn is_host(host: &str) -> bool {
    Origin::parse(format!("https://{host}").as_bytes()).is_some_and(|origin| origin.port().is_none())
}

/// Whether the host is an IPv6 address, or was meant to be: brackets around anything else are a class of a glob.
pub(crate) fn is_ipv6(host: &str) -> bool {
    host.starts_with('[') && host.contains(':')
}

/// Checks what follows a scheme for parts that do not belong there.
pub(crate) fn check(rest: &str) -> Result<(), Spelling> {
    Err(if rest.is_empty() {
        Spelling::MissingHost
    } else if rest.contains('@') {
        Spelling::UserName
    } else if rest.contains(['/', '\\']) {
        Spelling::Path
    } else if rest.contains('?') && rest.contains('=') {
        Spelling::Query
    } else if rest.contains('#') {
        Spelling::Fragment
    } else if is_ipv6(rest) && !rest.contains(']') || rest.parse::<Ipv6Addr>().is_ok() {
        Spelling::Brackets
    } else if !rest.is_ascii() {
        Spelling::NonAscii
    } else if rest.contains(|char: char| char.is_ascii_uppercase()) {
        Spelling::UpperCase
    } else {
        return Ok(());
    })
}

/// Why browsers do not write a host so, where they do not.
pub(crate) fn why_not_host(host: &str) -> Spelling {
    if host.is_empty() {
        return Spelling::MissingHost;
    }
    if host.starts_with('[') {
        return Spelling::Ipv6;
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    if let Err(reason) = check_labels(name, name) {
        return reason;
    }
    match host.chars().find(|char| !is_host_char(*char)) {
        Some(char) => Spelling::Character(char),
        None if name.len() > MAX_HOST_BYTES => Spelling::LongHost,
        None if is_host(name) => Spelling::DotAtEnd,
        None => Spelling::Ipv4,
    }
}

/// Checks a glob for what globset does not: that each character can be in a host, and that the labels are right. Returns
/// the text after the last wildcard.
pub(crate) fn check_glob(host: &str) -> Result<&str, Spelling> {
    if contains(host, "**") {
        return Err(Spelling::DoubleStar);
    }
    if let Some(char) = foreign_char(host) {
        return Err(Spelling::Character(char));
    }
    if host.ends_with('.') && !host.ends_with("..") {
        return Err(Spelling::DotAtEnd);
    }
    let tail = host.rsplit(WILDCARD_CHARACTERS).next().unwrap_or_default();
    check_labels(host, tail)?;
    Ok(tail)
}

/// Checks the labels of a host; in a glob only those of `tail`, the text after the last wildcard, are all known.
fn check_labels(host: &str, tail: &str) -> Result<(), Spelling> {
    if host.starts_with('.') || host.ends_with('.') || contains(host, "..") {
        return Err(Spelling::EmptyLabel);
    }
    if tail.split('.').any(|label| label.len() > MAX_LABEL_BYTES) {
        return Err(Spelling::LongLabel);
    }
    Ok(())
}

/// The first character that is neither of a host nor of a glob's syntax where it is.
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
