//! Writes the bill of materials of a package of this workspace, as built for one target: CycloneDX 1.6, in JSON.
//!
//!     sbom <package> <target> <seconds since 1970> <file>
//!
//! The crates are those of `cargo tree`, which resolves features for this package alone. cargo-cyclonedx takes them from
//! `cargo metadata`, which resolves them for the workspace and its tests: it lists crates that the tool does not contain.
//! Its output also differs from run to run, while here the same arguments give the same bytes on every machine.

mod cargo;
mod document;

use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [package, target, created, file] = arguments.as_slice() else {
        eprintln!("usage: sbom <package> <target> <seconds since 1970> <file>");
        return ExitCode::from(2);
    };
    match write(package, target, created, file) {
        Ok(crates) => {
            println!("{file}: {crates} crates");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("sbom: {package}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the file; returns how many crates it lists.
fn write(package: &str, target: &str, created: &str, file: &str) -> Result<usize, Box<dyn Error>> {
    let created = jiff::Timestamp::from_second(created.parse()?)?.to_string();
    let crates = cargo::crates(package, target)?;
    let document = document::document(&crates, package, target, &created)?;
    std::fs::write(file, serde_json::to_string_pretty(&document)? + "\n")
        .map_err(|error| format!("{file}: {error}"))?;
    Ok(crates.len())
}
