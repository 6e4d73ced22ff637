//! What a conversion has to say: what could not be carried over, what means something else now.

use serde_json::{Value, json};

/// How much a note weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something that worked before does not any more.
    Lost,
    /// It works, but means more or less than before.
    Changed,
    /// Good to know; pages notice nothing.
    Note,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Lost => "lost",
            Severity::Changed => "changed",
            Severity::Note => "note",
        }
    }
}

/// Whether pages may do more or less after the conversion than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Pages may do the same.
    Same,
    /// Pages may do more.
    More,
    /// Pages may do less.
    Less,
    /// More in one place, less in another.
    Both,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $text:literal $severity:ident $effect:ident)*) => {
        /// What a note is about. Stable: programs compare it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code as JSON output has it.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text),* }
            }

            /// How much it weighs.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity),* }
            }

            /// What it does to what pages may do.
            pub fn effect(self) -> Effect {
                match self { $(Code::$name => Effect::$effect),* }
            }
        }
    };
}

codes! {
    /// No rule says what the matcher says.
    OriginNotCarried "origin-not-carried" Lost Less
    /// A rule that has to be allowed by name, without `--keep-dangerous`.
    OriginDangerous "origin-dangerous" Lost Less
    /// `*` with credentials, without `--keep-dangerous`.
    CredentialsDangerous "credentials-dangerous" Lost Less
    /// A dangerous rule was kept.
    DangerousKept "dangerous-kept" Note Same
    /// A wildcard in front of the scheme became `https`.
    OtherSchemes "other-schemes" Changed Less
    /// Hosts of other owners that the matcher let through.
    Lookalikes "lookalikes" Changed Less
    /// A wildcard covers more than the expression did.
    WildcardWider "wildcard-wider" Changed More
    /// Any port includes no port, or ports that were not covered before.
    AnyPort "any-port" Changed More
    /// A rule is written as browsers send the origin; before, it matched nothing.
    OriginRespelled "origin-respelled" Changed More
    /// An origin that no browser sends.
    NeverMatches "never-matches" Note Same
    /// No origin is left.
    NoOrigins "no-origins" Note Same
    /// nginx sends a literal `*` with credentials, which browsers refuse.
    LiteralWildcard "literal-wildcard" Note Same
    /// A method or header that no page can send or read.
    NameForbidden "name-forbidden" Note Same
    /// Something that is no method or header; browsers refuse the whole list for it.
    NameInvalid "name-invalid" Changed More
    /// A method that browsers send in upper case.
    MethodUpperCased "method-upper-cased" Changed More
    /// `*` among other items, with credentials.
    WildcardInList "wildcard-in-list" Lost Less
    /// `authorization` is written next to `*`.
    AuthorizationListed "authorization-listed" Note Same
    /// `*` does not expose anything to requests with credentials.
    ExposeWildcard "expose-wildcard" Lost Less
    /// Longer than browsers keep it.
    MaxAgeCapped "max-age-capped" Note Same
    /// Not a number of seconds.
    MaxAgeIgnored "max-age-ignored" Note Same
    /// Enabled for a part of the requests.
    Percentage "percentage" Lost More
    /// A runtime key could switch the policy.
    RuntimeKey "runtime-key" Lost Same
    /// A header, query or method condition decides between policies.
    ConditionNotCarried "condition-not-carried" Lost Both
    /// A condition was left out: nothing else covers the rest of these requests.
    ConditionDropped "condition-dropped" Changed More
    /// A path that no glob describes.
    PathNotCarried "path-not-carried" Lost Both
    /// A path that was compared without case.
    PathCase "path-case" Changed Less
    /// The policy is found by the name of its route.
    RouteName "route-name" Changed Same
    /// A host that no glob describes.
    HostNotCarried "host-not-carried" Lost Less
    /// A wildcard host covers more names than before.
    HostWider "host-wider" Changed More
    /// Hosts are compared without port.
    HostPort "host-port" Changed More
    /// A short name of a Kubernetes service.
    ShortHost "short-host" Note Same
    /// Redirects and direct responses get CORS headers too.
    LocalReplyCovered "local-reply-covered" Changed More
    /// The source refuses the value and uses its default.
    ValueRefused "value-refused" Changed Both
    /// A field that no policy has.
    FieldNotCarried "field-not-carried" Lost Both
    /// The object says nothing about CORS of its own.
    Skipped "skipped" Note Same
    /// The routes of a policy are not in the input.
    NoTarget "no-target" Lost Less
    /// Two objects decide about the same requests.
    Conflict "conflict" Changed Both
}

/// A text of the input between quotes, as it is: backslashes of expressions are not escaped once more.
pub fn quote(text: &str) -> String {
    let shown = text.chars().map(|char| match char.is_control() {
        true => char.escape_debug().to_string(),
        false => char.to_string(),
    });
    format!("\"{}\"", shown.collect::<String>())
}

/// Something to say about a value, before it is known where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it is about.
    pub code: Code,
    /// The text.
    pub detail: String,
}

impl Remark {
    /// A remark.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Remark { code, detail: detail.into() }
    }
}

/// A place in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// A remark with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is to be said.
    pub remark: Remark,
    /// Where.
    pub place: Place,
}

impl Note {
    /// The note as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "severity": self.remark.code.severity().as_str(),
            "code": self.remark.code.as_str(),
            "file": self.place.file,
            "line": self.place.line,
            "detail": self.remark.detail,
        })
    }
}

/// The notes of a conversion, each once.
#[derive(Debug, Default)]
pub struct Notes(Vec<Note>);

impl Notes {
    /// Adds a note.
    pub fn push(&mut self, place: &Place, remark: Remark) {
        let note = Note { remark, place: place.clone() };
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }

    /// Adds a note by its parts.
    pub fn add(&mut self, place: &Place, code: Code, detail: impl Into<String>) {
        self.push(place, Remark::new(code, detail));
    }

    /// Whether something was lost.
    pub fn has_lost(&self) -> bool {
        self.0.iter().any(|note| note.remark.code.severity() == Severity::Lost)
    }

    /// The notes in the order of their places.
    pub fn into_sorted(mut self) -> Vec<Note> {
        self.0.sort_by(|one, other| one.place.cmp(&other.place));
        self.0
    }
}
