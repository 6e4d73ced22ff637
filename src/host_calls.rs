//! The two host calls that the SDK does not offer as the filter needs them. The only unsafe code of the module: a host
//! call is foreign code, and its arguments are addresses and lengths.
#![allow(unsafe_code, reason = "host calls are foreign functions")]

use std::ptr::{null, null_mut};

/// No gRPC status: the reply is plain HTTP.
const NO_GRPC_STATUS: i32 = -1;

const OK: u32 = 0;
const REQUEST_HEADERS: u32 = 0;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
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

    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
}

/// Sends a local reply without a body. The SDK's own passes no details, so that access logs could not tell a reply of
/// this filter from one of another; and it serializes a map that mostly was known when the policy was loaded.
pub fn send_local_response(status: u32, details: &str, headers: &[u8]) {
    // SAFETY: the host reads the slices during the call, and keeps none of their addresses. The status it returns
    // tells only that there is no stream to reply to, and then there is nothing to do.
    unsafe {
        proxy_send_local_response(
            status,
            details.as_ptr(),
            details.len(),
            null(),
            0,
            headers.as_ptr(),
            headers.len(),
            NO_GRPC_STATUS,
        );
    }
}

/// The request's headers as one serialized map. The SDK's own makes a string of each name and each value, two
/// allocations a header; a preflight has twenty headers, of which two are wanted.
pub fn request_headers() -> Vec<u8> {
    let (mut data, mut size) = (null_mut(), 0);
    // SAFETY: the host writes an address and a size to the two places, which live. The memory at the address is this
    // module's: the host got it from proxy_on_memory_allocate, where the SDK leaks a boxed slice of that size, all of
    // it written since, and hands it over here once, to be freed as what it is: a Vec of that size and capacity.
    unsafe {
        if proxy_get_header_map_pairs(REQUEST_HEADERS, &mut data, &mut size) == OK && !data.is_null() {
            Vec::from_raw_parts(data, size, size)
        } else {
            Vec::new()
        }
    }
}
