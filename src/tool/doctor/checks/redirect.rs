//! Where the actual response redirects, and whether the page can follow.

use super::super::check::{Check, Id, Remedy};
use super::super::exchange::Head;
use super::super::session::Session;
use crate::fetch::Failure;
use crate::fetch::cors_check::cors_check;
use crate::fetch::origin::{Origin, is_mixed_content, is_redirect_tainted};
use crate::fetch::redirect::location;
use url::Url;

/// So many redirects are followed, to judge them.
const MOST: usize = 3;

/// The check.
pub fn check(session: &mut Session) -> Check {
    let id = Id::Redirect;
    let mut at = session.actual();
    let mut urls = vec![session.target.url().clone()];
    let mut seen: Vec<usize> = Vec::new();
    loop {
        let Some(response) = session.response(at) else {
            let to = urls.last().map(Url::as_str).unwrap_or_default();
            let (why, reached) = (session.why_not_sent(), at.is_some());
            return match seen.is_empty() {
                true => Check::skip(id, "there is no response"),
                false if !reached => Check::skip(id, format!("not followed to {to}: {why}")).seen_in(seen),
                false => unreachable_target(to).seen_in(seen.into_iter().chain(at)),
            };
        };
        let Some(url) = urls.last() else { return Check::skip(id, "there is no response") };
        let found = location(response, url);
        seen.extend(at);
        if urls.len() > 1 || found.is_some() {
            let origin = origin_at(session, &urls);
            let is_same_origin = urls.len() == 1 && session.target.request.origin.is_same_origin(&Origin::of_url(url));
            let passes = cors_check(&origin, session.target.request.credentials, response).is_ok();
            if !passes && !is_same_origin {
                return blocked(session, &urls, &origin, found, response.status_text()).seen_in(seen);
            }
        }
        let next = match found {
            None if urls.len() == 1 => return Check::pass(id, "not redirected").seen_in(seen),
            None => {
                let to = urls.last().map(Url::as_str).unwrap_or_default();
                return Check::pass(id, format!("redirected to {to}, and the page can follow")).seen_in(seen);
            }
            Some(Ok(next)) => next,
            Some(Err(failure)) => return odd(failure).seen_in(seen),
        };
        if is_mixed_content(&session.target.request.origin, &next) {
            let detail =
                format!("redirected to {next}, which browsers block: the page is an https page, and this is http");
            let remedy = Remedy::new(
                "Redirect to https, or call the final address; a proxy in front has to tell the service its scheme.",
            );
            return Check::fail(id, detail, remedy).seen_in(seen);
        }
        if urls.len() > MOST {
            return Check::info(
                id,
                format!("redirected {MOST} times, the last to {next}"),
                Remedy::new("Call the final address."),
            )
            .seen_in(seen);
        }
        urls.push(next.clone());
        let origin = origin_at(session, &urls);
        let mut target = session.target.clone();
        let is_foreign = !Origin::of_url(&next).is_same_origin(&Origin::of_url(target.url()));
        if is_foreign {
            // What signs the user in here is not for others.
            target.request.cookies = None;
            target.request.headers.retain(|(name, _)| name != "authorization");
            target.host = None;
        }
        let request = target.actual("GET", &next, Some(&origin));
        at = session.ask(request);
    }
}

/// The `Origin` that a browser sends at the last of these addresses.
fn origin_at(session: &Session, urls: &[Url]) -> String {
    let origin = &session.target.request.origin;
    if is_redirect_tainted(origin, urls) { String::from("null") } else { origin.serialize().to_owned() }
}

fn blocked(
    session: &Session,
    urls: &[Url],
    origin: &str,
    found: Option<Result<Url, Failure>>,
    status: String,
) -> Check {
    let id = Id::Redirect;
    let at = urls.last().map(Url::as_str).unwrap_or_default();
    let page = session.target.page();
    match found {
        Some(to) if urls.len() == 1 => {
            let to = to.map(|to| to.to_string()).unwrap_or_else(|_| String::from("an address that is not http"));
            let detail = format!(
                "the response redirects to {to} ({status}) without allowing {page}, so browsers stop here; a login page is \
                 the usual target, and no script can read one"
            );
            let remedy = Remedy::new(
                "Answer 401 instead of a redirect to a login; otherwise call the final address, or set the CORS headers \
                 on redirects, too.",
            )
            .with_policy("the filter sets the headers on redirects of everything behind it.");
            Check::fail(id, detail, remedy)
                .in_short(format!("the response redirects to {to} without allowing the page"))
        }
        _ => {
            let null = if origin == "null" {
                "; after a redirect from one foreign origin to another, browsers send `Origin: null`"
            } else {
                ""
            };
            let detail = format!("the response redirects to {at}, which does not allow {origin}{null}");
            let remedy = Remedy::new(format!("Call {at} itself, and allow {page} there."))
                .with_policy(format!("{page:?} in \"allow_origins\" of the policy at that address."));
            Check::fail(id, detail, remedy)
        }
    }
}

fn odd(failure: Failure) -> Check {
    let detail = match failure {
        Failure::RedirectUrl(to) => format!("the response redirects to {to}, which is not an http address"),
        _ => String::from("the response redirects to where browsers do not follow"),
    };
    Check::fail(Id::Redirect, detail, Remedy::new("Call the final address."))
}

fn unreachable_target(to: &str) -> Check {
    let detail = format!("the response redirects to {to}, which does not answer");
    Check::fail(Id::Redirect, detail, Remedy::new("Call the final address."))
}
