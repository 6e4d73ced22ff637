//! Methods and headers, from lists and from texts with commas.

use super::note::{Code, Remark};
use document::reason::Reason;

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Methods.
    Methods,
    /// Request headers.
    Headers,
    /// Response headers.
    Exposed,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Kind::Methods => "allow_methods",
            Kind::Headers => "allow_headers",
            Kind::Exposed => "expose_headers",
        }
    }
}

/// Where `*` means any item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wildcard {
    /// Where it is the only item. In a longer list it is sent literally.
    Alone,
    /// Wherever it is.
    Anywhere,
}

/// Reads a text such as `GET, PUT`.
pub fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// The items that the document takes, and what is to be said about the others.
pub fn convert(kind: Kind, items: &[String], wildcard: Wildcard, credentials: bool) -> (Vec<String>, Vec<Remark>) {
    let mut remarks = Vec::new();
    let has_wildcard = items.iter().any(|item| item == "*");
    if has_wildcard && kind == Kind::Exposed && credentials {
        let detail = "`*` in the exposed headers works only for requests without credentials, and a policy with credentials cannot say so; list the headers that pages read";
        remarks.push(Remark::new(Code::ExposeWildcard, detail));
    } else if has_wildcard && (wildcard == Wildcard::Anywhere || items.len() == 1) {
        return any(kind, credentials);
    } else if has_wildcard && !credentials {
        // Sent literally, and browsers take it for any item there.
        return (keep(kind, items, &mut remarks), remarks);
    } else if has_wildcard {
        let detail = format!(
            "`*` among other items of {} is sent literally, and with credentials browsers take it literally; it is left out",
            kind.key()
        );
        remarks.push(Remark::new(Code::WildcardInList, detail));
    }
    let named: Vec<String> = items.iter().filter(|item| *item != "*").cloned().collect();
    (keep(kind, &named, &mut remarks), remarks)
}

fn any(kind: Kind, credentials: bool) -> (Vec<String>, Vec<Remark>) {
    let mut list = vec![String::from("*")];
    let mut remarks = Vec::new();
    // Envoy echoes what is asked for, `authorization` included, which a literal `*` does not cover.
    if kind == Kind::Headers && !credentials {
        list.push(String::from("authorization"));
        let detail = "`*` allowed the header authorization, too; browsers want it listed by name, so it is";
        remarks.push(Remark::new(Code::AuthorizationListed, detail));
    }
    (list, remarks)
}

/// Items that the document takes; what it refuses is no use to any page.
fn keep(kind: Kind, items: &[String], remarks: &mut Vec<Remark>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let (mut forbidden, mut invalid, mut respelled) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let upper = item.to_ascii_uppercase();
        let is_normalized =
            kind == Kind::Methods && ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"].contains(&upper.as_str());
        let name = match kind {
            Kind::Methods if is_normalized => upper,
            Kind::Methods => item.clone(),
            _ => item.to_ascii_lowercase(),
        };
        match refusal(kind, &name) {
            None => {
                if is_normalized && name != *item {
                    respelled.push(item.clone());
                }
                if !kept.contains(&name) {
                    kept.push(name);
                }
            }
            Some(
                Reason::InvalidMethod | Reason::InvalidHeader(_) | Reason::SeveralMethods | Reason::SeveralHeaders,
            ) => {
                invalid.push(item.clone());
            }
            Some(_) => forbidden.push(item.clone()),
        }
    }
    let mut say = |code, items: &[String], why: &str| {
        if !items.is_empty() {
            remarks.push(Remark::new(code, format!("{}: {} {why}", kind.key(), items.join(", "))));
        }
    };
    let plural = |items: &[String], one: &'static str, many: &'static str| if items.len() == 1 { one } else { many };
    say(
        Code::NameForbidden,
        &forbidden,
        plural(&forbidden, "cannot be used by pages and is left out", "cannot be used by pages and are left out"),
    );
    say(Code::NameInvalid, &invalid, "cannot be a name; browsers refuse a list that contains it, so it is left out");
    say(
        Code::MethodUpperCased,
        &respelled,
        "never matched, because browsers send it in upper case; the policy has it in upper case",
    );
    kept
}

/// What the document says against an item.
fn refusal(kind: Kind, name: &str) -> Option<Reason> {
    let document = serde_json::json!({ "allow_origins": ["https://a.example"], kind.key(): [name] });
    let problems = document::load(document.to_string().as_bytes()).err()?;
    problems.into_iter().next().map(|problem| problem.reason)
}
