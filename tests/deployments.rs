//! What people deploy from this repository: manifests, the image, the demo, the README's commands. Each is used here as
//! a reader would use it.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use document::load;
use kit::client;
use kit::envoy::Envoy;
use kit::transcript;
use serde_json::{Value, json};

fn text(path: &str) -> String {
    std::fs::read_to_string(kit::repository(path)).unwrap()
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_wasm_plugin_holds_a_policy_and_no_unknown_field() {
    let plugin = yaml("envoy/istio/wasmplugin.yaml");
    assert_eq!(plugin["apiVersion"], "extensions.istio.io/v1alpha1");
    assert_eq!(plugin["kind"], "WasmPlugin");
    let spec = &plugin["spec"];
    let known = ["failStrategy", "phase", "pluginConfig", "priority", "selector", "sha256", "url"];
    assert!(keys(spec).iter().all(|key| known.contains(key)), "{:?}", keys(spec));
    assert_eq!(spec["phase"], "AUTHN");
    assert_eq!(spec["failStrategy"], "FAIL_RELOAD");
    assert!(spec["sha256"].as_str().unwrap().len() == 64);
    load(spec["pluginConfig"].to_string().as_bytes()).unwrap();
    // Istio passes numbers as doubles.
    let mut as_double = spec["pluginConfig"].clone();
    as_double["max_age"] = json!(7200.0);
    load(as_double.to_string().as_bytes()).unwrap();
}

#[test]
fn the_envoy_filter_holds_a_policy() {
    let filter = yaml("envoy/istio/envoyfilter.yaml");
    assert_eq!(filter["apiVersion"], "networking.istio.io/v1alpha3");
    let patch = &filter["spec"]["configPatches"][0];
    assert_eq!(patch["match"]["context"], "SIDECAR_INBOUND");
    assert_eq!(patch["patch"]["operation"], "INSERT_FIRST");
    let wasm = &patch["patch"]["value"]["typed_config"];
    assert_eq!(wasm["@type"], "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm");
    let configuration = &wasm["config"]["configuration"];
    assert_eq!(configuration["@type"], "type.googleapis.com/google.protobuf.StringValue");
    load(configuration["value"].as_str().unwrap().as_bytes()).unwrap();
}

#[test]
fn envoy_accepts_the_filter_of_the_envoy_filter() {
    let filter = yaml("envoy/istio/envoyfilter.yaml");
    let mut filter = filter["spec"]["configPatches"][0]["patch"]["value"].clone();
    filter["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] = json!(kit::module_path());
    let listener = kit::envoy::listener_with("api", &[filter], &json!({ "name": "none", "domains": ["*"] }));
    Envoy::start(&kit::envoy::bootstrap(&[listener], &[])).unwrap();
}

#[test]
fn the_image_holds_the_module_where_istio_and_envoy_look_for_it() {
    let dockerfile = text("envoy/Dockerfile");
    let lines: Vec<&str> = dockerfile.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, ["FROM scratch", "COPY dist/envoy-cors.wasm /plugin.wasm"]);
}

/// Starts one of the repository's Envoy configurations on free ports.
fn start(path: &str) -> Envoy {
    let text = text(path)
        .replace("dist/envoy-cors.wasm", &kit::module_path().to_string_lossy())
        .replace("@envoy-cors/", &format!("@envoy-cors-{}/", std::process::id()));
    let mut config: Value = serde_saphyr::from_str(&text).unwrap();
    free_ports(&mut config);
    Envoy::start(&config).unwrap_or_else(|log| panic!("{path}: {log}"))
}

/// Gives the admin and each listener a free port.
fn free_ports(config: &mut Value) {
    config["admin"]["address"]["socket_address"]["port_value"] = json!(0);
    for listener in config["static_resources"]["listeners"].as_array_mut().unwrap() {
        free_port(&mut listener["address"]);
        for more in listener.get_mut("additional_addresses").and_then(Value::as_array_mut).into_iter().flatten() {
            free_port(&mut more["address"]);
        }
    }
}

fn free_port(address: &mut Value) {
    if let Some(address) = address.get_mut("socket_address") {
        address["port_value"] = json!(0);
    }
}

#[test]
fn the_readme_shows_what_curl_prints() {
    let envoy = start("envoy/envoy.yaml");
    let address = envoy.listeners()["api"];
    let transcripts = transcript::parse(&text("README.md"));
    assert!(transcripts.len() >= 3);
    for transcript in transcripts {
        transcript.check(address);
    }
}

#[test]
fn prometheus_shows_the_counters_with_labels() {
    let envoy = start("envoy/envoy.yaml");
    let address = envoy.listeners()["api"];
    let preflight = [("access-control-request-method", "PUT"), ("origin", "https://app.example.com")];
    for (method, headers) in [
        ("OPTIONS", preflight.as_slice()),
        ("OPTIONS", &preflight),
        ("GET", &[("origin", "https://evil.example")]),
        ("GET", &[]),
    ] {
        client::get(address, method, "/api/hello", headers);
    }
    let text = envoy.admin("/stats/prometheus?usedonly&filter=envoy_cors");
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    lines.sort_unstable();
    // Envoy chooses the order of the labels; a request without Origin is not counted.
    let labels = |line: &str| {
        let (name, rest) = line.split_once('{').unwrap();
        let (labels, count) = rest.split_once("} ").unwrap();
        let mut labels: Vec<String> = labels.split(',').map(str::to_owned).collect();
        labels.sort();
        format!("{name} {} {count}", labels.join(" "))
    };
    let seen: Vec<String> = lines.iter().map(|line| labels(line)).collect();
    assert_eq!(
        seen,
        [
            r#"envoy_cors_requests_total kind="preflight" outcome="allowed" policy="default" 2"#,
            r#"envoy_cors_requests_total kind="request" outcome="origin_refused" policy="default" 1"#,
        ]
    );
}

#[test]
fn the_access_log_of_the_demo_tells_each_decision() {
    let mut envoy = start("envoy/envoy.yaml");
    let address = envoy.listeners()["api"];
    let preflight = [("access-control-request-method", "PUT"), ("origin", "https://evil.example")];
    client::get(address, "OPTIONS", "/api/hello", &preflight);
    let [entry] = envoy.take_access_log().try_into().unwrap();
    assert_eq!(entry["details"], "cors_preflight_origin_refused");
    assert_eq!(entry["cors"], "default; preflight; origin_refused");
    assert_eq!(entry["origin"], "https://evil.example");
    client::get(address, "GET", "/api/missing", &[("origin", "https://app.example.com")]);
    let [entry] = envoy.take_access_log().try_into().unwrap();
    assert_eq!((&entry["status"], &entry["details"]), (&json!(404), &json!("direct_response")));
    assert_eq!(entry["cors"], "default; request; allowed");
}

/// Every configuration in `envoy/examples/` is tried with the curl commands in its header.
#[test]
fn each_example_does_what_its_header_shows() {
    let folder = kit::repository("envoy/examples");
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(
        names,
        ["credentials.yaml", "gateway.yaml", "migration.yaml", "public.yaml", "report-only.yaml"],
        "the examples that the README lists"
    );
    for name in names {
        let path = format!("envoy/examples/{name}");
        let envoy = start(&path);
        let address = envoy.listeners()["api"];
        let transcripts = transcript::parse(&text(&path));
        assert!(transcripts.len() >= 3, "{path} shows what it does");
        for transcript in transcripts {
            transcript.check(address);
        }
    }
}

#[test]
fn the_demo_prints_the_commands_of_the_readme() {
    let readme = text("README.md");
    let demo = text("envoy/demo.txt");
    let lines: Vec<&str> = demo.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(lines.len(), 3);
    for line in lines {
        assert!(readme.contains(&format!("$ {line}")), "{line} is not in the README");
    }
}
