//! What is echoed of a request without bounds.

use super::super::check::{Check, Id, Remedy};
use super::super::exchange::Head;
use super::super::session::Session;
use crate::fetch::Header;
use crate::fetch::response::ResponseHead;

/// A header of ours, which comes back only where a line break is let through.
const INJECTED: &str = "x-envoy-cors-doctor";
/// A method that no service has.
const METHOD: &str = "DOCTOR";
/// So many names are asked for at once: more than any page does.
const NAMES: usize = 64;

/// The check.
pub fn check(session: &mut Session) -> Check {
    let id = Id::OverlongAnswer;
    if !session.is_live() {
        return Check::skip(id, session.why_not_sent());
    }
    let page = session.target.page().to_owned();
    let method = session.target.method().to_owned();
    let breaking = format!("https://envoy-cors-doctor.example%0d%0a{INJECTED}:1");
    let breaking = session.get(Some(&breaking));
    let names: Vec<Header> = (0..NAMES).map(|number| (format!("x-doctor-{number:02}"), b"x".to_vec())).collect();
    let many = session.target.preflight(&page, &method, &names);
    let many = session.ask(many);
    let mut broken = session.target.preflight(&page, &method, &[]);
    let value = format!("x-doctor%0d%0a{INJECTED}:1");
    broken.headers.push((String::from("access-control-request-headers"), value.into_bytes()));
    let broken = session.ask(broken);
    let strange = session.target.preflight(&page, METHOD, &[]);
    let strange = session.ask(strange);

    let is_split = |at: &usize| session.response(Some(*at)).is_some_and(|response| response.get(INJECTED).is_some());
    let split: Vec<usize> = [breaking, broken].into_iter().flatten().filter(is_split).collect();
    if !split.is_empty() {
        let detail = format!(
            "an escaped line break in what is echoed becomes a line of its own: the response carries {INJECTED}, which \
             the request put there"
        );
        let general = "Echo only what is an origin or a token; never decode a header's value.";
        let remedy = Remedy::new(general).with_policy("the filter echoes only what passed its syntax checks.");
        return Check::fail(id, detail, remedy).in_short("requests can put headers into its responses").seen_in(split);
    }
    let many_response = session.response(many);
    let echoes_names = many_response.is_some_and(|response| {
        let last = format!("x-doctor-{:02}", NAMES - 1);
        response.list("access-control-allow-headers").iter().any(|name| name.eq_ignore_ascii_case(&last))
    });
    let echoes_method = session
        .response(strange)
        .is_some_and(|response| response.list("access-control-allow-methods").iter().any(|name| name == METHOD));
    let lacks =
        |at: Option<usize>, name: &str| session.response(at).is_some_and(|response| !names_in_vary(response, name));
    let unmarked_names = echoes_names && lacks(many, "access-control-request-headers");
    let unmarked_method = echoes_method && lacks(strange, "access-control-request-method");
    let seen: Vec<usize> = [many, broken, strange, breaking].into_iter().flatten().collect();
    if unmarked_names || unmarked_method {
        let what = match (unmarked_names, unmarked_method) {
            (true, true) => "methods and headers are",
            (true, false) => "the headers asked for are",
            _ => "the method asked for is",
        };
        let echoing = [many.filter(|_| unmarked_names), strange.filter(|_| unmarked_method)];
        let kept = echoing.iter().any(|at| session.response(*at).is_some_and(is_kept));
        let detail = format!("{what} echoed, and Vary does not say so");
        let general = "Answer with a fixed list, or add Access-Control-Request-Method and \
                       Access-Control-Request-Headers to Vary.";
        let remedy = Remedy::new(general).with_policy("the filter sends Vary with what it echoes.");
        return if kept {
            let detail = format!(
                "{detail}, though the answer declares itself cacheable: a cache serves one request's list to another"
            );
            Check::warn(id, detail, remedy)
                .in_short(format!("caches may mix up its preflights: {what} echoed without Vary"))
        } else {
            Check::info(id, format!("{detail}; only caches that store responses to OPTIONS are affected"), remedy)
        }
        .seen_in(echoing.into_iter().flatten());
    }
    if echoes_names || echoes_method {
        return Check::pass(id, "what is asked for is echoed, and Vary says so").seen_in(seen);
    }
    Check::pass(id, "only origins are echoed").seen_in(seen)
}

fn names_in_vary(response: &ResponseHead, name: &str) -> bool {
    response.list("vary").iter().any(|own| own == "*" || own.eq_ignore_ascii_case(name))
}

/// Whether a cache says, or is told, that it keeps the answer.
fn is_kept(response: &ResponseHead) -> bool {
    let directives = response.list("cache-control");
    let lasts =
        |directive: &String| directive == "public" || directive.starts_with("max-age=") && directive != "max-age=0";
    response.get("age").is_some() || directives.iter().any(lasts)
}
