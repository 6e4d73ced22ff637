//! The proxy-wasm host calls that a header filter needs, and the state they work on. Only the end state is recorded.

use crate::{Header, joined};
use std::collections::BTreeMap;
use wasmi::{Caller, Extern, Linker, Memory, Module, Val};

/// Statuses of proxy-wasm.
const OK: i32 = 0;
const NOT_FOUND: i32 = 1;
const BAD_ARGUMENT: i32 = 2;

/// Map types of proxy-wasm.
pub(crate) const REQUEST_HEADERS: i32 = 0;
pub(crate) const RESPONSE_HEADERS: i32 = 2;

/// What the module sees, and what it has done.
#[derive(Default)]
pub(crate) struct State {
    pub configuration: Vec<u8>,
    pub properties: BTreeMap<Vec<u8>, Vec<u8>>,
    pub request: Vec<Header>,
    pub response: Vec<Header>,
    /// Which of the two maps is accessible: Envoy shows the request's headers only in the request phase.
    pub phase: i32,
    pub reply: Option<Reply>,
    pub logs: Vec<String>,
    pub log_level: i32,
    pub counters: Vec<(String, u64)>,
    pub calls: Vec<&'static str>,
}

/// A local reply.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u32,
    pub headers: Vec<Header>,
    pub body: Vec<u8>,
    pub details: Vec<u8>,
}

/// Provides the host calls that a header filter needs; any other call traps.
pub(crate) fn link(linker: &mut Linker<State>, module: &Module) -> Result<(), wasmi::errors::LinkerError> {
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

/// Passes bytes to the module, in memory that it allocates.
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
