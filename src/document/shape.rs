//! The document: what a user may write, with the types of its values, before anything is judged.

use crate::json::Value;
use crate::problem::{Fault, Problem};
use crate::reader::{Reader, Text};
use cors::options::{Options, Preflight, RefusedPreflight};

/// The path of a problem that is the document's own.
pub const DOCUMENT: &str = "configuration";

/// The name of a policy that has none.
const DEFAULT_NAME: &str = "default";

/// The longest time that a browser may be told to keep a preflight's answer, in seconds: a day, Firefox's own limit.
const MAX_MAX_AGE: u32 = 86_400;

/// The keys of a policy, and of a document that is one policy.
const POLICY_KEYS: [&str; 18] = [
    "name",
    "match",
    "enabled",
    "allow_origins",
    "allow_methods",
    "allow_headers",
    "expose_headers",
    "allow_credentials",
    "max_age",
    "preflight",
    "preflight_status",
    "refused_preflight",
    "refused_request",
    "upstream_cors_headers",
    "report_only",
    "allow_private_network",
    "timing_allow_origin",
    "dangerously_allow",
];

/// The keys of a document that are no policy's.
const DOCUMENT_KEYS: [&str; 3] = ["policies", "debug_header", "decision_in_filter_state"];

/// All keys of a document, in both of its shapes.
const ALL_KEYS: [&str; POLICY_KEYS.len() + DOCUMENT_KEYS.len()] = {
    let mut keys = [""; POLICY_KEYS.len() + DOCUMENT_KEYS.len()];
    let (policy_keys, document_keys) = keys.split_at_mut(POLICY_KEYS.len());
    policy_keys.copy_from_slice(&POLICY_KEYS);
    document_keys.copy_from_slice(&DOCUMENT_KEYS);
    keys
};

const MATCH_KEYS: [&str; 3] = ["hosts", "paths", "route_names"];

/// A document as it is written.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The policies, in order.
    pub policies: Vec<PolicyDocument>,
    /// Whether covered responses tell the decision in `x-cors-decision`.
    pub debug_header: bool,
    /// Whether the decision is kept in Envoy's filter state, for access logs.
    pub decision_in_filter_state: bool,
}

/// One policy as it is written.
#[derive(Debug, Clone)]
pub struct PolicyDocument {
    /// The JSON path of the policy, empty where the document is the policy.
    pub path: String,
    /// The name in metrics and logs.
    pub name: Text,
    /// Which requests the policy is for.
    pub matches: MatchDocument,
    /// Whether the policy does anything.
    pub enabled: bool,
    /// The origin rules.
    pub allow_origins: Vec<Text>,
    /// The methods.
    pub allow_methods: Vec<Text>,
    /// The request headers.
    pub allow_headers: Vec<Text>,
    /// The response headers that a page may read.
    pub expose_headers: Vec<Text>,
    /// Whether a page may send cookies and read the answer.
    pub allow_credentials: bool,
    /// How long a browser may keep a preflight's answer, in seconds.
    pub max_age: Option<u32>,
    /// The rest.
    pub options: Options,
    /// What would be refused otherwise.
    pub dangerously_allow: DangerouslyAllow,
}

/// Which requests a policy is for. A kind that is absent holds for every request.
#[derive(Debug, Clone, Default)]
pub struct MatchDocument {
    /// Globs over the host of `:authority`.
    pub hosts: Option<Vec<Text>>,
    /// Globs over `:path` without its query.
    pub paths: Option<Vec<Text>>,
    /// Names of Envoy's routes.
    pub route_names: Option<Vec<Text>>,
}

/// The switches of `dangerously_allow`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DangerouslyAllow {
    /// `*` with credentials.
    pub any_origin_with_credentials: bool,
    /// Plain-http origins of other machines with credentials.
    pub insecure_origins_with_credentials: bool,
    /// `null`.
    pub null_origin: bool,
    /// Wildcards over names of more than one owner.
    pub broad_patterns: bool,
}

impl DangerouslyAllow {
    /// The switches in use, by name.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [
            (self.any_origin_with_credentials, "any_origin_with_credentials"),
            (self.insecure_origins_with_credentials, "insecure_origins_with_credentials"),
            (self.null_origin, "null_origin"),
            (self.broad_patterns, "broad_patterns"),
        ]
        .into_iter()
        .filter_map(|(on, name)| on.then_some(name))
    }

    /// The switches of both.
    pub fn or(self, other: Self) -> Self {
        DangerouslyAllow {
            any_origin_with_credentials: self.any_origin_with_credentials || other.any_origin_with_credentials,
            insecure_origins_with_credentials: self.insecure_origins_with_credentials
                || other.insecure_origins_with_credentials,
            null_origin: self.null_origin || other.null_origin,
            broad_patterns: self.broad_patterns || other.broad_patterns,
        }
    }

    fn switch(&mut self, name: &str) -> Option<&mut bool> {
        match name {
            "any_origin_with_credentials" => Some(&mut self.any_origin_with_credentials),
            "insecure_origins_with_credentials" => Some(&mut self.insecure_origins_with_credentials),
            "null_origin" => Some(&mut self.null_origin),
            "broad_patterns" => Some(&mut self.broad_patterns),
            _ => None,
        }
    }
}

/// Reads the document; what is wrong with its shape goes to `problems`, and `None` says that there is nothing to judge.
pub fn parse(document: &[u8], problems: &mut Vec<Problem>) -> Option<Document> {
    if document.trim_ascii().is_empty() {
        let reason = "there is no policy, and nothing is allowed by default";
        let fault = Fault::new(reason, "write {\"allow_origins\": [\"https://app.example.com\"]}");
        problems.push(fault.at(DOCUMENT, "empty"));
        return None;
    }
    match Value::parse(document) {
        Ok(Value::Object(members)) => Some(read_document(Reader::new("", members, &ALL_KEYS, problems))),
        Ok(value) => {
            let reason = format!("an object is wanted, not {}", value.kind());
            problems.push(Fault::new(reason, "write {\"allow_origins\": […], …}").at(DOCUMENT, value.quote()));
            None
        }
        Err(error) => {
            problems.push(crate::syntax::refuse(document, &error));
            None
        }
    }
}

fn read_document(mut reader: Reader) -> Document {
    let mut document = Document {
        debug_header: reader.bool("debug_header").unwrap_or_default(),
        decision_in_filter_state: reader.bool("decision_in_filter_state").unwrap_or_default(),
        policies: Vec::new(),
    };
    if !reader.has("policies") {
        document.policies.push(read_policy(reader));
        return document;
    }
    let policies = reader.objects("policies", &POLICY_KEYS, read_policy);
    if policies.as_ref().is_some_and(Vec::is_empty) && !reader.has_problem_in("policies") {
        let fault = Fault::new("an empty list allows nothing", "write at least one policy");
        reader.refuse_shown("policies", "[]", fault);
    }
    reader.refuse_rest(
        &POLICY_KEYS,
        "a document is one policy or a list of policies",
        "move it into a policy of the list",
    );
    document.policies = policies.unwrap_or_default();
    document
}

fn read_policy(mut reader: Reader) -> PolicyDocument {
    let name = read_name(&mut reader);
    let matches = read_match(&mut reader);
    let enabled = reader.bool("enabled").unwrap_or(true);
    if !enabled {
        let reason = "a policy that is not enabled leaves its requests alone, only name and match may stand beside it";
        reader.refuse_rest(&POLICY_KEYS, reason, "remove it");
    }
    PolicyDocument {
        path: reader.path().to_owned(),
        name,
        matches,
        enabled,
        allow_origins: if enabled { read_origins(&mut reader) } else { Vec::new() },
        allow_methods: reader.texts("allow_methods").unwrap_or_default(),
        allow_headers: reader.texts("allow_headers").unwrap_or_default(),
        expose_headers: reader.texts("expose_headers").unwrap_or_default(),
        allow_credentials: reader.bool("allow_credentials").unwrap_or_default(),
        max_age: read_max_age(&mut reader),
        options: read_options(&mut reader),
        dangerously_allow: read_dangerously_allow(&mut reader),
    }
}

fn read_name(reader: &mut Reader) -> Text {
    let Some(name) = reader.text("name") else {
        return Text { path: reader.path_of("name"), text: DEFAULT_NAME.to_owned() };
    };
    let is_name_byte = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    let fault = if name.text == "-" {
        Some(Fault::new("- stands for requests that no policy is asked about", "write a name such as \"app\""))
    } else if !(1..=32).contains(&name.text.len()) || !name.text.bytes().all(is_name_byte) {
        Some(Fault::new("a name has 1 to 32 of a-z, 0-9, _ and -", "write a name such as \"app\""))
    } else {
        None
    };
    if let Some(fault) = fault {
        reader.push(fault.of_text(&name.path, &name.text));
    }
    name
}

fn read_match(reader: &mut Reader) -> MatchDocument {
    let Some(mut reader) = reader.object("match", &MATCH_KEYS) else { return MatchDocument::default() };
    let mut read = |key: &str| {
        let texts = reader.texts(key)?;
        if texts.is_empty() && !reader.has_problem_in(key) {
            let fault = Fault::new("an empty list matches no request", "list at least one, or remove the key");
            reader.refuse_shown(key, "[]", fault);
        }
        Some(texts)
    };
    MatchDocument { hosts: read("hosts"), paths: read("paths"), route_names: read("route_names") }
}

fn read_origins(reader: &mut Reader) -> Vec<Text> {
    let wanted = "list at least one origin, such as \"https://app.example.com\"";
    if !reader.has("allow_origins") {
        reader.refuse_shown("allow_origins", "missing", Fault::new("nothing is allowed by default", wanted));
        return Vec::new();
    }
    let texts = reader.texts("allow_origins");
    if texts.as_ref().is_some_and(Vec::is_empty) && !reader.has_problem_in("allow_origins") {
        reader.refuse_shown("allow_origins", "[]", Fault::new("an empty list allows no origin", wanted));
    }
    texts.unwrap_or_default()
}

fn read_max_age(reader: &mut Reader) -> Option<u32> {
    let bounds = Fault::new("the number is not from 0 to 86400", "write seconds, a day (86400) at most");
    reader.integer("max_age", |seconds| seconds <= MAX_MAX_AGE, bounds)
}

fn read_options(reader: &mut Reader) -> Options {
    let default = Options::default();
    let preflights = [("answer", Preflight::Answer), ("forward", Preflight::Forward)];
    let refused_preflights = [
        ("answer", RefusedPreflight::Answer),
        ("forbid", RefusedPreflight::Forbid),
        ("forward", RefusedPreflight::Forward),
    ];
    let status = Fault::new("a preflight is answered with 204 or 200", "write 204, or 200 for old clients");
    Options {
        preflight: reader.choice("preflight", &preflights).unwrap_or(default.preflight),
        preflight_status: reader
            .integer("preflight_status", |status| matches!(status, 200 | 204), status)
            .unwrap_or(default.preflight_status),
        refused_preflight: reader.choice("refused_preflight", &refused_preflights).unwrap_or(default.refused_preflight),
        forbid_refused_request: reader
            .choice("refused_request", &[("forward", false), ("forbid", true)])
            .unwrap_or(default.forbid_refused_request),
        keep_upstream_cors_headers: reader
            .choice("upstream_cors_headers", &[("replace", false), ("keep", true)])
            .unwrap_or(default.keep_upstream_cors_headers),
        report_only: reader.bool("report_only").unwrap_or(default.report_only),
        allow_private_network: reader.bool("allow_private_network").unwrap_or(default.allow_private_network),
        timing_allow_origin: reader.bool("timing_allow_origin").unwrap_or(default.timing_allow_origin),
    }
}

fn read_dangerously_allow(reader: &mut Reader) -> DangerouslyAllow {
    let mut switches = DangerouslyAllow::default();
    for text in reader.texts("dangerously_allow").unwrap_or_default() {
        match switches.switch(&text.text) {
            Some(switch) => *switch = true,
            None => {
                let remedy = "the switches are any_origin_with_credentials, insecure_origins_with_credentials, null_origin, broad_patterns";
                reader.push(Fault::new("there is no such switch", remedy).of_text(&text.path, &text.text));
            }
        }
    }
    switches
}
