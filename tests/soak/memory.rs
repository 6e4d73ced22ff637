//! The memory of the Envoy under test, over time.

use crate::world::World;
use kit::process::resident;
use std::time::Duration;

/// Between two samples. Reading `/memory` costs Envoy's main thread little.
const INTERVAL: Duration = Duration::from_secs(1);

/// By how much memory may grow once it is warm, in KB. When several VMs are loaded while many streams are open, Envoy's
/// allocator takes more from the system for a moment and keeps it: the resident memory then grows by a step of 8 or 16 MB,
/// which happens once or twice in a run, and what is allocated does not.
const MOST: u64 = 40_000;

/// By how much it may grow in every single part of the run, in KB: what grows in all of them is no step but a leak.
const STEADILY: u64 = 1_200;

/// The same for each second of a long part; of thousands of streams a second, these are a few bytes each.
const EACH_SECOND: u64 = 10;

/// The parts that are compared.
const PARTS: usize = 4;

/// One look at the memory, in KB.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub seconds: u64,
    /// Of the process: V8's heaps and the modules' memories as well.
    pub resident: u64,
    /// What Envoy's own allocator has handed out.
    pub allocated: u64,
}

/// Takes samples until the end.
pub fn watch(world: &World) -> Vec<Sample> {
    let mut samples = Vec::new();
    while world.goes_on() {
        world.pause(INTERVAL);
        let memory: serde_json::Value = serde_json::from_str(&world.envoy.admin("/memory")).unwrap();
        let allocated: u64 = memory["allocated"].as_str().unwrap().parse().unwrap();
        samples.push(Sample {
            seconds: world.began.elapsed().as_secs(),
            resident: resident(world.envoy.pid()).unwrap(),
            allocated: allocated / 1024,
        });
    }
    samples
}

/// The least memory in each part of a run, after a first minute, or third, in which it warms up. The least, because a
/// reload needs more for a moment.
pub fn low_waters(samples: &[Sample], of: impl Fn(&Sample) -> u64) -> Vec<u64> {
    let warm = 60.min(samples.len() / 3);
    let rest = &samples[warm..];
    rest.chunks(rest.len().div_ceil(PARTS).max(1)).filter_map(|part| part.iter().map(&of).min()).collect()
}

/// What is wrong with the memory: it must not grow.
pub fn trouble(samples: &[Sample]) -> Vec<String> {
    let mut trouble = Vec::new();
    let resident = low_waters(samples, |sample| sample.resident);
    let allocated = low_waters(samples, |sample| sample.allocated);
    for (name, low) in [("resident", resident), ("allocated", allocated)] {
        let grows = |pair: &[u64], by: u64| pair[1] > pair[0] + by;
        let seconds = samples.last().map_or(0, |sample| sample.seconds) / PARTS as u64;
        let steadily =
            low.len() == PARTS && low.windows(2).all(|pair| grows(pair, STEADILY.max(EACH_SECOND * seconds)));
        if steadily || grows(&[low[0], low[low.len() - 1]], MOST) {
            trouble.push(format!("the {name} memory grows; the least in each part after warming up: {low:?} KB"));
        }
    }
    trouble
}

#[test]
fn memory_that_grows_is_noticed_and_peaks_are_not() {
    let samples = |resident: fn(u64) -> u64| -> Vec<Sample> {
        (0..180).map(|seconds| Sample { seconds, resident: resident(seconds), allocated: 10_000 }).collect()
    };
    assert!(trouble(&samples(|_| 100_000)).is_empty());
    assert!(trouble(&samples(|seconds| 100_000 + 50_000 * seconds.min(60))).is_empty(), "it warms up");
    assert!(trouble(&samples(|seconds| 100_000 + 20_000 * (seconds % 3))).is_empty(), "peaks");
    assert!(trouble(&samples(|seconds| if seconds < 90 { 100_000 } else { 116_000 })).is_empty(), "a step");
    assert_eq!(trouble(&samples(|seconds| 100_000 + 50 * seconds)).len(), 1, "50 KB a second");
    assert_eq!(trouble(&samples(|seconds| if seconds < 90 { 100_000 } else { 150_000 })).len(), 1, "a large step");
}
