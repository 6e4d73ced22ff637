//! Rules that cover more than their author may think: wildcards over public suffixes, plain http.

use super::{Policy, Severity, Warnings, quote};
use cors::origin_rule::{HostPattern, OriginPattern};
use document::origin_rule;
use document::switches::Switch;

pub fn find(policy: &Policy, warnings: &mut Warnings) {
    let allowed = policy.written.dangerously_allow;
    for (rule, pattern) in policy.origins() {
        let is_refused = origin_rule::is_broad(pattern) && !allowed.contains(Switch::BroadPatterns);
        if let Some(suffix) = public_suffix(&rule.text, pattern).filter(|_| !is_refused) {
            let is_error = policy.written.allow_credentials && !allowed.contains(Switch::BroadPatterns);
            let severity = if is_error { Severity::Error } else { Severity::Warning };
            let reason = format!(
                "anyone can get a name under {suffix}, which is a public suffix: the rule covers other people's hosts"
            );
            let mut remedy =
                format!("write a rule under a name of your own, such as {}", quote(&example(pattern, suffix)));
            if is_error {
                remedy += ", leave out allow_credentials, or list \"broad_patterns\" in dangerously_allow";
            }
            warnings.push(severity, "public_suffix", &rule.path, &quote(&rule.text), reason, remedy);
        }
        if origin_rule::is_insecure(pattern) && !policy.written.allow_credentials {
            warnings.value(
                "plain_http",
                &rule.path,
                &quote(&rule.text),
                "anyone on the network path can put scripts into a page that is loaded over plain http, and read what it reads",
                "write https://, or keep the rule if the responses are public",
            );
        }
    }
}

fn example(pattern: &OriginPattern, suffix: &str) -> String {
    format!("{}://*.my-name.{suffix}", pattern.scheme)
}

/// The public suffix under which a rule covers every name.
pub(super) fn public_suffix<'a>(text: &str, pattern: &'a OriginPattern) -> Option<&'a str> {
    let tail = match &pattern.host {
        HostPattern::Exact(_) => return None,
        HostPattern::Suffix(tail) => tail,
        HostPattern::Glob { tail, .. } => tail,
    };
    // What stands before the first dot belongs to the label of the wildcard.
    let (_, name) = tail.split_once('.')?;
    let suffix =
        psl::suffix(name.as_bytes()).filter(|suffix| suffix.is_known() && suffix.as_bytes().len() == name.len());
    suffix.filter(|_| !is_list_of_names(text, tail)).map(|_| name)
}

/// Whether the last wildcard before `tail` is a list of names, such as `{app,admin}`, which covers no stranger's.
fn is_list_of_names(text: &str, tail: &str) -> bool {
    let front = text.rfind(tail).and_then(|at| text.get(..at)).unwrap_or_default();
    let label = front.rfind("://").and_then(|at| front.get(at + 3..)).unwrap_or(front);
    label.starts_with('{')
        && label.ends_with('}')
        && !label.contains(['*', '?', '['])
        && label.matches('{').count() == 1
}

#[cfg(test)]
mod tests {
    use super::super::paths_of;
    use crate::check::{Severity, check};
    use crate::source::Source;

    #[test]
    fn a_wildcard_over_a_public_suffix_is_doubtful() {
        let rules = r#"["https://*.github.io", "https://*.co.uk", "https://pr-*.github.io", "https://*-x.vercel.app",
            "https://me.github.io", "https://*.me.github.io", "https://*.example.co.uk", "https://*.a.internal",
            "https://{a,b}.github.io", "https://*.example.com"]"#;
        let text = format!("{{\"allow_origins\": {rules}}}");
        let expected = ["allow_origins[0]", "allow_origins[1]", "allow_origins[2]", "allow_origins[3]"];
        assert_eq!(paths_of("public_suffix", &text), expected);
    }

    #[test]
    fn it_is_an_error_with_credentials_unless_broad_patterns_are_allowed() {
        let severities = |rest: &str| -> Vec<Severity> {
            let text = format!("{{\"allow_origins\": [\"https://*.co.uk\"]{rest}}}");
            let findings = check(Source::new("a", &text)).findings.into_iter();
            findings.filter(|finding| finding.code == "public_suffix").map(|finding| finding.severity).collect()
        };
        assert_eq!(severities(""), [Severity::Warning]);
        assert_eq!(severities(", \"allow_credentials\": true"), [Severity::Error]);
        let allowed = ", \"allow_credentials\": true, \"dangerously_allow\": [\"broad_patterns\"]";
        assert_eq!(severities(allowed), [Severity::Warning]);
    }

    #[test]
    fn plain_http_without_credentials_is_doubtful_but_for_this_machine() {
        let text =
            r#"{"allow_origins": ["http://a.example", "http://localhost:*", "http://127.0.0.1", "https://b.example"]}"#;
        assert_eq!(paths_of("plain_http", text), ["allow_origins[0]"]);
        let credentials = text.replace('}', r#", "allow_credentials": true}"#);
        assert!(paths_of("plain_http", &credentials).is_empty(), "it is refused there");
    }
}
