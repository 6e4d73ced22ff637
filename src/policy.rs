//! One policy, compiled: its rules indexed, its header values made once.

use crate::config::{Options, PolicyDocument, Preflight, RefusedPreflight};
use crate::header_map::Template;
use crate::headers::RequestHeaders;
use crate::methods::Methods;
use crate::names::{ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, EXPOSE_HEADERS, MAX_AGE, VARY};
use crate::origin::{MAX_ORIGIN_BYTES, Origin};
use crate::origins::Origins;
use crate::pattern::Pattern;
use crate::problem::Problem;
use crate::vary;
use document::dangers::allow_origins;
use document::header_names::{allow_headers, expose_headers};
use document::method_names::allow_methods;
use document::name_list::NameList;

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
    /// What actual responses vary by; nothing under a policy that only reports.
    pub response_vary: Option<&'static vary::Names>,
    /// What answers to preflights vary by.
    pub preflight_vary: Option<&'static vary::Names>,
    /// The policy's own answers, but for what they take from the request.
    pub replies: Replies,
    /// How it treats what it allows and refuses.
    pub options: Options,
}

/// The headers of a policy's own answers, as far as they are the same for all.
#[derive(Debug, Clone, Default)]
pub struct Replies {
    /// To a preflight of an allowed origin.
    pub preflight: Template,
    /// To a preflight that is told nothing.
    pub refused_preflight: Template,
    /// To an actual request that is forbidden.
    pub refused_request: Template,
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
        let methods = Methods::new(allow_methods(&document.allow_methods, problems));
        let headers = RequestHeaders::new(allow_headers(&document.allow_headers, problems));
        let origins = AllowOrigins::new(allow_origins(document, problems));
        let expose_headers = expose_headers(&document.expose_headers, document.allow_credentials, problems);
        // `*` beside credentials is answered with what was asked: browsers take a literal `*` for a name.
        let own = |value: Option<String>, is_any: bool| value.filter(|_| !(is_any && document.allow_credentials));
        let preflight_headers = [
            (ALLOW_CREDENTIALS, document.allow_credentials.then(|| String::from("true"))),
            (ALLOW_METHODS, own(methods.header(), methods.is_any())),
            (ALLOW_HEADERS, own(headers.header(), headers.is_any())),
            (MAX_AGE, document.max_age.map(|seconds| seconds.to_string())),
            (EXPOSE_HEADERS, expose_headers.clone()),
        ];
        let preflight_headers: Vec<(&str, String)> =
            preflight_headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let is_constant = origins.any && !document.allow_credentials;
        let response_vary = (!is_constant && !document.options.report_only).then_some(&vary::ORIGIN);
        let preflight_vary = preflight_vary(is_constant, &document.options);
        Policy {
            replies: Replies::new(&preflight_headers, response_vary, preflight_vary),
            response_vary,
            preflight_vary,
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
        let (response_vary, preflight_vary) = (Some(&vary::ORIGIN), Some(&vary::PREFLIGHT));
        Policy {
            replies: Replies::new(&[], response_vary, preflight_vary),
            response_vary,
            preflight_vary,
            name: String::from("-"),
            enabled: true,
            route_names: None,
            origins: AllowOrigins { any: false, null: false, rules: Origins::new(std::iter::empty()) },
            methods: Methods::default(),
            headers: RequestHeaders::new(NameList::default()),
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

impl Replies {
    #[inline(never)]
    fn new(
        preflight: &[(&'static str, String)],
        response_vary: Option<&'static vary::Names>,
        preflight_vary: Option<&'static vary::Names>,
    ) -> Self {
        let vary = |names: Option<&'static vary::Names>| names.map(|names| (VARY, names.as_bytes()));
        let preflight = preflight.iter().map(|(name, value)| (*name, value.as_bytes()));
        Replies {
            preflight: Template::new(preflight.chain(vary(preflight_vary))),
            refused_preflight: Template::new(vary(preflight_vary)),
            refused_request: Template::new(vary(response_vary)),
        }
    }
}

/// What the answer to a preflight varies by, under a policy that is constant or not.
fn preflight_vary(is_constant: bool, options: &Options) -> Option<&'static vary::Names> {
    // The answer to `*` is one for all only where the filter gives it whatever is asked.
    let depends_on_request =
        options.preflight != Preflight::Answer || options.refused_preflight != RefusedPreflight::Answer;
    match (is_constant, depends_on_request, options.allow_private_network) {
        (true, false, false) => None,
        (true, false, true) => Some(&vary::PRIVATE_NETWORK),
        (true, true, false) => Some(&vary::REQUESTED),
        (true, true, true) => Some(&vary::REQUESTED_AND_PRIVATE_NETWORK),
        (false, _, false) => Some(&vary::PREFLIGHT),
        (false, _, true) => Some(&vary::PREFLIGHT_AND_PRIVATE_NETWORK),
    }
}

impl AllowOrigins {
    #[inline(never)]
    fn new(patterns: impl Iterator<Item = Pattern>) -> Self {
        let (mut any, mut null) = (false, false);
        let rules = Origins::new(patterns.filter_map(|pattern| {
            match pattern {
                Pattern::Any => any = true,
                Pattern::Null => null = true,
                Pattern::Origin(pattern) => return Some(pattern),
            }
            None
        }));
        AllowOrigins { any, null, rules }
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
        // A rule is spelled as browsers spell, so what equals one needs no look. What is too long is not even hashed.
        if origin.len() <= MAX_ORIGIN_BYTES && self.rules.contains(origin) {
            return Verdict::Allowed;
        }
        if origin == b"null" {
            return if self.any || self.null { Verdict::Allowed } else { Verdict::Refused(None) };
        }
        match Origin::parse(origin) {
            None => Verdict::Malformed,
            Some(_) if self.any => Verdict::Allowed,
            Some(parsed) if self.rules.covers(&parsed) => Verdict::Allowed,
            parsed => Verdict::Refused(parsed),
        }
    }
}
