//! Updates of a whole fleet by one control plane.

use super::{FLEET, Spread};
use crate::Result;
use crate::results::Series;
use crate::rules::Rules;
use crate::startup::{MANY, marker};
use crate::stop::Stop;
use kit::fleet::Fleet;
use kit::process::resident;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Starts the fleet once, and updates it in each round; returns what all its Envoys need in the end, too.
pub fn measure(rounds: usize, stop: &Stop) -> Result<(Vec<Spread>, f64)> {
    eprintln!("a fleet of {FLEET}");
    let fleet = Fleet::start(FLEET, &document(Rules::Exact(10), 0)?)?;
    fleet.control_plane.wait_for(FLEET);
    let mut version = 0;
    let mut spreads = Vec::new();
    for rules in [10, 1_000, MANY].map(Rules::Exact) {
        let (mut reached, mut times) = (FLEET, [const { Vec::new() }; 4]);
        for round in 0..rounds {
            stop.check()?;
            eprintln!("updates of a fleet, {}, round {} of {rounds}", rules.name(), round + 1);
            version += 1;
            let document = document(rules, version)?;
            let began = Instant::now();
            fleet.publish(&document);
            let decided = fleet.control_plane.wait_for(FLEET);
            fleet.wait_until_allowed(&marker(version))?;
            let answering = began.elapsed();
            let at = |index: usize| decided.times.get(index).copied().unwrap_or_default();
            let found = [at(0), at(FLEET / 2), at(FLEET - 1), answering];
            times.iter_mut().zip(found).for_each(|(times, found)| times.push(milliseconds(found)));
            reached = reached.min(decided.accepted.len());
        }
        let [first, median, last, answering] = times.map(Series::new);
        spreads.push(Spread { rules, reached, first, median, last, answering });
    }
    let sizes = fleet.members.iter().map(|member| resident(member.envoy.pid()));
    let sizes: Vec<u64> = sizes.collect::<std::io::Result<_>>()?;
    Ok((spreads, sizes.iter().sum::<u64>() as f64 / 1_000.0))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The policy of a version, which alone allows its marker.
fn document(rules: Rules, version: usize) -> Result<Value> {
    let mut document = rules.document();
    document["allow_origins"].as_array_mut().ok_or("one policy")?.push(json!(marker(version)));
    Ok(document)
}
