//! A value of JSON or YAML with its place.

use super::Span;
use std::rc::Rc;

/// A value with its place in the text.
#[derive(Debug, Clone)]
pub struct Node {
    /// Where it is written. What an alias of YAML repeats has the place of its anchor.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Value {
    /// `null`, or nothing at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, written as JSON writes it.
    Number(String),
    /// A string.
    Text(String, Style),
    /// A list.
    List(Vec<Rc<Node>>),
    /// A mapping: its members in the order of the text, those with the same key included.
    Object(Vec<(Key, Rc<Node>)>),
}

/// A key of a mapping.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// How a string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Between double quotes, in JSON or YAML.
    DoubleQuoted,
    /// Between single quotes.
    SingleQuoted,
    /// Without quotes.
    Plain,
    /// A block: `|` or `>`.
    Block,
}

impl Node {
    /// The members of a mapping; none where this is something else.
    pub fn members(&self) -> &[(Key, Rc<Node>)] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; none where this is something else.
    pub fn items(&self) -> &[Rc<Node>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The member with this key, the last where there are several.
    pub fn get(&self, key: &str) -> Option<&Rc<Node>> {
        self.members().iter().rev().find(|(own, _)| own.text == key).map(|(_, node)| node)
    }

    /// The node that a path of keys leads to.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key).map(Rc::as_ref))
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// The value as JSON, its members in the order of the text.
    pub fn to_json(&self) -> String {
        let mut json = String::new();
        self.write_json(&mut json);
        json
    }

    fn write_json(&self, json: &mut String) {
        match &self.value {
            Value::Null => json.push_str("null"),
            Value::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => json.push_str(number),
            Value::Text(text, _) => write_text(text, json),
            Value::List(items) => {
                json.push('[');
                for (at, item) in items.iter().enumerate() {
                    json.push_str(if at == 0 { "" } else { "," });
                    item.write_json(json);
                }
                json.push(']');
            }
            Value::Object(members) => {
                json.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    json.push_str(if at == 0 { "" } else { "," });
                    write_text(&key.text, json);
                    json.push(':');
                    value.write_json(json);
                }
                json.push('}');
            }
        }
    }
}

fn write_text(text: &str, json: &mut String) {
    json.push_str(&serde_json::Value::from(text).to_string());
}
