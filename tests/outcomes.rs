//! The table of outcomes, and what follows it: README and corpus.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use cors::outcome::{Kind, Outcome};

/// What the README's table says of the kinds.
fn of(kinds: &[Kind]) -> String {
    match kinds {
        [kind] => format!("`{}`", kind.name()),
        _ => String::from("both"),
    }
}

#[test]
fn the_readme_explains_each_outcome_and_no_other() {
    let readme = std::fs::read_to_string(kit::repository("README.md")).unwrap();
    let (_, table) = readme.split_once("| outcome | of | meaning |\n|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let mut explained: Vec<(String, String)> = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        explained.extend(cells[1].split(", ").map(|name| (name.to_owned(), cells[2].to_owned())));
    }
    let counted = Outcome::ALL.into_iter().filter(|outcome| !outcome.kinds().is_empty());
    let expected: Vec<_> = counted.map(|outcome| (format!("`{}`", outcome.name()), of(outcome.kinds()))).collect();
    for row in &expected {
        assert!(explained.contains(row), "the README does not explain {row:?}");
    }
    assert_eq!(explained.len(), expected.len(), "{explained:?}");
    // What is not counted appears in the debug header alone.
    for outcome in Outcome::ALL.into_iter().filter(|outcome| outcome.kinds().is_empty()) {
        assert!(readme.contains(&format!("`{}`", outcome.name())), "the README does not mention {}", outcome.name());
    }
}

#[test]
fn every_outcome_of_every_kind_has_a_case_in_the_corpus() {
    let groups = kit::corpus::load();
    let cases = groups.iter().flat_map(|group| &group.cases);
    let counted: Vec<String> = cases.filter_map(|case| case.expect.counted.clone()).collect();
    for outcome in Outcome::ALL {
        for kind in outcome.kinds() {
            let end = format!("/{}/{}", kind.name(), outcome.name());
            assert!(counted.iter().any(|name| name.ends_with(&end)), "no case of the corpus is counted as {end}");
        }
    }
}
