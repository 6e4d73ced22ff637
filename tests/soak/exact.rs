//! Requests whose answers are known exactly, over HTTP/1.1 (kept alive and pipelined) and HTTP/2 (many at once).

use crate::world::{Moment, ORIGIN, World};
use fastrand::Rng;
use kit::Header;
use kit::client::{Connection, Response};
use kit::corpus::Seen;
use kit::http2::{self, Http2};
use std::time::Duration;

/// Whether a version of the policy allows an origin.
type IsAllowed = fn(u64) -> bool;

/// Who asks.
const ORIGINS: [(&str, IsAllowed); 8] = [
    (ORIGIN, |_| true),
    (ORIGIN, |_| true),
    ("https://pr-7.preview.example.com", |_| true),
    ("https://even.example", |version| version.is_multiple_of(2)),
    ("https://odd.example", |version| !version.is_multiple_of(2)),
    ("https://evil.example", |_| false),
    ("https://evil.test/.preview.example.com", |_| false),
    ("", |_| false),
];

/// Envoy may close a connection if a request arrives while answers to earlier ones have not left yet, as after a preflight
/// that another request follows at once (`http1.response_flood`). So it does after direct responses. The verdict compares
/// its count with this one.
pub const CLOSED: &str = "closed with several requests on their way";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Get,
    /// Upstream sends the CORS headers that the sender would like.
    Echo,
    /// A body in chunks, of so many bytes.
    Upload(usize),
    Preflight(&'static str),
}

/// A request, and what its answer must be.
struct Ask {
    kind: Kind,
    /// The value of `Origin`; empty for none.
    origin: &'static str,
    is_allowed: IsAllowed,
}

impl std::fmt::Debug for Ask {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} with the Origin {:?}", self.kind, self.origin)
    }
}

impl Ask {
    /// Some to send at once over HTTP/1.1. Preflights mostly come alone, because of the flood protection, which waits a
    /// second before it closes.
    fn pipelined(random: &mut Rng) -> Vec<Self> {
        let count = random.usize(1..=8);
        let mut asks: Vec<Ask> = (0..count).map(|_| Ask::any(random, true)).collect();
        let is_preflight = |ask: &Ask| matches!(ask.kind, Kind::Preflight(_));
        if random.u32(..20) > 0 {
            if is_preflight(&asks[0]) {
                asks.truncate(1);
            }
            asks.iter_mut().skip(1).filter(|ask| is_preflight(ask)).for_each(|ask| ask.kind = Kind::Echo);
        }
        asks
    }

    fn any(random: &mut Rng, uploads: bool) -> Self {
        let (origin, is_allowed) = ORIGINS[random.usize(..ORIGINS.len())];
        let kind = match random.u32(..10) {
            0..3 => Kind::Get,
            3..5 => Kind::Echo,
            5 if uploads => Kind::Upload(random.usize(..100_000)),
            // Without Origin, it would be an ordinary request, and upstream knows no OPTIONS.
            _ if origin.is_empty() => Kind::Get,
            6 => Kind::Preflight("PATCH"),
            _ => Kind::Preflight("PUT"),
        };
        Ask { kind, origin, is_allowed }
    }

    fn method(&self) -> &'static str {
        match self.kind {
            Kind::Get | Kind::Echo => "GET",
            Kind::Upload(_) => "POST",
            Kind::Preflight(_) => "OPTIONS",
        }
    }

    fn path(&self) -> &'static str {
        match self.kind {
            Kind::Echo => "/echo-origin",
            Kind::Upload(_) => "/upload",
            _ => "/",
        }
    }

    fn headers(&self) -> Vec<Header> {
        let mut headers = Vec::new();
        if !self.origin.is_empty() {
            headers.push(("origin", self.origin));
        }
        if let Kind::Preflight(method) = self.kind {
            headers.extend([("access-control-request-method", method), ("access-control-request-headers", "x-a")]);
        }
        kit::fixtures::headers(&headers)
    }

    /// The request as it is sent over HTTP/1.1.
    fn bytes(&self, random: &mut Rng) -> Vec<u8> {
        let mut bytes =
            format!("{} {} HTTP/1.1\r\nhost: api.example.test\r\n", self.method(), self.path()).into_bytes();
        for (name, value) in self.headers() {
            bytes.extend([name.as_slice(), b": ", &value, b"\r\n"].concat());
        }
        let Kind::Upload(mut left) = self.kind else {
            bytes.extend(b"\r\n");
            return bytes;
        };
        bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
        while left > 0 {
            let size = random.usize(1..=left.min(20_000));
            bytes.extend(format!("{size:x}\r\n{}\r\n", "x".repeat(size)).into_bytes());
            left -= size;
        }
        bytes.extend(b"0\r\n\r\n");
        bytes
    }

    /// Every CORS header of the answer under a version of the policy.
    fn expected(&self, version: u64) -> Vec<(String, String)> {
        let is_preflight = matches!(self.kind, Kind::Preflight(_));
        let varies = if is_preflight {
            "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        } else {
            "Origin"
        };
        let (max_age, exposed) = (version.to_string(), format!("x-version-{version}"));
        let mut headers = vec![("vary", varies)];
        if (self.is_allowed)(version) {
            headers.push(("access-control-allow-origin", self.origin));
            headers.push(("access-control-allow-credentials", "true"));
            headers.push(("access-control-expose-headers", &exposed));
            if is_preflight {
                headers.push(("access-control-allow-methods", "PUT,DELETE"));
                headers.push(("access-control-allow-headers", "content-type,x-a"));
                headers.push(("access-control-max-age", &max_age));
            }
        }
        headers.sort_unstable();
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Whether status and body are right; that upstream could not be reached is Envoy's to say, and checked in its log.
    fn is_whole(&self, response: &Response) -> bool {
        match (self.kind, response.status) {
            (Kind::Preflight(_), status) => status == 204 && response.body.is_empty(),
            (_, 503) => true,
            (Kind::Get, 200) => response.body == b"hello",
            (Kind::Upload(length), 200) => response.header("x-received") == Some(length.to_string()),
            (_, status) => status == 200,
        }
    }
}

/// Compares an answer with what the policy in force says. Returns whether the connection can be used on: after an error,
/// Envoy closes one on which it has not read the whole request.
fn judge(world: &World, ask: &Ask, moment: Moment, response: Option<Response>, protocol: &str) -> bool {
    let Some(response) = response else {
        if world.had_outage_since(moment) {
            world.count("unanswered while upstream was killed");
        } else {
            world.trouble(format!("no answer over {protocol} to {ask:?}"));
        }
        return false;
    };
    let seen = Seen::new(response.status, &response.headers, Vec::new()).headers;
    let versions = world.versions_since(moment);
    if !versions.clone().any(|version| ask.expected(version) == seen) {
        world.trouble(format!("over {protocol} to {ask:?}, under one of the policies {versions:?}: {seen:?}"));
    }
    if !ask.is_whole(&response) {
        let body = response.body.escape_ascii();
        world.trouble(format!("over {protocol} to {ask:?}: {} {:?} {body}", response.status, response.headers));
    }
    let allowed = seen.iter().any(|(name, _)| name == "access-control-allow-origin");
    world.count(&format!("compared over {protocol}: {}", if allowed { "allowed" } else { "others" }));
    if response.status == 503 {
        world.count("compared, upstream unreachable");
    }
    response.status != 503
}

/// One connection after the other, with up to eight requests on their way at once.
pub fn over_http1(world: &World, seed: u64) {
    let mut random = Rng::with_seed(seed);
    while world.goes_on() {
        let Some(mut connection) = Connection::open(world.address) else {
            world.trouble(String::from("Envoy accepts no connection"));
            continue;
        };
        'batches: for _ in 0..random.u32(1..40) {
            let asks = Ask::pipelined(&mut random);
            let moment = world.moment();
            let bytes: Vec<u8> = asks.iter().flat_map(|ask| ask.bytes(&mut random)).collect();
            connection.send(&bytes);
            for (answered, ask) in asks.iter().enumerate() {
                let response = connection.take(ask.method());
                if response.is_none() && answered > 0 && !world.had_outage_since(moment) {
                    world.count(CLOSED);
                    break 'batches;
                }
                if !judge(world, ask, moment, response, "HTTP/1.1") {
                    break 'batches;
                }
            }
            std::thread::sleep(Duration::from_millis(random.u64(..10)));
            if !world.goes_on() {
                return;
            }
        }
    }
}

/// The same over HTTP/2, twenty at once.
pub fn over_http2(world: &World, seed: u64) {
    let mut random = Rng::with_seed(seed);
    while world.goes_on() {
        let Some(mut connection) = Http2::open(world.address) else {
            world.trouble(String::from("Envoy accepts no connection over HTTP/2"));
            continue;
        };
        for _ in 0..random.u32(1..20) {
            let asks: Vec<Ask> = (0..random.usize(1..=20)).map(|_| Ask::any(&mut random, false)).collect();
            let moment = world.moment();
            let request = |ask: &Ask| http2::request(ask.method(), ask.path(), &ask.headers());
            let responses = connection.send(asks.iter().map(request).collect());
            let mut goes_on = world.goes_on();
            for (ask, response) in asks.iter().zip(responses) {
                goes_on = judge(world, ask, moment, response, "HTTP/2") && goes_on;
            }
            if !goes_on {
                break;
            }
            std::thread::sleep(Duration::from_millis(random.u64(..20)));
        }
    }
}
