//! Our own proxy-wasm host, on wasmi: enough of Envoy to pass a stream through the built module and to count what it
//! costs. It asserts nothing about the order of calls, and records only the end state.

use crate::host_calls::{REQUEST_HEADERS, RESPONSE_HEADERS, Reply, State, link};
use crate::{Header, counting, joined};
use std::sync::OnceLock;
use wasmi::{Engine, Instance, Linker, Module, Store, Val};

/// The action Pause, by which the module stops a request that it has answered.
const PAUSE: i32 = 1;

/// The id of the plugin's context.
const ROOT: i32 = 1;

/// A loaded module with one plugin.
pub struct WasmHost {
    store: Store<State>,
    instance: Instance,
    next_context: i32,
}

/// One request, passed through the module.
#[derive(Debug)]
pub struct Exchange {
    /// The filter's own reply, if it answered.
    pub reply: Option<Reply>,
    /// The response's headers as they left the filter.
    pub response: Vec<Header>,
    /// The counters that were incremented, once per increment.
    pub counted: Vec<String>,
    /// The decision stored for access logs.
    pub kept: Option<Vec<u8>>,
    /// The host calls, by name.
    pub calls: Vec<&'static str>,
    /// The wasm instructions executed to create the context, run both phases, and delete the context.
    pub instructions: u64,
}

impl Exchange {
    /// The status that the client gets.
    pub fn status(&self) -> u32 {
        let status = joined(&self.response, b":status").expect("a status");
        String::from_utf8(status).expect("digits").parse().expect("a number")
    }
}

fn engine_and_module() -> &'static (Engine, Module) {
    static BUILT: OnceLock<(Engine, Module)> = OnceLock::new();
    BUILT.get_or_init(|| {
        let bytes = std::fs::read(crate::module_path()).expect("the module");
        let engine = Engine::default();
        let module = Module::new(&engine, counting::instrument(&bytes)).expect("a valid module");
        (engine, module)
    })
}

/// What the built module exports, in alphabetical order.
pub fn exports() -> Vec<String> {
    let (_, module) = engine_and_module();
    let names = module.exports().map(|export| export.name().to_owned());
    let mut names: Vec<String> = names.filter(|name| name != counting::COUNTER).collect();
    names.sort();
    names
}

/// What the built module imports, in alphabetical order.
pub fn imports() -> Vec<String> {
    let (_, module) = engine_and_module();
    let mut names: Vec<String> =
        module.imports().map(|import| format!("{}.{}", import.module(), import.name())).collect();
    names.sort();
    names
}

impl WasmHost {
    /// Starts a VM with the plugin's configuration; `Err` is the log if the configuration is refused.
    pub fn start(configuration: &[u8]) -> Result<Self, Vec<String>> {
        Self::start_at_log_level(configuration, 2)
    }

    /// The same on a host whose log level is `log_level` (0 trace, 1 debug, 2 info).
    pub fn start_at_log_level(configuration: &[u8], log_level: i32) -> Result<Self, Vec<String>> {
        let (engine, module) = engine_and_module();
        let state = State { configuration: configuration.to_vec(), log_level, ..State::default() };
        let mut store = Store::new(engine, state);
        let mut linker = Linker::new(engine);
        link(&mut linker, module).expect("host calls of the right types");
        let instance = linker.instantiate_and_start(&mut store, module).expect("every import is known");
        let mut host = WasmHost { store, instance, next_context: ROOT + 1 };
        host.call("_initialize", &[]);
        host.call("proxy_on_context_create", &[ROOT, 0]);
        assert_eq!(host.call("proxy_on_vm_start", &[ROOT, 0]), 1, "the VM starts");
        if host.configure(configuration) { Ok(host) } else { Err(host.logs().to_vec()) }
    }

    /// Gives the plugin a configuration, and returns whether it was accepted.
    pub fn configure(&mut self, configuration: &[u8]) -> bool {
        self.store.data_mut().configuration = configuration.to_vec();
        self.call("proxy_on_configure", &[ROOT, configuration.len() as i32]) == 1
    }

    /// What the module has logged, as `<level> <text>`.
    pub fn logs(&self) -> &[String] {
        &self.store.data().logs
    }

    /// Sets or removes a property; the parts of its path are joined by dots.
    pub fn set_property(&mut self, path: &str, value: Option<&str>) {
        let path = path.replace('.', "\0").into_bytes();
        let properties = &mut self.store.data_mut().properties;
        match value {
            Some(value) => properties.insert(path, value.as_bytes().to_vec()),
            None => properties.remove(&path),
        };
    }

    /// The names of all defined counters.
    pub fn counters(&self) -> Vec<String> {
        self.store.data().counters.iter().map(|(name, _)| name.clone()).collect()
    }

    /// How many instructions the module has executed.
    pub fn instructions(&self) -> u64 {
        let counter = self.instance.get_global(&self.store, counting::COUNTER).expect("the counter");
        counter.get(&self.store).i64().expect("a number") as u64
    }

    /// The size of the VM's memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let memory = self.instance.get_memory(&self.store, "memory").expect("a memory");
        memory.data_size(&self.store)
    }

    /// Passes a request through the module, then the response: upstream's, unless the module answers.
    pub fn exchange(&mut self, request: Vec<Header>, upstream: Vec<Header>) -> Exchange {
        let instructions = self.instructions();
        let before: Vec<u64> = self.store.data().counters.iter().map(|(_, count)| *count).collect();
        let context = self.begin(request);
        let reply = self.store.data_mut().reply.take();
        let response = reply.as_ref().map_or(upstream, |reply| {
            let mut headers = vec![(b":status".to_vec(), reply.status.to_string().into_bytes())];
            headers.extend(reply.headers.iter().cloned());
            headers
        });
        let response = self.respond(context, response);
        self.end(context);
        let instructions = self.instructions() - instructions;
        let state = self.store.data_mut();
        let mut counted = Vec::new();
        for (at, (name, count)) in state.counters.iter().enumerate() {
            let grown = count - before.get(at).copied().unwrap_or_default();
            counted.extend(std::iter::repeat_n(
                crate::corpus::short_counter(name).unwrap_or(name.clone()),
                grown as usize,
            ));
        }
        Exchange {
            reply,
            response,
            counted,
            kept: state.properties.remove(b"cors_decision".as_slice()),
            calls: std::mem::take(&mut state.calls),
            instructions,
        }
    }

    /// Begins a stream, and returns its context.
    pub fn begin(&mut self, request: Vec<Header>) -> i32 {
        let context = self.next_context;
        self.next_context += 1;
        let count = request.len() as i32;
        let state = self.store.data_mut();
        state.calls.clear();
        state.reply = None;
        state.request = request;
        state.phase = REQUEST_HEADERS;
        self.call("proxy_on_context_create", &[context, ROOT]);
        let action = self.call("proxy_on_request_headers", &[context, count, 1]);
        assert_eq!(
            action == PAUSE,
            self.store.data().reply.is_some(),
            "the filter pauses if and only if it has answered"
        );
        context
    }

    /// Passes a response through a stream, and returns the resulting headers.
    pub fn respond(&mut self, context: i32, response: Vec<Header>) -> Vec<Header> {
        let count = response.len() as i32;
        let state = self.store.data_mut();
        state.response = response;
        state.phase = RESPONSE_HEADERS;
        self.call("proxy_on_response_headers", &[context, count, 1]);
        self.store.data().response.clone()
    }

    /// Ends a stream.
    pub fn end(&mut self, context: i32) {
        for callback in ["proxy_on_done", "proxy_on_log", "proxy_on_delete"] {
            if self.instance.get_func(&self.store, callback).is_some() {
                self.call(callback, &[context]);
            }
        }
    }

    /// Calls an export, and returns its result, or 0 if it has none. A trap fails the test and shows the log.
    fn call(&mut self, name: &str, arguments: &[i32]) -> i32 {
        let function = self.instance.get_func(&self.store, name).unwrap_or_else(|| panic!("{name} is not exported"));
        let arguments: Vec<Val> = arguments.iter().map(|argument| Val::I32(*argument)).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        if let Err(trap) = function.call(&mut self.store, &arguments, &mut results) {
            panic!("{name} trapped: {trap}\n{}", self.logs().join("\n"));
        }
        results.first().and_then(Val::i32).unwrap_or_default()
    }
}
