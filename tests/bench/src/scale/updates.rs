//! Updates by ECDS of an Envoy under load: what is lost, and how long requests take meanwhile.

use super::{Latency, Updated};
use crate::results::Series;
use crate::rules::Rules;
use crate::running::{Upstream, address_of};
use crate::startup::{Folder, MANY, discovering, marker, put, wait_for};
use crate::stop::Stop;
use crate::{Result, load};
use kit::envoy::{self, Envoy};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One for each core of a small machine.
const WORKERS: u32 = 2;

/// The load before and after each update.
const PAUSE: Duration = Duration::from_secs(1);

/// Updates; before the next, the small policy is put into force again. That is not what is measured.
pub fn measure(rounds: usize, stop: &Stop) -> Result<Vec<Updated>> {
    [1_000, MANY].into_iter().map(|rules| of(Rules::Exact(rules), rounds, stop)).collect()
}

fn of(rules: Rules, rounds: usize, stop: &Stop) -> Result<Updated> {
    let upstream = Upstream::start()?;
    let folder = Folder(envoy::new_folder());
    let file = folder.0.join("resource.json");
    put(&file, 0, Rules::Exact(10))?;
    let envoy = Envoy::start_with_workers(&discovering(&file, &upstream), WORKERS)?;
    let address = address_of(&envoy, "api")?;
    let load = load::InBackground::start(address, &Rules::Exact(10).allowed_origin(), &folder.0.join("requests"))?;
    let (mut active, mut loading, mut restoring) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        stop.check()?;
        eprintln!("updates under load, {}, round {} of {rounds}", rules.name(), round + 1);
        std::thread::sleep(PAUSE);
        let update = |version: usize, rules: Rules| -> Result<((u64, u64), f64)> {
            let from = now()?;
            let began = put(&file, version, rules)?;
            wait_for(address, &marker(version), began)?;
            Ok(((from, now()?), began.elapsed().as_secs_f64() * 1_000.0))
        };
        let (span, time) = update(2 * round + 1, rules)?;
        loading.push(span);
        active.push(time);
        std::thread::sleep(PAUSE);
        restoring.push(update(2 * round + 2, Rules::Exact(10))?.0);
    }
    std::thread::sleep(PAUSE);
    let requests = load.end()?;
    let is_within = |request: &load::Request, spans: &[(u64, u64)]| {
        let ends = request.start + request.duration;
        spans.iter().any(|(from, to)| request.start <= *to && ends >= *from)
    };
    let others = requests.iter().filter(|request| !is_within(request, &restoring));
    let (during, between): (Vec<_>, Vec<_>) = others.partition(|request| is_within(request, &loading));
    Ok(Updated {
        rules,
        bytes: rules.document().to_string().len(),
        requests: requests.len(),
        lost: requests.iter().filter(|request| request.status != 200).count(),
        active: Series::new(active),
        quiet: latency(&between),
        loading: latency(&during),
    })
}

/// Microseconds since 1970, as h2load writes them.
fn now() -> Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?)
}

fn latency(requests: &[&load::Request]) -> Latency {
    let mut times: Vec<u64> = requests.iter().map(|request| request.duration).collect();
    times.sort_unstable();
    let at = |index: usize| times.get(index).map_or(0.0, |time| *time as f64 / 1_000.0);
    let last = times.len().saturating_sub(1);
    Latency { median: at(last / 2), tail: at(last * 99 / 100), longest: at(last), count: times.len() }
}
