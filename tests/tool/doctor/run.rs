//! Runs the doctor, and reads its report.

use serde_json::Value;
use std::process::{Command, Output};

/// A report, with the exit code.
#[derive(Debug)]
pub struct Report {
    pub json: Value,
    pub exit: i32,
}

impl Report {
    pub fn cause(&self) -> &str {
        self.json["cause"].as_str().unwrap_or_default()
    }

    pub fn summary(&self) -> &str {
        self.json["summary"].as_str().unwrap()
    }

    pub fn check(&self, id: &str) -> &Value {
        let checks = self.json["checks"].as_array().unwrap();
        checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no check {id}"))
    }

    pub fn verdict(&self, id: &str) -> &str {
        self.check(id)["verdict"].as_str().unwrap()
    }

    pub fn detail(&self, id: &str) -> &str {
        self.check(id)["detail"].as_str().unwrap()
    }

    /// The ids of the checks with one of these verdicts.
    pub fn with_verdict(&self, verdicts: &[&str]) -> Vec<&str> {
        let checks = self.json["checks"].as_array().unwrap().iter();
        let with = checks.filter(|check| verdicts.contains(&check["verdict"].as_str().unwrap()));
        with.map(|check| check["id"].as_str().unwrap()).collect()
    }

    pub fn exchanges(&self) -> &Vec<Value> {
        self.json["exchanges"].as_array().unwrap()
    }

    /// No warning, and nothing that fails.
    pub fn assert_sound(&self) {
        let found = self.with_verdict(&["warn", "fail"]);
        assert!(found.is_empty(), "{found:?}: {:#}", self.json["checks"]);
        assert_eq!((self.json["cause"].as_str(), self.exit), (None, 0));
    }
}

/// Runs `envoy-cors doctor`.
pub fn doctor(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_envoy-cors"));
    // What the machine has set must not send loopback through a proxy.
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command.arg("doctor").args(arguments).output().unwrap()
}

/// Runs it, and reads its JSON.
pub fn report(arguments: &[&str]) -> Report {
    let output = doctor(&[&["--format", "json"], arguments].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    let json = serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    Report { json, exit: output.status.code().unwrap() }
}

/// Asks an address on loopback for a page's sake.
pub fn report_on(address: std::net::SocketAddr, path: &str, arguments: &[&str]) -> Report {
    let url = format!("http://{address}{path}");
    report(&[&[url.as_str()], arguments].concat())
}
