//! Load, by h2load.

use crate::Result;
use crate::requests;
use crate::running::Running;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

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
pub fn run(running: &Running, request: requests::Request, connections: u32, count: u64) -> Result<Loaded> {
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

/// A request of a load that keeps a log of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Microseconds since 1970.
    pub start: u64,
    /// Microseconds.
    pub duration: u64,
    pub status: u32,
}

/// A load that runs while something else happens.
pub struct InBackground {
    process: Child,
    log: PathBuf,
}

impl InBackground {
    /// Starts requests of an origin, one at a time on each of a few connections.
    pub fn start(address: SocketAddr, origin: &str, log: &Path) -> Result<Self> {
        let mut command = Command::new("h2load");
        // Longer than any run: it is ended. h2load then still writes its log.
        command.args(["--h1", "--threads=1", "--clients=4", "--duration=600"]);
        command.arg(format!("--log-file={}", log.display()));
        command.arg(format!("--header=origin: {origin}")).arg(format!("http://{address}/"));
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(InBackground { process, log: log.to_owned() })
    }

    /// Ends it; returns every request that was begun and has an end.
    pub fn end(mut self) -> Result<Vec<Request>> {
        self.process.kill()?;
        self.process.wait()?;
        let text = std::fs::read_to_string(&self.log)?;
        // The last line may be cut off.
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        whole.lines().map(|line| parse_log(line).ok_or(format!("h2load: {line:?}").into())).collect()
    }
}

impl Drop for InBackground {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A line of the log: when it began, the status, how long it took. A request without a response has the status -1.
fn parse_log(line: &str) -> Option<Request> {
    let mut fields = line.split('\t');
    let (start, status, duration) = (fields.next()?.parse().ok()?, fields.next()?, fields.next()?.parse().ok()?);
    Some(Request { start, status: status.parse().unwrap_or_default(), duration })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_without_a_response_has_no_status() {
        let request = |status| Some(Request { start: 5, status, duration: 7 });
        assert_eq!((parse_log("5\t200\t7"), parse_log("5\t-1\t7")), (request(200), request(0)));
        assert_eq!(parse_log("5\t200"), None);
    }
}
