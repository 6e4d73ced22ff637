//! Many Envoys that get the filter from one control plane, as a mesh's proxies do.

use crate::client::{self, Response};
use crate::control_plane::ControlPlane;
use crate::discovery;
use crate::envoy::{self, Envoy};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// How long an Envoy may take to answer under a policy that it has accepted.
const PATIENCE: Duration = Duration::from_secs(60);

/// Envoys and their control plane.
pub struct Fleet {
    pub control_plane: ControlPlane,
    pub members: Vec<Member>,
}

/// One Envoy.
pub struct Member {
    pub envoy: Envoy,
    pub address: SocketAddr,
}

impl Fleet {
    /// Starts as many Envoys, of one worker each, under a first policy.
    pub fn start(size: usize, document: &Value) -> Result<Self, String> {
        let mut fleet = Fleet { control_plane: ControlPlane::start(), members: Vec::new() };
        fleet.publish(document);
        for _ in 0..size {
            fleet.grow()?;
        }
        Ok(fleet)
    }

    /// Starts one more Envoy.
    pub fn grow(&mut self) -> Result<(), String> {
        let wasm = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
        let filter = json!({ "name": "envoy-cors",
            "config_discovery": { "config_source": ControlPlane::source("control-plane"), "type_urls": [wasm] } });
        let virtual_host = json!({ "name": "all", "domains": ["*"],
            "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }] });
        let listener = envoy::listener_with("api", &[filter], &virtual_host);
        let cluster = envoy::cluster("control-plane", self.control_plane.address);
        let mut bootstrap = envoy::bootstrap(&[listener], &[cluster]);
        bootstrap["node"] = json!({ "id": format!("envoy-{}", self.members.len()), "cluster": "fleet" });
        let envoy = Envoy::start(&bootstrap)?;
        let address = *envoy.listeners().get("api").ok_or("no listener")?;
        self.members.push(Member { envoy, address });
        Ok(())
    }

    /// Gives all Envoys a policy.
    pub fn publish(&self, document: &Value) {
        self.control_plane.publish(&discovery::extension(envoy::cors_filter(document)));
    }

    /// Waits until every Envoy allows an origin.
    pub fn wait_until_allowed(&self, origin: &str) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        for (number, member) in self.members.iter().enumerate() {
            while !member.allows(origin) {
                if Instant::now() > deadline {
                    return Err(format!("Envoy {number} does not allow {origin} in time\n{}", member.envoy.log()));
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        Ok(())
    }
}

impl Member {
    /// Sends a request of an origin.
    pub fn get(&self, origin: &str) -> Response {
        client::get(self.address, "GET", "/", &[("origin", origin)])
    }

    /// Whether an origin is allowed.
    pub fn allows(&self, origin: &str) -> bool {
        self.get(origin).header("access-control-allow-origin").as_deref() == Some(origin)
    }
}
