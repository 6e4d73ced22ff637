//! An upstream that answers as each test asks it to and records what reached it. It knows nothing about CORS.

use crate::Header;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A running upstream, which ends with the test's process.
pub struct Upstream {
    pub address: SocketAddr,
    reached: Arc<Mutex<Vec<Request>>>,
}

/// A request that reached upstream.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<Header>,
    pub body: Vec<u8>,
}

impl Request {
    /// The first value of a header, as text.
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name.as_bytes()))?;
        Some(value.escape_ascii().to_string())
    }
}

impl Upstream {
    /// Starts an upstream that answers each request with the status and headers that `answer` returns.
    pub fn start(answer: impl Fn(&Request) -> (u32, Vec<Header>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let reached = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&reached);
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Upstream { address, reached }
    }

    /// Takes the requests that have reached upstream since the last call.
    pub fn take_reached(&self) -> Vec<Request> {
        std::mem::take(&mut self.reached.lock().expect("the log"))
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request) -> (u32, Vec<Header>)) {
    stream.set_nodelay(true).expect("an option");
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let (status, headers) = answer(&request);
        log.lock().expect("the log").push(request);
        let mut response = format!("HTTP/1.1 {status} Status\r\ncontent-length: 0\r\n").into_bytes();
        for (name, value) in headers {
            response.extend([&name, b": ".as_slice(), &value, b"\r\n"].concat());
        }
        response.extend(b"\r\n");
        if writer.write_all(&response).is_err() {
            return;
        }
    }
}

/// Reads a request and its body; `None` when the connection ends.
pub(crate) fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let first = String::from_utf8(read_line(reader)?).ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { break };
        headers.push((line[..colon].to_vec(), line[colon + 1..].trim_ascii().to_vec()));
    }
    let mut request = Request { method, path, headers, body: Vec::new() };
    if let Some(length) = request.header("content-length") {
        reader.take(length.parse().ok()?).read_to_end(&mut request.body).ok()?;
    }
    Some(request)
}

fn read_line(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).ok().filter(|count| *count > 0)?;
    line.truncate(line.trim_ascii_end().len());
    Some(line)
}
