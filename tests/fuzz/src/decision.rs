//! The decision: any requests and responses under a document, and what Fetch and the policy demand of the result.

use crate::conversation::Conversation;
use crate::vary::names_of;
use cors::allow_origins::Verdict;
use cors::configuration::Configuration;
use cors::names::{
    ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, ALLOW_PRIVATE_NETWORK, CORS_HEADERS, EXPOSE_HEADERS,
    MAX_AGE,
};
use cors::origin::Origin;
use cors::policy::Policy;
use kit::corpus::is_watched;
use kit::fake_host::FakeHost;
use kit::{Header, joined};

/// Judges a conversation; one whose document is refused says nothing.
pub fn check(input: &[u8]) {
    let conversation = Conversation::parse(input);
    let Ok(loaded) = document::load(conversation.document) else { return };
    let configuration = counted(loaded.configuration);
    for exchange in conversation.exchanges {
        judge(&configuration, &exchange.request, exchange.route.as_deref(), &exchange.upstream);
    }
}

/// A configuration with all its counters.
pub fn counted(mut configuration: Configuration) -> Configuration {
    let mut next = 0;
    configuration.define_counters(|_| {
        next += 1;
        Some(next)
    });
    configuration
}

/// Passes a request through the filter, once with a response without CORS headers, once with upstream's.
pub fn judge(configuration: &Configuration, request: &[Header], route: Option<&str>, upstream: &[Header]) {
    let run = |upstream: &[Header]| {
        let host = FakeHost { request: request.to_vec(), route_name: route.map(str::to_owned), ..FakeHost::default() };
        host.run(configuration, upstream.to_vec())
    };
    let clean = run(&[]);
    judge_own(configuration, request, &clean.response);
    let hostile = run(upstream);
    assert_eq!(hostile.reply, clean.reply, "upstream has no say in what is answered");
    assert_eq!(hostile.counted, clean.counted, "upstream has no say in what is decided");
    let leaves_upstream = |policy: &Policy| policy.options.report_only || policy.options.keep_upstream_cors_headers;
    let is_decided = !clean.counted.is_empty();
    if is_decided && !configuration.policies.list().iter().any(leaves_upstream) {
        judge_hostile(request, &clean.response, &hostile.response);
    }
}

/// What holds for CORS headers that are all the filter's.
fn judge_own(configuration: &Configuration, request: &[Header], response: &[Header]) {
    for (name, value) in response {
        let lines = response.iter().filter(|(other, _)| other == name).count();
        assert_eq!(lines, 1, "one line of {}", name.escape_ascii());
        let is_value = |byte: &u8| matches!(byte, b' ' | b'\t' | 0x21..=0x7e);
        assert!(!value.is_empty() && value.iter().all(is_value), "a valid value: {}", value.escape_ascii());
    }
    let header = |name: &str| joined(response, name.as_bytes());
    let asked = joined(request, b"origin");
    let allowed = header(ALLOW_ORIGIN);
    let has_credentials = match header(ALLOW_CREDENTIALS) {
        None => false,
        Some(value) => {
            assert_eq!(value, b"true", "credentials are allowed as Fetch writes it");
            assert!(allowed.as_ref().is_some_and(|origin| origin != b"*"), "no credentials for `*`, nor for nobody");
            true
        }
    };
    match &allowed {
        None => {
            for name in [ALLOW_METHODS, ALLOW_HEADERS, EXPOSE_HEADERS, MAX_AGE, ALLOW_PRIVATE_NETWORK] {
                assert_eq!(header(name), None, "no {name} without an allowed origin");
            }
        }
        Some(origin) if origin == b"*" => {}
        Some(origin) => {
            assert_eq!(Some(origin), asked.as_ref(), "the origin is the one that asked");
            assert!(origin == b"null" || Origin::parse(origin).is_some(), "an origin that browsers send");
            let lists_it = |policy: &Policy| policy.allow_origins.judge(origin) == Verdict::Allowed;
            assert!(configuration.policies.list().iter().any(lists_it), "a policy lists the origin");
            let vary = names_of(&header("vary").unwrap_or_default());
            assert!(vary.iter().any(|name| name == b"origin" || name == b"*"), "a cache keeps origins apart");
        }
    }
    if has_credentials {
        for name in [ALLOW_METHODS, ALLOW_HEADERS, EXPOSE_HEADERS] {
            let names = names_of(&header(name).unwrap_or_default());
            assert!(!names.iter().any(|name| name == b"*"), "{name}: with credentials, `*` is a name");
        }
    }
    let is_age = |age: &Vec<u8>| age.iter().all(u8::is_ascii_digit);
    assert!(header(MAX_AGE).as_ref().is_none_or(is_age), "an age is a number");
    assert!(header(ALLOW_PRIVATE_NETWORK).is_none_or(|value| value == b"true"), "private network access is true");
}

/// No header of upstream's makes a browser accept more, or hides from a cache what an answer depends on.
fn judge_hostile(request: &[Header], clean: &[Header], hostile: &[Header]) {
    let first = |name: &[u8]| request.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice());
    let is_preflight = first(b":method") == Some(b"OPTIONS") && first(b"access-control-request-method").is_some();
    let read: &[&str] = match is_preflight {
        true => &CORS_HEADERS,
        // Browsers look at the others in the answer to a preflight only.
        false => &[ALLOW_ORIGIN, ALLOW_CREDENTIALS, EXPOSE_HEADERS],
    };
    let private_network = is_preflight.then_some(ALLOW_PRIVATE_NETWORK);
    for name in read.iter().copied().chain(private_network) {
        assert!(is_watched(name.as_bytes()));
        let [clean, hostile] = [clean, hostile].map(|response| joined(response, name.as_bytes()));
        assert_eq!(clean, hostile, "upstream has no say in {name}");
    }
    let [clean, hostile] = [clean, hostile].map(|response| names_of(&joined(response, b"vary").unwrap_or_default()));
    let covers = |name: &Vec<u8>| hostile.iter().any(|own| own == name || own == b"*");
    assert!(clean.iter().all(covers), "Vary is whole");
}
