//! Changes of a document, by JSON path.

use serde_json::Value;

/// A change of one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The path, such as `policies[1].allow_origins[2]`; one behind the end of a list adds to it.
    pub path: String,
    /// The value to write, `None` to remove what is there.
    pub value: Option<Value>,
    /// What it opens or closes, in words.
    pub opens: String,
}

/// What a change does to the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The value is new.
    Add,
    /// The value takes the place of another.
    Replace,
    /// The value goes.
    Remove,
}

impl Change {
    /// What the change does to a document.
    pub fn kind(&self, document: &Value) -> Kind {
        match (&self.value, at(document, &self.path)) {
            (None, _) => Kind::Remove,
            (Some(_), None) => Kind::Add,
            (Some(_), Some(_)) => Kind::Replace,
        }
    }

    /// Makes the change; `None` where the document has no such place.
    pub fn apply(&self, document: &mut Value) -> Option<()> {
        let steps = steps(&self.path);
        let (last, before) = steps.split_last()?;
        let mut parent = document;
        for step in before {
            parent = match step {
                Step::Key(key) => {
                    parent.as_object_mut()?.entry(*key).or_insert_with(|| Value::Object(Default::default()))
                }
                Step::Index(index) => parent.get_mut(*index)?,
            };
        }
        match (last, &self.value) {
            (Step::Key(key), Some(value)) => {
                parent.as_object_mut()?.insert((*key).to_owned(), value.clone());
            }
            (Step::Key(key), None) => {
                parent.as_object_mut()?.remove(*key)?;
            }
            (Step::Index(index), Some(value)) => {
                let list = parent.as_array_mut()?;
                match list.get_mut(*index) {
                    Some(place) => *place = value.clone(),
                    None => list.push(value.clone()),
                }
            }
            (Step::Index(index), None) => {
                let list = parent.as_array_mut()?;
                (*index < list.len()).then(|| list.remove(*index))?;
            }
        }
        Some(())
    }
}

/// The change that adds an item to a list, or the list with it.
pub fn append(document: &Value, list: &str, item: Value, opens: String) -> Change {
    let (path, value) = match at(document, list).and_then(Value::as_array) {
        Some(items) => (format!("{list}[{}]", items.len()), item),
        None => (list.to_owned(), Value::Array(vec![item])),
    };
    Change { path, value: Some(value), opens }
}

/// The value at a path.
pub fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path).into_iter().try_fold(document, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Index(index) => value.get(index),
    })
}

/// A step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// The steps of a path; keys of policies have neither dots nor brackets.
fn steps(path: &str) -> Vec<Step<'_>> {
    let parts = path.split(['.', '[']).filter(|part| !part.is_empty());
    parts
        .map(|part| match part.strip_suffix(']').and_then(|index| index.parse().ok()) {
            Some(index) => Step::Index(index),
            None => Step::Key(part),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(path: &str, value: Option<Value>) -> Change {
        Change { path: path.into(), value, opens: String::new() }
    }

    #[test]
    fn values_are_added_replaced_and_removed_by_path() {
        let mut document = json!({"policies": [{"allow_origins": ["a"], "enabled": false}]});
        let added = append(&document, "policies[0].allow_origins", json!("b"), String::new());
        assert_eq!((added.path.as_str(), added.kind(&document)), ("policies[0].allow_origins[1]", Kind::Add));
        added.apply(&mut document).unwrap();
        let list = append(&document, "policies[0].allow_methods", json!("PUT"), String::new());
        assert_eq!((list.path.as_str(), list.kind(&document)), ("policies[0].allow_methods", Kind::Add));
        list.apply(&mut document).unwrap();
        change("policies[0].enabled", None).apply(&mut document).unwrap();
        let replaced = change("policies[0].allow_origins[0]", Some(json!("c")));
        assert_eq!(replaced.kind(&document), Kind::Replace);
        replaced.apply(&mut document).unwrap();
        change("policies[0].match.hosts", Some(json!(["h"]))).apply(&mut document).unwrap();
        let expected = json!({"allow_origins": ["c", "b"], "allow_methods": ["PUT"], "match": {"hosts": ["h"]}});
        assert_eq!(document, json!({"policies": [expected]}));
    }

    #[test]
    fn a_place_that_is_not_there_cannot_be_changed() {
        let mut document = json!({"policies": []});
        assert_eq!(change("policies[0].name", Some(json!("a"))).apply(&mut document), None);
        assert_eq!(change("allow_origins", None).apply(&mut document), None);
    }
}
