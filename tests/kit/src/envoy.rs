//! A real Envoy on free ports, which ends with the test.

use crate::client;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long Envoy may take to start, or to write its access log.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running Envoy.
pub struct Envoy {
    process: Child,
    pub admin: SocketAddr,
    folder: PathBuf,
    /// How much of the log has been read.
    logged: usize,
}

/// The command that starts Envoy: `ENVOY` if set, else func-e or envoy on PATH, else the wheel that `make` installs.
pub fn command() -> Vec<String> {
    if let Ok(given) = std::env::var("ENVOY")
        && !given.trim().is_empty()
    {
        return given.split_whitespace().map(str::to_owned).collect();
    }
    let on_path = |name: &str| {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(name).is_file())
    };
    if on_path("func-e") {
        return vec![String::from("func-e"), String::from("run")];
    }
    if on_path("envoy") {
        return vec![String::from("envoy")];
    }
    let wheel = crate::repository("target/envoy");
    assert!(wheel.exists(), "Envoy not found: run `make envoy`, or set ENVOY");
    vec![wheel.to_string_lossy().into_owned()]
}

/// A listener with our filter under `config` first, then `filters`, and the routes of `virtual_host`.
pub fn listener(name: &str, config: &Value, filters: &[Value], virtual_host: &Value) -> Value {
    let mut http_filters = vec![cors_filter(config)];
    http_filters.extend(filters.iter().cloned());
    listener_with(name, &http_filters, virtual_host)
}

/// A listener with these filters, followed by the router.
pub fn listener_with(name: &str, filters: &[Value], virtual_host: &Value) -> Value {
    let mut http_filters = filters.to_vec();
    http_filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" }
    }));
    json!({
        "name": name,
        "address": { "socket_address": { "address": "127.0.0.1", "port_value": 0 } },
        "filter_chains": [{ "filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": "test",
                "http_filters": http_filters,
                "route_config": { "name": "routes", "virtual_hosts": [virtual_host] }
            }
        }] }]
    })
}

/// The filter with a configuration; the text of the StringValue is the configuration as JSON.
pub fn cors_filter(config: &Value) -> Value {
    cors_filter_of(&json!({ "@type": "type.googleapis.com/google.protobuf.StringValue", "value": config.to_string() }))
}

/// The filter with a configuration of any type.
pub fn cors_filter_of(configuration: &Value) -> Value {
    json!({
        "name": "envoy-cors",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "envoy-cors",
                "failure_policy": "FAIL_CLOSED",
                "vm_config": {
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "filename": crate::module_path() } }
                },
                "configuration": configuration
            }
        }
    })
}

/// The connection manager of a listener.
pub fn connection_manager(listener: &mut Value) -> &mut Value {
    &mut listener["filter_chains"][0]["filters"][0]["typed_config"]
}

/// Makes a listener write its access log as JSON to Envoy's output, from where [`Envoy::take_access_log`] reads it.
pub fn add_access_log(listener: &mut Value, format: &Value) {
    let mut format = format.clone();
    format["access"] = json!("log");
    connection_manager(listener)["access_log"] = json!([{
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": { "json_format": format }
        }
    }]);
}

/// Routes everything to the cluster `upstream`.
pub fn to_upstream() -> Value {
    json!({ "name": "all", "domains": ["*"], "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "upstream" } }] })
}

/// A cluster with one address.
pub fn cluster(name: &str, address: SocketAddr) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": { "cluster_name": name, "endpoints": [{ "lb_endpoints": [{ "endpoint": {
            "address": { "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } }
        } }] }] }
    })
}

/// A bootstrap of listeners and clusters.
pub fn bootstrap(listeners: &[Value], clusters: &[Value]) -> Value {
    json!({
        "admin": { "address": { "socket_address": { "address": "127.0.0.1", "port_value": 0 } } },
        "static_resources": { "listeners": listeners, "clusters": clusters }
    })
}

impl Envoy {
    /// Starts Envoy and waits until it is ready; `Err` is its log if it fails to start.
    pub fn start(bootstrap: &Value) -> Result<Self, String> {
        Self::start_with_workers(bootstrap, 1)
    }

    /// The same with a number of worker threads.
    pub fn start_with_workers(bootstrap: &Value, workers: u32) -> Result<Self, String> {
        let folder = new_folder();
        let config = folder.join("envoy.json");
        std::fs::write(&config, bootstrap.to_string()).expect("a file");
        let log = std::fs::File::create(folder.join("log")).expect("a file");
        let words = command();
        let process = Command::new(&words[0])
            .args(&words[1..])
            .arg("-c")
            .arg(&config)
            .arg("--admin-address-path")
            .arg(folder.join("admin"))
            .args(["--concurrency", &workers.to_string()])
            .args(["--disable-hot-restart", "--log-level", "info", "--file-flush-interval-msec", "1"])
            // Its own process group, so that whatever a wrapper such as func-e starts ends with it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("Envoy starts");
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut envoy = Envoy { process, admin: unknown, folder, logged: 0 };
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if envoy.process.try_wait().expect("a process").is_some() {
                return Err(envoy.log());
            }
            if envoy.is_ready() {
                return Ok(envoy);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Err(format!("Envoy was not ready in time\n{}", envoy.log()))
    }

    fn is_ready(&mut self) -> bool {
        let address = std::fs::read_to_string(self.folder.join("admin")).ok().and_then(|text| text.trim().parse().ok());
        if let Some(address) = address {
            self.admin = address;
            let host = [(b"host".to_vec(), b"admin".to_vec())];
            return client::try_send(address, "GET", "/ready", &host).is_some_and(|response| response.status == 200);
        }
        false
    }

    /// The response of an admin path.
    pub fn admin(&self, path: &str) -> String {
        client::get(self.admin, "GET", path, &[]).text()
    }

    /// The address of each listener, by name.
    pub fn listeners(&self) -> std::collections::HashMap<String, SocketAddr> {
        let text = self.admin("/listeners");
        let pairs = text.lines().filter_map(|line| line.split_once("::"));
        pairs.filter_map(|(name, address)| Some((name.to_owned(), address.trim().parse().ok()?))).collect()
    }

    /// The filter's counters that are not zero, under their short names.
    pub fn counters(&self) -> std::collections::BTreeMap<String, u64> {
        let text = self.admin("/stats?filter=envoy_cors_requests_total&usedonly");
        let pairs = text.lines().filter_map(|line| line.split_once(": "));
        pairs
            .filter_map(|(name, count)| Some((crate::corpus::short_counter(name)?, count.trim().parse().ok()?)))
            .collect()
    }

    /// A statistic of Envoy's own, by its whole name; zero where there is none.
    pub fn stat(&self, name: &str) -> u64 {
        let text = self.admin(&format!("/stats?filter={name}"));
        let mut pairs = text.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(own, _)| *own == name).map_or(0, |(_, count)| count.trim().parse().expect("a number"))
    }

    /// Takes the lines that the access log has gained since the last call; waits for at least one.
    pub fn take_access_log(&mut self) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = self.log();
            let (whole, _) = log.split_at(log.rfind('\n').map_or(0, |end| end + 1));
            let lines = whole.get(self.logged..).unwrap_or_default().lines().filter(|line| line.starts_with('{'));
            let entries: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("JSON")).collect();
            if !entries.is_empty() || Instant::now() > deadline {
                self.logged = whole.len();
                return entries;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// What Envoy has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The folder of this Envoy's files.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The process id, to read memory and CPU time.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.process.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Runs `envoy --mode validate` on a file; `Err` is the log.
pub fn validate(config: &std::path::Path) -> Result<(), String> {
    let words = command();
    let output = Command::new(&words[0])
        .args(&words[1..])
        .arg("-c")
        .arg(config)
        .args(["--mode", "validate"])
        .current_dir(crate::repository(""))
        .output()
        .expect("Envoy starts");
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// A new folder for a test's files.
pub fn new_folder() -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = crate::repository("target/tests").join(format!("{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
