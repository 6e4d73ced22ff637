//! What the tests of envoy-cors share: the corpus of cases, and three ways to run them.

pub mod call_graph;
pub mod client;
pub mod control_plane;
pub mod corpus;
pub mod counting;
pub mod dashboard;
pub mod discovery;
pub mod envoy;
pub mod exposition;
pub mod fake_host;
pub mod fixtures;
pub mod fleet;
pub mod glob_oracle;
pub mod host_calls;
pub mod http2;
pub mod monitored;
pub mod origin_oracle;
pub mod process;
pub mod prometheus;
pub mod sample;
pub mod table;
pub mod transcript;
pub mod upstream;
pub mod wasm_host;

use std::path::PathBuf;
use std::time::{Duration, Instant};

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

/// The same module with the names of its functions.
pub fn named_module_path() -> PathBuf {
    let path = repository("target/wasm32-wasip1/release/envoy_cors.named.wasm");
    assert!(path.exists(), "{} is missing: run `make build`, or `make test`", path.display());
    path.canonicalize().expect("the path of the module")
}

/// The module that a header stops, for tests of what becomes of traffic then.
pub fn trapping_module() -> PathBuf {
    let path = repository("target/trapping/envoy-cors.wasm");
    assert!(path.exists(), "{} is missing: run `make target/trapping/envoy-cors.wasm`, or `make test`", path.display());
    path.canonicalize().expect("the path of the module")
}

/// Waits until something holds, at most half a minute.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "in time: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// All values of a header joined by commas, as Envoy joins lines with the same name; `None` if the header is absent.
pub fn joined(headers: &[Header], name: &[u8]) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> =
        headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_slice()).collect();
    (!values.is_empty()).then(|| values.join(&b','))
}
