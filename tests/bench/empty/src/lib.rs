//! A module that does nothing: what proxy-wasm and its SDK cost, whatever the filter.

// As in the filter itself: natively the host's functions do not link.
#![cfg(target_arch = "wasm32")]

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use std::hint::black_box;

proxy_wasm::main! {{ proxy_wasm::set_root_context(|_| Box::new(Root)); }}

struct Root;

impl Context for Root {}

// What the SDK would do by itself, written out: `envoy/trim` lets the SDK's own methods trap. `black_box` keeps LLVM from
// merging these with them.
impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        black_box(size);
        true
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Stream;

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, count: usize, _end: bool) -> Action {
        black_box(count);
        Action::Continue
    }

    fn on_http_response_headers(&mut self, count: usize, _end: bool) -> Action {
        black_box(count);
        Action::Continue
    }
}
