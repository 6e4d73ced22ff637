//! The proxy-wasm module: contexts for Envoy, and the [`Host`] over its host calls. The sole file that names
//! `proxy_wasm`, compiled for wasm32 only.

use crate::filter::{Configuration, Filter, Flow, Host};
use crate::metrics::Counters;
use crate::policy::Policy;
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
        match Policy::load(&self.get_plugin_configuration().unwrap_or_default()) {
            Ok(policy) => {
                log_loaded(&policy);
                let counters =
                    Counters::define("default", |name| hostcalls::define_metric(MetricType::Counter, name).ok());
                self.configuration = Some(Rc::new(Configuration { policy, counters }));
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

fn log_loaded(policy: &Policy) {
    let switches: Vec<&str> = policy.dangerously_allow.names().collect();
    let switches = if switches.is_empty() { String::from("nothing") } else { switches.join(", ") };
    info!(
        "envoy-cors {}: 1 policy, {} origin rules, dangerously allowed: {switches}",
        env!("CARGO_PKG_VERSION"),
        policy.origins.rule_count(),
    );
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

// A call that fails, which the SDK reports only for what does not happen in these two phases, leaves things as they are.
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

    fn reply(&mut self, status: u32, headers: &[(&str, &[u8])]) {
        // Every value is ASCII: checked at load, or parsed from the request.
        let headers =
            headers.iter().filter_map(|(name, value)| Some((*name, std::str::from_utf8(value).ok()?))).collect();
        let _ = hostcalls::send_http_response(status, headers, None);
    }

    fn count(&mut self, counter: u32) {
        let _ = hostcalls::increment_metric(counter, 1);
    }
}
