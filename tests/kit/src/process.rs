//! Processes: an upstream in one of its own (`upstream.py` beside this crate), and what memory one has.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// A running upstream, that ends with the test.
pub struct UpstreamProcess {
    process: Child,
    pub address: SocketAddr,
}

impl UpstreamProcess {
    /// Starts it on a port of its own.
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

/// The resident memory of a process, in KB.
pub fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|size| size.parse().ok()).expect("a number")
}
