//! Values of the input with their places, read leniently: names in snake case and camel case, numbers as text.

use super::note::Place;
use crate::source::Source;
use crate::source::node::{Node, Value};

/// A value of the input.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a> {
    source: &'a Source,
    node: &'a Node,
}

impl<'a> Tree<'a> {
    /// A value of a text.
    pub fn new(source: &'a Source, node: &'a Node) -> Self {
        Tree { source, node }
    }

    /// The member with this key; of a key with underscores, the form in camel case is known as well.
    pub fn get(&self, key: &str) -> Option<Tree<'a>> {
        let node = self.node.get(key).or_else(|| self.node.get(&camel_case(key)))?;
        (!matches!(node.value, Value::Null)).then_some(Tree { node, ..*self })
    }

    /// What a path of keys leads to.
    pub fn at(&self, keys: &[&str]) -> Option<Tree<'a>> {
        keys.iter().try_fold(*self, |tree, key| tree.get(key))
    }

    /// The text of a member, empty where there is none.
    pub fn text_of(&self, key: &str) -> String {
        self.get(key).and_then(|tree| tree.text()).unwrap_or_default()
    }

    /// The members of a mapping.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, Tree<'a>)> + use<'a> {
        let source = self.source;
        self.node.members().iter().map(move |(key, node)| (key.text.as_str(), Tree { source, node }))
    }

    /// The items of a list.
    pub fn items(&self) -> impl Iterator<Item = Tree<'a>> + use<'a> {
        let source = self.source;
        self.node.items().iter().map(move |node| Tree { source, node })
    }

    /// The items of a member.
    pub fn items_of(&self, key: &str) -> Vec<Tree<'a>> {
        self.items_at(&[key])
    }

    /// The items of the list that a path of keys leads to.
    pub fn items_at(&self, keys: &[&str]) -> Vec<Tree<'a>> {
        self.at(keys).map(|tree| tree.items().collect()).unwrap_or_default()
    }

    /// The texts of a list.
    pub fn texts_of(&self, key: &str) -> Vec<String> {
        self.items_of(key).iter().filter_map(Tree::text).collect()
    }

    /// A string, number or boolean as text.
    pub fn text(&self) -> Option<String> {
        match &self.node.value {
            Value::Text(text, _) => Some(text.clone()),
            Value::Number(number) => Some(number.clone()),
            Value::Bool(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// A boolean, which may be in quotes.
    pub fn flag(&self) -> Option<bool> {
        match self.text()?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A number.
    pub fn number(&self) -> Option<u64> {
        self.text()?.trim().parse().ok()
    }

    /// The value as JSON, to compare it.
    pub fn to_json(&self) -> String {
        self.node.to_json()
    }

    /// Whether this is a mapping or a list without anything in it.
    pub fn is_empty(&self) -> bool {
        match &self.node.value {
            Value::Object(members) => members.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Text(text, _) => text.is_empty(),
            _ => false,
        }
    }

    /// Where it is written.
    pub fn place(&self) -> Place {
        Place { file: self.source.name.clone(), line: self.source.place(self.node.span.start).line }
    }
}

fn camel_case(key: &str) -> String {
    let mut parts = key.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let mut chars = part.chars();
        text + &chars.next().map(|char| char.to_ascii_uppercase().to_string()).unwrap_or_default() + chars.as_str()
    })
}
