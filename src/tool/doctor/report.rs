//! The report: for people, and as JSON.

use super::check::{Check, Verdict, cause};
use super::exchange::Head;
use super::session::Session;
use crate::fetch::origin::{Origin, is_mixed_content};
use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};
use std::fmt::Write;

/// What was found.
#[derive(Debug)]
pub struct Report<'a> {
    session: &'a Session,
    checks: &'a [Check],
}

impl<'a> Report<'a> {
    /// A report of an examination that has ended.
    pub fn new(session: &'a Session, checks: &'a [Check]) -> Self {
        Report { session, checks }
    }

    /// The cause in one sentence.
    pub fn summary(&self) -> String {
        let target = &self.session.target;
        let page = match target.page() {
            "null" => String::from("Pages with an opaque origin (null)"),
            page => format!("Pages of {page}"),
        };
        let Some(cause) = cause(self.checks) else { return format!("{page} can read this{}.", self.reservations()) };
        let clause = cause.summary.as_ref().unwrap_or(&cause.detail);
        if cause.verdict == Verdict::Fail && cause.id.blocks() {
            return format!("{page} cannot read this: {clause}.");
        }
        format!("{page} can read this{}, but {clause}.", self.reservations())
    }

    /// What limits the good news.
    fn reservations(&self) -> String {
        let target = &self.session.target;
        let mut notes = Vec::new();
        if Origin::of_url(target.url()).is_same_origin(&target.request.origin) {
            notes.push(String::from("the origin is its own, so CORS does not concern it"));
        }
        if self.session.is_live() && !target.sends_method() {
            notes.push(format!("as far as a GET and the preflight of {} show", target.method()));
        }
        if is_mixed_content(&target.request.origin, target.url()) {
            notes.push(String::from("once it is served by https"));
        }
        let status = self.session.response(self.session.sent_actual()).filter(|response| response.status >= 400);
        if let Some(response) = status {
            notes.push(format!("an error, {}", response.status_text()));
        }
        if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
    }

    /// The report as JSON.
    pub fn to_json(&self) -> Value {
        let ours = self.session.runs_envoy_cors();
        let check = |check: &Check| {
            json!({
                "id": check.id.name(),
                "verdict": check.verdict.name(),
                "detail": check.detail,
                "remedy": check.remedy.as_ref().map(|remedy| remedy.text(ours)),
                "exchanges": check.exchanges,
            })
        };
        json!({
            "url": self.session.target.url().as_str(),
            "page": self.session.target.page(),
            "summary": self.summary(),
            "cause": cause(self.checks).map(|check| check.id.name()),
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
            "exchanges": self.session.exchanges().iter().map(|exchange| exchange.to_json()).collect::<Vec<_>>(),
        })
    }

    /// The report for people, coloured.
    pub fn to_text(&self) -> String {
        let bold = Style::new().bold();
        let mut text = format!("{bold}{}{bold:#}\n", self.summary());
        let width = self.checks.iter().map(|check| check.id.name().len()).max().unwrap_or_default();
        let ours = self.session.runs_envoy_cors();
        let is_quiet = |check: &Check| matches!(check.verdict, Verdict::Pass | Verdict::Skip);
        let (quiet, loud): (Vec<&Check>, Vec<&Check>) = self.checks.iter().partition(|check| is_quiet(check));
        let mut loud = loud;
        // The cause first, then what else is found, in order.
        let cause = cause(self.checks).map(|check| check.id);
        loud.sort_by_key(|check| (Some(check.id) != cause, std::cmp::Reverse(weight(check.verdict)), check.id));
        for check in loud {
            let style = style(check.verdict);
            let _ = write!(text, "\n{style}{:4}{style:#}  {bold}{}{bold:#}\n", check.verdict.name(), check.id.name());
            push_wrapped(&mut text, "      ", &sentence(&check.detail));
            if let Some(remedy) = &check.remedy {
                push_wrapped(&mut text, "      Remedy: ", &remedy.text(ours));
            }
            let dimmed = Style::new().dimmed();
            for at in check.exchanges.iter().take(SHOWN) {
                let Some(exchange) = self.session.exchange(*at) else { continue };
                for (number, line) in exchange.to_string().lines().enumerate() {
                    let label = if number == 0 { format!("[{at}] ") } else { String::from("    ") };
                    let _ = writeln!(text, "      {dimmed}{label}{line}{dimmed:#}");
                }
            }
            let more = check.exchanges.len().saturating_sub(SHOWN);
            if more > 0 {
                let _ = writeln!(text, "      {dimmed}… and {more} more; --format json has them all{dimmed:#}");
            }
        }
        text.push('\n');
        for check in quiet {
            let style = style(check.verdict);
            let _ = writeln!(
                text,
                "{style}{:4}{style:#}  {:width$}  {}",
                check.verdict.name(),
                check.id.name(),
                check.detail
            );
        }
        let sent = self.session.exchanges().len();
        if self.session.is_live() {
            let _ = write!(text, "\n{sent} requests sent; -v shows them.");
        }
        text
    }
}

/// So many exchanges of one check are shown.
const SHOWN: usize = 3;
/// The width of the report's longer texts.
const WIDTH: usize = 100;

fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 3,
        Verdict::Warn => 2,
        Verdict::Info => 1,
        Verdict::Pass | Verdict::Skip => 0,
    }
}

fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass => AnsiColor::Green.on_default(),
        Verdict::Info => AnsiColor::Cyan.on_default(),
        Verdict::Warn => AnsiColor::Yellow.on_default().bold(),
        Verdict::Fail => AnsiColor::Red.on_default().bold(),
        Verdict::Skip => Style::new().dimmed(),
    }
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut characters = clause.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

fn push_wrapped(text: &mut String, start: &str, words: &str) {
    let indent = " ".repeat(6);
    let mut line = start.to_owned();
    let mut is_empty = true;
    for word in words.split_whitespace() {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = indent.clone();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    text.push_str(&line);
    text.push('\n');
}
