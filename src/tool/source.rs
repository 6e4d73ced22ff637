//! Where policies are written: a text, the places in it, and the policy documents that it holds.
//!
//! ```
//! use tool::source::{Source, find};
//!
//! let source = Source::new("policy.json", "{\n  \"allow_origins\": [\"https://a.example\"]\n}");
//! let found = find::documents(&source).unwrap();
//! let document = &found.documents[0];
//! let span = document.places.value("allow_origins[0]");
//! assert_eq!(source.place(span.start).to_string(), "2:21");
//! ```

pub mod find;
mod json;
mod key;
pub mod node;
pub mod places;
mod protobuf;
mod scalar;
mod yaml;

use crate::output::Failure;
use node::Node;
use std::fmt;
use std::io::Read;
use std::ops::Range;

/// A part of a text, in bytes.
pub type Span = Range<usize>;

/// A line and a column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

/// Why a text cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where it went wrong.
    pub span: Span,
    /// What is wrong, such as `this is not valid YAML: …`.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

/// A text with its name.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it is called in messages: the path as given, `<stdin>` for standard input.
    pub name: String,
    /// The text, without a byte order mark.
    pub text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Reads a file, or standard input where the path is `-`.
    pub fn read(path: &str) -> Result<Self, Failure> {
        let mut bytes = Vec::new();
        let read = match path {
            "-" => std::io::stdin().lock().read_to_end(&mut bytes),
            _ => std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
        };
        let name = if path == "-" { "<stdin>" } else { path };
        read.map_err(|error| Failure(format!("{name}: cannot be read: {error}")))?;
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Source::new(name, &text)),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                Err(Failure(format!("{name}: not a UTF-8 text: byte {at} is not valid UTF-8; save the file as UTF-8")))
            }
        }
    }

    /// A text that is there already.
    pub fn new(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Source { name: name.to_owned(), line_starts: std::iter::once(0).chain(breaks).collect(), text }
    }

    /// The line and column of an offset.
    pub fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let column = self.text.get(start..offset).map_or(0, |text| text.chars().count()) + 1;
        Place { line, column }
    }

    /// The text of a span.
    pub fn slice(&self, span: &Span) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// Parses the whole text: JSON (comments are allowed), or YAML, of which there may be several documents.
    pub fn parse(&self) -> Result<Vec<Node>, SyntaxError> {
        let is_named = |endings: &[&str]| endings.iter().any(|ending| self.name.ends_with(ending));
        let is_json = is_named(&[".json", ".jsonc"])
            || !is_named(&[".yaml", ".yml"]) && self.text.trim_start().starts_with(['{', '[', '/']);
        match is_json {
            true => json::parse(&self.text).map(|node| node.into_iter().collect()),
            false => yaml::parse(&self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_1() {
        let source = Source::new("a", "\u{feff}ab\nüx\r\n\nz");
        let place = |offset| source.place(offset).to_string();
        assert_eq!(place(0), "1:1");
        assert_eq!(place(2), "1:3");
        assert_eq!(place(3), "2:1");
        assert_eq!(place(5), "2:2");
        assert_eq!(place(8), "3:1");
        assert_eq!(place(9), "4:1");
        assert_eq!(place(1000), "4:2");
    }
}
