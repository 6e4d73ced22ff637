//! Values as problems show them.

/// How much of a wrong value is quoted, in characters.
const MAX_QUOTED_CHARS: usize = 120;

/// A string between quotes, cut where it is long, and without anything that could break a line of a log.
pub fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for (count, char) in text.chars().enumerate() {
        if count == MAX_QUOTED_CHARS {
            return quoted + "…\"";
        }
        match char {
            '\'' => quoted.push(char),
            _ => quoted.extend(char.escape_debug()),
        }
    }
    quoted + "\""
}

/// Texts as a list, the last two joined by `last`, each put by `write`.
pub(crate) fn enumerate(texts: &[&str], last: &str, write: fn(&str) -> String) -> String {
    let mut list = String::new();
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            list.push_str(if at + 1 == texts.len() { last } else { ", " });
        }
        list.push_str(&write(text));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_value_cannot_break_the_log() {
        assert_eq!(quote("a\r\nb\"\u{7f}\u{202e}it's"), r#""a\r\nb\"\u{7f}\u{202e}it's""#);
        assert_eq!(quote(&"ü".repeat(200)), format!("\"{}…\"", "ü".repeat(120)));
    }

    #[test]
    fn lists_read_as_in_a_sentence() {
        assert_eq!(enumerate(&["a"], " or ", quote), r#""a""#);
        assert_eq!(enumerate(&["a", "b", "c"], " or ", quote), r#""a", "b" or "c""#);
    }
}
