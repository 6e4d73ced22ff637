//! The checks, one file a family. Each asks the session for the exchanges that it needs.

mod caching;
mod echo;
mod errors;
mod misspelt;
mod origins;
pub mod policy;
mod preflight;
mod redirect;
mod response;

use super::check::{Check, Id, Verdict};
use super::session::Session;

/// All checks but `policy`, in the order of the report.
pub fn run(session: &mut Session) -> Vec<Check> {
    let mut checks = preflight::checks(session);
    let is_reachable = checks.iter().all(|check| check.id != Id::Reachable || check.verdict != Verdict::Fail);
    if !is_reachable {
        for id in Id::ALL.into_iter().filter(|id| *id != Id::Policy) {
            if !checks.iter().any(|check| check.id == id) {
                checks.push(Check::skip(id, "the endpoint cannot be reached"));
            }
        }
        return checks;
    }
    checks.extend(response::checks(session));
    checks.push(redirect::check(session));
    checks.push(response::exposed_headers(session));
    checks.push(errors::check(session));
    checks.extend(caching::checks(session));
    checks.push(echo::check(session));
    // Last, for it sends the most, and what matters least of it at the end.
    checks.extend(origins::checks(session));
    checks.sort_by_key(|check| check.id);
    checks
}
