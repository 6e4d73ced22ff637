//! What changes while traffic flows: the policy, and whether upstream is there.

use crate::world::{World, policy};
use kit::discovery;
use kit::process::UpstreamProcess;
use serde_json::Value;
use std::time::{Duration, Instant};

/// How long an update may take to reach both workers of a busy Envoy.
const PATIENCE: Duration = Duration::from_secs(30);

/// A version is confirmed once so many connections in a row follow it: the kernel spreads them over the workers.
const CONNECTIONS: usize = 16;

/// One update of so many is a document that the filter refuses: the second, the seventh and so on.
const REFUSED: u64 = 5;

/// Sends a new version of the policy every few seconds.
pub fn update_policies(world: &World, filter: &dyn Fn(&Value) -> Value) {
    let mut update = 1;
    loop {
        world.pause(Duration::from_secs(3));
        if !world.goes_on() {
            return;
        }
        update += 1;
        if update % REFUSED == 2 {
            refuse(world, filter, update);
        } else {
            accept(world, filter, update);
        }
    }
}

fn put(world: &World, update: usize, resource: Value) {
    discovery::put(&world.file, update, &discovery::extension(resource)).unwrap();
}

fn accept(world: &World, filter: &dyn Fn(&Value) -> Value, update: u64) {
    let version = world.next_version();
    put(world, update as usize, filter(&policy(version)));
    let sent = Instant::now();
    let mut in_a_row = 0;
    while in_a_row < CONNECTIONS {
        in_a_row = if world.version_seen() == Some(version) { in_a_row + 1 } else { 0 };
        if in_a_row == 0 {
            if sent.elapsed() > PATIENCE {
                return world.trouble(format!("version {version} of the policy is not in force on both workers"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    world.confirm(version);
    world.count("updates accepted");
}

fn refuse(world: &World, filter: &dyn Fn(&Value) -> Value, update: u64) {
    let rejected = || world.envoy.stat("extension_config_discovery.http_filter.envoy-cors.update_rejected");
    let before = rejected();
    let mut refused = policy(update);
    refused["allow_origins"] = serde_json::json!(["https://evil.example/"]);
    put(world, update as usize, filter(&refused));
    let sent = Instant::now();
    while rejected() == before {
        if sent.elapsed() > PATIENCE {
            return world.trouble(String::from("a refused policy was not rejected"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    world.count("updates refused");
}

/// Kills upstream again and again, and starts it after a while.
pub fn restart_upstream(world: &World, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    loop {
        world.pause(Duration::from_secs(random.u64(4..16)));
        if !world.goes_on() {
            return;
        }
        world.turn();
        *world.upstream.lock().unwrap() = None;
        std::thread::sleep(Duration::from_millis(random.u64(100..2_000)));
        *world.upstream.lock().unwrap() = Some(UpstreamProcess::start_at(world.upstream_port));
        world.turn();
        world.count("upstream restarted");
    }
}
