//! The proxy-wasm module: contexts for Envoy, and the [`Host`] over its host calls. The sole file that names
//! `proxy_wasm`, compiled for wasm32 only.

use crate::configuration::Configuration;
use crate::filter::{Filter, Flow, Host};
use crate::header_map::HeaderMap;
use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MapType, MetricType};
use std::rc::Rc;

proxy_wasm::main! {{
    // This also installs the hook that writes the message of a panic to the host's log.
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { configuration: Rc::default() }));
}}

/// A plugin: one configuration, an empty one until it has been given. Nothing is kept in statics, one VM serves old and
/// new configurations at once.
struct Root {
    configuration: Rc<Configuration>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        set_log_level();
        let document = self.get_plugin_configuration().unwrap_or_default();
        let define = |name: &str| hostcalls::define_metric(MetricType::Counter, name).ok();
        match Configuration::load(&document, define) {
            Ok(configuration) => {
                info!("envoy-cors {}: {configuration}", env!("CARGO_PKG_VERSION"));
                self.configuration = Rc::new(configuration);
                true
            }
            Err(problems) => {
                for problem in problems {
                    error!("envoy-cors: configuration refused: {problem}");
                }
                false
            }
        }
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { filter: Filter::new(Rc::clone(&self.configuration)) }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// Takes the host's log level over, so that a line that nobody reads is never written. A level changed later counts from
/// the next configuration on.
fn set_log_level() {
    if let Ok(level) = hostcalls::get_log_level() {
        proxy_wasm::set_log_level(level);
    }
}

/// A stream.
struct Stream {
    filter: Filter,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        #[cfg(feature = "trap-on-a-header-only-for-failure-tests")]
        if let Ok(Some(_)) = hostcalls::get_map_value_bytes(MapType::HttpRequestHeaders, "x-envoy-cors-test-trap") {
            std::process::abort();
        }
        match self.filter.on_request(&mut Envoy) {
            // The local reply is sent when this call returns; Continue would be overridden.
            Flow::Replied => Action::Pause,
            Flow::Continue => Action::Continue,
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        self.filter.on_response(&mut Envoy);
        Action::Continue
    }
}

/// The host calls of the stream in hand.
struct Envoy;

// The SDK's calls panic on every status but success (and "not found" for reads), so their `Err` never comes: these are
// calls that Envoy does not refuse in these two phases, with the capabilities that the README names.
impl Host for Envoy {
    fn request_header(&mut self, name: &str) -> Option<Vec<u8>> {
        hostcalls::get_map_value_bytes(MapType::HttpRequestHeaders, name).ok().flatten()
    }

    fn response_header(&mut self, name: &str) -> Option<Vec<u8>> {
        hostcalls::get_map_value_bytes(MapType::HttpResponseHeaders, name).ok().flatten()
    }

    fn set_response_header(&mut self, name: &str, value: &[u8]) {
        let _ = hostcalls::set_map_value_bytes(MapType::HttpResponseHeaders, name, Some(value));
    }

    fn remove_response_header(&mut self, name: &str) {
        let _ = hostcalls::set_map_value_bytes(MapType::HttpResponseHeaders, name, None);
    }

    fn request_headers(&mut self) -> HeaderMap {
        let headers = raw::request_headers();
        if headers.is_empty() {
            error!(
                "envoy-cors: Envoy does not hand over the request's headers; is proxy_get_header_map_pairs allowed?"
            );
        }
        HeaderMap::new(headers)
    }

    fn reply(&mut self, status: u32, details: &str, headers: &[u8]) {
        raw::send_local_response(status, details, headers);
    }

    fn count(&mut self, counter: u32) {
        let _ = hostcalls::increment_metric(counter, 1);
    }

    fn route_name(&mut self) -> Option<Vec<u8>> {
        hostcalls::get_property(vec!["xds", "route_name"]).ok().flatten()
    }

    fn keep_decision(&mut self, decision: &str) {
        let _ = hostcalls::set_property(vec!["cors_decision"], Some(decision.as_bytes()));
    }
}

/// The host calls that the SDK does not offer as they are.
#[allow(unsafe_code, reason = "a host call is foreign code; its arguments are addresses and lengths")]
mod raw {
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
}
