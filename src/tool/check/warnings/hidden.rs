//! Policies that decide nothing, since an earlier one matches all of their requests.

use super::{Policy, Warnings, quote};
use cors::match_rule::{Match, TextRule};
use document::match_rule::compile_match;

pub fn find(policies: &[Policy], warnings: &mut Warnings) {
    let mut problems = Vec::new();
    let matches: Vec<Match> =
        policies.iter().map(|policy| compile_match(&policy.written.matches, &mut problems)).collect();
    // A match with a problem is not what its author means: nothing is said before it is right.
    if !problems.is_empty() {
        return;
    }
    for (at, policy) in policies.iter().enumerate() {
        let Some(own) = matches.get(at) else { continue };
        let earlier = policies.iter().zip(&matches).take(at).find(|(_, earlier)| covers(earlier, own));
        if let Some((earlier, _)) = earlier {
            warnings.value(
                "hidden_policy",
                &policy.written.path,
                &quote(&policy.written.name.text),
                format!(
                    "{} ({}) comes first and matches every request that this policy matches",
                    earlier.written.path,
                    quote(&earlier.written.name.text)
                ),
                "put this policy before the other, give the other a narrower match, or remove this policy",
            );
        }
    }
}

/// Whether `a` matches every request that `b` matches; no where that cannot be seen at once.
fn covers(a: &Match, b: &Match) -> bool {
    covers_kind(a.hosts.as_deref(), b.hosts.as_deref(), covers_text)
        && covers_kind(a.paths.as_deref(), b.paths.as_deref(), covers_text)
        && covers_kind(a.route_names.as_deref(), b.route_names.as_deref(), |a, b| a == b)
}

fn covers_kind<T>(a: Option<&[T]>, b: Option<&[T]>, covers: fn(&T, &T) -> bool) -> bool {
    match (a, b) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(a), Some(b)) => b.iter().all(|b| a.iter().any(|a| covers(a, b))),
    }
}

fn covers_text(a: &TextRule, b: &TextRule) -> bool {
    match (a, b) {
        (TextRule::Exact(a), TextRule::Exact(b)) => a == b,
        (TextRule::Exact(_), _) => false,
        // What is literal at both ends says it all.
        (TextRule::Glob { glob: None, head, tail }, TextRule::Exact(text)) => {
            text.len() >= head.len() + tail.len() && text.starts_with(head.as_str()) && text.ends_with(tail.as_str())
        }
        (TextRule::Glob { glob: Some(glob), .. }, TextRule::Exact(text)) => glob.is_match(text.as_bytes()),
        (TextRule::Glob { glob: None, head, tail }, TextRule::Glob { head: other_head, tail: other_tail, .. }) => {
            other_head.starts_with(head.as_str()) && other_tail.ends_with(tail.as_str())
        }
        (TextRule::Glob { glob: Some(a), .. }, TextRule::Glob { glob: Some(b), .. }) => {
            // The same glob; others are not compared.
            a == b
        }
        (TextRule::Glob { glob: Some(_), .. }, TextRule::Glob { glob: None, .. }) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::paths_of;

    /// Which policies with these matches are hidden.
    fn hidden(matches: &[&str]) -> Vec<String> {
        let policies: Vec<String> = matches
            .iter()
            .enumerate()
            .map(|(at, text)| {
                let matches = if text.is_empty() { String::new() } else { format!(", \"match\": {text}") };
                format!("{{\"name\": \"p{at}\", \"allow_origins\": [\"*\"]{matches}}}")
            })
            .collect();
        paths_of("hidden_policy", &format!("{{\"policies\": [{}]}}", policies.join(", ")))
    }

    #[test]
    fn a_policy_behind_one_that_matches_all_of_its_requests_is_doubtful() {
        assert_eq!(hidden(&["", r#"{"hosts": ["a.example"]}"#]), ["policies[1]"]);
        assert_eq!(
            hidden(&[r#"{"hosts": ["*.a.example"]}"#, r#"{"hosts": ["b.a.example", "*.c.a.example"]}"#]),
            ["policies[1]"]
        );
        assert_eq!(
            hidden(&[r#"{"paths": ["/a/**"]}"#, r#"{"paths": ["/a/b", "/a/*/c"], "hosts": ["a.example"]}"#]),
            ["policies[1]"]
        );
        assert_eq!(hidden(&[r#"{"route_names": ["a", "b"]}"#, r#"{"route_names": ["b"]}"#]), ["policies[1]"]);
        assert_eq!(
            hidden(&[r#"{"paths": ["/*/x"]}"#, r#"{"paths": ["/*/x"]}"#, r#"{"paths": ["/a/x"]}"#]),
            ["policies[1]", "policies[2]"]
        );
        let off = r#"{"policies": [{"name": "a", "enabled": false}, {"name": "b", "allow_origins": ["*"]}]}"#;
        assert_eq!(paths_of("hidden_policy", off), ["policies[1]"]);
    }

    #[test]
    fn a_policy_that_has_requests_of_its_own_is_not() {
        let none = Vec::<String>::new();
        assert_eq!(hidden(&[r#"{"hosts": ["a.example"]}"#, ""]), none);
        assert_eq!(hidden(&[r#"{"hosts": ["*.a.example"]}"#, r#"{"hosts": ["a.example"]}"#]), none);
        assert_eq!(hidden(&[r#"{"hosts": ["a.example"], "paths": ["/a/**"]}"#, r#"{"hosts": ["a.example"]}"#]), none);
        assert_eq!(hidden(&[r#"{"paths": ["/a/**"]}"#, r#"{"paths": ["/a/b", "/b"]}"#]), none);
        assert_eq!(hidden(&[r#"{"paths": ["/a/*"]}"#, r#"{"paths": ["/a/**"]}"#]), none);
        assert_eq!(hidden(&[r#"{"route_names": ["a"]}"#, r#"{"route_names": ["a", "b"]}"#]), none);
    }
}
