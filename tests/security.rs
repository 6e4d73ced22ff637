//! What `SECURITY.md` says about bounds, against the code.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

/// The value of a constant, by its line in a source file.
fn constant(path: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(kit::repository(path)).unwrap();
    let line = text.lines().find(|line| line.contains(&format!("const {name}: "))).unwrap_or_else(|| {
        panic!("{path} has no {name}");
    });
    let value = line.split_once("= ").unwrap().1.trim_end_matches(';').replace('_', "");
    value.parse().unwrap_or_else(|_| panic!("{path}: {name} is {value}"))
}

#[test]
fn each_bound_has_the_number_that_is_documented() {
    for row in kit::table::read("SECURITY.md", "Bound") {
        let defined: Vec<&str> = row["Defined as"].split('`').collect();
        assert_eq!(row["Number"].parse(), Ok(constant(defined[3], defined[1])), "{}", row["Bound"]);
    }
}

#[test]
fn every_bound_of_the_core_is_documented() {
    let text = std::fs::read_to_string(kit::repository("SECURITY.md")).unwrap();
    for entry in std::fs::read_dir(kit::repository("src/cors")).unwrap() {
        let path = entry.unwrap().path();
        let source = std::fs::read_to_string(&path).unwrap_or_default();
        for name in source.lines().filter_map(|line| line.split_once("const MAX_")?.1.split_once(": usize")) {
            let row = format!("`MAX_{}` in `src/cors/{}`", name.0, path.file_name().unwrap().display());
            assert!(text.contains(&row), "SECURITY.md lacks {row}");
        }
    }
}
