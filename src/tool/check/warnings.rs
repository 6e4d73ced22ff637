//! What the filter accepts, and what is doubtful all the same. Each family has a file; each warning has a stable code.

mod coverage;
mod dangers;
mod hidden;
mod manifests;
mod origins;
mod preflights;
mod scripts;

use super::finding::{Finding, Message, Severity};
use super::policy::{self, Policy};
use crate::source::find::Document;
use crate::source::{Source, Span};
use document::quote;

/// Gathers the warnings of one document.
struct Warnings<'a> {
    source: &'a Source,
    document: &'a Document,
    findings: Vec<Finding>,
}

impl Warnings<'_> {
    /// A warning about a value of the document.
    fn value(
        &mut self,
        code: &'static str,
        path: &str,
        value: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(Severity::Warning, code, path, value, reason, remedy);
    }

    fn push(
        &mut self,
        severity: Severity,
        code: &'static str,
        path: &str,
        value: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let message = Message { code, value: value.to_owned(), reason: reason.into(), remedy: remedy.into() };
        let span = self.document.places.value(path);
        self.findings.push(message.at(self.source, severity, Some(path.to_owned()), span));
    }

    /// A warning about what is around the document.
    fn around(
        &mut self,
        code: &'static str,
        span: &Span,
        value: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let message = Message { code, value: quote(value), reason: reason.into(), remedy: remedy.into() };
        self.findings.push(message.at(self.source, Severity::Warning, None, span.clone()));
    }
}

/// All warnings of a document.
pub fn find(source: &Source, document: &Document) -> Vec<Finding> {
    let mut warnings = Warnings { source, document, findings: Vec::new() };
    let policies = policy::read(document);
    for policy in policies.iter().filter(|policy| policy.written.enabled) {
        origins::find(policy, &mut warnings);
        scripts::find(policy, &mut warnings);
        coverage::find(policy, &mut warnings);
        preflights::find(policy, &mut warnings);
        dangers::find(policy, &mut warnings);
    }
    hidden::find(&policies, &mut warnings);
    manifests::find(&document.context, &mut warnings);
    warnings.findings
}

/// The codes that a text draws, in the order of the text: what the tests of the families look at.
#[cfg(test)]
fn codes(text: &str) -> Vec<(&'static str, String)> {
    let report = super::check(Source::new("<stdin>", text));
    let findings = report.findings.into_iter().filter(|finding| finding.severity == Severity::Warning);
    findings.map(|finding| (finding.code, finding.path.unwrap_or(finding.value))).collect()
}

/// The paths for which a text draws this code.
#[cfg(test)]
fn paths_of(code: &str, text: &str) -> Vec<String> {
    codes(text).into_iter().filter(|(own, _)| *own == code).map(|(_, path)| path).collect()
}
