//! `match`: which requests a policy is for, compiled.

use crate::problem::Problem;
use crate::reader::Text;
use crate::reason::Reason;
use crate::shape::MatchDocument;
use crate::text_rule::{check_route_name, compile_host, compile_path};
use cors::match_rule::Match;

/// Compiles the `match` of a policy; what is wrong with it goes to `problems`.
pub fn compile_match(document: &MatchDocument, problems: &mut Vec<Problem>) -> Match {
    let host = |text: &str| compile_host(text).map_err(Reason::Host);
    Match {
        hosts: document.hosts.as_ref().map(|texts| compile(texts, host, problems)),
        paths: document.paths.as_ref().map(|texts| compile(texts, compile_path, problems)),
        route_names: document.route_names.as_ref().map(|texts| compile(texts, check_route_name, problems)),
    }
}

fn compile<T>(texts: &[Text], one: fn(&str) -> Result<T, Reason>, problems: &mut Vec<Problem>) -> Vec<T> {
    let mut compiled = Vec::with_capacity(texts.len());
    for Text { path, text } in texts {
        match one(text) {
            Ok(value) => compiled.push(value),
            Err(reason) => problems.push(Problem::of_text(path, text, reason)),
        }
    }
    compiled
}
