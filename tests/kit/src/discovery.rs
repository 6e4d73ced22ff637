//! The filter's configuration by discovery (ECDS), as Istio sends it: here in a file that Envoy watches.

use serde_json::{Value, json};
use std::io;
use std::path::Path;

const EXTENSION: &str = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";

/// Where Envoy finds resources: in a file.
pub fn source(file: &Path) -> Value {
    json!({ "path_config_source": { "path": file }, "resource_api_version": "V3" })
}

/// The place of a filter that is found there.
pub fn discovered_filter(file: &Path) -> Value {
    json!({ "name": "envoy-cors", "config_discovery": { "config_source": source(file), "type_urls": [WASM] } })
}

/// A filter as the resource that is found there.
pub fn extension(filter: Value) -> Value {
    let mut extension = filter;
    extension["@type"] = json!(EXTENSION);
    extension
}

/// Puts a resource where Envoy watches for it; the file must move there whole.
pub fn put(file: &Path, version: usize, resource: &Value) -> io::Result<()> {
    let new = file.with_extension("new");
    std::fs::write(&new, json!({ "version_info": version.to_string(), "resources": [resource] }).to_string())?;
    std::fs::rename(new, file)
}
