//! What Cargo knows about the crates of a build: which ones, who uses whom, their licences and checksums.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::process::Command;
use toml_edit::DocumentMut;

/// Name and version.
pub type Id = (String, String);

/// A crate of the build.
#[derive(Default)]
pub struct Crate {
    pub description: Option<String>,
    pub license: Option<String>,
    /// SHA-256, in hexadecimal, of the crate's file in the registry; none for crates of this repository.
    pub checksum: Option<String>,
    pub uses: BTreeSet<Id>,
}

/// The crates of a package as built for a target, itself among them.
pub fn crates(package: &str, target: &str) -> Result<BTreeMap<Id, Crate>, Box<dyn Error>> {
    let tree = ["tree", "--locked", "--edges", "normal", "--prefix", "depth", "--no-dedupe", "--format", " {p}"];
    let mut crates = read_tree(&cargo(&[&tree[..], &["--package", package, "--target", target]].concat())?)?;
    let metadata = ["metadata", "--locked", "--format-version", "1", "--filter-platform", target];
    let metadata: Value = serde_json::from_str(&cargo(&metadata)?)?;
    for package in metadata.get("packages").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(found) = text("name").zip(text("version")).and_then(|id| crates.get_mut(&id)) {
            (found.description, found.license) = (text("description"), text("license"));
        }
    }
    let root = metadata.get("workspace_root").and_then(Value::as_str).unwrap_or(".");
    let lock: DocumentMut = std::fs::read_to_string(format!("{root}/Cargo.lock"))?.parse()?;
    for package in lock.get("package").and_then(|packages| packages.as_array_of_tables()).into_iter().flatten() {
        let text = |key: &str| package.get(key).and_then(|value| value.as_str()).map(str::to_owned);
        if let Some(found) = text("name").zip(text("version")).and_then(|id| crates.get_mut(&id)) {
            found.checksum = text("checksum");
        }
    }
    Ok(crates)
}

fn cargo(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into())).args(arguments).output()?;
    if !output.status.success() {
        return Err(format!("cargo {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Reads lines such as `2 serde v1.0.229`: depth, name, version, and for some crates more about them.
fn read_tree(tree: &str) -> Result<BTreeMap<Id, Crate>, String> {
    let mut crates = BTreeMap::<Id, Crate>::new();
    let mut users: Vec<Id> = Vec::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        let (depth, name, version) = (words.next(), words.next(), words.next());
        let depth = depth.and_then(|depth| depth.parse::<usize>().ok());
        let (Some(depth), Some(name), Some(version)) = (depth, name, version.and_then(|text| text.strip_prefix('v')))
        else {
            return Err(format!("a line of `cargo tree` that cannot be read: {line:?}"));
        };
        let id = (name.to_owned(), version.to_owned());
        users.truncate(depth);
        if let Some(user) = users.last() {
            crates.entry(user.clone()).or_default().uses.insert(id.clone());
        }
        crates.entry(id.clone()).or_default();
        users.push(id);
    }
    Ok(crates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_uses_what_is_one_level_deeper_below_it() {
        let tree = "0 a v0.1.0 (/folder)\n1 b v1.0.0\n2 c v2.0.0\n1 d v1.1.0 (proc-macro)\n2 c v3.0.0\n";
        let crates = read_tree(tree).unwrap();
        let uses: Vec<String> = crates
            .iter()
            .flat_map(|((name, _), found)| {
                found.uses.iter().map(move |(used, version)| format!("{name}: {used} {version}"))
            })
            .collect();
        assert_eq!(uses, ["a: b 1.0.0", "a: d 1.1.0", "b: c 2.0.0", "d: c 3.0.0"]);
        assert_eq!(crates.len(), 5);
        assert!(read_tree("0 a (*)").is_err());
    }
}
