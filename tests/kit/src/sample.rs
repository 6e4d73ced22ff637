//! The Envoy configurations of the repository, started as they are but for ports of the test's own.

use crate::envoy::Envoy;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The text of a file of the repository.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(crate::repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A YAML file of the repository.
pub fn yaml(path: &str) -> Value {
    parse(path, &text(path))
}

fn parse(path: &str, text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Starts an Envoy configuration of the repository.
pub fn start(path: &str) -> Envoy {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let own = format!("@envoy-cors-{}-{}/", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let text = text(path)
        .replace("dist/envoy-cors.wasm", &crate::module_path().to_string_lossy())
        .replace("@envoy-cors/", &own);
    let mut config = parse(path, &text);
    free_ports(&mut config);
    Envoy::start(&config).unwrap_or_else(|log| panic!("{path}: {log}"))
}

/// Gives the admin and each listener a free port.
pub fn free_ports(config: &mut Value) {
    config["admin"]["address"]["socket_address"]["port_value"] = json!(0);
    for listener in config["static_resources"]["listeners"].as_array_mut().expect("listeners") {
        free_port(&mut listener["address"]);
        for more in listener.get_mut("additional_addresses").and_then(Value::as_array_mut).into_iter().flatten() {
            free_port(&mut more["address"]);
        }
    }
}

fn free_port(address: &mut Value) {
    if let Some(address) = address.get_mut("socket_address") {
        address["port_value"] = json!(0);
    }
}
