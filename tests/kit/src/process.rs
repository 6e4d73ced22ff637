//! Processes: servers that tests start, an upstream in one of its own (`tests/kit/upstream.py`), and what memory one has.

use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A port of 127.0.0.1 that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A free port for a server that is killed and started again: below those that the kernel hands out by itself, and never
/// one that this process has had before, since its server may be down at the moment.
pub fn lasting_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(101);
    let next = || 20_000 + start.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % 12_000;
    let ports = std::iter::repeat_with(next).take(12_000).filter_map(|port| u16::try_from(port).ok());
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}

/// A server that a test has started; it ends with the test.
pub struct Running {
    process: Child,
}

impl Running {
    /// Starts a server, and waits until it accepts connections at `address`.
    pub fn start(command: &mut Command, address: SocketAddr) -> Self {
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error} (`make test` installs it)"));
        let mut running = Running { process };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            assert!(running.process.try_wait().expect("a state").is_none(), "{command:?} has ended");
            assert!(Instant::now() < deadline, "{command:?} does not listen at {address}");
            std::thread::sleep(Duration::from_millis(10));
        }
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A running upstream, which ends with the test.
pub struct UpstreamProcess {
    process: Child,
    pub address: SocketAddr,
}

impl UpstreamProcess {
    /// Starts it on a free port.
    pub fn start() -> Self {
        Self::start_at(0)
    }

    /// Starts it on this port, as for one that was killed.
    pub fn start_at(port: u16) -> Self {
        let mut process = Command::new("python3")
            .arg(crate::repository("tests/kit/upstream.py"))
            .arg(port.to_string())
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
