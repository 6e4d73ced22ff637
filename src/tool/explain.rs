//! `envoy-cors explain`: what a page would experience under a policy.

pub mod change;
pub mod explanation;
pub mod filter;
pub mod json;
pub mod loaded;
pub mod remedy;
pub mod rule;
pub mod text;

use self::explanation::{Situation, explain};
use self::loaded::Loaded;
use crate::curl::Command;
use crate::fetch::response::ResponseHead;
use crate::fetch::{Credentials, Header, Initiator, Mode, Sent, Verdict};
use crate::output::{Failure, Format, Outcome, Result};
use crate::page_request::{Known, PageRequest, copied, described};
use crate::source::Source;
use clap::ValueEnum;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  A page sends JSON by PUT:
    envoy-cors explain policy.json --page https://app.example.com -X PUT \\
        -H 'content-type: application/json' https://api.example.com/orders/7

  The same with cookies, and a service that answers 401:
    envoy-cors explain policy.json --page https://app.example.com --credentials include \\
        --upstream-status 401 https://api.example.com/orders/7

  A request from the browser's network panel, by \"Copy as cURL (bash)\":
    envoy-cors explain wasmplugin.yaml -- curl 'https://api.example.com/orders/7' -X PUT \\
        -H 'origin: https://app.example.com' -H 'content-type: application/json' --data-raw '{}'

Exit code: 0 if the page can read the response, or has asked for an opaque one; 1 if it is blocked;
2 if the command line is wrong or the document cannot be loaded.";

/// The arguments of `envoy-cors explain`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The policy: a JSON document, an Envoy configuration, a Kubernetes manifest; - is standard input
    file: String,
    /// The URL that the page requests
    #[arg(required_unless_present = "curl", conflicts_with = "curl")]
    url: Option<String>,
    /// The page, by its URL or its origin; null for a sandboxed frame
    #[arg(long, value_name = "ORIGIN")]
    page: Option<String>,
    /// The method
    #[arg(short = 'X', long = "request", value_name = "METHOD", conflicts_with = "curl")]
    method: Option<String>,
    /// A header that the page sets; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", conflicts_with = "curl")]
    headers: Vec<String>,
    /// The request body; implies POST and the content type of a form, unless they are given
    #[arg(short = 'd', long, conflicts_with_all = ["json", "curl"])]
    data: Option<String>,
    /// The request body, as JSON; implies POST, unless a method is given
    #[arg(long, conflicts_with = "curl")]
    json: Option<String>,
    /// The credentials mode of the request [default: same-origin]
    #[arg(long, value_enum)]
    credentials: Option<CredentialsArgument>,
    /// The mode of the request [default: cors]
    #[arg(long, value_enum)]
    mode: Option<ModeArgument>,
    /// What in the page makes the request [default: fetch]
    #[arg(long, value_enum)]
    initiator: Option<Initiator>,
    /// The request is an XMLHttpRequest with an upload listener, which forces a preflight
    #[arg(long)]
    upload_listener: bool,
    /// The status of the service's response
    #[arg(long, value_name = "STATUS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(200..=599))]
    upstream_status: u16,
    /// A header of the service's response; may be repeated
    #[arg(long = "upstream-header", value_name = "NAME: VALUE")]
    upstream_headers: Vec<String>,
    /// The name of the Envoy route that the request takes
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    /// Which policy document, counted from 1, if the file contains several
    #[arg(long, value_name = "NUMBER")]
    document: Option<usize>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// A request as browsers copy it: curl 'https://…' -H …
    #[arg(last = true, value_name = "CURL")]
    curl: Vec<String>,
}

/// `--credentials`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum CredentialsArgument {
    /// Never
    Omit,
    /// To the page's own origin
    SameOrigin,
    /// Always
    Include,
}

/// `--mode`.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArgument {
    /// Readable if the server allows it
    Cors,
    /// Never readable across origins
    NoCors,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result {
    let PageRequest { mut request, initiator, notes } = page_request(arguments).map_err(Failure)?;
    request.has_upload_listener = arguments.upload_listener;
    let loaded = load_document(&arguments.file, arguments.document)?;
    let headers = parse_headers(&arguments.upstream_headers).map_err(Failure)?;
    let first_url = request.url.clone();
    // Where a redirect leads, upstream answers 200: the same answer again would be the same redirect.
    let upstream = |sent: &Sent| {
        let mut answer = ResponseHead { status: arguments.upstream_status, headers: headers.clone() };
        if sent.url != first_url {
            answer.status = 200;
            answer.headers.retain(|(name, _)| name != "location");
        }
        answer
    };
    let situation =
        Situation { request: &request, initiator, route_name: arguments.route.as_deref(), upstream: &upstream };
    let explanation = explain(&loaded.policies, &situation);
    let remedy = remedy::find(&loaded.policies, &situation, &explanation);
    let text = match arguments.format {
        Format::Text => text::render(&loaded, &request, &explanation, &remedy, &notes),
        Format::Json => json::render(&loaded, &request, &explanation, &remedy, &notes),
    };
    // A reader that has gone away is none of our business.
    let _ = anstream::stdout().write_all(text.as_bytes());
    Ok(if explanation.trace.verdict == Verdict::Blocked { Outcome::Bad } else { Outcome::Good })
}

/// The document, wherever it is in the file.
fn load_document(file: &str, number: Option<usize>) -> std::result::Result<Loaded, Failure> {
    Loaded::from_source(Source::read(file)?, number)
}

fn page_request(arguments: &Arguments) -> std::result::Result<PageRequest, String> {
    let known = Known {
        page: arguments.page.as_deref(),
        credentials: arguments.credentials.map(|credentials| match credentials {
            CredentialsArgument::Omit => Credentials::Omit,
            CredentialsArgument::SameOrigin => Credentials::SameOrigin,
            CredentialsArgument::Include => Credentials::Include,
        }),
        mode: arguments.mode.map(|mode| match mode {
            ModeArgument::Cors => Mode::Cors,
            ModeArgument::NoCors => Mode::NoCors,
        }),
        initiator: arguments.initiator.or(arguments.upload_listener.then_some(Initiator::Xhr)),
    };
    if let Some(url) = &arguments.url {
        parse_headers(&arguments.headers)?;
        return described(&described_command(arguments, url).map_err(|error| error.to_string())?, &known);
    }
    let command = match arguments.curl.as_slice() {
        // A whole command between quotes.
        [text] if text.contains(char::is_whitespace) => Command::parse(text),
        words => Command::from_words(words),
    };
    copied(&command.map_err(|error| error.to_string())?, &known)
}

/// The options, which are curl's, read as curl reads them.
fn described_command(arguments: &Arguments, url: &str) -> std::result::Result<Command, crate::curl::Error> {
    let mut words = vec![String::from("curl"), String::from("--url"), url.to_owned()];
    let options = [("-X", &arguments.method), ("--data-raw", &arguments.data), ("--json", &arguments.json)];
    for (option, value) in options {
        words.extend(value.iter().flat_map(|value| [option.to_owned(), value.clone()]));
    }
    words.extend(arguments.headers.iter().flat_map(|header| [String::from("-H"), header.clone()]));
    Command::from_words(&words)
}

fn parse_headers(texts: &[String]) -> std::result::Result<Vec<Header>, String> {
    let parse = |text: &String| {
        let wrong = || format!("{text:?} is not a header; write it like 'x-total-count: 42'");
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let name = name.trim().to_ascii_lowercase();
        if !cors::list::is_token(name.as_bytes()) || value.contains(['\r', '\n', '\0']) {
            return Err(wrong());
        }
        Ok((name, value.trim().as_bytes().to_vec()))
    };
    texts.iter().map(parse).collect()
}
