//! The corpus on the model: what README and corpus say is what the model says. On the core and the module it runs in
//! `tests/core.rs` and `tests/module.rs`.

use kit::corpus::{self, Case, Seen, Text};
use model::decision::Model;
use model::exchange::{Header, Request, Shell, Upstream};

/// The headers of a case, as text of Latin-1.
fn texts(headers: Vec<kit::Header>) -> Vec<Header> {
    let text = |bytes: Vec<u8>| bytes.into_iter().map(char::from).collect();
    headers.into_iter().map(|(name, value)| (text(name), text(value))).collect()
}

fn bytes(headers: &[Header]) -> Vec<kit::Header> {
    let bytes = |text: &str| text.chars().map(|char| char as u8).collect();
    headers.iter().map(|(name, value)| (bytes(name), bytes(value))).collect()
}

fn exchange(case: &Case) -> (Request, Upstream) {
    let request = Request {
        method: case.method.clone(),
        authority: case.authority.clone(),
        path: case.path.clone(),
        route: case.route.clone(),
        headers: texts(case.headers.lines()),
    };
    (request, Upstream { status: case.upstream.status, headers: texts(case.upstream.headers.lines()) })
}

#[test]
fn the_model_does_what_every_case_of_the_corpus_expects() {
    let mut groups = corpus::load();
    for case in groups.iter_mut().flat_map(|group| &mut group.cases) {
        // In the form in which answers are compared.
        if let Some(vary) = case.expect.headers.get_mut("vary") {
            let text: String = vary.bytes().into_iter().map(char::from).collect();
            *vary = Text::Plain(model::exchange::elements(&text).join(", "));
        }
    }
    corpus::check(&groups, |group, case| {
        let (request, upstream) = exchange(case);
        let answer = Model::load(&group.config).unwrap().answer(&request, &upstream).in_comparable_form();
        let seen = Seen::new(answer.status, &bytes(&answer.headers), answer.counted);
        Some(seen.answered(answer.details).kept(answer.kept))
    });
}
