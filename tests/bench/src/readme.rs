//! Results in documentation, between two markers.

use crate::results::Results;
use crate::{Result, plot, table};

const PLOT: &str = "tests/bench/bench.svg";

/// Writes the section, and the plot that it shows.
pub fn update(results: &Results) -> Result<()> {
    let section = format!("\n![CPU per request]({PLOT})\n\n```text\n{}```\n\n", table::write(results));
    put("README.md", "bench", &section)?;
    std::fs::write(kit::repository(PLOT), plot::draw(results))?;
    println!("README.md and {PLOT} show the run of {}", results.machine.date);
    Ok(())
}

/// Replaces what is between the markers of a name in a file.
pub fn put(file: &str, name: &str, section: &str) -> Result<()> {
    let path = kit::repository(file);
    let text = std::fs::read_to_string(&path)?;
    let new = replace(&text, name, section).ok_or(format!("{file} has no <!-- {name} --> and <!-- /{name} -->"))?;
    Ok(std::fs::write(path, new)?)
}

/// The text with what stands between the markers replaced.
fn replace(text: &str, name: &str, section: &str) -> Option<String> {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&start)?;
    let (_, after) = rest.split_once(&end)?;
    Some([before, &start, section, &end, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let text = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n";
        let expected = "before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n";
        assert_eq!(replace(text, "bench", "new\n").as_deref(), Some(expected));
        assert_eq!(replace("no markers", "bench", "new\n"), None);
    }
}
