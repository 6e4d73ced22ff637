//! No request can stop the filter.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::call_graph::{self, CallGraph};

/// What a host calls for each stream.
const CALLBACKS: [&str; 5] = [
    "proxy_on_context_create",
    "proxy_on_delete",
    "proxy_on_memory_allocate",
    "proxy_on_request_headers",
    "proxy_on_response_headers",
];

#[test]
fn nothing_that_a_host_calls_for_a_stream_reaches_a_trap() {
    let named = std::fs::read(kit::named_module_path()).unwrap();
    assert!(call_graph::code(&named) == call_graph::code(&std::fs::read(kit::module_path()).unwrap()));
    let traps = CallGraph::of(&named).traps(&CALLBACKS);
    for (place, way) in traps {
        println!("{place}\n    {way}");
    }
}
