//! What a run found: `target/bench.json`.

use crate::requests::Request;
use crate::rules::Rules;
use crate::sides::Side;
use serde::{Deserialize, Serialize};

/// A whole run.
#[derive(Serialize, Deserialize)]
pub struct Results {
    pub machine: Machine,
    pub rounds: usize,
    /// The seconds of load of each measurement.
    pub seconds: f64,
    pub modules: Vec<Module>,
    pub requests: Vec<Measured>,
    pub starts: Vec<Started>,
    pub reloads: Vec<Reloaded>,
}

/// Where and when.
#[derive(Serialize, Deserialize)]
pub struct Machine {
    pub date: String,
    pub cpu: String,
    pub cores: usize,
    pub memory_gb: f64,
    pub kernel: String,
    pub envoy: String,
    pub h2load: String,
    /// The load average of the last minute before the run: above a few tenths, other programs were using the CPU.
    pub load_before: f64,
}

/// The size of a module.
#[derive(Serialize, Deserialize)]
pub struct Module {
    pub side: Side,
    pub bytes: u64,
}

/// One request on one side.
#[derive(Serialize, Deserialize)]
pub struct Measured {
    pub rules: Rules,
    pub request: Request,
    pub side: Side,
    pub workers: u32,
    /// Whether it is of the comparison over workers, which has more connections.
    pub is_scaling: bool,
    /// CPU of the Envoy process per request, in microseconds.
    pub cpu: Series,
    /// Requests per second.
    pub rate: Series,
}

/// A start of Envoy.
#[derive(Serialize, Deserialize)]
pub struct Started {
    pub side: Side,
    pub rules: Rules,
    /// From the start of the process until `/ready` says 200, in milliseconds.
    pub boot: Series,
    /// Resident memory after a thousand requests of each kind, in megabytes.
    pub resident: Series,
    /// The VMs that run the module.
    pub vms: u32,
}

/// A new configuration in a running Envoy.
#[derive(Serialize, Deserialize)]
pub struct Reloaded {
    pub rules: Rules,
    /// From the new file until the first response under it, in milliseconds.
    pub until_active: Series,
}

/// One value in each round.
#[derive(Clone, Serialize, Deserialize)]
pub struct Series {
    pub median: f64,
    /// Half the distance between the quartiles.
    pub spread: f64,
    pub rounds: Vec<f64>,
}

impl Series {
    pub fn new(rounds: Vec<f64>) -> Self {
        let mut sorted = rounds.clone();
        sorted.sort_by(f64::total_cmp);
        let spread = (quantile(&sorted, 0.75) - quantile(&sorted, 0.25)) / 2.0;
        Series { median: quantile(&sorted, 0.5), spread, rounds }
    }

    /// Compares with another side round by round, so that whatever slowed down a whole round cancels out.
    pub fn with(&self, other: &Series, compare: impl Fn(f64, f64) -> f64) -> Series {
        Series::new(self.rounds.iter().zip(&other.rounds).map(|(own, other)| compare(*own, *other)).collect())
    }
}

/// A quantile of sorted values, between two of them in proportion; zero where there are none.
fn quantile(sorted: &[f64], fraction: f64) -> f64 {
    let at = fraction * sorted.len().saturating_sub(1) as f64;
    let value = |at: f64| sorted.get(at as usize).copied().unwrap_or_default();
    value(at.floor()) + (value(at.ceil()) - value(at.floor())) * at.fract()
}

impl Results {
    /// What was measured of a side with one worker.
    pub fn find(&self, rules: Rules, request: Request, side: Side) -> Option<&Measured> {
        let is_it = |one: &&Measured| one.rules == rules && one.request == request && one.side == side;
        self.requests.iter().filter(|one| !one.is_scaling).find(is_it)
    }

    /// The CPU that a side adds to a request, in microseconds.
    pub fn added(&self, request: Request, side: Side) -> Option<Series> {
        let one = Rules::Exact(1);
        let none = self.find(one, request, Side::None)?;
        Some(self.find(one, request, side)?.cpu.with(&none.cpu, |own, none| own - none))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_spread_are_those_of_the_quartiles() {
        let series = Series::new(vec![5.0, 1.0, 2.0, 4.0, 3.0]);
        assert_eq!((series.median, series.spread), (3.0, 1.0));
        let series = Series::new(vec![1.0, 2.0]);
        assert_eq!((series.median, series.spread), (1.5, 0.25));
        assert_eq!(Series::new(Vec::new()).median, 0.0);
    }

    #[test]
    fn sides_are_compared_round_by_round() {
        let (own, other) = (Series::new(vec![11.0, 22.0, 33.0]), Series::new(vec![10.0, 20.0, 30.0]));
        assert_eq!(own.with(&other, |own, other| own - other).rounds, [1.0, 2.0, 3.0]);
    }
}
