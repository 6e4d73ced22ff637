//! Where and when a run takes place.

use crate::results::Machine;
use crate::{Result, load};
use std::process::Command;

/// Describes the machine.
pub fn describe() -> Result<Machine> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let number = |text: &str| text.split_whitespace().next().and_then(|field| field.parse::<f64>().ok());
    let kilobytes = field(&memory, "MemTotal").and_then(|text| number(&text)).unwrap_or_default();
    let words = kit::envoy::command();
    let (program, arguments) = words.split_first().ok_or("ENVOY is empty")?;
    let envoy = output(Command::new(program).args(arguments).arg("--version"))?;
    Ok(Machine {
        date: output(Command::new("date").args(["-u", "+%Y-%m-%d"]))?,
        cpu: field(&cpu, "model name").unwrap_or_else(|| String::from("unknown CPU")),
        cores: std::thread::available_parallelism()?.get(),
        memory_gb: (kilobytes / 1024.0 / 1024.0).round(),
        kernel: output(Command::new("uname").args(["-s", "-r", "-m"]))?,
        // "envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL"
        envoy: envoy.split('/').find(|part| part.starts_with("1.")).unwrap_or(&envoy).to_owned(),
        h2load: load::version()?,
        load_before: number(&load).unwrap_or_default(),
    })
}

/// A field of a file of `/proc`.
fn field(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let mut named = lines.filter(|(own, _)| own.trim() == name);
    named.next().map(|(_, value)| value.trim().to_owned())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
