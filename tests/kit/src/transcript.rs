//! Curl commands and their output as the documentation shows them, parsed so that tests can run them.

use crate::client::{self, Response};
use crate::corpus::is_watched;
use std::net::SocketAddr;

/// A curl command and the response below it.
#[derive(Debug)]
pub struct Transcript {
    pub line: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    expected: Vec<String>,
}

/// The transcripts in a text: each is a line that starts with `$ curl` (after blanks and `#`), with the response lines
/// that follow it up to an empty line or the next command.
pub fn parse(text: &str) -> Vec<Transcript> {
    let mut transcripts: Vec<Transcript> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '#']).trim_end();
        if let Some(command) = line.strip_prefix("$ curl ") {
            transcripts.push(parse_command(line, command));
            open = true;
        } else if line.is_empty() || line.starts_with("```") {
            open = false;
        } else if open && let Some(transcript) = transcripts.last_mut() {
            transcript.expected.push(line.to_owned());
        }
    }
    transcripts
}

fn parse_command(line: &str, command: &str) -> Transcript {
    let mut words = split(command).into_iter();
    let (mut method, mut path, mut headers) = (String::from("GET"), String::new(), Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" => method = words.next().expect("a method"),
            "-H" => {
                let header = words.next().expect("a header");
                let (name, value) = header.split_once(':').expect("a colon");
                headers.push((name.to_owned(), value.trim().to_owned()));
            }
            url if url.starts_with("http://") => path = url.splitn(4, '/').nth(3).unwrap_or_default().to_owned(),
            _ => {}
        }
    }
    Transcript { line: line.to_owned(), method, path: format!("/{path}"), headers, expected: Vec::new() }
}

/// The words of a command; only single quotes are understood, which is what our documentation uses.
fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in command.split('\'').enumerate() {
        if at % 2 == 1 { words.push(part.to_owned()) } else { words.extend(part.split_whitespace().map(str::to_owned)) }
    }
    words
}

impl Transcript {
    /// Runs the command against `to` and compares the status, every header that is shown, and their order; no other
    /// watched header may be present.
    pub fn check(&self, to: SocketAddr) {
        let host = (String::from("host"), String::from("127.0.0.1:10000"));
        let own_host = self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
        let headers = self.headers.iter().chain((!own_host).then_some(&host));
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.clone().into_bytes(), value.clone().into_bytes())).collect();
        let response = client::send(to, &self.method, &self.path, &headers);
        let (status, shown) = self.expected.split_first().expect("a response below the command");
        assert_eq!(status.split(' ').nth(1), Some(response.status.to_string().as_str()), "{}: {response:?}", self.line);
        for line in shown.iter().filter(|line| !line.starts_with("date:")) {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a header: {line}"));
            assert_eq!(response.header(name).as_deref(), Some(value), "{}: {name}", self.line);
        }
        self.check_nothing_is_missing(&response, shown);
        let names = shown.iter().filter_map(|line| line.split_once(": ").map(|(name, _)| name));
        let came = response.headers.iter().map(|(name, _)| String::from_utf8_lossy(name));
        let came: Vec<_> = came.filter(|name| names.clone().any(|shown| shown == name)).collect();
        assert_eq!(names.collect::<Vec<_>>(), came, "{}: the order", self.line);
    }

    fn check_nothing_is_missing(&self, response: &Response, shown: &[String]) {
        for (name, value) in response.headers.iter().filter(|(name, _)| is_watched(name)) {
            let start = format!("{}:", String::from_utf8_lossy(name));
            let value = String::from_utf8_lossy(value);
            assert!(shown.iter().any(|line| line.starts_with(&start)), "{}: {start} {value} is not shown", self.line);
        }
    }
}
