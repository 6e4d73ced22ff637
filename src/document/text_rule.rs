//! An entry of `match`: a host, a path or the name of a route.

use crate::authority::{self, WILDCARD_CHARACTERS};
use crate::cut::contains;
use crate::glob::{self, GlobError, Wildcards};
use crate::reason::Reason;
use crate::spelling::Spelling;
use cors::match_rule::TextRule;
use cors::path;
use std::sync::Arc;

/// Compiles an entry of `hosts`.
pub(crate) fn compile_host(text: &str) -> Result<TextRule, Spelling> {
    let host = text.to_ascii_lowercase();
    if contains(&host, "://") {
        return Err(Spelling::Scheme);
    }
    authority::check(&host)?;
    let is_address = authority::is_ipv6(&host);
    if contains(&host, "]:") || !is_address && host.contains(':') {
        return Err(Spelling::Port);
    }
    if is_address || !host.contains(WILDCARD_CHARACTERS) {
        return match authority::is_host(&host) {
            // The dot at the end of a request's host does not count.
            true if host.ends_with('.') => Err(Spelling::DotAtEnd),
            true => Ok(TextRule::Exact(host)),
            false => Err(authority::why_not_host(&host)),
        };
    }
    authority::check_glob(&host)?;
    compile_glob(host, Wildcards::CrossSeparators).map_err(Spelling::Glob)
}

/// Compiles an entry of `paths`.
pub(crate) fn compile_path(text: &str) -> Result<TextRule, Reason> {
    if text.is_empty() {
        return Err(Reason::EmptyPath);
    }
    // A wildcard at the start may stand for the slash. Without either, the rest is judged as the remedy writes it.
    let is_relative = !text.starts_with(['/', '*', '?', '[', '{']);
    let text = String::from(if is_relative { "/" } else { "" }) + text;
    if text.contains(|char: char| char.is_ascii_control() || char == ' ' || !char.is_ascii()) {
        return Err(Reason::PathCharacter);
    }
    if text.contains('#') {
        return Err(Reason::PathFragment);
    }
    if path::is_ambiguous(text.as_bytes()) && !text.contains('\\') {
        return Err(Reason::AmbiguousPath);
    }
    let rule = compile_glob(text, Wildcards::StayInSegment).map_err(Reason::PathGlob)?;
    if is_relative { Err(Reason::RelativePath) } else { Ok(rule) }
}

/// Checks an entry of `route_names`.
pub(crate) fn check_route_name(text: &str) -> Result<String, Reason> {
    if text.is_empty() { Err(Reason::EmptyRouteName) } else { Ok(text.to_owned()) }
}

fn compile_glob(text: String, wildcards: Wildcards) -> Result<TextRule, GlobError> {
    // What comes before the first of these and after the last is literal.
    let is_special = |char: char| WILDCARD_CHARACTERS.contains(&char) || char == '\\';
    if !text.contains(is_special) {
        return Ok(TextRule::Exact(text));
    }
    let head = text.split(is_special).next().unwrap_or_default().to_owned();
    // The character after an escape does not belong to the literal end.
    let tail = if text.contains('\\') { "" } else { text.rsplit(is_special).next().unwrap_or_default() };
    let is_subdomain =
        wildcards == Wildcards::CrossSeparators && tail.starts_with('.') && text.strip_prefix('*') == Some(tail);
    let is_subtree =
        wildcards == Wildcards::StayInSegment && head.ends_with('/') && text.strip_prefix(&head) == Some("**");
    let glob = if is_subdomain || is_subtree {
        glob::check_length(&text)?;
        None
    } else {
        Some(Arc::new(glob::compile(&text, wildcards)?))
    };
    Ok(TextRule::Glob { glob, tail: tail.to_owned(), head })
}
