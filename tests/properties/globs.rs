//! Globs: our automaton and globset's own matcher.

use crate::cases;
use globset::GlobBuilder;
use kit::glob_oracle::agree;
use proptest::prelude::*;

/// A glob of the characters that mean something, over a small alphabet so that texts have a chance to match.
fn a_glob() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[ab./]{1,3}",
        2 => Just(String::from("*")),
        1 => Just(String::from("**")),
        1 => Just(String::from("/**/")),
        1 => Just(String::from("?")),
        1 => "\\[[!^]?[a-b]\\]",
        1 => "\\[[!^]?a-b\\]",
        1 => "\\{[ab*?.]{0,3},[ab*/]{0,3}\\}",
        1 => "\\{a,\\{b,\\*\\}\\}",
        1 => "\\\\[ab*?]",
        1 => "[\\[\\]{}!,^\\\\ü-]",
    ];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn a_text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![8 => prop::sample::select(b"ab./".to_vec()), 1 => any::<u8>()], 0..10)
}

proptest! {
    #![proptest_config(cases(4000))]

    #[test]
    fn globs_and_globset_agree(glob in a_glob(), texts in prop::collection::vec(a_text(), 1..8)) {
        agree(&glob, texts.iter().map(Vec::as_slice));
    }
}

/// The automaton is made of the regular expressions that globset writes. Their form is not part of globset's API: it is
/// pinned exactly, and this is what a new version has to be compared with. Where a text differs, see that
/// `document::glob` still reads it, then change the table.
#[test]
fn globset_writes_regular_expressions_in_the_form_that_the_compiler_reads() {
    for (glob, over_hosts, over_paths) in [
        ("", "", ""),
        ("a-b_c.d", r"a\-b_c\.d", r"a\-b_c\.d"),
        ("?", ".", "[^/]"),
        ("*", ".*", "[^/]*"),
        ("*.example.com", r".*\.example\.com", r"[^/]*\.example\.com"),
        ("**", ".*", ".*"),
        ("a**b", "a.*.*b", "a[^/]*[^/]*b"),
        ("**/a", "(?:/?|.*/)a", "(?:/?|.*/)a"),
        ("/a/**", "/a/.*", "/a/.*"),
        ("/a/**/b", "/a(?:/|/.*/)b", "/a(?:/|/.*/)b"),
        ("[ab]", "[ab]", "[ab]"),
        ("[a-z0-9]", "[a-z0-9]", "[a-z0-9]"),
        ("[!x]", "[^x]", "[^x]"),
        ("[^a-c-]", r"[^a-c\-]", r"[^a-c\-]"),
        ("[]*?[]", r"[\]\*\?\[]", r"[\]\*\?\[]"),
        ("{a,b*}c", "(?:a|b.*)c", "(?:a|b[^/]*)c"),
        ("{a,{b,?}}", "(?:a|(?:b|.))", "(?:a|(?:b|[^/]))"),
        ("{,a}", "(?:a)", "(?:a)"),
        ("{}", "", ""),
        (r"\*\?\[\{\\", r"\*\?\[\{\\", r"\*\?\[\{\\"),
        ("!,#&~|$^+()", r"!,\#\&\~\|\$\^\+\(\)", r"!,\#\&\~\|\$\^\+\(\)"),
        ("ü", r"\xc3\xbc", r"\xc3\xbc"),
    ] {
        for (literal_separator, expected) in [(false, over_hosts), (true, over_paths)] {
            let built = GlobBuilder::new(glob).literal_separator(literal_separator).backslash_escape(true).build();
            assert_eq!(built.unwrap().regex(), format!("(?-u)^{expected}$"), "{glob}");
        }
    }
}
