//! One policy, compiled: its rules indexed, its header values made once.

use crate::allow_headers::AllowHeaders;
use crate::allow_methods::AllowMethods;
use crate::allow_origins::AllowOrigins;
use crate::header_map::Template;
use crate::names::{ALLOW_CREDENTIALS, ALLOW_HEADERS, ALLOW_METHODS, EXPOSE_HEADERS, MAX_AGE, VARY};
use crate::options::{Options, Preflight, RefusedPreflight};
use crate::vary::Names;

/// The name under which requests with an ambiguous path are counted; no policy of a document can have it.
pub const AMBIGUOUS_PATH: &str = "-";

/// What a policy is compiled from.
#[derive(Debug)]
pub struct Rules {
    /// The name in metrics and logs.
    pub name: String,
    /// Whether the policy does anything.
    pub enabled: bool,
    /// Which origins it allows.
    pub allow_origins: AllowOrigins,
    /// Which methods it allows.
    pub allow_methods: AllowMethods,
    /// Which request headers it allows.
    pub allow_headers: AllowHeaders,
    /// The value of `Access-Control-Expose-Headers`.
    pub expose_headers: Option<String>,
    /// Whether it allows credentials.
    pub allow_credentials: bool,
    /// How long a browser may keep the answer to a preflight, in seconds.
    pub max_age: Option<u32>,
    /// How it treats what it allows and refuses.
    pub options: Options,
}

/// A policy, ready to decide.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The name in metrics and logs.
    pub name: String,
    /// Whether it does anything; a request that one which does not is for is left alone.
    pub enabled: bool,
    /// Which origins it allows.
    pub allow_origins: AllowOrigins,
    /// Which methods it allows.
    pub allow_methods: AllowMethods,
    /// Which request headers it allows.
    pub allow_headers: AllowHeaders,
    /// Whether it allows credentials.
    pub allow_credentials: bool,
    /// The value of `Access-Control-Expose-Headers`.
    pub expose_headers: Option<String>,
    /// What the answer to a preflight from an allowed origin carries, whatever it asked for.
    pub preflight_headers: Vec<(&'static str, String)>,
    /// What actual responses vary by; nothing under a policy that only reports.
    pub response_vary: Option<&'static Names>,
    /// What answers to preflights vary by.
    pub preflight_vary: Option<&'static Names>,
    /// The policy's own answers, as far as they do not depend on the request.
    pub replies: Replies,
    /// How it treats what it allows and refuses.
    pub options: Options,
    is_constant: bool,
    is_for_ambiguous_paths: bool,
}

/// The headers of a policy's own answers that are the same for every request.
#[derive(Debug, Clone, Default)]
pub struct Replies {
    /// To a preflight from an allowed origin.
    pub preflight: Template,
    /// To a preflight that learns nothing.
    pub refused_preflight: Template,
    /// To an actual request that is forbidden.
    pub refused_request: Template,
}

impl Policy {
    /// Compiles a policy.
    #[cold]
    pub fn new(rules: Rules) -> Self {
        let Rules { allow_methods, allow_headers, allow_credentials, expose_headers, options, .. } = rules;
        // With credentials `*` is answered by what was asked for: browsers take a literal `*` for a name.
        let own = |value: Option<String>, is_any: bool| value.filter(|_| !(is_any && allow_credentials));
        let preflight_headers = [
            (ALLOW_CREDENTIALS, allow_credentials.then(|| String::from("true"))),
            (ALLOW_METHODS, own(allow_methods.header(), allow_methods.is_any())),
            (ALLOW_HEADERS, own(allow_headers.header(), allow_headers.is_any())),
            (MAX_AGE, rules.max_age.map(|seconds| seconds.to_string())),
            (EXPOSE_HEADERS, expose_headers.clone()),
        ];
        let preflight_headers: Vec<(&str, String)> =
            preflight_headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let is_constant = rules.allow_origins.is_any() && !allow_credentials;
        let response_vary = if options.report_only { None } else { Names::of(!is_constant, false, false) };
        // The answer to `*` is the same for every request only where the filter gives it whatever is asked.
        let depends_on_requested = !is_constant
            || options.preflight != Preflight::Answer
            || options.refused_preflight != RefusedPreflight::Answer;
        // Upstream's answer may depend on the origin where the policy's does not.
        let may_keep_upstreams = options.keep_upstream_cors_headers && options.preflight == Preflight::Forward;
        let depends_on_origin = !is_constant || may_keep_upstreams;
        let preflight_vary = Names::of(depends_on_origin, depends_on_requested, options.allow_private_network);
        Policy {
            replies: Replies::new(&preflight_headers, response_vary, preflight_vary),
            name: rules.name,
            enabled: rules.enabled,
            allow_origins: rules.allow_origins,
            allow_methods,
            allow_headers,
            allow_credentials,
            expose_headers,
            preflight_headers,
            response_vary,
            preflight_vary,
            options,
            is_constant,
            is_for_ambiguous_paths: false,
        }
    }

    /// The policy `-` for requests whose path is ambiguous: it allows nothing and has every option at its default.
    pub fn for_ambiguous_paths() -> Self {
        let policy = Policy::new(Rules {
            name: String::from(AMBIGUOUS_PATH),
            enabled: true,
            allow_origins: AllowOrigins::new(std::iter::empty()),
            allow_methods: AllowMethods::default(),
            allow_headers: AllowHeaders::new(false, Vec::new()),
            expose_headers: None,
            allow_credentials: false,
            max_age: None,
            options: Options::default(),
        });
        Policy { is_for_ambiguous_paths: true, ..policy }
    }

    /// Whether every answer is the same, whoever asks: `*` without credentials. Such an answer needs no `Vary`.
    #[inline]
    pub fn is_constant(&self) -> bool {
        self.is_constant
    }

    /// Whether this is the policy for requests whose path is ambiguous.
    #[inline]
    pub fn is_for_ambiguous_paths(&self) -> bool {
        self.is_for_ambiguous_paths
    }
}

impl Replies {
    #[cold]
    #[inline(never)]
    fn new(
        preflight: &[(&'static str, String)],
        response_vary: Option<&'static Names>,
        preflight_vary: Option<&'static Names>,
    ) -> Self {
        let vary = |names: Option<&'static Names>| names.map(|names| (VARY, names.as_bytes()));
        let preflight = preflight.iter().map(|(name, value)| (*name, value.as_bytes()));
        Replies {
            preflight: Template::new(preflight.chain(vary(preflight_vary))),
            refused_preflight: Template::new(vary(preflight_vary)),
            refused_request: Template::new(vary(response_vary)),
        }
    }
}
