//! Why a value of a document is refused.

use crate::glob::GlobError;
use crate::spelling::Spelling;
use crate::switches::Switch;
use crate::table::{fill, reasons};
use std::fmt::{self, Display};

reasons! {
    /// Why a value is refused; the text is its `Display`.
    pub enum Reason {
        EmptyDocument => "empty-document",
            "there is no policy, and nothing is allowed by default",
            "write {\"allow_origins\": [\"https://app.example.com\"]}";
        NotJson(String) => "not-json",
            "not valid JSON: {}",
            "write one JSON object (in an Envoy configuration, inside a google.protobuf.StringValue)";
        RawProtobuf => "raw-protobuf",
            "Envoy passes a google.protobuf.Struct on as raw protobuf, not as JSON",
            "write the JSON as text into the value of a \"@type\": type.googleapis.com/google.protobuf.StringValue";
        BothShapes => "both-shapes",
            "a document is either one policy or a list of policies",
            "move this key into a policy of the list";
        NoPolicies => "no-policies", "an empty list allows nothing", "list at least one policy";

        WrongType(Type, &'static str) => "wrong-type", "expected {}, found {}", "";
        Null => "null", "null is not a value here", "write one or remove the key";
        UnknownKey(Names) => "unknown-key", "unknown key", "the keys are {}";
        DuplicateKey => "duplicate-key", "duplicate key", "keep only one of them";
        UnknownSwitch => "unknown-switch", "unknown switch", "the switches are {}";
        UnknownChoice(&'static [&'static str]) => "unknown-choice", "this is not one of the choices", "write {}";
        NotWhole(Numbers) => "not-whole", "expected a whole number", "";
        OutOfRange(Numbers) => "out-of-range", "{}", "";

        InvalidName => "invalid-name",
            "a policy name has 1 to 32 characters of a-z, 0-9, _ and -",
            "write a name such as \"app\"";
        ReservedName => "reserved-name",
            "this name is reserved for requests with an ambiguous path",
            "write a name such as \"app\"";
        DuplicateName(String) => "duplicate-name",
            "{} already has this name",
            "give each policy its own name";
        KeyOfDisabledPolicy => "key-of-disabled-policy",
            "a policy with enabled set to false leaves requests alone and can only have a name and a match",
            "remove it";
        MissingOrigins => "missing-origins",
            "nothing is allowed by default",
            "list at least one origin, such as \"https://app.example.com\"";
        EmptyOrigins => "empty-origins",
            "an empty list allows no origin",
            "list at least one origin, such as \"https://app.example.com\"";
        TooManyGlobs => "too-many-globs",
            "an origin may have to be compared with more than 256 rules that have several wildcards",
            "write rules with one * each, or fewer of them";
        Origin(Spelling) => "", "", "";
        Dangerous(Switch) => "", "", "{}, or add \"{}\" to dangerously_allow";

        SeveralMethods => "several-methods", "expected one method", "write each method as a separate item";
        InvalidMethod => "invalid-method", "this is not a valid method", "write a method such as \"PUT\"";
        ForbiddenMethod => "forbidden-method", "no page can send this method (Fetch, forbidden method)", "remove it";
        SeveralHeaders => "several-headers", "expected one header name", "write each name as a separate item";
        InvalidHeader(&'static str) => "invalid-header", "this is not a valid header name", "write a name such as \"{}\"";
        ForbiddenRequestHeader => "forbidden-request-header",
            "no page can set this header (Fetch, forbidden request-header)",
            "remove it";
        ResponseHeader => "response-header",
            "this is a response header, but allow_headers lists request headers",
            "remove it";
        ForbiddenResponseHeader => "forbidden-response-header",
            "no page can read this header (Fetch, forbidden response-header name)",
            "remove it";
        RequestHeader => "request-header",
            "this is a request header, but expose_headers lists response headers",
            "remove it";
        CorsHeader => "cors-header",
            "CORS headers are meant for the browser, pages have no use for them",
            "remove it";
        LiteralStar => "literal-star",
            "with credentials, browsers read * as the name of a header, so that it exposes nothing",
            "list each header";

        EmptyMatch => "empty-match", "an empty list matches no request", "list at least one, or remove the key";
        Host(Spelling) => "", "", "";
        EmptyPath => "empty-path", "the path is empty", "write a path such as \"/api/**\"";
        RelativePath => "relative-path", "a path begins with /", "";
        PathCharacter => "path-character",
            "a path has only printable ASCII characters and no spaces",
            "percent-encode it, such as \"/caf%C3%A9\" (run \"envoy-cors check\" for the spelling)";
        PathFragment => "path-fragment", "a fragment is not allowed in a path", "remove # and what follows it";
        AmbiguousPath => "ambiguous-path",
            "requests whose path can be read in two ways never reach a policy",
            "write it without //, . and .. segments, %2e, %2f and %5c";
        PathGlob(GlobError) => "path-glob", "{}", "write a path such as \"/api/**\"";
        EmptyRouteName => "empty-route-name", "the route name is empty", "write the name of a route in Envoy";
        TooManyPairs => "too-many-pairs",
            "this makes more than 100000 combinations of a host, a path and a route name",
            "list fewer of them, or cover hosts or paths by globs";
    }
}

/// The names that a document may use at a place, in groups.
pub type Names = &'static [&'static [&'static str]];

/// What a value should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// A number that is one of these.
    Number(Numbers),
    /// A string.
    Text,
    /// An object.
    Object,
    /// A list of strings.
    Texts,
    /// A list of objects.
    Objects,
}

/// The numbers that a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    /// Those of `max_age`.
    MaxAge,
    /// Those of `preflight_status`.
    PreflightStatus,
}

impl Reason {
    /// A stable name, in kebab case, for programs. A fault of spelling has the same code in an origin and in a host.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::Origin(spelling) | Reason::Host(spelling) => spelling.code(),
            Reason::Dangerous(switch) => switch.code(),
            _ => self.own_code(),
        }
    }

    /// What to write instead, in general.
    pub(crate) fn advice(&self) -> &'static str {
        self.own_advice()
    }
}

impl Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let text = self.template();
        match self {
            Reason::Origin(spelling) => spelling.write("an origin", out),
            Reason::Host(spelling) => spelling.write("a host", out),
            Reason::Dangerous(switch) => out.write_str(switch.reason()),
            Reason::NotJson(detail) | Reason::DuplicateName(detail) => fill(out, text, &[detail]),
            Reason::PathGlob(detail) => fill(out, text, &[detail]),
            Reason::WrongType(expected, found) => fill(out, text, &[&expected.name(), found]),
            Reason::OutOfRange(numbers) => out.write_str(numbers.reason()),
            _ => out.write_str(text),
        }
    }
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Boolean => "a boolean",
            Type::Number(_) => "a number",
            Type::Text => "a string",
            Type::Object => "an object",
            Type::Texts => "a list of strings",
            Type::Objects => "a list of objects",
        }
    }
}

impl Numbers {
    /// Whether `number` is one of them.
    pub(crate) fn contain(self, number: u32) -> bool {
        match self {
            Numbers::MaxAge => number <= crate::keys::MAX_MAX_AGE,
            Numbers::PreflightStatus => crate::keys::PREFLIGHT_STATUSES.contains(&number),
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Numbers::MaxAge => "this is not in the range from 0 to 86400",
            Numbers::PreflightStatus => "preflights are answered with 204 or 200",
        }
    }

    pub(crate) fn advice(self) -> &'static str {
        match self {
            Numbers::MaxAge => "write a number of seconds, at most 86400 (one day)",
            Numbers::PreflightStatus => "write 204, or 200 for old clients",
        }
    }
}
