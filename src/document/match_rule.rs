//! `match`: which requests a policy is for, compiled.

use crate::glob::{self, Wildcards};
use crate::origin_rule::{self, WILDCARD_CHARACTERS};
use crate::problem::{Fault, Problem};
use crate::reader::Text;
use crate::remedy;
use crate::shape::MatchDocument;
use cors::match_rule::{Match, TextRule};
use cors::path;
use std::sync::Arc;

/// Compiles the `match` of a policy; what is wrong with it goes to `problems`.
pub fn compile_match(document: &MatchDocument, problems: &mut Vec<Problem>) -> Match {
    Match {
        hosts: document.hosts.as_ref().map(|texts| compile(texts, compile_host, problems)),
        paths: document.paths.as_ref().map(|texts| compile(texts, compile_path, problems)),
        route_names: document.route_names.as_ref().map(|texts| compile(texts, compile_route_name, problems)),
    }
}

fn compile<T>(texts: &[Text], one: fn(&str) -> Result<T, Fault>, problems: &mut Vec<Problem>) -> Vec<T> {
    let mut compiled = Vec::with_capacity(texts.len());
    for Text { path, text } in texts {
        match one(text) {
            Ok(value) => compiled.push(value),
            Err(fault) => problems.push(fault.of_text(path, text)),
        }
    }
    compiled
}

fn compile_host(text: &str) -> Result<TextRule, Fault> {
    let fault = |reason: String| Fault::new(reason, remedy::of_host(text));
    let host = text.to_ascii_lowercase();
    if host.contains("://") {
        return Err(fault(String::from("a host has no scheme")));
    }
    remedy::check_authority(&host, "a host").map_err(fault)?;
    let is_address = host.starts_with('[') && host.contains(':');
    if host.contains("]:") || !is_address && host.contains(':') {
        return Err(fault(String::from("hosts are compared without port")));
    }
    if is_address || !host.contains(WILDCARD_CHARACTERS) {
        return match remedy::is_host(&host) {
            true => Ok(TextRule::Exact(host)),
            false => Err(fault(remedy::reason_for_host(&host))),
        };
    }
    origin_rule::check_host_glob(&host).map_err(fault)?;
    compile_glob(host, Wildcards::CrossSeparators).map_err(fault)
}

fn compile_path(text: &str) -> Result<TextRule, Fault> {
    let fault = |reason: &str, remedy: &str| Err(Fault::new(reason, remedy));
    if text.is_empty() {
        return fault("a path is missing", "write a path such as \"/api/**\"");
    }
    // A wildcard at the start may stand for the slash.
    if !text.starts_with(['/', '*', '?', '[', '{']) {
        return Err(Fault::new("a path begins with /", format!("write \"/{text}\"")));
    }
    if text.contains(|char: char| char.is_ascii_control() || char == ' ' || !char.is_ascii()) {
        return fault(
            "a path has ASCII characters only, others are escaped",
            "write it as it goes over the wire, such as \"/caf%C3%A9\"",
        );
    }
    if text.contains('#') {
        return fault("a path has no fragment", "write it without what follows #");
    }
    if path::is_ambiguous(text.as_bytes()) && !text.contains('\\') {
        return fault(
            "a path that can be read in two ways is never asked about",
            "write it without //, . and .. segments, %2e, %2f and %5c",
        );
    }
    compile_glob(text.to_owned(), Wildcards::StayInSegment)
        .map_err(|reason| Fault::new(reason, "write a path such as \"/api/**\""))
}

fn compile_route_name(text: &str) -> Result<String, Fault> {
    if text.is_empty() {
        return Err(Fault::new("a route name is missing", "write the name of a route of Envoy's"));
    }
    Ok(text.to_owned())
}

fn compile_glob(text: String, wildcards: Wildcards) -> Result<TextRule, String> {
    // What stands before the first of these and after the last is literal.
    let is_special = |char: char| WILDCARD_CHARACTERS.contains(&char) || char == '\\';
    if !text.contains(is_special) {
        return Ok(TextRule::Exact(text));
    }
    let head = text.split(is_special).next().unwrap_or_default().to_owned();
    // The character behind an escape is none of the literal end.
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
