//! Where each value of a policy document is written, by its JSON path.

use super::Span;
use super::node::{Node, Value};
use super::scalar::Offsets;
use document::quote;
use std::collections::HashMap;

/// The places of a document's values and keys, by JSON paths as problems have them: `policies[1].allow_origins[0]`.
#[derive(Debug, Clone, Default)]
pub struct Places {
    whole: Span,
    entries: HashMap<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Option<Span>,
    value: Span,
    /// What the value says, where it is a string.
    text: Option<String>,
    /// Whether that is what its key says.
    repeats_key: bool,
}

impl Places {
    /// The places of a document that is written at `whole`. `offsets` leads from the document's own text to the file's, where
    /// the one is a string of the other.
    pub(super) fn new(whole: Span, document: Option<&Node>, offsets: Option<&Offsets>) -> Self {
        let mut places = Places { whole, entries: HashMap::new() };
        if let Some(node) = document {
            places.add(node, "", offsets);
        }
        places
    }

    fn add(&mut self, node: &Node, path: &str, offsets: Option<&Offsets>) {
        let outer = |span: &Span| offsets.map_or_else(|| span.clone(), |offsets| offsets.span(span.clone()));
        match &node.value {
            Value::Object(members) => {
                for (key, value) in members {
                    let name = quote(&key.text);
                    let name = name.trim_matches('"');
                    let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                    let repeats_key = value.text() == Some(&key.text);
                    let entry = Entry {
                        key: Some(outer(&key.span)),
                        value: outer(&value.span),
                        text: value.text().map(str::to_owned),
                        repeats_key,
                    };
                    // Of members with the same key the last is what a reader has to look at.
                    self.entries.insert(path.clone(), entry);
                    self.add(value, &path, offsets);
                }
            }
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    let path = format!("{path}[{at}]");
                    let entry = Entry {
                        key: None,
                        value: outer(&item.span),
                        text: item.text().map(str::to_owned),
                        repeats_key: false,
                    };
                    self.entries.insert(path.clone(), entry);
                    self.add(item, &path, offsets);
                }
            }
            _ => {}
        }
    }

    /// The place of a value; of what is nearest around it, where the document does not have it.
    pub fn value(&self, path: &str) -> Span {
        let mut rest = path;
        loop {
            if let Some(entry) = self.entries.get(rest) {
                // Of what is missing in an object, the key shows the place better than all lines of the object.
                return match (&entry.key, rest == path) {
                    (Some(key), false) => key.clone(),
                    _ => entry.value.clone(),
                };
            }
            match rest.rfind(['.', '[']) {
                Some(at) => rest = rest.get(..at).unwrap_or_default(),
                None => return self.whole.clone(),
            }
        }
    }

    /// The place of a key; of the value, where it is an item of a list.
    pub fn key(&self, path: &str) -> Span {
        self.entries.get(path).and_then(|entry| entry.key.clone()).unwrap_or_else(|| self.value(path))
    }

    /// The place of a problem at `path` that quotes `value`: of the key, where it is the key that is quoted.
    pub fn problem(&self, path: &str, value: &str) -> Span {
        let key = path.rsplit('.').next().unwrap_or_default();
        let is_of_key = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(key);
        match self.entries.get(path) {
            Some(entry) if is_of_key && !entry.repeats_key => self.key(path),
            _ => self.value(path),
        }
    }

    /// The string at a path.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.entries.get(path)?.text.as_deref()
    }

    /// The place of the whole document.
    pub fn whole(&self) -> Span {
        self.whole.clone()
    }
}
