//! Names that look like other names: labels of mixed scripts, and labels that look like those of another rule.

use super::{Policy, Warnings, quote};
use cors::origin_rule::HostPattern;
use std::collections::HashMap;
use unicode_security::{MixedScript, skeleton};

pub fn find(policy: &Policy, warnings: &mut Warnings) {
    // What each rule's host looks like, with the first rule of that look.
    let mut looks: HashMap<String, (&str, String)> = HashMap::new();
    for (rule, pattern) in policy.origins() {
        let host = match &pattern.host {
            HostPattern::Exact(host) => host,
            HostPattern::Suffix(tail) | HostPattern::Glob { tail, .. } => tail,
        };
        let (unicode, decoded) = idna::domain_to_unicode(host);
        let is_unicode = decoded.is_ok() && !unicode.is_ascii();
        if let Some(label) = unicode.split('.').find(|label| is_unicode && !label.is_single_script()) {
            warnings.value(
                "mixed_scripts",
                &rule.path,
                &quote(&rule.text),
                format!("the label {} mixes letters of several scripts, as names do that imitate others", shown(label)),
                "check that this is the name you mean, and remove the rule if it is not",
            );
        }
        let look: String = skeleton(&unicode).collect();
        match looks.get(&look) {
            // Either may be the imitation.
            Some((path, other)) if *other != unicode && (is_unicode || !other.is_ascii()) => warnings.value(
                "look_alike",
                &rule.path,
                &quote(&rule.text),
                format!("{} looks like {} of {path}, but is another name", shown(&unicode), shown(other)),
                "check which of the two you mean, and remove the other",
            ),
            Some(_) => {}
            None => {
                looks.insert(look, (&rule.path, unicode));
            }
        }
    }
}

/// A name with the code points that are not ASCII: its letters alone would show nothing.
fn shown(name: &str) -> String {
    let points: Vec<String> =
        name.chars().filter(|char| !char.is_ascii()).map(|char| format!("U+{:04X}", u32::from(char))).collect();
    match points.is_empty() {
        true => quote(name),
        false => format!("{} ({})", quote(name), points.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::paths_of;

    fn text(hosts: &[&str]) -> String {
        let rules: Vec<String> =
            hosts.iter().map(|host| format!("\"https://{}\"", idna::domain_to_ascii(host).unwrap())).collect();
        format!("{{\"allow_origins\": [{}]}}", rules.join(", "))
    }

    #[test]
    fn a_label_of_mixed_scripts_is_doubtful() {
        // The second a is Cyrillic; then names wholly of one script, Japanese (which has three) among them.
        let text = text(&["pаypal.example", "bücher.example", "пример.example", "日本語かな.example", "a.example"]);
        assert_eq!(paths_of("mixed_scripts", &text), ["allow_origins[0]"]);
    }

    #[test]
    fn a_name_that_looks_like_another_rule_s_is_doubtful() {
        // All Cyrillic, next to Latin.
        let text = text(&["ace.example", "асе.example", "ace.example", "b.example"]);
        assert_eq!(paths_of("look_alike", &text), ["allow_origins[1]"]);
        let same = self::text(&["асе.example", "асе.example"]);
        assert!(paths_of("look_alike", &same).is_empty());
    }
}
