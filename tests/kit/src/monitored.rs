//! An Envoy that shows all that the dashboard and the alerts of `envoy/monitoring/` ask for: its listener comes by LDS,
//! the filter in it by ECDS, and the module is the one that a header stops, so that reloads can be seen.

use crate::client::{self, Response};
use crate::envoy::{self, Envoy};
use crate::{discovery, sample, wait_until};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;

/// The origin that the policy `app` allows.
pub const ORIGIN: &str = "https://app.example.com";

/// The name of the plugin in all samples.
pub const PLUGIN: &str = "envoy-cors";

/// A running Envoy.
pub struct Monitored {
    pub envoy: Envoy,
    pub address: SocketAddr,
    plugin: String,
    filter_file: PathBuf,
    listener_file: PathBuf,
    version: usize,
}

impl Monitored {
    /// With the `stats_tags` of `envoy/envoy.yaml`.
    pub fn start() -> Self {
        Self::start_with(PLUGIN, &sample::yaml("envoy/envoy.yaml")["stats_config"])
    }

    /// The same with a first policy that the filter refuses.
    pub fn start_without_a_policy() -> Self {
        Self::start_as(PLUGIN, &sample::yaml("envoy/envoy.yaml")["stats_config"], "no origin")
    }

    /// With another name of the plugin, and other tags.
    pub fn start_with(plugin: &str, stats_config: &Value) -> Self {
        Self::start_as(plugin, stats_config, ORIGIN)
    }

    fn start_as(plugin: &str, stats_config: &Value, origin: &str) -> Self {
        let folder = envoy::new_folder();
        let (filter_file, listener_file) = (folder.join("filter.json"), folder.join("listener.json"));
        let mut bootstrap = envoy::bootstrap(&[], &[]);
        bootstrap["node"] = json!({ "id": "test", "cluster": "test" });
        bootstrap["dynamic_resources"] = json!({ "lds_config": discovery::source(&listener_file) });
        bootstrap["stats_config"] = stats_config.clone();
        discovery::put(&filter_file, 1, &filter(plugin, origin)).expect("a file");
        discovery::put(&listener_file, 1, &listener(plugin, &filter_file)).expect("a file");
        let envoy = Envoy::start(&bootstrap).unwrap_or_else(|log| panic!("{log}"));
        let address = envoy.listeners()["api"];
        Monitored { envoy, address, plugin: plugin.to_owned(), filter_file, listener_file, version: 1 }
    }

    /// Sends a request of an origin.
    pub fn get(&self, path: &str, origin: &str) -> Response {
        client::get(self.address, "GET", path, &[("origin", origin)])
    }

    /// Sends a preflight of an origin.
    pub fn preflight(&self, path: &str, origin: &str, method: &str) -> Response {
        client::get(self.address, "OPTIONS", path, &[("origin", origin), ("access-control-request-method", method)])
    }

    /// Sends a request that stops the module.
    pub fn trap(&self) -> Response {
        client::get(self.address, "GET", "/", &[("origin", ORIGIN), ("x-envoy-cors-test-trap", "now")])
    }

    /// Gives the filter a policy by ECDS that allows one more origin, and waits until Envoy has decided about it.
    pub fn update(&mut self, origin: &str) {
        let counters = ["update_success", "update_rejected"];
        let name = |counter: &str| format!("extension_config_discovery.http_filter.{}.{counter}", self.plugin);
        let decided = || counters.iter().map(|counter| self.envoy.stat(&name(counter))).sum::<u64>();
        let before = decided();
        discovery::put(&self.filter_file, self.version + 1, &filter(&self.plugin, origin)).expect("a file");
        wait_until("the policy is accepted or rejected", || decided() > before);
        self.version += 1;
    }

    /// Gives Envoy the listener by LDS once more.
    pub fn update_listener(&mut self) {
        self.put_listener("update_success", |_| ());
    }

    /// Gives Envoy a listener by LDS that it refuses.
    pub fn refuse_listener(&mut self) {
        let filter = filter(&self.plugin, "no origin");
        self.put_listener("update_rejected", |listener| {
            envoy::connection_manager(listener)["http_filters"] = json!([filter]);
        });
    }

    fn put_listener(&mut self, counter: &str, change: impl FnOnce(&mut Value)) {
        let name = format!("listener_manager.lds.{counter}");
        let before = self.envoy.stat(&name);
        self.version += 1;
        let mut listener = listener(&self.plugin, &self.filter_file);
        change(&mut listener);
        discovery::put(&self.listener_file, self.version, &listener).expect("a file");
        wait_until("the listener is accepted or rejected, as intended", || self.envoy.stat(&name) > before);
    }

    /// Stops the module until a request had to wait for the reload, then waits for the reload.
    pub fn trap_until_it_backs_off(&self) {
        let stat = |counter: &str| self.envoy.stat(&format!("wasm.{}.vm_reload_{counter}", self.plugin));
        let before = stat("backoff");
        wait_until("a reload is put off", || {
            self.trap();
            self.get("/", ORIGIN);
            stat("backoff") > before
        });
        wait_until("served again", || self.get("/", ORIGIN).status == 200);
    }
}

/// Two policies, of which `app` allows one origin.
fn filter(plugin: &str, origin: &str) -> Value {
    let mut origins = vec![ORIGIN];
    origins.extend(Some(origin).filter(|origin| *origin != ORIGIN));
    let document = json!({ "policies": [
        { "name": "public", "match": { "paths": ["/public/**"] }, "allow_origins": ["*"] },
        { "name": "app", "allow_origins": origins, "allow_methods": ["PUT"] },
    ] });
    let mut filter = envoy::cors_filter(&document);
    let config = &mut filter["typed_config"]["config"];
    config["name"] = json!(plugin);
    config["failure_policy"] = json!("FAIL_RELOAD");
    config["vm_config"]["code"]["local"]["filename"] = json!(crate::trapping_module());
    let mut extension = discovery::extension(filter);
    extension["name"] = json!(plugin);
    extension
}

fn listener(plugin: &str, filter_file: &std::path::Path) -> Value {
    let mut filter = discovery::discovered_filter(filter_file);
    filter["name"] = json!(plugin);
    let virtual_host = json!({ "name": "all", "domains": ["*"],
        "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }] });
    let mut listener = envoy::listener_with("api", &[filter], &virtual_host);
    listener["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
    listener
}
