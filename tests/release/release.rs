//! The last step of `make dist` accepts a release that is complete and right, and refuses any other.
//!
//! The files are those of `make test`, but for the tool: building the real one takes minutes, so a small program takes its
//! place. `make dist` runs this step on the real one.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const VERSION: &str = "0.1.0";
const FILES: [&str; 5] =
    ["envoy-cors", "envoy-cors.cdx.json", "envoy-cors.image.tar", "envoy-cors.wasm", "envoy-cors.wasm.cdx.json"];

/// A folder with the files of a release; it ends with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = Folder(kit::envoy::new_folder());
        for name in &FILES[1..] {
            let built = kit::repository("dist").join(name);
            std::fs::copy(&built, folder.path(name)).unwrap_or_else(|error| panic!("{name}: {error}: run `make test`"));
        }
        folder.compile_tool(&["-C", "target-feature=+crt-static"], VERSION);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A program that prints a version, in place of the tool.
    fn compile_tool(&self, options: &[&str], version: &str) {
        let source = self.path("tool.rs");
        std::fs::write(&source, format!("fn main() {{ println!(\"envoy-cors {version}\") }}")).unwrap();
        let tool = self.path("envoy-cors");
        let output = Command::new("rustc").args(options).arg("-o").args([&tool, &source]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn release(&self, version: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_release")).arg(&self.0).arg(version).output().unwrap()
    }

    /// Expects that exactly these files are refused, each with a text that contains the one given.
    fn is_refused(&self, version: &str, problems: &[(&str, &str)]) {
        let output = self.release(version);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert_eq!(text.lines().count(), problems.len(), "{text}");
        for (line, (name, problem)) in text.lines().zip(problems) {
            assert!(line.contains(&format!("/{name}: ")) && line.contains(problem), "{line:?} is not {problem:?}");
        }
        assert!(!self.path("SHA256SUMS").exists(), "no checksums of a release with problems");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sha256sum_accepts(folder: &Path) -> bool {
    Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(folder)
        .output()
        .unwrap()
        .status
        .success()
}

#[test]
fn a_complete_release_gets_checksums_of_all_its_files() {
    let folder = Folder::new();
    let output = folder.release(VERSION);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sums = std::fs::read_to_string(folder.path("SHA256SUMS")).unwrap();
    let names: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(names, FILES);
    assert!(sha256sum_accepts(&folder.0));
    std::fs::write(folder.path("envoy-cors"), "another").unwrap();
    assert!(!sha256sum_accepts(&folder.0));
}

#[test]
fn missing_files_are_refused_all_at_once() {
    let folder = Folder::new();
    assert!(folder.release(VERSION).status.success(), "so that there are checksums to remove");
    for name in FILES {
        std::fs::remove_file(folder.path(name)).unwrap();
    }
    folder.is_refused(VERSION, &FILES.map(|name| (name, "No such file")));
}

#[test]
fn files_of_another_version_are_refused() {
    let folder = Folder::new();
    folder.is_refused(
        "0.2.0",
        &[
            (FILES[0], "`--version` prints \"envoy-cors 0.1.0\", expected \"envoy-cors 0.2.0\""),
            (FILES[1], "`metadata.component.version` is \"0.1.0\""),
            (FILES[2], "the image's tag is \"0.1.0\""),
            (FILES[3], "the section `envoy-cors` holds \"0.1.0\""),
            (FILES[4], "`metadata.component.version` is \"0.1.0\""),
        ],
    );
}

#[test]
fn a_tool_that_needs_libraries_or_does_not_run_is_refused() {
    let folder = Folder::new();
    folder.compile_tool(&[], VERSION);
    folder.is_refused(VERSION, &[("envoy-cors", "not static")]);
    std::fs::write(folder.path("envoy-cors"), "#!/bin/sh\necho envoy-cors 0.1.0\n").unwrap();
    folder.is_refused(VERSION, &[("envoy-cors", "not a 64-bit ELF program")]);
}

#[test]
fn a_module_that_tests_can_trap_is_refused_and_so_is_an_image_of_another_module() {
    let folder = Folder::new();
    std::fs::copy(kit::trapping_module(), folder.path("envoy-cors.wasm")).unwrap();
    folder.is_refused(
        VERSION,
        &[("envoy-cors.image.tar", "another module"), ("envoy-cors.wasm", "is a test build that any client can trap")],
    );
}

#[test]
fn files_that_are_something_else_are_refused() {
    let folder = Folder::new();
    for name in &FILES[1..] {
        std::fs::write(folder.path(name), "{}").unwrap();
    }
    folder.is_refused(
        VERSION,
        &[
            (FILES[1], "`bomFormat` is \"nothing\""),
            (FILES[2], "no OCI archive"),
            (FILES[3], "not a Wasm module"),
            (FILES[4], "`bomFormat` is \"nothing\""),
        ],
    );
}
