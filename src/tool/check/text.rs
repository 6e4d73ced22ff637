//! Findings as text: an excerpt with the place marked, the reason, the remedy.

use super::{Finding, Report, Severity, first_line};
use crate::source::{Source, Span};
use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use std::io::{self, Write};

/// The longest line that is shown. Of a document without line breaks the path says more, and an excerpt of each finding
/// would take minutes.
const MAX_LINE_BYTES: usize = 4096;

/// Prints the reports; what could not be checked goes to `errors`.
pub fn print(reports: &[Report], out: &mut impl Write, errors: &mut impl Write) -> io::Result<()> {
    let (mut bad, mut doubtful) = (0, 0);
    for report in reports {
        for finding in &report.findings {
            match finding.severity {
                Severity::Error => bad += 1,
                Severity::Warning => doubtful += 1,
            }
            let text = render(finding, report.source.as_ref());
            match finding.is_fatal() {
                true => writeln!(errors, "{text}\n")?,
                false => writeln!(out, "{text}\n")?,
            }
        }
        for summary in &report.summaries {
            writeln!(out, "{summary}")?;
        }
    }
    let count = |number: usize, what| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    match (bad, doubtful) {
        (0, 0) => Ok(()),
        (0, doubtful) => writeln!(out, "{}", count(doubtful, "warning")),
        (bad, 0) => writeln!(out, "{}", count(bad, "error")),
        (bad, doubtful) => writeln!(out, "{}, {}", count(bad, "error"), count(doubtful, "warning")),
    }
}

fn render(finding: &Finding, source: Option<&Source>) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let group = level.primary_title(&finding.reason).id(finding.code);
    let line = source.map(|source| line_of(source, finding.span.start)).unwrap_or_default();
    let group = match source {
        Some(source) if (1..=MAX_LINE_BYTES).contains(&line.len()) && finding.code != "no_policy" => {
            group.element(excerpt(finding, source, &line))
        }
        Some(_) if !line.is_empty() && finding.code != "no_policy" => {
            let origin = Origin::path(&finding.file).line(finding.line).char_column(finding.column);
            let path = finding.path.as_ref().map(|path| Level::NOTE.message(format!("{path}: {}", finding.value)));
            group.element(origin).elements(path)
        }
        _ => group.element(Origin::path(&finding.file)),
    };
    Renderer::styled().render(&[group.element(Level::HELP.message(&finding.remedy))])
}

/// The line of the finding, marked.
fn excerpt<'a>(
    finding: &'a Finding,
    source: &'a Source,
    line: &Span,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let span = first_line(source, &finding.span);
    let mark = span.start - line.start..span.end - line.start;
    let annotation = AnnotationKind::Primary.span(mark).label(finding.path.as_deref());
    Snippet::source(source.slice(line)).line_start(finding.line).path(&finding.file).annotation(annotation)
}

/// The line that an offset is in, without its end.
fn line_of(source: &Source, offset: usize) -> Span {
    let (before, after) = source.text.split_at_checked(offset).unwrap_or((&source.text, ""));
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = before.len() + after.find('\n').unwrap_or(after.len());
    start..end
}
