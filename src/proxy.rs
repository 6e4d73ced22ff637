//! The proxy-wasm module: contexts for Envoy, and the [`Host`] over its host calls. The sole file that names
//! `proxy_wasm`, compiled for wasm32 only.

use crate::configuration::Configuration;
use crate::filter::{Filter, Flow, Host};
use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MapType, MetricType};
use std::rc::Rc;

proxy_wasm::main! {{
    // This also installs the hook that writes the message of a panic to the host's log.
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { configuration: None }));
}}

/// A plugin: one configuration. Nothing is kept in statics, one VM serves old and new configurations at once.
struct Root {
    configuration: Option<Rc<Configuration>>,
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
                self.configuration = Some(Rc::new(configuration));
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
        Some(Box::new(Stream { filter: self.configuration.clone().map(Filter::new) }))
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

/// A stream. Without a configuration, which Envoy does not let happen, it does nothing.
struct Stream {
    filter: Option<Filter>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        match self.filter.as_mut().map(|filter| filter.on_request(&mut Envoy)) {
            // The local reply is sent when this call returns; Continue would be overridden.
            Some(Flow::Replied) => Action::Pause,
            Some(Flow::Continue) | None => Action::Continue,
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        if let Some(filter) = &mut self.filter {
            filter.on_response(&mut Envoy);
        }
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

    fn reply(&mut self, status: u32, details: &str, headers: &[(&str, &[u8])]) {
        local_reply::send(status, details, headers);
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

/// The one host call that the SDK does not offer whole: its own passes no details, so that access logs could not tell a
/// reply of this filter from one of another, and takes header values as `&str` only.
#[allow(unsafe_code, reason = "a host call is foreign code; its arguments are addresses and lengths of live slices")]
mod local_reply {
    /// No gRPC status: the reply is plain HTTP.
    const NO_GRPC_STATUS: i32 = -1;

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
    }

    /// Sends a local reply without a body.
    pub fn send(status: u32, details: &str, headers: &[(&str, &[u8])]) {
        let headers = serialize(headers);
        // SAFETY: the host reads the three slices during the call, and keeps none of their addresses. The status it
        // returns tells only that there is no stream to reply to, and then there is nothing to do.
        unsafe {
            proxy_send_local_response(
                status,
                details.as_ptr(),
                details.len(),
                std::ptr::null(),
                0,
                headers.as_ptr(),
                headers.len(),
                NO_GRPC_STATUS,
            );
        }
    }

    /// The form of a header map in proxy-wasm: the number of pairs, all lengths, then all texts, each with a NUL.
    fn serialize(headers: &[(&str, &[u8])]) -> Vec<u8> {
        let size = |(name, value): &(&str, &[u8])| name.len() + value.len() + 10;
        let mut bytes = Vec::with_capacity(4 + headers.iter().map(size).sum::<usize>());
        bytes.extend_from_slice(&(headers.len() as u32).to_le_bytes());
        for (name, value) in headers {
            // Two numbers of 32 bits, written at once.
            bytes.extend_from_slice(&(name.len() as u64 | (value.len() as u64) << 32).to_le_bytes());
        }
        for (name, value) in headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(value);
            bytes.push(0);
        }
        bytes
    }
}
