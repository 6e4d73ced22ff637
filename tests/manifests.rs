//! The manifests in `envoy/`: no unknown keys, valid policies, and Envoy filters that Envoy accepts.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::envoy::{self, Envoy};
use kit::sample;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The keys that each kind may have: an API server silently drops others.
const KEYS: &str = include_str!("manifests/keys.json");

/// The manifests, by path.
fn manifests() -> BTreeMap<String, Value> {
    let mut manifests = BTreeMap::new();
    for folder in ["envoy/istio", "envoy/gateway"] {
        for entry in std::fs::read_dir(kit::repository(folder)).unwrap() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().into_string().unwrap());
            manifests.insert(path.clone(), sample::yaml(&path));
        }
    }
    assert_eq!(manifests.len(), 11, "{:?}", manifests.keys());
    manifests
}

/// Every sample that holds Envoy's own configuration of the filter, by path.
fn envoy_filters() -> BTreeMap<String, Value> {
    let mut filters = BTreeMap::new();
    for (path, manifest) in manifests().iter().filter(|(_, manifest)| manifest["kind"] == "EnvoyFilter") {
        filters.insert(path.clone(), manifest["spec"]["configPatches"][0]["patch"]["value"].clone());
    }
    let mut configs = vec![String::from("envoy/envoy.yaml"), String::from("envoy/orders/envoy.yaml")];
    for entry in std::fs::read_dir(kit::repository("envoy/examples")).unwrap() {
        configs.push(format!("envoy/examples/{}", entry.unwrap().file_name().into_string().unwrap()));
    }
    for path in configs {
        let config = sample::yaml(&path);
        for listener in config["static_resources"]["listeners"].as_array().unwrap() {
            let manager = &listener["filter_chains"][0]["filters"][0]["typed_config"];
            for filter in manager["http_filters"].as_array().unwrap() {
                if filter["typed_config"]["config"]["vm_config"].is_object() {
                    filters.insert(format!("{path}, {}", listener["name"]), filter.clone());
                }
            }
        }
    }
    filters
}

/// The policy in a manifest, as the module gets it; `None` where there is none.
fn policy(manifest: &Value) -> Option<Value> {
    let spec = &manifest["spec"];
    match manifest["kind"].as_str().unwrap() {
        "WasmPlugin" => Some(spec["pluginConfig"].clone()),
        "TrafficExtension" => Some(spec["wasm"]["pluginConfig"].clone()),
        "EnvoyExtensionPolicy" => Some(spec["wasm"][0]["config"].clone()),
        "EnvoyFilter" => Some(policy_of_filter(&spec["configPatches"][0]["patch"]["value"])),
        _ => None,
    }
}

fn policy_of_filter(filter: &Value) -> Value {
    let configuration = &filter["typed_config"]["config"]["configuration"];
    assert_eq!(configuration["@type"], "type.googleapis.com/google.protobuf.StringValue");
    serde_json::from_str(configuration["value"].as_str().unwrap()).unwrap()
}

/// The paths of all keys of a value, with `[]` for list items; without those inside a policy or another schema.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    const OTHERS: [&str; 5] = ["pluginConfig", "config", "matchLabels", "labels", "value"];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                if !OTHERS.contains(&key.as_str()) {
                    paths(value, &path, found);
                }
                found.insert(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, &format!("{at}[]"), found)),
        _ => {}
    }
}

#[test]
fn no_manifest_has_an_unknown_key() {
    let known: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(KEYS).unwrap();
    let mut used = BTreeMap::<String, BTreeSet<String>>::new();
    for (path, manifest) in manifests() {
        let kind = format!("{} {}", manifest["apiVersion"].as_str().unwrap(), manifest["kind"].as_str().unwrap());
        let mut found = BTreeSet::new();
        paths(&manifest, "", &mut found);
        let unknown: Vec<_> = found.difference(known.get(&kind).unwrap_or_else(|| panic!("{path}: {kind}"))).collect();
        assert!(unknown.is_empty(), "{path}: {kind} has no {unknown:?}");
        used.entry(kind).or_default().extend(found);
    }
    assert_eq!(used, known, "keys.json lists what is used, and nothing else");
}

#[test]
fn the_policy_of_every_manifest_is_accepted_and_the_same() {
    let mut policies = BTreeMap::new();
    for (path, manifest) in manifests() {
        let Some(policy) = policy(&manifest) else { continue };
        // Numbers of a pluginConfig pass through a protobuf Struct, which has doubles only.
        let mut with_double = policy.clone();
        with_double["max_age"] = json!(policy["max_age"].as_f64().unwrap());
        for policy in [&policy, &with_double] {
            let loaded = document::load(policy.to_string().as_bytes());
            assert!(loaded.is_ok(), "{path}: {:?}", loaded.err());
        }
        policies.insert(path, policy);
    }
    assert_eq!(policies.len(), 9, "{:?}", policies.keys());
    let first = policies.values().next().unwrap();
    for (path, policy) in &policies {
        assert_eq!(policy, first, "{path}");
    }
}

#[test]
fn each_kind_of_plugin_is_first_in_its_phase_pinned_and_reloads() {
    for (path, manifest) in manifests() {
        let spec = &manifest["spec"];
        let plugin = match manifest["kind"].as_str().unwrap() {
            "WasmPlugin" => spec,
            "TrafficExtension" => &spec["wasm"],
            _ => continue,
        };
        assert_eq!((&spec["phase"], &spec["priority"]), (&json!("AUTHN"), &json!(1000)), "{path}");
        assert_eq!(plugin["failStrategy"], "FAIL_RELOAD", "{path}");
        assert!(plugin["url"].as_str().unwrap().starts_with("oci://"), "{path}");
        assert_eq!(plugin["sha256"].as_str().unwrap().len(), 64, "{path}");
    }
}

#[test]
fn a_traffic_extension_says_what_the_wasm_plugin_of_the_same_name_says() {
    for suffix in ["", "-namespace", "-waypoint"] {
        let [plugin, extension] =
            ["wasmplugin", "trafficextension"].map(|kind| sample::yaml(&format!("envoy/istio/{kind}{suffix}.yaml")));
        let mut flat = extension["spec"].clone();
        let wasm = flat.as_object_mut().unwrap().remove("wasm").unwrap();
        flat.as_object_mut().unwrap().extend(wasm.as_object().unwrap().clone());
        assert_eq!(flat, plugin["spec"], "{suffix}");
        assert_eq!(extension["metadata"], plugin["metadata"], "{suffix}");
    }
}

#[test]
fn each_scope_is_named_as_its_kind_of_proxy_requires() {
    let spec = |name: &str| sample::yaml(&format!("envoy/istio/{name}.yaml"))["spec"].clone();
    assert_eq!(spec("wasmplugin")["selector"]["matchLabels"], json!({ "istio": "ingressgateway" }));
    let namespace = spec("wasmplugin-namespace");
    assert_eq!(namespace["match"], json!([{ "mode": "SERVER" }]), "otherwise it decides about outbound requests too");
    assert!(namespace.get("selector").is_none());
    let waypoint = spec("wasmplugin-waypoint");
    let target = json!([{ "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "waypoint" }]);
    assert_eq!(waypoint["targetRefs"], target);
    assert!(waypoint.get("selector").is_none(), "which does nothing on a waypoint");
    for (name, context) in [("envoyfilter", "SIDECAR_INBOUND"), ("envoyfilter-gateway", "GATEWAY")] {
        assert_eq!(spec(name)["configPatches"][0]["match"]["context"], context);
    }
    let policy = sample::yaml("envoy/gateway/envoyextensionpolicy.yaml");
    assert_eq!(policy["spec"]["wasm"][0]["failOpen"], false);
}

#[test]
fn every_filter_reloads_and_has_only_the_capabilities_it_needs() {
    let filters = envoy_filters();
    assert!(filters.len() >= 10, "{:?}", filters.keys());
    let restriction = |filter: &Value| filter["typed_config"]["config"]["capability_restriction_config"].clone();
    let first = restriction(&filters["envoy/istio/envoyfilter.yaml"]);
    assert!(first["allowed_capabilities"].as_object().is_some_and(|allowed| !allowed.is_empty()));
    for (path, filter) in &filters {
        assert_eq!(filter["typed_config"]["config"]["failure_policy"], "FAIL_RELOAD", "{path}");
        assert_eq!(restriction(filter), first, "{path}: the list that capabilities.rs finds to be the smallest");
    }
}

#[test]
fn envoy_accepts_the_filter_of_each_envoy_filter() {
    for (path, filter) in envoy_filters().iter().filter(|(path, _)| path.starts_with("envoy/istio/")) {
        let mut filter = filter.clone();
        let file = &mut filter["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"];
        assert_eq!(*file, "/var/local/envoy-cors/envoy-cors.wasm", "{path}: where its header mounts it");
        *file = json!(kit::module_path());
        let listener = envoy::listener_with("api", &[filter], &json!({ "name": "none", "domains": ["*"] }));
        Envoy::start(&envoy::bootstrap(&[listener], &[])).unwrap_or_else(|log| panic!("{path}: {log}"));
    }
}

#[test]
fn the_filter_that_the_page_on_deploying_shows_is_all_that_envoy_needs() {
    let page = sample::text("envoy/README.md");
    let block = page.split("```yaml\n").find(|block| block.starts_with("http_filters:")).unwrap();
    let mut shown: Value = serde_saphyr::from_str(block.split("```").next().unwrap()).unwrap();
    let filter = &mut shown["http_filters"][0];
    filter["typed_config"]["config"]["vm_config"]["code"]["local"]["filename"] = json!(kit::module_path());
    let virtual_host = json!({ "name": "all", "domains": ["*"],
        "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 401 } }] });
    let listener = envoy::listener_with("api", std::slice::from_ref(filter), &virtual_host);
    let envoy = Envoy::start(&envoy::bootstrap(&[listener], &[])).unwrap_or_else(|log| panic!("{log}"));
    let response = kit::client::get(envoy.listeners()["api"], "GET", "/", &[("origin", "https://app.example.com")]);
    assert_eq!(response.status, 401);
    assert_eq!(response.header("access-control-allow-origin").as_deref(), Some("https://app.example.com"));
}

#[test]
fn istio_and_envoy_gateway_keep_the_counters_that_envoy_shows() {
    // Istio: what proxyStatsMatcher includes. Envoy Gateway: the bootstrap that is merged into its own.
    let telemetry = sample::yaml("envoy/istio/telemetry.yaml");
    let matcher = telemetry["spec"]["meshConfig"]["defaultConfig"]["proxyStatsMatcher"]["inclusionRegexps"].clone();
    let patterns: Vec<Value> =
        matcher.as_array().unwrap().iter().map(|regex| json!({ "safe_regex": { "regex": regex } })).collect();
    let proxy = sample::yaml("envoy/gateway/envoyproxy.yaml");
    assert_eq!(proxy["spec"]["bootstrap"]["type"], "Merge");
    let merged: Value = serde_saphyr::from_str(proxy["spec"]["bootstrap"]["value"].as_str().unwrap()).unwrap();
    assert_eq!(merged["stats_config"], sample::yaml("envoy/envoy.yaml")["stats_config"], "one set of tags");

    let config = json!({ "allow_origins": ["https://app.example.com"] });
    let virtual_host = json!({ "name": "all", "domains": ["*"],
        "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200 } }] });
    let listener = envoy::listener("api", &config, &[], &virtual_host);
    let mut bootstrap = envoy::bootstrap(&[listener], &[]);
    bootstrap["stats_config"] = merged["stats_config"].clone();
    bootstrap["stats_config"]["stats_matcher"] = json!({ "inclusion_list": { "patterns": patterns } });
    let envoy = Envoy::start(&bootstrap).unwrap();
    kit::client::get(envoy.listeners()["api"], "GET", "/", &[("origin", "https://app.example.com")]);
    let stats = envoy.admin("/stats/prometheus");
    let line = stats.lines().find(|line| line.ends_with("} 1")).unwrap_or_else(|| panic!("{stats}"));
    for part in ["envoy_cors_requests_total{", "policy=\"default\"", "kind=\"request\"", "outcome=\"allowed\""] {
        assert!(line.contains(part), "{part} is missing in {line}");
    }
    assert!(stats.contains("envoy_wasm_envoy_cors_vm_reload_success"), "{stats}");
    assert!(!stats.contains("envoy_http_downstream"), "other statistics are left out");
}

#[test]
fn the_page_on_deploying_links_every_manifest_and_only_existing_files() {
    let page = sample::text("envoy/README.md");
    let links: BTreeSet<&str> = page
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .filter(|link| !link.starts_with("https://"))
        .collect();
    let headings: Vec<String> = page
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-").replace([',', ':'], ""))
        .collect();
    for link in &links {
        match link.strip_prefix('#') {
            Some(heading) => assert!(headings.iter().any(|own| own == heading), "{link}: {headings:?}"),
            None => assert!(kit::repository("envoy").join(link).exists(), "envoy/{link}"),
        }
    }
    for path in manifests().keys() {
        assert!(links.contains(path.strip_prefix("envoy/").unwrap()), "{path}");
    }
}
