//! The CPU time that the kernel has counted for a process.

use crate::Result;
use kit::process::{family, threads};

/// The CPU time of a process and its descendants, in nanoseconds.
///
/// `schedstat` counts nanoseconds, `stat` only hundredths of a second; the former has to be added up over threads, all
/// of which live as long as Envoy.
pub fn cpu(pid: u32) -> Result<u64> {
    let mut total = 0;
    for process in family(pid)? {
        for thread in threads(process)? {
            let text = std::fs::read_to_string(thread.join("schedstat")).map_err(|error| {
                format!("{}/schedstat: {error}: the kernel keeps no such account, or Envoy is gone", thread.display())
            })?;
            let on_cpu = text.split_whitespace().next().and_then(|field| field.parse::<u64>().ok());
            total += on_cpu.ok_or("schedstat is not three numbers")?;
        }
    }
    Ok(total)
}
