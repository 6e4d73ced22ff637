//! Mixed and hostile traffic through an Envoy of two workers, while the policy changes every few seconds and upstream is
//! killed and started again. Every answer is compared with what the policy in force says.
//!
//! `make test` lets it run for a minute, `make soak` for twenty. The environment may say otherwise: `SOAK_SECONDS`,
//! `SOAK_SEED` (that of a run to repeat; it makes the traffic alike, not the timing), `SOAK_MODULE` (the path of another
//! wasm module).

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

mod changes;
mod exact;
mod hostile;
mod memory;
mod verdict;
mod world;

use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use world::World;

/// Threads of each kind of traffic. With more, requests only wait for each other.
const EXACT: u64 = 2;
const HOSTILE: u64 = 2;

/// Runs it against the filter that `filter` makes of a policy, and returns everything that is wrong.
fn soak(filter: &(dyn Fn(&Value) -> Value + Sync), time: Duration) -> Vec<String> {
    let seed = std::env::var("SOAK_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("SOAK_SEED={seed}, {} seconds", time.as_secs());
    let world = World::start(filter, time);
    let mut samples = Vec::new();
    std::thread::scope(|threads| {
        for number in 0..EXACT {
            let world = &world;
            threads.spawn(move || exact::over_http1(world, seed.wrapping_add(number)));
        }
        threads.spawn(|| exact::over_http2(&world, seed.wrapping_add(100)));
        for number in 200..200 + HOSTILE {
            let world = &world;
            threads.spawn(move || hostile::over_sockets(world, seed.wrapping_add(number)));
        }
        threads.spawn(|| hostile::rapid_resets(&world));
        threads.spawn(|| changes::update_policies(&world, filter));
        threads.spawn(|| changes::restart_upstream(&world, seed));
        samples = memory::watch(&world);
    });
    verdict::of(&world, &samples)
}

/// The filter as the manifests deploy it; another module in its place if `module` says so.
fn filter(policy: &Value, module: Option<&Path>) -> Value {
    let mut filter = kit::envoy::cors_filter(policy);
    // Only the wasm filter has these.
    if let Some(plugin) = filter["typed_config"].get_mut("config") {
        plugin["failure_policy"] = json!("FAIL_RELOAD");
        if let Some(module) = module {
            plugin["vm_config"]["code"]["local"]["filename"] = json!(module);
        }
    }
    filter
}

#[test]
fn traffic_of_every_kind_does_no_harm() {
    let seconds = std::env::var("SOAK_SECONDS").map_or(60, |seconds| seconds.parse().unwrap());
    let module = std::env::var("SOAK_MODULE").ok().map(|path| kit::repository(&path).canonicalize().unwrap());
    let trouble = soak(&|policy| filter(policy, module.as_deref()), Duration::from_secs(seconds));
    assert!(trouble.is_empty(), "{} troubles:\n{}", trouble.len(), trouble.join("\n"));
}

/// The same traffic against a module that one of the attacks makes trap.
#[test]
fn a_module_that_traps_is_noticed() {
    let module = kit::trapping_module();
    let trouble = soak(&|policy| filter(policy, Some(&module)), Duration::from_secs(10));
    let has = |text: &str| trouble.iter().any(|trouble| trouble.contains(text));
    assert!(has("wasm_fail_stream") && has("vm_reload"), "{trouble:#?}");
}
