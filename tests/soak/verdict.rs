//! What is wrong in the end, by the threads' notes, Envoy's access log, log, statistics and memory.

use crate::exact::CLOSED;
use crate::memory::{self, Sample};
use crate::world::World;
use serde_json::Value;
use std::collections::BTreeMap;

/// The access log has requests from this status on.
pub const FROM_500: u32 = 500;

/// Starts of response code details of what is not the filter's making: upstream's own answers, an upstream that cannot be
/// reached or breaks off, and requests that the codecs reject before any filter sees them.
const NOT_OURS: [&str; 4] = ["via_upstream", "upstream_reset_", "http1.", "http2."];

/// Names of Envoy's statistics that must be zero contain one of these.
const FAILURES: [&str; 5] = ["vm_reload", "fail", "error", "crash", "missing"];

/// All troubles; prints what was counted.
pub fn of(world: &World, samples: &[Sample]) -> Vec<String> {
    for (what, count) in world.counts() {
        println!("{count:>9}  {what}");
    }
    let mut trouble = world.take_trouble();
    trouble.extend(errors(world));
    trouble.extend(statistics(world));
    let (closed, by_envoy) =
        (world.counts().get(CLOSED).copied().unwrap_or(0), world.envoy.stat("http1.response_flood"));
    if closed > by_envoy {
        trouble.push(format!("{closed} connections were closed early, by Envoy's flood protection only {by_envoy}"));
    }
    let log = world.envoy.log();
    let trapped = log.lines().filter(|line| line.contains("panicked") || line.contains("Function: "));
    trouble.extend(trapped.take(5).map(|line| format!("in Envoy's log: {line}")));
    trouble.extend(memory::trouble(samples));
    for sample in samples.iter().step_by((samples.len() / 20).max(1)).chain(samples.last()) {
        println!("{:>6} s: {} KB resident, {} KB allocated", sample.seconds, sample.resident, sample.allocated);
    }
    println!("least resident after warming up: {:?} KB", memory::low_waters(samples, |sample| sample.resident));
    println!("least allocated after warming up: {:?} KB", memory::low_waters(samples, |sample| sample.allocated));
    trouble
}

/// Errors that are the filter's, or nobody's.
fn errors(world: &World) -> Vec<String> {
    let log = world.envoy.log();
    let mut found: BTreeMap<(bool, String), u64> = BTreeMap::new();
    for line in log.lines().filter(|line| line.starts_with("{\"")) {
        let Ok(entry) = serde_json::from_str::<Value>(line) else { continue };
        let flags = entry["flags"].as_str().unwrap_or_default();
        let details = entry["details"].as_str().unwrap_or_default();
        // Upstream answers an unknown method with 501, which no filter does; the client may have left before it came.
        let is_late = entry["status"] == 501 && details.starts_with("downstream_remote_disconnect");
        let is_ours = !is_late && !NOT_OURS.iter().any(|start| details.starts_with(start));
        // Details may go on with what the connection said.
        let details = details.split(['{', '|']).next().unwrap_or_default();
        *found.entry((is_ours, format!("{} {flags} {details}", entry["status"]))).or_default() += 1;
    }
    let mut trouble = Vec::new();
    for ((is_ours, what), count) in found {
        println!("{count:>9}  answers {what}");
        if is_ours {
            trouble.push(format!("{count} answers {what}"));
        }
    }
    trouble
}

/// Envoy's statistics about VMs, and whether the filter has counted what was sent.
fn statistics(world: &World) -> Vec<String> {
    let mut trouble = Vec::new();
    for line in world.envoy.admin("/stats?filter=wasm%5C.&usedonly").lines().filter(|line| !line.contains("wasmcustom"))
    {
        println!("{line}");
        let Some((name, value)) = line.split_once(": ") else { continue };
        if FAILURES.iter().any(|failure| name.contains(failure)) && value.trim() != "0" {
            trouble.push(format!("statistics: {line}"));
        }
    }
    let counters = world.envoy.counters();
    println!("{counters:?}");
    for counter in ["request/allowed", "request/origin_refused", "preflight/allowed", "preflight/method_refused"] {
        if !counters.contains_key(&format!("soak/{counter}")) {
            trouble.push(format!("nothing was counted as {counter}"));
        }
    }
    trouble
}
