//! `envoy-cors check`: what is wrong with the policies of files, and what is doubtful.

mod finding;
mod github;
mod policy;
mod problems;
mod text;
pub mod warnings;

pub use finding::{Finding, Severity};

use crate::output::{Failure, Outcome, Result};
use crate::source::find::{self, Document};
use crate::source::{Source, Span};
use clap::ValueEnum;
use std::io::{ErrorKind, Write};

const EXAMPLES: &str = "\
Examples:
  envoy-cors check policy.json
  envoy-cors check --deny-warnings envoy.yaml k8s/*.yaml
  kubectl get wasmplugins -A -o yaml | envoy-cors check -
  envoy-cors check --format github deploy/*.yaml    # annotations of a pull request

Exit codes: 0 no errors; 1 a policy is refused, or there are warnings and --deny-warnings is given;
2 a file cannot be read, or has no policy in it.";

/// The arguments of `envoy-cors check`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Exit with 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,
    /// Policy documents, Envoy configurations or Kubernetes manifests; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text with excerpts, coloured on a terminal
    #[default]
    Text,
    /// One JSON array, as src/tool/README.md documents it
    Json,
    /// Workflow commands of GitHub Actions, which become annotations
    Github,
}

/// What came out of a file.
#[derive(Debug, Default)]
pub struct Report {
    /// The file; `None` where it could not be read.
    pub source: Option<Source>,
    /// What is wrong or doubtful, in the order of the text.
    pub findings: Vec<Finding>,
    /// What is right: a line for each document without an error.
    pub summaries: Vec<String>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result {
    let reports: Vec<Report> = arguments.files.iter().map(|path| check_file(path)).collect();
    match print(arguments.format, &reports) {
        // A reader that has seen enough, such as `head`, is not an error.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            return Err(Failure(format!("the output cannot be written: {error}")));
        }
        _ => {}
    }
    let findings = || reports.iter().flat_map(|report| &report.findings);
    if findings().any(Finding::is_fatal) {
        // What it is has been printed.
        return Err(Failure(String::new()));
    }
    let is_bad = |finding: &Finding| finding.severity == Severity::Error || arguments.deny_warnings;
    Ok(if findings().any(is_bad) { Outcome::Bad } else { Outcome::Good })
}

fn print(format: Format, reports: &[Report]) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    match format {
        Format::Text => text::print(reports, &mut out, &mut anstream::stderr().lock())?,
        Format::Json => {
            let findings: Vec<&Finding> = reports.iter().flat_map(|report| &report.findings).collect();
            writeln!(out, "{}", serde_json::to_string_pretty(&findings)?)?;
        }
        Format::Github => github::print(reports, &mut out)?,
    }
    out.flush()
}

fn check_file(path: &str) -> Report {
    match Source::read(path) {
        Ok(source) => check(source),
        Err(Failure(reason)) => Report { findings: vec![Finding::unreadable(path, reason)], ..Report::default() },
    }
}

/// Checks all policies of a text.
pub fn check(source: Source) -> Report {
    let mut report = Report::default();
    match find::documents(&source) {
        Err(error) => {
            report.findings.push(Finding::syntax(&source, &error));
        }
        Ok(found) if found.documents.is_empty() => {
            report.findings.push(Finding::no_policy(&source, &found.foreign));
        }
        Ok(found) => {
            for document in &found.documents {
                check_document(&source, document, &mut report);
            }
        }
    }
    report.findings.sort_by_key(|finding| finding.span.start);
    report.source = Some(source);
    report
}

fn check_document(source: &Source, document: &Document, report: &mut Report) {
    let mut findings = Vec::new();
    let loaded = document::load(&document.bytes);
    if let Err(problems) = &loaded {
        findings.extend(problems.iter().map(|problem| problems::finding(source, document, problem)));
    }
    findings.extend(warnings::find(source, document));
    if let (Ok(configuration), false) = (loaded, findings.iter().any(|finding| finding.severity == Severity::Error)) {
        report.summaries.push(format!("{}{configuration}", heading(source, document)));
    }
    report.findings.extend(findings);
}

/// What a document is called in front of a summary: its line where it is within something else.
fn heading(source: &Source, document: &Document) -> String {
    let name = &source.name;
    match document.context.kind {
        find::Kind::Bare => format!("{name}: "),
        kind => {
            let line = source.place(document.context.span.start).line;
            let of = document.context.name.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
            format!("{name}:{line}: {kind}{of}: ")
        }
    }
}

/// A span cut to its first line, for a place that an excerpt shows.
fn first_line(source: &Source, span: &Span) -> Span {
    let line = source.slice(span).lines().next().unwrap_or_default();
    span.start..span.start + line.trim_end().len()
}
