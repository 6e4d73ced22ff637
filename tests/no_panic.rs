//! No request can stop the filter: on the built module, no path leads from what a host calls for a stream to a trap, but for
//! those that are listed here with the reason why they are never taken.
//!
//! A panic, whatever its message, ends in the instruction `unreachable`, and so do failed allocations and `abort`. Divisions
//! and conversions that may trap count as well. What instructions alone cannot show is that no memory outside of the VM is
//! accessed and that no indirect call has the wrong type: that is the compiler's word, for everything but `unsafe` code,
//! of which the filter has the host calls only (`src/host_calls.rs`).

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

/// Where the module could trap, and why it does not.
const LEFT: [(&str, &str); 3] = [
    (
        "cors_on_context_create: unreachable",
        "Rc::clone aborts where a count overflows: each of 4,294,967,296 streams at once would need a byte of its own in a
        memory that has no more bytes than that, and a stream has dozens",
    ),
    (
        "dlmalloc: unreachable",
        "the allocator of wasi-libc aborts where a list of its own is broken: only a write out of bounds can do that, and
        safe code has none",
    ),
    (
        "sbrk: calls abort",
        "wasi-libc grows the memory by whole pages only, and aborts otherwise: its allocator, the only caller, rounds up",
    ),
];

fn graph() -> CallGraph {
    let named = std::fs::read(kit::named_module_path()).unwrap();
    let deployed = std::fs::read(kit::module_path()).unwrap();
    assert!(
        call_graph::code(&named) == call_graph::code(&deployed),
        "run `make build`: the two are of different builds"
    );
    CallGraph::of(&named)
}

#[test]
fn nothing_that_a_host_calls_for_a_stream_reaches_a_trap() {
    let traps = graph().traps(&CALLBACKS);
    let new: Vec<String> = traps
        .iter()
        .filter(|(trap, _)| !LEFT.iter().any(|(left, _)| left == trap))
        .map(|(trap, way)| format!("{trap}\n    {way}"))
        .collect();
    assert!(new.is_empty(), "what a host calls for a stream can trap:\n{}", new.join("\n"));
    for (left, _) in LEFT {
        assert!(traps.contains_key(left), "{left}: gone, so it need not be listed");
    }
}

/// The depth of the stack is bounded by the module, not by a request.
#[test]
fn nothing_that_a_host_calls_for_a_stream_is_recursive() {
    assert_eq!(graph().recursion(&CALLBACKS), None);
}

/// What loads a configuration may panic: a host then refuses it. That shows that traps are found.
#[test]
fn traps_and_recursion_are_found_where_they_are() {
    let graph = graph();
    let traps = graph.traps(&["proxy_on_configure"]);
    assert!(traps.keys().any(|trap| trap.ends_with("calls core::slice::index::slice_index_fail")), "{traps:#?}");
    assert!(traps.keys().any(|trap| trap.ends_with("calls alloc::raw_vec::handle_error")), "{traps:#?}");
    assert!(graph.recursion(&["proxy_on_configure"]).is_some());
}
