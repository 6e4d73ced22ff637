//! The policies of a document as the warnings look at them.

use crate::source::find::Document;
use cors::origin_rule::{OriginPattern, OriginRule};
use document::shape::{self, PolicyDocument};

/// A policy with its rules.
pub struct Policy {
    /// The policy as it is written.
    pub written: PolicyDocument,
    /// The rules that are right, with their JSON paths.
    pub rules: Vec<Rule>,
    /// The switches of `dangerously_allow`, with their JSON paths.
    pub switches: Vec<(String, String)>,
}

/// A rule of `allow_origins`.
pub struct Rule {
    /// The JSON path.
    pub path: String,
    /// The text.
    pub text: String,
    /// What it means.
    pub pattern: OriginRule,
}

impl Policy {
    /// The JSON path of a key.
    pub fn path_of(&self, key: &str) -> String {
        if self.written.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.written.path) }
    }

    /// The rules that have a scheme.
    pub fn origins(&self) -> impl Iterator<Item = (&Rule, &OriginPattern)> {
        self.rules.iter().filter_map(|rule| match &rule.pattern {
            OriginRule::Pattern(pattern) => Some((rule, pattern)),
            _ => None,
        })
    }
}

/// The policies of a document, as far as they can be read.
pub fn read(document: &Document) -> Vec<Policy> {
    // What is wrong with it is said elsewhere.
    let Some(read) = shape::parse(&document.bytes, &mut Vec::new()) else { return Vec::new() };
    read.policies.into_iter().map(|written| policy(written, document)).collect()
}

fn policy(written: PolicyDocument, document: &Document) -> Policy {
    let rules = written.allow_origins.iter().filter_map(|text| {
        let pattern = document::origin_rule::parse(&text.text).ok()?;
        Some(Rule { path: text.path.clone(), text: text.text.clone(), pattern })
    });
    let rules = rules.collect();
    let mut policy = Policy { written, rules, switches: Vec::new() };
    let list = policy.path_of("dangerously_allow");
    let mut switches = Vec::new();
    while let Some(text) = document.places.text(&format!("{list}[{}]", switches.len())) {
        switches.push((format!("{list}[{}]", switches.len()), text.to_owned()));
    }
    policy.switches = switches;
    policy
}
