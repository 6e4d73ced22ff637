//! An HTTP/2 client over a plain connection (prior knowledge): requests at once, and requests that are reset at once.

use crate::Header;
use crate::client::Response;
use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, SendStream};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::timeout;

/// How long anything on loopback may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A connection; it makes progress only within its methods.
pub struct Http2 {
    runtime: Runtime,
    sender: SendRequest<Bytes>,
}

impl Http2 {
    /// Opens a connection; `None` if the other side does not speak HTTP/2.
    pub fn open(to: SocketAddr) -> Option<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let sender = runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(to).await.ok()?;
            let (sender, connection) = timeout(TIMEOUT, h2::client::handshake(stream)).await.ok()?.ok()?;
            tokio::spawn(connection);
            Some(sender)
        })?;
        Some(Http2 { runtime, sender })
    }

    /// Sends requests without bodies, all before the first response is read.
    pub fn send(&mut self, requests: Vec<http::Request<()>>) -> Vec<Option<Response>> {
        let sender = self.sender.clone();
        self.runtime.block_on(async {
            let mut waiting = Vec::new();
            for request in requests {
                let sent = timeout(TIMEOUT, sender.clone().ready()).await.ok().and_then(Result::ok);
                waiting.push(sent.and_then(|mut sender| sender.send_request(request, true).ok()));
            }
            let mut responses = Vec::new();
            for sent in waiting {
                responses.push(match sent {
                    Some((response, _)) => timeout(TIMEOUT, read(response)).await.ok().flatten(),
                    None => None,
                });
            }
            responses
        })
    }

    /// Sends a request `times` over, and resets each as soon as it is sent; returns how many the other side let pass.
    pub fn reset(&mut self, request: &http::Request<()>, times: usize) -> usize {
        let sender = self.sender.clone();
        self.runtime.block_on(async {
            for sent in 0..times {
                let ready = timeout(TIMEOUT, sender.clone().ready()).await.ok().and_then(Result::ok);
                let stream: Option<SendStream<Bytes>> =
                    ready.and_then(|mut sender| sender.send_request(request.clone(), false).ok()).map(|pair| pair.1);
                let Some(mut stream) = stream else { return sent };
                // The head leaves before the reset: what has not left yet would never be sent.
                tokio::task::yield_now().await;
                stream.send_reset(Reason::CANCEL);
                tokio::task::yield_now().await;
            }
            times
        })
    }
}

/// A request without a body to `http://api.example.test`.
pub fn request(method: &str, path: &str, headers: &[Header]) -> http::Request<()> {
    let mut builder = http::Request::builder().method(method).uri(format!("http://api.example.test{path}"));
    for (name, value) in headers {
        builder = builder.header(name.as_slice(), value.as_slice());
    }
    builder.body(()).expect("a request")
}

async fn read(response: h2::client::ResponseFuture) -> Option<Response> {
    let (head, mut stream) = response.await.ok()?.into_parts();
    let mut body = Vec::new();
    while let Some(piece) = stream.data().await {
        let piece = piece.ok()?;
        stream.flow_control().release_capacity(piece.len()).ok()?;
        body.extend(piece);
    }
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().into(), value.as_bytes().to_vec())).collect();
    Some(Response { status: head.status.as_u16().into(), headers, body })
}
