//! The proxy-wasm module: contexts for Envoy, and the [`Host`] over its host calls. Compiled for wasm32 only.

use crate::host_calls::{self, Failure, Map};
use cors::configuration::Configuration;
use cors::filter::{Filter, Flow};
use cors::header_map::HeaderMap;
use cors::host::Host;
use cors::policy::Policy;
use cors::reply::Reply;
use cors::scratch::Scratch;
use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel, MetricType};
use std::cell::Cell;
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
    /// Where replies and merged headers are written: the host copies them.
    scratch: Scratch,
    /// Whether the log already has a line about a host call that Envoy refuses.
    has_reported: Cell<bool>,
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
                self.plugin = Rc::new(Plugin { configuration, ..Plugin::default() });
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
        #[cfg(feature = "trap-on-a-header-only-for-failure-tests")]
        if let Ok(Some(_)) = host_calls::header(Map::Request, "x-envoy-cors-test-trap") {
            std::process::abort();
        }
        let plugin = &*self.plugin;
        match self.filter.on_request(&plugin.configuration, &mut Envoy { plugin }) {
            // The local reply is sent when this call returns; Continue would be overridden.
            Flow::Replied => Action::Pause,
            Flow::Continue => Action::Continue,
        }
    }

    fn on_http_response_headers(&mut self, _count: usize, _end: bool) -> Action {
        let plugin = &*self.plugin;
        self.filter.on_response(&plugin.configuration, &mut Envoy { plugin }, &plugin.scratch);
        Action::Continue
    }
}

/// The host calls of the stream in hand.
struct Envoy<'a> {
    plugin: &'a Plugin,
}

impl Envoy<'_> {
    /// What a host call has returned, if it went well. Envoy refuses none of them in these two phases, unless the module
    /// is denied a capability: the log says so once for each configuration, and the stream goes on.
    #[inline]
    fn granted<T>(&self, call: &str, result: Result<T, Failure>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(status) => {
                self.plugin.report(call, status);
                None
            }
        }
    }
}

impl Plugin {
    #[cold]
    #[inline(never)]
    fn report(&self, call: &str, status: Failure) {
        if !self.has_reported.replace(true) {
            error!("envoy-cors: Envoy refused {call} with status {status}; is it in allowed_capabilities?");
        }
    }
}

impl Host for Envoy<'_> {
    type Value = Vec<u8>;
    type Headers = HeaderMap;

    fn request_header(&mut self, name: &str) -> Option<Vec<u8>> {
        self.granted("proxy_get_header_map_value", host_calls::header(Map::Request, name)).flatten()
    }

    fn request_headers(&mut self) -> HeaderMap {
        let headers = self.granted("proxy_get_header_map_pairs", host_calls::headers(Map::Request));
        HeaderMap::new(headers.unwrap_or_default())
    }

    fn route_name(&mut self) -> Option<Vec<u8>> {
        self.granted("proxy_get_property", host_calls::property("xds\0route_name")).flatten()
    }

    fn response_header(&mut self, name: &str) -> Option<Vec<u8>> {
        self.granted("proxy_get_header_map_value", host_calls::header(Map::Response, name)).flatten()
    }

    fn set_response_header(&mut self, name: &str, value: &[u8]) {
        self.granted("proxy_replace_header_map_value", host_calls::set_header(Map::Response, name, value));
    }

    fn remove_response_header(&mut self, name: &str) {
        self.granted("proxy_remove_header_map_value", host_calls::remove_header(Map::Response, name));
    }

    fn reply(&mut self, policy: &Policy, reply: &Reply) {
        self.plugin.scratch.lend(|headers| {
            reply.write_headers(policy, headers);
            let sent = host_calls::send_local_response(reply.status, reply.details, headers);
            self.granted("proxy_send_local_response", sent);
        });
    }

    fn count(&mut self, counter: u32) {
        self.granted("proxy_increment_metric", host_calls::increment(counter));
    }

    fn keep_decision(&mut self, decision: &str) {
        self.granted("proxy_set_property", host_calls::set_property("cors_decision", decision.as_bytes()));
    }
}
