//! One policy, compiled: its rules indexed, its header values made once.

use crate::config::{Options, PolicyDocument};
use crate::headers::{RequestHeaders, compile_expose_headers};
use crate::methods::Methods;
use crate::names::{ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, EXPOSE_HEADERS, MAX_AGE};
use crate::origin::Origin;
use crate::origins::Origins;
use crate::pattern::Pattern;
use crate::problem::{Fault, Problem};

/// A policy, ready to decide.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The name in metrics and logs.
    pub name: String,
    /// Whether it does anything.
    pub enabled: bool,
    /// The names of the routes that it is for, `None` for any.
    pub route_names: Option<Vec<String>>,
    /// Which origins it allows.
    pub origins: AllowOrigins,
    /// Which methods it allows.
    pub methods: Methods,
    /// Which request headers it allows.
    pub headers: RequestHeaders,
    /// Whether it allows credentials.
    pub credentials: bool,
    /// The value of `Access-Control-Expose-Headers`.
    pub expose_headers: Option<String>,
    /// What the answer to a preflight of an allowed origin carries, whatever it asked for.
    pub preflight_headers: Vec<(&'static str, String)>,
    /// How it treats what it allows and refuses.
    pub options: Options,
}

/// The origins that a policy allows.
#[derive(Debug, Clone)]
pub struct AllowOrigins {
    any: bool,
    null: bool,
    rules: Origins,
}

/// What the rules say of an `Origin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// A rule covers it.
    Allowed,
    /// No rule covers it; it is parsed where it is not the opaque origin.
    Refused(Option<Origin<'a>>),
    /// No browser sends it.
    Malformed,
}

impl Policy {
    /// Compiles a policy; what is wrong with it goes to `problems`.
    pub fn compile(document: &PolicyDocument, problems: &mut Vec<Problem>) -> Self {
        let methods = Methods::compile(&document.allow_methods, problems);
        let headers = RequestHeaders::compile(&document.allow_headers, problems);
        let origins = AllowOrigins::compile(document, problems);
        let expose_headers = compile_expose_headers(&document.expose_headers, document.allow_credentials, problems);
        // `*` beside credentials is answered with what was asked: browsers take a literal `*` for a name.
        let own = |value: Option<String>, is_any: bool| value.filter(|_| !(is_any && document.allow_credentials));
        let preflight_headers = [
            (ALLOW_CREDENTIALS, document.allow_credentials.then(|| String::from("true"))),
            (ALLOW_METHODS, own(methods.header(), methods.is_any())),
            (ALLOW_HEADERS, own(headers.header(), headers.is_any())),
            (MAX_AGE, document.max_age.map(|seconds| seconds.to_string())),
            (EXPOSE_HEADERS, expose_headers.clone()),
        ];
        let preflight_headers =
            preflight_headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Policy {
            name: document.name.text.clone(),
            enabled: document.enabled,
            route_names: None,
            origins,
            credentials: document.allow_credentials,
            expose_headers,
            preflight_headers,
            options: document.options,
            methods,
            headers,
        }
    }

    /// The policy `-`, which allows nothing and has every option at its default.
    pub fn refuse_all() -> Self {
        Policy {
            name: String::from("-"),
            enabled: true,
            route_names: None,
            origins: AllowOrigins { any: false, null: false, rules: Origins::new(Vec::new()) },
            methods: Methods::default(),
            headers: RequestHeaders::compile(&[], &mut Vec::new()),
            credentials: false,
            expose_headers: None,
            preflight_headers: Vec::new(),
            options: Options::default(),
        }
    }

    /// Whether every answer is the same, whoever asks: `*` without credentials. Such an answer needs no `Vary`.
    pub fn is_constant(&self) -> bool {
        self.origins.any && !self.credentials
    }
}

impl AllowOrigins {
    fn compile(document: &PolicyDocument, problems: &mut Vec<Problem>) -> Self {
        let mut origins = AllowOrigins { any: false, null: false, rules: Origins::new(Vec::new()) };
        let mut patterns = Vec::with_capacity(document.allow_origins.len());
        for text in &document.allow_origins {
            match Pattern::parse(&text.text) {
                Ok(pattern) => {
                    problems.extend(
                        find_dangers(&pattern, document).into_iter().map(|fault| fault.of_text(&text.path, &text.text)),
                    );
                    match pattern {
                        Pattern::Any => origins.any = true,
                        Pattern::Null => origins.null = true,
                        Pattern::Origin(pattern) => patterns.push(pattern),
                    }
                }
                Err(fault) => problems.push(fault.of_text(&text.path, &text.text)),
            }
        }
        origins.rules = Origins::new(patterns);
        origins
    }

    /// How many rules there are.
    pub fn rule_count(&self) -> usize {
        usize::from(self.any) + usize::from(self.null) + self.rules.len()
    }

    /// What the rules say of `origin`, the value of an `Origin` header.
    ///
    /// `*` does not cover what is malformed: nothing of the kind is ever echoed. Where the answer is `*` itself, nobody asks
    /// (see [`Policy::is_constant`]).
    pub fn judge<'a>(&self, origin: &'a [u8]) -> Verdict<'a> {
        if origin == b"null" {
            return if self.any || self.null { Verdict::Allowed } else { Verdict::Refused(None) };
        }
        match Origin::parse(origin) {
            None => Verdict::Malformed,
            Some(_) if self.any => Verdict::Allowed,
            Some(parsed) if self.rules.allow(&parsed) => Verdict::Allowed,
            parsed => Verdict::Refused(parsed),
        }
    }
}

/// What makes a rule dangerous that the document does not allow by name.
fn find_dangers(pattern: &Pattern, document: &PolicyDocument) -> Vec<Fault> {
    let allowed = document.dangerously_allow;
    let mut faults = Vec::new();
    match pattern {
        Pattern::Any if document.allow_credentials && !allowed.any_origin_with_credentials => faults.push(Fault::new(
            "any site could act as its visitors and read the answers",
            "list the origins, or leave out allow_credentials, or list \"any_origin_with_credentials\" in dangerously_allow",
        )),
        Pattern::Null if !allowed.null_origin => faults.push(Fault::new(
            "any site can send the origin null, from a sandboxed frame",
            "remove it, or list \"null_origin\" in dangerously_allow",
        )),
        Pattern::Origin(pattern) => {
            if pattern.is_broad() && !allowed.broad_patterns {
                faults.push(Fault::new(
                    "the wildcard covers hosts of other owners, two literal labels must follow the label that holds it",
                    "write a rule such as \"https://*.example.com\", or list \"broad_patterns\" in dangerously_allow",
                ));
            }
            if pattern.is_insecure() && document.allow_credentials && !allowed.insecure_origins_with_credentials {
                faults.push(Fault::new(
                    "anybody on the way can put scripts into a page that comes over plain http, and act as its visitors",
                    "write https://, or leave out allow_credentials, or list \"insecure_origins_with_credentials\" in dangerously_allow",
                ));
            }
        }
        _ => {}
    }
    faults
}
