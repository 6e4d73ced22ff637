//! The scenarios of the browser tests, through `explain`: what it says of them is what a real browser showed.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tool::explain::explanation::{Explanation, Situation, explain};
use tool::explain::loaded::Policies;
use tool::fetch::origin::Origin;
use tool::fetch::response::{ResponseHead, shown};
use tool::fetch::{Body, Credentials, Header, Initiator, Mode, Request, Sent, Verdict};
use url::Url;

/// How many scenarios a single request describes; the others, by what they are about instead.
const DESCRIBED: usize = 213;
const LEFT_OUT: [(&str, usize); 6] = [
    ("a WebSocket or a beacon: no page reads its response", 5),
    ("a redirect that is not followed", 1),
    ("an element without crossorigin: shown, not read", 4),
    ("an event stream that comes back", 1),
    ("many requests at once", 8),
    ("several steps", 41),
];

/// The keys of an action that say what makes the request, and how the console calls it.
const INITIATORS: [(&str, Initiator); 8] = [
    ("fetch", Initiator::Fetch),
    ("xhr", Initiator::Xhr),
    ("image", Initiator::Image),
    ("font", Initiator::Font),
    ("module", Initiator::Script),
    ("script", Initiator::Script),
    ("style", Initiator::Style),
    ("track", Initiator::Track),
];

struct Scenario {
    id: String,
    page: String,
    base: Url,
    action: Map<String, Value>,
    cookies: Map<String, Value>,
    expect: Map<String, Value>,
}

/// All scenarios, with their group's defaults; `Err` says why a single request does not describe one.
fn scenarios() -> Vec<Result<Scenario, &'static str>> {
    let folder = kit::repository("tests/browser/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file| serde_json::from_str::<Value>(&std::fs::read_to_string(file).unwrap()).unwrap();
    files.into_iter().map(read).flat_map(|group| rows(&group)).map(scenario).collect()
}

fn rows(group: &Value) -> Vec<Map<String, Value>> {
    let defaults = group["defaults"].as_object().unwrap();
    let row = |row: &Value| {
        let mut all = defaults.clone();
        all.extend(row.as_object().unwrap().clone());
        all
    };
    group["scenarios"].as_array().unwrap().iter().map(row).collect()
}

fn scenario(row: Map<String, Value>) -> Result<Scenario, &'static str> {
    let action = match &row["do"] {
        Value::Object(action) => action.clone(),
        _ => return Err("several steps"),
    };
    if action.contains_key("times") || action.contains_key("all") {
        return Err("many requests at once");
    }
    if action.contains_key("socket") || action.contains_key("beacon") {
        return Err("a WebSocket or a beacon: no page reads its response");
    }
    if action.contains_key("count") {
        return Err("an event stream that comes back");
    }
    if action.get("redirect").is_some_and(|redirect| redirect == "manual") {
        return Err("a redirect that is not followed");
    }
    let is_element = ["image", "script", "style"].iter().any(|key| action.contains_key(*key));
    if is_element && !action.contains_key("crossorigin") {
        return Err("an element without crossorigin: shown, not read");
    }
    let is_sandboxed = action.get("in").is_some_and(|place| place == "sandboxed frame" || place == "data frame");
    let page = if is_sandboxed { "null" } else { row["page"].as_str().unwrap() };
    let object = |key: &str| row.get(key).map(|value| value.as_object().unwrap().clone()).unwrap_or_default();
    Ok(Scenario {
        id: row["id"].as_str().unwrap().to_owned(),
        page: page.to_owned(),
        base: Url::parse(&format!("https://{}.api.test", row["policy"].as_str().unwrap())).unwrap(),
        action,
        cookies: object("cookies"),
        expect: object("expect"),
    })
}

impl Scenario {
    fn request(&self) -> (Request, Initiator) {
        let text = |key: &str| self.action.get(key).and_then(Value::as_str);
        let is_set = |key: &str| self.action.get(key) == Some(&json!(true));
        let found = INITIATORS.iter().find_map(|(key, initiator)| Some((text(key)?, *initiator)));
        let (target, initiator) = found.unwrap_or_else(|| (text("events").unwrap(), Initiator::EventSource));
        let mut headers: Vec<Header> = Vec::new();
        for (name, value) in self.action.get("headers").and_then(Value::as_object).into_iter().flatten() {
            headers.push((name.to_ascii_lowercase(), value.as_str().unwrap().as_bytes().to_vec()));
        }
        let has_body = ["body", "form", "json", "size"].iter().any(|key| self.action.contains_key(*key));
        if has_body && !headers.iter().any(|(name, _)| name == "content-type") {
            let kind = if is_set("form") { "multipart/form-data; boundary=x" } else { "text/plain;charset=UTF-8" };
            headers.push((String::from("content-type"), kind.into()));
        }
        let includes = text("credentials") == Some("include")
            || is_set("withCredentials")
            || text("crossorigin") == Some("use-credentials");
        let request = Request {
            origin: Origin::of_page(&self.page).unwrap(),
            url: self.base.join(target).unwrap(),
            method: text("method").unwrap_or("GET").to_owned(),
            headers,
            body: match (has_body, self.action.contains_key("stream")) {
                (_, true) => Body::Stream,
                (true, _) => Body::Bytes,
                _ => Body::None,
            },
            mode: if text("mode") == Some("no-cors") { Mode::NoCors } else { Mode::Cors },
            credentials: match text("credentials") {
                _ if includes => Credentials::Include,
                Some("omit") => Credentials::Omit,
                _ => Credentials::SameOrigin,
            },
            cookies: (!self.cookies.is_empty()).then(|| b"session=1".to_vec()),
            has_upload_listener: is_set("upload"),
        };
        (request, initiator)
    }

    /// Each thing that is not as the browser showed it.
    fn differences(&self, explanation: &Explanation, reached: &[String]) -> Vec<String> {
        let trace = &explanation.trace;
        let last = trace.hops.last().and_then(|hop| hop.request.as_ref()).map(|exchange| &exchange.response);
        let mut found = Vec::new();
        let mut compare = |what: &str, expected: Value, got: Value| {
            if expected != got {
                found.push(format!("{}: {what}: expected {expected}, got {got}", self.id));
            }
        };
        let verdict = match (&self.expect["readable"], self.expect.get("type")) {
            (Value::Bool(true), _) => Verdict::Readable,
            (_, Some(kind)) if kind == "opaque" => Verdict::Opaque,
            _ => Verdict::Blocked,
        };
        compare("verdict", verdict.name().into(), trace.verdict.name().into());
        let preflights = trace.hops.iter().filter(|hop| hop.preflight.is_some()).count();
        compare("preflights", self.expect.get("preflights").cloned().unwrap_or(json!(0)), preflights.into());
        if let (Some(status), Verdict::Readable) = (self.expect.get("status"), verdict) {
            compare("status", status.clone(), last.unwrap().status.into());
        }
        for (name, value) in self.expect.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let is_readable = trace.readable_headers.contains(name);
            let seen = last.filter(|_| is_readable).and_then(|response| response.get(name)).map(|value| shown(&value));
            compare(&format!("header {name}"), value.clone(), json!(seen));
        }
        if let Value::Array(backend) = &self.expect["backend"] {
            let mut expected: Vec<&str> = backend.iter().map(|line| line.as_str().unwrap()).collect();
            let mut got: Vec<&str> = reached.iter().map(String::as_str).collect();
            expected.sort_unstable();
            got.sort_unstable();
            compare("what reaches the backend", json!(expected), json!(got));
        }
        found
    }
}

/// The policies of the browser tests, as they put them into Envoy.
fn policies() -> Policies {
    let named = std::fs::read_to_string(kit::repository("tests/browser/policies.json")).unwrap();
    let named: Map<String, Value> = serde_json::from_str(&named).unwrap();
    let policy = |(name, policy): (String, Value)| {
        let mut whole = policy.as_object().unwrap().clone();
        whole.insert(String::from("match"), json!({"hosts": [format!("{name}.api.test"), format!("{name}.cdn.test")]}));
        whole.insert(String::from("name"), name.into());
        Value::Object(whole)
    };
    let document = json!({"policies": named.into_iter().map(policy).collect::<Vec<_>>()});
    Policies::load(document.to_string().as_bytes()).unwrap()
}

/// What answers behind the filter.
#[derive(Deserialize)]
struct Backend {
    extra: Vec<(String, String)>,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(default)]
struct Answer {
    path: String,
    status: u16,
    status_from_path: bool,
    headers: Vec<(String, String)>,
    extra: bool,
    headers_from_query: Option<String>,
    location_from_query: Option<String>,
    authorization: Option<String>,
    reaches: bool,
}

impl Default for Answer {
    fn default() -> Self {
        Answer {
            path: String::new(),
            status: 200,
            status_from_path: false,
            headers: Vec::new(),
            extra: false,
            headers_from_query: None,
            location_from_query: None,
            authorization: None,
            reaches: false,
        }
    }
}

impl Backend {
    fn answer(&self, sent: &Sent) -> (ResponseHead, bool) {
        let path = sent.url.path();
        let fits = |answer: &&Answer| {
            let has_token = answer.authorization.as_ref().is_none_or(|token| {
                sent.header("authorization").is_some_and(|value| value.starts_with(token.as_bytes()))
            });
            has_token && (path == answer.path || answer.path.ends_with('/') && path.starts_with(&answer.path))
        };
        let answer = self.answers.iter().find(fits).unwrap();
        let mut headers = answer.headers.clone();
        if answer.extra {
            headers.extend(self.extra.iter().cloned());
        }
        for (key, value) in sent.url.query_pairs() {
            if Some(&*key) == answer.headers_from_query.as_deref() {
                let (name, value) = value.split_once(':').unwrap();
                headers.push((name.to_owned(), value.to_owned()));
            } else if Some(&*key) == answer.location_from_query.as_deref() {
                headers.push((String::from("location"), value.into_owned()));
            }
        }
        let status =
            if answer.status_from_path { path.rsplit('/').next().unwrap().parse().unwrap() } else { answer.status };
        let headers = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        (ResponseHead { status, headers }, answer.reaches)
    }
}

/// A request at the backend, as the browser tests write it.
fn summary(sent: &Sent) -> String {
    let mut words = vec![sent.method.as_str()];
    words.extend(["cookie", "authorization"].into_iter().filter(|name| sent.header(name).is_some()));
    words.extend(sent.is_preflight.then_some("preflight"));
    words.join(" ")
}

#[test]
fn explain_says_of_each_scenario_what_the_browser_showed() {
    let policies = policies();
    let backend = std::fs::read_to_string(kit::repository("tests/tool/backend.json")).unwrap();
    let backend: Backend = serde_json::from_str(&backend).unwrap();
    let mut left_out = BTreeMap::new();
    let mut differences = Vec::new();
    let mut count = 0;
    for scenario in scenarios() {
        let scenario = match scenario {
            Ok(scenario) => scenario,
            Err(why) => {
                *left_out.entry(why).or_insert(0) += 1;
                continue;
            }
        };
        count += 1;
        let (request, initiator) = scenario.request();
        let reached = std::cell::RefCell::new(Vec::new());
        let upstream = |sent: &Sent| {
            let (answer, reaches) = backend.answer(sent);
            reached.borrow_mut().extend(reaches.then(|| summary(sent)));
            answer
        };
        let situation = Situation { request: &request, initiator, route_name: None, upstream: &upstream };
        let explanation = explain(&policies, &situation);
        differences.extend(scenario.differences(&explanation, &reached.borrow()));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(left_out.into_iter().collect::<Vec<_>>(), LEFT_OUT);
    assert_eq!(count, DESCRIBED);
}
