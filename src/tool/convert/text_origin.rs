//! Origins from texts that are compared whole, by their start, or by their end.

use super::note::{Code, Remark};
use crate::respell;
use cors::origin::Origin;

/// Rules for `allow_origins`, and what is to be said about them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<String>,
    /// What is different.
    pub remarks: Vec<Remark>,
}

impl Rules {
    /// Rules that mean the same.
    pub fn of<const N: usize>(rules: [&str; N]) -> Self {
        Rules { rules: rules.map(str::to_owned).to_vec(), remarks: Vec::new() }
    }

    /// No rule, and why.
    pub fn none(code: Code, detail: impl Into<String>) -> Self {
        Rules { rules: Vec::new(), remarks: vec![Remark::new(code, detail)] }
    }

    /// With something to say.
    pub fn with(mut self, code: Code, detail: impl Into<String>) -> Self {
        self.remarks.push(Remark::new(code, detail));
        self
    }

    /// Adds other rules, each once.
    pub fn extend(&mut self, other: Rules) {
        for rule in other.rules {
            if !self.rules.contains(&rule) {
                self.rules.push(rule);
            }
        }
        for remark in other.remarks {
            if !self.remarks.contains(&remark) {
                self.remarks.push(remark);
            }
        }
    }
}

/// An origin that is compared whole, with case.
pub fn exact(text: &str) -> Rules {
    if text == "*" || text == "null" || Origin::parse(text.as_bytes()).is_some() {
        return Rules::of([text]);
    }
    if text.contains('*') {
        let detail = format!(
            "{text:?} is compared literally, so its * never matched; write the rule by hand if a wildcard was meant"
        );
        return Rules::none(Code::NeverMatches, detail);
    }
    match respelled(text) {
        Some(origin) => {
            let detail = format!("{text:?} never matched, because browsers send {origin:?}; the rule is {origin:?}");
            Rules::of([&origin]).with(Code::OriginRespelled, detail)
        }
        None => Rules::none(Code::NeverMatches, format!("no browser sends the origin {text:?}; it is left out")),
    }
}

/// A literal alternative of an expression: where no browser sends it, another alternative usually is what was meant.
pub fn exact_in_expression(text: &str) -> Rules {
    match text == "null" || Origin::parse(text.as_bytes()).is_some() {
        true => Rules::of([text]),
        false => Rules::default(),
    }
}

/// The origin as browsers send it, where the text has a scheme and differs from that in its spelling only.
pub fn respelled(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    if rest.is_empty() || rest.contains(['*', '?', '[', '{']) {
        return None;
    }
    respell::origin(text).filter(|origin| Origin::parse(origin.as_bytes()).is_some())
}

/// All origins that begin with a text.
pub fn prefix(text: &str) -> Rules {
    if "*".starts_with(text) {
        return Rules::of(["*"]);
    }
    let not_carried =
        |why: &str| Rules::none(Code::OriginNotCarried, format!("the prefix {text:?} is not carried over: {why}"));
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        return not_carried("it is not a scheme and host; list the intended origins");
    };
    if rest.is_empty() {
        return Rules::of([&format!("{scheme}://*:*")]);
    }
    if let Some(host) = rest.strip_suffix(':') {
        return match Origin::parse(format!("{scheme}://{host}").as_bytes()) {
            Some(_) => any_port(scheme, host, &format!("the prefix {text:?}")),
            None => not_carried("it is not an origin; list the intended origins"),
        };
    }
    if rest.contains(':') || !is_whole_host(rest) {
        return not_carried(
            "it also matches hosts of other owners, and where the host ends cannot be seen; list the intended origins",
        );
    }
    let detail = format!(
        "the prefix {text:?} also matched hosts of other owners, such as {text}.evil.example; the rule covers {text} with any port"
    );
    Rules::of([&format!("{scheme}://{rest}:*")]).with(Code::Lookalikes, detail)
}

/// All origins that end with a text.
pub fn suffix(text: &str) -> Rules {
    if "*".ends_with(text) {
        return Rules::of(["*"]);
    }
    let what = format!("the suffix {text:?}");
    let mut found = Rules::default();
    if let Some((scheme, rest)) = text.split_once("://") {
        let scheme = if is_scheme(scheme) { scheme } else { "https" };
        found = exact_in_expression(&format!("{scheme}://{rest}"));
        if text.starts_with("://") {
            found.remarks.push(other_schemes(&what));
        }
    } else if let Some(domain) = text.strip_prefix('.').filter(|domain| is_domain(domain)) {
        found.rules.push(format!("https://*.{domain}"));
        found.remarks.push(other_schemes(&what));
    } else if is_domain(text) && text.contains('.') {
        found.rules = vec![format!("https://{text}"), format!("https://*.{text}")];
        found.remarks.push(other_schemes(&what));
        let detail = format!("{what} also matched hosts of other owners, such as evil{text}; they are left out");
        found.remarks.push(Remark::new(Code::Lookalikes, detail));
    }
    match found.rules.is_empty() {
        true => Rules::none(
            Code::OriginNotCarried,
            format!("{what} is not carried over: it does not begin where a label begins; list the intended origins"),
        ),
        false => found,
    }
}

/// All origins that contain a text.
pub fn contains(text: &str) -> Rules {
    if "*".contains(text) {
        return Rules::of(["*"]);
    }
    let detail = format!(
        "\"contains\" {text:?} is not carried over: any site can have this text in its host; list the intended origins"
    );
    Rules::none(Code::OriginNotCarried, detail)
}

/// The remark that only https is left.
pub fn other_schemes(what: &str) -> Remark {
    Remark::new(Code::OtherSchemes, format!("{what} matched every scheme; the rule covers https only"))
}

fn any_port(scheme: &str, host: &str, what: &str) -> Rules {
    let detail = format!("{what} wants a port; `:*` covers the origin without a port, too");
    Rules::of([&format!("{scheme}://{host}:*")]).with(Code::AnyPort, detail)
}

fn is_scheme(text: &str) -> bool {
    Origin::parse(format!("{text}://a").as_bytes()).is_some()
}

/// Whether a text is a domain and perhaps a port: `example.com:8443`.
fn is_domain(text: &str) -> bool {
    !text.starts_with(['.', '[']) && Origin::parse(format!("https://{text}").as_bytes()).is_some()
}

/// Whether a host looks complete, so that more characters behind it make it somebody else's.
pub fn is_whole_host(host: &str) -> bool {
    let is_host = || Origin::parse(format!("https://{host}").as_bytes()).is_some_and(|origin| origin.port().is_none());
    host.ends_with(|last: char| last.is_ascii_alphanumeric() || last == ']')
        && (host == "localhost" || host.contains('.') || host.starts_with('['))
        && is_host()
}

/// Leaves out rules that another covers with any port; what that one says about a missing port is then not true.
pub fn tidy_ports(mut found: Rules) -> Rules {
    let any_port: Vec<String> =
        found.rules.iter().filter_map(|rule| rule.strip_suffix(":*").map(str::to_owned)).collect();
    if !any_port.is_empty() && any_port.iter().all(|bare| found.rules.contains(bare)) {
        found.remarks.retain(|remark| remark.code != Code::AnyPort || !remark.detail.contains("without a port"));
    }
    let is_covered = |rule: &String| {
        any_port.iter().any(|bare| {
            rule.strip_prefix(bare.as_str()).is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
            })
        })
    };
    found.rules.retain(|rule| !is_covered(rule));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(rules: &Rules) -> Vec<Code> {
        rules.remarks.iter().map(|remark| remark.code).collect()
    }

    #[test]
    fn an_exact_origin_stays_as_it_is() {
        for text in ["https://app.example.com", "http://localhost:3000", "*", "null", "capacitor://localhost"] {
            assert_eq!(exact(text), Rules::of([text]));
        }
    }

    #[test]
    fn an_exact_origin_that_never_matched_is_respelled_or_left_out() {
        for (text, rules, code) in [
            ("https://App.example.com", vec!["https://app.example.com"], Code::OriginRespelled),
            ("https://app.example.com:443", vec!["https://app.example.com"], Code::OriginRespelled),
            ("https://app.example.com/", vec!["https://app.example.com"], Code::OriginRespelled),
            ("app.example.com", vec![], Code::NeverMatches),
            ("https://*.example.com", vec![], Code::NeverMatches),
            ("https://{a,b}.example.com", vec![], Code::NeverMatches),
        ] {
            let found = exact(text);
            assert_eq!(
                (found.rules.iter().map(String::as_str).collect(), codes(&found)),
                (rules, vec![code]),
                "{text}"
            );
        }
    }

    #[test]
    fn prefixes_and_suffixes_become_what_they_were_meant_to_be() {
        use Code::{AnyPort, Lookalikes, OriginNotCarried, OtherSchemes};
        type Case = (fn(&str) -> Rules, &'static str, &'static [&'static str], &'static [Code]);
        let cases: [Case; 15] = [
            (prefix, "http://localhost:", &["http://localhost:*"], &[AnyPort]),
            (prefix, "https://app.example.com", &["https://app.example.com:*"], &[Lookalikes]),
            (prefix, "https://", &["https://*:*"], &[]),
            (prefix, "https://app.", &[], &[OriginNotCarried]),
            (prefix, "https://app", &[], &[OriginNotCarried]),
            (prefix, "https://app.example.com:80", &[], &[OriginNotCarried]),
            (prefix, "http", &[], &[OriginNotCarried]),
            (prefix, "", &["*"], &[]),
            (suffix, ".example.com", &["https://*.example.com"], &[OtherSchemes]),
            (suffix, ".example.com:8443", &["https://*.example.com:8443"], &[OtherSchemes]),
            (suffix, "example.com", &["https://example.com", "https://*.example.com"], &[OtherSchemes, Lookalikes]),
            (suffix, "://example.com", &["https://example.com"], &[OtherSchemes]),
            (suffix, "http://example.com", &["http://example.com"], &[]),
            (suffix, "com", &[], &[OriginNotCarried]),
            (suffix, ".com/", &[], &[OriginNotCarried]),
        ];
        for (convert, text, rules, expected) in cases {
            let found = convert(text);
            assert_eq!(
                (found.rules.as_slice(), codes(&found).as_slice()),
                (&rules.iter().map(|rule| String::from(*rule)).collect::<Vec<_>>()[..], expected),
                "{text}"
            );
        }
    }
}
