//! What the tests of envoy-cors share: the corpus of cases, and three ways to run them.

pub mod client;
pub mod corpus;
pub mod counting;
pub mod discovery;
pub mod envoy;
pub mod fake_host;
pub mod fixtures;
pub mod host_calls;
pub mod process;
pub mod sample;
pub mod table;
pub mod transcript;
pub mod upstream;
pub mod wasm_host;

use std::path::PathBuf;

/// A header: name and value, as bytes.
pub type Header = (Vec<u8>, Vec<u8>);

/// The path of a file of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

/// The module that `make build` builds.
pub fn module_path() -> PathBuf {
    let path = repository("dist/envoy-cors.wasm");
    assert!(path.exists(), "dist/envoy-cors.wasm is missing: run `make build` first, or `make test`");
    path.canonicalize().expect("the path of the module")
}

/// All values of a header joined by commas, as Envoy joins lines with the same name; `None` if the header is absent.
pub fn joined(headers: &[Header], name: &[u8]) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> =
        headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice()).collect();
    (!values.is_empty()).then(|| values.join(&b','))
}
