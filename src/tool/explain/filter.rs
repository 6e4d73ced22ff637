//! The filter itself, run in this process, in front of an upstream that answers as it is said to.

use super::loaded::Policies;
use crate::fetch::response::ResponseHead;
use crate::fetch::{Header, Sent};
use cors::decision::{Request, decide};
use cors::filter::{Filter, Flow};
use cors::header_map::HeaderMap;
use cors::host::Host;
use cors::policies::Target;
use cors::policy::Policy;
use cors::reply::Reply;
use cors::scratch::Scratch;
use std::borrow::Cow;
use url::Url;

/// How upstream answers what reaches it.
pub type Upstream<'a> = &'a dyn Fn(&Sent) -> ResponseHead;

/// What came of a request at the filter.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The response that the client gets.
    pub response: ResponseHead,
    /// Whether the filter made it.
    pub is_own_reply: bool,
    /// The number of the policy, `None` where none was asked.
    pub policy: Option<usize>,
    /// `preflight` or `request`.
    pub kind: &'static str,
    /// One of the filter's outcomes; `no_origin`, `no_policy` or `disabled` where it took no decision.
    pub outcome: String,
}

/// Sends a request through the filter.
pub fn answer(policies: &Policies, sent: &Sent, route_name: Option<&str>, upstream: Upstream) -> Answer {
    let configuration = &policies.configuration;
    let mut proxy = Proxy::new(sent, upstream, route_name);
    let decided = decide_about(policies, &proxy.request, sent, route_name);
    let mut filter = Filter::default();
    if filter.on_request(configuration, &mut proxy) == Flow::Continue {
        let ResponseHead { status, headers } = (proxy.upstream)(proxy.sent);
        (proxy.status, proxy.response) = (status, headers);
    }
    filter.on_response(configuration, &mut proxy, &Scratch::default());
    let (policy, outcome) = decided;
    Answer {
        response: ResponseHead { status: proxy.status, headers: proxy.response },
        is_own_reply: proxy.is_replied,
        policy,
        kind: if sent.is_preflight { "preflight" } else { "request" },
        outcome: outcome.to_owned(),
    }
}

/// The number of the policy that decides about a request, and the outcome.
fn decide_about(
    policies: &Policies,
    request: &[Header],
    sent: &Sent,
    route_name: Option<&str>,
) -> (Option<usize>, &'static str) {
    let (authority, path) = target_of(&sent.url);
    let target =
        Target { authority: authority.as_bytes(), path: path.as_bytes(), route_name: route_name.map(str::as_bytes) };
    let list = &policies.configuration.policies;
    let Some((number, policy)) = list.find(&target).and_then(|number| Some((number, list.get(number)?))) else {
        return match find_disabled(policies, &target) {
            Some(number) => (Some(number), "disabled"),
            None => (None, "no_policy"),
        };
    };
    let header = |name: &str| joined(request, name);
    let outcome = match (header("origin"), header("access-control-request-method")) {
        (None, _) => decide::<Vec<u8>>(policy, Request::WithoutOrigin).outcome,
        (Some(origin), Some(method)) if sent.method == "OPTIONS" => {
            let header = |name: &str| header(name).map(Cow::Owned);
            decide(policy, Request::Preflight { origin, method: &method, header: &header }).outcome
        }
        (Some(origin), _) => {
            let mut authority = || Some(authority.clone().into_bytes());
            decide(policy, Request::Actual { origin, authority: &mut authority }).outcome
        }
    };
    ((!policy.is_for_ambiguous_paths()).then_some(number), outcome.name())
}

/// The policy that leaves a request alone: found by loading the document anew with all policies enabled.
fn find_disabled(policies: &Policies, target: &Target) -> Option<usize> {
    let mut json = policies.json.clone();
    let list = match json.get_mut("policies").and_then(serde_json::Value::as_array_mut) {
        Some(list) => list.iter_mut().collect(),
        None => vec![&mut json],
    };
    for policy in list {
        let Some(policy) = policy.as_object_mut() else { continue };
        if policy.remove("enabled") == Some(serde_json::Value::Bool(false)) {
            policy.insert(String::from("allow_origins"), serde_json::json!(["https://disabled.invalid"]));
        }
    }
    let enabled = Policies::load(json.to_string().as_bytes()).ok()?;
    let list = &enabled.configuration.policies;
    list.find(target).filter(|number| list.get(*number).is_some_and(|policy| !policy.is_for_ambiguous_paths()))
}

/// `:authority` and `:path` of a URL.
fn target_of(url: &Url) -> (String, String) {
    let host = url.host_str().unwrap_or_default();
    let authority = match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    (authority, path)
}

fn headers_of(sent: &Sent) -> Vec<Header> {
    let (authority, path) = target_of(&sent.url);
    let pseudo = [(":method", sent.method.clone()), (":authority", authority), (":path", path)];
    let pseudo = pseudo.into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes()));
    pseudo.chain(sent.headers.iter().cloned()).collect()
}

/// A proxy with one request.
struct Proxy<'a> {
    sent: &'a Sent,
    upstream: Upstream<'a>,
    route_name: Option<&'a str>,
    request: Vec<Header>,
    status: u16,
    response: Vec<Header>,
    is_replied: bool,
}

impl<'a> Proxy<'a> {
    fn new(sent: &'a Sent, upstream: Upstream<'a>, route_name: Option<&'a str>) -> Self {
        Proxy {
            sent,
            upstream,
            route_name,
            request: headers_of(sent),
            status: 0,
            response: Vec::new(),
            is_replied: false,
        }
    }
}

/// Envoy joins several lines of one name by a comma.
fn joined(headers: &[Header], name: &str) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_slice()).collect();
    (!values.is_empty()).then(|| values.join(b",".as_slice()))
}

impl Host for Proxy<'_> {
    type Value = Vec<u8>;
    type Headers = HeaderMap;

    fn request_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.request, name)
    }

    fn request_headers(&mut self) -> HeaderMap {
        HeaderMap::of(self.request.iter().map(|(name, value)| (name.as_str(), value.as_slice())))
    }

    fn route_name(&mut self) -> Option<Vec<u8>> {
        self.route_name.map(|name| name.as_bytes().to_vec())
    }

    fn response_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.response, name)
    }

    fn set_response_header(&mut self, name: &str, value: &[u8]) {
        self.remove_response_header(name);
        self.response.push((name.to_owned(), value.to_vec()));
    }

    fn remove_response_header(&mut self, name: &str) {
        self.response.retain(|(own, _)| own != name);
    }

    fn reply(&mut self, policy: &Policy, reply: &Reply) {
        self.is_replied = true;
        self.status = u16::try_from(reply.status).unwrap_or_default();
        let line = |(name, value): (&[u8], &[u8])| (String::from_utf8_lossy(name).into_owned(), value.to_vec());
        self.response = reply.headers(policy).map(line).collect();
    }

    fn count(&mut self, _counter: u32) {}

    fn keep_decision(&mut self, _decision: &[u8]) {}
}
