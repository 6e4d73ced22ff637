//! What our filter would answer under a policy: it runs in this process, in front of a service that sends CORS headers of
//! its own, so that it shows which of them would get through.

use super::session::Session;
use crate::fetch::{Header, Sent};
use crate::output::Failure;
use crate::source::{Source, find};
use envoy_cors::configuration::Configuration;
use envoy_cors::filter::{Filter, Flow, Host};
use envoy_cors::header_map::HeaderMap;
use std::rc::Rc;

/// What a service would send that no filter sends.
const UPSTREAM: &[u8] = b"upstream";
/// The headers that a policy decides.
const DECIDED: [&str; 7] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
    "vary",
];

/// A loaded policy.
#[derive(Debug)]
pub struct Filtered {
    configuration: Rc<Configuration>,
}

/// What the filter makes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The service decides.
    Open,
    /// The policy decides these headers (nothing where the header must be missing), and the status where the filter
    /// answers itself.
    Decided {
        /// The status of the filter's own answer.
        status: Option<u32>,
        /// Names and values.
        headers: Vec<(String, Option<Vec<u8>>)>,
    },
}

impl Filtered {
    /// Loads the policy of a file, wherever in it the document is.
    pub fn load(path: &str) -> Result<Self, Failure> {
        let source = Source::read(path)?;
        let found = find::documents(&source).map_err(|error| {
            let place = source.place(error.span.start);
            Failure(format!("{}:{place}: {}; {}", source.name, error.reason, error.remedy))
        })?;
        let [document] = found.documents.as_slice() else {
            let count = found.documents.len();
            let wanted = "name a file with one policy document: a JSON document, an Envoy configuration, a manifest";
            return Err(Failure(format!("{}: {count} policy documents found; {wanted}", source.name)));
        };
        let configuration = Configuration::load(&document.bytes, |_| None).map_err(|problems| {
            let lines: Vec<String> = problems.iter().map(|problem| format!("{}: {problem}", source.name)).collect();
            Failure(lines.join("\n"))
        })?;
        Ok(Filtered { configuration: Rc::new(configuration) })
    }

    /// What the filter makes of a request that was sent.
    pub fn answer(&self, session: &Session, request: &Sent) -> Answer {
        if request.url.origin() != session.target.url().origin() {
            return Answer::Open;
        }
        let mut proxy = Proxy::new(request, session.target.host.as_deref());
        let mut filter = Filter::new(Rc::clone(&self.configuration));
        if filter.on_request(&mut proxy) == Flow::Continue {
            proxy.response = DECIDED.map(|name| (name.to_owned(), UPSTREAM.to_vec())).to_vec();
        }
        filter.on_response(&mut proxy);
        let status = proxy.status;
        let decided = DECIDED.into_iter().filter_map(|name| {
            let value = joined(&proxy.response, name);
            match value {
                Some(value) if value == UPSTREAM => None,
                // What the filter adds to the service's own.
                Some(value) => match value.strip_prefix(b"upstream, ") {
                    Some(added) => Some((name.to_owned(), Some(added.to_vec()))),
                    None => Some((name.to_owned(), Some(value))),
                },
                // Without a policy that wants it, `Vary` is left to the service.
                None if name == "vary" => None,
                None => Some((name.to_owned(), None)),
            }
        });
        let headers: Vec<_> = decided.collect();
        if headers.is_empty() { Answer::Open } else { Answer::Decided { status, headers } }
    }
}

/// A request on its way through the filter.
struct Proxy {
    request: Vec<Header>,
    response: Vec<Header>,
    status: Option<u32>,
}

impl Proxy {
    fn new(sent: &Sent, host: Option<&str>) -> Self {
        let url = &sent.url;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let authority = host.map_or_else(|| format!("{}{port}", url.host_str().unwrap_or_default()), str::to_owned);
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", url.path());
        let pseudo = [(":method", sent.method.clone()), (":authority", authority), (":path", path)];
        let mut request = sent.headers.clone();
        request.extend(pseudo.map(|(name, value)| (name.to_owned(), value.into_bytes())));
        Proxy { request, response: Vec::new(), status: None }
    }
}

fn joined(headers: &[Header], name: &str) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> =
        headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_slice()).collect();
    (!values.is_empty()).then(|| values.join(&b','))
}

impl Host for Proxy {
    fn request_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.request, name)
    }

    fn route_name(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn response_header(&mut self, name: &str) -> Option<Vec<u8>> {
        joined(&self.response, name)
    }

    fn set_response_header(&mut self, name: &str, value: &[u8]) {
        self.remove_response_header(name);
        self.response.push((name.to_owned(), value.to_vec()));
    }

    fn remove_response_header(&mut self, name: &str) {
        self.response.retain(|(own, _)| own != name);
    }

    fn request_headers(&mut self) -> HeaderMap {
        HeaderMap::of(self.request.iter().map(|(name, value)| (name.as_str(), value.as_slice())))
    }

    fn reply(&mut self, status: u32, _details: &str, headers: &[u8]) {
        self.status = Some(status);
        let headers = HeaderMap::new(headers.to_vec());
        let lines = headers.iter().map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec()));
        self.response = lines.collect();
    }

    fn count(&mut self, _counter: u32) {}

    fn keep_decision(&mut self, _decision: &str) {}
}
