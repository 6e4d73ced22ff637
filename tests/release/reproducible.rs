//! The same sources give the same bytes in another folder, with another home of Cargo. `make reproducible` compares the
//! tool as well, which takes minutes to build.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// What `make image sbom` writes.
const BUILT: [&str; 4] = ["envoy-cors.wasm", "envoy-cors.image.tar", "envoy-cors.wasm.cdx.json", "envoy-cors.cdx.json"];

/// Copies what git knows, and what it would know after `git add`.
fn copy_sources(from: &Path, to: &Path) {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let output = Command::new("git").args(list).current_dir(from).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    for name in names.split_terminator('\0').filter(|name| from.join(name).exists()) {
        std::fs::create_dir_all(to.join(name).parent().unwrap()).unwrap();
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

#[test]
fn another_folder_and_another_home_of_cargo_give_the_same_bytes() {
    let repository = kit::repository("").canonicalize().unwrap();
    let folder = kit::envoy::new_folder();
    let (sources, home) = (folder.join("another-name-than-the-repository-has"), folder.join("home"));
    copy_sources(&repository, &sources);
    // The crates are the same files by another path, so that nothing is downloaded.
    std::fs::create_dir(&home).unwrap();
    for name in ["registry", "config.toml"] {
        if cargo_home().join(name).exists() {
            std::os::unix::fs::symlink(cargo_home().join(name), home.join(name)).unwrap();
        }
    }
    let dist = repository.join("dist");
    let bom: serde_json::Value = serde_json::from_slice(&std::fs::read(dist.join(BUILT[2])).unwrap()).unwrap();
    let created: &str = bom["metadata"]["timestamp"].as_str().unwrap();
    let seconds = Command::new("date").args(["--date", created, "+%s"]).output().unwrap().stdout;
    let seconds = String::from_utf8(seconds).unwrap();
    // Build steps are taken from the repository: compiling them again would take longer than the module.
    let step = format!(
        "STEP=CARGO_HOME={} cargo run --locked --quiet --manifest-path {}/Cargo.toml --package",
        cargo_home().display(),
        repository.display()
    );
    let output = Command::new("make")
        .args(["image", "sbom", &step, &format!("SOURCE_DATE_EPOCH={}", seconds.trim())])
        .current_dir(&sources)
        .env("CARGO_HOME", &home)
        .env("CARGO_NET_OFFLINE", "true")
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .output()
        .unwrap();
    let shown = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{shown}");
    for name in BUILT {
        let read = |folder: &Path| std::fs::read(folder.join(name)).unwrap();
        assert!(read(&dist) == read(&sources.join("dist")), "{name} differs from {}", sources.display());
    }
    std::fs::remove_dir_all(folder).unwrap();
}
