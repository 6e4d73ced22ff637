//! What caches make of the answers: `Vary`, shared caches, and how long browsers keep a preflight.

use super::super::check::{Check, Id, Remedy};
use super::super::exchange::{Head, printable};
use super::super::session::Session;
use crate::fetch::response::ResponseHead;
use std::time::{SystemTime, UNIX_EPOCH};

/// An origin that no policy names.
const UNRELATED: &str = "https://envoy-cors-doctor.example";
/// The longest that a browser keeps a preflight (Firefox); Chromium keeps it for two hours.
const LONGEST: u64 = 86_400;
const CHROMIUM: u64 = 7200;

/// The family.
pub fn checks(session: &mut Session) -> Vec<Check> {
    vec![vary(session), cache(session), max_age(session)]
}

/// What of a response depends on the origin that asked.
fn answer(response: &ResponseHead) -> [Option<Vec<u8>>; 2] {
    ["access-control-allow-origin", "access-control-allow-credentials"].map(|name| response.get(name))
}

fn varies(response: &ResponseHead) -> bool {
    response.list("vary").iter().any(|name| name == "*" || name.eq_ignore_ascii_case("origin"))
}

/// Whether no cache but the browser's keeps this, and that not for later.
fn is_private(response: &ResponseHead) -> bool {
    let directives = response.list("cache-control");
    directives.iter().any(|directive| {
        let directive = directive.to_ascii_lowercase();
        directive == "no-store" || directive == "private"
    })
}

/// Whether the response says that caches may keep it.
fn is_declared_cacheable(response: &ResponseHead) -> bool {
    let lasts = |directive: &String| {
        let directive = directive.to_ascii_lowercase();
        let age = directive.strip_prefix("max-age=").or_else(|| directive.strip_prefix("s-maxage="));
        directive == "public" || age.is_some_and(|age| age.trim_matches('"').parse::<u64>().is_ok_and(|age| age > 0))
    };
    let directives = response.list("cache-control");
    !is_private(response)
        && (directives.iter().any(lasts) || response.get("age").is_some() || response.get("expires").is_some())
}

fn vary(session: &mut Session) -> Check {
    let id = Id::Vary;
    let page = session.target.page().to_owned();
    let asked = [
        ("allowed", session.get(Some(&page))),
        ("refused", session.get(Some(UNRELATED))),
        ("without Origin", session.get(None)),
    ];
    let kinds: Vec<(&str, usize, ResponseHead)> = asked
        .into_iter()
        .filter_map(|(kind, at)| Some((kind, at?, session.response(at)?.clone())))
        .filter(|(_, _, response)| !response.is_redirect())
        .collect();
    if !session.is_live() || kinds.len() < 2 {
        let reason = if session.is_live() {
            String::from("fewer than two responses to compare")
        } else {
            session.why_not_sent()
        };
        return Check::skip(id, reason);
    }
    let seen: Vec<usize> = kinds.iter().map(|(_, at, _)| *at).collect();
    if kinds.iter().all(|(_, _, response)| response.allow_origin().is_none()) {
        return match kinds.iter().all(|(_, _, response)| varies(response)) {
            true => Check::pass(id, "`Vary: Origin` on each response").seen_in(seen),
            false => Check::skip(id, "no response allows an origin, so there is nothing to compare").seen_in(seen),
        };
    }
    let first = kinds.first().map(|(_, _, response)| answer(response));
    if kinds.iter().all(|(_, _, response)| Some(answer(response)) == first) {
        return preflights_vary(session)
            .unwrap_or_else(|| Check::pass(id, "not needed: the answer is the same whoever asks").seen_in(seen));
    }
    // A `*` may be served to anybody, unless others are granted more.
    let is_anonymous = kinds.iter().all(|(_, _, response)| !response.allows_credentials());
    let serves_all = |response: &ResponseHead| is_anonymous && response.allow_origin().as_deref() == Some("*");
    let lacking: Vec<&(&str, usize, ResponseHead)> =
        kinds.iter().filter(|(_, _, response)| !varies(response) && !serves_all(response)).collect();
    if lacking.is_empty() {
        let passed = || Check::pass(id, "`Vary: Origin` wherever the answer depends on it").seen_in(seen);
        return preflights_vary(session).unwrap_or_else(passed);
    }
    let names: Vec<&str> = lacking.iter().map(|(kind, _, _)| *kind).collect();
    let names = names.join(", ");
    let constant = lacking
        .iter()
        .chain(&kinds.iter().collect::<Vec<_>>())
        .all(|(_, _, response)| matches!(response.allow_origin().as_deref(), None | Some("*")));
    let general = if constant {
        "Send `Access-Control-Allow-Origin: *` on every response, also where no Origin was sent; then no Vary is needed."
    } else {
        "Add `Origin` to Vary on every response of this address, allowed, refused, and without Origin."
    };
    let remedy = Remedy::new(general).with_policy("the filter does this on every response of a policy.");
    let lacking_seen: Vec<usize> = lacking.iter().map(|(_, at, _)| *at).collect();
    let detail = format!("the answer depends on Origin, and Vary does not say so on responses of these kinds: {names}");
    let is_kept_nowhere = lacking.iter().all(|(_, _, response)| is_private(response));
    let is_declared = lacking.iter().any(|(_, _, response)| is_declared_cacheable(response));
    if is_kept_nowhere || (constant && !is_declared) {
        let why =
            if is_kept_nowhere { "no shared cache may store them" } else { "nothing says that caches may store them" };
        return Check::info(id, format!("{detail}; {why}"), remedy).seen_in(lacking_seen);
    }
    let detail = format!("{detail}, so a cache may serve the answer for one origin, or for none, to another");
    Check::warn(id, detail, remedy)
        .in_short(format!("caches may mix up its answers: no `Vary: Origin` ({names})"))
        .seen_in(lacking_seen)
}

/// What there is to say of preflights, where actual responses are right.
fn preflights_vary(session: &mut Session) -> Option<Check> {
    let allowed = session.sent_preflight()?;
    let target = &session.target;
    let refused = session.ask(target.preflight(UNRELATED, target.method(), &target.asked_headers()));
    let (one, other) = (session.response(Some(allowed))?, session.response(refused)?);
    let lacks = answer(one) != answer(other) && !(varies(one) && varies(other));
    if !lacks {
        return None;
    }
    let remedy =
        Remedy::new("Add `Vary: Origin` to the answers to preflights, too.").with_policy("the filter does this.");
    let detail = "the answer to preflights depends on Origin, and Vary does not say so";
    let check = if is_declared_cacheable(one) || is_declared_cacheable(other) {
        Check::warn(Id::Vary, format!("{detail}, though they declare themselves cacheable"), remedy)
    } else {
        Check::info(Id::Vary, format!("{detail}; only caches that store responses to OPTIONS are affected"), remedy)
    };
    Some(check.seen_in([Some(allowed), refused].into_iter().flatten()))
}

/// Asks a fresh address twice each, as two visitors of one shared cache would.
fn cache(session: &mut Session) -> Check {
    let id = Id::Cache;
    let page = session.target.page().to_owned();
    let plain = session.get(Some(&page));
    if !session.is_live() {
        return Check::skip(id, session.why_not_sent());
    }
    let Some(response) = session.response(plain).cloned() else { return Check::skip(id, "there is no response") };
    if response.allow_origin().is_none() {
        return Check::skip(id, "the response allows no origin, so there is nothing to mix up");
    }
    if is_private(&response) {
        return Check::skip(id, "the response forbids shared caches to store it");
    }
    if session.get(Some(UNRELATED)).and_then(|at| session.response(Some(at))).is_none() {
        return Check::skip(id, session.why_not_sent());
    }
    let other = session.target.also.first().cloned().unwrap_or_else(|| String::from(UNRELATED));
    let mut seen = Vec::new();
    for (number, (first, second)) in
        [(None, page.as_str()), (Some(page.as_str()), other.as_str())].into_iter().enumerate()
    {
        // What this address answers the second visitor when nobody came before.
        let expected = session.get(Some(second));
        let url = fresh(session, number);
        let pair = [first, Some(second)].map(|origin| {
            let request = session.target.actual("GET", &url, origin);
            session.send(request, None)
        });
        seen.extend(pair.iter().flatten());
        let [Some(one), Some(two)] = pair.map(|at| session.response(at).map(answer)) else {
            return Check::skip(id, session.why_not_sent()).seen_in(seen);
        };
        let Some(expected) = session.response(expected).map(answer) else { continue };
        // The second visitor got what the first had got, and not what is meant for him.
        if two == one && two != expected {
            let first = first.unwrap_or("a visitor without an origin");
            let detail = format!("a shared cache stores the response for {first} and serves it to {second}");
            let general = "Add `Vary: Origin` on every response of this address, and let the cache honour it (many CDNs \
                           need a setting), or put Origin into its key.";
            let remedy =
                Remedy::new(general).with_policy("the filter sends Vary; the cache in front of it has to honour it.");
            return Check::fail(id, detail, remedy)
                .in_short(format!("a shared cache serves the response for {first} to {second}"))
                .seen_in(pair.into_iter().flatten().chain(plain));
        }
    }
    Check::pass(id, "two visitors, one after the other, each get their own answer").seen_in(seen)
}

/// An address that no cache has seen.
fn fresh(session: &Session, number: usize) -> url::Url {
    let mut url = session.target.url().clone();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    url.query_pairs_mut().append_pair("envoy-cors-doctor", &format!("{now}-{number}"));
    url
}

fn max_age(session: &Session) -> Check {
    let id = Id::MaxAge;
    let at = session.sent_preflight();
    let Some(response) = session.response(at).filter(|response| response.is_ok()) else {
        return Check::skip(id, "no preflight was answered");
    };
    if response.allow_origin().is_none() {
        return Check::skip(id, "the preflight allows no origin");
    }
    let Some(value) = response.text("access-control-max-age") else {
        let detail = "there is no Access-Control-Max-Age: browsers cache the preflight for 5 seconds, then ask again";
        let remedy =
            Remedy::new("Send `Access-Control-Max-Age: 7200` to save preflights.").with_policy("\"max_age\": 7200.");
        return Check::info(id, detail, remedy).seen_in(at);
    };
    let shown = printable(value.as_bytes());
    let number = Remedy::new("Send a number of seconds.").with_policy("\"max_age\": 7200.");
    match value.trim().parse::<i64>() {
        Err(_) => {
            let detail = format!("Access-Control-Max-Age is `{shown}`, not a number of seconds: browsers ignore it");
            Check::warn(id, detail, number).in_short("its Access-Control-Max-Age is not a number")
        }
        Ok(seconds) if seconds <= 0 => {
            let remedy = Remedy::new("Send `Access-Control-Max-Age: 7200` to save preflights.")
                .with_policy("\"max_age\": 7200.");
            Check::info(id, format!("{shown}: browsers ask before every request"), remedy)
        }
        Ok(seconds) if seconds.unsigned_abs() > LONGEST => {
            let detail =
                format!("{shown} seconds is longer than browsers cache it: Firefox {LONGEST}, Chromium {CHROMIUM}");
            Check::info(
                id,
                detail,
                Remedy::new("Nothing; a smaller number says what happens.").with_policy("\"max_age\": 7200."),
            )
        }
        Ok(seconds) if seconds.unsigned_abs() > CHROMIUM => {
            Check::pass(id, format!("{shown} seconds; Chromium caches it for {CHROMIUM}"))
        }
        Ok(_) => Check::pass(id, format!("{shown} seconds")),
    }
    .seen_in(at)
}
