//! Servers that do not speak HTTP as they should, or speak it over TLS.

use crate::endpoint::Answer;
use kit::upstream::{Request, Upstream};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An address where nothing listens.
pub fn closed_port() -> SocketAddr {
    listen().1
}

/// Accepts connections, and says nothing.
pub fn silent() -> SocketAddr {
    let (listener, address) = listen();
    std::thread::spawn(move || {
        let mut open: Vec<TcpStream> = Vec::new();
        open.extend(listener.incoming().flatten());
    });
    address
}

/// Answers every connection with these bytes, and closes it.
pub fn answering(bytes: &'static [u8]) -> SocketAddr {
    let (listener, address) = listen();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            // What was sent is read first: bytes left unread would turn the close into a reset.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(bytes);
        }
    });
    address
}

/// An upstream over TLS, with a certificate that nobody has signed; it answers one request a connection.
pub fn tls(answer: fn(&Request) -> Answer) -> SocketAddr {
    let upstream = Upstream::start(answer);
    let certified = rcgen::generate_simple_self_signed(vec![String::from("api.example.test")]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let (listener, address) = listen();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, upstream) = (Arc::clone(&config), upstream.address);
            std::thread::spawn(move || relay(stream, config, upstream));
        }
    });
    address
}

fn relay(stream: TcpStream, config: Arc<rustls::ServerConfig>, upstream: SocketAddr) -> Option<()> {
    let connection = rustls::ServerConnection::new(config).ok()?;
    let mut client = rustls::StreamOwned::new(connection, stream);
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        let mut chunk = [0; 4096];
        let count = client.read(&mut chunk).ok().filter(|count| *count > 0)?;
        request.extend(&chunk[..count]);
    }
    let mut server = kit::client::open(upstream);
    server.write_all(&request).ok()?;
    client.write_all(&kit::client::read_until(&mut server, b"\r\n\r\n")).ok()
}
