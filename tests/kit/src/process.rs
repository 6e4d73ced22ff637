//! Processes: an upstream in its own process (`tests/kit/upstream.py`), and the memory that a process uses.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running upstream, which ends with the test.
pub struct UpstreamProcess {
    process: Child,
    pub address: SocketAddr,
}

impl UpstreamProcess {
    /// Starts it on a free port.
    pub fn start() -> Self {
        let mut process = Command::new("python3")
            .arg(crate::repository("tests/kit/upstream.py"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 starts");
        let mut port = String::new();
        let output = process.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut port).expect("a line");
        let port: u16 = port.trim().parse().expect("a port");
        UpstreamProcess { process, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }
}

impl Drop for UpstreamProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The resident memory of a process and its descendants, in KB.
pub fn resident(pid: u32) -> io::Result<u64> {
    let of = |process: &u32| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let size = line.split_whitespace().next().and_then(|field| field.parse::<u64>().ok());
        size.ok_or_else(|| io::Error::other(format!("process {process} has ended")))
    };
    family(pid)?.iter().map(of).sum()
}

/// A process and its descendants: `ENVOY` may be a wrapper, such as func-e.
pub fn family(pid: u32) -> io::Result<Vec<u32>> {
    let mut found = vec![pid];
    let mut at = 0;
    while let Some(process) = found.get(at).copied() {
        for thread in threads(process)? {
            // Not every kernel lists the children; without the list, a wrapper is measured as if it were Envoy.
            let children = std::fs::read_to_string(thread.join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        at += 1;
    }
    Ok(found)
}

/// The folders of a process's threads.
pub fn threads(pid: u32) -> io::Result<Vec<PathBuf>> {
    std::fs::read_dir(format!("/proc/{pid}/task"))?.map(|entry| Ok(entry?.path())).collect()
}
