//! The last results in the README, between two markers.

use crate::results::Results;
use crate::{Result, plot, table};

const START: &str = "<!-- bench -->\n";
const END: &str = "<!-- /bench -->";
const PLOT: &str = "tests/bench/bench.svg";

/// Writes the section, and the plot that it shows.
pub fn update(results: &Results) -> Result<()> {
    let path = kit::repository("README.md");
    let readme = std::fs::read_to_string(&path)?;
    let section = format!("\n![CPU per request]({PLOT})\n\n```text\n{}```\n\n", table::write(results));
    std::fs::write(&path, replace(&readme, &section).ok_or(format!("README.md has no {} and {END}", START.trim()))?)?;
    std::fs::write(kit::repository(PLOT), plot::draw(results))?;
    println!("README.md and {PLOT} show the run of {}", results.machine.date);
    Ok(())
}

/// The text with what stands between the markers replaced.
fn replace(text: &str, section: &str) -> Option<String> {
    let (before, rest) = text.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some([before, START, section, END, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let text = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n";
        let expected = "before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n";
        assert_eq!(replace(text, "new\n").as_deref(), Some(expected));
        assert_eq!(replace("no markers", "new\n"), None);
    }
}
