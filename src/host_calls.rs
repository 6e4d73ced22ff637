//! The host calls of a stream, each with its status: the SDK's own panic on every status that they do not expect, and a
//! panic takes the VM out of service (a capability that is denied to the module would do). The only unsafe code of the
//! module: a host call is a foreign function, and its arguments are addresses and lengths.
#![allow(unsafe_code, reason = "host calls are foreign functions")]

use proxy_wasm::types::LogLevel;
use std::ptr::{null, null_mut};

/// A status other than success (proxy-wasm ABI 0.2.1, `proxy_status_t`).
pub type Failure = u32;

/// The header maps of a stream (`proxy_header_map_type_t`).
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Map {
    Request = 0,
    Response = 2,
}

const OK: u32 = 0;
const NOT_FOUND: u32 = 1;

/// No gRPC status: the reply is plain HTTP.
const NO_GRPC_STATUS: i32 = -1;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: LogLevel, text: *const u8, size: usize) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, name_size: usize) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_increment_metric(metric: u32, offset: i64) -> u32;
    fn proxy_get_property(path: *const u8, path_size: usize, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, value: *const u8, value_size: usize) -> u32;
}

/// What a call has handed over: an address and a size, and a status.
#[inline(always)]
fn take(status: u32, data: *mut u8, size: usize) -> Result<Option<Vec<u8>>, Failure> {
    match status {
        OK if data.is_null() => Ok(Some(Vec::new())),
        // SAFETY: the memory is this module's: the host got it from proxy_on_memory_allocate, which leaks a Vec of exactly
        // that capacity, all of it written since, and hands it over here once.
        OK => Ok(Some(unsafe { Vec::from_raw_parts(data, size, size) })),
        NOT_FOUND => Ok(None),
        status => Err(status),
    }
}

fn check(status: u32) -> Result<(), Failure> {
    if status == OK { Ok(()) } else { Err(status) }
}

/// Writes a line to the host's log. Where that is refused, there is no place to say so.
pub fn log(level: LogLevel, line: &[u8]) {
    // SAFETY: the host reads the line during the call, and keeps no address.
    unsafe { proxy_log(level, line.as_ptr(), line.len()) };
}

/// The value of a header; several lines of one name come joined by commas where Envoy knows the name.
#[inline(always)]
pub fn header(map: Map, name: &str) -> Result<Option<Vec<u8>>, Failure> {
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: the host reads the name during the call, and writes an address and a size to the two places, which live.
    let status = unsafe { proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), &mut data, &mut size) };
    take(status, data, size)
}

/// All headers as one serialized map. The SDK's own call makes a string of each name and each value, two allocations a
/// header; a preflight has twenty headers, of which two are wanted.
pub fn headers(map: Map) -> Result<Vec<u8>, Failure> {
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: the host writes an address and a size to the two places, which live.
    let status = unsafe { proxy_get_header_map_pairs(map as u32, &mut data, &mut size) };
    take(status, data, size).map(Option::unwrap_or_default)
}

/// Sets a header to one line.
pub fn set_header(map: Map, name: &str, value: &[u8]) -> Result<(), Failure> {
    // SAFETY: the host reads name and value during the call, and keeps no address.
    check(unsafe { proxy_replace_header_map_value(map as u32, name.as_ptr(), name.len(), value.as_ptr(), value.len()) })
}

/// Removes all lines of a header.
pub fn remove_header(map: Map, name: &str) -> Result<(), Failure> {
    // SAFETY: the host reads the name during the call, and keeps no address.
    check(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
}

/// Sends a local reply without a body; `headers` is a serialized map. The SDK's own call passes no details, which leaves
/// access logs without a way to see which filter has replied.
pub fn send_local_response(status: u32, details: &str, headers: &[u8]) -> Result<(), Failure> {
    // SAFETY: the host reads the slices during the call, and keeps no address.
    check(unsafe {
        proxy_send_local_response(
            status,
            details.as_ptr(),
            details.len(),
            null(),
            0,
            headers.as_ptr(),
            headers.len(),
            NO_GRPC_STATUS,
        )
    })
}

/// Adds one to a counter.
pub fn increment(metric: u32) -> Result<(), Failure> {
    // SAFETY: the call takes numbers only.
    check(unsafe { proxy_increment_metric(metric, 1) })
}

/// A property; the parts of its path are separated by NUL.
pub fn property(path: &str) -> Result<Option<Vec<u8>>, Failure> {
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: the host reads the path during the call, and writes an address and a size to the two places, which live.
    let status = unsafe { proxy_get_property(path.as_ptr(), path.len(), &mut data, &mut size) };
    take(status, data, size)
}

/// Sets a property.
pub fn set_property(path: &str, value: &[u8]) -> Result<(), Failure> {
    // SAFETY: the host reads path and value during the call, and keeps no address.
    check(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
}
