//! What happens to traffic when the module traps, under each of Envoy's failure policies. A module that is built only
//! for this traps on a request with a certain header.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client::{self, Response};
use kit::discovery;
use kit::envoy::{self, Envoy};
use kit::process::UpstreamProcess;
use kit::{table, trapping_module};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const ORIGIN: &str = "https://app.example.com";
const TRAP: &str = "x-envoy-cors-test-trap";

/// Envoy with the module that a header makes trap.
struct Running {
    envoy: Envoy,
    address: SocketAddr,
    _upstream: UpstreamProcess,
}

impl Running {
    /// Starts it with the keys of `setting` in the plugin's configuration.
    fn start(setting: &Value) -> Self {
        let mut filter = envoy::cors_filter(&json!({ "allow_origins": [ORIGIN], "allow_methods": ["PUT"] }));
        let plugin = filter["typed_config"]["config"].as_object_mut().unwrap();
        plugin["vm_config"]["code"]["local"]["filename"] = json!(trapping_module());
        plugin.remove("failure_policy");
        plugin.extend(setting.as_object().unwrap().clone());
        let upstream = UpstreamProcess::start();
        let listener = envoy::listener_with("api", &[filter], &envoy::to_upstream());
        let clusters = [envoy::cluster("upstream", upstream.address)];
        let envoy = Envoy::start(&envoy::bootstrap(&[listener], &clusters)).unwrap();
        let address = envoy.listeners()["api"];
        Running { envoy, address, _upstream: upstream }
    }

    fn get(&self) -> Response {
        client::get(self.address, "GET", "/", &[("origin", ORIGIN)])
    }

    fn trap(&self) -> Response {
        client::get(self.address, "GET", "/", &[("origin", ORIGIN), (TRAP, "now")])
    }

    fn preflight(&self) -> Response {
        let headers = [("origin", ORIGIN), ("access-control-request-method", "PUT")];
        client::get(self.address, "OPTIONS", "/", &headers)
    }

    /// Sends a request that upstream answers slowly, and returns once it is in progress.
    fn slow(&self) -> std::thread::JoinHandle<Response> {
        let address = self.address;
        let request = std::thread::spawn(move || client::get(address, "GET", "/slow", &[("origin", ORIGIN)]));
        self.wait_until("the slow request is at upstream", || {
            self.envoy.stat("cluster.upstream.upstream_rq_active") == 1
        });
        request
    }

    fn wait_until(&self, what: &str, holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < deadline, "not in time: {what}\n{}", self.envoy.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A response in the words of the table in `envoy/README.md`.
fn words(response: &Response) -> String {
    let cors = response.header("access-control-allow-origin").is_some();
    match response.status {
        503 => String::from("503"),
        status => format!("{status} {} CORS headers", if cors { "with" } else { "without" }),
    }
}

/// Waits until requests are served with CORS headers again.
fn recover(running: &Running) {
    let since = Instant::now();
    running.wait_until("served again", || {
        let response = running.get();
        assert!(response.status == 503 || words(&response) == "200 with CORS headers", "{response:?}");
        response.status == 200
    });
    println!("served again after {:?}", since.elapsed());
}

#[test]
fn each_failure_policy_does_what_the_readme_says() {
    let rows = table::read("envoy/README.md", "Setting");
    assert_eq!(rows.len(), 4);
    for row in rows {
        let setting = row["Setting"].split('`').nth(1).unwrap();
        let (key, value) = setting.split_once(": ").unwrap();
        let value = if value == "true" { json!(true) } else { json!(value) };
        let running = Running::start(&json!({ (key): value }));
        assert_eq!(words(&running.get()), "200 with CORS headers", "{setting}");

        let slow = running.slow();
        assert_eq!(words(&running.trap()), row["The request that traps it"], "{setting}");
        let later = words(&running.get());
        match row["Later requests on that worker"].as_str() {
            "503, then 200 with CORS headers" => {
                recover(&running);
                assert_eq!(running.preflight().status, 204, "{setting}");
                assert_eq!(running.envoy.stat("wasm.envoy-cors.vm_reload_success"), 1, "{setting}");
            }
            expected => {
                assert_eq!(later, expected, "{setting}");
                assert_ne!(running.preflight().status, 204, "{setting}");
                assert_eq!(running.envoy.stat("wasm.envoy-cors.vm_reload_success"), 0, "{setting}");
            }
        }
        assert_eq!(words(&slow.join().unwrap()), row["Requests in progress on that worker"], "{setting}");
    }
}

#[test]
fn a_vm_that_traps_again_is_reloaded_again_under_the_same_policy() {
    let running = Running::start(&json!({ "failure_policy": "FAIL_RELOAD" }));
    for reloads in 1..=2 {
        assert_eq!(running.trap().status, 503);
        recover(&running);
        assert_eq!(running.envoy.stat("wasm.envoy-cors.vm_reload_success"), reloads);
        let refused = client::get(running.address, "GET", "/", &[("origin", "https://evil.example")]);
        assert_eq!(words(&refused), "200 without CORS headers");
    }
    assert_eq!(running.envoy.stat("wasm.envoy-cors.vm_reload_failure"), 0);
    assert_eq!(running.envoy.stat("wasm.envoy-cors.vm_reload"), 0, "which the README warns of");
    let stats = running.envoy.admin("/stats?filter=vm_reload");
    for row in table::read("envoy/README.md", "Counter") {
        let name = row["Counter"].trim_matches('`');
        assert!(stats.contains(&format!("{name}: ")), "{name} is missing in {stats}");
    }
    // The counters outlive the VM that counted.
    assert!(running.envoy.counters()["default/request/allowed"] >= 2);
}

/// A new configuration gets a new VM, so an operator can repair a worker without a restart.
#[test]
fn a_changed_policy_brings_a_worker_back_under_every_failure_policy() {
    for failure_policy in ["FAIL_RELOAD", "FAIL_CLOSED", "FAIL_OPEN"] {
        let filter = |max_age: u32| {
            let mut filter = envoy::cors_filter(&json!({ "allow_origins": [ORIGIN], "max_age": max_age }));
            let plugin = &mut filter["typed_config"]["config"];
            plugin["vm_config"]["code"]["local"]["filename"] = json!(trapping_module());
            plugin["failure_policy"] = json!(failure_policy);
            discovery::extension(filter)
        };
        let file = envoy::new_folder().join("resource.json");
        discovery::put(&file, 1, &filter(1)).unwrap();
        let virtual_host = json!({ "name": "all", "domains": ["*"],
            "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }] });
        let listener = envoy::listener_with("api", &[discovery::discovered_filter(&file)], &virtual_host);
        let mut bootstrap = envoy::bootstrap(&[listener], &[]);
        bootstrap["node"] = json!({ "id": "test", "cluster": "test" });
        let envoy = Envoy::start(&bootstrap).unwrap();
        let address = envoy.listeners()["api"];
        assert_eq!(words(&client::get(address, "GET", "/", &[("origin", ORIGIN)])), "200 with CORS headers");
        assert_eq!(client::get(address, "GET", "/", &[("origin", ORIGIN), (TRAP, "now")]).status, 503);
        discovery::put(&file, 2, &filter(2)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let preflight = [("origin", ORIGIN), ("access-control-request-method", "GET")];
        while client::get(address, "OPTIONS", "/", &preflight).header("access-control-max-age").as_deref() != Some("2")
        {
            assert!(Instant::now() < deadline, "{failure_policy}: not back in time\n{}", envoy.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// If a refused policy has no predecessor, requests get 500 with ECDS, and there is no listener with LDS.
#[test]
fn if_the_first_policy_is_refused_nothing_is_served() {
    let filter = envoy::cors_filter(&json!({ "allow_origins": ["https://app.example.com/"] }));
    let file = envoy::new_folder().join("resource.json");
    let virtual_host = json!({ "name": "all", "domains": ["*"],
        "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }] });
    let start = |listener: Option<&Value>, lds: Option<Value>| {
        let mut bootstrap = envoy::bootstrap(listener.map(std::slice::from_ref).unwrap_or_default(), &[]);
        bootstrap["node"] = json!({ "id": "test", "cluster": "test" });
        bootstrap["dynamic_resources"] = lds.map_or(json!({}), |source| json!({ "lds_config": source }));
        Envoy::start(&bootstrap).unwrap()
    };

    discovery::put(&file, 1, &discovery::extension(filter.clone())).unwrap();
    let listener = envoy::listener_with("api", &[discovery::discovered_filter(&file)], &virtual_host);
    let envoy = start(Some(&listener), None);
    assert_eq!(client::get(envoy.listeners()["api"], "GET", "/", &[("origin", ORIGIN)]).status, 500);

    let mut listener = envoy::listener_with("api", &[filter], &virtual_host);
    listener["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
    discovery::put(&file, 1, &listener).unwrap();
    let envoy = start(None, Some(discovery::source(&file)));
    assert_eq!(envoy.listeners().len(), 0);
    assert_eq!(envoy.stat("listener_manager.lds.update_rejected"), 1);
    assert!(envoy.log().contains("a path is not allowed in an origin"), "{}", envoy.log());
}

/// Requests on the worker that trapped find a VM that waits for its reload; those on the other worker are served.
#[test]
fn a_trap_stops_one_worker_and_no_other() {
    let mut filter = envoy::cors_filter(&json!({ "allow_origins": [ORIGIN] }));
    filter["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] = json!(trapping_module());
    let virtual_host = json!({ "name": "all", "domains": ["*"],
        "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }] });
    let listener = envoy::listener_with("api", &[filter], &virtual_host);
    let envoy = Envoy::start_with_workers(&envoy::bootstrap(&[listener], &[]), 2).unwrap();
    let address = envoy.listeners()["api"];
    assert_eq!(client::get(address, "GET", "/", &[("origin", ORIGIN), (TRAP, "now")]).status, 503);
    // The kernel spreads connections over the workers.
    let statuses: Vec<u32> = (0..64).map(|_| client::get(address, "GET", "/", &[("origin", ORIGIN)]).status).collect();
    assert!(statuses.contains(&200) && statuses.contains(&503), "{statuses:?}");
}

#[test]
fn the_released_module_ignores_the_header() {
    let contains = |path: &std::path::Path| {
        std::fs::read(path).unwrap().windows(TRAP.len()).any(|window| window == TRAP.as_bytes())
    };
    assert!(contains(&trapping_module()), "otherwise this test looks for the wrong text");
    assert!(!contains(&kit::module_path()));
    let virtual_host = json!({ "name": "all", "domains": ["*"],
        "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }] });
    let listener = envoy::listener("api", &json!({ "allow_origins": [ORIGIN] }), &[], &virtual_host);
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &[])).unwrap();
    for _ in 0..2 {
        let response = client::get(envoy.listeners()["api"], "GET", "/", &[("origin", ORIGIN), (TRAP, "now")]);
        assert_eq!(words(&response), "200 with CORS headers");
    }
}

#[test]
fn only_a_build_with_the_feature_has_the_trap() {
    let manifest = std::fs::read_to_string(kit::repository("Cargo.toml")).unwrap();
    let features: Vec<&str> =
        manifest.lines().skip_while(|line| *line != "[features]").skip(1).take_while(|line| !line.is_empty()).collect();
    let features: Vec<&str> = features.into_iter().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        features,
        ["trap-on-a-header-only-for-failure-tests = []"],
        "neither a default feature nor one that implies it"
    );
    let makefile = std::fs::read_to_string(kit::repository("Makefile")).unwrap();
    assert_eq!(makefile.matches("trap-on-a-header").count(), 1, "only one rule uses it, and writes under target/");
}
