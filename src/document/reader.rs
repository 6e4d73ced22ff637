//! Reads typed values out of an object of the document and gathers what is wrong with it.

use crate::json::Value;
use crate::keys::Name;
use crate::problem::Problem;
use crate::quote::quote;
use crate::reason::{Names, Numbers, Reason, Type};
use crate::remedy::meant_items;

/// An object of the document whose members are taken one by one.
pub(crate) struct Reader<'a> {
    path: String,
    /// The members whose keys are known, each once.
    members: Vec<(&'static str, Value)>,
    problems: &'a mut Vec<Problem>,
}

/// A string of the document, with its JSON path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where it is.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl<'a> Reader<'a> {
    /// Opens an object at `path` (empty for the document) whose keys are `known`; duplicate and unknown ones are problems.
    pub(crate) fn new(path: &str, members: Vec<(String, Value)>, known: Names, problems: &'a mut Vec<Problem>) -> Self {
        let mut reader = Reader { path: path.to_owned(), members: Vec::new(), problems };
        for (key, value) in members {
            let reason = match known.iter().copied().flatten().find(|name| **name == key) {
                None => Reason::UnknownKey(known),
                Some(name) if reader.has(name) => Reason::DuplicateKey,
                Some(name) => {
                    reader.members.push((name, value));
                    continue;
                }
            };
            let path = reader.path_of(quote(&key).trim_matches('"'));
            reader.push(Problem::new(path, Value::Text(key), reason));
        }
        reader
    }

    /// The JSON path of the object.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The JSON path of a member.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Whether a member has not been taken yet.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.members.iter().any(|(own, _)| *own == key)
    }

    /// Takes a member out, whatever it is.
    pub(crate) fn ignore(&mut self, key: Name) {
        self.members.retain(|(own, _)| *own != key.as_str());
    }

    /// Takes a member out; `None` where it is absent or `null`, which is a problem.
    fn take(&mut self, key: Name) -> Option<Value> {
        let at = self.members.iter().position(|(own, _)| *own == key.as_str())?;
        let (_, value) = self.members.remove(at);
        if matches!(value, Value::Null) {
            self.refuse(key, value, Reason::Null);
            return None;
        }
        Some(value)
    }

    /// Takes a boolean.
    pub(crate) fn bool(&mut self, key: Name) -> Option<bool> {
        match self.take(key)? {
            Value::Bool(value) => Some(value),
            value => self.refuse_type(key, value, Type::Boolean),
        }
    }

    /// Takes a string.
    pub(crate) fn text(&mut self, key: Name) -> Option<Text> {
        match self.take(key)? {
            Value::Text(text) => Some(Text { path: self.path_of(key.as_str()), text }),
            value => self.refuse_type(key, value, Type::Text),
        }
    }

    /// Takes a string that is one of `choices`, and returns its place among them.
    pub(crate) fn choice(&mut self, key: Name, choices: &'static [&'static str]) -> Option<usize> {
        let value = self.take(key)?;
        let Value::Text(text) = &value else { return self.refuse_type(key, value, Type::Choice(choices)) };
        let choice = choices.iter().position(|name| name == text);
        if choice.is_none() {
            self.refuse(key, value, Reason::UnknownChoice(choices));
        }
        choice
    }

    /// Takes a whole number that is one of `numbers`; an integral float is one.
    pub(crate) fn number(&mut self, key: Name, numbers: Numbers) -> Option<u32> {
        let value = self.take(key)?;
        let Value::Number(number) = value else { return self.refuse_type(key, value, Type::Number(numbers)) };
        if number.fract() != 0.0 {
            self.refuse(key, value, Reason::NotWhole(numbers));
            return None;
        }
        let is_u32 = (0.0..=f64::from(u32::MAX)).contains(&number);
        let whole = Some(number as u32).filter(|whole| is_u32 && numbers.contain(*whole));
        if whole.is_none() {
            self.refuse(key, value, Reason::OutOfRange(numbers));
        }
        whole
    }

    /// Takes an object, to be read in its turn; its keys are `known`.
    pub(crate) fn object(&mut self, key: Name, known: Names) -> Option<Reader<'_>> {
        match self.take(key)? {
            Value::Object(members) => Some(Reader::new(&self.path_of(key.as_str()), members, known, self.problems)),
            value => self.refuse_type(key, value, Type::Object),
        }
    }

    /// Takes a list of objects, and has each read. An empty list is refused for the reason `empty`.
    pub(crate) fn objects<T>(
        &mut self,
        key: Name,
        known: Names,
        empty: Reason,
        mut read: impl FnMut(Reader<'_>) -> T,
    ) -> Vec<T> {
        let mut values = Vec::new();
        for (path, item) in self.list(key, Type::Objects, Some(empty)) {
            match item {
                Value::Object(members) => values.push(read(Reader::new(&path, members, known, self.problems))),
                item => self.refuse_item(path, item, Type::Object),
            }
        }
        values
    }

    /// Takes a list of strings; the strings among its items. An empty list is refused if there is a reason `empty`.
    pub(crate) fn texts(&mut self, key: Name, empty: Option<Reason>) -> Option<Vec<Text>> {
        if !self.has(key.as_str()) {
            return None;
        }
        let items = self.list(key, Type::Texts, empty);
        let mut texts = Vec::with_capacity(items.len());
        for (path, item) in items {
            match item {
                Value::Text(text) => texts.push(Text { path, text }),
                item => self.refuse_item(path, item, Type::Text),
            }
        }
        Some(texts)
    }

    /// Takes a list; its items, each with its path.
    fn list(
        &mut self,
        key: Name,
        expected: Type,
        empty: Option<Reason>,
    ) -> impl ExactSizeIterator<Item = (String, Value)> + use<> {
        let path = self.path_of(key.as_str());
        let items = match self.take(key) {
            Some(Value::List(items)) if !items.is_empty() => items,
            Some(value @ Value::List(_)) => {
                if let Some(reason) = empty {
                    self.refuse(key, value, reason);
                }
                Vec::new()
            }
            Some(value) => {
                // Read as the remedy writes them, so that whoever follows it finds no further problems.
                let items = if expected == Type::Texts { meant_items(&value) } else { Vec::new() };
                self.refuse_type(key, value, expected).unwrap_or(items)
            }
            None => Vec::new(),
        };
        items.into_iter().enumerate().map(move |(at, item)| (format!("{path}[{at}]"), item))
    }

    /// Takes out what is left of `keys`, each a problem.
    pub(crate) fn refuse_rest(&mut self, keys: &[&str], reason: fn() -> Reason) {
        for (key, value) in std::mem::take(&mut self.members) {
            if keys.contains(&key) {
                let path = self.path_of(key);
                self.push(Problem::new(path, value, reason()));
            } else {
                self.members.push((key, value));
            }
        }
    }

    /// Notes a problem.
    pub(crate) fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn refuse(&mut self, key: Name, value: Value, reason: Reason) {
        let path = self.path_of(key.as_str());
        self.push(Problem::new(path, value, reason));
    }

    fn refuse_type<T>(&mut self, key: Name, value: Value, expected: Type) -> Option<T> {
        let found = value.kind();
        self.refuse(key, value, Reason::WrongType(expected, found));
        None
    }

    fn refuse_item(&mut self, path: String, item: Value, expected: Type) {
        let found = item.kind();
        self.push(Problem::new(path, item, Reason::WrongType(expected, found)));
    }
}
