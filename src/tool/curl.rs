//! A curl command line, as browsers' network panels give it by "Copy as cURL (bash)".
//!
//! What is not known is named in [`Command::notes`], and the rest is used.

mod options;
mod words;

pub use words::split;

use self::options::{Meaning, meaning};
use std::fmt;

/// A curl command line, understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Command {
    /// The URL, as it is written.
    pub url: String,
    /// The method.
    pub method: String,
    /// The header lines, in order: names in lower case, with those that curl derives from `-b`, `-d`, `--json` and others.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// `-k`: certificates are not verified.
    pub insecure: bool,
    /// The values of `--resolve`.
    pub resolve: Vec<String>,
    /// What could not be used, in words.
    pub notes: Vec<String>,
}

/// Why a command line cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// A quotation mark is not closed.
    OpenQuote(char),
    /// There is no URL.
    NoUrl,
    /// An option lacks its value.
    NoValue(String),
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::OpenQuote(quote) => write!(out, "the curl command has a {quote} that is not closed; copy it again"),
            Error::NoUrl => {
                out.write_str("the curl command has no URL; write it as in curl 'https://api.example.com/'")
            }
            Error::NoValue(option) => write!(out, "{option} of the curl command lacks its value; copy it again"),
        }
    }
}

impl Command {
    /// Reads a command line as text: quoted for bash, over one line or several.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (words, rest) = split(text)?;
        let mut command = Command::from_words(&words)?;
        if !rest.is_empty() {
            command.notes.push(format!("not used: what follows the curl command, {rest:?}"));
        }
        Ok(command)
    }

    /// Reads a command line that a shell has split already; the word `curl` may stand at its beginning.
    pub fn from_words<S: AsRef<str>>(words: &[S]) -> Result<Self, Error> {
        let mut words = words.iter().map(AsRef::as_ref).peekable();
        words.next_if(|word| *word == "curl" || word.ends_with("/curl"));
        let mut reader = Reader::default();
        let mut options_end = false;
        while let Some(word) = words.next() {
            if options_end || !word.starts_with('-') || word == "-" {
                reader.arguments.push(word.to_owned());
            } else if word == "--" {
                options_end = true;
            } else if word.starts_with("--") {
                reader.option(word, || words.next().map(str::to_owned))?;
            } else {
                reader.short_options(word, || words.next().map(str::to_owned))?;
            }
        }
        reader.finish()
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice())
    }
}

/// A command line that is being read.
#[derive(Default)]
struct Reader {
    command: Command,
    method: Option<String>,
    is_head: bool,
    is_get: bool,
    is_json: bool,
    is_form: bool,
    data: Vec<Vec<u8>>,
    cookies: Vec<String>,
    removed: Vec<String>,
    arguments: Vec<String>,
}

impl Reader {
    /// Several options in one word: `-sk`, `-XPUT`.
    fn short_options(&mut self, word: &str, mut next: impl FnMut() -> Option<String>) -> Result<(), Error> {
        let mut rest = word.chars();
        rest.next();
        while let Some(letter) = rest.next() {
            let attached = rest.as_str();
            let takes_value = meaning(&format!("-{letter}")).is_some_and(Meaning::takes_value);
            if takes_value && !attached.is_empty() {
                return self.option(&format!("-{letter}"), || Some(attached.to_owned()));
            }
            self.option(&format!("-{letter}"), &mut next)?;
        }
        Ok(())
    }

    fn option(&mut self, option: &str, mut next: impl FnMut() -> Option<String>) -> Result<(), Error> {
        let Some(meaning) = meaning(option) else {
            self.command.notes.push(format!("not used: the curl option {option}"));
            return Ok(());
        };
        let mut value = String::new();
        if meaning.takes_value() {
            value = next().ok_or_else(|| Error::NoValue(option.to_owned()))?;
        }
        self.apply(option, meaning, value);
        Ok(())
    }

    fn apply(&mut self, option: &str, meaning: Meaning, value: String) {
        match meaning {
            Meaning::Request => self.method = Some(value),
            Meaning::Head => self.is_head = true,
            Meaning::Get => self.is_get = true,
            Meaning::Url => self.arguments.insert(0, value),
            Meaning::Header => self.header(&value),
            Meaning::HeaderNamed(name) => self.push(name, value.into_bytes()),
            Meaning::Range => self.push("range", format!("bytes={value}").into_bytes()),
            Meaning::Bearer => self.push("authorization", format!("Bearer {value}").into_bytes()),
            Meaning::Cookie if value.contains('=') => self.cookies.push(value),
            Meaning::Cookie => self.note(format!("not read: the cookies of the file {value:?}")),
            Meaning::Data if value.starts_with('@') => {
                self.note(format!("not read: the body in the file {:?}", value.get(1..).unwrap_or_default()));
                self.data.push(Vec::new());
            }
            Meaning::Data | Meaning::DataRaw => self.data.push(value.into_bytes()),
            Meaning::Json => {
                self.is_json = true;
                self.data.push(value.into_bytes());
            }
            Meaning::Form => {
                self.is_form = true;
                self.data.push(Vec::new());
            }
            Meaning::Insecure => self.command.insecure = true,
            Meaning::Resolve => self.command.resolve.push(value),
            Meaning::Nothing | Meaning::NothingWithValue => {}
            Meaning::UnusedWithValue => self.note(format!("not used: the curl option {option} {value}")),
        }
    }

    /// `-H`: `Name: value`, `Name;` for an empty value, `Name:` to leave out what curl would send.
    fn header(&mut self, text: &str) {
        match (text.split_once(':'), text.strip_suffix(';')) {
            (Some((name, value)), _) if !name.trim().is_empty() => {
                let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
                match (value.is_empty(), name.as_str()) {
                    (true, _) => self.removed.push(name),
                    (false, "cookie") => self.cookies.push(value.to_owned()),
                    (false, _) => self.push(&name, value.as_bytes().to_vec()),
                }
            }
            (None, Some(name)) if !name.trim().is_empty() => {
                self.push(&name.trim().to_ascii_lowercase(), Vec::new());
            }
            _ => self.note(format!("not used: -H {text:?} is not a header")),
        }
    }

    fn push(&mut self, name: &str, value: Vec<u8>) {
        self.command.headers.push((name.to_owned(), value));
    }

    /// A header that curl sends of itself, unless the command sets or removes it.
    fn push_default(&mut self, name: &str, value: &[u8]) {
        if self.command.header(name).is_none() && !self.removed.iter().any(|removed| removed == name) {
            self.push(name, value.to_vec());
        }
    }

    fn note(&mut self, note: String) {
        self.command.notes.push(note);
    }

    fn finish(mut self) -> Result<Command, Error> {
        let has_data = !self.data.is_empty();
        if !self.cookies.is_empty() {
            let cookies = self.cookies.join("; ").into_bytes();
            self.push("cookie", cookies);
        }
        if self.is_json {
            self.push_default("content-type", b"application/json");
            self.push_default("accept", b"application/json");
        } else if self.is_form {
            self.push_default("content-type", b"multipart/form-data; boundary=form");
        } else if has_data && !self.is_get {
            self.push_default("content-type", b"application/x-www-form-urlencoded");
        }
        // What follows an unknown option may be its value: a URL is recognised by its scheme where one has it.
        let at = self.arguments.iter().position(|word| word.contains("://")).unwrap_or(0);
        if self.arguments.is_empty() {
            return Err(Error::NoUrl);
        }
        self.command.url = self.arguments.remove(at);
        for word in std::mem::take(&mut self.arguments) {
            self.note(format!("not used: {word:?} in the curl command"));
        }
        let separator: &[u8] = if self.is_json { b"" } else { b"&" };
        let body = self.data.join(separator);
        if self.is_get && has_data {
            let query = String::from_utf8_lossy(&body).into_owned();
            self.command.url.push(if self.command.url.contains('?') { '&' } else { '?' });
            self.command.url.push_str(&query);
        } else if has_data {
            self.command.body = Some(body);
        }
        let method = if self.is_head {
            "HEAD"
        } else if has_data && !self.is_get {
            "POST"
        } else {
            "GET"
        };
        self.command.method = self.method.unwrap_or_else(|| method.to_owned());
        Ok(self.command)
    }
}
