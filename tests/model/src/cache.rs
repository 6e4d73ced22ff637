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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Header;

    fn headers(list: &[(&str, &str)]) -> Vec<Header> {
        list.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect()
    }

    fn request(method: &str, list: &[(&str, &str)]) -> Request {
        let [method, authority, path] = [method, "a.example", "/"].map(String::from);
        Request { method, authority, path, route: None, headers: headers(list) }
    }

    fn answer(list: &[(&str, &str)]) -> Answer {
        let headers = headers(list);
        Answer { forwarded: None, details: None, status: 200, headers, counted: Vec::new(), kept: None }
    }

    /// Whether the second of two requests is answered from the cache, if the first got this answer.
    fn is_hit(first: &Request, stored: &[(&str, &str)], second: &Request) -> bool {
        let mut cache = Cache::new(Preference::Newest);
        cache.answer(first, || answer(stored));
        cache.answer(second, || answer(&[])).1
    }

    #[test]
    fn a_stored_answer_is_taken_if_the_request_has_the_same_values_for_what_vary_names() {
        let origin = |value| request("GET", &[("Origin", value)]);
        for (vary, first, second, expected) in [
            ("", origin("a"), origin("b"), true),
            ("accept", origin("a"), origin("b"), true),
            ("ORIGIN", origin("a"), origin("b"), false),
            ("ORIGIN", origin("a"), origin("a"), true),
            ("accept, origin", origin("a"), request("GET", &[]), false),
            ("origin", request("GET", &[]), request("GET", &[]), true),
            ("origin", request("GET", &[]), request("HEAD", &[]), true),
            ("", request("GET", &[]), request("POST", &[]), false),
            ("", request("POST", &[]), request("GET", &[]), false),
            ("*", request("GET", &[]), request("GET", &[]), false),
        ] {
            assert_eq!(is_hit(&first, &[("vary", vary)], &second), expected, "{vary}: {first:?}, {second:?}");
        }
    }

    #[test]
    fn what_may_not_be_stored_is_not() {
        let get = request("GET", &[]);
        assert!(is_hit(&get, &[("cache-control", "max-age=1")], &get));
        assert!(!is_hit(&get, &[("cache-control", "max-age=1, No-Store")], &get));
        assert!(!is_hit(&get, &[("cache-control", "private")], &get));
        let authorized = request("GET", &[("authorization", "x")]);
        assert!(!is_hit(&authorized, &[], &authorized));
        assert!(is_hit(&authorized, &[("cache-control", "public")], &authorized));
    }

    #[test]
    fn of_several_stored_answers_the_preferred_one_is_taken() {
        for (preference, expected) in [(Preference::Newest, "2"), (Preference::Oldest, "1")] {
            let mut cache = Cache::new(preference);
            let first = request("GET", &[("x-a", "1")]);
            cache.answer(&first, || answer(&[("vary", "x-a"), ("x-number", "1")]));
            cache.answer(&request("GET", &[]), || answer(&[("x-number", "2")]));
            let (taken, _) = cache.answer(&first, || answer(&[]));
            assert_eq!(taken.header("x-number").as_deref(), Some(expected));
        }
    }
}
