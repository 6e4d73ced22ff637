//! An upstream that is honest about caching: its answer depends on the target and on the request headers that its
//! `Vary` names, and on nothing else. What it says about CORS is hostile all the same.

use crate::exchange::{Header, Request, Upstream};
use crate::traffic::cors_headers;
use proptest::prelude::*;
use proptest::sample::select;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A resource.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The request headers that its answers depend on.
    depends_on: Vec<&'static str>,
    /// How its `Vary` names them: by one line or several, and in which case.
    is_one_line: bool,
    is_upper_case: bool,
    /// What it answers, by what the headers say.
    answers: Vec<Vec<Header>>,
    status: u32,
    cache_control: Option<&'static str>,
    /// Whether it sends the request's `Origin` back; it then depends on that.
    echoes: bool,
}

impl Resource {
    /// What it depends on: a page's `Origin` too if that is sent back.
    fn depends_on(&self) -> Vec<&'static str> {
        let mut names = self.depends_on.clone();
        if self.echoes && !names.contains(&"origin") {
            names.push("origin");
        }
        names
    }

    pub fn answer(&self, request: &Request) -> Upstream {
        let names = self.depends_on();
        let values: Vec<Option<String>> = names.iter().map(|name| request.header(name)).collect();
        let mut hasher = DefaultHasher::new();
        (&request.authority, &request.path, &values).hash(&mut hasher);
        let hash = hasher.finish();
        let mut headers = self.answers[hash as usize % self.answers.len()].clone();
        headers.push((String::from("content-type"), format!("text/{hash}")));
        headers.push((String::from("x-secret"), format!("{hash}")));
        if self.echoes
            && let Some(origin) = request.header("origin")
        {
            headers.push((String::from("access-control-allow-origin"), origin));
            headers.push((String::from("access-control-allow-credentials"), String::from("true")));
        }
        let names: Vec<String> = names
            .iter()
            .map(|name| if self.is_upper_case { name.to_ascii_uppercase() } else { String::from(*name) })
            .collect();
        let lines = if self.is_one_line && !names.is_empty() { vec![names.join(", ")] } else { names };
        headers.extend(lines.into_iter().map(|line| (String::from("vary"), line)));
        headers.extend(self.cache_control.map(|value| (String::from("cache-control"), value.to_owned())));
        Upstream { status: self.status, headers }
    }
}

pub fn a_resource() -> impl Strategy<Value = Resource> {
    let names =
        prop::collection::btree_set(select(&["origin", "accept-encoding", "access-control-request-method"][..]), 0..2);
    let answers = prop::collection::vec(cors_headers(), 1..4);
    let status = select(&[200, 200, 404, 301, 403][..]);
    let cache_control = select(&[None, None, Some("max-age=60"), Some("public, max-age=60"), Some("no-store")][..]);
    (names, any::<bool>(), any::<bool>(), answers, status, cache_control, prop::bool::weighted(0.2)).prop_map(
        |(depends_on, is_one_line, is_upper_case, answers, status, cache_control, echoes)| Resource {
            depends_on: depends_on.into_iter().collect(),
            is_one_line,
            is_upper_case,
            answers,
            status,
            cache_control,
            echoes,
        },
    )
}
