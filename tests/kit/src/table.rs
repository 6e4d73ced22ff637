//! Tables in Markdown, so that a test can check what documentation says.

use std::collections::BTreeMap;

/// A row: cells by their column's heading.
pub type Row = BTreeMap<String, String>;

/// The rows of the first table of a file whose first column has the heading `first`.
pub fn read(path: &str, first: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(crate::repository(path)).expect("the file");
    let mut lines = text.lines().skip_while(|line| cells(line).first().is_none_or(|cell| cell != first));
    let headings = cells(lines.next().unwrap_or_else(|| panic!("{path} has a table that begins with {first}")));
    let rows: Vec<Row> = lines
        .skip(1)
        .map_while(|line| line.starts_with('|').then(|| cells(line)))
        .map(|cells| {
            assert_eq!(cells.len(), headings.len(), "{path}: {cells:?}");
            headings.iter().cloned().zip(cells).collect()
        })
        .collect();
    assert!(!rows.is_empty(), "{path}: the table that begins with {first} has rows");
    rows
}

fn cells(line: &str) -> Vec<String> {
    let Some(line) = line.strip_prefix('|').and_then(|line| line.trim_end().strip_suffix('|')) else {
        return Vec::new();
    };
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}
