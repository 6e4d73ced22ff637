//! A document and requests under it with upstream's responses, in a form that people can read and a fuzzer can change:
//! the document on the first line, then blocks of header lines with an empty line between them, a request and a response
//! by turns. The line `(route): name` of a request names its route.

use kit::Header;

/// The header line by which a request names its route.
const ROUTE: &[u8] = b"(route)";

/// A document and requests under it.
pub struct Conversation<'a> {
    /// The document.
    pub document: &'a [u8],
    /// The requests.
    pub exchanges: Vec<Exchange>,
}

/// A request, and the response that upstream would give.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// The request's headers.
    pub request: Vec<Header>,
    /// The name of the route that the request takes.
    pub route: Option<String>,
    /// The response's headers.
    pub upstream: Vec<Header>,
}

impl<'a> Conversation<'a> {
    /// Reads a conversation; any bytes are one.
    pub fn parse(input: &'a [u8]) -> Self {
        let (document, mut rest) = cut(input, b"\n");
        let mut exchanges = Vec::new();
        while !rest.is_empty() {
            let (request, behind) = cut(rest, b"\n\n");
            let (upstream, behind) = cut(behind, b"\n\n");
            exchanges.push(Exchange::new(headers(request), headers(upstream)));
            rest = behind;
        }
        Conversation { document, exchanges }
    }

    /// The bytes of a conversation.
    pub fn write(document: &str, exchanges: &[Exchange]) -> Vec<u8> {
        let mut bytes = [document.as_bytes(), b"\n"].concat();
        for exchange in exchanges {
            let route = exchange.route.iter().map(|route| (ROUTE.to_vec(), route.clone().into_bytes()));
            for (name, value) in exchange.request.iter().cloned().chain(route) {
                bytes.extend([name.as_slice(), b": ", &value, b"\n"].concat());
            }
            bytes.push(b'\n');
            for (name, value) in &exchange.upstream {
                bytes.extend([name.as_slice(), b": ", value, b"\n"].concat());
            }
            bytes.push(b'\n');
        }
        bytes
    }
}

impl Exchange {
    fn new(mut request: Vec<Header>, mut upstream: Vec<Header>) -> Self {
        let route = request.iter().position(|(name, _)| name == ROUTE).map(|at| request.remove(at).1);
        // Envoy lets no other response through.
        upstream.retain(|(name, _)| name != b":status");
        upstream.insert(0, (b":status".to_vec(), b"200".to_vec()));
        Exchange { request, route: route.and_then(|name| String::from_utf8(name).ok()), upstream }
    }
}

/// The header lines of a block. As in Envoy, names are in lower case; the hosts of our tests only have names in UTF-8.
fn headers(block: &[u8]) -> Vec<Header> {
    let lines = block.split(|byte| *byte == b'\n').map(|line| cut(line, b": "));
    let named = lines.filter(|(name, _)| !name.is_empty() && str::from_utf8(name).is_ok());
    named.map(|(name, value)| (name.to_ascii_lowercase(), value.to_vec())).collect()
}

/// What is before the first separator, and what is behind it.
pub fn cut<'a>(bytes: &'a [u8], separator: &[u8]) -> (&'a [u8], &'a [u8]) {
    match bytes.windows(separator.len()).position(|window| window == separator) {
        Some(at) => (&bytes[..at], &bytes[at + separator.len()..]),
        None => (bytes, &[]),
    }
}
