//! curl command lines: none panics, and words that are quoted for bash come back as they were.

use tool::curl::{Command, split};
use tool::page_request::{Known, copied, described};

/// Reads the input as a command line, and takes its lines for words to quote.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    if let Ok(command) = Command::parse(text) {
        assert!(!command.method.is_empty() || text.contains("-X") || text.contains("--request"), "there is a method");
        for (name, _) in &command.headers {
            assert_eq!(*name, name.trim().to_ascii_lowercase(), "a name is in lower case, without space around it");
            assert!(!name.is_empty(), "a name is not empty");
        }
        for page in [None, Some("https://app.example.com"), Some("null")] {
            let known = Known { page, ..Known::default() };
            for request in [copied(&command, &known), described(&command, &known)].into_iter().flatten() {
                assert!(matches!(request.request.url.scheme(), "http" | "https"), "a page requests a web address");
            }
        }
    }
    let words: Vec<&str> = text.split('\n').collect();
    let quotings: [fn(&str) -> String; 3] = [single, double, ansi_c];
    for quote in quotings {
        let line: Vec<String> = words.iter().map(|word| quote(word)).collect();
        let (back, rest) = split(&line.join(" \\\n ")).expect("every quote is closed");
        assert_eq!(back, words, "{line:?}");
        assert_eq!(rest, "", "{line:?}");
    }
}

fn single(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn double(word: &str) -> String {
    let mut quoted = String::from("\"");
    for char in word.chars() {
        if matches!(char, '"' | '\\' | '$' | '`') {
            quoted.push('\\');
        }
        quoted.push(char);
    }
    quoted.push('"');
    quoted
}

/// As browsers quote what is not plain: `$'…'`.
fn ansi_c(word: &str) -> String {
    let mut quoted = String::from("$'");
    for char in word.chars() {
        match char {
            '\'' | '\\' => quoted.extend(['\\', char]),
            '!' | '\0'..='\x1f' | '\x7f'..=char::MAX => {
                let mut units = [0; 2];
                char.encode_utf16(&mut units).iter().for_each(|unit| quoted.push_str(&format!("\\u{unit:04x}")));
            }
            _ => quoted.push(char),
        }
    }
    quoted.push('\'');
    quoted
}
