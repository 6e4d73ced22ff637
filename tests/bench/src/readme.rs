//! The last results as the repository shows them: the whole table in a file of its own, the main figures in the README.

use crate::results::Results;
use crate::{Result, plot, table};

const TABLE: &str = "tests/bench/results.md";
const PLOT: &str = "tests/bench/bench.svg";

/// Writes the table, the plot, and the README's section.
pub fn update(results: &Results) -> Result<()> {
    put("README.md", "bench", &section(&table::summary(results)))?;
    std::fs::write(kit::repository(TABLE), document(&table::write(results)))?;
    std::fs::write(kit::repository(PLOT), plot::draw(results))?;
    println!("README.md, {TABLE} and {PLOT} show the run of {}", results.machine.date);
    Ok(())
}

/// What the README shows.
fn section(summary: &str) -> String {
    format!("![CPU per request]({PLOT})\n\n```text\n{summary}```\n")
}

/// The file with the table.
fn document(table: &str) -> String {
    format!(
        "# Results\n\nWritten by `make bench-readme`; [`tests/README.md`](../README.md#what-it-costs) says how to read \
         them.\n\n```text\n{table}```\n"
    )
}

/// Replaces what is between the markers of a name in a file.
pub fn put(file: &str, name: &str, section: &str) -> Result<()> {
    let path = kit::repository(file);
    let text = std::fs::read_to_string(&path)?;
    let new = replace(&text, name, section).ok_or(format!("{file} has no <!-- {name} --> and <!-- /{name} -->"))?;
    Ok(std::fs::write(path, new)?)
}

/// The text with everything between the markers replaced.
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
    fn only_the_text_between_the_markers_is_replaced() {
        let text = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n";
        let expected = "before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n";
        assert_eq!(replace(text, "bench", "new\n").as_deref(), Some(expected));
        assert_eq!(replace("no markers", "bench", "new\n"), None);
    }

    /// A table that is longer belongs in its own file.
    #[test]
    fn the_readme_has_a_section_that_the_next_run_replaces() {
        let readme = std::fs::read_to_string(kit::repository("README.md")).unwrap();
        let (_, rest) = readme.split_once("<!-- bench -->\n").unwrap();
        let (shown, _) = rest.split_once("<!-- /bench -->").unwrap();
        let (before, rest) = shown.split_once("```text\n").unwrap();
        let (summary, after) = rest.split_once("```").unwrap();
        assert_eq!(section(summary), [before, "```text\n", summary, "```", after].concat());
        assert!(summary.lines().count() <= 12, "{summary}");
    }
}
