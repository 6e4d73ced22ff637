//! What is wrong with a configuration: where, what, why, and what to write instead.

use crate::json::Value;
use crate::quote::quote;
use crate::reason::Reason;
use crate::remedy;
use std::fmt;

/// The path of a problem with the document as a whole.
pub const DOCUMENT: &str = "configuration";

/// One thing wrong with a configuration.
///
/// Its text is one line, `path: value: reason; remedy`:
/// `policies[1].allow_origins[0]: "https://a.example/": a path is not allowed in an origin; write "https://a.example"`.
#[derive(Debug, PartialEq)]
pub struct Problem {
    /// Where: a JSON path such as `policies[1].allow_origins[0]`, or [`DOCUMENT`].
    pub path: String,
    /// What is there.
    pub value: Given,
    /// Why it is refused.
    pub reason: Reason,
}

/// What a problem is about; its text is what is shown.
#[derive(Debug, PartialEq)]
pub enum Given {
    /// A value of the document.
    Value(Value),
    /// What can only be described: `missing`, `48 bytes of protobuf`.
    Described(String),
}

impl Problem {
    /// A problem with a value of the document.
    pub(crate) fn new(path: impl Into<String>, value: Value, reason: Reason) -> Self {
        Problem { path: path.into(), value: Given::Value(value), reason }
    }

    /// A problem with a string of the document.
    pub(crate) fn of_text(path: &str, text: &str, reason: Reason) -> Self {
        Problem::new(path, Value::Text(text.to_owned()), reason)
    }

    /// A problem with something that is not a value of the document.
    pub(crate) fn described(path: impl Into<String>, what: impl Into<String>, reason: Reason) -> Self {
        Problem { path: path.into(), value: Given::Described(what.into()), reason }
    }

    /// What to write instead.
    pub fn remedy(&self) -> String {
        let value = match &self.value {
            Given::Value(value) => value,
            Given::Described(_) => &Value::Null,
        };
        remedy::for_value(&self.reason, value)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}: {}: {}; {}", self.path, self.value, self.reason, self.remedy())
    }
}

impl fmt::Display for Given {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Given::Value(Value::Text(text)) => out.write_str(&quote(text)),
            Given::Value(value) => out.write_str(&value.quote()),
            Given::Described(what) => out.write_str(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spelling::Spelling;

    #[test]
    fn a_problem_is_one_line_with_path_value_reason_and_remedy() {
        let reason = Reason::Origin(Spelling::Path);
        assert_eq!(
            Problem::of_text("policies[1].allow_origins[0]", "https://a.example/", reason).to_string(),
            "policies[1].allow_origins[0]: \"https://a.example/\": a path is not allowed in an origin; write \"https://a.example\""
        );
    }
}
