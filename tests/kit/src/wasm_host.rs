//! A proxy-wasm host of our own on wasmi: enough of Envoy to take a stream through the built module, and to count what
//! it costs. It asserts nothing about the order of calls; what it keeps is the end state.

use crate::{Header, counting, joined};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use wasmi::{Caller, Engine, Extern, Instance, Linker, Memory, Module, Store, Val};

/// Statuses of proxy-wasm.
const OK: i32 = 0;
const NOT_FOUND: i32 = 1;
const BAD_ARGUMENT: i32 = 2;

/// Map types of proxy-wasm.
const REQUEST_HEADERS: i32 = 0;
const RESPONSE_HEADERS: i32 = 2;

/// The module says Pause to stop a request it has answered.
const PAUSE: i32 = 1;

/// The id of the plugin's context.
const ROOT: i32 = 1;

/// A loaded module with one plugin.
pub struct WasmHost {
    store: Store<State>,
    instance: Instance,
    next_context: i32,
}

/// What the module sees and has done.
#[derive(Default)]
struct State {
    configuration: Vec<u8>,
    properties: BTreeMap<Vec<u8>, Vec<u8>>,
    request: Vec<Header>,
    response: Vec<Header>,
    /// Which of the two maps can be reached: Envoy shows the request's headers in the request phase only.
    phase: i32,
    reply: Option<Reply>,
    logs: Vec<String>,
    log_level: i32,
    counters: Vec<(String, u64)>,
    calls: Vec<&'static str>,
}

/// A local reply.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u32,
    pub headers: Vec<Header>,
    pub body: Vec<u8>,
    pub details: Vec<u8>,
}

/// One request taken through the module.
#[derive(Debug)]
pub struct Exchange {
    /// Whether the filter answered.
    pub reply: Option<Reply>,
    /// The response's headers as they left the filter.
    pub response: Vec<Header>,
    /// The counters that went up, once for each time.
    pub counted: Vec<String>,
    /// The decision that was kept for access logs.
    pub kept: Option<Vec<u8>>,
    /// The host calls, by name.
    pub calls: Vec<&'static str>,
    /// Executed wasm instructions: creation of the context, both phases, its end.
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

/// What the built module exports, in the order of the alphabet.
pub fn exports() -> Vec<String> {
    let (_, module) = engine_and_module();
    let names = module.exports().map(|export| export.name().to_owned());
    let mut names: Vec<String> = names.filter(|name| name != counting::COUNTER).collect();
    names.sort();
    names
}

impl WasmHost {
    /// Starts a VM with the plugin's configuration; `Err` holds the log of a refused one.
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

    /// Gives the plugin a configuration; whether it was taken.
    pub fn configure(&mut self, configuration: &[u8]) -> bool {
        self.store.data_mut().configuration = configuration.to_vec();
        self.call("proxy_on_configure", &[ROOT, configuration.len() as i32]) == 1
    }

    /// What the module has logged, as `<level> <text>`.
    pub fn logs(&self) -> &[String] {
        &self.store.data().logs
    }

    /// Sets a property, its path joined by dots, or removes it.
    pub fn set_property(&mut self, path: &str, value: Option<&str>) {
        let path = path.replace('.', "\0").into_bytes();
        let properties = &mut self.store.data_mut().properties;
        match value {
            Some(value) => properties.insert(path, value.as_bytes().to_vec()),
            None => properties.remove(&path),
        };
    }

    /// The names of all counters that are defined.
    pub fn counters(&self) -> Vec<String> {
        self.store.data().counters.iter().map(|(name, _)| name.clone()).collect()
    }

    /// How many instructions the module has executed.
    pub fn instructions(&self) -> u64 {
        let counter = self.instance.get_global(&self.store, counting::COUNTER).expect("the counter");
        counter.get(&self.store).i64().expect("a number") as u64
    }

    /// How much memory the VM has, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let memory = self.instance.get_memory(&self.store, "memory").expect("a memory");
        memory.data_size(&self.store)
    }

    /// Takes a request through the module, and the response to it: upstream's, unless the module answers.
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

    /// Begins a stream; its context.
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

    /// Takes a response through a stream; its headers afterwards.
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

    /// Calls an export; its result, 0 where it has none. A trap fails the test, with the log.
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

/// Gives the module the host calls of proxy-wasm that a header filter needs; any other traps.
fn link(linker: &mut Linker<State>, module: &Module) -> Result<(), wasmi::errors::LinkerError> {
    type Host<'a> = Caller<'a, State>;
    for import in module.imports() {
        if let Some(kind) = import.ty().func() {
            let name = import.name().to_owned();
            linker.func_new(import.module(), import.name(), kind.clone(), move |_, _, _| {
                Err(wasmi::Error::new(format!("the module calls {name}")))
            })?;
        }
    }
    linker.allow_shadowing(true);
    let env = "env";
    linker.func_wrap(env, "proxy_log", |mut host: Host, level: i32, text: i32, size: i32| {
        let line = format!("{level} {}", String::from_utf8_lossy(&read(&host, text, size)));
        host.data_mut().logs.push(line);
        OK
    })?;
    linker.func_wrap(env, "proxy_get_log_level", |mut host: Host, out: i32| {
        let level = host.data().log_level;
        write_u32(&mut host, out, level as u32);
        OK
    })?;
    linker.func_wrap(
        env,
        "proxy_get_buffer_bytes",
        |mut host: Host, kind: i32, start: i32, max: i32, data: i32, size: i32| {
            assert_eq!(kind, 7, "only the plugin's configuration is read");
            let bytes = host.data().configuration.iter().skip(start as usize).take(max as usize).copied().collect();
            give(&mut host, bytes, data, size)
        },
    )?;
    linker.func_wrap(
        env,
        "proxy_get_header_map_value",
        |mut host: Host, map: i32, name: i32, length: i32, data: i32, size: i32| {
            host.data_mut().calls.push("proxy_get_header_map_value");
            let name = read(&host, name, length);
            match host.data_mut().map(map).map(|headers| joined(headers, &name)) {
                Some(Some(value)) => give(&mut host, value, data, size),
                Some(None) => NOT_FOUND,
                None => BAD_ARGUMENT,
            }
        },
    )?;
    linker.func_wrap(env, "proxy_get_header_map_pairs", |mut host: Host, map: i32, data: i32, size: i32| {
        host.data_mut().calls.push("proxy_get_header_map_pairs");
        match host.data_mut().map(map).map(|headers| serialize(headers)) {
            Some(pairs) => give(&mut host, pairs, data, size),
            None => BAD_ARGUMENT,
        }
    })?;
    linker.func_wrap(
        env,
        "proxy_replace_header_map_value",
        |mut host: Host, map: i32, name: i32, length: i32, value: i32, size: i32| {
            host.data_mut().calls.push("proxy_replace_header_map_value");
            let header = (read(&host, name, length), read(&host, value, size));
            host.data_mut().edit(map, |headers| {
                headers.retain(|(own, _)| !own.eq_ignore_ascii_case(&header.0));
                headers.push(header);
            })
        },
    )?;
    linker.func_wrap(env, "proxy_remove_header_map_value", |mut host: Host, map: i32, name: i32, length: i32| {
        host.data_mut().calls.push("proxy_remove_header_map_value");
        let name = read(&host, name, length);
        host.data_mut().edit(map, |headers| headers.retain(|(own, _)| !own.eq_ignore_ascii_case(&name)))
    })?;
    linker.func_wrap(
        env,
        "proxy_send_local_response",
        |mut host: Host,
         status: u32,
         details: i32,
         details_size: i32,
         body: i32,
         body_size: i32,
         headers: i32,
         headers_size: i32,
         _grpc: i32| {
            host.data_mut().calls.push("proxy_send_local_response");
            let headers = deserialize(&read(&host, headers, headers_size));
            let body = read(&host, body, body_size);
            let details = read(&host, details, details_size);
            host.data_mut().reply = Some(Reply { status, headers, body, details });
            OK
        },
    )?;
    linker.func_wrap(env, "proxy_define_metric", |mut host: Host, _kind: i32, name: i32, length: i32, out: i32| {
        let name = String::from_utf8(read(&host, name, length)).expect("a metric's name is UTF-8");
        host.data_mut().counters.push((name, 0));
        let id = host.data().counters.len() as u32 - 1;
        write_u32(&mut host, out, id);
        OK
    })?;
    linker.func_wrap(env, "proxy_increment_metric", |mut host: Host, id: u32, by: i64| {
        host.data_mut().calls.push("proxy_increment_metric");
        host.data_mut().counters[id as usize].1 += by as u64;
        OK
    })?;
    linker.func_wrap(env, "proxy_get_property", |mut host: Host, path: i32, length: i32, data: i32, size: i32| {
        host.data_mut().calls.push("proxy_get_property");
        let path = read(&host, path, length);
        match host.data().properties.get(&path).cloned() {
            Some(value) => give(&mut host, value, data, size),
            None => NOT_FOUND,
        }
    })?;
    linker.func_wrap(env, "proxy_set_property", |mut host: Host, path: i32, length: i32, value: i32, size: i32| {
        host.data_mut().calls.push("proxy_set_property");
        let (path, value) = (read(&host, path, length), read(&host, value, size));
        host.data_mut().properties.insert(path, value);
        OK
    })?;
    let wasi = "wasi_snapshot_preview1";
    linker.func_wrap(wasi, "environ_sizes_get", |mut host: Host, count: i32, size: i32| {
        write_u32(&mut host, count, 0);
        write_u32(&mut host, size, 0);
        OK
    })?;
    linker.func_wrap(wasi, "environ_get", |_: Host, _: i32, _: i32| OK)?;
    Ok(())
}

impl State {
    fn map(&mut self, map: i32) -> Option<&mut Vec<Header>> {
        match map {
            REQUEST_HEADERS if self.phase == REQUEST_HEADERS => Some(&mut self.request),
            RESPONSE_HEADERS if self.phase == RESPONSE_HEADERS => Some(&mut self.response),
            _ => None,
        }
    }

    fn edit(&mut self, map: i32, edit: impl FnOnce(&mut Vec<Header>)) -> i32 {
        assert_eq!(map, RESPONSE_HEADERS, "the filter does not touch the request");
        match self.map(map) {
            Some(headers) => {
                edit(headers);
                OK
            }
            None => BAD_ARGUMENT,
        }
    }
}

fn memory(host: &Caller<State>) -> Memory {
    host.get_export("memory").and_then(Extern::into_memory).expect("a memory")
}

fn read(host: &Caller<State>, at: i32, size: i32) -> Vec<u8> {
    if size == 0 {
        return Vec::new();
    }
    let mut bytes = vec![0; size as u32 as usize];
    memory(host).read(host, at as u32 as usize, &mut bytes).expect("an address of the module");
    bytes
}

fn write_u32(host: &mut Caller<State>, at: i32, value: u32) {
    memory(host).write(host, at as u32 as usize, &value.to_le_bytes()).expect("an address of the module");
}

/// Hands bytes over in memory that the module allocates.
fn give(host: &mut Caller<State>, bytes: Vec<u8>, data: i32, size: i32) -> i32 {
    let mut at = 0;
    if !bytes.is_empty() {
        let allocate = host.get_export("proxy_on_memory_allocate").and_then(Extern::into_func).expect("an allocator");
        let mut result = [Val::I32(0)];
        allocate.call(&mut *host, &[Val::I32(bytes.len() as i32)], &mut result).expect("memory");
        at = result[0].i32().expect("an address");
        memory(host).write(&mut *host, at as u32 as usize, &bytes).expect("an address of the module");
    }
    write_u32(host, data, at as u32);
    write_u32(host, size, bytes.len() as u32);
    OK
}

fn serialize(headers: &[Header]) -> Vec<u8> {
    let mut bytes = (headers.len() as u32).to_le_bytes().to_vec();
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend((text.len() as u32).to_le_bytes());
    }
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend(text);
        bytes.push(0);
    }
    bytes
}

fn deserialize(bytes: &[u8]) -> Vec<Header> {
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
    let count = if bytes.is_empty() { 0 } else { number(0) };
    let mut at = 4 + count * 8;
    let mut take = |size: usize| {
        let text = bytes[at..at + size].to_vec();
        at += size + 1;
        text
    };
    (0..count).map(|entry| (take(number(4 + entry * 8)), take(number(8 + entry * 8)))).collect()
}
