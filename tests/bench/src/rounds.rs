//! The rounds: each measures every side of every comparison once, the sides of one comparison back to back.

use crate::load::{self, Loaded};
use crate::requests::Request;
use crate::results::{Measured, Series};
use crate::rules::Rules;
use crate::running::{Running, Upstream};
use crate::sides::Side;
use crate::stop::Stop;
use crate::{Effort, Result};
use std::time::Instant;

/// Connections of h2load; with several workers there are more, since the kernel assigns connections to workers by hash.
const CONNECTIONS: u32 = 16;
const SCALING_CONNECTIONS: u32 = 64;

/// Sides that answer the same request under the same rules.
struct Comparison {
    rules: Rules,
    request: Request,
    workers: u32,
    is_scaling: bool,
    sides: Vec<Side>,
}

/// A side of a comparison.
struct Cell {
    /// Which of the Envoys.
    running: usize,
    /// Requests in each round.
    count: u64,
    rounds: Vec<Loaded>,
}

/// All comparisons: every side with one rule, ours and the native filter with more, and some with several workers.
fn comparisons() -> Vec<Comparison> {
    let mut all = Vec::new();
    let of = |rules, request, sides: &[Side]| Comparison {
        rules,
        request,
        workers: 1,
        is_scaling: false,
        sides: sides.to_vec(),
    };
    for request in Request::SMALL.into_iter().chain([Request::Large]) {
        all.push(of(Rules::Exact(1), request, &Side::ALL));
    }
    for rules in [Rules::Exact(1_000), Rules::Exact(10_000), Rules::Wildcards(100), Rules::Policies(200)] {
        for request in Request::SMALL {
            all.push(of(rules, request, &[Side::Native, Side::Ours]));
        }
    }
    for workers in [1, 2, 4] {
        let comparison = of(Rules::Exact(1), Request::Allowed, &[Side::None, Side::Native, Side::Ours]);
        all.push(Comparison { workers, is_scaling: true, ..comparison });
    }
    all
}

/// Starts every Envoy, checks every answer, then measures.
pub fn measure(effort: &Effort, stop: &Stop) -> Result<Vec<Measured>> {
    let upstream = Upstream::start()?;
    let mut envoys: Vec<Running> = Vec::new();
    let comparisons = comparisons();
    let mut cells: Vec<Vec<Cell>> = Vec::new();
    eprintln!("starting an Envoy for each side and set of rules, and checking the answers");
    for comparison in &comparisons {
        let mut row = Vec::new();
        for side in &comparison.sides {
            stop.check()?;
            let is_it =
                |one: &Running| one.side == *side && one.rules == comparison.rules && one.workers == comparison.workers;
            let running = match envoys.iter().position(is_it) {
                Some(at) => at,
                None => {
                    envoys.push(Running::start(*side, comparison.rules, comparison.workers, &upstream)?);
                    envoys.len() - 1
                }
            };
            comparison.request.check(&envoys[running])?;
            let count = warm_up(&envoys[running], comparison, effort)?;
            row.push(Cell { running, count, rounds: Vec::new() });
        }
        cells.push(row);
    }
    let started = Instant::now();
    for round in 0..effort.rounds {
        eprintln!("round {} of {}, {} s so far", round + 1, effort.rounds, started.elapsed().as_secs());
        for at in rotated(comparisons.len(), round * comparisons.len() / effort.rounds) {
            for side in rotated(cells[at].len(), round) {
                stop.check()?;
                let cell = &mut cells[at][side];
                let connections = connections(&comparisons[at]);
                let loaded = load::run(&envoys[cell.running], comparisons[at].request, connections, cell.count)?;
                cell.rounds.push(loaded);
            }
        }
    }
    let rows = comparisons.iter().zip(&cells);
    Ok(rows.flat_map(|(comparison, row)| row.iter().map(|cell| measured(comparison, cell, &envoys))).collect())
}

/// Loads an Envoy until V8 has compiled the hot code, and finds how many requests fill a round.
fn warm_up(running: &Running, comparison: &Comparison, effort: &Effort) -> Result<u64> {
    let mut count = 200;
    for _ in 0..2 {
        let loaded = load::run(running, comparison.request, connections(comparison), count)?;
        count = ((loaded.rate * effort.seconds) as u64).max(200);
    }
    Ok(count)
}

fn connections(comparison: &Comparison) -> u32 {
    if comparison.is_scaling { SCALING_CONNECTIONS } else { CONNECTIONS }
}

/// The numbers below `count`, starting at `first`: the order changes from round to round.
fn rotated(count: usize, first: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |at| (at + first) % count)
}

fn measured(comparison: &Comparison, cell: &Cell, envoys: &[Running]) -> Measured {
    Measured {
        rules: comparison.rules,
        request: comparison.request,
        side: envoys[cell.running].side,
        workers: comparison.workers,
        is_scaling: comparison.is_scaling,
        cpu: Series::new(cell.rounds.iter().map(|round| round.cpu).collect()),
        rate: Series::new(cell.rounds.iter().map(|round| round.rate).collect()),
    }
}
