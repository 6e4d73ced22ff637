//! `envoy-cors doctor`: examines the CORS behaviour of a live endpoint, whatever serves it.
//!
//! A [`session`] sends requests, each at most once and 40 at most; the [`checks`] ask it for the exchanges that they
//! need and judge them by Fetch's algorithm and by what an attacker could do; the [`report`] names the cause first.

pub mod check;
mod checks;
mod client;
pub mod exchange;
mod filter;
mod lookalikes;
mod options;
mod pasted;
mod report;
mod session;
mod target;

use crate::output::{Failure, Format, Outcome, Result};
use check::{Check, Verdict};
use client::{Client, LIMIT};
use filter::Filtered;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
pub use options::Arguments;
use report::Report;
use session::Session;
use std::io::{IsTerminal, Write};
use std::time::Duration;
use target::Target;

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result {
    let (target, notes) = arguments.target()?;
    // A policy that cannot be read is known before anything is sent.
    let filtered = arguments.policy.as_deref().map(Filtered::load).transpose()?;
    for note in notes {
        let _ = writeln!(anstream::stderr(), "note: {note}");
    }
    let mut session = match &arguments.response {
        Some(file) => pasted_session(target, file, &crate::source::Source::read(file)?.text)?,
        None => Session::live(target, Client::new(&arguments.client_options()?), progress(arguments.verbose)),
    };
    let mut checks = checks::run(&mut session);
    if let Some(filtered) = &filtered {
        checks.push(checks::policy::check(&session, filtered));
    }
    session.finish();
    print(arguments.format, &session, &checks)?;
    let failed = checks.iter().any(|check| check.verdict == Verdict::Fail);
    Ok(if failed { Outcome::Bad } else { Outcome::Good })
}

/// Judges the response heads in a text, as [`run`] does those in a file, and returns the report.
pub fn examine(arguments: &Arguments, name: &str, text: &str) -> std::result::Result<String, Failure> {
    let (target, _) = arguments.target()?;
    let mut session = pasted_session(target, name, text)?;
    let checks = checks::run(&mut session);
    session.finish();
    report(arguments.format, &session, &checks)
}

fn pasted_session(target: Target, file: &str, text: &str) -> std::result::Result<Session, Failure> {
    let (preflight, actual) = pasted::sort(pasted::parse(text), &target);
    if preflight.is_none() && actual.is_none() {
        let wanted = "paste what `curl -i` or `curl -v` prints, from the line that begins with HTTP/";
        return Err(Failure(format!("{file}: there is no response in it; {wanted}")));
    }
    Ok(Session::offline(target, preflight, actual))
}

fn progress(is_verbose: bool) -> ProgressBar {
    if is_verbose || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(u64::try_from(LIMIT).ok(), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} requests  {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn report(format: Format, session: &Session, checks: &[Check]) -> std::result::Result<String, Failure> {
    let report = Report::new(session, checks);
    match format {
        Format::Text => Ok(report.to_text()),
        Format::Json => serde_json::to_string_pretty(&report.to_json()).map_err(|error| Failure(error.to_string())),
    }
}

fn print(format: Format, session: &Session, checks: &[Check]) -> std::result::Result<(), Failure> {
    let text = report(format, session, checks)?;
    // A reader that has gone away is none of our business.
    let _ = writeln!(anstream::stdout(), "{text}");
    Ok(())
}
