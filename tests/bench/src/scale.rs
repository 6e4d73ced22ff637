//! Many rules, many workers, many Envoys: what `envoy/scale.md` shows.

mod fleet;
mod page;
mod starts;
mod updates;

use crate::results::{Machine, Series};
use crate::rules::Rules;
use crate::stop::Stop;
use crate::{Result, machine, readme, variable};

/// The page, in which the numbers are between markers.
const PAGE: &str = "envoy/scale.md";

/// How many Envoys make a fleet.
const FLEET: usize = 20;

/// A whole run.
struct Results {
    machine: Machine,
    rounds: usize,
    starts: Vec<Started>,
    updates: Vec<Updated>,
    fleets: Vec<Spread>,
    /// What all Envoys of the fleet need in the end, in megabytes.
    fleet_resident: f64,
}

/// A start of one Envoy.
struct Started {
    rules: Rules,
    workers: u32,
    /// Milliseconds.
    boot: Series,
    /// Megabytes.
    resident: Series,
    vms: u32,
}

/// Updates of one Envoy under load.
struct Updated {
    rules: Rules,
    /// The document, in bytes.
    bytes: usize,
    requests: usize,
    lost: usize,
    /// Milliseconds from the new file until the first response under it.
    active: Series,
    /// Milliseconds a request took while nothing was loaded, and while a policy was.
    quiet: Latency,
    loading: Latency,
}

/// How long requests took, in milliseconds.
#[derive(Clone, Copy, Default)]
struct Latency {
    median: f64,
    /// The slowest of a hundred.
    tail: f64,
    longest: f64,
    count: usize,
}

/// An update of the whole fleet, in milliseconds since it was published.
struct Spread {
    rules: Rules,
    reached: usize,
    first: Series,
    median: Series,
    last: Series,
    /// Until every Envoy has answered a request under it.
    answering: Series,
}

/// Measures, and writes the page.
pub fn measure() -> Result<()> {
    let rounds = variable("BENCH_ROUNDS", 3)?;
    if rounds == 0 {
        return Err("BENCH_ROUNDS is at least 1".into());
    }
    let stop = Stop::on_signals()?;
    let machine = machine::describe()?;
    let (starts, updates) = (starts::measure(rounds, &stop)?, updates::measure(rounds, &stop)?);
    let (fleets, fleet_resident) = fleet::measure(rounds, &stop)?;
    // The page promises both.
    if let Some(updated) = updates.iter().find(|updated| updated.lost > 0) {
        return Err(format!("{}: {} of {} requests lost", updated.rules.name(), updated.lost, updated.requests).into());
    }
    if let Some(spread) = fleets.iter().find(|spread| spread.reached < FLEET) {
        return Err(format!("{}: only {} of {FLEET} Envoys reached", spread.rules.name(), spread.reached).into());
    }
    let section = page::write(&Results { machine, rounds, starts, updates, fleets, fleet_resident });
    readme::put(PAGE, "scale", &section)?;
    println!("{section}\n{PAGE} shows this run");
    Ok(())
}
