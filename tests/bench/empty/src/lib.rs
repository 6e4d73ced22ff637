//! A module that does nothing: the cost of proxy-wasm and its SDK for any filter.

// As in the filter itself: natively, the host's functions cannot be linked.
#![cfg(target_arch = "wasm32")]

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;

proxy_wasm::main! {{ proxy_wasm::set_root_context(|_| Box::new(Root)); }}

struct Root;

impl Context for Root {}

impl RootContext for Root {
    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

struct Stream;

impl Context for Stream {}
impl HttpContext for Stream {}
