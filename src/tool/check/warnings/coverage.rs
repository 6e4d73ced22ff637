//! Rules that do nothing, since another rule of the list covers all that they cover.

use super::super::policy::Rule;
use super::{Policy, Warnings, quote};
use cors::origin_rule::{HostPattern, OriginPattern, OriginRule, PortPattern};
use std::collections::HashMap;

pub fn find(policy: &Policy, warnings: &mut Warnings) {
    let index = Index::new(policy);
    for (at, rule) in policy.rules.iter().enumerate() {
        let Some(other) = index.covering(at, rule, policy) else { continue };
        let reason = match other.text == rule.text {
            true => format!("{} is the same rule", other.path),
            false => format!("{} ({}) covers all that it covers", quote(&other.text), other.path),
        };
        warnings.value("covered_rule", &rule.path, &quote(&rule.text), reason, "remove it");
    }
}

/// The rules of a policy by what they cover, so that a long list is not compared pair by pair.
#[derive(Default)]
struct Index<'a> {
    any: Option<usize>,
    /// The first rule of each text.
    texts: HashMap<&'a str, usize>,
    /// Exact rules for any port, by scheme and host.
    any_port: HashMap<(&'a str, &'a str), usize>,
    /// `*.example.com`, by scheme and `.example.com`.
    subdomains: HashMap<(&'a str, &'a str), Vec<usize>>,
    /// Other wildcards.
    globs: Vec<usize>,
}

impl<'a> Index<'a> {
    fn new(policy: &'a Policy) -> Self {
        let mut index = Index::default();
        for (at, rule) in policy.rules.iter().enumerate() {
            index.texts.entry(&rule.text).or_insert(at);
            match &rule.pattern {
                OriginRule::Any => index.any = index.any.or(Some(at)),
                OriginRule::Null => {}
                OriginRule::Pattern(pattern) => match &pattern.host {
                    HostPattern::Exact(host) if pattern.port == PortPattern::Any => {
                        index.any_port.entry((&pattern.scheme, host)).or_insert(at);
                    }
                    HostPattern::Exact(_) => {}
                    HostPattern::Suffix(tail) if tail.starts_with('.') => {
                        index.subdomains.entry((&pattern.scheme, tail)).or_default().push(at);
                    }
                    HostPattern::Suffix(_) | HostPattern::Glob { .. } => index.globs.push(at),
                },
            }
        }
        index
    }

    /// The first rule that covers all that this one covers.
    fn covering<'b>(&self, at: usize, rule: &Rule, policy: &'b Policy) -> Option<&'b Rule> {
        let number = match &rule.pattern {
            OriginRule::Any => self.texts.get(rule.text.as_str()).copied(),
            // `*` covers `null` as well.
            OriginRule::Null => self.any.or_else(|| self.texts.get(rule.text.as_str()).copied()),
            OriginRule::Pattern(pattern) => self.any.or_else(|| self.covering_origin(at, rule, pattern, policy)),
        };
        number.filter(|number| *number != at).and_then(|number| policy.rules.get(number))
    }

    fn covering_origin(&self, at: usize, rule: &Rule, pattern: &OriginPattern, policy: &Policy) -> Option<usize> {
        let same = self.texts.get(rule.text.as_str()).copied().filter(|same| *same < at);
        if same.is_some() {
            return same;
        }
        let covers = |number: &usize| {
            let other = policy.rules.get(*number).map(|rule| &rule.pattern);
            *number != at && matches!(other, Some(OriginRule::Pattern(other)) if covers(other, pattern))
        };
        let scheme = pattern.scheme.as_str();
        // Of wildcards, what all their hosts end in.
        let end = match &pattern.host {
            HostPattern::Exact(host) => {
                if let Some(number) = self.any_port.get(&(scheme, host)).filter(|number| covers(number)) {
                    return Some(*number);
                }
                host
            }
            HostPattern::Suffix(tail) | HostPattern::Glob { tail, .. } => tail,
        };
        let ends = end.match_indices('.').filter_map(|(dot, _)| end.get(dot..));
        let subdomains = ends.filter_map(|end| self.subdomains.get(&(scheme, end))).flatten();
        subdomains.chain(&self.globs).copied().filter(covers).min()
    }
}

/// Whether `a` covers every origin that `b` covers; no where that cannot be seen at once.
fn covers(a: &OriginPattern, b: &OriginPattern) -> bool {
    let is_port = a.port == PortPattern::Any || a.port == b.port;
    let is_host = || match (&a.host, &b.host) {
        (HostPattern::Exact(a), HostPattern::Exact(b)) => a == b,
        (HostPattern::Exact(_), _) => false,
        // A host with a dot at its end is an origin of its own, which no wildcard covers.
        (_, HostPattern::Exact(host))
            if host.ends_with('.') || !host.ends_with(|char: char| char.is_ascii_lowercase()) && is_address(host) =>
        {
            false
        }
        (HostPattern::Suffix(tail), HostPattern::Exact(host)) => {
            host.len() > tail.len() && host.ends_with(tail.as_str())
        }
        (HostPattern::Suffix(tail), HostPattern::Suffix(other)) => {
            other.len() > tail.len() && other.ends_with(tail.as_str())
        }
        (HostPattern::Suffix(tail), HostPattern::Glob { tail: other, .. }) => other.ends_with(tail.as_str()),
        (HostPattern::Glob { glob: Some(glob), .. }, HostPattern::Exact(host)) => glob.is_match(host.as_bytes()),
        (HostPattern::Glob { glob: None, head, tail }, HostPattern::Exact(host)) => {
            host.len() >= head.len() + tail.len() && host.starts_with(head.as_str()) && host.ends_with(tail.as_str())
        }
        (HostPattern::Glob { .. }, _) => false,
    };
    a.scheme == b.scheme && is_port && is_host()
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::paths_of;

    fn covered(rules: &str) -> Vec<String> {
        let paths = paths_of("covered_rule", &format!("{{\"allow_origins\": [{rules}]}}"));
        paths.iter().map(|path| path.trim_start_matches("allow_origins").to_owned()).collect()
    }

    #[test]
    fn a_rule_that_another_covers_is_doubtful() {
        assert_eq!(covered(r#""https://a.example.com", "https://*.example.com""#), ["[0]"]);
        assert_eq!(
            covered(r#""https://*.example.com", "https://*.a.example.com", "https://pr-*.b.example.com""#),
            ["[1]", "[2]"]
        );
        assert_eq!(covered(r#""https://a.example", "*", "https://*.b.example""#), ["[0]", "[2]"]);
        assert_eq!(covered(r#""https://a.example", "https://a.example""#), ["[1]"]);
        assert_eq!(covered(r#""http://localhost:*", "http://localhost:3000", "http://localhost""#), ["[1]", "[2]"]);
        assert_eq!(covered(r#""https://pr-7.p.example.com", "https://pr-*.p.example.com""#), ["[0]"]);
        assert_eq!(covered(r#""https://*.example.com:*", "https://a.example.com:8443""#), ["[1]"]);
    }

    #[test]
    fn rules_that_cover_something_of_their_own_are_not() {
        assert_eq!(covered(r#""https://example.com", "https://*.example.com""#), Vec::<String>::new());
        assert_eq!(covered(r#""http://a.example.com", "https://*.example.com""#), Vec::<String>::new());
        assert_eq!(covered(r#""https://a.example.com:8443", "https://*.example.com""#), Vec::<String>::new());
        assert_eq!(covered(r#""https://a.example.com:*", "https://*.example.com""#), Vec::<String>::new());
        assert_eq!(covered(r#""https://pr-*.example.com", "https://*-x.example.com""#), Vec::<String>::new());
        assert_eq!(covered(r#""https://notexample.com", "https://*.example.com""#), Vec::<String>::new());
    }

    #[test]
    fn a_long_list_is_compared_in_a_moment() {
        let rules: Vec<String> = (0..50_000).map(|number| format!("\"https://h{number}.example.com\"")).collect();
        assert!(covered(&rules.join(",")).is_empty());
        assert_eq!(covered(&(rules.join(",") + r#","https://*.example.com""#)).len(), 50_000);
    }
}
