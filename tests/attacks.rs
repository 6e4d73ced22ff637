//! The table of known attacks (`attacks.json`): each names the cases and tests that show how the filter resists it.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use serde_json::Value;
use std::collections::BTreeSet;

fn read(path: &str) -> String {
    std::fs::read_to_string(kit::repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn attacks() -> Vec<Value> {
    json("tests/attacks.json")["attacks"].as_array().unwrap().clone()
}

/// The text that a member holds, which must not be empty.
fn text<'a>(attack: &'a Value, key: &str) -> &'a str {
    attack[key].as_str().filter(|text| !text.is_empty()).unwrap_or_else(|| panic!("{attack} has no {key}"))
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().map(|item| item.as_str().unwrap())
}

/// `<group>: <case>` of every case of a file of the corpus.
fn cases(path: &str) -> BTreeSet<String> {
    let file = json(path);
    let groups = file["groups"].as_array().unwrap().iter();
    let names = groups.flat_map(|group| {
        let cases = group["cases"].as_array().unwrap().iter();
        cases.map(|case| format!("{}: {}", group["name"].as_str().unwrap(), case["name"].as_str().unwrap()))
    });
    names.collect()
}

/// Whether a file has a case, problem, scenario or test of that name.
fn has(path: &str, name: &str) -> bool {
    if !kit::repository(path).is_file() {
        false
    } else if path.starts_with("tests/corpus/") {
        cases(path).contains(name)
    } else if path.starts_with("tests/documents/") {
        let refused = json(path);
        let mut documents = refused["refused"].as_array().unwrap().iter();
        documents.any(|document| strings(&document["problems"]).any(|problem| problem.starts_with(name)))
    } else if path.starts_with("tests/browser/scenarios/") {
        read(path).contains(&format!("{{\"id\": \"{name}\","))
    } else {
        let text = read(path);
        let start = format!("fn {name}(");
        let mut lines = text.lines().zip(text.lines().skip(1));
        lines.any(|(above, line)| above.trim() == "#[test]" && line.trim().starts_with(&start))
    }
}

#[test]
fn each_known_attack_names_cases_and_tests_that_exist() {
    let mut missing = Vec::new();
    for attack in attacks() {
        let class = text(&attack, "class");
        let shown_by: Vec<&str> = strings(&attack["shown_by"]).collect();
        assert!(!shown_by.is_empty(), "{class} is shown by nothing");
        for shown in shown_by {
            let (path, name) = shown.split_once(": ").unwrap_or_else(|| panic!("{class}: no name: {shown}"));
            if !has(path, name) {
                missing.push(format!("{class}: {shown}"));
            }
        }
    }
    assert!(missing.is_empty(), "these do not exist:\n{}", missing.join("\n"));
}

#[test]
fn the_classes_are_in_order_without_gaps_and_each_says_what_it_is_and_where_it_was_seen() {
    let (mut letter, mut number) = ('A', 0);
    for attack in attacks() {
        let class = text(&attack, "class");
        number += 1;
        if !class.starts_with(letter) {
            (letter, number) = (char::from_u32(u32::from(letter) + 1).unwrap(), 1);
        }
        assert_eq!(class, format!("{letter}{number}"));
        text(&attack, "attack");
        text(&attack, "seen_in");
    }
    assert_eq!(letter, 'E');
}
