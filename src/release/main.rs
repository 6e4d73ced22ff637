//! The last step of `make dist`: checks the files of a release, and writes SHA256SUMS over them.
//!
//!     release <folder> <version>
//!
//! What is checked can only go wrong in a build, so that no test of the sources would notice: a tool that needs libraries
//! of the machine that built it, a module with the trap that tests use, files of another version. All problems are
//! reported at once, and there are no checksums of a release that has any.

mod checks;

use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// A released file, and what has to hold for it.
type File = (&'static str, fn(&Path, &str) -> Result<(), String>);

const FILES: [File; 5] = [
    ("envoy-cors", checks::tool),
    ("envoy-cors.cdx.json", checks::sbom),
    ("envoy-cors.image.tar", checks::image),
    ("envoy-cors.wasm", checks::module),
    ("envoy-cors.wasm.cdx.json", checks::sbom),
];

const SUMS: &str = "SHA256SUMS";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, version] = arguments.as_slice() else {
        eprintln!("usage: release <folder> <version>");
        return ExitCode::from(2);
    };
    match release(Path::new(folder), version) {
        Ok(sums) => {
            print!("{sums}");
            ExitCode::SUCCESS
        }
        Err(problems) => {
            for problem in problems {
                eprintln!("release: {folder}/{problem}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Writes the checksums of a release without problems, and returns them.
fn release(folder: &Path, version: &str) -> Result<String, Vec<String>> {
    let sums = folder.join(SUMS);
    // Not those of an earlier release.
    if sums.exists() {
        fs::remove_file(&sums).map_err(|error| vec![format!("{SUMS}: {error}")])?;
    }
    let mut lines = String::new();
    let mut problems = Vec::new();
    for (name, check) in FILES {
        let path = folder.join(name);
        match fs::read(&path) {
            Ok(bytes) => {
                lines += &format!("{}  {name}\n", sha256(&bytes));
                problems.extend(check(&path, version).err().map(|problem| format!("{name}: {problem}")));
            }
            Err(error) => problems.push(format!("{name}: {error}")),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    fs::write(&sums, &lines).map_err(|error| vec![format!("{SUMS}: {error}")])?;
    Ok(lines)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
