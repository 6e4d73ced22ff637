//! The model and the filter answer every request alike.

use crate::judge;
use crate::shells::{BuiltModule, Core};
use model::decision::Model;
use model::documents::{Generated, a_document};
use model::exchange::{Shell, Upstream};
use model::traffic::{Recipe, a_recipe, an_upstream};
use proptest::prelude::*;

/// So many requests share a document on average, since loading one costs more than answering a request.
const PER_DOCUMENT: usize = 100;

fn traffic() -> impl Strategy<Value = Vec<(Recipe, Upstream)>> {
    prop::collection::vec((a_recipe(), an_upstream()), 1..PER_DOCUMENT * 2)
}

fn compare<S: Shell>(document: &Generated, traffic: &[(Recipe, Upstream)]) -> Result<(), TestCaseError> {
    let json = document.json();
    let rules = document.rules();
    let mut shell = S::load(&json).map_err(|problem| TestCaseError::fail(format!("{json}: {problem}")))?;
    let mut model = Model::load(&json).map_err(TestCaseError::fail)?;
    for (recipe, upstream) in traffic {
        let request = recipe.request(&rules);
        let expected = model.answer(&request, upstream).in_comparable_form();
        let seen = shell.answer(&request, upstream).in_comparable_form();
        prop_assert_eq!(seen, expected, "{:?}\nupstream {:?}\nunder {}", request, upstream, json);
    }
    Ok(())
}

/// Compares at least so many requests.
fn run<S: Shell>(requests: usize, name: &'static str) {
    judge(name, requests, &(a_document(), traffic()), |(document, traffic)| {
        compare::<S>(&document, &traffic)?;
        Ok(traffic.len())
    });
}

#[test]
fn the_core_answers_every_request_as_the_model_does() {
    let requests = std::env::var("MODEL_REQUESTS").map_or(200_000, |text| text.parse().unwrap());
    run::<Core>(requests, "the core");
}

#[test]
fn the_module_answers_every_request_as_the_model_does() {
    run::<BuiltModule>(2_000, "the module");
}
