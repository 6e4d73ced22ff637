//! A check: one question about an endpoint, with its verdict, evidence and remedy.

use super::exchange::Head;
use crate::fetch::response::ResponseHead;

/// The checks, in the order in which they are reported: the first that fails is the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// Name, connection, TLS, an HTTP answer.
    Reachable,
    /// Simple or preflighted, and why.
    PreflightNeeded,
    /// The status of the preflight is in the 200s.
    PreflightStatus,
    /// The preflight is not redirected.
    PreflightRedirect,
    /// The preflight allows the origin.
    PreflightAllowOrigin,
    /// The preflight allows credentials.
    PreflightCredentials,
    /// The preflight allows the method.
    PreflightMethods,
    /// The preflight allows the headers.
    PreflightHeaders,
    /// The actual response allows the origin.
    AllowOrigin,
    /// The actual response allows credentials.
    Credentials,
    /// One line, one value.
    AllowOriginSyntax,
    /// `*` where credentials are wanted.
    WildcardWithCredentials,
    /// The same headers on errors.
    ErrorsReadable,
    /// Where the actual response redirects.
    Redirect,
    /// What the page can read.
    ExposedHeaders,
    /// `Vary: Origin` where the answer depends on it.
    Vary,
    /// What a shared cache makes of it.
    Cache,
    /// How long browsers keep the preflight.
    MaxAge,
    /// Unrelated origins are allowed.
    ReflectsAnyOrigin,
    /// `null` is allowed.
    AllowsNull,
    /// Origins that only resemble the page's are allowed.
    AllowsLookalikes,
    /// The http twin of an https page is allowed.
    AllowsHttp,
    /// Anybody's site at a shared host is allowed.
    AllowsSharedHosts,
    /// What is echoed without bounds.
    OverlongAnswer,
    /// Whether the endpoint runs the given policy.
    Policy,
}

impl Id {
    /// All checks, in order.
    pub const ALL: [Id; 25] = [
        Id::Reachable,
        Id::PreflightNeeded,
        Id::PreflightStatus,
        Id::PreflightRedirect,
        Id::PreflightAllowOrigin,
        Id::PreflightCredentials,
        Id::PreflightMethods,
        Id::PreflightHeaders,
        Id::AllowOrigin,
        Id::Credentials,
        Id::AllowOriginSyntax,
        Id::WildcardWithCredentials,
        Id::ErrorsReadable,
        Id::Redirect,
        Id::ExposedHeaders,
        Id::Vary,
        Id::Cache,
        Id::MaxAge,
        Id::ReflectsAnyOrigin,
        Id::AllowsNull,
        Id::AllowsLookalikes,
        Id::AllowsHttp,
        Id::AllowsSharedHosts,
        Id::OverlongAnswer,
        Id::Policy,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Id::Reachable => "reachable",
            Id::PreflightNeeded => "preflight-needed",
            Id::PreflightStatus => "preflight-status",
            Id::PreflightRedirect => "preflight-redirect",
            Id::PreflightAllowOrigin => "preflight-allow-origin",
            Id::PreflightCredentials => "preflight-credentials",
            Id::PreflightMethods => "preflight-methods",
            Id::PreflightHeaders => "preflight-headers",
            Id::AllowOrigin => "allow-origin",
            Id::Credentials => "credentials",
            Id::AllowOriginSyntax => "allow-origin-syntax",
            Id::WildcardWithCredentials => "wildcard-with-credentials",
            Id::ErrorsReadable => "errors-readable",
            Id::Redirect => "redirect",
            Id::ExposedHeaders => "exposed-headers",
            Id::Vary => "vary",
            Id::Cache => "cache",
            Id::MaxAge => "max-age",
            Id::ReflectsAnyOrigin => "reflects-any-origin",
            Id::AllowsNull => "allows-null",
            Id::AllowsLookalikes => "allows-lookalikes",
            Id::AllowsHttp => "allows-http",
            Id::AllowsSharedHosts => "allows-shared-hosts",
            Id::OverlongAnswer => "overlong-answer",
            Id::Policy => "policy",
        }
    }

    /// Whether a page cannot read the answer when this check fails.
    pub fn blocks(self) -> bool {
        self <= Id::WildcardWithCredentials || self == Id::Redirect
    }

    /// How much a warning matters next to others: what an attacker gains first, then what breaks, then the rest.
    fn gravity(self) -> u8 {
        match self {
            Id::ReflectsAnyOrigin => 9,
            Id::AllowsNull => 8,
            Id::AllowsLookalikes => 7,
            Id::AllowsSharedHosts => 6,
            Id::AllowsHttp => 5,
            Id::Cache => 4,
            Id::ErrorsReadable => 3,
            Id::Vary => 2,
            Id::OverlongAnswer => 1,
            _ => 0,
        }
    }
}

/// What a check finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// Worth knowing; often intended.
    Info,
    /// Should be changed; pages work all the same.
    Warn,
    /// A page is blocked, or an attacker gains something.
    Fail,
    /// Not examined, with the reason.
    Skip,
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Info => "info",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
            Verdict::Skip => "skip",
        }
    }
}

/// One question, answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Which question.
    pub id: Id,
    /// The answer.
    pub verdict: Verdict,
    /// What was seen: a clause that can follow a colon.
    pub detail: String,
    /// The clause for the first line of the report, where the detail is too long for it.
    pub summary: Option<String>,
    /// What to do, where the verdict is not `pass`.
    pub remedy: Option<Remedy>,
    /// The exchanges behind the verdict, by index.
    pub exchanges: Vec<usize>,
}

/// What to do about a finding: in general, and in a policy of envoy-cors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedy {
    /// For any server.
    pub general: String,
    /// In our document's terms.
    pub policy: Option<String>,
}

impl Remedy {
    /// A remedy for any server.
    pub fn new(general: impl Into<String>) -> Self {
        Remedy { general: general.into(), policy: None }
    }

    /// The same in our document's terms.
    pub fn with_policy(mut self, policy: impl Into<String>) -> Self {
        self.policy = Some(policy.into());
        self
    }

    /// The text for an endpoint: one that runs envoy-cors needs only the document's terms.
    pub fn text(&self, runs_envoy_cors: bool) -> String {
        match &self.policy {
            None => self.general.clone(),
            Some(policy) if runs_envoy_cors => format!("With envoy-cors: {policy}"),
            Some(policy) => format!("{} With envoy-cors: {policy}", self.general),
        }
    }
}

impl Check {
    fn new(id: Id, verdict: Verdict, detail: impl Into<String>) -> Self {
        Check { id, verdict, detail: detail.into(), summary: None, remedy: None, exchanges: Vec::new() }
    }

    /// As it should be.
    pub fn pass(id: Id, detail: impl Into<String>) -> Self {
        Self::new(id, Verdict::Pass, detail)
    }

    /// Worth knowing.
    pub fn info(id: Id, detail: impl Into<String>, remedy: Remedy) -> Self {
        Check { remedy: Some(remedy), ..Self::new(id, Verdict::Info, detail) }
    }

    /// Should be changed.
    pub fn warn(id: Id, detail: impl Into<String>, remedy: Remedy) -> Self {
        Check { remedy: Some(remedy), ..Self::new(id, Verdict::Warn, detail) }
    }

    /// Must be changed.
    pub fn fail(id: Id, detail: impl Into<String>, remedy: Remedy) -> Self {
        Check { remedy: Some(remedy), ..Self::new(id, Verdict::Fail, detail) }
    }

    /// Not examined, and why.
    pub fn skip(id: Id, reason: impl Into<String>) -> Self {
        Self::new(id, Verdict::Skip, reason)
    }

    /// The evidence.
    pub fn seen_in(mut self, exchanges: impl IntoIterator<Item = usize>) -> Self {
        self.exchanges.extend(exchanges);
        self.exchanges.sort_unstable();
        self.exchanges.dedup();
        self
    }

    /// The clause for the report's first line.
    pub fn in_short(mut self, summary: impl Into<String>) -> Self {
        self.summary = Some(summary.into());
        self
    }
}

/// The check that explains the most: the first that fails, else the gravest warning.
pub fn cause(checks: &[Check]) -> Option<&Check> {
    let failed = checks.iter().find(|check| check.verdict == Verdict::Fail);
    // The first of the gravest: `max_by_key` would give the last.
    let warned = checks.iter().rev().filter(|check| check.verdict == Verdict::Warn);
    failed.or_else(|| warned.max_by_key(|check| check.id.gravity()))
}

/// What a response grants an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// The origin cannot read the response.
    None,
    /// It can, without credentials.
    Anonymous,
    /// It can, as the user who is signed in.
    Credentialed,
}

/// What a response grants an origin: `*` is never a grant with credentials, for browsers refuse that.
pub fn grant(response: &ResponseHead, origin: &str) -> Grant {
    match response.get("access-control-allow-origin").as_deref() {
        Some(b"*") => Grant::Anonymous,
        Some(value) if value == origin.as_bytes() => {
            if response.allows_credentials() {
                Grant::Credentialed
            } else {
                Grant::Anonymous
            }
        }
        _ => Grant::None,
    }
}
