//! An explanation as text for people.

use super::change::Kind;
use super::explanation::{Decided, Explanation};
use super::json::request_because;
use super::loaded::Loaded;
use super::remedy::Remedy;
use crate::fetch::preflight::max_age;
use crate::fetch::response::shown;
use crate::fetch::run::{Exchange, Hop};
use crate::fetch::{Check, Failure, Header, Mode, Request, Verdict, methods};
use anstyle::{AnsiColor, Style};
use serde_json::Value;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The text, with colours; whoever prints it takes them away where there is no terminal.
pub fn render(
    loaded: &Loaded,
    request: &Request,
    explanation: &Explanation,
    remedy: &Remedy,
    notes: &[String],
) -> String {
    let mut page = Page { loaded, text: String::new() };
    let trace = &explanation.trace;
    let method = methods::normalize(&request.method);
    page.line(&format!("{BOLD}{method} {}{BOLD:#} from a page at {}", request.url, request.origin));
    let dropped = trace.dropped.iter().map(|dropped| format!("not sent: {}: {}", dropped.name, dropped.reason));
    for note in notes.iter().cloned().chain(dropped) {
        page.line(&format!("{DIM}note: {note}{DIM:#}"));
    }
    let mut decided = explanation.decided.iter();
    for (at, hop) in trace.hops.iter().enumerate() {
        page.hop(at, hop, request.mode, &mut decided);
    }
    page.verdict(request, explanation);
    page.remedy(remedy);
    page.text
}

struct Page<'a> {
    loaded: &'a Loaded,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn hop<'d>(&mut self, at: usize, hop: &Hop, mode: Mode, decided: &mut impl Iterator<Item = &'d Decided>) {
        if at > 0 {
            self.line(&format!("\n{BOLD}Redirected to {}{BOLD:#}", hop.url));
            if hop.origin == "null" {
                self.line("  after a redirect between two foreign origins, the request's origin is null");
            }
        }
        if let Some(exchange) = &hop.preflight {
            let because: Vec<String> = hop.because.iter().map(ToString::to_string).collect();
            self.exchange("Preflight", &because, exchange, decided.next());
        }
        if let Some(exchange) = &hop.request {
            self.exchange("Request", &[request_because(hop, mode)], exchange, decided.next());
        }
    }

    fn exchange(&mut self, title: &str, because: &[String], exchange: &Exchange, decided: Option<&Decided>) {
        self.line(&format!("\n{BOLD}{title}{BOLD:#}"));
        for reason in because {
            self.line(&format!("  because {reason}"));
        }
        let url = &exchange.request.url;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        self.line(&format!("  > {} {}{query}", exchange.request.method, url.path()));
        self.headers('>', &exchange.request.headers);
        if let Some(decided) = decided {
            let decision = self.decision(decided);
            self.line(&format!("  {decision}"));
        }
        let from = if decided.is_some_and(|decided| decided.is_own_reply) { "the filter" } else { "upstream" };
        self.line(&format!("  < {} {DIM}from {from}{DIM:#}", exchange.response.status));
        self.headers('<', &exchange.response.headers);
        for check in &exchange.checks {
            self.check(check);
        }
        if exchange.request.is_preflight && exchange.checks.iter().all(Check::holds) {
            let seconds = max_age(&exchange.response);
            self.line(&format!("  the browser may cache this response for {seconds} seconds"));
        }
    }

    fn headers(&mut self, direction: char, headers: &[Header]) {
        for (name, value) in headers {
            self.line(&format!("  {direction} {name}: {}", shown(value)));
        }
    }

    fn check(&mut self, check: &Check) {
        let mark = if check.holds() { format!("{GOOD}pass{GOOD:#}") } else { format!("{BAD}FAIL{BAD:#}") };
        self.line(&format!("  {mark} {}", check.detail));
    }

    /// `policy app: allowed by allow_origins[0] "https://…" (policy.json:3:5)`.
    fn decision(&self, decided: &Decided) -> String {
        let Some((_, name)) = &decided.policy else {
            return match decided.outcome.as_str() {
                "path_ambiguous" => {
                    String::from("no policy applies: the path can be read in two ways (path_ambiguous)")
                }
                _ => String::from("no policy matches: the filter leaves the request alone"),
            };
        };
        let mut text = format!("{BOLD}policy {name}: {}{BOLD:#}", decided.outcome);
        if let Some(rule) = &decided.rule {
            let value = match &rule.value {
                Some(Value::Array(items)) if items.len() > 4 => format!(" (a list of {})", items.len()),
                Some(value) => format!(" {value}"),
                None => String::from(" (not set)"),
            };
            let place = self.loaded.place(&rule.path);
            text.push_str(&format!(" by {}{value} {DIM}({}:{place}){DIM:#}", rule.path, self.loaded.name()));
        } else if decided.outcome == "no_origin" {
            text.push_str(", so nothing is decided");
        }
        if decided.is_report_only {
            text.push_str("; report_only: nothing is changed");
        }
        text
    }

    fn verdict(&mut self, request: &Request, explanation: &Explanation) {
        let trace = &explanation.trace;
        let status = trace.hops.last().and_then(|hop| hop.request.as_ref()).map(|exchange| exchange.response.status);
        match trace.verdict {
            Verdict::Readable => {
                let headers = match trace.readable_headers.is_empty() {
                    true => String::from("no headers"),
                    false => format!("these headers: {}", trace.readable_headers.join(", ")),
                };
                let status = status.unwrap_or_default();
                self.line(&format!(
                    "\n{GOOD}Readable{GOOD:#}: the page gets the status {status}, the body and {headers}"
                ));
            }
            Verdict::Opaque => {
                let mode = if request.mode == Mode::NoCors { "no-cors" } else { "cors" };
                self.line(&format!(
                    "\n{BOLD}Opaque{BOLD:#}: under {mode} the page learns that the request ended, nothing else"
                ));
            }
            Verdict::Blocked => self.line(&format!("\n{BAD}Blocked{BAD:#}: the page gets an error")),
        }
        if let Some(console) = &explanation.console {
            self.line(&format!("\n{BOLD}Chromium's console{BOLD:#}\n  {console}"));
        } else if trace.failure == Some(Failure::AuthorizationUnderWildcard) {
            self.line(
                "  by the Fetch standard; Chromium still lets * cover authorization, and warns that this will change",
            );
        }
    }

    fn remedy(&mut self, remedy: &Remedy) {
        match remedy {
            Remedy::NotNeeded => {}
            Remedy::None(reason) => {
                self.line(&format!("\n{BOLD}No policy can allow this{BOLD:#}: {reason}"));
            }
            Remedy::Changes(changes) => {
                self.line(&format!(
                    "\n{BOLD}To allow it{BOLD:#}, change {} (tested: the page can then read the response)",
                    self.loaded.name()
                ));
                let mut document = self.loaded.policies.json.clone();
                for change in changes {
                    let line = self.loaded.place(&change.path).line;
                    let verb = match change.kind(&document) {
                        Kind::Add => "add",
                        Kind::Replace => "set",
                        Kind::Remove => "remove",
                    };
                    let value = change.value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default();
                    self.line(&format!("  line {line}: {verb} {BOLD}{}{value}{BOLD:#}", change.path));
                    self.line(&format!("    {}", change.opens));
                    let _ = change.apply(&mut document);
                }
            }
        }
    }
}
