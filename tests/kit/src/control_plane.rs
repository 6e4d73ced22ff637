//! A control plane for many Envoys: xDS over HTTP/1.1 (`api_type: REST`). It holds each question until there is something
//! new, so that an update goes out at once, and learns from the next question whether the last answer was accepted.

use crate::upstream::read_request;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a question is held. Envoy would give up after `request_timeout`, and count a failure.
const HOLD: Duration = Duration::from_secs(5);

/// How long it may take until all have decided about an update.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running control plane. It answers until its process ends; when dropped, it answers with errors only.
pub struct ControlPlane {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Default)]
struct State {
    version: u64,
    /// The answer for this version, as JSON.
    answer: Arc<str>,
    published: Option<Instant>,
    nodes: BTreeMap<String, Node>,
    is_closed: bool,
}

/// What is known of one Envoy.
#[derive(Clone, Debug, Default)]
struct Node {
    sent: u64,
    accepted: u64,
    /// When its decision about the last version was known, since that was published.
    decided_after: Option<Duration>,
}

/// How the Envoys decided about an update.
#[derive(Debug)]
pub struct Decided {
    pub accepted: BTreeSet<String>,
    pub rejected: BTreeSet<String>,
    /// How long each took, in order.
    pub times: Vec<Duration>,
}

impl ControlPlane {
    /// Starts it without anything to hand out.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&own);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        ControlPlane { address, shared }
    }

    /// Where Envoy finds resources; `cluster` leads to [`ControlPlane::address`].
    pub fn source(cluster: &str) -> Value {
        json!({
            "resource_api_version": "V3",
            "api_config_source": {
                "api_type": "REST", "transport_api_version": "V3", "cluster_names": [cluster],
                "refresh_delay": "0.01s", "request_timeout": "30s"
            }
        })
    }

    /// Hands out a resource from now on.
    pub fn publish(&self, resource: &Value) {
        let mut state = self.shared.lock();
        state.version += 1;
        let answer = json!({
            "version_info": state.version.to_string(), "type_url": resource["@type"], "resources": [resource]
        });
        state.answer = answer.to_string().into();
        state.published = Some(Instant::now());
        state.nodes.values_mut().for_each(|node| node.decided_after = None);
        self.shared.news.notify_all();
    }

    /// Waits until so many Envoys have accepted or rejected the last update.
    pub fn wait_for(&self, envoys: usize) -> Decided {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        loop {
            let decided = || state.nodes.iter().filter(|(_, node)| node.decided_after.is_some());
            if decided().count() >= envoys {
                let names = |accepted: bool| {
                    let those = decided().filter(|(_, node)| (node.accepted == state.version) == accepted);
                    those.map(|(name, _)| name.clone()).collect()
                };
                let mut times: Vec<Duration> = decided().filter_map(|(_, node)| node.decided_after).collect();
                times.sort();
                return Decided { accepted: names(true), rejected: names(false), times };
            }
            assert!(Instant::now() < deadline, "only {} of {envoys}: {:?}", decided().count(), state.nodes);
            state = self.shared.wait(state, Duration::from_millis(100));
        }
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.news.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that has failed with the lock in hand must not fail a second time here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        self.news.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// What to answer an Envoy that has accepted this version last; `None` where there is nothing new.
    fn answer(&self, name: &str, accepted: u64) -> Result<Option<Arc<str>>, ()> {
        let deadline = Instant::now() + HOLD;
        let mut state = self.lock();
        let (version, age) = (state.version, state.published.map(|published| published.elapsed()));
        let node = state.nodes.entry(name.to_owned()).or_default();
        node.accepted = accepted;
        if node.sent == version && node.decided_after.is_none() {
            node.decided_after = age;
            self.news.notify_all();
        }
        loop {
            if state.is_closed {
                return Err(());
            }
            let (version, answer) = (state.version, Arc::clone(&state.answer));
            let node = state.nodes.entry(name.to_owned()).or_default();
            if node.sent < version {
                node.sent = version;
                return Ok(Some(answer));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            state = self.wait(state, left);
        }
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    stream.set_nodelay(true).expect("an option");
    let Ok(mut writer) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        assert_eq!(request.path, "/v3/discovery:extension_configs");
        let question: Value = serde_json::from_slice(&request.body).expect("JSON");
        let name = question["node"]["id"].as_str().expect("a node").to_owned();
        let accepted = question["version_info"].as_str().map_or(0, |version| version.parse().expect("a version"));
        let response = match shared.answer(&name, accepted) {
            Ok(Some(body)) => {
                format!("200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            }
            Ok(None) => String::from("304 Not Modified\r\n\r\n"),
            Err(()) => String::from("503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"),
        };
        if writer.write_all(format!("HTTP/1.1 {response}").as_bytes()).is_err() {
            return;
        }
    }
}
