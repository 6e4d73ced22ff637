//! Whether a page can read errors, too.

use super::super::check::{Check, Id, Remedy};
use super::super::exchange::Head;
use super::super::session::Session;
use crate::fetch::cors_check::cors_check;
use crate::fetch::origin::Origin;

/// An address below the one examined that nothing should answer.
const MISSING: &str = "envoy-cors-doctor-not-found";

/// The check.
pub fn check(session: &mut Session) -> Check {
    let id = Id::ErrorsReadable;
    let target = session.target.clone();
    if Origin::of_url(target.url()).is_same_origin(&target.request.origin) {
        return Check::skip(id, "the page is of the same origin");
    }
    let page = target.page();
    let got = session.get(Some(page));
    let reads = |at: Option<usize>, session: &Session| {
        session.response(at).is_some_and(|response| cors_check(page, target.request.credentials, response).is_ok())
    };
    if !session.is_live() {
        return Check::skip(id, session.why_not_sent());
    }
    if !reads(got, session) {
        return Check::skip(id, "the page cannot read an ordinary response either");
    }
    let missing = session.ask(target.actual("GET", &below(target.url()), Some(page)));
    let bare = without_credentials(session);
    let is_error = |at: &usize| session.response(Some(*at)).is_some_and(|response| response.status >= 400);
    let seen: Vec<usize> = missing.into_iter().chain(bare).filter(is_error).collect();
    let hidden: Vec<usize> = seen.iter().copied().filter(|at| !reads(Some(*at), session)).collect();
    if seen.is_empty() {
        return Check::skip(
            id,
            "no address below this one is answered with an error, nor is a request without credentials",
        )
        .seen_in(missing.into_iter().chain(bare));
    }
    let told = |seen: &[usize]| {
        let statuses = seen.iter().filter_map(|at| Some(session.response(Some(*at))?.status_text()));
        statuses.collect::<Vec<_>>().join(" and ")
    };
    if hidden.is_empty() {
        return Check::pass(id, format!("the page can read {}, too", told(&seen))).seen_in(seen);
    }
    let statuses = told(&hidden);
    let detail = format!("the page cannot read {statuses}: its script sees only a network error");
    let general = "Set the CORS headers where every response passes, errors of authentication, routing and rate limits \
                   too (nginx: `always`; a middleware: outermost).";
    let remedy = Remedy::new(general).with_policy("put the filter first in the chain, and match the whole host.");
    Check::warn(id, detail, remedy).in_short(format!("not its errors ({statuses})")).seen_in(hidden)
}

fn below(url: &url::Url) -> url::Url {
    let mut url = url.clone();
    url.set_query(None);
    let path = format!("{}/{MISSING}", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

/// The same request without what signs the user in, if anything does.
fn without_credentials(session: &mut Session) -> Option<usize> {
    let mut bare = session.target.clone();
    bare.request.cookies = None;
    bare.request.headers.retain(|(name, _)| name != "authorization");
    let request = bare.actual("GET", bare.url(), Some(bare.page()));
    let signs_in = bare.request.headers.len() < session.target.request.headers.len();
    (signs_in || session.target.request.cookies.is_some()).then(|| session.ask(request)).flatten()
}
