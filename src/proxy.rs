//! The proxy-wasm module: contexts for Envoy, and the [`Host`] over its host calls. Compiled for wasm32 only.

use crate::host_calls;
use cors::configuration::Configuration;
use cors::filter::{Filter, Flow};
use cors::header_map::HeaderMap;
use cors::host::Host;
use cors::policy::Policy;
use cors::response::Reply;
use cors::scratch::Scratch;
use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MapType, MetricType};
use std::rc::Rc;

proxy_wasm::main! {{
    // This also installs the hook that writes the message of a panic to the host's log.
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { plugin: Rc::default() }));
}}

/// A plugin, with an empty configuration until it is given one. Nothing is kept in statics: one VM serves old and new
/// configurations at once.
struct Root {
    plugin: Rc<Plugin>,
}

/// What all streams under one configuration share.
#[derive(Default)]
struct Plugin {
    configuration: Configuration,
    scratch: Scratch,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        set_log_level();
        let document = self.get_plugin_configuration().unwrap_or_default();
        match document::load(&document) {
            Ok(loaded) => {
                info!("envoy-cors {}: {loaded}", env!("CARGO_PKG_VERSION"));
                let mut configuration = loaded.configuration;
                configuration.define_counters(|name| hostcalls::define_metric(MetricType::Counter, name).ok());
                self.plugin = Rc::new(Plugin { configuration, scratch: Scratch::default() });
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
        Some(Box::new(Stream { plugin: Rc::clone(&self.plugin), filter: Filter::default() }))
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
    plugin: Rc<Plugin>,
    filter: Filter,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end: bool) -> Action {
        let Plugin { configuration, scratch } = &*self.plugin;
        match self.filter.on_request(configuration, &mut Envoy { scratch }) {
            // The local reply is sent when this call returns; Continue would be overridden.
            Flow::Replied => Action::Pause,
            Flow::Continue => Action::Continue,
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        let Plugin { configuration, scratch } = &*self.plugin;
        self.filter.on_response(configuration, &mut Envoy { scratch }, scratch);
        Action::Continue
    }
}

/// The host calls of the stream in hand.
struct Envoy<'a> {
    /// Where a reply's headers are written.
    scratch: &'a Scratch,
}

// The SDK's calls panic on every status but success (and "not found" for reads), so their `Err` never comes: these are
// calls that Envoy does not refuse in these two phases, with the capabilities that the README names.
impl Host for Envoy<'_> {
    type Value = Vec<u8>;
    type Headers = HeaderMap;

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
        let headers = host_calls::request_headers();
        if headers.is_empty() {
            error!(
                "envoy-cors: Envoy does not hand over the request's headers; is proxy_get_header_map_pairs allowed?"
            );
        }
        HeaderMap::new(headers)
    }

    fn reply(&mut self, policy: &Policy, reply: &Reply) {
        self.scratch.lend(|headers| {
            reply.write_headers(policy, headers);
            host_calls::send_local_response(reply.status, reply.details, headers);
        });
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
