//! One thing that is wrong or doubtful.

use crate::source::{Source, Span, SyntaxError};
use document::quote;
use serde::Serialize;

/// One thing that is wrong or doubtful. Its JSON is documented in src/tool/README.md.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// The file as it was given.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// Whether the file is wrong or merely doubtful.
    pub severity: Severity,
    /// A stable name for this kind of finding.
    pub code: &'static str,
    /// The JSON path in the policy document; none for what is around it.
    pub path: Option<String>,
    /// The value, quoted as JSON would.
    pub value: String,
    /// Why it is a problem.
    pub reason: String,
    /// What to write instead.
    pub remedy: String,
    /// The place in the text.
    #[serde(skip)]
    pub span: Span,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The policy is refused, or must not be used as it is.
    Error,
    /// The policy works, but probably not as intended.
    Warning,
}

/// What a finding says, without its place.
#[derive(Debug, Clone)]
pub struct Message {
    /// A stable name.
    pub code: &'static str,
    /// The value, quoted as JSON would.
    pub value: String,
    /// Why it is a problem.
    pub reason: String,
    /// What to write instead.
    pub remedy: String,
}

impl Message {
    /// A finding at a place of a text; `path` is empty for what is around a document.
    pub fn at(self, source: &Source, severity: Severity, path: Option<String>, span: Span) -> Finding {
        let place = source.place(span.start);
        Finding {
            file: source.name.clone(),
            line: place.line,
            column: place.column,
            severity,
            code: self.code,
            path,
            value: self.value,
            reason: self.reason,
            remedy: self.remedy,
            span,
        }
    }
}

impl Finding {
    /// A file that cannot be read.
    pub fn unreadable(file: &str, reason: String) -> Self {
        let reason = reason.split_once(": ").map_or(reason.clone(), |(_, reason)| reason.to_owned());
        let remedy = String::from("give the path of a UTF-8 text, or - for standard input");
        let message = Message { code: "unreadable", value: quote(file), reason, remedy };
        message.at(&Source::new(file, ""), Severity::Error, None, 0..0)
    }

    /// A text that is not JSON or YAML.
    pub fn syntax(source: &Source, error: &SyntaxError) -> Self {
        let line = source.text.get(error.span.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let (reason, remedy) = (error.reason.clone(), error.remedy.clone());
        let message = Message { code: "syntax", value: quote(line), reason, remedy };
        message.at(source, Severity::Error, None, error.span.clone())
    }

    /// A text in which there is no policy.
    pub fn no_policy(source: &Source, foreign: &[String]) -> Self {
        let mut reason = String::from("there is no policy in this file");
        if !foreign.is_empty() {
            let names: Vec<String> = foreign.iter().map(|name| quote(name)).collect();
            reason += &format!(", only configurations of other filters: {}", names.join(", "));
        }
        let remedy = String::from(
            "write a policy document (JSON or YAML with allow_origins or policies), or give a file that holds one: \
             an Envoy configuration with the Wasm or dynamic module filter, an Istio WasmPlugin, TrafficExtension or \
             EnvoyFilter, or an Envoy Gateway EnvoyExtensionPolicy; the filter's name or image must contain envoy-cors \
             if its configuration does not make it clear",
        );
        let message = Message { code: "no_policy", value: String::from("missing"), reason, remedy };
        message.at(source, Severity::Error, None, 0..0)
    }

    /// Whether nothing could be checked.
    pub fn is_fatal(&self) -> bool {
        matches!(self.code, "unreadable" | "syntax" | "no_policy")
    }
}
