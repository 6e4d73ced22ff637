//! The kinds of requests, and what each side must answer before it is measured.

use crate::rules::Rules;
use crate::sides::Side;
use crate::{Result, running::Running};
use kit::Header;
use kit::client::{self, Response};
use serde::{Deserialize, Serialize};

/// The body of a large response.
pub const LARGE_BYTES: usize = 1 << 20;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// A request that no page sends.
    NoOrigin,
    /// An origin that the last rule covers.
    Allowed,
    /// An origin that no rule covers; it looks like the allowed one.
    Refused,
    /// A preflight from the allowed origin, for an allowed method and two allowed headers. On sides without CORS, a
    /// route answers it.
    Preflight,
    /// The allowed origin gets 1 MB.
    Large,
}

impl Request {
    pub const SMALL: [Request; 4] = [Request::NoOrigin, Request::Allowed, Request::Refused, Request::Preflight];

    pub fn name(self) -> &'static str {
        match self {
            Request::NoOrigin => "no Origin",
            Request::Allowed => "allowed",
            Request::Refused => "refused",
            Request::Preflight => "preflight",
            Request::Large => "1 MB response",
        }
    }

    pub fn method(self) -> &'static str {
        if self == Request::Preflight { "OPTIONS" } else { "GET" }
    }

    pub fn path(self) -> &'static str {
        if self == Request::Large { "/large" } else { "/api/orders" }
    }

    /// The headers other than `Host`.
    pub fn headers(self, rules: Rules) -> Vec<(&'static str, String)> {
        let origin = rules.allowed_origin();
        match self {
            Request::NoOrigin => Vec::new(),
            Request::Allowed | Request::Large => vec![("origin", origin)],
            // It differs only in its last letters, so that a comparison takes long.
            Request::Refused => vec![("origin", origin.replace(".com", ".org"))],
            Request::Preflight => vec![
                ("origin", origin),
                ("access-control-request-method", String::from("PUT")),
                ("access-control-request-headers", String::from("authorization,content-type")),
            ],
        }
    }

    /// Sends it once, and checks that the side answers correctly: a fast wrong answer is not worth measuring.
    pub fn check(self, running: &Running) -> Result<()> {
        let host = (b"host".to_vec(), running.rules.authority().into_bytes());
        let to_bytes = |(name, value): (&str, String)| (name.as_bytes().to_vec(), value.into_bytes());
        let own = self.headers(running.rules).into_iter().map(to_bytes);
        let headers: Vec<Header> = std::iter::once(host).chain(own).collect();
        let response = client::send(running.address, self.method(), self.path(), &headers);
        let (side, rules) = (running.side, running.rules);
        self.fault(side, rules, &response).map_or(Ok(()), |fault| {
            let about = format!("{}, {}, {}", side.name(), rules.name(), self.name());
            let lines = response.headers.iter().map(|(name, value)| [name, b": ".as_slice(), value].concat());
            let lines: Vec<String> = lines.map(|line| String::from_utf8_lossy(&line).into_owned()).collect();
            Err(format!("{about}: {fault}: {}\n{}", response.status, lines.join("\n")).into())
        })
    }

    fn fault(self, side: Side, rules: Rules, response: &Response) -> Option<&'static str> {
        let is_answered = self == Request::Preflight;
        let is_granted = side.is_cors() && matches!(self, Request::Allowed | Request::Preflight | Request::Large);
        let granted = response.header("access-control-allow-origin");
        let length = if self == Request::Large { LARGE_BYTES } else { crate::running::SMALL_BODY.len() };
        if !(200..300).contains(&response.status) {
            Some("the status is not 2xx")
        } else if is_granted && granted != Some(rules.allowed_origin()) {
            Some("the origin is not allowed")
        } else if !is_granted && granted.is_some() {
            Some("the origin is allowed")
        } else if is_answered && is_granted && response.header("access-control-allow-methods").as_deref() != Some("PUT")
        {
            Some("the method is not allowed")
        } else if is_answered && !response.body.is_empty() {
            Some("the preflight went to upstream")
        } else if !is_answered && response.body.len() != length {
            Some("the body is not upstream's")
        } else {
            None
        }
    }
}
