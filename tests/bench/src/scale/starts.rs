//! Boot and memory of one Envoy, by rules and workers.

use super::Started;
use crate::Result;
use crate::results::Series;
use crate::rules::Rules;
use crate::running::Upstream;
use crate::sides::Side;
use crate::startup::{self, MANY, Start};
use crate::stop::Stop;

/// Starts every combination anew in each round.
pub fn measure(rounds: usize, stop: &Stop) -> Result<Vec<Started>> {
    let upstream = Upstream::start()?;
    let combinations: Vec<(Rules, u32)> = [10, 1_000, MANY]
        .into_iter()
        .flat_map(|rules| [1, 2, 4].map(|workers| (Rules::Exact(rules), workers)))
        .collect();
    let mut found: Vec<Vec<Start>> = combinations.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        eprintln!("boot and memory, round {} of {rounds}", round + 1);
        for ((rules, workers), found) in combinations.iter().zip(&mut found) {
            stop.check()?;
            found.push(startup::start(Side::Ours, *rules, *workers, &upstream)?);
        }
    }
    let series = |starts: &[Start], of: fn(&Start) -> f64| Series::new(starts.iter().map(of).collect());
    let started = combinations.into_iter().zip(found).map(|((rules, workers), starts)| Started {
        rules,
        workers,
        boot: series(&starts, |start| start.boot),
        resident: series(&starts, |start| start.resident),
        vms: starts.last().map_or(0, |start| start.vms),
    });
    Ok(started.collect())
}
