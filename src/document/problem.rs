//! What is wrong with a configuration: where, what, why, and what to write instead.

use std::fmt;

/// How much of a wrong value is quoted, in characters.
const MAX_QUOTED_CHARS: usize = 120;

/// What is wrong with a value, told without knowing where the value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Why the value is refused.
    pub reason: String,
    /// What to write instead.
    pub remedy: String,
}

impl Fault {
    /// A fault of a reason and a remedy.
    pub fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Fault { reason: reason.into(), remedy: remedy.into() }
    }

    /// The problem of a string at `path`.
    pub fn of_text(self, path: &str, text: &str) -> Problem {
        self.at(path, quote(text))
    }

    /// The problem of a value at `path`; `value` is shown as it is.
    pub fn at(self, path: &str, value: impl Into<String>) -> Problem {
        Problem { path: path.to_owned(), value: value.into(), reason: self.reason, remedy: self.remedy }
    }
}

/// One thing wrong with a configuration.
///
/// Its text is one line: `policies[1].allow_origins[0]: "https://a.example/": an origin has no path; write
/// "https://a.example"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON path such as `policies[1].allow_origins[0]`, or `configuration` for the document itself.
    pub path: String,
    /// The value, quoted as JSON would.
    pub value: String,
    /// Why it is refused.
    pub reason: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}: {}: {}; {}", self.path, self.value, self.reason, self.remedy)
    }
}

/// A string between quotes, cut where it is long, and without anything that could break a line of a log.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for (count, char) in text.chars().enumerate() {
        if count == MAX_QUOTED_CHARS {
            return quoted + "…\"";
        }
        match char {
            '\'' => quoted.push(char),
            _ => quoted.extend(char.escape_debug()),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_one_line_with_path_value_reason_and_remedy() {
        let fault = Fault::new("an origin has no path", "write \"https://a.example\"");
        assert_eq!(
            fault.of_text("policies[1].allow_origins[0]", "https://a.example/").to_string(),
            "policies[1].allow_origins[0]: \"https://a.example/\": an origin has no path; write \"https://a.example\""
        );
    }

    #[test]
    fn a_quoted_value_cannot_break_the_log() {
        assert_eq!(quote("a\r\nb\"\u{7f}\u{202e}it's"), r#""a\r\nb\"\u{7f}\u{202e}it's""#);
        assert_eq!(quote(&"ü".repeat(200)), format!("\"{}…\"", "ü".repeat(120)));
    }
}
