//! What the kernel says of a process: CPU time and memory.

use crate::Result;
use std::path::Path;

/// The CPU time of a process and its descendants in nanoseconds: `ENVOY` may be a wrapper, such as func-e.
///
/// `schedstat` counts nanoseconds, `stat` hundredths of a second; the former has to be summed over threads. Envoy's
/// threads live as long as it does.
pub fn cpu(pid: u32) -> Result<u64> {
    let mut total = 0;
    for process in family(pid)? {
        for thread in threads(process)? {
            let text = std::fs::read_to_string(Path::new(&thread).join("schedstat")).map_err(|error| {
                format!("{thread}/schedstat: {error}: the kernel keeps no such account, or Envoy is gone")
            })?;
            let on_cpu = text.split_whitespace().next().and_then(|field| field.parse::<u64>().ok());
            total += on_cpu.ok_or("schedstat is not three numbers")?;
        }
    }
    Ok(total)
}

/// The resident memory of a process and its descendants, in kilobytes.
pub fn resident(pid: u32) -> Result<u64> {
    let mut total = 0;
    for process in family(pid)? {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        total += line.split_whitespace().next().and_then(|field| field.parse::<u64>().ok()).ok_or("no VmRSS")?;
    }
    Ok(total)
}

/// A process and its descendants.
fn family(pid: u32) -> Result<Vec<u32>> {
    let mut found = vec![pid];
    let mut at = 0;
    while let Some(process) = found.get(at).copied() {
        for thread in threads(process)? {
            // Not every kernel tells the children; then there is no wrapper to see through.
            let children = std::fs::read_to_string(Path::new(&thread).join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        at += 1;
    }
    Ok(found)
}

fn threads(pid: u32) -> Result<Vec<String>> {
    let folder = format!("/proc/{pid}/task");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{folder}: {error}: Envoy is gone"))?;
    entries.map(|entry| Ok(entry?.path().to_string_lossy().into_owned())).collect()
}
