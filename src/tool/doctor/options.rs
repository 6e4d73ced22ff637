//! The command line of the doctor, and the request that it describes.

use super::client::{Options, Pinned};
use super::target::Target;
use crate::curl::Command;
use crate::fetch::origin::Origin;
use crate::fetch::{Credentials, methods, request_headers};
use crate::output::{Failure, Format};
use crate::page_request::{Known, PageRequest, copied, described};
use clap::ValueEnum;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  A page that sends JSON with cookies:
    envoy-cors doctor https://api.example.com/me --page https://app.example.com -X PUT \\
        -H 'content-type: application/json' -b 'session=…'

  A request from the browser's network panel (\"Copy as cURL\"):
    envoy-cors doctor -- curl 'https://api.example.com/me' -H 'origin: https://app.example.com' …

  Response headers that somebody sent you; nothing is sent:
    curl -i … > response.txt
    envoy-cors doctor --response response.txt --page https://app.example.com

  Does this Envoy run this policy?
    envoy-cors doctor https://api.example.com/me --page https://app.example.com --policy policy.json

At most 40 requests are sent, one after another, with OPTIONS, GET and HEAD only; see --send.
The exit code is 0 when no check fails, 1 when one does, 2 if the command line is wrong or the input
cannot be read.";

/// Examine the CORS behaviour of a live endpoint.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The address to examine, as the page requests it
    url: Option<String>,
    /// The page that makes the request: its origin or its address; null for a sandboxed frame
    #[arg(long, value_name = "ORIGIN")]
    page: Option<String>,
    /// The method of the page's request
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,
    /// A header that the page sets; may be repeated
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The cookies of the page's user; implies --credentials include
    #[arg(short = 'b', long = "cookie", value_name = "COOKIES")]
    cookies: Vec<String>,
    /// The credentials mode of the page's request
    #[arg(long, value_enum)]
    credentials: Option<CredentialsMode>,
    /// Another page that must be able to read the response; may be repeated
    #[arg(long = "also-page", value_name = "ORIGIN")]
    also_pages: Vec<String>,
    /// Compare the endpoint with what envoy-cors would answer under the policy in this file
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<String>,
    /// Check the response headers in this file, as `curl -i` or `curl -v` prints them, and send nothing; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["send", "insecure", "resolve", "delay"])]
    pub(super) response: Option<String>,
    /// Send the page's method once, even if it changes something; otherwise a GET takes its place
    #[arg(long)]
    send: bool,
    /// Accept any TLS certificate
    #[arg(short = 'k', long)]
    insecure: bool,
    /// Connect to ADDRESS for HOST and PORT, as curl does; may be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS")]
    resolve: Vec<Pinned>,
    /// How long one request may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = parse_seconds)]
    timeout: Duration,
    /// How long to wait between two requests, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay: u64,
    /// Print each request and response to standard error
    #[arg(short, long)]
    pub(super) verbose: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// A curl command line, copied from a browser's network panel
    #[arg(last = true, value_name = "curl …", conflicts_with_all = ["url", "method", "headers", "cookies"])]
    curl: Vec<String>,
}

/// The credentials modes of Fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CredentialsMode {
    /// Never
    Omit,
    /// Only to the page's own origin
    SameOrigin,
    /// Always
    Include,
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds > 0.0);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.ok_or_else(|| String::from("expected a number of seconds above 0, such as 10 or 2.5"))
}

impl Arguments {
    /// How requests are sent.
    pub(super) fn client_options(&self) -> Result<Options, Failure> {
        let (mut insecure, mut resolve) = (self.insecure, self.resolve.clone());
        if !self.curl.is_empty() {
            let command = self.command()?;
            insecure |= command.insecure;
            for pinned in &command.resolve {
                resolve.push(pinned.parse().map_err(|error| Failure(format!("--resolve {pinned}: {error}")))?);
            }
        }
        let delay = Duration::from_millis(self.delay);
        Ok(Options { insecure, resolve, timeout: self.timeout, delay, verbose: self.verbose })
    }

    fn command(&self) -> Result<Command, Failure> {
        let parsed = match self.curl.as_slice() {
            // The whole command line in quotes.
            [text] => Command::parse(text),
            words => Command::from_words(words),
        };
        parsed.map_err(|error| Failure(error.to_string()))
    }

    /// What is examined, and what was assumed.
    pub(super) fn target(&self) -> Result<(Target, Vec<String>), Failure> {
        let credentials = self.credentials.map(|mode| match mode {
            CredentialsMode::Omit => Credentials::Omit,
            CredentialsMode::SameOrigin => Credentials::SameOrigin,
            CredentialsMode::Include => Credentials::Include,
        });
        let known = Known { page: self.page.as_deref(), credentials, ..Known::default() };
        let command = if self.curl.is_empty() { self.described()? } else { self.command()? };
        let read = if self.curl.is_empty() { described } else { copied };
        let PageRequest { mut request, mut notes, .. } = read(&command, &known).map_err(Failure)?;
        if !request.url.username().is_empty() || request.url.password().is_some() {
            return Err(Failure(String::from(
                "no page can request an address with a user or password in it; write -H 'authorization: …' instead",
            )));
        }
        request.cookies = command.header("cookie").map(<[u8]>::to_vec);
        if credentials.is_none() && request.cookies.is_some() {
            request.credentials = Credentials::Include;
        }
        let host = command.header("host").map(|host| String::from_utf8_lossy(host).into_owned());
        request.headers.retain(|(name, value)| {
            let is_kept = !request_headers::is_forbidden(name, value);
            if !is_kept && self.curl.is_empty() && name != "host" && name != "cookie" {
                notes.push(format!("left out: {name}, which no page can set"));
            }
            is_kept
        });
        request.method = methods::normalize(&request.method);
        if methods::is_forbidden(&request.method) {
            return Err(Failure(format!("no page can send {}: Fetch forbids it", request.method)));
        }
        let also = self.also_pages.iter().map(|page| {
            let origin = Origin::of_page(page).ok_or_else(|| {
                Failure(format!("--also-page {page:?} is not an origin; write it like https://admin.example.com"))
            })?;
            Ok(origin.serialize().to_owned())
        });
        let also = also.collect::<Result<_, Failure>>()?;
        Ok((Target { request, body: command.body, also, host, send: self.send }, notes))
    }

    /// The options as the curl command that they resemble.
    fn described(&self) -> Result<Command, Failure> {
        let url = match (&self.url, &self.response) {
            (Some(url), _) => url.clone(),
            // What was pasted does not name it, and no check of it needs it.
            (None, Some(_)) => String::from("https://endpoint.invalid/"),
            (None, None) => {
                let example = "envoy-cors doctor https://api.example.com/me --page https://app.example.com";
                return Err(Failure(format!("which address? Name it, as in {example}")));
            }
        };
        let mut words = vec![url];
        for (option, values) in [("-H", &self.headers), ("-b", &self.cookies)] {
            words.extend(values.iter().flat_map(|value| [option.to_owned(), value.clone()]));
        }
        if let Some(method) = &self.method {
            words.extend([String::from("-X"), method.clone()]);
        }
        Command::from_words(&words).map_err(|error| Failure(error.to_string()))
    }
}
