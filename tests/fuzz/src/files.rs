//! Inputs that are kept as files: findings, and seeds that no test of another kind has.

use std::path::Path;

/// The folders with inputs, each with one folder for each target.
const FOLDERS: [&str; 2] = ["fuzz/findings", "fuzz/seeds"];

/// The files of a target: names and contents, in the order of their names.
pub fn of(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        let folder = kit::repository(folder).join(target);
        if folder.is_dir() {
            collect(&folder, &mut files);
        }
    }
    files.sort();
    files
}

/// The names of the folders with files: each is a target's.
pub fn folders() -> Vec<String> {
    let folders = FOLDERS.map(kit::repository).into_iter().filter(|folder| folder.is_dir());
    let entries = folders.flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
    entries.map(|entry| entry.expect("a folder").file_name().to_string_lossy().into_owned()).collect()
}

fn collect(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        files.push((path.display().to_string(), std::fs::read(&path).expect("a file")));
    }
}
