//! What the filter costs a real Envoy, compared with no filter, Envoy's native cors filter and a module that does
//! nothing.
//!
//! `bench` measures, prints the table, and writes `target/bench.json` and `target/bench.svg`. `bench readme` puts the
//! last results into the README and `tests/bench/results.md`. `bench scale` writes `envoy/scale.md`, `bench dashboard`
//! draws what Grafana would show. `make bench`, `make bench-readme`, `make scale` and `make dashboard` build what they
//! need.

mod canvas;
mod dashboard;
mod dashboard_plot;
mod load;
mod machine;
mod plot;
mod readme;
mod requests;
mod results;
mod rounds;
mod rules;
mod running;
mod scale;
mod sides;
mod startup;
mod stop;
mod table;
mod usage;

use results::Results;
use std::error::Error;
use std::process::ExitCode;
use stop::Stop;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const JSON: &str = "target/bench.json";
const SVG: &str = "target/bench.svg";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [] => measure(),
        ["readme"] => read().and_then(|results| readme::update(&results)),
        ["scale"] => scale::measure(),
        ["dashboard"] => dashboard::record(),
        _ => Err("usage: bench [readme | scale | dashboard]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How long to measure. More rounds narrow the spread, longer ones steady each round.
struct Effort {
    rounds: usize,
    /// The seconds of load of each measurement.
    seconds: f64,
}

impl Effort {
    fn from_environment() -> Result<Self> {
        let effort = Effort { rounds: variable("BENCH_ROUNDS", 7)?, seconds: variable("BENCH_SECONDS", 1.0)? };
        if effort.rounds == 0 || !(0.01..=60.0).contains(&effort.seconds) {
            return Err("BENCH_ROUNDS must be at least 1, BENCH_SECONDS from 0.01 to 60".into());
        }
        Ok(effort)
    }
}

fn variable<T: std::str::FromStr>(name: &str, default: T) -> Result<T> {
    match std::env::var(name) {
        Ok(text) if !text.trim().is_empty() => {
            text.trim().parse().map_err(|_| format!("{name} is not a number: {text:?}").into())
        }
        _ => Ok(default),
    }
}

fn measure() -> Result<()> {
    let effort = Effort::from_environment()?;
    let stop = Stop::on_signals()?;
    // A Ctrl-C stops h2load too: report the signal, not h2load's failure.
    let results = run(effort, &stop).or_else(|error| stop.check().and(Err(error)))?;
    std::fs::write(kit::repository(JSON), serde_json::to_string_pretty(&results)?)?;
    std::fs::write(kit::repository(SVG), plot::draw(&results))?;
    println!("{}", table::write(&results));
    println!("{JSON} has every round, {SVG} the plot; `make bench-readme` publishes them");
    Ok(())
}

fn run(effort: Effort, stop: &Stop) -> Result<Results> {
    let machine = machine::describe()?;
    let modules = sides::modules()?;
    let requests = rounds::measure(&effort, stop)?;
    let starts = startup::starts(&effort, stop)?;
    let reloads = startup::reloads(&effort, stop)?;
    Ok(Results { machine, rounds: effort.rounds, seconds: effort.seconds, modules, requests, starts, reloads })
}

fn read() -> Result<Results> {
    let text = std::fs::read_to_string(kit::repository(JSON))
        .map_err(|error| format!("{JSON}: {error}: run `make bench` first"))?;
    Ok(serde_json::from_str(&text)?)
}
