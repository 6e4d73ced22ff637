//! Traffic that nobody should send. What matters is not how it is answered, but that everything else still is.

use crate::world::{ORIGIN, World};
use fastrand::Rng;
use kit::http2::{self, Http2};
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Stops the module of `tests/failure.rs`, and no other.
const TRAP: &str = "x-envoy-cors-test-trap: now\r\n";

/// The preface of HTTP/2, and an empty SETTINGS frame.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// How a connection ends.
#[derive(Clone, Copy)]
enum End {
    /// The answer is read, as far as it comes.
    Read,
    /// Half of the connection is closed, then the answer is read.
    HalfClose,
    /// A reset, without reading anything.
    Reset,
    /// Closed without reading anything.
    Close,
}

type Attack = (&'static str, fn(&mut Rng) -> Vec<u8>);

const ATTACKS: [Attack; 12] = [
    ("garbage", |random| bytes(random, 2_000)),
    ("a mutated request", mutated),
    ("bad bytes in headers", bad_values),
    ("repeated headers", repeated),
    ("huge headers", huge),
    ("a request cut off", |random| {
        let mut request = valid(random);
        request.truncate(random.usize(1..request.len()));
        request
    }),
    ("a body cut off", |random| [upload(b"content-length: 5000"), bytes(random, 4_999)].concat()),
    ("chunks cut off", |random| {
        [upload(b"transfer-encoding: chunked"), b"ff\r\n".to_vec(), bytes(random, 200)].concat()
    }),
    ("a wrong size of a chunk", |random| {
        let sizes = ["-1", "zz", "ffffffffffffffffff", "5;x=\x01", "", "0x5", "5 5"];
        [upload(b"transfer-encoding: chunked"), format!("{}\r\nhello\r\n", sizes[random.usize(..7)]).into()].concat()
    }),
    ("both lengths", |_| {
        [upload(b"content-length: 5\r\ntransfer-encoding: chunked"), b"0\r\n\r\nGET / HTTP/1.1\r\n".to_vec()].concat()
    }),
    ("broken frames of HTTP/2", |random| [PREFACE.to_vec(), bytes(random, 300)].concat()),
    ("a trap", |_| format!("GET / HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\n{TRAP}\r\n").into_bytes()),
];

fn bytes(random: &mut Rng, most: usize) -> Vec<u8> {
    (0..random.usize(1..=most)).map(|_| random.u8(..)).collect()
}

fn upload(framing: &[u8]) -> Vec<u8> {
    [format!("POST /upload HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\n").as_bytes(), framing, b"\r\n\r\n"].concat()
}

fn preflight(headers: &[u8]) -> Vec<u8> {
    let head = format!("OPTIONS / HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\naccess-control-request-method: PUT\r\n");
    [head.as_bytes(), headers, b"\r\n"].concat()
}

/// Ordinary requests, pipelined.
fn valid(random: &mut Rng) -> Vec<u8> {
    let get = format!("GET / HTTP/1.1\r\nhost: a\r\norigin: {ORIGIN}\r\nvary: x\r\n\r\n").into_bytes();
    let all = [get, preflight(b"access-control-request-headers: x-a, content-type\r\n"), upload(b"content-length: 0")];
    (0..random.usize(1..4)).flat_map(|_| all[random.usize(..all.len())].clone()).collect()
}

fn mutated(random: &mut Rng) -> Vec<u8> {
    let mut request = valid(random);
    for _ in 0..random.usize(1..10) {
        let at = random.usize(..request.len());
        match random.u32(..3) {
            0 => request[at] = random.u8(..),
            1 => request.insert(at, random.u8(..)),
            _ => drop(request.remove(at)),
        }
    }
    request
}

/// A value of bytes that HTTP allows, or not, in one of the headers that the filter reads.
fn bad_values(random: &mut Rng) -> Vec<u8> {
    let names = ["origin", "access-control-request-method", "access-control-request-headers", "host"];
    let name = names[random.usize(..names.len())];
    let value: Vec<u8> = bytes(random, 700).into_iter().filter(|byte| !matches!(byte, 0 | b'\r' | b'\n')).collect();
    let header = [name.as_bytes(), b": ", &value, b"\r\n"].concat();
    if random.bool() {
        preflight(&header)
    } else {
        [b"GET / HTTP/1.1\r\nhost: a\r\n", header.as_slice(), b"\r\n"].concat()
    }
}

/// Headers that repeat, up to the hundred lines that Envoy lets pass, and more.
fn repeated(random: &mut Rng) -> Vec<u8> {
    let lines = [
        "origin: https://app.example.com\r\n",
        "access-control-request-headers: ,,,x-a,,\r\n",
        "access-control-request-method: PUT\r\n",
    ];
    preflight(&lines[random.usize(..3)].repeat(random.usize(1..150)).into_bytes())
}

/// Values up to the 60 KB that Envoy lets pass, and more.
fn huge(random: &mut Rng) -> Vec<u8> {
    let pieces = ["a", ",", "a.", "x-a,", "x-a, ", " ", "\t", "https://a.example,"];
    let piece = pieces[random.usize(..pieces.len())];
    let value = piece.repeat(random.usize(1..70_000) / piece.len() + 1);
    let name = ["origin", "access-control-request-headers", "access-control-request-method"][random.usize(..3)];
    preflight(format!("{name}: {value}\r\n").as_bytes())
}

/// One attack after the other, each over a connection of its own.
pub fn over_sockets(world: &World, seed: u64) {
    let mut random = Rng::with_seed(seed);
    while world.goes_on() {
        let (name, attack) = ATTACKS[random.usize(..ATTACKS.len())];
        let end = [End::Read, End::HalfClose, End::Reset, End::Close][random.usize(..4)];
        let Ok(mut stream) = TcpStream::connect(world.address) else {
            world.trouble(format!("Envoy accepts no connection for {name}"));
            continue;
        };
        let bytes = attack(&mut random);
        // In two pieces, so that Envoy sees a request that is not there yet.
        let (start, rest) = bytes.split_at(random.usize(..bytes.len()));
        let _ = stream.write_all(start).and_then(|()| stream.flush());
        std::thread::sleep(Duration::from_millis(random.u64(..5)));
        let _ = stream.write_all(rest);
        finish(stream, end);
        world.count(&format!("hostile: {name}"));
    }
}

fn finish(mut stream: TcpStream, end: End) {
    match end {
        End::Close => return,
        // To wait no time for data to leave is to reset.
        End::Reset => return SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap(),
        End::HalfClose => drop(stream.shutdown(Shutdown::Write)),
        End::Read => {}
    }
    // Envoy waits for the end of what was cut off.
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut piece = [0; 4096];
    while stream.read(&mut piece).is_ok_and(|count| count > 0) {}
}

/// Streams of HTTP/2 that are reset as soon as they are open, as in CVE-2023-44487.
pub fn rapid_resets(world: &World) {
    let head = kit::fixtures::headers(&[("origin", ORIGIN), ("access-control-request-method", "PUT")]);
    let requests = [http2::request("GET", "/", &head), http2::request("OPTIONS", "/", &head)];
    while world.goes_on() {
        let Some(mut connection) = Http2::open(world.address) else {
            world.trouble(String::from("Envoy accepts no connection for rapid resets"));
            continue;
        };
        for request in &requests {
            // Envoy closes the connection itself after a few hundred.
            for _ in 0..connection.reset(request, 200) {
                world.count("hostile: rapid resets");
            }
        }
        world.pause(Duration::from_millis(200));
    }
}
