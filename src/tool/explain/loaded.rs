//! The document that requests are explained under, with the places of its values.

use crate::output::Failure;
use crate::source::{Place, Source, find};
use cors::configuration::Configuration;
use document::problem::Problem;
use document::shape::{self, Document, PolicyDocument};

/// A document in force: what the filter has, and what is needed to say why it decided.
#[derive(Debug)]
pub struct Policies {
    /// What the filter has.
    pub configuration: Configuration,
    /// What is written.
    pub document: Document,
    /// The same as JSON.
    pub json: serde_json::Value,
}

impl Policies {
    /// Loads a document, or says all that is wrong with it.
    pub fn load(bytes: &[u8]) -> Result<Self, Vec<Problem>> {
        let configuration = document::load(bytes)?.configuration;
        let mut problems = Vec::new();
        let document = shape::parse(bytes, &mut problems).ok_or(problems)?;
        let json = serde_json::from_slice(bytes).unwrap_or_default();
        Ok(Policies { configuration, document, json })
    }

    /// A policy by its number.
    pub fn policy(&self, number: usize) -> Option<&PolicyDocument> {
        self.document.policies.get(number)
    }
}

/// A document with the text that it is written in.
#[derive(Debug)]
pub struct Loaded {
    source: Source,
    written: find::Document,
    /// The document in force.
    pub policies: Policies,
}

impl Loaded {
    /// The name of the file.
    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// Where a value is written, by its JSON path; of what is nearest around it, where the document does not have it.
    pub fn place(&self, path: &str) -> Place {
        self.source.place(self.written.places.value(path).start)
    }

    /// Loads a document from a text: a bare one, an Envoy configuration or a manifest. `number` says which, from 1, where
    /// the text has several.
    pub fn from_source(source: Source, number: Option<usize>) -> Result<Self, Failure> {
        let name = source.name.clone();
        let found = find::documents(&source).map_err(|error| {
            let place = source.place(error.span.start);
            Failure(format!("{name}:{place}: {}; {}", error.reason, error.remedy))
        })?;
        let written = choose(&source, found, number)?;
        match Policies::load(&written.bytes) {
            Ok(policies) => Ok(Loaded { source, written, policies }),
            Err(problems) => {
                let mut lines: Vec<String> = problems
                    .iter()
                    .map(|problem| {
                        let place =
                            source.place(written.places.problem(&problem.path, &problem.value.to_string()).start);
                        format!("{name}:{place}: {problem}")
                    })
                    .collect();
                lines.push(format!("The filter refuses this document; `envoy-cors check {name}` shows each place."));
                Err(Failure(lines.join("\n")))
            }
        }
    }
}

fn choose(source: &Source, found: find::Found, number: Option<usize>) -> Result<find::Document, Failure> {
    let name = &source.name;
    let count = found.documents.len();
    let list = |documents: &[find::Document]| {
        let line = |(at, document): (usize, &find::Document)| {
            let context = &document.context;
            let title = context.name.as_deref().unwrap_or("a document without a name");
            format!("  {}: {title}, line {}", at + 1, source.place(context.span.start).line)
        };
        documents.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    };
    if count == 0 {
        return Err(Failure(format!("{name}: no policy found; `envoy-cors check {name}` says what it looks for")));
    }
    match number {
        None if count > 1 => Err(Failure(format!(
            "{name}: there are {count} policy documents; choose one with --document NUMBER:\n{}",
            list(&found.documents)
        ))),
        Some(number) if number == 0 || number > count => {
            let documents = list(&found.documents);
            Err(Failure(format!("{name}: there is no document {number}; the file contains:\n{documents}")))
        }
        _ => {
            let at = number.unwrap_or(1).saturating_sub(1);
            found.documents.into_iter().nth(at).ok_or_else(|| Failure(format!("{name}: no policy found")))
        }
    }
}
