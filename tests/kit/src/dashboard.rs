//! The dashboard of `envoy/monitoring/`, as its panels and what they ask Prometheus.

use serde::Deserialize;
use serde_json::Value;

/// The file.
pub const PATH: &str = "envoy/monitoring/dashboard.json";

/// A panel.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    pub id: u32,
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    #[serde(default)]
    pub description: Option<String>,
    pub datasource: Value,
    #[serde(rename = "gridPos")]
    pub place: Place,
    #[serde(rename = "targets")]
    pub queries: Vec<Query>,
    pub field_config: Value,
}

/// Where a panel is, in units of a grid of 24 columns.
#[derive(Deserialize, Clone, Copy, Debug)]
pub struct Place {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

/// What a panel asks.
#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    pub ref_id: String,
    pub datasource: Value,
    #[serde(rename = "expr")]
    pub expression: String,
    #[serde(rename = "legendFormat")]
    pub legend: String,
}

impl Query {
    /// The expression with Grafana's variables filled in: all policies, and an interval.
    pub fn filled_in(&self, interval: &str) -> String {
        let text = self.expression.replace("$__rate_interval", interval).replace("$policy", ".*");
        assert!(!text.contains('$'), "{text} has an unknown variable");
        text
    }
}

/// The whole file.
pub fn read() -> Value {
    serde_json::from_str(&crate::sample::text(PATH)).unwrap_or_else(|error| panic!("{PATH}: {error}"))
}

/// Its panels.
pub fn panels() -> Vec<Panel> {
    serde_json::from_value(read()["panels"].take()).unwrap_or_else(|error| panic!("{PATH}: {error}"))
}
