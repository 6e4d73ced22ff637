//! The document: what a user may write, with the types of its values, before anything is judged.

use crate::json::Value;
use crate::keys::{self, DOCUMENT_NAMES, MATCH_NAMES, POLICY_NAMES};
use crate::problem::{DOCUMENT, Problem};
use crate::reader::{Reader, Text};
use crate::reason::{Numbers, Reason, Type};
use crate::switches::{Switch, Switches};
use crate::syntax;
use cors::options::{Options, Preflight, RefusedPreflight};

/// A document as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The policies, in order.
    pub policies: Vec<PolicyDocument>,
    /// `debug_header`
    pub debug_header: bool,
    /// `decision_in_filter_state`
    pub decision_in_filter_state: bool,
}

/// One policy as it is written; the names of the fields are the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The JSON path of the policy, empty where the document is the policy.
    pub path: String,
    /// `name`, where it is missing the default
    pub name: Text,
    /// `match`
    pub matches: MatchDocument,
    /// `enabled`
    pub enabled: bool,
    /// `allow_origins`
    pub allow_origins: Vec<Text>,
    /// `allow_methods`
    pub allow_methods: Vec<Text>,
    /// `allow_headers`
    pub allow_headers: Vec<Text>,
    /// `expose_headers`
    pub expose_headers: Vec<Text>,
    /// `allow_credentials`
    pub allow_credentials: bool,
    /// `max_age`
    pub max_age: Option<u32>,
    /// The rest but for `dangerously_allow`.
    pub options: Options,
    /// `dangerously_allow`
    pub dangerously_allow: Switches,
}

/// `match` as it is written. A list that is missing holds for every request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatchDocument {
    /// `hosts`
    pub hosts: Option<Vec<Text>>,
    /// `paths`
    pub paths: Option<Vec<Text>>,
    /// `route_names`
    pub route_names: Option<Vec<Text>>,
}

/// Reads the document; what is wrong with its shape goes to `problems`, and `None` says that there is nothing to judge.
pub fn parse(document: &[u8], problems: &mut Vec<Problem>) -> Option<Document> {
    if document.trim_ascii().is_empty() {
        problems.push(Problem::described(DOCUMENT, "empty", Reason::EmptyDocument));
        return None;
    }
    match Value::parse(document) {
        Ok(Value::Object(members)) => {
            let reader = Reader::new("", members, &[POLICY_NAMES, DOCUMENT_NAMES], problems);
            return Some(read_document(reader));
        }
        Ok(value) => {
            let found = value.kind();
            problems.push(Problem::new(DOCUMENT, value, Reason::WrongType(Type::Object, found)));
        }
        Err(error) => problems.push(syntax::problem(document, &error)),
    }
    None
}

fn read_document(mut reader: Reader) -> Document {
    reader.ignore(keys::SCHEMA);
    let mut document = Document {
        debug_header: reader.bool(keys::DEBUG_HEADER).unwrap_or_default(),
        decision_in_filter_state: reader.bool(keys::DECISION_IN_FILTER_STATE).unwrap_or_default(),
        policies: Vec::new(),
    };
    if reader.has(keys::POLICIES.as_str()) {
        document.policies = reader.objects(keys::POLICIES, &[POLICY_NAMES], Reason::NoPolicies, read_policy);
        reader.refuse_rest(POLICY_NAMES, || Reason::BothShapes);
    } else {
        document.policies.push(read_policy(reader));
    }
    document
}

fn read_policy(mut reader: Reader) -> PolicyDocument {
    let name = read_name(&mut reader);
    let matches = read_match(&mut reader);
    let enabled = reader.bool(keys::ENABLED).unwrap_or(true);
    if !enabled {
        reader.refuse_rest(POLICY_NAMES, || Reason::KeyOfDisabledPolicy);
    }
    PolicyDocument {
        path: reader.path().to_owned(),
        name,
        matches,
        enabled,
        allow_origins: if enabled { read_origins(&mut reader) } else { Vec::new() },
        allow_methods: reader.texts(keys::ALLOW_METHODS, None).unwrap_or_default(),
        allow_headers: reader.texts(keys::ALLOW_HEADERS, None).unwrap_or_default(),
        expose_headers: reader.texts(keys::EXPOSE_HEADERS, None).unwrap_or_default(),
        allow_credentials: reader.bool(keys::ALLOW_CREDENTIALS).unwrap_or_default(),
        max_age: reader.number(keys::MAX_AGE, Numbers::MaxAge),
        options: read_options(&mut reader),
        dangerously_allow: read_switches(&mut reader),
    }
}

fn read_name(reader: &mut Reader) -> Text {
    let Some(name) = reader.text(keys::NAME) else {
        return Text { path: reader.path_of(keys::NAME.as_str()), text: keys::DEFAULT_NAME.to_owned() };
    };
    let is_name_byte = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    let reason = if name.text == "-" {
        Some(Reason::ReservedName)
    } else if !(1..=32).contains(&name.text.len()) || !name.text.bytes().all(is_name_byte) {
        Some(Reason::InvalidName)
    } else {
        None
    };
    if let Some(reason) = reason {
        reader.push(Problem::of_text(&name.path, &name.text, reason));
    }
    name
}

fn read_match(reader: &mut Reader) -> MatchDocument {
    let Some(mut reader) = reader.object(keys::MATCH_RULE, &[MATCH_NAMES]) else { return MatchDocument::default() };
    let mut read = |key| reader.texts(key, Some(Reason::EmptyMatch));
    MatchDocument { hosts: read(keys::HOSTS), paths: read(keys::PATHS), route_names: read(keys::ROUTE_NAMES) }
}

fn read_origins(reader: &mut Reader) -> Vec<Text> {
    if let Some(texts) = reader.texts(keys::ALLOW_ORIGINS, Some(Reason::EmptyOrigins)) {
        return texts;
    }
    let path = reader.path_of(keys::ALLOW_ORIGINS.as_str());
    reader.push(Problem::described(path, "missing", Reason::MissingOrigins));
    Vec::new()
}

fn read_options(reader: &mut Reader) -> Options {
    let default = Options::default();
    let mut choice = |key, names| reader.choice(key, names).unwrap_or_default();
    let preflight = match choice(keys::PREFLIGHT, keys::PREFLIGHTS) {
        0 => Preflight::Answer,
        _ => Preflight::Forward,
    };
    let refused_preflight = match choice(keys::REFUSED_PREFLIGHT, keys::REFUSED_PREFLIGHTS) {
        0 => RefusedPreflight::Answer,
        1 => RefusedPreflight::Forbid,
        _ => RefusedPreflight::Forward,
    };
    Options {
        preflight,
        refused_preflight,
        forbid_refused_request: choice(keys::REFUSED_REQUEST, keys::REFUSED_REQUESTS) == 1,
        keep_upstream_cors_headers: choice(keys::KEEP_UPSTREAM, keys::UPSTREAM_CORS_HEADERS) == 1,
        preflight_status: reader
            .number(keys::PREFLIGHT_STATUS, Numbers::PreflightStatus)
            .unwrap_or(default.preflight_status),
        report_only: reader.bool(keys::REPORT_ONLY).unwrap_or(default.report_only),
        allow_private_network: reader.bool(keys::ALLOW_PRIVATE_NETWORK).unwrap_or(default.allow_private_network),
        timing_allow_origin: reader.bool(keys::TIMING_ALLOW_ORIGIN).unwrap_or(default.timing_allow_origin),
    }
}

fn read_switches(reader: &mut Reader) -> Switches {
    let mut switches = Switches::default();
    for text in reader.texts(keys::DANGEROUSLY_ALLOW, None).unwrap_or_default() {
        match Switch::ALL.iter().find(|switch| switch.name() == text.text) {
            Some(switch) => switches.insert(*switch),
            None => reader.push(Problem::of_text(&text.path, &text.text, Reason::UnknownSwitch)),
        }
    }
    switches
}
