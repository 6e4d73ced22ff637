//! What a page would experience under a document, from its request to what it can read.

use super::filter::{self, Answer, Upstream};
use super::loaded::Policies;
use super::rule::{self, Rule};
use crate::fetch::origin::is_mixed_content;
use crate::fetch::response::ResponseHead;
use crate::fetch::run::{Trace, run};
use crate::fetch::{Failure, Initiator, Request, Sent, Verdict, console};
use url::Url;

/// A request, what surrounds it, and how upstream answers.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The request.
    pub request: &'a Request,
    /// What of the page makes it.
    pub initiator: Initiator,
    /// The name of the route that it takes.
    pub route_name: Option<&'a str>,
    /// How upstream answers.
    pub upstream: Upstream<'a>,
}

/// What the filter decided about one request on the wire.
#[derive(Debug, Clone)]
pub struct Decided {
    /// The policy: its number and its name.
    pub policy: Option<(usize, String)>,
    /// `preflight` or `request`.
    pub kind: &'static str,
    /// The outcome, see [`Answer::outcome`].
    pub outcome: String,
    /// What in the document decided.
    pub rule: Option<Rule>,
    /// Whether the filter answered itself.
    pub is_own_reply: bool,
    /// Whether the policy only reports.
    pub is_report_only: bool,
}

/// The whole story.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// What the browser did.
    pub trace: Trace,
    /// What the filter decided, in the order in which requests were sent.
    pub decided: Vec<Decided>,
    /// What Chromium's console prints.
    pub console: Option<String>,
}

impl Explanation {
    /// The decision about the last request that was sent.
    pub fn last_decided(&self) -> Option<&Decided> {
        self.decided.last()
    }
}

/// Explains a request under a document.
pub fn explain(policies: &Policies, situation: &Situation) -> Explanation {
    let request = situation.request;
    let mut decided = Vec::new();
    let mut send = |sent: &Sent| -> Result<ResponseHead, String> {
        let answer = filter::answer(policies, sent, situation.route_name, situation.upstream);
        decided.push(decide(policies, sent, &answer));
        Ok(answer.response)
    };
    let trace = match is_mixed_content(&request.origin, &request.url) {
        true => blocked(Failure::MixedContent),
        false => run(request, &mut send),
    };
    let console = trace
        .failure
        .as_ref()
        .and_then(|failure| console::sentence(failure, situation.initiator, &request.origin, &urls(request, &trace)));
    Explanation { trace, decided, console }
}

fn decide(policies: &Policies, sent: &Sent, answer: &Answer) -> Decided {
    let policy = answer.policy.and_then(|number| Some((number, policies.policy(number)?)));
    Decided {
        rule: rule::deciding(policies, sent, answer),
        is_own_reply: answer.is_own_reply,
        is_report_only: policy.is_some_and(|(_, policy)| policy.options.report_only),
        policy: policy.map(|(number, policy)| (number, policy.name.text.clone())),
        kind: answer.kind,
        outcome: answer.outcome.clone(),
    }
}

fn blocked(failure: Failure) -> Trace {
    Trace {
        dropped: Vec::new(),
        hops: Vec::new(),
        verdict: Verdict::Blocked,
        readable_headers: Vec::new(),
        failure: Some(failure),
    }
}

/// The URLs of a request, from the first to the last.
fn urls(request: &Request, trace: &Trace) -> Vec<Url> {
    match trace.hops.is_empty() {
        true => vec![request.url.clone()],
        false => trace.hops.iter().map(|hop| hop.url.clone()).collect(),
    }
}
