//! Seeds: what the fuzzer starts from. They are made of the corpus, the refused documents and the tool's tests whenever
//! they are needed, so that each new case there is a seed, too.

use crate::conversation::{Conversation, Exchange};
use crate::{files, header_map};
use kit::corpus::{self, Case, Group};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The longest seed, in bytes: what is longer is changed too rarely where it matters.
const MAX_BYTES: usize = 8 << 10;

/// How many cases of a group a conversation has: they share the load of the document.
const CASES_IN_A_CONVERSATION: usize = 8;

/// The seeds of all targets, by target; those in files included.
#[derive(Default)]
pub struct Seeds(BTreeMap<&'static str, BTreeMap<Vec<u8>, String>>);

impl Seeds {
    /// All of them.
    pub fn all() -> Self {
        let mut seeds = Seeds::default();
        for group in corpus::load() {
            seeds.add_group(&group);
        }
        seeds.add_refused_documents();
        for folder in ["tests/tool/convert", "envoy", "envoy/examples", "envoy/istio", "envoy/gateway"] {
            seeds.add_manifests(&kit::repository(folder));
        }
        for (target, _) in crate::TARGETS {
            for (name, bytes) in files::of(target) {
                seeds.0.entry(target).or_default().insert(bytes, name);
            }
        }
        seeds
    }

    /// The seeds of a target, each with what it comes from.
    pub fn of(&self, target: &str) -> impl Iterator<Item = (&[u8], &str)> {
        self.0.get(target).into_iter().flatten().map(|(bytes, name)| (bytes.as_slice(), name.as_str()))
    }

    fn add(&mut self, target: &'static str, name: &str, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        if bytes.len() <= MAX_BYTES {
            self.0.entry(target).or_default().entry(bytes).or_insert_with(|| name.to_owned());
        }
    }

    fn add_group(&mut self, group: &Group) {
        let name = group.name.as_str();
        let document = group.config.to_string();
        self.add("document", name, document.as_bytes());
        self.add("source", name, format!("{:#}", group.config));
        self.add_texts(name, &group.config);
        let exchanges: Vec<Exchange> = group.cases.iter().map(exchange).collect();
        for exchanges in exchanges.chunks(CASES_IN_A_CONVERSATION) {
            for target in ["decision", "module"] {
                self.add(target, name, Conversation::write(&document, exchanges));
            }
        }
        for (case, exchange) in group.cases.iter().zip(&exchanges) {
            self.add_case(&format!("{name}: {}", case.name), case, exchange);
        }
    }

    fn add_case(&mut self, name: &str, case: &Case, exchange: &Exchange) {
        self.add("header_map", name, header_map::write(&exchange.request));
        let mut command = format!("curl 'https://{}{}' -X {}", case.authority, case.path, case.method);
        let mut head = String::from("HTTP/1.1 200 OK\r\n");
        for (header, value) in exchange.request.iter().filter(|(name, _)| !name.starts_with(b":")) {
            command += &format!(" \\\n  -H $'{}: {}'", header.escape_ascii(), value.escape_ascii());
            if header == b"origin" {
                self.add("origin", name, value.as_slice());
            }
        }
        for (header, value) in &exchange.upstream {
            head += &format!("{}: {}\r\n", header.escape_ascii(), value.escape_ascii());
            if header == b"vary" {
                (1..8).for_each(|choice| self.add("vary", name, [&[choice], value.as_slice()].concat()));
            }
        }
        for (header, value) in &case.expect.headers {
            head += &format!("{header}: {}\r\n", value.bytes().escape_ascii());
        }
        self.add("curl", name, command);
        self.add("response_heads", name, head.as_bytes());
        self.add("response_heads", name, format!("HTTP/1.1 204 No Content\r\naccess-control-max-age: 1\r\n\r\n{head}"));
    }

    /// The texts of a document: origins, and globs over hosts and paths.
    fn add_texts(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) => {
                self.add("origin", name, text.as_bytes());
                let glob = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
                let some = glob.replace(['*', '?'], "a");
                self.add("glob", name, format!("{glob}\n{some}\n{}\n/a/b", glob.replace('*', "a/b")));
                let regex = text.replace('.', r"\.").replace('*', "[a-z0-9-]+");
                self.add("regex", name, format!("{regex}\n{}\n{text}", text.replace('*', "a")));
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_texts(name, item)),
            Value::Object(members) => members.values().for_each(|member| self.add_texts(name, member)),
            _ => {}
        }
    }

    fn add_refused_documents(&mut self) {
        let path = kit::repository("tests/documents/refused.json");
        let file: Value = serde_json::from_slice(&std::fs::read(path).expect("refused documents")).expect("JSON");
        for case in file["refused"].as_array().expect("a list") {
            if let Some(document) = case["document"].as_str() {
                self.add("document", "refused", document);
                self.add("source", "refused", document);
            }
        }
    }

    fn add_manifests(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("a file").path();
            let name = path.display().to_string();
            if [".yaml", ".json"].iter().any(|ending| name.ends_with(ending)) {
                // One by one: a text with many objects is longer than a seed may be.
                let text = std::fs::read_to_string(&path).expect("a text");
                for part in text.split("\n---\n") {
                    self.add("source", &name, part);
                    self.add("convert", &name, part);
                }
                for line in text.lines().filter_map(|line| line.trim().split_once("regex: ")) {
                    let expression = line.1.trim_matches(['\'', '"']);
                    self.add("regex", &name, format!("{expression}\nhttps://app.example.com\nhttps://a.b.example.com"));
                }
            }
        }
    }
}

fn exchange(case: &Case) -> Exchange {
    Exchange { request: case.request(), route: case.route.clone(), upstream: case.response() }
}
