//! The table, as plain text: the whole of it, and its main figures.

use crate::requests::Request;
use crate::results::{Results, Series, Started};
use crate::rules::{Rules, thousands};
use crate::sides::Side;

const ONE: Rules = Rules::Exact(1);

/// Writes the whole table.
pub fn write(results: &Results) -> String {
    let parts = [
        heading(results),
        per_request(results),
        added(results),
        many_rules(results),
        workers(results),
        starts(results),
        reloads(results),
    ];
    parts.join("\n")
}

/// Writes the main figures, for the README.
pub fn summary(results: &Results) -> String {
    let machine = &results.machine;
    let sides = [Side::None, Side::Native, Side::Empty, Side::Ours];
    let cpu = |rules, request, side| show(results.find(rules, request, side).map(|one| &one.cpu), 1);
    let mut rows = vec![header("", &sides)];
    for request in Request::SMALL {
        rows.push(row(request.name(), sides.map(|side| cpu(ONE, request, side)).to_vec()));
    }
    let (many, huge) = (Rules::Exact(10_000), Rules::Exact(100_000));
    let started = results.starts.iter().find(|one| one.side == Side::Ours && one.rules == huge);
    let reloaded = results.reloads.iter().find(|one| one.rules == huge);
    format!(
        "{}, Envoy {}, {} cores; median ± half the interquartile range\n\
         CPU of the Envoy process per request, µs, with one exact origin and one worker\n\n{}\n\
         {}, allowed: {} {} µs, {} {} µs\n\
         {}: boot {} ms, resident memory {} MB, reload {} ms\n",
        machine.date,
        machine.envoy,
        machine.cores,
        align(&rows),
        many.name(),
        Side::Native.name(),
        cpu(many, Request::Allowed, Side::Native),
        Side::Ours.name(),
        cpu(many, Request::Allowed, Side::Ours),
        huge.name(),
        show(started.map(|started| &started.boot), 0),
        show(started.map(|started| &started.resident), 1),
        show(reloaded.map(|reloaded| &reloaded.until_active), 0),
    )
}

fn heading(results: &Results) -> String {
    let machine = &results.machine;
    let sizes: Vec<String> = results
        .modules
        .iter()
        .map(|module| format!("{} {}", module.side.name(), thousands(module.bytes as u32)))
        .collect();
    format!(
        "{}, Envoy {}, {}\n{}, {} cores, {} GB, {}; load before the run {:.2}\n\
         {} rounds of {} s each; each value is a median, ± half the interquartile range\n\
         Bytes of the modules: {}\n",
        machine.date,
        machine.envoy,
        machine.h2load,
        machine.cpu,
        machine.cores,
        machine.memory_gb,
        machine.kernel,
        machine.load_before,
        results.rounds,
        results.seconds,
        sizes.join(", ")
    )
}

fn per_request(results: &Results) -> String {
    let mut rows = vec![header("", &Side::ALL)];
    for request in Request::SMALL.into_iter().chain([Request::Large]) {
        let cell = |side| show(results.find(ONE, request, side).map(|one| &one.cpu), 1);
        rows.push(row(request.name(), Side::ALL.map(cell).to_vec()));
    }
    format!(
        "CPU of the Envoy process per request, µs: 1 exact origin, 1 worker; preflights end in Envoy on every side, by a\n\
         route where no filter knows CORS\n\n{}",
        align(&rows)
    )
}

fn added(results: &Results) -> String {
    let sides = [Side::Native, Side::Empty, Side::Trimmed, Side::Ours];
    let mut rows = vec![header("", &sides)];
    rows[0].push(String::from("envoy-cors / empty"));
    for request in Request::SMALL.into_iter().chain([Request::Large]) {
        let cell = |side| show(results.added(request, side).as_ref(), 1);
        let mut cells = sides.map(cell).to_vec();
        // A ratio of medians: in a noisy round, the denominator may be close to zero.
        let median = |side| results.added(request, side).map(|series| series.median);
        let empty = median(Side::Empty).filter(|empty| *empty > 0.0);
        let ratio = median(Side::Ours).zip(empty).map(|(ours, empty)| ours / empty);
        cells.push(ratio.map_or_else(|| String::from("-"), |ratio| format!("{ratio:.2}")));
        rows.push(row(request.name(), cells));
    }
    format!("Added to no filter, µs, round by round\n\n{}", align(&rows))
}

fn many_rules(results: &Results) -> String {
    let mut rows = vec![header("rules", &[])];
    rows[0].extend(["request", "native cors", "envoy-cors", "envoy-cors / native"].map(String::from));
    let mut last = None;
    let of_native = results.requests.iter().filter(|one| one.side == Side::Native && !one.is_scaling);
    for native in of_native.filter(|one| !matches!(one.request, Request::NoOrigin | Request::Large)) {
        let ours = results.find(native.rules, native.request, Side::Ours);
        let ratio = ours.map(|ours| ours.cpu.with(&native.cpu, |ours, native| ours / native));
        let name = if last == Some(native.rules) { String::new() } else { native.rules.name() };
        last = Some(native.rules);
        let cells = vec![
            native.request.name().to_owned(),
            show(Some(&native.cpu), 1),
            show(ours.map(|ours| &ours.cpu), 1),
            show(ratio.as_ref(), 2),
        ];
        rows.push(row(&name, cells));
    }
    format!("Many rules, µs per request; the origin or host asked for is the last of the list\n\n{}", align(&rows))
}

fn workers(results: &Results) -> String {
    let sides = [Side::None, Side::Native, Side::Ours];
    let mut rows = vec![header("workers", &[])];
    rows[0].extend(sides.iter().map(|side| format!("{}, 1/s", side.name())));
    rows[0].extend(sides.iter().map(|side| format!("{}, µs", side.name())));
    for workers in [1, 2, 4] {
        let of =
            |side| results.requests.iter().find(|one| one.is_scaling && one.workers == workers && one.side == side);
        let mut cells = sides.map(|side| show(of(side).map(|one| &one.rate), 0)).to_vec();
        cells.extend(sides.map(|side| show(of(side).map(|one| &one.cpu), 1)));
        rows.push(row(&workers.to_string(), cells));
    }
    let shared = results.machine.cores;
    format!(
        "Workers: allowed requests per second and µs of CPU per request; h2load and upstream share the {shared} cores\n\n{}",
        align(&rows)
    )
}

fn starts(results: &Results) -> String {
    let mut rows = vec![header("", &[])];
    rows[0].extend(["rules", "boot, ms", "memory, MB", "VMs"].map(String::from));
    for started in &results.starts {
        let Started { side, rules, boot, resident, vms } = started;
        let cells = vec![rules.name(), show(Some(boot), 0), show(Some(resident), 1), vms.to_string()];
        rows.push(row(side.name(), cells));
    }
    format!(
        "Boot (process started until /ready says 200) and resident memory (after 1,000 requests of each kind), 1 worker;\n\
         the empty module does not read the rules that it is given\n\n{}",
        align(&rows)
    )
}

fn reloads(results: &Results) -> String {
    let mut rows = vec![header("rules", &[])];
    rows[0].push(String::from("reload, ms"));
    for reloaded in &results.reloads {
        rows.push(row(&reloaded.rules.name(), vec![show(Some(&reloaded.until_active), 0)]));
    }
    format!("Reload of envoy-cors by ECDS: new file in place until the first response under it\n\n{}", align(&rows))
}

fn header(first: &str, sides: &[Side]) -> Vec<String> {
    row(first, sides.iter().map(|side| side.name().to_owned()).collect())
}

fn row(first: &str, cells: Vec<String>) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(cells).collect()
}

fn show(series: Option<&Series>, digits: usize) -> String {
    series.map_or_else(|| String::from("-"), |series| format!("{:.digits$} ±{:.digits$}", series.median, series.spread))
}

/// Columns as wide as their widest cell; text is aligned left, numbers right.
fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let cell = |row: &Vec<String>, at: usize| row.get(at).cloned().unwrap_or_default();
    let is_number = |text: &str| text.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    let width = |at| rows.iter().map(|row| cell(row, at).chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let is_right = |at: usize| {
        at > 0 && rows.iter().skip(1).all(|row| is_number(&cell(row, at)) && !cell(row, at).contains("origin"))
    };
    let mut text = String::new();
    for row in rows {
        let line: Vec<String> = widths
            .iter()
            .enumerate()
            .map(|(at, width)| match is_right(at) {
                true => format!("{:>width$}", cell(row, at)),
                false => format!("{:<width$}", cell(row, at)),
            })
            .collect();
        text.push_str(line.join("   ").trim_end());
        text.push('\n');
    }
    text
}
