//! The explanations in `src/tool/README.md` are what the program prints.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::Path;
use std::process::Command;

/// How many explanations are shown: the five classic errors, and a redirect.
const EXPLANATIONS: usize = 6;

/// Writes the documents that the text introduces by "this `NAME`:".
fn write_documents(readme: &str, folder: &Path) {
    for part in readme.split("this `").skip(1) {
        let Some((name, rest)) = part.split_once("`:\n\n```json\n") else { continue };
        if !name.contains(['\n', '`']) {
            std::fs::write(folder.join(name), rest.split_once("```").unwrap().0).unwrap();
        }
    }
}

#[test]
fn each_explanation_is_as_printed() {
    let readme = std::fs::read_to_string(kit::repository("src/tool/README.md")).unwrap();
    let folder = kit::envoy::new_folder();
    write_documents(&readme, &folder);
    let program = Path::new(env!("CARGO_BIN_EXE_envoy-cors"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut count = 0;
    for block in readme.split("```console\n$ ").skip(1) {
        let (command, rest) = block.split_once('\n').unwrap();
        if !command.starts_with("envoy-cors explain ") {
            continue;
        }
        count += 1;
        let shown = rest.split_once("```").unwrap().0;
        let output = Command::new("sh").args(["-c", command]).env("PATH", &path).current_dir(&folder).output().unwrap();
        assert_eq!(shown, String::from_utf8(output.stdout).unwrap(), "{command}");
    }
    std::fs::remove_dir_all(folder).unwrap();
    assert_eq!(count, EXPLANATIONS);
}
