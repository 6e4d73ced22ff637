//! What `/stats/prometheus` answers, as samples.

use std::collections::BTreeMap;

/// One value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// Reads every sample. Values of labels have no escapes in what Envoy shows of this filter.
pub fn parse(text: &str) -> Vec<Sample> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(sample).collect()
}

fn sample(line: &str) -> Sample {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value: {line}"));
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let pairs = labels.trim_end_matches('}').split("\",").filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (key, value) = pair.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
        (key.to_owned(), value.trim_end_matches('"').to_owned())
    };
    let value = value.parse().unwrap_or_else(|error| panic!("{error}: {line}"));
    Sample { name: name.to_owned(), labels: pairs.map(pair).collect(), value }
}
