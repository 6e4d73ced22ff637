//! Removes the exports that the filter does not use, and the code that only they reach.
//!
//! The SDK exports every callback of proxy-wasm, and Envoy calls what is exported: each chunk of a body, trailers, the
//! log. What is not exported costs nothing.
//!
//!     trim <built module> <trimmed module>

use std::process::ExitCode;
use walrus::{ModuleConfig, passes};

/// The callbacks that do something, and what a host needs to reach them.
const EXPORTS: [&str; 10] = [
    "_initialize",
    "memory",
    "proxy_abi_version_0_2_1",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_delete",
    "proxy_on_memory_allocate",
    "proxy_on_request_headers",
    "proxy_on_response_headers",
    "proxy_on_vm_start",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else {
        eprintln!("usage: trim <built module> <trimmed module>");
        return ExitCode::FAILURE;
    };
    match trim(from, to) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trim: {from}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn trim(from: &str, to: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut module = ModuleConfig::new().generate_producers_section(false).parse(&std::fs::read(from)?)?;
    for name in EXPORTS {
        if !module.exports.iter().any(|export| export.name == name) {
            return Err(format!("{name} is not exported").into());
        }
    }
    let unused = module.exports.iter().filter(|export| !EXPORTS.contains(&export.name.as_str()));
    for id in unused.map(|export| export.id()).collect::<Vec<_>>() {
        module.exports.delete(id);
    }
    passes::gc::run(&mut module);
    std::fs::write(to, module.emit_wasm())?;
    Ok(())
}
