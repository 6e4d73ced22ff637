//! Which origins are allowed besides the page: graded by who could use them.

use super::super::check::{Check, Grant, Id, Remedy, Verdict};
use super::super::exchange::Head;
use super::super::lookalikes::{self, LABEL, Lookalike, Owner};
use super::super::session::Session;
use url::Url;

/// Two origins that no policy names.
const UNRELATED: [&str; 2] = ["https://envoy-cors-doctor.example", "https://unrelated.test"];
/// Public suffixes under which anybody gets a site for nothing.
const SHARED_HOSTS: [&str; 3] = ["github.io", "netlify.app", "vercel.app"];

/// The family.
pub fn checks(session: &mut Session) -> Vec<Check> {
    let reflects = reflects_any_origin(session);
    let skipped = match reflects.verdict {
        Verdict::Fail | Verdict::Warn | Verdict::Info => Some("any origin is allowed, see reflects-any-origin"),
        Verdict::Pass if is_public(session) => Some("any origin may read this without credentials, by `*`"),
        Verdict::Skip => Some("no response to judge by, see reflects-any-origin"),
        _ => None,
    };
    if let Some(reason) = skipped {
        let ids = [Id::AllowsNull, Id::AllowsLookalikes, Id::AllowsHttp, Id::AllowsSharedHosts];
        return [vec![reflects], ids.map(|id| Check::skip(id, reason)).to_vec()].concat();
    }
    // In the order of what matters most, should the limit of requests be reached.
    let [null, shared, http] = [allows_null(session), allows_shared_hosts(session), allows_http(session)];
    let lookalikes = allows_lookalikes(session);
    vec![reflects, null, lookalikes, http, shared]
}

/// Whether an origin that nobody knows reads this by `*`.
fn is_public(session: &mut Session) -> bool {
    let at = session.probe(UNRELATED[0]);
    session.response(at).and_then(|response| response.allow_origin()).as_deref() == Some("*")
}

fn reflects_any_origin(session: &mut Session) -> Check {
    let id = Id::ReflectsAnyOrigin;
    let asked = UNRELATED.map(|origin| (origin, session.probe(origin)));
    let seen: Vec<usize> = asked.iter().filter_map(|(_, at)| *at).collect();
    if !asked.iter().all(|(_, at)| session.response(*at).is_some()) {
        return Check::skip(id, session.why_not_sent()).seen_in(seen);
    }
    if is_public(session) {
        let detail = "`*` without credentials: public, as intended";
        return Check::pass(id, detail).seen_in(seen);
    }
    let grants = asked.map(|(origin, at)| session.grant(at, origin));
    let remedy = || {
        Remedy::new("Compare the origin with a list of the intended origins, and answer only those.")
            .with_policy(format!("\"allow_origins\": [{:?}], with no `*` in it.", session.target.page()))
    };
    match grants {
        [Grant::Credentialed, Grant::Credentialed] => {
            let detail = "any site can act as its visitors here and read the answers: every origin is echoed, with \
                          Access-Control-Allow-Credentials: true";
            Check::fail(id, detail, remedy()).in_short("any site can read it too, as the user who is signed in")
        }
        [Grant::None, _] | [_, Grant::None] => Check::pass(id, "origins that it does not know are refused"),
        _ if is_meant_for_all(session) => {
            let detail =
                "every origin is echoed, without credentials, and `*` is sent where there is none: public, as intended";
            let general = "`Access-Control-Allow-Origin: *` on every response says the same, and needs no Vary.";
            Check::info(id, detail, Remedy::new(general).with_policy("\"allow_origins\": [\"*\"]."))
        }
        _ => {
            let detail = "every origin is echoed, without credentials: any site can read this, also from inside a \
                          network that the attacker cannot reach";
            let general = "If it is public, answer `Access-Control-Allow-Origin: *`, which needs no Vary; otherwise \
                           compare the origin with a list.";
            let remedy = Remedy::new(general).with_policy("\"allow_origins\": [\"*\"] if it is public, else the list.");
            Check::warn(id, detail, remedy).in_short("any site can read it too: every origin is echoed")
        }
    }
    .seen_in(seen)
}

/// Whether a request without an origin gets `*`.
fn is_meant_for_all(session: &mut Session) -> bool {
    let at = session.get(None);
    session.response(at).and_then(|response| response.allow_origin()).as_deref() == Some("*")
}

fn allows_null(session: &mut Session) -> Check {
    let id = Id::AllowsNull;
    if session.target.page() == "null" {
        return Check::skip(id, "the page's own origin is null");
    }
    let at = session.probe("null");
    let Some(seen) = at else { return Check::skip(id, session.why_not_sent()) };
    let remedy = || {
        Remedy::new("Take `null` out of the allowed origins; give the pages that need it an origin of their own.")
            .with_policy("remove \"null\" from \"allow_origins\".")
    };
    match session.grant(at, "null") {
        Grant::Credentialed => {
            let detail = "the origin null is allowed with credentials: any site can send it from a sandboxed frame and \
                          read the answers as its visitors";
            Check::fail(id, detail, remedy()).in_short("any site can read it too, from a sandboxed frame (origin null)")
        }
        Grant::Anonymous => {
            let detail = "the origin null is allowed: any site can send it from a sandboxed frame";
            Check::warn(id, detail, remedy())
        }
        Grant::None => Check::pass(id, "the origin null is refused"),
    }
    .seen_in([seen])
}

fn allows_http(session: &mut Session) -> Check {
    let id = Id::AllowsHttp;
    let twin = session.target.page().strip_prefix("https://").map(|rest| format!("http://{rest}"));
    let Some(twin) = twin else { return Check::skip(id, "the page is not an https page") };
    if lookalikes::is_local(&twin) || session.target.also.contains(&twin) {
        return Check::skip(id, format!("{twin} is on this machine, or is meant to be allowed"));
    }
    let at = session.probe(&twin);
    let Some(seen) = at else { return Check::skip(id, session.why_not_sent()) };
    let remedy = Remedy::new("Allow the https origin only.")
        .with_policy(format!("name {:?} alone; plain http is refused with credentials.", session.target.page()));
    match session.grant(at, &twin) {
        Grant::Credentialed => {
            let detail = format!(
                "{twin} is allowed with credentials: an attacker on the network can put scripts into a page without \
                 TLS and read the answers as its user"
            );
            Check::warn(id, detail, remedy).in_short(format!("an attacker on the network can read it too, by {twin}"))
        }
        Grant::Anonymous => Check::info(id, format!("{twin} is allowed too, without credentials"), remedy),
        Grant::None => Check::pass(id, format!("{twin} is refused")),
    }
    .seen_in([seen])
}

fn allows_shared_hosts(session: &mut Session) -> Check {
    let id = Id::AllowsSharedHosts;
    let page = Url::parse(session.target.page()).ok();
    let own = page.as_ref().and_then(Url::host_str).and_then(|host| psl::suffix(host.as_bytes()));
    let own = own.filter(|suffix| suffix.typ() == Some(psl::Type::Private));
    let own = own.map(|suffix| String::from_utf8_lossy(suffix.as_bytes()).into_owned());
    let mut suffixes: Vec<String> = own.into_iter().collect();
    suffixes.extend(SHARED_HOSTS.map(str::to_owned));
    suffixes.dedup();
    let (mut seen, mut allowed, mut worst) = (Vec::new(), Vec::new(), Grant::None);
    for suffix in suffixes {
        let origin = format!("https://{LABEL}.{suffix}");
        let at = session.probe(&origin);
        let granted = session.grant(at, &origin);
        seen.extend(at);
        if granted != Grant::None {
            allowed.push(origin);
            worst = if worst == Grant::Credentialed { worst } else { granted };
        }
    }
    if seen.is_empty() {
        return Check::skip(id, session.why_not_sent());
    }
    let names = allowed.join(", ");
    let remedy = || {
        Remedy::new("Name the intended sites; a wildcard over a shared host covers everybody's.")
            .with_policy("name each site in \"allow_origins\", without a wildcard.")
    };
    match worst {
        Grant::Credentialed => {
            let detail = format!("anybody can get a site there, and read the answers as its visitors: {names}");
            Check::fail(id, detail, remedy())
                .in_short(format!("anybody's site at a shared host can read it too: {names}"))
        }
        Grant::Anonymous => Check::warn(id, format!("anybody can get a site there: {names}"), remedy()),
        Grant::None => Check::pass(id, "unknown sites at shared hosts are refused"),
    }
    .seen_in(seen)
}

fn allows_lookalikes(session: &mut Session) -> Check {
    let id = Id::AllowsLookalikes;
    let meant = session.target.also.clone();
    let tried = lookalikes::of(session.target.page(), session.target.url(), &meant);
    let mut allowed: Vec<(Lookalike, Grant, usize)> = Vec::new();
    let (mut seen, mut count) = (Vec::new(), 0);
    for one in tried {
        let Some(at) = session.probe(&one.origin) else { continue };
        count += 1;
        seen.push(at);
        let granted = session.grant(Some(at), &one.origin);
        if granted != Grant::None {
            allowed.push((one, granted, at));
        }
    }
    if seen.is_empty() {
        return Check::skip(id, session.why_not_sent());
    }
    let verdicts: Vec<Verdict> = allowed.iter().map(|(one, granted, _)| graded(one, *granted)).collect();
    let gravest = [Verdict::Fail, Verdict::Warn, Verdict::Info].into_iter().find(|verdict| verdicts.contains(verdict));
    let Some(gravest) = gravest else {
        return Check::pass(id, format!("all {count} origins that resemble an allowed one are refused")).seen_in(seen);
    };
    let of_gravest = || allowed.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == gravest).map(|(one, _)| one);
    let told: Vec<String> = of_gravest().map(|(one, _, _)| format!("{} ({})", one.origin, one.mistake)).collect();
    let seen = of_gravest().map(|(_, _, at)| *at).collect::<Vec<_>>();
    let general = "Compare the whole origin, byte by byte, with each intended one; anchor a regular expression at both \
                   ends and escape its dots.";
    let remedy = Remedy::new(general)
        .with_policy("list the origins; a wildcard such as \"https://*.example.com\" never reaches another domain.");
    let told = told.join("; ");
    match gravest {
        Verdict::Fail => {
            let detail = format!("origins that anybody can register are allowed with credentials: {told}");
            let first = of_gravest().next().map(|(one, _, _)| one.origin.clone()).unwrap_or_default();
            Check::fail(id, detail, remedy).in_short(format!("so can {first}, as the user who is signed in"))
        }
        Verdict::Warn => Check::warn(id, format!("origins that only resemble the page's are allowed: {told}"), remedy),
        _ => {
            let general = "Nothing, if these are intended; otherwise list the origins one by one.";
            let remedy = Remedy::new(general).with_policy("list the origins one by one, if these are not meant.");
            Check::info(id, format!("allowed too, as many intend: {told}"), remedy)
        }
    }
    .seen_in(seen)
}

/// What an attacker could do with it.
fn graded(one: &Lookalike, granted: Grant) -> Verdict {
    match (one.owner, granted) {
        (Owner::Anybody, Grant::Credentialed) => Verdict::Fail,
        (Owner::Anybody, _) => Verdict::Warn,
        (Owner::OtherPort, Grant::Credentialed) if !lookalikes::is_local(&one.origin) => Verdict::Warn,
        _ => Verdict::Info,
    }
}
