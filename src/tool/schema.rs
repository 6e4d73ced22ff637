//! `envoy-cors schema`: the JSON Schema of the document, made of the table of its keys.

use crate::output::{Failure, Format, Outcome, Result};
use document::keys::{self, Default, Item, Key, Kind};
use serde_json::{Map, Value, json};
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  envoy-cors schema > policy.schema.json

In a JSON document, an editor finds it by \"$schema\": \"./policy.schema.json\"; in a YAML document, the YAML language server
finds it by a first line such as
  # yaml-language-server: $schema=./policy.schema.json";

/// The arguments of `envoy-cors schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Output format (the schema is JSON in either)
    #[arg(long, value_enum, default_value_t)]
    #[allow(dead_code, reason = "both formats print the same")]
    format: Format,
}

/// Runs the command.
pub fn run(_arguments: &Arguments) -> Result {
    let mut out = anstream::stdout().lock();
    let written = out.write_all(text().as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| Failure(format!("the output cannot be written: {error}")))?;
    Ok(Outcome::Good)
}

/// The schema as it is printed and committed.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// The schema.
pub fn schema() -> Value {
    let document_keys = names(keys::DOCUMENT);
    let mut properties = properties(keys::DOCUMENT);
    for key in keys::POLICY {
        properties.insert(key.name.to_owned(), json!({"$ref": format!("#/$defs/policy/properties/{}", key.name)}));
    }
    let mut policy = object(keys::POLICY);
    extend(&mut policy, requirements(&[]));
    extend(
        &mut policy,
        json!({"title": "Policy", "description": "Which pages may read the responses to which requests."}),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "envoy-cors policy document",
        "description": "The configuration of envoy-cors: one policy, or an ordered list of policies.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "if": {"required": ["policies"]},
        "then": {"propertyNames": {"enum": document_keys}},
        "else": requirements(&document_keys),
        "examples": [
            {"allow_origins": ["https://app.example.com", "https://*.example.com"], "allow_methods": ["PUT"], "allow_credentials": true},
            {"policies": [
                {"name": "public", "match": {"paths": ["/public/**"]}, "allow_origins": ["*"]},
                {"name": "app", "allow_origins": ["https://app.example.com"], "allow_credentials": true},
            ]},
        ],
        "$defs": {"policy": policy},
    })
}

/// A policy has origins, unless it is not enabled: then it has a name and a match at most. `others` may be there always.
fn requirements(others: &[&str]) -> Value {
    let allowed = [&["name", "match", "enabled"], others].concat();
    json!({
        "if": {"properties": {"enabled": {"const": false}}, "required": ["enabled"]},
        "then": {"propertyNames": {"enum": allowed}},
        "else": {"required": ["allow_origins"]},
    })
}

fn names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

fn object(keys: &[Key]) -> Value {
    json!({"type": "object", "properties": properties(keys), "additionalProperties": false})
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    keys.iter().map(|key| (key.name.to_owned(), property(key))).collect()
}

fn property(key: &Key) -> Value {
    let mut property = match key.kind {
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Integer(minimum, maximum) => json!({"type": "integer", "minimum": minimum, "maximum": maximum}),
        Kind::Number(numbers) => json!({"enum": numbers}),
        Kind::Choice(choices) => json!({"enum": choices}),
        Kind::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
        Kind::Strings { at_least: 0, item } => json!({"type": "array", "items": self::item(item)}),
        Kind::Strings { at_least, item } => json!({"type": "array", "items": self::item(item), "minItems": at_least}),
        Kind::Object(keys) => object(keys),
        Kind::Policies => json!({"type": "array", "items": {"$ref": "#/$defs/policy"}, "minItems": 1}),
        Kind::Text => json!({"type": "string"}),
    };
    extend(&mut property, json!({"title": key.title, "description": key.description}));
    if let Default::Json(default) = key.default {
        extend(&mut property, json!({"default": parse(default)}));
    }
    if !key.examples.is_empty() {
        let examples: Vec<Value> = key.examples.iter().map(|example| parse(example)).collect();
        extend(&mut property, json!({"examples": examples}));
    }
    property
}

fn item(item: Item) -> Value {
    match item {
        Item::NotEmpty => json!({"type": "string", "minLength": 1}),
        Item::Except(pattern, except) => json!({"type": "string", "pattern": pattern, "not": {"pattern": except}}),
        Item::Choice(choices) => json!({"enum": choices}),
    }
}

/// A JSON text of the table; a test reads them all.
fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn extend(object: &mut Value, members: Value) {
    if let (Value::Object(object), Value::Object(members)) = (object, members) {
        object.extend(members);
    }
}
