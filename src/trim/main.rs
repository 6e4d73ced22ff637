//! Removes from the built module what is never called: exports, SDK methods, and the code and host calls that only they
//! reach.
//!
//! The SDK exports every callback of proxy-wasm, and Envoy calls what is exported: each chunk of a body, trailers, the
//! log. What is not exported costs nothing. And each context has a table of all methods of its trait, calls to other
//! services and shared data among them; the compiler cannot know that nobody calls them. They become traps here, which
//! takes the code behind them out, and the right to make such calls. LLVM keeps one of two functions with the same body,
//! under either name: so a method that calls nothing is left alone, and one that is called by name is an error.
//!
//! The module gets a section `envoy-cors` that holds its version, for those who find one and wonder which it is.
//!
//! The trimmed module is also written with the names of its functions, next to the built one as `*.named.wasm`: tests
//! look into it (`tests/no_panic.rs`).
//!
//!     trim <built module> <trimmed module> <version>

use std::path::Path;
use std::process::ExitCode;
use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{
    Export, ExportItem, Function, FunctionBuilder, FunctionId, FunctionKind, Module, ModuleConfig, RawCustomSection,
    passes,
};

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

/// How the names of a module's own callbacks begin: the host's names are the SDK's, which exports all of them.
const CALLBACKS: &str = "proxy_on_";
const OWN_CALLBACKS: &str = "cors_on_";

/// The path of the methods of the SDK's traits.
const SDK_METHODS: &str = "proxy_wasm::traits::";

/// The methods of the SDK's traits that are called as they are; all others that are called the filter has its own of.
const CALLED_METHODS: [&str; 2] = ["on_vm_start", "get_plugin_configuration"];

/// Parts of the paths of what the standard library writes to a console, which a filter does not have, where no hook for
/// panics is set. A module sets its own before anything else, or its panics are silent.
const CONSOLE: [&str; 4] =
    ["std::panicking::default_hook", "std::alloc::default_alloc_error_hook", "std::sys::stdio::", "BacktraceLock"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to, version] = arguments.as_slice() else {
        eprintln!("usage: trim <built module> <trimmed module> <version>");
        return ExitCode::FAILURE;
    };
    let named = Path::new(from).with_extension("named.wasm");
    match trim(from, Path::new(to), version, false).and_then(|()| trim(from, &named, version, true)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trim: {from}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn trim(from: &str, to: &Path, version: &str, has_names: bool) -> Result<(), Box<dyn std::error::Error>> {
    let mut module = ModuleConfig::new()
        .generate_producers_section(false)
        .generate_name_section(has_names)
        .parse(&std::fs::read(from)?)?;
    for name in EXPORTS {
        if !module.exports.iter().any(|export| export.name == name) {
            return Err(format!("{name} is not exported").into());
        }
    }
    prefer_own_callbacks(&mut module);
    let unused = module.exports.iter().filter(|export| !EXPORTS.contains(&export.name.as_str()));
    for id in unused.map(|export| export.id()).collect::<Vec<_>>() {
        module.exports.delete(id);
    }
    let is_method = |function: &&Function| is_uncalled(function.name.as_deref());
    let methods: Vec<FunctionId> = module.funcs.iter().filter(is_method).map(Function::id).collect();
    let uncalled: Vec<FunctionId> = methods.into_iter().filter(|id| !calls(&module, *id).is_empty()).collect();
    if uncalled.is_empty() {
        return Err("no method of the SDK is there by name: was the module stripped?".into());
    }
    for id in &uncalled {
        replace_by_trap(&mut module, *id);
    }
    for function in module.funcs.iter() {
        if let Some(called) = calls(&module, function.id()).iter().find(|id| uncalled.contains(id)) {
            let name = |id: FunctionId| module.funcs.get(id).name.clone().unwrap_or_default();
            return Err(format!("{} calls {}", name(function.id()), name(*called)).into());
        }
    }
    let is_for_console = |function: &&Function| is_for_console(function.name.as_deref());
    for id in module.funcs.iter().filter(is_for_console).map(Function::id).collect::<Vec<_>>() {
        replace_by_trap(&mut module, id);
    }
    passes::gc::run(&mut module);
    module.customs.add(RawCustomSection { name: "envoy-cors".to_owned(), data: version.as_bytes().to_vec() });
    std::fs::write(to, module.emit_wasm())?;
    Ok(())
}

/// Where a module has callbacks of its own, they take the place of the SDK's.
fn prefer_own_callbacks(module: &mut Module) {
    let own = |export: &Export| Some((export.name.strip_prefix(OWN_CALLBACKS)?.to_owned(), export.item));
    let own: Vec<(String, ExportItem)> = module.exports.iter().filter_map(own).collect();
    for (callback, item) in own {
        let name = format!("{CALLBACKS}{callback}");
        if let Some(export) = module.exports.iter_mut().find(|export| export.name == name) {
            export.item = item;
        }
    }
}

/// Whether a function, by its mangled name, writes to a console.
fn is_for_console(name: Option<&str>) -> bool {
    let name = format!("{:#}", rustc_demangle::demangle(name.unwrap_or_default()));
    CONSOLE.iter().any(|part| name.contains(part))
}

/// Whether a function, by its mangled name, is a method of the SDK's traits that nobody calls.
fn is_uncalled(name: Option<&str>) -> bool {
    // `{:#}` leaves the hash out.
    let name = format!("{:#}", rustc_demangle::demangle(name.unwrap_or_default()));
    name.strip_prefix(SDK_METHODS)
        .and_then(|path| path.rsplit("::").next())
        .is_some_and(|method| !CALLED_METHODS.contains(&method))
}

/// The functions that a function calls by name.
fn calls(module: &Module, id: FunctionId) -> Vec<FunctionId> {
    #[derive(Default)]
    struct Calls(Vec<FunctionId>);

    impl<'a> Visitor<'a> for Calls {
        fn visit_call(&mut self, call: &Call) {
            self.0.push(call.func);
        }
    }

    let mut calls = Calls::default();
    if let FunctionKind::Local(function) = &module.funcs.get(id).kind {
        dfs_in_order(&mut calls, function, function.entry_block());
    }
    calls.0
}

fn replace_by_trap(module: &mut Module, id: FunctionId) {
    let ty = module.types.get(module.funcs.get(id).ty());
    let (params, results) = (ty.params().to_vec(), ty.results().to_vec());
    let mut builder = FunctionBuilder::new(&mut module.types, &params, &results);
    builder.func_body().unreachable();
    let arguments = params.iter().map(|ty| module.locals.add(*ty)).collect();
    module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(arguments));
}
