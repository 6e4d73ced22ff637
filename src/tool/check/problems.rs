//! What the filter refuses, by its own code, with the place in the file and a browser's spelling.

use super::finding::{Finding, Message, Severity};
use crate::respell;
use crate::source::find::Document;
use crate::source::{Source, Span};
use document::problem::Problem;

/// The path of problems that are the whole document's.
const WHOLE: &str = document::problem::DOCUMENT;

/// A problem of a document as a finding.
pub fn finding(source: &Source, document: &Document, problem: &Problem) -> Finding {
    let message = Message {
        code: problem.reason.code(),
        value: problem.value.to_string(),
        reason: problem.reason.to_string(),
        remedy: remedy(document, problem),
    };
    message.at(source, Severity::Error, Some(problem.path.clone()), place(document, problem))
}

fn place(document: &Document, problem: &Problem) -> Span {
    let whole = document.places.whole();
    match problem.path.as_str() {
        WHOLE => document.syntax_error().filter(|_| !whole.is_empty()).unwrap_or(whole),
        path => document.places.problem(path, &problem.value.to_string()),
    }
}

/// The module knows little of Unicode and of addresses, to stay small: the exact spelling comes from here.
fn remedy(document: &Document, problem: &Problem) -> String {
    let text = document.places.text(&problem.path);
    let respelled = text.and_then(|text| match list_of(&problem.path) {
        Some("allow_origins") => respell::origin(text),
        Some("hosts") => respell::host(text),
        Some("paths") => respell::path(text),
        _ => None,
    });
    match respelled {
        Some(text) => format!("write {}", document::quote(&text)),
        None => problem.remedy(),
    }
}

/// The key of the list that a path leads into.
fn list_of(path: &str) -> Option<&str> {
    path.strip_suffix(']')?.rsplit_once('[')?.0.rsplit('.').next()
}
