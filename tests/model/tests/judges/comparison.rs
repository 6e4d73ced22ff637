//! The model and the filter answer every request alike.

use crate::judge;
use crate::shells::{BuiltModule, Core};
use model::decision::Model;
use model::documents::a_document;
use model::exchange::{Answer, Shell, Upstream};
use model::traffic::{Recipe, a_recipe, an_upstream};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// So many requests share a document on average, since loading one costs more than answering a request.
const PER_DOCUMENT: usize = 100;

fn traffic() -> impl Strategy<Value = Vec<(Recipe, Upstream)>> {
    prop::collection::vec((a_recipe(), an_upstream()), 1..PER_DOCUMENT * 2)
}

/// What became of a request: what was counted, and whether the filter answered.
fn row(answer: &Answer) -> String {
    let counted = answer.counted.first().and_then(|counter| counter.split_once('/')).map_or("-", |(_, rest)| rest);
    match &answer.forwarded {
        Some(_) => format!("{counted}: forwarded"),
        None => format!("{counted}: {}", answer.status),
    }
}

/// All that can become of a request.
const ROWS: [&str; 28] = [
    "-: forwarded",
    "preflight/allowed: 200",
    "preflight/allowed: 204",
    "preflight/allowed: forwarded",
    "preflight/headers_refused: 200",
    "preflight/headers_refused: 204",
    "preflight/headers_refused: 403",
    "preflight/headers_refused: forwarded",
    "preflight/method_refused: 200",
    "preflight/method_refused: 204",
    "preflight/method_refused: 403",
    "preflight/method_refused: forwarded",
    "preflight/origin_malformed: 200",
    "preflight/origin_malformed: 204",
    "preflight/origin_malformed: 403",
    "preflight/origin_malformed: forwarded",
    "preflight/origin_refused: 200",
    "preflight/origin_refused: 204",
    "preflight/origin_refused: 403",
    "preflight/origin_refused: forwarded",
    "preflight/path_ambiguous: 204",
    "request/allowed: forwarded",
    "request/origin_malformed: 403",
    "request/origin_malformed: forwarded",
    "request/origin_refused: 403",
    "request/origin_refused: forwarded",
    "request/path_ambiguous: forwarded",
    "request/same_origin: forwarded",
];

/// Compares at least so many requests, and returns how often each row came.
fn compare<S: Shell>(requests: usize, name: &'static str) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    judge(file!(), name, requests, &(a_document(), traffic()), |(document, traffic)| {
        let json = document.json();
        let rules = document.rules();
        let mut shell = S::load(&json).map_err(|problem| TestCaseError::fail(format!("{json}: {problem}")))?;
        let mut model = Model::load(&json).map_err(TestCaseError::fail)?;
        for (recipe, upstream) in &traffic {
            let request = recipe.request(&rules);
            let expected = model.answer(&request, upstream).in_comparable_form();
            let seen = shell.answer(&request, upstream).in_comparable_form();
            *rows.entry(row(&seen)).or_default() += 1;
            prop_assert_eq!(seen, expected, "{:?}\nupstream {:?}\nunder {}", request, upstream, json);
        }
        Ok(traffic.len())
    });
    rows
}

#[test]
fn the_core_answers_every_request_as_the_model_does() {
    let requests = std::env::var("MODEL_REQUESTS").map_or(200_000, |text| text.parse().unwrap());
    let rows = compare::<Core>(requests, "the core");
    println!("{rows:#?}");
    let reached: Vec<&str> = rows.keys().map(String::as_str).collect();
    if requests >= 200_000 {
        assert_eq!(reached, ROWS, "the traffic reaches everything that can become of a request");
    }
}

#[test]
fn the_module_answers_every_request_as_the_model_does() {
    compare::<BuiltModule>(10_000, "the module");
}
