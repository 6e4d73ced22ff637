//! Whether the endpoint answers as the filter would under a policy.

use super::super::check::{Check, Id, Remedy};
use super::super::exchange::{Exchange, printable};
use super::super::session::Session;
use crate::doctor::filter::{Answer, Filtered};
use crate::fetch::Sent;

/// So many differences are named.
const MOST: usize = 3;

/// The check, against the filter in this process.
pub fn check(session: &Session, filtered: &Filtered) -> Check {
    let id = Id::Policy;
    let (mut differing, mut told, mut alike) = (Vec::new(), Vec::new(), 0);
    for (at, exchange) in session.exchanges().iter().enumerate() {
        match difference(exchange, &filtered.answer(session, &exchange.request)) {
            Compared::Alike => alike += 1,
            Compared::Open => {}
            Compared::Different(what) => {
                differing.push(at);
                told.push(what);
            }
        }
    }
    if differing.is_empty() && alike == 0 {
        return Check::skip(
            id,
            "the policy leaves everything that was asked to the service, so nothing can be compared",
        );
    }
    if differing.is_empty() {
        let detail = format!("all {alike} answers that the policy decides are as it has them");
        return Check::pass(id, detail);
    }
    let more = told.len().saturating_sub(MOST);
    told.truncate(MOST);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let detail = format!("this Envoy does not run this policy: {}{more}", told.join("; "));
    let first = told.first().cloned().unwrap_or_default();
    let remedy = Remedy::new(
        "Load this policy there (the log names it when it is loaded), put the filter first in the chain, and look for \
         what in front of it, such as a cache, answers or changes headers.",
    );
    differing.truncate(MOST);
    Check::fail(id, detail, remedy).in_short(format!("this Envoy does not run this policy: {first}")).seen_in(differing)
}

enum Compared {
    Alike,
    /// The policy does not decide the answer.
    Open,
    Different(String),
}

fn difference(exchange: &Exchange, expected: &Answer) -> Compared {
    let Ok(response) = &exchange.response else { return Compared::Open };
    let Answer::Decided { status, headers } = expected else { return Compared::Open };
    if let Some(status) = status.filter(|status| *status != response.status) {
        return Compared::Different(format!(
            "{} is answered {}, not {status}",
            named(&exchange.request),
            response.status
        ));
    }
    for (name, value) in headers {
        let got = response.get(name);
        let is_alike = if *name == "vary" {
            // What the service adds of its own is no difference.
            let got: Vec<String> = list(got.as_deref().unwrap_or_default());
            list(value.as_deref().unwrap_or_default()).iter().all(|name| got.contains(name))
        } else if *name == "access-control-allow-methods" || name.ends_with("-headers") {
            got.as_deref().map(list) == value.as_deref().map(list)
        } else {
            got == *value
        };
        if !is_alike {
            let text = |value: &Option<Vec<u8>>| match value {
                Some(value) => format!("`{name}: {}`", printable(value)),
                None => format!("no {name}"),
            };
            let what = format!("{} gets {}, by the policy {}", named(&exchange.request), text(&got), text(value));
            return Compared::Different(what);
        }
    }
    Compared::Alike
}

fn list(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    text.split(',').map(|element| element.trim().to_owned()).filter(|element| !element.is_empty()).collect()
}

/// A request in a few words.
fn named(request: &Sent) -> String {
    let kind = if request.is_preflight { "a preflight" } else { request.method.as_str() };
    match request.header("origin") {
        Some(origin) => format!("{kind} from {}", printable(origin)),
        None => format!("{kind} without Origin"),
    }
}
