//! The proxy-wasm module: contexts for Envoy, and the [`Host`] over its host calls. Compiled for wasm32 only.

use crate::host_calls::{self, Failure, Map};
use cors::configuration::Configuration;
use cors::filter::{Filter, Flow};
use cors::header_map::HeaderMap;
use cors::host::Host;
use cors::policy::Policy;
use cors::reply::Reply;
use cors::scratch::Scratch;
use cors::text;
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, LogLevel, MetricType};
use std::cell::Cell;
use std::rc::Rc;

proxy_wasm::main! {{
    // What loads a configuration may panic: the host's log then says where.
    std::panic::set_hook(Box::new(|panic| host_calls::log(LogLevel::Critical, panic.to_string().as_bytes())));
}}

/// A plugin, and its configuration once it has one: one VM serves old and new configurations at once.
#[derive(Default)]
pub(crate) struct Root {
    plugin: Option<Rc<Plugin>>,
}

/// What all streams under one configuration share.
struct Plugin {
    configuration: Configuration,
    /// Where replies and merged headers are written: the host copies them.
    scratch: Scratch,
    /// Whether somebody reads the log at level debug; a line that nobody reads is never written. A level changed later
    /// counts from the next configuration on.
    shows_debug: bool,
    /// Whether the log already has a line about a host call that Envoy refuses.
    has_reported: Cell<bool>,
}

impl Root {
    /// A stream under the configuration in force. Before there is one, a host sends no streams.
    pub(crate) fn stream(&self) -> Option<Stream> {
        Some(Stream { plugin: Rc::clone(self.plugin.as_ref()?), filter: Filter::default() })
    }
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _size: usize) -> bool {
        let document = self.get_plugin_configuration().unwrap_or_default();
        match document::load(&document) {
            Ok(loaded) => {
                host_calls::log(
                    LogLevel::Info,
                    format!("envoy-cors {}: {loaded}", env!("CARGO_PKG_VERSION")).as_bytes(),
                );
                let mut configuration = loaded.configuration;
                configuration.define_counters(|name| hostcalls::define_metric(MetricType::Counter, name).ok());
                let level = hostcalls::get_log_level();
                let shows_debug = matches!(level, Ok(LogLevel::Trace | LogLevel::Debug));
                let (scratch, has_reported) = Default::default();
                self.plugin = Some(Rc::new(Plugin { configuration, scratch, shows_debug, has_reported }));
                true
            }
            Err(problems) => {
                for problem in problems {
                    host_calls::log(
                        LogLevel::Error,
                        format!("envoy-cors: configuration refused: {problem}").as_bytes(),
                    );
                }
                false
            }
        }
    }
}

/// A stream.
pub(crate) struct Stream {
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
            let (call, status) = (call.as_bytes(), text::decimal(status));
            let capability = b"; is it among the allowed capabilities?";
            let line = text::concat(&[b"envoy-cors: Envoy refuses ", call, b" with status ", &status, capability]);
            host_calls::log(LogLevel::Error, &line);
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

    fn keep_decision(&mut self, decision: &[u8]) {
        self.granted("proxy_set_property", host_calls::set_property("cors_decision", decision));
    }

    fn shows_debug(&self) -> bool {
        self.plugin.shows_debug
    }

    fn debug(&mut self, line: &[u8]) {
        host_calls::log(LogLevel::Debug, line);
    }
}
