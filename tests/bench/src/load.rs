//! Load, by h2load.

use crate::Result;
use crate::requests::Request;
use crate::running::Running;
use std::process::{Command, Stdio};

/// What Envoy did under a load.
pub struct Loaded {
    /// Requests per second.
    pub rate: f64,
    /// CPU of the Envoy process per request, in microseconds.
    pub cpu: f64,
}

/// The version of h2load.
pub fn version() -> Result<String> {
    let output = Command::new("h2load").arg("--version").output();
    let output = output.map_err(|error| format!("h2load: {error}: install Debian's nghttp2-client"))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Sends `count` requests over HTTP/1.1, one at a time on each of `connections`.
pub fn run(running: &Running, request: Request, connections: u32, count: u64) -> Result<Loaded> {
    let connections = u64::from(connections).min(count);
    let mut command = Command::new("h2load");
    command.args(["--h1", "--threads=1", &format!("--clients={connections}"), &format!("--requests={count}")]);
    command.arg(format!("--header=:method: {}", request.method()));
    command.arg(format!("--header=:authority: {}", running.rules.authority()));
    for (name, value) in request.headers(running.rules) {
        command.arg(format!("--header={name}: {value}"));
    }
    command.arg(format!("http://{}{}", running.address, request.path())).stdin(Stdio::null());
    let before = running.cpu()?;
    let output = command.output()?;
    let used = running.cpu()? - before;
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = parse(&text, count).map_err(|fault| {
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("h2load: {}, {}: {fault}\n{text}{errors}", running.side.name(), request.name())
    })?;
    Ok(Loaded { rate, cpu: used as f64 / 1_000.0 / count as f64 })
}

/// The requests per second, where every request was answered by a 2xx.
fn parse(text: &str, count: u64) -> std::result::Result<f64, String> {
    let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).ok_or(format!("no line {start:?}"));
    let statuses = line("status codes: ")?;
    if !statuses.starts_with(&format!("{count} 2xx, ")) {
        return Err(format!("{count} requests, but {statuses}"));
    }
    let requests = line("requests: ")?;
    if !requests.ends_with(&format!("{count} succeeded, 0 failed, 0 errored, 0 timeout")) {
        return Err(format!("{count} requests, but {requests}"));
    }
    let finished = line("finished in ")?;
    let rate = finished.split(", ").nth(1).and_then(|part| part.strip_suffix(" req/s"));
    rate.and_then(|rate| rate.parse().ok()).ok_or(format!("no rate in {finished:?}"))
}
