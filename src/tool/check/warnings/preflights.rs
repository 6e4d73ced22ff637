//! Methods, headers and cache time that do not work as they look.

use super::{Policy, Warnings, quote};

/// The longest time for which Chromium keeps a preflight's answer, in seconds.
const CHROMIUM_MAX_AGE: u32 = 7200;

pub fn find(policy: &Policy, warnings: &mut Warnings) {
    let written = &policy.written;
    let has_patch = written.allow_methods.iter().any(|method| method.text == "PATCH");
    for method in &written.allow_methods {
        if method.text != "PATCH" && method.text.eq_ignore_ascii_case("PATCH") && !has_patch {
            warnings.value(
                "lower_case_patch",
                &method.path,
                &quote(&method.text),
                "methods are case-sensitive, and browsers do not convert patch to upper case: a page that sends PATCH is refused",
                "write \"PATCH\", and method: \"PATCH\" in the page's fetch",
            );
        }
    }
    if let Some(seconds) = written.max_age.filter(|seconds| *seconds > CHROMIUM_MAX_AGE) {
        warnings.value(
            "long_max_age",
            &policy.path_of("max_age"),
            &seconds.to_string(),
            format!("Chromium caches a preflight for {CHROMIUM_MAX_AGE} seconds at most, whatever is sent"),
            format!("write {CHROMIUM_MAX_AGE}, or keep it for Firefox, which caches for up to a day"),
        );
    }
    if written.allow_credentials {
        let lists = [("method", &written.allow_methods), ("header", &written.allow_headers)];
        for (what, list) in lists {
            for item in list.iter().filter(|item| item.text == "*") {
                warnings.value(
                    "any_with_credentials",
                    &item.path,
                    "\"*\"",
                    format!("with credentials browsers take * literally, so the filter echoes whatever {what} a page asks for: every {what} is allowed on requests that carry cookies"),
                    format!("list each {what} that pages use"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::paths_of;

    fn text(rest: &str) -> String {
        format!("{{\"allow_origins\": [\"https://a.example\"], {rest}}}")
    }

    #[test]
    fn patch_in_lower_case_is_doubtful() {
        assert_eq!(paths_of("lower_case_patch", &text(r#""allow_methods": ["put", "patch"]"#)), ["allow_methods[1]"]);
        assert!(paths_of("lower_case_patch", &text(r#""allow_methods": ["patch", "PATCH"]"#)).is_empty());
        assert!(paths_of("lower_case_patch", &text(r#""allow_methods": ["delete", "PATCH"]"#)).is_empty());
    }

    #[test]
    fn a_max_age_that_chromium_cuts_is_doubtful() {
        assert_eq!(paths_of("long_max_age", &text(r#""max_age": 7201"#)), ["max_age"]);
        assert!(paths_of("long_max_age", &text(r#""max_age": 7200"#)).is_empty());
    }

    #[test]
    fn any_method_or_header_with_credentials_is_doubtful() {
        let lists = r#""allow_methods": ["*"], "allow_headers": ["x-a", "*"]"#;
        let with = text(&format!("{lists}, \"allow_credentials\": true"));
        assert_eq!(paths_of("any_with_credentials", &with), ["allow_methods[0]", "allow_headers[1]"]);
        assert!(paths_of("any_with_credentials", &text(lists)).is_empty());
    }
}
