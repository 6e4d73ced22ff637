//! One-time costs: boot, memory, and loading a new configuration.

use crate::load;
use crate::requests::Request;
use crate::results::{Reloaded, Series, Started};
use crate::rules::Rules;
use crate::running::{Running, Upstream, address_of};
use crate::sides::{Side, wasm_filter};
use crate::stop::Stop;
use crate::{Effort, Result, rules};
use kit::client;
use kit::discovery;
use kit::envoy::{self, Envoy};
use kit::process::resident;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub const MANY: u32 = 100_000;

/// Requests of each kind before memory is measured.
const REQUESTS: u64 = 1_000;

/// How long a new configuration may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts each side again in every round. The trimmed empty module also gets the large document, which it does not
/// read: that shows what Envoy itself spends on it.
pub fn starts(effort: &Effort, stop: &Stop) -> Result<Vec<Started>> {
    eprintln!("boot and memory");
    let upstream = Upstream::start()?;
    let mut what: Vec<(Side, Rules)> = Side::ALL.map(|side| (side, Rules::Exact(1))).to_vec();
    what.push((Side::Trimmed, Rules::Exact(MANY)));
    what.push((Side::Ours, Rules::Exact(MANY)));
    what.push((Side::Ours, Rules::Wildcards(MANY)));
    let mut found = vec![Found::default(); what.len()];
    for round in 0..effort.rounds {
        for step in 0..what.len() {
            stop.check()?;
            let at = (step + round) % what.len();
            let (side, rules) = what[at];
            let one = start(side, rules, 1, &upstream)?;
            found[at].boots.push(one.boot);
            found[at].sizes.push(one.resident);
            found[at].vms = one.vms;
        }
    }
    let starts = what.into_iter().zip(found).map(|((side, rules), found)| Started {
        side,
        rules,
        boot: Series::new(found.boots),
        resident: Series::new(found.sizes),
        vms: found.vms,
    });
    Ok(starts.collect())
}

/// One start.
pub struct Start {
    /// In milliseconds.
    pub boot: f64,
    /// In megabytes.
    pub resident: f64,
    pub vms: u32,
}

/// Starts a side, and sends it requests of each kind before its memory is read.
pub fn start(side: Side, rules: Rules, workers: u32, upstream: &Upstream) -> Result<Start> {
    let bootstrap = crate::running::bootstrap(side, rules, upstream);
    let began = Instant::now();
    let envoy = Envoy::start_with_workers(&bootstrap, workers)?;
    let boot = began.elapsed();
    let running = Running { side, rules, workers, address: address_of(&envoy, "api")?, envoy };
    for request in Request::SMALL {
        request.check(&running)?;
        load::run(&running, request, 8, REQUESTS)?;
    }
    let resident = resident(running.envoy.pid())? as f64 / 1_000.0;
    Ok(Start { boot: boot.as_secs_f64() * 1_000.0, resident, vms: running.active_vms() })
}

/// What the rounds found of one start.
#[derive(Clone, Default)]
struct Found {
    boots: Vec<f64>,
    sizes: Vec<f64>,
    vms: u32,
}

/// Gives a running Envoy new configurations by ECDS, as Istio does, and waits until each is in force.
pub fn reloads(effort: &Effort, stop: &Stop) -> Result<Vec<Reloaded>> {
    eprintln!("reloads");
    let upstream = Upstream::start()?;
    let sizes = [Rules::Exact(1), Rules::Exact(MANY), Rules::Wildcards(MANY)];
    let mut found: [Vec<f64>; 3] = Default::default();
    let folder = Folder(envoy::new_folder());
    let file = folder.0.join("resource.json");
    put(&file, 0, Rules::Exact(1))?;
    let envoy = Envoy::start(&discovering(&file, &upstream))?;
    let address = address_of(&envoy, "api")?;
    for round in 0..effort.rounds {
        for (at, rules) in sizes.iter().enumerate() {
            stop.check()?;
            let version = round * sizes.len() + at + 1;
            let began = put(&file, version, *rules)?;
            wait_for(address, &marker(version), began)?;
            found[at].push(began.elapsed().as_secs_f64() * 1_000.0);
        }
    }
    let reloaded = |(rules, times): (Rules, Vec<f64>)| Reloaded { rules, until_active: Series::new(times) };
    Ok(sizes.into_iter().zip(found).map(reloaded).collect())
}

/// A folder that is removed when it is dropped.
pub struct Folder(pub PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An Envoy whose filter is configured by a file.
pub fn discovering(file: &Path, upstream: &Upstream) -> Value {
    let listener = envoy::listener_with("api", &[discovery::discovered_filter(file)], &rules::virtual_host("*"));
    let mut bootstrap = envoy::bootstrap(&[listener], &upstream.clusters());
    bootstrap["node"] = json!({ "id": "bench", "cluster": "bench" });
    bootstrap
}

/// An origin that only this version allows.
pub fn marker(version: usize) -> String {
    format!("https://version{version}.example.org")
}

/// Writes the configuration that Envoy watches, and returns when.
pub fn put(file: &Path, version: usize, rules: Rules) -> Result<Instant> {
    let mut document = rules.document();
    document["allow_origins"].as_array_mut().ok_or("one policy")?.push(json!(marker(version)));
    let resource = discovery::extension(wasm_filter(&kit::module_path(), &document));
    discovery::put(file, version, &resource)?;
    Ok(Instant::now())
}

/// Sends requests until the origin is allowed. While a worker is loading a configuration, it does not answer.
pub fn wait_for(address: SocketAddr, origin: &str, began: Instant) -> Result<()> {
    while began.elapsed() < PATIENCE {
        let response = client::get(address, "GET", "/", &[("origin", origin)]);
        if response.header("access-control-allow-origin").as_deref() == Some(origin) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Err(format!("{origin} is not allowed in time").into())
}
