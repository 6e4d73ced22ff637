//! Small inputs, all of them: no generator can miss one.

use cors::origin::Origin;
use document::glob::{self, GlobError, Wildcards};
use globset::{Candidate, GlobBuilder};
use std::collections::HashMap;
use url::{Host, Url};

/// Whether the searches go further, which takes minutes.
fn is_long_run() -> bool {
    std::env::var_os("MODEL_EXHAUSTIVE").is_some()
}

/// Calls `visit` with every text of at most so many of these parts, and counts them.
fn every_text(parts: &[&str], most: usize, visit: &mut impl FnMut(&str)) -> usize {
    fn extend(text: &mut String, parts: &[&str], left: usize, visit: &mut impl FnMut(&str)) -> usize {
        visit(text);
        let mut count = 1;
        if left > 0 {
            for part in parts {
                let length = text.len();
                text.push_str(part);
                count += extend(text, parts, left - 1, visit);
                text.truncate(length);
            }
        }
        count
    }
    extend(&mut String::new(), parts, most, visit)
}

/// Whether the host is one that the filter means to parse: an address, or a name of labels that DNS can hold.
fn is_in_scope(host: &Host<&str>) -> bool {
    let Host::Domain(name) = host else { return true };
    let name = name.strip_suffix('.').unwrap_or(name);
    name.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
    })
}

/// What `Origin::parse` accepts is exactly what the URL standard, as the crate `url` has it, parses and serializes to
/// the same origin, as long as the host is in scope and the port is not 0, which no page can be loaded from. Both then
/// agree on host and port.
#[test]
fn every_short_text_behind_https_is_an_origin_exactly_if_the_url_standard_says_so() {
    let characters = ["a", "0", ".", ":", "/", "-", "_", "[", "]", "@", "?", "*", "x"];
    let mut origins = 0;
    let texts = every_text(&characters, if is_long_run() { 7 } else { 6 }, &mut |rest| {
        let text = format!("https://{rest}");
        let own = Origin::parse(text.as_bytes());
        let url = Url::parse(&text).ok().filter(|url| {
            url.host().is_some_and(|host| is_in_scope(&host))
                && url.port() != Some(0)
                && url.origin().ascii_serialization() == text
        });
        assert_eq!(own.is_some(), url.is_some(), "{text}");
        if let (Some(own), Some(url)) = (own, url) {
            origins += 1;
            assert_eq!(own.scheme(), b"https", "{text}");
            assert_eq!(own.host(), url.host_str().unwrap().as_bytes(), "{text}");
            assert_eq!(own.port(), url.port(), "{text}");
        }
    });
    println!("{origins} of {texts} texts are origins");
    assert!(origins > 1000);
}

#[test]
fn every_short_glob_matches_every_short_text_as_globset_says() {
    let mut tokens = vec!["a", "b", "/", "*", "?", "[", "]", "!", "{", ",", "}"];
    if is_long_run() {
        tokens.extend(["-", "\\"]);
    }
    let mut texts = Vec::new();
    every_text(&["a", "b", "/"], 5, &mut |text| texts.push(text.to_owned()));
    let candidates: Vec<Candidate> = texts.iter().map(Candidate::new).collect();
    // Globs with the same regular expression match the same texts: globset's part is done once for each.
    let mut known: HashMap<String, Vec<bool>> = HashMap::new();
    let mut matches = 0_usize;
    let globs = every_text(&tokens, 5, &mut |text| {
        for (wildcards, stays) in [(Wildcards::CrossSeparators, false), (Wildcards::StayInSegment, true)] {
            let oracle = GlobBuilder::new(text).literal_separator(stays).backslash_escape(true).build();
            match (glob::compile(text, wildcards), oracle) {
                (Ok(own), Ok(oracle)) => {
                    let expected = known.entry(oracle.regex().to_owned()).or_insert_with(|| {
                        let matcher = oracle.compile_matcher();
                        candidates.iter().map(|candidate| matcher.is_match_candidate(candidate)).collect()
                    });
                    for (text, expected) in texts.iter().zip(expected) {
                        assert_eq!(own.is_match(text.as_bytes()), *expected, "{:?} over {text:?}", oracle.glob());
                        matches += usize::from(*expected);
                    }
                }
                (Err(own), Err(oracle)) => assert_eq!(own, GlobError::Syntax(oracle.kind().clone()), "{text:?}"),
                (own, oracle) => panic!("{text:?}: {:?}, globset {:?}", own.is_ok(), oracle.is_ok()),
            }
        }
    });
    println!("{globs} globs, {} regular expressions, over {} texts: {matches} matches", known.len(), texts.len());
}
