//! Changing the policy of a running Envoy: by a listener from a file (LDS), and by the filter alone from a file (ECDS),
//! which is how Istio sends it.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::discovery;
use kit::envoy::{self, Envoy};
use kit::process::{UpstreamProcess, resident};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const LISTENER: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";

/// How an update reaches Envoy.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Lds,
    Ecds,
}

struct Running {
    way: Way,
    envoy: Envoy,
    upstream: UpstreamProcess,
    file: PathBuf,
    version: usize,
}

fn policy(origin: &str) -> Value {
    json!({ "allow_origins": [origin], "allow_credentials": true })
}

impl Running {
    fn start(way: Way) -> Self {
        let upstream = UpstreamProcess::start();
        let file = envoy::new_folder().join("resource.json");
        discovery::put(&file, 1, &Self::resource(way, &policy("https://one.example"))).unwrap();
        let clusters = [envoy::cluster("upstream", upstream.address)];
        let mut bootstrap = envoy::bootstrap(&[], &clusters);
        bootstrap["node"] = json!({ "id": "test", "cluster": "test" });
        match way {
            Way::Lds => bootstrap["dynamic_resources"] = json!({ "lds_config": discovery::source(&file) }),
            Way::Ecds => {
                let filter = discovery::discovered_filter(&file);
                bootstrap["static_resources"]["listeners"] =
                    json!([envoy::listener_with("api", &[filter], &envoy::to_upstream())]);
            }
        }
        let running = Running { way, envoy: Envoy::start(&bootstrap).unwrap(), upstream, file, version: 1 };
        running.wait_for("https://one.example");
        running
    }

    fn resource(way: Way, config: &Value) -> Value {
        match way {
            Way::Lds => {
                let mut listener = envoy::listener("api", config, &[], &envoy::to_upstream());
                listener["@type"] = json!(LISTENER);
                // The port stays the same at each update, so that the listener is updated in place.
                listener["enable_reuse_port"] = json!(true);
                listener
            }
            Way::Ecds => discovery::extension(envoy::cors_filter(config)),
        }
    }

    fn update(&mut self, config: &Value) {
        self.version += 1;
        discovery::put(&self.file, self.version, &Self::resource(self.way, config)).unwrap();
    }

    fn address(&self) -> SocketAddr {
        self.envoy.listeners()["api"]
    }

    fn allows(&self, origin: &str) -> bool {
        let Some(address) = self.envoy.listeners().get("api").copied() else { return false };
        let headers = [(b"host".to_vec(), b"a".to_vec()), (b"origin".to_vec(), origin.as_bytes().to_vec())];
        let response = client::try_send(address, "GET", "/", &headers);
        response.is_some_and(|response| response.header("access-control-allow-origin").as_deref() == Some(origin))
    }

    fn wait_for(&self, origin: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.allows(origin) {
            assert!(Instant::now() < deadline, "{origin} was not allowed in time\n{}", self.envoy.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// One of Envoy's own counters.
    fn stat(&self, name: &str) -> u64 {
        let text = self.envoy.admin(&format!("/stats?filter={name}"));
        text.lines().filter_map(|line| line.rsplit_once(": ")).map(|(_, count)| count.trim().parse().unwrap_or(0)).sum()
    }
}

fn check(way: Way) {
    let mut running = Running::start(way);

    // A stream that starts before an update and ends after it keeps the policy it started with.
    let address = running.address();
    let in_flight =
        std::thread::spawn(move || client::get(address, "GET", "/slow", &[("origin", "https://one.example")]));
    std::thread::sleep(Duration::from_millis(300));
    running.update(&policy("https://two.example"));
    running.wait_for("https://two.example");
    assert!(!running.allows("https://one.example"));
    let response = in_flight.join().unwrap();
    assert_eq!(response.status, 200, "{way:?}: the stream is not dropped");
    assert_eq!(response.header("access-control-allow-origin").as_deref(), Some("https://one.example"), "{way:?}");

    // A bad policy is rejected, and the current one stays in force.
    let rejected = match way {
        Way::Lds => "listener_manager.lds.update_rejected",
        Way::Ecds => "config_fail",
    };
    let before = running.stat(rejected);
    running.update(&policy("https://three.example/"));
    let deadline = Instant::now() + Duration::from_secs(20);
    while running.stat(rejected) == before {
        assert!(Instant::now() < deadline, "{way:?}: not rejected in time\n{}", running.envoy.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(
        running
            .envoy
            .log()
            .contains("allow_origins[0]: \"https://three.example/\": a path is not allowed in an origin")
    );
    assert!(running.allows("https://two.example"), "{way:?}");

    // The next valid one is accepted.
    running.update(&policy("https://four.example"));
    running.wait_for("https://four.example");
    assert!(!running.envoy.log().contains("panicked"));
    drop(running.upstream);
}

#[test]
fn a_listener_update_accepts_a_changed_policy_and_rejects_a_bad_one() {
    check(Way::Lds);
}

#[test]
fn a_filter_update_accepts_a_changed_policy_and_rejects_a_bad_one() {
    check(Way::Ecds);
}

#[test]
fn two_hundred_reloads_leave_no_memory_behind() {
    let mut running = Running::start(Way::Ecds);
    let mut sizes = Vec::new();
    for round in 0..200 {
        let origin = format!("https://a{round}.example");
        running.update(&policy(&origin));
        running.wait_for(&origin);
        if round % 25 == 24 {
            sizes.push(resident(running.envoy.pid()).unwrap());
        }
    }
    println!("resident memory at every 25th reload: {sizes:?} KB");
    // The first quarter warms up V8's caches and the allocator; after that, a leak would show at every reload.
    let (warm, last) = (sizes[1], sizes[7]);
    assert!(last < warm + 2_000, "{warm} KB after 50 reloads, {last} KB after 200: {sizes:?}");
}
