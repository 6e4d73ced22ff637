//! The offline tool: checks a document, and explains what becomes of a request. It runs the filter's own code.
//!
//!     envoy-cors check FILE
//!     envoy-cors explain FILE [-X METHOD] [-H 'Name: value']… [-U 'Name: value']… [-R ROUTE] URL
//!
//! `FILE` is the JSON document, `-` for standard input. `-X` and `-H` are curl's; `-U` is a header of upstream's
//! response, `-R` the name of the route. The exit code is 1 for a refused document, 2 for a wrong call.

use envoy_cors::configuration::Configuration;
use envoy_cors::filter::{Filter, Flow, Host};
use envoy_cors::header_map::HeaderMap;
use std::io::{Read, Write};
use std::process::ExitCode;
use std::rc::Rc;

const USAGE: &str = "usage: envoy-cors check FILE
       envoy-cors explain FILE [-X METHOD] [-H 'Name: value']... [-U 'Name: value']... [-R ROUTE] URL";

/// Why the tool gives up: what to say, and the exit code.
type Failure = (String, u8);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["check", file] => load(file, |_| None).map(|configuration| format!("{file}: {configuration}")),
        ["explain", file, request @ ..] => explain(file, request),
        _ => Err((USAGE.to_owned(), 2)),
    };
    match done {
        Ok(text) => {
            // A reader that has gone away is none of our business.
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err((text, code)) => {
            let _ = writeln!(std::io::stderr(), "{text}");
            ExitCode::from(code)
        }
    }
}

fn load(file: &str, define: impl FnMut(&str) -> Option<u32>) -> Result<Configuration, Failure> {
    let mut document = Vec::new();
    let read = match file {
        "-" => std::io::stdin().read_to_end(&mut document).map(|_| ()),
        _ => std::fs::read(file).map(|bytes| document = bytes),
    };
    read.map_err(|error| (format!("{file}: {error}"), 2))?;
    Configuration::load(&document, define).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (lines.join("\n"), 1)
    })
}

/// A request and upstream's response as told on the command line, and what the filter makes of them.
#[derive(Default)]
struct Proxy {
    request: Vec<(String, String)>,
    route_name: Option<String>,
    response: Vec<(String, String)>,
    reply: Option<(u32, String)>,
    counted: Option<u32>,
}

fn explain(file: &str, request: &[&str]) -> Result<String, Failure> {
    let mut proxy = Proxy::parse(request).ok_or_else(|| (USAGE.to_owned(), 2))?;
    let mut counters = Vec::new();
    let configuration = load(file, |name| {
        counters.push(name.to_owned());
        u32::try_from(counters.len() - 1).ok()
    })?;
    let mut filter = Filter::new(Rc::new(configuration));
    let upstream = std::mem::take(&mut proxy.response);
    if filter.on_request(&mut proxy) == Flow::Continue {
        proxy.response = upstream;
    }
    filter.on_response(&mut proxy);
    let counter = proxy.counted.and_then(|number| counters.get(usize::try_from(number).ok()?));
    let decision = match counter.and_then(|name| name.split_once('.')) {
        Some((_, labels)) => labels.replace('.', " "),
        None => String::from("no decision: the request has no Origin, or no policy is for it"),
    };
    let mut lines = vec![decision];
    lines.push(match &proxy.reply {
        Some((status, details)) => format!("answered by the filter: {status} ({details})"),
        None => String::from("forwarded; of these headers the client gets"),
    });
    lines.extend(proxy.response.iter().map(|(name, value)| format!("  {name}: {value}")));
    Ok(lines.join("\n"))
}

impl Proxy {
    fn parse(arguments: &[&str]) -> Option<Self> {
        let mut proxy = Proxy::default();
        let (mut method, mut url) = ("GET", None);
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match *argument {
                "-X" => method = rest.next()?,
                "-R" => proxy.route_name = Some((*rest.next()?).to_owned()),
                "-H" => proxy.request.push(parse_header(rest.next()?)?),
                "-U" => proxy.response.push(parse_header(rest.next()?)?),
                _ if url.is_none() => url = Some(*argument),
                _ => return None,
            }
        }
        let (_, target) = url?.split_once("://")?;
        let (authority, path) = target.split_at_checked(target.find('/').unwrap_or(target.len()))?;
        let pseudo =
            [(":method", method), (":authority", authority), (":path", if path.is_empty() { "/" } else { path })];
        proxy.request.extend(pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())));
        Some(proxy)
    }
}

fn parse_header(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once(':')?;
    Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
}

fn joined(headers: &[(String, String)], name: &str) -> Option<Vec<u8>> {
    let values: Vec<&str> = headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect();
    (!values.is_empty()).then(|| values.join(",").into_bytes())
}

impl Host for Proxy {
    fn request_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.request, name)
    }

    fn route_name(&mut self) -> Option<Vec<u8>> {
        self.route_name.clone().map(String::into_bytes)
    }

    fn response_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.response, name)
    }

    fn set_response_header(&mut self, name: &str, value: &[u8]) {
        self.remove_response_header(name);
        self.response.push((name.to_owned(), String::from_utf8_lossy(value).into_owned()));
    }

    fn remove_response_header(&mut self, name: &str) {
        self.response.retain(|(own, _)| own != name);
    }

    fn request_headers(&mut self) -> HeaderMap {
        HeaderMap::of(self.request.iter().map(|(name, value)| (name.as_str(), value.as_bytes())))
    }

    fn reply(&mut self, status: u32, details: &str, headers: &[u8]) {
        self.reply = Some((status, details.to_owned()));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = HeaderMap::new(headers.to_vec());
        self.response = headers.iter().map(|(name, value)| (text(name), text(value))).collect();
    }

    fn count(&mut self, counter: u32) {
        self.counted = Some(counter);
    }

    fn keep_decision(&mut self, _decision: &str) {}
}
