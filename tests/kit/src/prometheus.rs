//! Prometheus: its `promtool`, and a real server that scrapes what a test has started.

use crate::client;
use crate::process::{Running, free_port};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of Prometheus: on PATH, else out of the package that `make prometheus` unpacks.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut on_path = std::env::split_paths(&path).map(|folder| folder.join(name));
    on_path.find(|program| program.is_file()).unwrap_or_else(|| {
        let unpacked = crate::repository("target/prometheus/usr/bin").join(name);
        assert!(unpacked.exists(), "there is no {name}: run `make prometheus`, or `make test`");
        unpacked
    })
}

/// Runs promtool; `Err` is what it says where it fails.
pub fn promtool(arguments: &[&str], file: &Path) -> Result<String, String> {
    let output = Command::new(program("promtool")).args(arguments).arg(file).output().expect("promtool starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// A running Prometheus; it ends with the test.
pub struct Prometheus {
    _process: Running,
    address: SocketAddr,
}

impl Prometheus {
    /// Starts it with a configuration, whose paths are relative to `folder`; its data goes there, too.
    pub fn start(config: &Value, folder: &Path) -> Self {
        let file = folder.join("prometheus.json");
        std::fs::write(&file, config.to_string()).expect("a file");
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = Command::new(program("prometheus"));
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.join("data").display()));
        command.arg(format!("--web.listen-address={address}"));
        let process = Running::start(&mut command, address);
        crate::wait_until("Prometheus is ready", || client::get(address, "GET", "/-/ready", &[]).status == 200);
        Prometheus { _process: process, address }
    }

    /// The data that an API path answers with.
    pub fn api(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let pairs: Vec<String> = parameters.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        let text = client::get(self.address, "GET", &format!("/api/v1/{path}?{}", pairs.join("&")), &[]).text();
        let mut answer: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        if answer["status"] == "success" { Ok(answer["data"].take()) } else { Err(text) }
    }

    /// The series that an expression has now.
    pub fn query(&self, expression: &str) -> Result<Vec<Value>, String> {
        Ok(self.api("query", &[("query", expression)])?["result"].as_array().cloned().unwrap_or_default())
    }
}

/// Percent-encodes all that is no letter or digit.
fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
