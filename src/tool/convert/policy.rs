//! A policy between what a source says and what the document says.

use super::name_lists::{self, Kind, Wildcard};
use super::note::{Code, Notes, Place, Remark};
use super::text_origin::Rules;
use cors::origin_rule::OriginRule;
use document::origin_rule;
use document::reason::Reason;

/// The longest time that the document takes, in seconds.
const MAX_MAX_AGE: u64 = 86_400;

/// What a source says, before it is known what of it the document takes.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The name that the policy should have.
    pub name: String,
    /// Where the policy is.
    pub place: Place,
    /// The origins, each with its place.
    pub origins: Vec<(Rules, Place)>,
    /// The methods.
    pub methods: Items,
    /// The request headers.
    pub headers: Items,
    /// The response headers that pages may read.
    pub exposed: Items,
    /// Whether requests with credentials are allowed.
    pub credentials: bool,
    /// How long browsers keep the answer to a preflight.
    pub max_age: MaxAge,
    /// Whether a refused preflight goes upstream.
    pub forward_refused_preflights: bool,
    /// Whether the policy is only tried.
    pub report_only: bool,
    /// Whether requests to private networks are allowed.
    pub private_network: bool,
    /// Whether `*` is sent literally even with credentials.
    pub literal_wildcard: bool,
}

/// A list with its place.
#[derive(Debug, Clone)]
pub struct Items {
    /// The items.
    pub list: Vec<String>,
    /// Where `*` means any.
    pub wildcard: Wildcard,
    /// Where the list is.
    pub place: Place,
}

/// A time as the source has it.
#[derive(Debug, Clone, Default)]
pub enum MaxAge {
    /// None.
    #[default]
    Absent,
    /// A number of seconds.
    Seconds(u64, Place),
    /// Something that browsers do not understand.
    Unreadable(String, Place),
}

/// What the document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The wished name.
    pub name: String,
    /// The origin rules.
    pub allow_origins: Vec<String>,
    /// The methods.
    pub allow_methods: Vec<String>,
    /// The request headers.
    pub allow_headers: Vec<String>,
    /// The response headers that pages may read.
    pub expose_headers: Vec<String>,
    /// Whether requests with credentials are allowed.
    pub allow_credentials: bool,
    /// Seconds, a day at most.
    pub max_age: Option<u64>,
    /// Whether a refused preflight goes upstream.
    pub forward_refused_preflights: bool,
    /// Whether the policy is only tried.
    pub report_only: bool,
    /// Whether requests to private networks are allowed.
    pub allow_private_network: bool,
    /// What has to be allowed by name.
    pub dangerously_allow: Vec<&'static str>,
}

impl Policy {
    /// Whether two policies differ in nothing but their names.
    pub fn is_same(&self, other: &Policy) -> bool {
        Policy { name: String::new(), ..self.clone() } == Policy { name: String::new(), ..other.clone() }
    }
}

impl MaxAge {
    /// Reads the value of a header.
    pub fn of_header(text: &str, place: &Place) -> Self {
        match text.trim().parse() {
            Ok(seconds) => MaxAge::Seconds(seconds, place.clone()),
            Err(_) if text.trim().is_empty() => MaxAge::Absent,
            Err(_) => MaxAge::Unreadable(text.to_owned(), place.clone()),
        }
    }

    fn settle(&self, notes: &mut Notes) -> Option<u64> {
        match self {
            MaxAge::Absent => None,
            MaxAge::Seconds(seconds, place) if *seconds > MAX_MAX_AGE => {
                let detail = format!(
                    "{seconds} seconds become {MAX_MAX_AGE}: no browser caches a preflight for more than a day"
                );
                notes.add(place, Code::MaxAgeCapped, detail);
                Some(MAX_MAX_AGE)
            }
            MaxAge::Seconds(seconds, _) => Some(*seconds),
            MaxAge::Unreadable(text, place) => {
                let detail =
                    format!("{text:?} is not a number of seconds, so browsers use their default; it is left out");
                notes.add(place, Code::MaxAgeIgnored, detail);
                None
            }
        }
    }
}

impl Wish {
    /// The policy, `None` where no origin is left.
    pub fn settle(&self, keep_dangerous: bool, notes: &mut Notes) -> Option<Policy> {
        let mut rules: Vec<(String, &Place)> = Vec::new();
        for (found, place) in &self.origins {
            found.remarks.iter().for_each(|remark| notes.push(place, remark.clone()));
            for rule in &found.rules {
                if !rules.iter().any(|(own, _)| own == rule) {
                    rules.push((rule.clone(), place));
                }
            }
        }
        let mut dangers = Vec::new();
        let credentials = self.settle_any(&mut rules, keep_dangerous, &mut dangers, notes);
        if rules.iter().any(|(rule, _)| rule == "*") {
            rules.retain(|(rule, _)| rule == "*");
        }
        rules.retain(|(rule, place)| keep_rule(rule, place, credentials, keep_dangerous, &mut dangers, notes));
        if rules.is_empty() {
            let detail = format!("no origin is left in policy {:?}: its requests are left alone", self.name);
            notes.add(&self.place, Code::NoOrigins, detail);
            return None;
        }
        let mut list = |kind, items: &Items| {
            let (list, remarks) = name_lists::convert(kind, &items.list, items.wildcard, credentials);
            remarks.into_iter().for_each(|remark| notes.push(&items.place, remark));
            list
        };
        Some(Policy {
            name: self.name.clone(),
            allow_methods: list(Kind::Methods, &self.methods),
            allow_headers: list(Kind::Headers, &self.headers),
            expose_headers: list(Kind::Exposed, &self.exposed),
            allow_origins: rules.into_iter().map(|(rule, _)| rule).collect(),
            allow_credentials: credentials,
            max_age: self.max_age.settle(notes),
            forward_refused_preflights: self.forward_refused_preflights,
            report_only: self.report_only,
            allow_private_network: self.private_network,
            dangerously_allow: dangers,
        })
    }

    /// What becomes of `*` with credentials; returns whether credentials stay.
    fn settle_any(
        &self,
        rules: &mut Vec<(String, &Place)>,
        keep_dangerous: bool,
        dangers: &mut Vec<&'static str>,
        notes: &mut Notes,
    ) -> bool {
        let Some(place) = rules.iter().find(|(rule, _)| rule == "*").map(|(_, place)| (*place).clone()) else {
            return self.credentials;
        };
        if !self.credentials {
            return false;
        }
        if self.literal_wildcard {
            let detail = "ingress-nginx sends a literal `*`, which browsers refuse for requests with credentials; the policy is `*` without credentials, as it was in effect";
            notes.add(&place, Code::LiteralWildcard, detail);
            return false;
        }
        if keep_dangerous {
            let detail = "any site can act as its visitors and read the answers, as before (--keep-dangerous)";
            notes.add(&place, Code::DangerousKept, detail);
            dangers.push("any_origin_with_credentials");
            return true;
        }
        let has_others = rules.iter().any(|(rule, _)| rule != "*" && rule != "null");
        let what = match has_others {
            true => "only the origins listed next to it are allowed now",
            false => "any origin is allowed without credentials now",
        };
        let detail = format!(
            "any origin with credentials lets any site act as its visitors and read the answers: {what}; list the origins that need credentials, or use --keep-dangerous"
        );
        notes.add(&place, Code::CredentialsDangerous, detail);
        if has_others {
            rules.retain(|(rule, _)| rule != "*");
        }
        has_others
    }
}

/// Whether a rule stays; what has to be allowed by name stays with `--keep-dangerous` only.
fn keep_rule(
    rule: &str,
    place: &Place,
    credentials: bool,
    keep_dangerous: bool,
    dangers: &mut Vec<&'static str>,
    notes: &mut Notes,
) -> bool {
    let found: Vec<(&'static str, &str)> = match document::origin_rule::parse(rule) {
        Ok(OriginRule::Any) => Vec::new(),
        Ok(OriginRule::Null) => vec![("null_origin", "any site can send the origin null, from a sandboxed frame")],
        Ok(OriginRule::Pattern(pattern)) => [
            (origin_rule::is_broad(&pattern), ("broad_patterns", "the wildcard covers hosts of other owners")),
            (
                credentials && origin_rule::is_insecure(&pattern),
                (
                    "insecure_origins_with_credentials",
                    "an attacker on the network can change a page that is loaded over plain http, and then act as its visitors",
                ),
            ),
        ]
        .into_iter()
        .filter_map(|(holds, danger)| holds.then_some(danger))
        .collect(),
        Err(spelling) => {
            notes.push(
                place,
                Remark::new(
                    Code::OriginNotCarried,
                    format!("{rule:?} is not carried over: {}", Reason::Origin(spelling)),
                ),
            );
            return false;
        }
    };
    for (switch, reason) in &found {
        if keep_dangerous {
            notes.add(place, Code::DangerousKept, format!("{rule:?}: {reason}, as before (--keep-dangerous)"));
            if !dangers.contains(switch) {
                dangers.push(switch);
            }
        } else {
            let detail = format!("{rule:?} is left out: {reason}; use --keep-dangerous to keep it");
            notes.add(place, Code::OriginDangerous, detail);
        }
    }
    found.is_empty() || keep_dangerous
}
