//! What our filter would answer under a policy: it runs in this process, in front of a service that sends CORS headers of
//! its own, so that it shows which of them would get through.

use super::session::Session;
use crate::explain::filter;
use crate::explain::loaded::Loaded;
use crate::fetch::Sent;
use crate::fetch::response::ResponseHead;
use crate::output::Failure;
use crate::source::Source;
use std::fmt;
use url::Url;

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

/// A policy in force.
pub struct Filtered {
    loaded: Loaded,
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
        status: Option<u16>,
        /// Names and values.
        headers: Vec<(&'static str, Option<Vec<u8>>)>,
    },
}

impl fmt::Debug for Filtered {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.debug_struct("Filtered").field("name", &self.loaded.name()).finish()
    }
}

impl Filtered {
    /// Loads the policy of a file, wherever in it the document is.
    pub fn load(path: &str) -> Result<Self, Failure> {
        Ok(Filtered { loaded: Loaded::from_source(Source::read(path)?, None)? })
    }

    /// What the filter makes of a request that was sent.
    pub fn answer(&self, session: &Session, request: &Sent) -> Answer {
        // Where a redirect has led is not behind this filter.
        if request.url.origin() != session.target.url().origin() {
            return Answer::Open;
        }
        let mut request = request.clone();
        let named = session.target.host.as_ref().and_then(|host| with_authority(&request.url, host));
        request.url = named.unwrap_or(request.url);
        let lines = DECIDED.map(|name| (name.to_owned(), UPSTREAM.to_vec()));
        let upstream = |_: &Sent| ResponseHead { status: 200, headers: lines.to_vec() };
        let answer = filter::answer(&self.loaded.policies, &request, None, &upstream);
        let decided = DECIDED.into_iter().filter_map(|name| decided(name, answer.response.get(name)));
        let headers: Vec<_> = decided.collect();
        let status = answer.is_own_reply.then_some(answer.response.status);
        if headers.is_empty() { Answer::Open } else { Answer::Decided { status, headers } }
    }
}

/// What of a header is the policy's.
fn decided(name: &'static str, value: Option<Vec<u8>>) -> Option<(&'static str, Option<Vec<u8>>)> {
    match value {
        Some(value) if value == UPSTREAM => None,
        // What the filter adds to the service's own.
        Some(value) => match value.strip_prefix(b"upstream, ") {
            Some(added) => Some((name, Some(added.to_vec()))),
            None => Some((name, Some(value))),
        },
        // A policy that needs no `Vary` says nothing against the service's.
        None if name == "vary" => None,
        None => Some((name, None)),
    }
}

/// The address as it is under another `Host`.
fn with_authority(url: &Url, host: &str) -> Option<Url> {
    let mut named = Url::parse(&format!("{}://{host}", url.scheme())).ok()?;
    named.set_path(url.path());
    named.set_query(url.query());
    Some(named)
}
