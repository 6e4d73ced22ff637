//! The memory of the Envoy under test, over time.

use crate::world::World;
use kit::process::resident;
use std::time::Duration;

/// Between two samples. Reading `/memory` costs Envoy's main thread little.
const INTERVAL: Duration = Duration::from_secs(1);

/// By how much memory may grow once it is warm, in KB. V8 keeps what it once needed while old and new VMs were there at
/// the same time, so the resident memory grows by steps. With thousands of streams a second, 16 MB in a minute are about
/// a hundred bytes of each, and in twenty minutes, five.
const MOST_RESIDENT: u64 = 16_000;
const MOST_ALLOCATED: u64 = 2_000;

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

/// The least memory in each of three parts of a run, after a first minute, or third, in which it warms up. The least,
/// because a reload needs more for a moment.
pub fn low_waters(samples: &[Sample], of: impl Fn(&Sample) -> u64) -> Vec<u64> {
    let warm = 60.min(samples.len() / 3);
    let rest = &samples[warm..];
    rest.chunks(rest.len().div_ceil(3).max(1)).filter_map(|part| part.iter().map(&of).min()).collect()
}

/// What is wrong with the memory: it must not grow.
pub fn trouble(samples: &[Sample]) -> Vec<String> {
    let mut trouble = Vec::new();
    let kinds: [(&str, u64, fn(&Sample) -> u64); 2] = [
        ("resident", MOST_RESIDENT, |sample| sample.resident),
        ("allocated", MOST_ALLOCATED, |sample| sample.allocated),
    ];
    for (name, most, of) in kinds {
        let low = low_waters(samples, of);
        if low.first().zip(low.last()).is_some_and(|(first, last)| *last > first + most) {
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
    assert_eq!(trouble(&samples(|seconds| 100_000 + 300 * seconds)).len(), 1, "300 KB a second");
}
