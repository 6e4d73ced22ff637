//! Response heads that somebody pasted, judged by the doctor: no text panics, and a report is text or JSON.

use clap::Parser;
use tool::doctor::{Arguments, examine};

/// A command line of the doctor.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// Requests that need a preflight and some that need none.
const LINES: [&str; 3] = [
    "doctor https://api.example.com/ --page https://app.example.com",
    "doctor https://api.example.com/ --page https://app.example.com -X PUT -H x-a:1 -b a=1 --format json",
    "doctor https://api.example.com/ --page null -X POST -H content-type:application/json",
];

/// Examines the input.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    thread_local!(static PARSED: [Line; 3] = LINES.map(parse));
    PARSED.with(|lines| {
        for line in lines {
            if let Ok(report) = examine(&line.arguments, "text", text) {
                assert!(!report.is_empty(), "a report says something");
            }
        }
    });
}

fn parse(line: &str) -> Line {
    Line::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"))
}
