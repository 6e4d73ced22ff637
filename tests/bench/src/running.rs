//! The Envoys that run: the upstream, and one for each side and set of rules.

use crate::requests::LARGE_BYTES;
use crate::rules::{self, Rules};
use crate::sides::Side;
use crate::{Result, usage};
use kit::envoy::{self, Envoy};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// Upstream's answer to everything except `/large`.
pub const SMALL_BODY: &str = "{\"orders\": []}";

/// How much of a large body Envoy may buffer before it passes it on: 1 MB comes in at least 64 pieces.
const PIECE_BYTES: u32 = 16 * 1024;

/// An upstream that knows nothing about CORS: a plain Envoy, the cheapest server available. Its CPU is not counted.
pub struct Upstream {
    _envoy: Envoy,
    address: SocketAddr,
}

impl Upstream {
    pub fn start() -> Result<Self> {
        let vary = json!([{ "header": { "key": "vary", "value": "Accept-Encoding" } }]);
        let answer = |body: &str| json!({ "status": 200, "body": { "inline_string": body } });
        let virtual_host = json!({
            "name": "upstream", "domains": ["*"], "response_headers_to_add": vary, "routes": [
                { "match": { "path": "/large" }, "direct_response": answer(&"x".repeat(LARGE_BYTES)) },
                { "match": { "prefix": "/" }, "direct_response": answer(SMALL_BODY) }
            ]
        });
        let mut listener = envoy::listener_with("upstream", &[], &virtual_host);
        let routes = &mut envoy::connection_manager(&mut listener)["route_config"];
        routes["max_direct_response_body_size_bytes"] = json!(LARGE_BYTES);
        // Two workers, so that it does not become the bottleneck of an Envoy with several.
        let envoy = Envoy::start_with_workers(&envoy::bootstrap(&[listener], &[]), 2)?;
        let address = address_of(&envoy, "upstream")?;
        Ok(Upstream { _envoy: envoy, address })
    }

    /// The clusters that lead to it.
    pub fn clusters(&self) -> Vec<Value> {
        let mut in_pieces = envoy::cluster("upstream-in-pieces", self.address);
        in_pieces["per_connection_buffer_limit_bytes"] = json!(PIECE_BYTES);
        vec![envoy::cluster("upstream", self.address), in_pieces]
    }
}

/// An Envoy that is measured.
pub struct Running {
    pub side: Side,
    pub rules: Rules,
    pub workers: u32,
    pub address: SocketAddr,
    pub envoy: Envoy,
}

impl Running {
    pub fn start(side: Side, rules: Rules, workers: u32, upstream: &Upstream) -> Result<Self> {
        let envoy = Envoy::start_with_workers(&bootstrap(side, rules, upstream), workers)?;
        let address = address_of(&envoy, "api")?;
        let running = Running { side, rules, workers, address, envoy };
        if side.module().is_some() && running.active_vms() == 0 {
            return Err(format!("{}: Envoy runs no module", side.name()).into());
        }
        Ok(running)
    }

    /// How many VMs run the module.
    pub fn active_vms(&self) -> u32 {
        let text = self.envoy.admin("/stats?filter=^wasm.envoy.wasm.runtime.v8.active$");
        text.rsplit(':').next().and_then(|count| count.trim().parse().ok()).unwrap_or(0)
    }

    /// The CPU time that it has used, in nanoseconds.
    pub fn cpu(&self) -> Result<u64> {
        usage::cpu(self.envoy.pid())
    }
}

/// The whole configuration of a side.
pub fn bootstrap(side: Side, rules: Rules, upstream: &Upstream) -> Value {
    let virtual_hosts = match side {
        Side::Ours => vec![rules::virtual_host("*")],
        Side::Native => rules.native_virtual_hosts(),
        Side::None | Side::Empty | Side::Trimmed => vec![rules::virtual_host_without_cors()],
    };
    let mut listener = envoy::listener_with("api", &side.filters(rules), &json!({}));
    envoy::connection_manager(&mut listener)["route_config"]["virtual_hosts"] = json!(virtual_hosts);
    envoy::bootstrap(&[listener], &upstream.clusters())
}

/// The address of a listener.
pub fn address_of(envoy: &Envoy, listener: &str) -> Result<SocketAddr> {
    envoy.listeners().get(listener).copied().ok_or_else(|| format!("no listener {listener}").into())
}
