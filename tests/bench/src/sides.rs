//! The sides that are compared, as filters of an Envoy.

use crate::Result;
use crate::results::Module;
use crate::rules::Rules;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The filters before the router.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// None.
    None,
    /// Envoy's own cors filter.
    Native,
    /// A module built with the SDK that does nothing, with all the SDK's exports.
    Empty,
    /// The same without the exports that our filter does not use.
    Trimmed,
    /// envoy-cors.
    Ours,
}

impl Side {
    pub const ALL: [Side; 5] = [Side::None, Side::Native, Side::Empty, Side::Trimmed, Side::Ours];

    pub fn name(self) -> &'static str {
        match self {
            Side::None => "no filter",
            Side::Native => "native cors",
            Side::Empty => "empty module",
            Side::Trimmed => "empty, trimmed",
            Side::Ours => "envoy-cors",
        }
    }

    /// Whether it implements CORS.
    pub fn is_cors(self) -> bool {
        matches!(self, Side::Native | Side::Ours)
    }

    /// The filters before the router.
    pub fn filters(self, rules: Rules) -> Vec<Value> {
        match self.module() {
            Some(module) => vec![wasm_filter(&module, &rules.document())],
            None if self == Side::Native => vec![json!({
                "name": "envoy.filters.http.cors",
                "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors" }
            })],
            None => Vec::new(),
        }
    }

    /// The module that Envoy loads for it.
    pub fn module(self) -> Option<PathBuf> {
        match self {
            Side::None | Side::Native => None,
            Side::Empty => Some(kit::repository("target/bench/empty.wasm")),
            Side::Trimmed => Some(kit::repository("target/bench/empty-trimmed.wasm")),
            Side::Ours => Some(kit::module_path()),
        }
    }
}

/// Our filter, or a module that gets the same configuration and ignores it.
pub fn wasm_filter(module: &std::path::Path, document: &Value) -> Value {
    let mut filter = kit::envoy::cors_filter(document);
    filter["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] = json!(module);
    filter
}

/// The sizes of the modules.
pub fn modules() -> Result<Vec<Module>> {
    let of_side = |side: Side| Some((side, side.module()?));
    Side::ALL
        .into_iter()
        .filter_map(of_side)
        .map(|(side, path)| match std::fs::metadata(&path) {
            Ok(file) => Ok(Module { side, bytes: file.len() }),
            Err(error) => Err(format!("{}: {error}: run `make bench`, which builds it", path.display()).into()),
        })
        .collect()
}
