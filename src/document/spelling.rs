//! Why a text is not an origin or a host as browsers write it, nor a glob over such hosts.

use crate::glob::GlobError;
use crate::quote::quote;
use crate::table::{fill, reasons};
use std::fmt;

reasons! {
    /// Why a text is not an origin, not a host, or not a glob.
    pub enum Spelling {
        Empty => "empty", "an empty string is not an origin", "";
        WhiteSpace => "white-space", "whitespace is not allowed in {}", "";
        ControlCharacter => "control-character", "control characters are not allowed in {}", "";
        SeveralOrigins => "several-origins", "expected one origin", "write each origin as a separate item";
        MissingScheme => "missing-scheme", "an origin begins with a scheme and ://", "";
        WildcardScheme => "wildcard-scheme", "wildcards are not allowed in a scheme", "write one rule for each scheme";
        FileScheme => "file-scheme",
            "pages loaded from files have no origin of their own: browsers send null",
            "remove it, or write \"null\" and add \"null_origin\" to dangerously_allow";
        InvalidScheme => "invalid-scheme",
            "a scheme must begin with a letter and contain only lower-case letters, digits, +, - and .",
            "";
        Scheme => "has-scheme", "a scheme is not allowed in {}", "";
        MissingHost => "missing-host", "the host is missing", "";
        UserName => "has-user-name", "a user name is not allowed in {}", "";
        Path => "has-path", "a path is not allowed in {}", "";
        Query => "has-query", "a query is not allowed in {}", "";
        Fragment => "has-fragment", "a fragment is not allowed in {}", "";
        UpperCase => "upper-case", "browsers send {} in lower case", "";
        NonAscii => "non-ascii",
            "browsers send internationalized hosts in Punycode",
            "write the host in Punycode (run \"envoy-cors check\" for the spelling)";
        Port => "has-port", "hosts are compared without their port", "";
        DefaultPort => "default-port", "browsers leave out the default port of a scheme", "";
        WildcardPort => "wildcard-port", "the only wildcard for a port is a single *", "write the port, or * for any port";
        InvalidPort => "invalid-port",
            "a port is a number from 1 to 65535 without leading zeros",
            "write such a number, or leave out the port";
        LongOrigin => "long-origin", "an origin has at most 512 bytes", "";
        LongHost => "long-host", "a host has at most 253 bytes", "";
        LongLabel => "long-label", "a label of a host has at most 63 bytes", "";
        EmptyLabel => "empty-label", "labels of a host must not be empty", "";
        DotAtEnd => "dot-at-end", "a trailing dot is not allowed here", "";
        Brackets => "brackets", "an IPv6 address must be enclosed in brackets", "";
        Ipv6 => "ipv6", "browsers send IPv6 addresses in brackets and in their shortest form (RFC 5952)", "";
        Ipv4 => "ipv4",
            "a host that ends in a number is an IPv4 address and has four decimal parts",
            "write an address such as 127.0.0.1 (run \"envoy-cors check\" for the spelling)";
        Character(char) => "host-character", "{} is not allowed in a host", "";
        DoubleStar => "double-star", "** has no meaning in a host: a single * covers every depth", "";
        AddressWildcard => "address-wildcard", "wildcards are not allowed in an IP address", "list each address";
        Glob(GlobError) => "host-glob", "{}", "";
    }
}

impl Spelling {
    /// The code of the reason.
    pub(crate) fn code(&self) -> &'static str {
        self.own_code()
    }

    /// What to write instead, where that can be said without knowing the value; else it is empty.
    pub(crate) fn advice(&self) -> &'static str {
        self.own_advice()
    }

    /// Whether the text is not merely misspelled: a near spelling would hide what is wrong.
    pub(crate) fn is_beyond_spelling(&self) -> bool {
        matches!(self, Spelling::SeveralOrigins | Spelling::FileScheme)
    }

    /// Writes the reason; `what` is an origin or a host.
    pub(crate) fn write(&self, what: &str, out: &mut fmt::Formatter) -> fmt::Result {
        let text = self.template();
        match self {
            Spelling::Character(char) => fill(out, text, &[&quote(char.encode_utf8(&mut [0; 4]))]),
            Spelling::Glob(error) => fill(out, text, &[error]),
            _ => fill(out, text, &[&what]),
        }
    }
}
