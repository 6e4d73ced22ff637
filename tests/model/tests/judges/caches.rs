//! The cache property: a shared cache that follows RFC 9111, in front of the filter, changes nothing. Whatever order
//! requests come in, each client reads, or fails to read, what it would without the cache.
//!
//! Upstream has to be one that can be cached: it depends on what its own `Vary` names and on nothing else. And where
//! `debug_header` is on, `x-cors-decision` is not looked at: under a constant policy it says whether a request had an
//! `Origin`, on which the response does not depend otherwise.

use crate::judge;
use crate::shells::{BuiltModule, Core};
use model::browser::passes_cors_check;
use model::browser::{Fetch, Reading};
use model::cache::{Cache, Preference};
use model::documents::a_document;
use model::exchange::{Answer, Header, Request, Shell};
use model::resource::{Resource, a_resource};
use model::texts::{AUTHORITIES, PATHS, ROUTES};
use model::traffic::{Recipe, a_recipe};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A place that several requests meet at.
#[derive(Clone, Debug)]
struct Place {
    authority: &'static str,
    path: &'static str,
    route: Option<&'static str>,
    resource: Resource,
}

fn a_place() -> impl Strategy<Value = Place> {
    (select(AUTHORITIES), select(PATHS), prop::option::of(select(ROUTES)), a_resource())
        .prop_map(|(authority, path, route, resource)| Place { authority, path, route, resource })
}

/// A client's request: what it sends, where, and which encoding it accepts.
type Visit = (Recipe, Index, Option<&'static str>);

fn a_visit() -> impl Strategy<Value = Visit> {
    (a_recipe(), any::<Index>(), prop::option::of(select(&["gzip", "br"][..])))
}

/// What the client of a request reads: a page of the `Origin` that was sent, without and with credentials, or a client
/// that reads everything, as one without `Origin` does.
fn readings(request: &Request, answer: &Answer, is_debugged: bool) -> Vec<Option<Reading>> {
    let shown = |headers: &[Header]| {
        headers.iter().filter(|(name, _)| !is_debugged || name != "x-cors-decision").cloned().collect::<Vec<Header>>()
    };
    let Some(origin) = request.header("origin") else {
        let answer = answer.clone().in_comparable_form();
        return vec![Some(Reading { status: answer.status, headers: shown(&answer.headers) })];
    };
    [false, true]
        .into_iter()
        .map(|credentials| {
            let fetch = Fetch {
                origin: origin.clone(),
                method: request.method.clone(),
                authority: request.authority.clone(),
                path: request.path.clone(),
                route: None,
                headers: Vec::new(),
                credentials,
            };
            assert_eq!(fetch.read(answer).is_some(), passes_cors_check(&origin, credentials, answer));
            fetch.read(answer).map(|reading| Reading { headers: shown(&reading.headers), ..reading })
        })
        .collect()
}

fn a_cache_changes_nothing<S: Shell>(visits: usize, name: &'static str) {
    let places = prop::collection::vec(a_place(), 1..3);
    let strategy = (a_document(), places, prop::collection::vec(a_visit(), 1..30));
    let (mut hits, mut done) = (0_usize, 0_usize);
    judge(file!(), name, visits, &strategy, |(document, places, visits)| {
        let json = document.json();
        let rules = document.rules();
        let mut shell = S::load(&json).map_err(TestCaseError::fail)?;
        let mut caches = [Preference::Newest, Preference::Oldest].map(Cache::new);
        for (recipe, place, encoding) in &visits {
            let place = place.get(&places);
            // One resource at each target.
            let is_there = |other: &&Place| (other.authority, other.path) == (place.authority, place.path);
            let place = places.iter().find(is_there).unwrap_or(place);
            let mut request = recipe.request(&rules);
            // Only GET is stored; some of the others stay, to see that they pass.
            if !["HEAD", "GET"].contains(&request.method.as_str()) && place.path.len() % 2 == 0 {
                request.method = String::from("GET");
            }
            // Blanks around a value do not belong to it: no proxy passes them on (RFC 9110, section 5.5).
            for (_, value) in &mut request.headers {
                *value = value.trim_matches([' ', '\t']).to_owned();
            }
            request.authority = place.authority.into();
            request.path = place.path.into();
            request.route = place.route.map(String::from);
            request.headers.extend(encoding.map(|value| (String::from("accept-encoding"), value.into())));
            let upstream = place.resource.answer(&request);
            let expected = shell.answer(&request, &upstream);
            for cache in &mut caches {
                let (cached, is_hit) = cache.answer(&request, || expected.clone());
                hits += usize::from(is_hit);
                let [own, other] = [&expected, &cached].map(|answer| readings(&request, answer, document.debug_header));
                prop_assert_eq!(other, own, "{:?}\nof {:?}\nunder {}", request, place, json);
            }
        }
        done += visits.len();
        Ok(visits.len())
    });
    println!("{hits} answers from caches, for {done} requests to each of two");
    // A few documents may happen to have little of it.
    assert!(done < 10_000 || hits > done / 10, "the caches are hit: {hits} of {done}");
}

#[test]
fn a_shared_cache_in_front_of_the_core_changes_nothing_that_clients_read() {
    a_cache_changes_nothing::<Core>(100_000, "caches and the core");
}

#[test]
fn a_shared_cache_in_front_of_the_module_changes_nothing_that_clients_read() {
    a_cache_changes_nothing::<BuiltModule>(1_000, "caches and the module");
}
