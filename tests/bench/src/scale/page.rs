//! The numbers of `envoy/scale.md`, as Markdown.

use super::{FLEET, Latency, Results, Started};
use crate::results::Series;
use crate::rules::thousands;

/// Writes what is between the page's markers.
pub fn write(results: &Results) -> String {
    [about(results), starts(results), updates(results), fleets(results)].join("\n")
}

fn about(results: &Results) -> String {
    let machine = &results.machine;
    format!(
        "\nMeasured on {} with Envoy {}, {}, {} cores, {} GB, {}; load average before the run {:.2}. Each value is the \
         median of {} rounds, ± half the distance between the quartiles.\n",
        machine.date,
        machine.envoy,
        machine.cpu,
        machine.cores,
        machine.memory_gb,
        machine.kernel,
        machine.load_before,
        results.rounds
    )
}

fn starts(results: &Results) -> String {
    let mut text = String::from("### One Envoy: memory and boot\n\n");
    let header = ["Rules", "Workers", "VMs", "Boot, ms", "Memory, MB", "Each further worker, MB"];
    let row = |started: &Started| {
        let one = results.starts.iter().find(|other| other.rules == started.rules && other.workers == 1);
        let per_worker = one.filter(|_| started.workers > 1).map(|one| {
            let more = f64::from(started.workers - 1);
            format!("{:.1}", (started.resident.median - one.resident.median) / more)
        });
        vec![
            started.rules.name(),
            started.workers.to_string(),
            started.vms.to_string(),
            show(&started.boot),
            show(&started.resident),
            per_worker.unwrap_or_default(),
        ]
    };
    text += &table(&header, results.starts.iter().map(row));
    text
}

fn updates(results: &Results) -> String {
    let mut text = String::from("### One Envoy: an update under load\n\n");
    let header = ["Rules", "Policy, KB", "Until it answers, ms", "Requests", "Lost"];
    let row = |updated: &super::Updated| {
        vec![
            updated.rules.name(),
            (updated.bytes / 1_000).to_string(),
            show(&updated.active),
            count(updated.requests),
            count(updated.lost),
        ]
    };
    text += &table(&header, results.updates.iter().map(row));
    text += "\nHow long a request takes, in milliseconds, while no update is being loaded and while one is:\n\n";
    let header = ["Update to", "Requests", "Median", "99 of 100", "Slowest"];
    let row = |name: String, latency: Latency| {
        let times = [latency.median, latency.tail, latency.longest].map(|time| format!("{time:.1}"));
        [vec![name, count(latency.count)], times.to_vec()].concat()
    };
    let rows = results.updates.iter().flat_map(|updated| {
        let name = updated.rules.name();
        [row(format!("{name}: before and after"), updated.quiet), row(format!("{name}: during"), updated.loading)]
    });
    text += &table(&header, rows);
    text
}

fn fleets(results: &Results) -> String {
    let mut text = format!("### A fleet of {FLEET}\n\n");
    let header = ["Rules", "Envoys reached", "First, ms", "Half of them, ms", "Last, ms", "All answer, ms"];
    let row = |spread: &super::Spread| {
        vec![
            spread.rules.name(),
            format!("{} of {FLEET}", spread.reached),
            show(&spread.first),
            show(&spread.median),
            show(&spread.last),
            show(&spread.answering),
        ]
    };
    text += &table(&header, results.fleets.iter().map(row));
    let each = results.fleet_resident / FLEET as f64;
    text += &format!(
        "\nAfter these updates the {FLEET} Envoys have {:.0} MB of resident memory, {each:.0} MB each.\n\n",
        results.fleet_resident
    );
    text
}

fn show(series: &Series) -> String {
    format!("{:.0} ±{:.0}", series.median, series.spread)
}

fn count(number: usize) -> String {
    u32::try_from(number).map_or_else(|_| number.to_string(), thousands)
}

/// A table in Markdown; all columns but the first are numbers.
fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    let rules: Vec<&str> = header.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" }).collect();
    let mut text = line(&header) + &format!("|{}|\n", rules.join("|"));
    rows.for_each(|row| text += &line(&row));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let rows = [vec![String::from("10 exact origins"), String::from("93")]];
        let expected = "| Rules | Memory |\n|---|---:|\n| 10 exact origins | 93 |\n";
        assert_eq!(table(&["Rules", "Memory"], rows.into_iter()), expected);
    }
}
