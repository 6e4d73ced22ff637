//! Splits a command line into words as bash does, as far as "Copy as cURL" needs it: `'…'`, `"…"`, `$'…'`, backslashes,
//! and lines that go on behind a backslash. Nothing is expanded.

use super::Error;
use std::iter::Peekable;
use std::str::Chars;

/// The words of the first command, and the rest of the text behind a `;`, `&`, `|`, `>`, `<` or the end of its line.
pub fn split(text: &str) -> Result<(Vec<String>, String), Error> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.trim_start().chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\'' => push_single(word.get_or_insert_default(), &mut chars)?,
            '"' => push_double(word.get_or_insert_default(), &mut chars)?,
            '$' if chars.next_if_eq(&'\'').is_some() => push_ansi_c(word.get_or_insert_default(), &mut chars)?,
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some('\r') => _ = chars.next_if_eq(&'\n'),
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            ';' | '&' | '|' | '>' | '<' | '\n' => {
                words.extend(word.take());
                return Ok((words, chars.collect::<String>().trim().to_owned()));
            }
            ' ' | '\t' | '\r' => words.extend(word.take()),
            _ => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    Ok((words, String::new()))
}

fn push_single(word: &mut String, chars: &mut Peekable<Chars>) -> Result<(), Error> {
    loop {
        match chars.next() {
            Some('\'') => return Ok(()),
            Some(char) => word.push(char),
            None => return Err(Error::OpenQuote('\'')),
        }
    }
}

fn push_double(word: &mut String, chars: &mut Peekable<Chars>) -> Result<(), Error> {
    loop {
        match chars.next() {
            Some('"') => return Ok(()),
            Some('\\') => match chars.next() {
                Some('\n') => {}
                Some(escaped @ ('"' | '\\' | '$' | '`' | '!')) => word.push(escaped),
                Some(other) => word.extend(['\\', other]),
                None => return Err(Error::OpenQuote('"')),
            },
            Some(char) => word.push(char),
            None => return Err(Error::OpenQuote('"')),
        }
    }
}

fn push_ansi_c(word: &mut String, chars: &mut Peekable<Chars>) -> Result<(), Error> {
    loop {
        match chars.next() {
            Some('\'') => return Ok(()),
            Some('\\') => match chars.next() {
                Some('n') => word.push('\n'),
                Some('r') => word.push('\r'),
                Some('t') => word.push('\t'),
                Some('x') => push_code(word, chars, 'x', 2),
                Some('u') => push_code(word, chars, 'u', 4),
                Some('U') => push_code(word, chars, 'U', 8),
                Some(escaped @ ('\'' | '"' | '\\' | '?')) => word.push(escaped),
                Some(other) => word.extend(['\\', other]),
                None => return Err(Error::OpenQuote('\'')),
            },
            Some(char) => word.push(char),
            None => return Err(Error::OpenQuote('\'')),
        }
    }
}

/// A character by its number in hexadecimal digits. Half of a surrogate pair, as browsers write what is beyond U+FFFF, is
/// joined to the other half.
fn push_code(word: &mut String, chars: &mut Peekable<Chars>, letter: char, digits: usize) {
    let Some(code) = hexadecimal(chars, digits) else { return word.extend(['\\', letter]) };
    let mut ahead = chars.clone();
    let is_high = (0xd800..0xdc00).contains(&code);
    if is_high
        && ahead.next() == Some('\\')
        && ahead.next() == Some('u')
        && let Some(low @ 0xdc00..0xe000) = hexadecimal(&mut ahead, 4)
    {
        *chars = ahead;
        word.extend(char::from_u32(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)));
        return;
    }
    word.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
}

fn hexadecimal(chars: &mut Peekable<Chars>, digits: usize) -> Option<u32> {
    let mut code = None;
    for _ in 0..digits {
        let Some(digit) = chars.peek().and_then(|char| char.to_digit(16)) else { break };
        chars.next();
        code = Some(code.unwrap_or(0_u32).wrapping_shl(4) | digit);
    }
    code
}
