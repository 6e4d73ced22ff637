//! A refused origin learns nothing: its response is the same under every policy that refuses it with the same options,
//! whatever the policy's lists hold, and whatever CORS headers upstream sent.
//!
//! The same goes for a page that asks for a refused method or header, unless `refused_preflight` is `"answer"`, which
//! sends the lists so that the browser can name the fault.
//!
//! Two options leave the decision to upstream, so they are left out: `report_only`, and for actual requests
//! `upstream_cors_headers: "keep"`. And `Access-Control-Allow-Private-Network` stays on responses to actual requests,
//! where no browser looks at it.

use crate::judge;
use crate::shells::{BuiltModule, Core};
use model::decision::{Decision, Model, is_preflight};
use model::documents::{Generated, Lists, a_document, lists};
use model::exchange::{Header, Request, Shell, Upstream};
use model::traffic::{Recipe, a_recipe, an_upstream, cors_headers};
use proptest::prelude::*;

/// The same document with other lists.
fn with_lists(document: &Generated, lists: &[Lists]) -> Generated {
    let mut other = document.clone();
    for (policy, own) in other.policies.iter_mut().zip(lists) {
        policy.lists = policy.lists.as_ref().map(|_| own.clone());
    }
    other
}

/// The outcome of a request that is to learn nothing, and whether the policy is for everybody, which its `Vary` may
/// show; `None` if it is upstream's to decide, or if the policy's lists are sent so that the browser names the fault.
fn why_refused(model: &Model, request: &Request) -> Option<(&'static str, bool)> {
    let Decision { policy, outcome, .. } = model.decide(request)?;
    let hands_on = policy.report_only || policy.upstream_cors_headers == "keep" && !is_preflight(request);
    let is_refused = match outcome {
        "origin_refused" | "origin_malformed" | "same_origin" | "path_ambiguous" => true,
        "method_refused" | "headers_refused" => policy.refused_preflight != "answer",
        _ => false,
    };
    (is_refused && !hands_on).then_some((outcome, policy.is_constant()))
}

/// Upstream's response with other CORS headers.
fn with_cors(upstream: &Upstream, cors: &[Header], kind_is_preflight: bool) -> Upstream {
    let is_cors = |name: &str| name.to_ascii_lowercase().starts_with("access-control-");
    let is_left = |name: &str| name == "access-control-allow-private-network" && !kind_is_preflight;
    let others = upstream.headers.iter().filter(|(name, _)| !is_cors(name));
    let cors = cors.iter().filter(|(name, _)| is_cors(name) && !is_left(name));
    Upstream { status: upstream.status, headers: others.chain(cors).cloned().collect() }
}

type Visit = (Recipe, Upstream, Vec<Header>, Vec<Header>);

fn a_refused_origin_learns_nothing<S: Shell>(requests: usize, name: &'static str) {
    let visit = (a_recipe(), an_upstream(), cors_headers(), cors_headers());
    let strategy = (a_document(), prop::collection::vec(lists(), 4), prop::collection::vec(visit, 1..100));
    let (mut refused, mut done) = (0_usize, 0_usize);
    judge(file!(), name, requests, &strategy, |(document, lists, visits): (Generated, Vec<Lists>, Vec<Visit>)| {
        let documents = [document.json(), with_lists(&document, &lists).json()];
        let rules = document.rules();
        let load = |json: &serde_json::Value| -> Result<(S, Model), TestCaseError> {
            Ok((S::load(json).map_err(TestCaseError::fail)?, Model::load(json).map_err(TestCaseError::fail)?))
        };
        let [(mut shell, model), (mut other_shell, other_model)] = [load(&documents[0])?, load(&documents[1])?];
        for (recipe, upstream, cors, other_cors) in &visits {
            let request = recipe.request(&rules);
            done += 1;
            let why = why_refused(&model, &request);
            if why.is_none() || why_refused(&other_model, &request) != why {
                continue;
            }
            refused += 1;
            let is_preflight = is_preflight(&request);
            let own = shell.answer(&request, &with_cors(upstream, cors, is_preflight)).in_comparable_form();
            let other =
                other_shell.answer(&request, &with_cors(upstream, other_cors, is_preflight)).in_comparable_form();
            prop_assert_eq!(
                other,
                own,
                "{:?}\n{:?} or {:?}\nunder {}\nand {}",
                request,
                cors,
                other_cors,
                documents[0],
                documents[1]
            );
        }
        Ok(visits.len())
    });
    println!("{refused} of {done} requests were refused by both policies");
    // A few documents may happen to have little of it.
    assert!(done < 10_000 || refused > done / 10, "{refused} of {done}");
}

#[test]
fn an_origin_that_the_core_refuses_learns_nothing() {
    a_refused_origin_learns_nothing::<Core>(100_000, "the core refuses");
}

#[test]
fn an_origin_that_the_module_refuses_learns_nothing() {
    a_refused_origin_learns_nothing::<BuiltModule>(1_000, "the module refuses");
}
