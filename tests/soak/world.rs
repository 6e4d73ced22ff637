//! The Envoy under test, its policy, and what the threads tell each other.

use crate::verdict::FROM_500;
use kit::envoy::{self, Envoy};
use kit::process::{UpstreamProcess, lasting_port};
use kit::{client, discovery};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The origin that every version of the policy allows.
pub const ORIGIN: &str = "https://app.example.com";

/// How many troubles are kept: the first ones say the most.
const KEPT: usize = 30;

/// Everything that the threads share.
pub struct World {
    pub envoy: Envoy,
    pub address: SocketAddr,
    pub upstream: Mutex<Option<UpstreamProcess>>,
    pub upstream_port: u16,
    /// The file from which Envoy takes the filter.
    pub file: PathBuf,
    pub began: Instant,
    pub time: Duration,
    /// The last version of the policy that was handed to Envoy.
    published: AtomicU64,
    /// The last version that both workers are known to follow.
    confirmed: AtomicU64,
    /// How often upstream has been killed or started: odd while it is down.
    outages: AtomicU64,
    trouble: Mutex<Vec<String>>,
    counts: Mutex<BTreeMap<String, u64>>,
}

/// What was known when a request was sent.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    confirmed: u64,
    outages: u64,
}

/// One version of the policy. Each answer to an allowed origin shows its version, and odd and even ones differ.
pub fn policy(version: u64) -> Value {
    let parity = if version.is_multiple_of(2) { "https://even.example" } else { "https://odd.example" };
    json!({
        "name": "soak", "allow_origins": [ORIGIN, "https://*.preview.example.com", parity],
        "allow_methods": ["PUT", "DELETE"], "allow_headers": ["content-type", "x-a"],
        "expose_headers": [format!("x-version-{version}")], "allow_credentials": true, "max_age": version
    })
}

impl World {
    /// Starts upstream and Envoy under version 1.
    pub fn start(filter: &dyn Fn(&Value) -> Value, time: Duration) -> Self {
        let upstream_port = lasting_port();
        let upstream = UpstreamProcess::start_at(upstream_port);
        let file = envoy::new_folder().join("filter.json");
        discovery::put(&file, 1, &discovery::extension(filter(&policy(1)))).unwrap();
        let mut listener = envoy::listener_with("api", &[discovery::discovered_filter(&file)], &envoy::to_upstream());
        envoy::add_access_log(
            &mut listener,
            &json!({ "status": "%RESPONSE_CODE%", "flags": "%RESPONSE_FLAGS%", "details": "%RESPONSE_CODE_DETAILS%" }),
        );
        let manager = envoy::connection_manager(&mut listener);
        manager["access_log"][0]["filter"] = json!({ "status_code_filter": { "comparison": {
            "op": "GE", "value": { "default_value": FROM_500, "runtime_key": "soak" }
        } } });
        let mut bootstrap = envoy::bootstrap(&[listener], &[envoy::cluster("upstream", upstream.address)]);
        bootstrap["node"] = json!({ "id": "test", "cluster": "test" });
        let envoy = Envoy::start_with_workers(&bootstrap, 2).unwrap();
        let address = envoy.listeners()["api"];
        World {
            envoy,
            address,
            upstream: Mutex::new(Some(upstream)),
            upstream_port,
            file,
            began: Instant::now(),
            time,
            published: AtomicU64::new(1),
            confirmed: AtomicU64::new(1),
            outages: AtomicU64::new(0),
            trouble: Mutex::default(),
            counts: Mutex::default(),
        }
    }

    pub fn goes_on(&self) -> bool {
        self.began.elapsed() < self.time
    }

    /// Waits, but not past the end.
    pub fn pause(&self, time: Duration) {
        std::thread::sleep(time.min(self.time.saturating_sub(self.began.elapsed())));
    }

    pub fn moment(&self) -> Moment {
        Moment { confirmed: self.confirmed.load(Ordering::SeqCst), outages: self.outages.load(Ordering::SeqCst) }
    }

    /// The versions that may have decided about a request which was sent at that moment and is answered now.
    pub fn versions_since(&self, moment: Moment) -> std::ops::RangeInclusive<u64> {
        moment.confirmed..=self.published.load(Ordering::SeqCst)
    }

    /// Whether upstream was down at any time since then.
    pub fn had_outage_since(&self, moment: Moment) -> bool {
        moment.outages % 2 == 1 || self.outages.load(Ordering::SeqCst) != moment.outages
    }

    /// Upstream goes down, or is up again.
    pub fn turn(&self) {
        self.outages.fetch_add(1, Ordering::SeqCst);
    }

    pub fn next_version(&self) -> u64 {
        self.published.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn confirm(&self, version: u64) {
        self.confirmed.store(version, Ordering::SeqCst);
    }

    /// The version that one connection, and so one worker, follows.
    pub fn version_seen(&self) -> Option<u64> {
        let headers = [("host", "a"), ("origin", ORIGIN), ("access-control-request-method", "PUT")]
            .map(|(name, value)| (name.into(), value.into()));
        let response = client::try_send(self.address, "OPTIONS", "/", &headers)?;
        response.header("access-control-max-age")?.parse().ok()
    }

    /// Notes that something is wrong.
    pub fn trouble(&self, text: String) {
        self.count("trouble");
        let mut trouble = self.trouble.lock().unwrap();
        if trouble.len() < KEPT {
            trouble.push(format!("after {:.1} s: {text}", self.began.elapsed().as_secs_f64()));
        }
    }

    pub fn take_trouble(&self) -> Vec<String> {
        std::mem::take(&mut self.trouble.lock().unwrap())
    }

    /// Counts something for the report.
    pub fn count(&self, what: &str) {
        *self.counts.lock().unwrap().entry(what.to_owned()).or_default() += 1;
    }

    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.counts.lock().unwrap().clone()
    }
}
