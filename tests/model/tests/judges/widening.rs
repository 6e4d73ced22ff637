//! No widening: no header of upstream's, no other policy and no spelling of a request makes a browser accept what the
//! deciding policy does not list.
//!
//! The deciding policy is the first that is for the request as a server could read it: where the path can be read in
//! two ways, no policy is, and nothing may be accepted. Where a document leaves the decision to upstream
//! (`report_only`, `upstream_cors_headers: "keep"`, `enabled: false`, or no policy), there is nothing to judge.

use crate::judge;
use crate::shells::{BuiltModule, Core};
use model::browser::{Fetch, Reading, passes_cors_check};
use model::decision::{Model, is_preflight};
use model::document::{Policy, Verdict};
use model::documents::{Generated, a_document};
use model::exchange::{Answer, Request, Shell, Upstream};
use model::path;
use model::texts::{HOSTS, METHODS, REQUEST_HEADERS};
use model::traffic::{Recipe, a_recipe, an_upstream};
use proptest::prelude::*;
use proptest::sample::select;

/// The policy that decides about a request, or if it `is_preflight` about a preflight there; `None` where upstream
/// decides.
fn deciding<'m>(model: &'m Model, request: &Request, is_preflight: bool) -> Option<&'m Policy> {
    let read = path::resolved(&request.path);
    let can_be_read_two_ways = request.path.starts_with('/') && read != path::without_query(&request.path);
    if model.document.has_paths() && (can_be_read_two_ways || path::is_ambiguous(&request.path)) {
        return Some(&model.ambiguous);
    }
    let policy = model.document.policy_for(request)?;
    let keeps = policy.upstream_cors_headers == "keep" && (!is_preflight || policy.preflight == "forward");
    let hands_on = !policy.enabled || policy.report_only || keeps;
    (!hands_on).then_some(policy)
}

/// What a page does.
#[derive(Clone, Debug)]
struct Plan {
    method: &'static str,
    headers: Vec<&'static str>,
    credentials: bool,
}

impl Plan {
    fn fetch(&self, origin: String, request: &Request) -> Fetch {
        Fetch {
            origin,
            method: self.method.into(),
            authority: request.authority.clone(),
            path: request.path.clone(),
            route: request.route.clone(),
            headers: self.headers.iter().map(|name| String::from(*name)).collect(),
            credentials: self.credentials,
        }
    }
}

fn a_plan() -> impl Strategy<Value = Plan> {
    (select(METHODS), prop::collection::vec(select(REQUEST_HEADERS), 0..3), any::<bool>())
        .prop_map(|(method, headers, credentials)| Plan { method, headers, credentials })
}

type Visit = (Recipe, Plan, Upstream, Upstream);

/// Origins of pages that may come by: those that the request spells, whole or in part, and others.
fn pages(request: &Request) -> Vec<String> {
    let mut pages: Vec<String> =
        request.headers.iter().filter(|(name, _)| name == "origin").map(|(_, value)| value.clone()).collect();
    pages.extend(
        pages.clone().iter().flat_map(|text| text.split([',', ' ', '\t']).map(String::from).collect::<Vec<_>>()),
    );
    pages.extend(HOSTS.iter().map(|host| format!("https://{host}")));
    pages.extend(["null", "https://evil.test", "https://a.example.evil.test"].map(String::from));
    // A browser writes an origin in one way only.
    pages.retain(|page| page == "null" || model::origin::parse(page).is_some());
    pages
}

/// Those of them that fetch something, since that costs more than a check: some that the request spells, and others.
fn visitors(request: &Request) -> Vec<String> {
    let mut visitors = pages(request);
    visitors.drain(1.min(visitors.len())..visitors.len().saturating_sub(2));
    visitors
}

/// Whether a page's origin is listed, and its credentials.
fn lists(policy: &Policy, page: &str, credentials: bool) -> bool {
    policy.judge(page) == Verdict::Allowed && (!credentials || policy.allow_credentials)
}

/// What is wrong with a response to whatever was sent by whomever: it is for those that the policy lists.
fn fault_of_response(policy: &Policy, request: &Request, response: &Answer) -> Option<String> {
    let reads = |page: &String, credentials: bool| {
        passes_cors_check(page, credentials, response) && !lists(policy, page, credentials)
    };
    let pages = pages(request);
    let page = pages.iter().find(|page| reads(page, false) || reads(page, true))?;
    Some(format!("{page} reads {response:?}"))
}

/// What is wrong with a preflight that a browser accepts.
fn fault_of_preflight(policy: &Policy, fetch: &Fetch) -> Option<String> {
    let request = fetch.request();
    let names = request.headers.iter().map(|(name, _)| name.as_str());
    let unlisted = names.filter(|name| !["origin", "accept"].contains(name)).find(|name| !policy.allows_header(name));
    if !lists(policy, &fetch.origin, fetch.credentials) {
        return Some(String::from("the origin is not listed"));
    }
    if !policy.allows_method(&request.method) {
        return Some(format!("{} is not listed", request.method));
    }
    unlisted.map(|name| format!("{name} is not listed"))
}

/// What is wrong with what a page reads.
fn fault_of_reading(policy: &Policy, fetch: &Fetch, reading: &Reading) -> Option<String> {
    if !lists(policy, &fetch.origin, fetch.credentials) {
        return Some(String::from("the origin is not listed"));
    }
    let may_be_read =
        |name: &str| name == "content-type" || policy.expose_headers.iter().any(|own| own == name || own == "*");
    let unlisted = reading.headers.iter().find(|(name, _)| !may_be_read(name))?;
    Some(format!("{} is not listed", unlisted.0))
}

fn nothing_is_widened<S: Shell>(requests: usize, name: &'static str) {
    let visit = (a_recipe(), a_plan(), an_upstream(), an_upstream());
    let strategy = (a_document(), prop::collection::vec(visit, 1..100));
    let (mut accepted, mut done) = (0_usize, 0_usize);
    judge(file!(), name, requests, &strategy, |(document, visits): (Generated, Vec<Visit>)| {
        let json = document.json();
        let rules = document.rules();
        let mut shell = S::load(&json).map_err(TestCaseError::fail)?;
        let model = Model::load(&json).map_err(TestCaseError::fail)?;
        for (recipe, plan, preflight_upstream, upstream) in &visits {
            done += 1;
            let request = recipe.request(&rules);
            if request.header("origin").is_some()
                && let Some(policy) = deciding(&model, &request, is_preflight(&request))
            {
                let response = shell.answer(&request, upstream);
                let fault = fault_of_response(policy, &request, &response);
                prop_assert_eq!(fault, None, "{:?}\nupstream {:?}\nunder {}", request, upstream, json);
            }
            // What a browser does: it asks where it has to, and only then sends.
            for origin in visitors(&request) {
                let fetch = plan.fetch(origin, &request);
                if let Some(preflight) = fetch.preflight() {
                    let response = shell.answer(&preflight, preflight_upstream);
                    if !fetch.is_allowed_by(&response) {
                        continue;
                    }
                    if let Some(policy) = deciding(&model, &preflight, true) {
                        accepted += 1;
                        let fault = fault_of_preflight(policy, &fetch);
                        prop_assert_eq!(fault, None, "{:?}\nupstream {:?}\nunder {}", fetch, preflight_upstream, json);
                    }
                }
                let response = shell.answer(&fetch.request(), upstream);
                if let Some(reading) = fetch.read(&response)
                    && let Some(policy) = deciding(&model, &request, false)
                {
                    accepted += 1;
                    let fault = fault_of_reading(policy, &fetch, &reading);
                    prop_assert_eq!(fault, None, "{:?}\nupstream {:?}\nunder {}", fetch, upstream, json);
                }
            }
        }
        Ok(visits.len())
    });
    println!("{accepted} responses accepted by browsers, for {done} requests");
    // A few documents may happen to have little of it.
    assert!(done < 10_000 || accepted > done / 10, "{accepted} of {done}");
}

#[test]
fn nothing_makes_a_browser_accept_from_the_core_what_the_deciding_policy_does_not_list() {
    nothing_is_widened::<Core>(50_000, "widening by the core");
}

#[test]
fn nothing_makes_a_browser_accept_from_the_module_what_the_deciding_policy_does_not_list() {
    nothing_is_widened::<BuiltModule>(100, "widening by the module");
}
