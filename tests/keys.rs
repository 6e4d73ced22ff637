//! The table of keys, and what follows it: the README, the corpus, the defaults, the module.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use document::keys::{self, Default, Key};
use document::shape::{self, Document};
use document::switches::Switch;
use serde_json::{Value, json};

const TABLES: [&[Key]; 3] = [keys::POLICY, keys::DOCUMENT, keys::MATCH];

fn read(document: &Value) -> Document {
    let mut problems = Vec::new();
    let read = shape::parse(document.to_string().as_bytes(), &mut problems).unwrap();
    assert_eq!(problems, [], "{document}");
    read
}

/// The rows of a table of the README.
fn table(keys: &[Key]) -> String {
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in keys {
        let default = match key.default {
            Default::Json(json) => format!("`{json}`"),
            Default::None(words) => words.to_owned(),
        };
        table += &format!("| `{}` | {default} | {} |\n", key.name, key.description).replace("|  |", "| |");
    }
    table
}

/// `UPDATE_README=1` writes the tables, one after the other in the places of the old ones.
#[test]
fn the_readme_s_tables_of_keys_are_the_tables() {
    let path = kit::repository("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let wanted = TABLES.map(table);
    if std::env::var_os("UPDATE_README").is_some() {
        let head = "| key | default | meaning |\n";
        let mut parts = readme.split(head);
        let mut updated = parts.next().unwrap().to_owned();
        for (part, table) in parts.zip(&wanted) {
            let rows: usize = part.lines().take_while(|line| line.starts_with('|')).map(|line| line.len() + 1).sum();
            updated += &(table.clone() + part.get(rows..).unwrap_or_default());
        }
        std::fs::write(&path, updated).unwrap();
        return;
    }
    for table in wanted {
        assert!(readme.contains(&table), "the README lacks this table; UPDATE_README=1 writes it:\n{table}");
    }
}

#[test]
fn the_readme_says_what_each_switch_allows_and_why_that_is_refused() {
    let readme = std::fs::read_to_string(kit::repository("README.md")).unwrap();
    for switch in Switch::ALL {
        let row = format!("| {} | {} | `{}`", switch.allows(), switch.reason(), switch.name());
        assert!(readme.contains(&row), "the README lacks {row}");
    }
}

#[test]
fn every_key_has_a_case_in_the_corpus() {
    let corpus: Vec<String> = kit::corpus::load().iter().map(|group| group.config.to_string()).collect();
    for key in TABLES.concat() {
        let quoted = format!("\"{}\":", key.name);
        assert!(corpus.iter().any(|config| config.contains(&quoted)), "{} has no case in the corpus", key.name);
    }
}

#[test]
fn a_key_with_its_default_is_as_good_as_none() {
    for key in [keys::POLICY, keys::DOCUMENT].concat() {
        if let Default::Json(default) = key.default {
            let mut document = json!({ "allow_origins": ["https://a.example"] });
            let without = read(&document);
            document[key.name] = serde_json::from_str(default).unwrap();
            assert_eq!(read(&document), without, "{}", key.name);
        }
    }
}

#[test]
fn every_example_is_accepted() {
    for key in [keys::POLICY, keys::DOCUMENT].concat() {
        for example in key.examples {
            let mut document = json!({ "allow_origins": ["https://a.example"], "dangerously_allow": ["null_origin"] });
            if matches!(key.name, "enabled" | "policies") {
                document = json!({});
            }
            document[key.name] = serde_json::from_str(example).unwrap();
            assert!(document::load(document.to_string().as_bytes()).is_ok(), "{document}");
        }
    }
    for key in keys::MATCH {
        for example in key.examples {
            let example: Value = serde_json::from_str(example).unwrap();
            let document = json!({ "allow_origins": ["*"], "match": { key.name: example } });
            assert!(document::load(document.to_string().as_bytes()).is_ok(), "{document}");
        }
    }
}

#[test]
fn what_only_documentation_needs_is_not_in_the_module() {
    let module = std::fs::read(kit::module_path()).unwrap();
    let holds = |text: &str| module.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("decision_in_filter_state"));
    for key in TABLES.concat() {
        assert!(!holds(key.description), "the description of {}", key.name);
    }
    for code in ["empty-document", "insecure-origin-with-credentials", "has-user-name"] {
        assert!(!holds(code), "the code {code}");
    }
}
