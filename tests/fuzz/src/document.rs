//! The document: no bytes panic; what is refused has problems, each in one line with a remedy; what is loaded decides.

use crate::decision;
use kit::{Header, fixtures};

/// Loads the input as a document, and uses what was loaded.
pub fn check(input: &[u8]) {
    match document::load(input) {
        Err(problems) => {
            assert!(!problems.is_empty(), "a refused document has a problem");
            for problem in problems {
                let line = problem.to_string();
                assert!(!line.contains(|char: char| char.is_control()), "a problem is one line: {line:?}");
                let reason = problem.reason.to_string();
                assert!(!reason.is_empty() && !problem.remedy().is_empty(), "reason and remedy are there: {line}");
                assert!(!reason.contains("{}"), "no detail is missing: {line}");
            }
        }
        Ok(loaded) => {
            let line = loaded.to_string();
            assert!(!line.contains(|char: char| char.is_control()), "what was loaded is one line: {line:?}");
            let configuration = decision::counted(loaded.configuration);
            for request in requests() {
                decision::judge(&configuration, &request, None, &[]);
            }
        }
    }
}

/// An actual request and a preflight.
fn requests() -> [Vec<Header>; 2] {
    [fixtures::request(&[("origin", fixtures::ORIGIN)]), fixtures::request(&fixtures::PREFLIGHT)]
}
