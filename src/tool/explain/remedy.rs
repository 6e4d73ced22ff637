//! The smallest change of the document that lets the page read: found by trying, never by promise. Each candidate goes
//! through the loader and the filter again, and through the same browser.

mod candidates;

use super::change::Change;
use super::explanation::{Explanation, Situation, explain};
use super::loaded::Policies;
use crate::fetch::{Failure, Verdict};
use serde_json::Value;
use std::collections::HashSet;

/// How many documents are tried.
const MAX_TRIED: usize = 200;

/// What can be done about a blocked request.
#[derive(Debug, Clone, PartialEq)]
pub enum Remedy {
    /// Nothing has to be done.
    NotNeeded,
    /// These changes, all of them, make the response readable.
    Changes(Vec<Change>),
    /// No change of the document does, and why.
    None(String),
}

/// A document to be tried.
#[derive(Clone)]
struct Attempt {
    json: Value,
    changes: Vec<Change>,
}

impl Attempt {
    /// The document with more changes; `None` where one of them cannot be made.
    fn with(&self, changes: &[Change]) -> Option<Self> {
        let mut next = self.clone();
        for change in changes {
            change.apply(&mut next.json)?;
            next.changes.push(change.clone());
        }
        Some(next)
    }
}

/// Finds what makes a blocked request readable.
pub fn find(policies: &Policies, situation: &Situation, explanation: &Explanation) -> Remedy {
    if explanation.trace.verdict != Verdict::Blocked {
        return Remedy::NotNeeded;
    }
    let mut open = vec![Attempt { json: policies.json.clone(), changes: Vec::new() }];
    let mut seen = HashSet::new();
    for _ in 0..MAX_TRIED {
        // The one with the fewest changes first; of several the one that was thought of first.
        let Some(at) = (0..open.len()).min_by_key(|at| open.get(*at).map(|attempt| attempt.changes.len())) else {
            break;
        };
        let attempt = open.remove(at);
        let text = attempt.json.to_string();
        if !seen.insert(text.clone()) {
            continue;
        }
        let next = match Policies::load(text.as_bytes()) {
            Err(problems) => candidates::of_problems(&attempt.json, &problems),
            Ok(policies) => {
                let explanation = explain(&policies, situation);
                if explanation.trace.verdict != Verdict::Blocked {
                    return Remedy::Changes(attempt.changes);
                }
                candidates::of_failure(&policies, situation, &explanation)
            }
        };
        open.extend(next.iter().filter_map(|changes| attempt.with(changes)));
    }
    Remedy::None(reason(explanation))
}

/// Why nothing in the document helps.
fn reason(explanation: &Explanation) -> String {
    let text = match &explanation.trace.failure {
        Some(Failure::ForbiddenMethod(_)) => "no page can send this method, whatever a server allows",
        Some(Failure::MethodUnderNoCors(_)) => {
            "under no-cors a page can send GET, HEAD and POST only; let the page use the mode cors"
        }
        Some(Failure::BodyOfGet) => "GET and HEAD have no body; let the page use POST",
        Some(Failure::MixedContent) => {
            "a page that came by https cannot request what comes by http; serve the API by https"
        }
        Some(Failure::RedirectUrl(_) | Failure::RedirectCredentials(_)) => {
            "the redirect leads where no page may go; let the service redirect to an http or https URL without a password"
        }
        Some(Failure::RedirectStream) => "a stream cannot be sent a second time; let the page request the final URL",
        Some(Failure::TooManyRedirects) => "browsers follow 20 redirects; let the service stop redirecting",
        Some(Failure::PreflightRedirect) => {
            "no browser follows the redirect of a preflight; let the page request the final URL"
        }
        _ if explanation.last_decided().is_some_and(|decided| decided.outcome == "path_ambiguous") => {
            "the path can be read in two ways, so no policy applies; let the page request the path in its plain form"
        }
        _ => "no change of the document was found that makes the response readable",
    };
    text.to_owned()
}
