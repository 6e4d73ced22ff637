//! No widening: no header of upstream's, no other policy and no spelling of a request makes a browser accept what the
//! deciding policy does not list.
//!
//! The deciding policy is the first that is for the request as a server could read it: where the path can be read in two
//! ways, no policy is, and nothing may be accepted. Where a document hands the word to upstream (`report_only`,
//! `upstream_cors_headers: "keep"`, `enabled: false`, or no policy), there is nothing to judge.

use crate::judge;
use crate::shells::{BuiltModule, Core};
use model::browser::{Fetch, passes_cors_check};
use model::decision::Model;
use model::document::{Policy, Verdict};
use model::documents::{Generated, a_document};
use model::exchange::{Request, Shell, Upstream};
use model::path;
use model::texts::{HOSTS, METHODS, REQUEST_HEADERS};
use model::traffic::{Recipe, a_recipe, an_upstream};
use proptest::prelude::*;
use proptest::sample::select;

/// The policy that decides about a request; `None` where upstream has the word.
fn deciding<'m>(model: &'m Model, request: &Request) -> Option<&'m Policy> {
    let read = path::resolved(&request.path);
    let can_be_read_two_ways = request.path.starts_with('/') && read != path::without_query(&request.path);
    if model.document.has_paths() && (can_be_read_two_ways || path::is_ambiguous(&request.path)) {
        return Some(&model.ambiguous);
    }
    let policy = model.document.policy_for(request)?;
    let hands_on = !policy.enabled || policy.report_only || policy.upstream_cors_headers == "keep";
    (!hands_on).then_some(policy)
}

/// What a page does.
#[derive(Clone, Debug)]
struct Plan {
    method: &'static str,
    headers: Vec<&'static str>,
    credentials: bool,
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
            let Some(policy) = deciding(&model, &request) else { continue };
            let shown =
                format!("{request:?}\n{plan:?}\nupstream {preflight_upstream:?}\nthen {upstream:?}\nunder {json}");
            // Whatever was sent, and by whom: the response is for those that the policy lists.
            if request.header("origin").is_some() {
                let response = shell.answer(&request, upstream);
                for page in pages(&request) {
                    for credentials in [false, true] {
                        if passes_cors_check(&page, credentials, &response) {
                            let is_listed =
                                policy.judge(&page) == Verdict::Allowed && (!credentials || policy.allow_credentials);
                            prop_assert!(is_listed, "{} reads {:?}\n{}", page, response, shown);
                        }
                    }
                }
            }
            // What a browser does: it asks where it has to, and only then sends.
            for origin in visitors(&request) {
                let fetch = Fetch {
                    origin,
                    method: plan.method.into(),
                    authority: request.authority.clone(),
                    path: request.path.clone(),
                    route: request.route.clone(),
                    headers: plan.headers.iter().map(|name| String::from(*name)).collect(),
                    credentials: plan.credentials,
                };
                if let Some(preflight) = fetch.preflight() {
                    let response = shell.answer(&preflight, preflight_upstream);
                    if !fetch.is_allowed_by(&response) {
                        continue;
                    }
                    accepted += 1;
                    let names = fetch.request().headers.into_iter().map(|(name, _)| name);
                    let mut unsafe_names = names.filter(|name| name != "origin" && name != "accept");
                    let method = fetch.request().method;
                    prop_assert!(policy.allows_method(&method), "{:?} may use {}\n{}", fetch, method, shown);
                    prop_assert!(unsafe_names.all(|name| policy.allows_header(&name)), "{:?}\n{}", fetch, shown);
                    prop_assert!(policy.judge(&fetch.origin) == Verdict::Allowed, "{:?}\n{}", fetch, shown);
                }
                let response = shell.answer(&fetch.request(), upstream);
                if let Some(reading) = fetch.read(&response) {
                    accepted += 1;
                    let is_listed = policy.judge(&fetch.origin) == Verdict::Allowed
                        && (!fetch.credentials || policy.allow_credentials);
                    prop_assert!(is_listed, "{:?} reads {:?}\n{}", fetch, response, shown);
                    for (name, _) in &reading.headers {
                        let may_be_read =
                            name == "content-type" || policy.expose_headers.iter().any(|own| own == name || own == "*");
                        prop_assert!(may_be_read, "{:?} reads {}\n{}", fetch, name, shown);
                    }
                }
            }
        }
        Ok(visits.len())
    });
    println!("{accepted} responses accepted by browsers, for {done} requests");
    assert!(accepted > done / 10, "{accepted} of {done}");
}

#[test]
fn nothing_makes_a_browser_accept_from_the_core_what_the_deciding_policy_does_not_list() {
    nothing_is_widened::<Core>(50_000, "widening by the core");
}

#[test]
fn nothing_makes_a_browser_accept_from_the_module_what_the_deciding_policy_does_not_list() {
    nothing_is_widened::<BuiltModule>(100, "widening by the module");
}
