//! A shared cache in front of the filter, as RFC 9111 lets one be: it stores whatever it may, keeps it for ever, and
//! answers from it whenever it may.

use crate::exchange::{Answer, Request, elements, joined};

/// Which of several stored responses that all match is taken. The RFC recommends the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    Newest,
    Oldest,
}

/// The cache.
pub struct Cache {
    preference: Preference,
    stored: Vec<Stored>,
}

struct Stored {
    /// The target URI (RFC 9111, section 2).
    target: (String, String),
    /// The headers that the response's `Vary` names, with the values of the request that it answered (section 4.1).
    nominated: Vec<(String, Option<String>)>,
    answer: Answer,
}

impl Cache {
    pub fn new(preference: Preference) -> Cache {
        Cache { preference, stored: Vec::new() }
    }

    /// The answer to a request: a stored one, or the origin server's.
    pub fn answer(&mut self, request: &Request, origin_server: impl FnOnce() -> Answer) -> (Answer, bool) {
        let is_match = |stored: &&Stored| {
            let has = |(name, value): &(String, Option<String>)| nominated(request, name) == *value;
            ["GET", "HEAD"].contains(&request.method.as_str())
                && stored.target == target(request)
                && stored.nominated.iter().all(has)
        };
        let found = match self.preference {
            Preference::Newest => self.stored.iter().rfind(is_match),
            Preference::Oldest => self.stored.iter().find(is_match),
        };
        if let Some(stored) = found {
            return (stored.answer.clone(), true);
        }
        let answer = origin_server();
        let names = elements(&answer.header("vary").unwrap_or_default());
        // A `Vary` with `*` never matches (section 4.1).
        if may_be_stored(request, &answer) && !names.contains(&String::from("*")) {
            let nominated = names.into_iter().map(|name| (name.clone(), nominated(request, &name))).collect();
            self.stored.push(Stored { target: target(request), nominated, answer: answer.clone() });
        }
        (answer, false)
    }
}

/// The method is not part of it: a stored answer to a GET also answers a HEAD.
fn target(request: &Request) -> (String, String) {
    (request.authority.clone(), request.path.clone())
}

fn nominated(request: &Request, name: &str) -> Option<String> {
    joined(&request.headers, name)
}

/// RFC 9111, section 3; without a lifetime of its own a response is given one (section 4.2.2).
fn may_be_stored(request: &Request, answer: &Answer) -> bool {
    let directives = elements(&answer.header("cache-control").unwrap_or_default().to_ascii_lowercase());
    let has = |directive: &str| directives.iter().any(|own| own == directive);
    request.method == "GET"
        && !["no-store", "private", "no-cache"].iter().any(|directive| has(directive))
        && (request.header("authorization").is_none() || has("public"))
}
