//! The callbacks that the host calls, and the contexts they are for.
//!
//! The SDK's own dispatcher panics where a host calls it for a context that it does not know, or while it is called, and
//! a panic takes the VM out of service; it also keeps its contexts in hash maps, and calls them by tables of methods
//! that would all have to be in the module. These callbacks do nothing where there is nothing to call. Their names are not
//! the host's: the SDK exports those. `src/trim` gives them the host's.
#![allow(unsafe_code, reason = "an exported name is the host's to call: nothing else may have it")]

use crate::contexts::Contexts;
use crate::proxy::{Root, Stream};
use proxy_wasm::traits::{HttpContext, RootContext};
use proxy_wasm::types::Action;
use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::ptr::null_mut;

/// What the VM holds: a VM serves old and new configurations at once, each of which is a root context.
struct Vm {
    roots: Contexts<Root>,
    streams: Contexts<Stream>,
}

thread_local! {
    // Without a destructor, which a VM never runs, there is no state of destruction that each access would ask for.
    static VM: ManuallyDrop<RefCell<Vm>> =
        const { ManuallyDrop::new(RefCell::new(Vm { roots: Contexts::new(), streams: Contexts::new() })) };
}

/// What `use_it` makes of the contexts, or the default where they are in use: a host call that came back here would find
/// nothing to call.
#[inline]
fn with_vm<R: Default>(use_it: impl FnOnce(&mut Vm) -> R) -> R {
    VM.with(|vm| vm.try_borrow_mut().map(|mut vm| use_it(&mut vm)).unwrap_or_default())
}

/// Gives the host memory for what it hands over; no address where there is none left, which is an error of the call.
#[unsafe(no_mangle)]
extern "C" fn cors_on_memory_allocate(size: usize) -> *mut u8 {
    let mut bytes: Vec<u8> = Vec::new();
    match bytes.try_reserve_exact(size) {
        Ok(()) => ManuallyDrop::new(bytes).as_mut_ptr(),
        Err(_) => null_mut(),
    }
}

#[unsafe(no_mangle)]
extern "C" fn cors_on_context_create(number: u32, root: u32) {
    with_vm(|vm| {
        if root == 0 {
            vm.roots.insert(number, Root::default());
        } else if let Some(stream) = vm.roots.get_mut(root).and_then(|root| root.stream()) {
            vm.streams.insert(number, stream);
        }
    });
}

#[unsafe(no_mangle)]
extern "C" fn cors_on_vm_start(_root: u32, _size: usize) -> bool {
    true
}

#[unsafe(no_mangle)]
extern "C" fn cors_on_configure(root: u32, size: usize) -> bool {
    with_vm(|vm| vm.roots.get_mut(root).is_some_and(|root| root.on_configure(size)))
}

#[unsafe(no_mangle)]
extern "C" fn cors_on_request_headers(stream: u32, count: usize, end: bool) -> u32 {
    with_vm(|vm| {
        vm.streams.get_mut(stream).map_or(Action::Continue, |stream| stream.on_http_request_headers(count, end)) as u32
    })
}

#[unsafe(no_mangle)]
extern "C" fn cors_on_response_headers(stream: u32, count: usize, end: bool) -> u32 {
    with_vm(|vm| {
        vm.streams.get_mut(stream).map_or(Action::Continue, |stream| stream.on_http_response_headers(count, end)) as u32
    })
}

#[unsafe(no_mangle)]
extern "C" fn cors_on_delete(number: u32) {
    with_vm(|vm| {
        if vm.streams.remove(number).is_none() {
            vm.roots.remove(number);
        }
    });
}
