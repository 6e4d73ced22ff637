//! The filter's configuration by discovery (ECDS), which is how Istio sends it; here from a file that Envoy watches.

use serde_json::{Value, json};
use std::io;
use std::path::Path;

const EXTENSION: &str = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";

/// A source of resources: a file.
pub fn source(file: &Path) -> Value {
    json!({ "path_config_source": { "path": file }, "resource_api_version": "V3" })
}

/// A filter whose configuration comes from that file.
pub fn discovered_filter(file: &Path) -> Value {
    json!({ "name": "envoy-cors", "config_discovery": { "config_source": source(file), "type_urls": [WASM] } })
}

/// A filter as a resource in that file.
pub fn extension(filter: Value) -> Value {
    let mut extension = filter;
    extension["@type"] = json!(EXTENSION);
    extension
}

/// Writes the resource that Envoy watches; the complete file is moved into place, since Envoy reacts to a move.
pub fn put(file: &Path, version: usize, resource: &Value) -> io::Result<()> {
    let new = file.with_extension("new");
    std::fs::write(&new, json!({ "version_info": version.to_string(), "resources": [resource] }).to_string())?;
    std::fs::rename(new, file)
}
