//! `match`: which requests a policy is for, compiled.

use crate::config::MatchDocument;
use crate::correction;
use crate::glob_syntax::{self, Wildcards};
use crate::pattern::{self, WILDCARD_CHARACTERS};
use crate::problem::{Fault, Problem};
use crate::reader::Text;
use std::rc::Rc;
use wire::glob::Glob;
use wire::path;

/// Which requests a policy is for. A kind that is `None` holds for every request.
#[derive(Debug, Clone, Default)]
pub struct Match {
    /// The hosts, any of which must hold.
    pub hosts: Option<Vec<TextGlob>>,
    /// The paths, any of which must hold.
    pub paths: Option<Vec<TextGlob>>,
    /// The names of routes, one of which the request's must be.
    pub route_names: Option<Vec<String>>,
}

/// A text, or a glob over texts with what is literal at its start and end.
#[derive(Debug, Clone)]
pub enum TextGlob {
    /// This text only.
    Exact(String),
    /// Each text that the glob covers.
    Glob {
        /// The compiled glob; `None` where head and tail say it all.
        glob: Option<Rc<Glob>>,
        /// What each of these texts begins with.
        head: String,
        /// What each of these texts ends in.
        tail: String,
    },
}

impl Match {
    /// Compiles the `match` of a policy; what is wrong with it goes to `problems`.
    pub fn compile(document: &MatchDocument, problems: &mut Vec<Problem>) -> Self {
        Match {
            hosts: document.hosts.as_ref().map(|texts| compile(texts, compile_host, problems)),
            paths: document.paths.as_ref().map(|texts| compile(texts, compile_path, problems)),
            route_names: document.route_names.as_ref().map(|texts| compile(texts, compile_route_name, problems)),
        }
    }

    /// How many pairs of a host and a path there are, under each of which the policy is filed.
    pub fn pairs(&self) -> usize {
        let count = |list: &Option<Vec<TextGlob>>| list.as_ref().map_or(1, Vec::len);
        count(&self.hosts).saturating_mul(count(&self.paths))
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

fn compile_host(text: &str) -> Result<TextGlob, Fault> {
    let fault = |reason: String| Fault::new(reason, correction::of_host(text));
    let host = text.to_ascii_lowercase();
    if host.contains("://") {
        return Err(fault(String::from("a host has no scheme")));
    }
    correction::check_authority(&host, "a host").map_err(fault)?;
    let is_address = host.starts_with('[') && host.contains(':');
    if host.contains("]:") || !is_address && host.contains(':') {
        return Err(fault(String::from("hosts are compared without port")));
    }
    if is_address || !host.contains(WILDCARD_CHARACTERS) {
        return match correction::is_host(&host) {
            true => Ok(TextGlob::Exact(host)),
            false => Err(fault(correction::reason_for_host(&host))),
        };
    }
    pattern::check_host_glob(&host).map_err(fault)?;
    compile_glob(host, Wildcards::CrossSeparators).map_err(fault)
}

fn compile_path(text: &str) -> Result<TextGlob, Fault> {
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

fn compile_glob(text: String, wildcards: Wildcards) -> Result<TextGlob, String> {
    // What stands before the first of these and after the last is literal.
    let is_special = |char: char| WILDCARD_CHARACTERS.contains(&char) || char == '\\';
    if !text.contains(is_special) {
        return Ok(TextGlob::Exact(text));
    }
    let head = text.split(is_special).next().unwrap_or_default().to_owned();
    // The character behind an escape is none of the literal end.
    let tail = if text.contains('\\') { "" } else { text.rsplit(is_special).next().unwrap_or_default() };
    let is_subdomain =
        wildcards == Wildcards::CrossSeparators && tail.starts_with('.') && text.strip_prefix('*') == Some(tail);
    let is_subtree =
        wildcards == Wildcards::StayInSegment && head.ends_with('/') && text.strip_prefix(&head) == Some("**");
    let glob = if is_subdomain || is_subtree {
        glob_syntax::check_length(&text)?;
        None
    } else {
        Some(Rc::new(glob_syntax::compile(&text, wildcards)?))
    };
    Ok(TextGlob::Glob { glob, tail: tail.to_owned(), head })
}
