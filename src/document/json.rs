//! A JSON document that remembers what serde's own types forget: the order of members, and duplicate keys.
//!
//! The whole document is read before any of it is judged, so that all its problems are reported at once.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; 7200 and 7200.0 are the same (Istio passes each through a double).
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object: its members in the order of the document.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// Parses a document; the error has line and column.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(document)
    }

    /// What kind of value this is, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }

    /// The value as a problem shows it: strings and numbers whole, lists and objects as `[…]` and `{…}`.
    pub(crate) fn quote(&self) -> String {
        match self {
            Value::Null => String::from("null"),
            Value::Bool(value) => value.to_string(),
            Value::Number(value) => quote_number(*value),
            Value::Text(text) => crate::quote::quote(text),
            Value::List(items) => String::from(if items.is_empty() { "[]" } else { "[…]" }),
            Value::Object(members) => String::from(if members.is_empty() { "{}" } else { "{…}" }),
        }
    }
}

/// A number with three decimals at most: the formatting of floats in full would be a tenth of the module.
fn quote_number(value: f64) -> String {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    if value.abs() > LARGEST_EXACT {
        return String::from("a number of 16 digits or more");
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let (whole, thousandths) = (value.abs().trunc() as u64, (value.abs().fract() * 1000.0) as u64);
    let decimals = format!("{thousandths:03}");
    match decimals.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{decimals}"),
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_duplicate_keys_are_kept() {
        let value = Value::parse(br#"{"b": 1, "a": [null, true, "x"], "b": 7200.0}"#).unwrap();
        let list = Value::List(vec![Value::Null, Value::Bool(true), Value::Text("x".into())]);
        let members = vec![("b".into(), Value::Number(1.0)), ("a".into(), list), ("b".into(), Value::Number(7200.0))];
        assert_eq!(value, Value::Object(members));
    }

    #[test]
    fn numbers_are_quoted_with_three_decimals() {
        let quoted = |text: &str| Value::parse(text.as_bytes()).unwrap().quote();
        assert_eq!(quoted("7200.0"), "7200");
        assert_eq!(quoted("-0.5"), "-0.5");
        assert_eq!(quoted("600.0625"), "600.062");
        assert_eq!(quoted("1e300"), "a number of 16 digits or more");
        assert!(Value::parse(b"1e999").is_err());
    }

    #[test]
    fn endless_nesting_is_an_error() {
        assert!(Value::parse("[".repeat(100_000).as_bytes()).is_err());
    }
}
