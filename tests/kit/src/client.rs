//! An HTTP/1.1 client that sends exactly the bytes it is given, odd ones included.

use crate::{Header, joined};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long anything on loopback may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A response as it was received.
#[derive(Debug)]
pub struct Response {
    pub status: u32,
    pub headers: Vec<Header>,
    pub body: Vec<u8>,
}

impl Response {
    /// A header as text, its lines joined by a comma.
    pub fn header(&self, name: &str) -> Option<String> {
        joined(&self.headers, name.as_bytes()).map(|value| value.escape_ascii().to_string())
    }

    /// Whether the whole body has arrived; a body without a length or chunks ends with the connection.
    fn is_whole(&self, method: &str) -> bool {
        if method == "HEAD" || matches!(self.status, 204 | 304) {
            return true;
        }
        match self.header("content-length") {
            Some(length) => self.body.len() >= length.parse().expect("a number"),
            None => self.body.ends_with(b"\r\n0\r\n\r\n") || self.body == b"0\r\n\r\n",
        }
    }

    /// The body as text, without the framing of chunks.
    pub fn text(&self) -> String {
        if self.header("transfer-encoding").as_deref() != Some("chunked") {
            return String::from_utf8_lossy(&self.body).into_owned();
        }
        let (mut text, mut rest) = (Vec::new(), self.body.as_slice());
        while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
            let size = std::str::from_utf8(&rest[..end]).expect("a size");
            let size = usize::from_str_radix(size.trim(), 16).expect("a size");
            text.extend(&rest[end + 2..end + 2 + size]);
            rest = &rest[(end + 4 + size).min(rest.len())..];
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Sends a request over a connection of its own.
pub fn send(to: SocketAddr, method: &str, path: &str, headers: &[Header]) -> Response {
    try_send(to, method, path, headers).expect("a response")
}

/// The same; `None` if nothing answers.
pub fn try_send(to: SocketAddr, method: &str, path: &str, headers: &[Header]) -> Option<Response> {
    let mut request = format!("{method} {path} HTTP/1.1\r\n").into_bytes();
    for (name, value) in headers {
        request.extend([name, b": ".as_slice(), value, b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    let mut stream = connect(to)?;
    // The other side may refuse a request, and close, before it has read it all.
    let _ = stream.write_all(&request);
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    loop {
        if let Some(response) = parse(&bytes).filter(|response| response.is_whole(method)) {
            return Some(response);
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return parse(&bytes),
            Ok(count) => bytes.extend(&chunk[..count]),
        }
    }
}

fn connect(to: SocketAddr) -> Option<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, TIMEOUT).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).expect("a timeout");
    stream.set_nodelay(true).expect("an option");
    Some(stream)
}

/// A connection that serves one request after the other, or several at once (pipelining).
pub struct Connection {
    stream: TcpStream,
    /// What has been read and belongs to responses that have not been taken yet.
    read: Vec<u8>,
}

impl Connection {
    /// Opens a connection; `None` if nothing listens.
    pub fn open(to: SocketAddr) -> Option<Self> {
        Some(Connection { stream: connect(to)?, read: Vec::new() })
    }

    /// Sends bytes; a connection that has ended shows when its response is taken.
    pub fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Takes the next response, to a request with this method; `None` if the connection has ended before its end.
    pub fn take(&mut self, method: &str) -> Option<Response> {
        let mut chunk = [0; 16 * 1024];
        loop {
            if let Some(mut response) = parse(&self.read) {
                let has_body = method != "HEAD" && !matches!(response.status, 204 | 304);
                let length = response.header("content-length").filter(|_| has_body);
                let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
                if response.body.len() >= length {
                    self.read = response.body.split_off(length);
                    return Some(response);
                }
            }
            match self.stream.read(&mut chunk) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.read.extend(&chunk[..count]),
            }
        }
    }
}

/// A connection, for anything other than requests and their responses.
pub fn open(to: SocketAddr) -> TcpStream {
    connect(to).expect("a connection")
}

/// Reads until `end` has been read.
pub fn read_until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
    let mut looked_at = 0;
    while !bytes[looked_at..].windows(end.len()).any(|window| window == end) {
        // `end` may be split between this read and the next.
        looked_at = bytes.len().saturating_sub(end.len() - 1);
        let count = stream.read(&mut chunk).expect("more bytes before the timeout");
        assert!(count > 0, "the connection ended after {}", bytes.escape_ascii());
        bytes.extend(&chunk[..count]);
    }
    bytes
}

/// Sends a request whose headers are text.
pub fn get(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let to_header = |(name, value): &(&str, &str)| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    let mut all = vec![(b"host".to_vec(), b"api.example.test".to_vec())];
    all.extend(headers.iter().map(to_header));
    send(to, method, path, &all)
}

/// Sends bytes, and reads until the other side closes.
pub fn send_raw(to: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = open(to);
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

/// Parses a whole response; `None` if its headers are incomplete.
pub fn parse(bytes: &[u8]) -> Option<Response> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let mut lines = bytes[..end].split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let status = std::str::from_utf8(lines.next()?).ok()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .map(|line| {
            let colon = line.iter().position(|byte| *byte == b':').expect("a colon");
            (line[..colon].to_vec(), line[colon + 1..].trim_ascii().to_vec())
        })
        .collect();
    Some(Response { status, headers, body: bytes[end + 4..].to_vec() })
}
