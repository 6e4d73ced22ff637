//! The JSON Schema of the document: it is the committed one, and agrees with the filter about the shape of documents.
//!
//! A document is wrong in shape when it has a problem that is not the content of a string. Of content are
//!
//! - a non-empty string that is an item of `allow_origins`, `allow_headers`, `expose_headers`, `hosts`, `paths` or
//!   `route_names`: what an origin, a header name or a glob is, no schema can say;
//! - a name that another policy has, and too many combinations in a `match` or globs in `allow_origins`;
//! - keys that are there twice and texts that are not JSON: no schema gets to see these.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use document::keys;
use document::problem::Problem;
use serde_json::{Value, json};
use std::process::Command;
use tool::source::Source;
use tool::source::node::Node;

const CONTENT: [&str; 6] = ["allow_origins", "allow_headers", "expose_headers", "hosts", "paths", "route_names"];

fn read(path: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(kit::repository(path)).unwrap()).unwrap()
}

struct Validator {
    schemas: Schemas,
    schema: SchemaIndex,
}

impl Validator {
    fn is_valid(&self, document: &Value) -> bool {
        self.errors(document).is_none()
    }

    fn errors(&self, document: &Value) -> Option<String> {
        self.schemas.validate(document, self.schema).err().map(|error| error.to_string())
    }
}

/// Compiling a schema checks it against the schema of schemas.
fn validator() -> Validator {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.set_default_draft(Draft::V2020_12);
    compiler.add_resource("policy.schema.json", tool::schema::schema()).unwrap();
    let schema = compiler.compile("policy.schema.json", &mut schemas).unwrap();
    Validator { schemas, schema }
}

/// The value at a JSON path such as `policies[1].allow_origins[0]`.
fn value_at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    document.pointer(&format!("/{}", path.replace(['.', '['], "/").replace(']', "")))
}

fn is_of_content(problem: &Problem, document: &Value) -> bool {
    let text = value_at(document, &problem.path).and_then(Value::as_str);
    if let Some((list, _)) = problem.path.strip_suffix(']').and_then(|path| path.rsplit_once('[')) {
        let key = list.rsplit('.').next().unwrap();
        return CONTENT.contains(&key) && text.is_some_and(|text| !text.is_empty());
    }
    let names = || document["policies"].as_array().into_iter().flatten().map(|policy| policy.get("name"));
    let is_name_of_two = || {
        let own = text.unwrap_or("default");
        names().filter(|name| name.is_none_or(|name| name == own) && (name.is_some() || own == "default")).count() > 1
    };
    problem.path.ends_with("].name") && is_name_of_two()
        || matches!(problem.reason.code(), "too-many-pairs" | "too-many-globs")
}

/// Whether a key of an object is there twice.
fn has_double_keys(node: &Node) -> bool {
    let members = node.members();
    let is_double = |at: usize, key: &str| members[..at].iter().any(|(earlier, _)| earlier.text == key);
    members.iter().enumerate().any(|(at, (key, value))| is_double(at, &key.text) || has_double_keys(value))
        || node.items().iter().any(|item| has_double_keys(item))
}

#[test]
fn the_committed_schema_is_the_printed_one() {
    let committed = std::fs::read_to_string(kit::repository("envoy/policy.schema.json")).unwrap();
    for format in ["text", "json"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_envoy-cors"));
        let output = command.args(["schema", "--format", format]).output().unwrap();
        assert!(output.status.success());
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(printed == committed, "run: cargo run -p envoy-cors-tool -- schema > envoy/policy.schema.json");
    }
}

#[test]
fn the_schema_is_a_schema_whose_examples_and_defaults_are_valid() {
    let schema = tool::schema::schema();
    let validator = validator();
    for example in schema["examples"].as_array().unwrap() {
        assert!(validator.is_valid(example), "{example}");
    }
    let with = |key: &str, value: &Value| {
        let mut document = json!({"allow_origins": ["https://a.example"]});
        if key == "policies" {
            document = json!({});
        }
        document[key] = value.clone();
        if key == "enabled" && value == false {
            document = json!({"enabled": false});
        }
        document
    };
    for (key, property) in schema["$defs"]["policy"]["properties"]
        .as_object()
        .unwrap()
        .iter()
        .chain(schema["properties"].as_object().unwrap())
    {
        let values = property.get("default").into_iter().chain(property["examples"].as_array().into_iter().flatten());
        for value in values {
            let document = with(key, value);
            assert!(validator.is_valid(&document), "{document}");
            if key != "dangerously_allow" {
                let loaded = document::load(document.to_string().as_bytes());
                assert!(loaded.is_ok(), "{document}: {:?}", loaded.err());
            }
        }
    }
}

#[test]
fn every_configuration_of_the_corpus_is_accepted() {
    let validator = validator();
    let mut seen = 0;
    for file in std::fs::read_dir(kit::repository("tests/corpus")).unwrap() {
        let corpus = read(file.unwrap().path().to_str().unwrap());
        for config in configurations(&corpus) {
            seen += 1;
            let errors = validator.errors(config);
            assert!(errors.is_none(), "{config}: {errors:?}");
        }
    }
    assert!(seen > 50, "{seen}");
}

/// Each `config` of a file, at any depth.
fn configurations(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| if key == "config" { vec![value] } else { configurations(value) })
            .collect(),
        Value::Array(items) => items.iter().flat_map(configurations).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn of_refused_documents_those_wrong_in_shape_are_refused_and_no_others() {
    let validator = validator();
    let (mut wrong, mut right) = (0, 0);
    for case in read("tests/documents/refused.json")["refused"].as_array().unwrap() {
        let Some(text) = case["document"].as_str() else { continue };
        let Ok(document) = serde_json::from_str::<Value>(text) else { continue };
        if has_double_keys(&Source::new("a.json", text).parse().unwrap()[0]) {
            continue;
        }
        let problems = document::load(text.as_bytes()).unwrap_err();
        let is_wrong = problems.iter().any(|problem| !is_of_content(problem, &document));
        assert_eq!(!validator.is_valid(&document), is_wrong, "{text}: {problems:#?}");
        *(if is_wrong { &mut wrong } else { &mut right }) += 1;
    }
    assert!(wrong > 30 && right > 5, "{wrong} {right}");
}

#[test]
fn every_key_of_the_filter_is_in_the_schema_and_no_other() {
    let mut keys: Vec<&str> = keys::DOCUMENT.iter().chain(keys::POLICY).map(|key| key.name).collect();
    keys.sort_unstable();
    let schema = tool::schema::schema();
    let own: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(own, keys);
}
