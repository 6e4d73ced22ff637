//! Where the characters of a string are written, for a document that is text inside of another.
//!
//! Blanks and line breaks are what YAML takes away (indentation) and changes (folding); all other characters keep their
//! order. So the characters that are not blank are paired one by one, and a run of blanks is paired as a whole.

use super::Span;
use super::node::{Node, Style, Value};

/// Maps parts of a string to parts of the text that it is written in.
#[derive(Debug, Clone)]
pub struct Offsets {
    /// Start and end of what each byte of the string belongs to; empty where only the whole is known.
    bytes: Vec<(usize, usize)>,
    whole: Span,
}

impl Offsets {
    /// The offsets of a string of `text`.
    pub fn of(node: &Node, text: &str) -> Self {
        let bytes = match &node.value {
            Value::Text(inner, style) => {
                let raw = text.get(node.span.clone()).unwrap_or_default();
                align(inner, &units(raw, *style)).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let from = node.span.start;
        let bytes = bytes.into_iter().map(|(start, end)| (start + from, end + from)).collect();
        Offsets { bytes, whole: node.span.clone() }
    }

    /// Where a part of the string is written; the whole string where it cannot be said more exactly.
    pub fn span(&self, inner: Span) -> Span {
        let last = inner.end.max(inner.start + 1) - 1;
        match (self.bytes.get(inner.start), self.bytes.get(last), self.bytes.last()) {
            (Some((start, _)), Some((_, end)), _) => *start..*end.max(start),
            // Behind the last character.
            (None, _, Some((_, end))) => *end..*end,
            _ => self.whole.clone(),
        }
    }
}

/// A character of a string as it is written: what it means, and where.
struct Unit {
    char: char,
    start: usize,
    end: usize,
}

/// The characters that a scalar is written with, escapes resolved, quotes left out.
fn units(raw: &str, style: Style) -> Vec<Unit> {
    let mut units = Vec::new();
    let skipped = match style {
        Style::DoubleQuoted | Style::SingleQuoted => 1,
        // The parser's span of a block begins behind its header.
        Style::Plain | Style::Block => 0,
    };
    let mut chars = raw.char_indices().skip_while(|(at, _)| *at < skipped).peekable();
    while let Some((start, char)) = chars.next() {
        let mut push = |char, end| units.push(Unit { char, start, end });
        let end = start + char.len_utf8();
        match (style, char) {
            (Style::DoubleQuoted, '"') => break,
            (Style::SingleQuoted, '\'') => match chars.next_if(|(_, next)| *next == '\'') {
                Some(_) => push('\'', end + 1),
                None => break,
            },
            (Style::DoubleQuoted, '\\') => {
                let Some((_, escape)) = chars.next() else { break };
                let digits = match escape {
                    'x' => 2,
                    'u' => 4,
                    'U' => 8,
                    _ => 0,
                };
                if digits > 0 {
                    let hex: String = chars.by_ref().take(digits).map(|(_, digit)| digit).collect();
                    let value = u32::from_str_radix(&hex, 16).unwrap_or_default();
                    // A half of a surrogate pair stays out: the pair is one character of the string.
                    push(char::from_u32(value).unwrap_or(SURROGATE), end + 1 + digits);
                } else if let Some(char) = resolve(escape) {
                    push(char, end + escape.len_utf8());
                }
            }
            _ => push(char, end),
        }
    }
    units
}

/// Stands for half of a surrogate pair.
const SURROGATE: char = '\u{fffd}';

/// What an escape of one character means; `None` for an escaped line break, which means nothing.
fn resolve(escape: char) -> Option<char> {
    Some(match escape {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        '\n' | '\r' => return None,
        _ => escape,
    })
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r')
}

/// Start and end of what each byte of `inner` belongs to; `None` where the two do not agree.
fn align(inner: &str, units: &[Unit]) -> Option<Vec<(usize, usize)>> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = units;
    let mut chars = inner.chars().peekable();
    while let Some(char) = chars.peek().copied() {
        let (blanks, behind) = rest.split_at_checked(run_length(rest.iter().map(|unit| unit.char)))?;
        if is_blank(char) {
            let run = run_length(chars.clone());
            for at in 0..run {
                chars.next();
                // The same number of blanks: none was taken away. Else the first of them is as near as can be said.
                let unit = if blanks.len() == run { blanks.get(at) } else { blanks.first() };
                let end = bytes.last().map_or(0, |(_, end)| *end);
                bytes.push(unit.map_or((end, end), |unit| (unit.start, unit.end)));
            }
            rest = behind;
            continue;
        }
        chars.next();
        // Blanks that the string does not have were indentation, or followed an escaped line break.
        let (unit, mut behind) = behind.split_first()?;
        let mut end = unit.end;
        if unit.char == SURROGATE && char != SURROGATE {
            let (second, rest) = behind.split_first().filter(|(second, _)| second.char == SURROGATE)?;
            (end, behind) = (second.end, rest);
        } else if unit.char != char {
            return None;
        }
        bytes.extend(std::iter::repeat_n((unit.start, end), char.len_utf8()));
        rest = behind;
    }
    Some(bytes)
}

fn run_length(chars: impl Iterator<Item = char>) -> usize {
    chars.take_while(|char| is_blank(*char)).count()
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    /// For each of the words, where it is found by way of the string `a`.
    fn places(text: &str, words: &[&str]) -> Vec<String> {
        let document = yaml::parse(text).unwrap().remove(0);
        let node = document.at(&["a"]).unwrap();
        let inner = node.text().unwrap();
        let offsets = Offsets::of(node, text);
        let place = |word: &&str| {
            let start = inner.find(*word).unwrap_or_else(|| panic!("{word} in {inner:?}"));
            text.get(offsets.span(start..start + word.len())).unwrap().to_owned()
        };
        words.iter().map(place).collect()
    }

    #[test]
    fn every_style_of_scalar_leads_back_to_the_text() {
        let words = ["\"x\"", "\"yü\"", "\"z z\"", "]"];
        for text in [
            "a: |\n  [\"x\",\n     \"yü\",\n\n  \"z z\"]\n",
            "b: 1\na: |2-\n     [\"x\",\n   \"yü\", \"z z\"]\n\n",
            "a: > # folded\n  [\"x\",\n  \"yü\",\n\n    \"z z\"]\n",
            "a: '[\"x\",\n   \"yü\",\n\n  \"z z\"]'\n",
            "a: |\r\n  [\"x\",\r\n  \"yü\",\r\n  \"z z\"]\r\n",
            "a:\n  ![\"x\",\n  \"yü\", \"z z\"]\n",
        ] {
            let text = &text.replace("![", "X [");
            assert_eq!(places(text, &words), words, "{text}");
        }
    }

    #[test]
    fn a_block_may_begin_with_any_character() {
        assert_eq!(places("a: |\n  |x\n  >y\n", &["|x", ">y"]), ["|x", ">y"]);
    }

    #[test]
    fn escapes_are_places_of_their_own() {
        let text = "a: \"[\\\"x\\\",\\n \\\"y\\u00fc\\\",\\\n   \\\"it''s \\ud83d\\ude00\\\"]\"\n";
        let words = ["\"x\"", "\"yü\"", "ü", "\"it''s 😀\"", "😀"];
        let expected = ["\\\"x\\\"", "\\\"y\\u00fc\\\"", "\\u00fc", "\\\"it''s \\ud83d\\ude00\\\"", "\\ud83d\\ude00"];
        assert_eq!(
            places(text, &words).iter().map(|place| place.trim_end_matches('"')).collect::<Vec<_>>(),
            expected.map(|place| place.trim_end_matches('"'))
        );
        assert_eq!(places("a: 'x''y'\n", &["'", "y"]), ["''", "y"]);
    }

    #[test]
    fn where_the_two_disagree_the_whole_is_the_place() {
        let node = Node { span: 2..6, value: Value::Text(String::from("other"), Style::Plain) };
        assert_eq!(Offsets::of(&node, "a: text").span(1..2), 2..6);
    }
}
