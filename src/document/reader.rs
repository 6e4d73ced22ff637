//! Reads typed values out of an object of the document and gathers what is wrong with it.

use crate::json::Value;
use crate::problem::{Fault, Problem, quote};

/// How many items a remedy writes out.
const MAX_SHOWN_ITEMS: usize = 8;

/// An object of the document whose members are taken one by one.
pub struct Reader<'a> {
    path: String,
    members: Vec<(String, Value)>,
    known: &'static [&'static str],
    problems: &'a mut Vec<Problem>,
}

/// A string of a list, with its JSON path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where it stands.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl<'a> Reader<'a> {
    /// Opens an object at `path` (empty for the document) whose keys are `known`; doubled and unknown keys are problems.
    pub fn new(
        path: &str,
        members: Vec<(String, Value)>,
        known: &'static [&'static str],
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        let mut reader = Reader { path: path.to_owned(), members, known, problems };
        reader.refuse_unknown_keys();
        reader.refuse_doubled_keys();
        reader
    }

    /// The JSON path of a member.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Takes a member out; `None` where it is absent or `null`, which is a problem.
    fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.members.iter().position(|(own, _)| own == key)?;
        let (_, value) = self.members.remove(at);
        if value == Value::Null {
            self.refuse(key, &value, Fault::new("null stands for nothing", "write a value or remove the key"));
            return None;
        }
        Some(value)
    }

    /// Takes a boolean.
    pub fn bool(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Bool(value) => Some(value),
            value => {
                let remedy = match &value {
                    Value::Text(text) if text == "true" || text == "false" => format!("write {text} without quotes"),
                    _ => String::from("write true or false"),
                };
                self.refuse(key, &value, Fault::new(format!("a boolean is wanted, not {}", value.kind()), remedy));
                None
            }
        }
    }

    /// Takes a string.
    pub fn text(&mut self, key: &str) -> Option<Text> {
        match self.take(key)? {
            Value::Text(text) => Some(Text { path: self.path_of(key), text }),
            value => {
                let fault = Fault::new(format!("a string is wanted, not {}", value.kind()), "write a string");
                self.refuse(key, &value, fault);
                None
            }
        }
    }

    /// Takes a string that is one of `choices`.
    pub fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        if let Some((_, choice)) = choices.iter().find(|(name, _)| *name == text.text) {
            return Some(*choice);
        }
        let names: Vec<String> = choices.iter().map(|(name, _)| quote(name)).collect();
        let fault = Fault::new("there is no such choice", format!("write {}", names.join(" or ")));
        self.push(fault.of_text(&text.path, &text.text));
        None
    }

    /// Takes an object, to be read in its turn; its keys are `known`.
    pub fn object(&mut self, key: &str, known: &'static [&'static str]) -> Option<Reader<'_>> {
        match self.take(key)? {
            Value::Object(members) => {
                let path = self.path_of(key);
                Some(Reader::new(&path, members, known, self.problems))
            }
            value => {
                let fault = Fault::new(format!("an object is wanted, not {}", value.kind()), "write {…}");
                self.refuse(key, &value, fault);
                None
            }
        }
    }

    /// Takes a list of objects, and has each read.
    pub fn objects<T>(
        &mut self,
        key: &str,
        known: &'static [&'static str],
        mut read: impl FnMut(Reader<'_>) -> T,
    ) -> Option<Vec<T>> {
        let items = self.list(key, "objects", |_| String::from("write [{…}, {…}]"))?;
        let path = self.path_of(key);
        let mut values = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{at}]");
            match item {
                Value::Object(members) => values.push(read(Reader::new(&path, members, known, self.problems))),
                item => {
                    let fault = Fault::new(format!("an object is wanted, not {}", item.kind()), "write {…}");
                    self.push(fault.at(&path, item.quote()));
                }
            }
        }
        Some(values)
    }

    /// Takes a list, of `what` as problems say it.
    fn list(&mut self, key: &str, what: &str, remedy: impl FnOnce(&Value) -> String) -> Option<Vec<Value>> {
        match self.take(key)? {
            Value::List(items) => Some(items),
            value => {
                let reason = format!("a list of {what} is wanted, not {}", value.kind());
                self.refuse(key, &value, Fault::new(reason, remedy(&value)));
                None
            }
        }
    }

    /// The path of the object itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Takes out what is left of `keys`, each a problem.
    pub fn refuse_rest(&mut self, keys: &[&str], reason: &str, remedy: &str) {
        let (refused, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.members).into_iter().partition(|(key, _)| keys.contains(&key.as_str()));
        self.members = rest;
        for (key, value) in refused {
            self.refuse(&key, &value, Fault::new(reason, remedy));
        }
    }

    /// Takes a whole number that `accepts` holds for; an integral float is one. `bounds` says why another is refused.
    pub fn integer(&mut self, key: &str, accepts: impl Fn(u32) -> bool, bounds: Fault) -> Option<u32> {
        let value = self.take(key)?;
        let fault = match &value {
            Value::Number(number) if number.fract() != 0.0 => Fault::new("a whole number is wanted", bounds.remedy),
            Value::Number(number) => {
                let in_range = (0.0..=f64::from(u32::MAX)).contains(number);
                match Some(*number as u32).filter(|number| in_range && accepts(*number)) {
                    Some(number) => return Some(number),
                    None => bounds,
                }
            }
            Value::Text(text) if text.parse().is_ok_and(accepts) => {
                Fault::new("a number is wanted, not a string", format!("write {text} without quotes"))
            }
            _ => Fault::new(format!("a number is wanted, not {}", value.kind()), bounds.remedy),
        };
        self.refuse(key, &value, fault);
        None
    }

    /// Takes a list of strings; the strings among its items, each with its path.
    pub fn texts(&mut self, key: &str) -> Option<Vec<Text>> {
        let items = self.list(key, "strings", list_remedy)?;
        let path = self.path_of(key);
        let mut texts = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let path = format!("{path}[{at}]");
            match item {
                Value::Text(text) => texts.push(Text { path, text }),
                item => {
                    let remedy = match &item {
                        Value::Number(_) | Value::Bool(_) => format!("write \"{}\"", item.quote()),
                        _ => String::from("write a string"),
                    };
                    let fault = Fault::new(format!("a string is wanted, not {}", item.kind()), remedy);
                    self.push(fault.at(&path, item.quote()));
                }
            }
        }
        Some(texts)
    }

    /// Whether a member is there still.
    pub fn has(&self, key: &str) -> bool {
        self.members.iter().any(|(own, _)| own == key)
    }

    /// Whether a problem was noted in the list `key`.
    pub fn has_problem_in(&self, key: &str) -> bool {
        let start = self.path_of(key) + "[";
        self.problems.iter().any(|problem| problem.path.starts_with(&start))
    }

    /// Notes a problem with a member.
    pub fn refuse(&mut self, key: &str, value: &Value, fault: Fault) {
        self.refuse_shown(key, &value.quote(), fault);
    }

    /// Notes a problem with a member, whose value is shown as `shown`.
    pub fn refuse_shown(&mut self, key: &str, shown: &str, fault: Fault) {
        let path = self.path_of(key);
        self.push(fault.at(&path, shown));
    }

    /// Notes a problem.
    pub fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn refuse_unknown_keys(&mut self) {
        let known = self.known;
        let unknown: Vec<String> =
            self.members.iter().map(|(key, _)| key).filter(|key| !known.contains(&key.as_str())).cloned().collect();
        for key in unknown {
            let remedy = match known.iter().find(|name| is_near(name, &key)) {
                Some(name) => format!("write {}", quote(name)),
                None => format!("the keys are {}", known.join(", ")),
            };
            let path = self.path_of(quote(&key).trim_matches('"'));
            self.push(Fault::new("there is no such key", remedy).of_text(&path, &key));
        }
    }

    fn refuse_doubled_keys(&mut self) {
        let mut seen: Vec<&str> = Vec::new();
        let mut doubled: Vec<String> = Vec::new();
        for (key, _) in &self.members {
            if seen.contains(&key.as_str()) {
                doubled.push(key.clone());
            } else if self.known.contains(&key.as_str()) {
                seen.push(key);
            }
        }
        for key in doubled {
            let path = self.path_of(&key);
            self.push(Fault::new("the key stands twice", "remove one of them").of_text(&path, &key));
        }
    }
}

/// What to write for a list that was given as something else.
fn list_remedy(value: &Value) -> String {
    match value {
        Value::Text(text) if !text.is_empty() => {
            let mut items: Vec<String> = text.split(',').take(MAX_SHOWN_ITEMS).map(|item| quote(item.trim())).collect();
            if text.split(',').nth(MAX_SHOWN_ITEMS).is_some() {
                items.push(String::from("…"));
            }
            format!("write [{}]", items.join(", "))
        }
        Value::Number(_) | Value::Bool(_) => format!("write [\"{}\"]", value.quote()),
        _ => String::from("write [\"…\", \"…\"]"),
    }
}

/// Whether a key is a known name in another style (`allowOrigins`, `Allow-Origins`) or with a slip or two.
fn is_near(name: &str, key: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-', ' '], "");
    let (name, key) = (plain(name), plain(key));
    key.len() <= 2 * name.len() && distance(&name, &key) <= if name.len() < 6 { 1 } else { 2 }
}

/// How many letters must be put in, taken out or replaced to turn `a` into `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (at, from) in a.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        let mut next = vec![left];
        for (to, above) in b.chars().zip(row.iter().skip(1)) {
            left = (left + 1).min(above + 1).min(diagonal + usize::from(from != to));
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_keys_are_found() {
        for key in ["allowOrigins", "Allow-Origins", "allow_origin", "alow_origins", "allow_orgins"] {
            assert!(is_near("allow_origins", key), "{key}");
        }
        assert!(!is_near("allow_origins", "origins"));
        assert!(!is_near("name", "match"));
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
