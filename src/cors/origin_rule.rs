//! A rule of `allow_origins`, parsed: what [`AllowOrigins`](crate::allow_origins::AllowOrigins) is made of.

use crate::glob::Glob;

/// A rule of `allow_origins`.
#[derive(Debug, Clone)]
pub enum OriginRule {
    /// `*`: any origin.
    Any,
    /// `null`: the opaque origin of sandboxed frames, and of `data:` and `file:` pages.
    Null,
    /// `scheme://host[:port]`, where the host may be a glob and the port `*`.
    Pattern(OriginPattern),
}

/// A rule with a scheme.
#[derive(Debug, Clone)]
pub struct OriginPattern {
    /// The scheme, without `://`.
    pub scheme: String,
    /// The host, or the glob over it.
    pub host: HostPattern,
    /// The port.
    pub port: PortPattern,
}

/// The host of a rule.
#[derive(Debug, Clone)]
pub enum HostPattern {
    /// This host only.
    Exact(String),
    /// Every host with this ending, which begins with a dot: the rule is `*` and the ending.
    Suffix(String),
    /// Every host that the glob matches.
    Glob {
        /// The compiled glob; `None` where `head` and `tail` say everything: the rule is `head`, `*` and `tail`.
        glob: Option<Box<Glob>>,
        /// The text before the first wildcard.
        head: String,
        /// The text after the last wildcard.
        tail: String,
    },
}

/// The port of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortPattern {
    /// This port, `None` for the scheme's default.
    Only(Option<u16>),
    /// `:*`: any port, or none.
    Any,
}
