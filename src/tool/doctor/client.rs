//! Sends requests one after another, never more than the limit, and follows no redirect.

use super::exchange::{Exchange, Head, Unanswered, header_line};
use crate::fetch::response::ResponseHead;
use crate::fetch::{Header, Sent};
use std::io::{ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use ureq::config::Config;
use ureq::http;
use ureq::tls::TlsConfig;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// The most requests that one run sends.
pub const LIMIT: usize = 40;

/// How requests are sent.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Accept any certificate.
    pub insecure: bool,
    /// Addresses to use instead of what the resolver finds.
    pub resolve: Vec<Pinned>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How long to wait between two requests.
    pub delay: Duration,
    /// Print what is sent and what comes back to standard error.
    pub verbose: bool,
}

/// `HOST:PORT:ADDR` of `--resolve`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    host: String,
    port: u16,
    address: IpAddr,
}

impl std::str::FromStr for Pinned {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            // An IPv6 host is in brackets and holds colons of its own.
            let host_end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':')? };
            let (host, rest) = text.split_at_checked(host_end)?;
            let (port, address) = rest.strip_prefix(':')?.split_once(':')?;
            let address = address.trim_start_matches('[').trim_end_matches(']');
            Some(Pinned { host: host.to_ascii_lowercase(), port: port.parse().ok()?, address: address.parse().ok()? })
        };
        parse().ok_or_else(|| String::from("expected HOST:PORT:ADDRESS, such as api.example.com:443:127.0.0.1"))
    }
}

#[derive(Debug)]
struct PinnedResolver {
    pinned: Vec<Pinned>,
    default: DefaultResolver,
}

impl Resolver for PinnedResolver {
    fn resolve(&self, uri: &http::Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let default_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(default_port);
        let matches = |pinned: &&Pinned| uri.host().is_some_and(|host| host.eq_ignore_ascii_case(&pinned.host));
        match self.pinned.iter().filter(matches).find(|pinned| pinned.port == port) {
            Some(pinned) => {
                let mut addresses = self.default.empty();
                addresses.push(SocketAddr::new(pinned.address, port));
                Ok(addresses)
            }
            None => self.default.resolve(uri, config, timeout),
        }
    }
}

/// The sender.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    delay: Duration,
    verbose: bool,
    sent: usize,
}

impl Client {
    /// A client that has sent nothing.
    pub fn new(options: &Options) -> Self {
        let tls = TlsConfig::builder().disable_verification(options.insecure).build();
        let config = Config::builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .accept_encoding("")
            .user_agent(concat!("envoy-cors/", env!("CARGO_PKG_VERSION"), " doctor"))
            // A connection each: what a server does after one response cannot disturb the next exchange.
            .max_idle_connections(0)
            .timeout_global(Some(options.timeout))
            .build();
        let resolver = PinnedResolver { pinned: options.resolve.clone(), default: DefaultResolver::default() };
        Client {
            agent: Agent::with_parts(config, DefaultConnector::default(), resolver),
            delay: options.delay,
            verbose: options.verbose,
            sent: 0,
        }
    }

    /// Sends a request; `None` where the limit is reached.
    pub fn send(&mut self, request: Sent, body: Option<&[u8]>) -> Option<Exchange> {
        if self.sent == LIMIT {
            return None;
        }
        if self.sent > 0 {
            std::thread::sleep(self.delay);
        }
        self.sent += 1;
        self.print('>', || wire_head(&request));
        let response = self.response(&request, body);
        self.print('<', || match &response {
            Ok(response) => response_head(response),
            Err(reason) => reason.to_string(),
        });
        Some(Exchange { request, response })
    }

    fn response(&self, request: &Sent, body: Option<&[u8]>) -> Result<ResponseHead, Unanswered> {
        let mut builder = http::Request::builder().method(request.method.as_str()).uri(request.url.as_str());
        for (name, value) in &request.headers {
            builder = builder.header(name.as_str(), value.as_slice());
        }
        let answer = match body {
            Some(body) => builder.body(body).map_err(Error::from).and_then(|request| self.agent.run(request)),
            None => builder.body(()).map_err(Error::from).and_then(|request| self.agent.run(request)),
        };
        let answer = answer.map_err(|error| unanswered(&error))?;
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect();
        Ok(ResponseHead { status: answer.status().as_u16(), headers })
    }

    fn print(&self, direction: char, text: impl Fn() -> String) {
        if !self.verbose {
            return;
        }
        let mut output = anstream::stderr().lock();
        for line in text().lines() {
            // A reader that has gone away is none of our business.
            let _ = writeln!(output, "{direction} {line}");
        }
    }
}

fn wire_head(request: &Sent) -> String {
    let first = format!("{} {} HTTP/1.1", request.method, request.url);
    with_lines(first, &request.headers)
}

fn response_head(response: &ResponseHead) -> String {
    with_lines(format!("HTTP/1.1 {}", response.status_text()), &response.headers)
}

fn with_lines(first: String, headers: &[Header]) -> String {
    let lines = headers.iter().map(|(name, value)| header_line(name, value));
    std::iter::once(first).chain(lines).collect::<Vec<_>>().join("\n")
}

/// Which part of the way failed.
fn unanswered(error: &Error) -> Unanswered {
    match error {
        Error::HostNotFound => Unanswered::Name(String::from("host not found")),
        Error::Timeout(which) => Unanswered::Timeout(which.to_string()),
        Error::Rustls(error) => Unanswered::Tls(error.to_string()),
        Error::Tls(reason) => Unanswered::Tls((*reason).to_owned()),
        Error::Io(error) => match error.kind() {
            // rustls reports a certificate that it refuses, or a peer that does not speak TLS, as invalid data.
            ErrorKind::InvalidData => Unanswered::Tls(error.to_string()),
            ErrorKind::TimedOut => Unanswered::Timeout(error.to_string()),
            ErrorKind::UnexpectedEof => Unanswered::Http(String::from("the connection was closed without a response")),
            // The resolver's errors have no stable kind.
            _ if error.to_string().contains("lookup address") => Unanswered::Name(error.to_string()),
            _ => Unanswered::Connection(error.to_string()),
        },
        Error::ConnectionFailed | Error::ConnectProxyFailed(_) => Unanswered::Connection(error.to_string()),
        _ => Unanswered::Http(error.to_string()),
    }
}
