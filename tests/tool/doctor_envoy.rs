//! `envoy-cors doctor`, against real Envoys: with our filter, with the native one, and the demo and examples of this
//! repository.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "doctor/run.rs"]
#[allow(dead_code, reason = "shared with doctor.rs, which reads more of a report")]
mod run;

use kit::envoy::{self, Envoy};
use kit::upstream::Upstream;
use run::{Report, report_on};
use serde_json::{Value, json};
use tool::source::Source;

const PAGE: &str = "https://app.example.com";
/// A page that sends JSON by PUT, with cookies.
const PUT: &[&str] = &["--page", PAGE, "-X", "PUT", "-H", "content-type: application/json", "-b", "session=1"];

/// Starts an Envoy configuration of the repository, on ports of the test's own.
fn start(path: &str) -> Envoy {
    let text = std::fs::read_to_string(kit::repository(path)).unwrap();
    let text = text
        .replace("dist/envoy-cors.wasm", &kit::module_path().to_string_lossy())
        .replace("filename: envoy/", &format!("filename: {}/", kit::repository("envoy").display()))
        .replace("@envoy-cors/", &format!("@doctor-{}/", std::process::id()));
    let json = Source::new(path, &text).parse().unwrap().remove(0).to_json();
    let mut config: Value = serde_json::from_str(&json).unwrap();
    free_port(&mut config["admin"]["address"]);
    for listener in config["static_resources"]["listeners"].as_array_mut().unwrap() {
        free_port(&mut listener["address"]);
        for more in listener.get_mut("additional_addresses").and_then(Value::as_array_mut).into_iter().flatten() {
            free_port(&mut more["address"]);
        }
    }
    Envoy::start(&config).unwrap_or_else(|log| panic!("{path}: {log}"))
}

fn free_port(address: &mut Value) {
    if let Some(address) = address.get_mut("socket_address") {
        address["port_value"] = json!(0);
    }
}

/// What the doctor says of the listener `api` of an example.
fn examine(envoy: &Envoy, path: &str, arguments: &[&str]) -> Report {
    report_on(envoy.listeners()["api"], path, arguments)
}

#[test]
fn the_demo_is_sound() {
    let envoy = start("envoy/envoy.yaml");
    let authorized = ["--page", PAGE, "-H", "authorization: Bearer lab", "--credentials", "include"];
    let local = ["--page", "http://localhost:8000", "-X", "DELETE", "--credentials", "include"];
    for (path, arguments) in [
        ("/api/hello", PUT),
        ("/api/orders/7", &local),
        ("/api/me", &authorized),
        ("/api/unauthorized", PUT),
        ("/api/cacheable", &["--page", PAGE]),
        ("/api/down", &["--page", PAGE]),
    ] {
        let report = examine(&envoy, path, arguments);
        report.assert_sound();
        assert_eq!(report.verdict("errors-readable"), "pass", "{path}");
    }
}

#[test]
fn each_example_is_sound() {
    let anyone = "https://anyone.example";
    let host = ["-H", "Host: api.example.com"];
    let with_host = |arguments: &[&'static str]| [host.as_slice(), arguments].concat();
    let cases: Vec<(&str, &str, Vec<&str>)> = vec![
        ("public.yaml", "/", vec!["--page", anyone, "-X", "PUT", "-H", "x-anything: 1"]),
        ("credentials.yaml", "/", [PUT, &["--also-page", "https://pr-123.preview.example.com"]].concat()),
        ("credentials.yaml", "/", vec!["--page", "http://localhost:5173", "-X", "PATCH", "-b", "a=1"]),
        ("gateway.yaml", "/catalogue/items", with_host(&["--page", anyone])),
        ("gateway.yaml", "/orders/7", with_host(&["--page", "https://shop.example.com", "-X", "PUT", "-b", "a=1"])),
        ("gateway.yaml", "/p", with_host(&["--page", "https://a.partner.example"])),
        ("report-only.yaml", "/", vec!["--page", PAGE]),
        ("migration.yaml", "/new", vec!["--page", PAGE, "-X", "PUT", "-b", "a=1"]),
    ];
    let folder = std::fs::read_dir(kit::repository("envoy/examples")).unwrap();
    let mut names: Vec<String> = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut seen: Vec<&str> = cases.iter().map(|(name, ..)| *name).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, names, "each example is examined");
    for (name, path, arguments) in cases {
        let envoy = start(&format!("envoy/examples/{name}"));
        let report = examine(&envoy, path, &arguments);
        let found = report.with_verdict(&["warn", "fail"]);
        assert!(found.is_empty(), "{name} {path}: {found:?}: {:#}", report.json["checks"]);
    }
}

const POLICY: &str = r#"{"allow_origins": ["https://app.example.com", "https://*.example.com"], "allow_methods": ["PUT"],
    "allow_headers": ["content-type"], "expose_headers": ["x-total"], "allow_credentials": true, "max_age": 600}"#;

fn policy_file(policy: &str) -> String {
    let file = envoy::new_folder().join("policy.json");
    std::fs::write(&file, policy).unwrap();
    file.to_str().unwrap().to_owned()
}

fn behind(filters: &[Value], virtual_host: &Value, upstream: &Upstream) -> Envoy {
    let listener = envoy::listener_with("api", filters, virtual_host);
    Envoy::start(&envoy::bootstrap(&[listener], &[envoy::cluster("upstream", upstream.address)])).unwrap()
}

/// An upstream that would let everybody in.
fn hostile() -> Upstream {
    let header = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
    Upstream::start(move |_| {
        (200, vec![header("access-control-allow-origin", "*"), header("access-control-allow-methods", "*")])
    })
}

#[test]
fn an_envoy_with_our_filter_runs_the_policy_that_it_has() {
    let upstream = hostile();
    let filter = envoy::cors_filter(&serde_json::from_str(POLICY).unwrap());
    let envoy = behind(&[filter], &envoy::to_upstream(), &upstream);
    let policy = policy_file(POLICY);
    let report = examine(&envoy, "/me", &[PUT, &["--policy", &policy]].concat());
    report.assert_sound();
    assert_eq!(report.verdict("policy"), "pass");
    assert!(report.detail("policy").starts_with("all "), "{}", report.detail("policy"));
    let other = policy_file(&POLICY.replace("600", "601"));
    let report = examine(&envoy, "/me", &[PUT, &["--policy", &other]].concat());
    assert_eq!((report.cause(), report.exit), ("policy", 1));
    assert!(report.summary().contains("this Envoy does not run this policy"), "{}", report.summary());
}

fn native(policy: &Value) -> (Vec<Value>, Value) {
    let filter = json!({
        "name": "envoy.filters.http.cors",
        "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors" }
    });
    let mut host = envoy::to_upstream();
    let mut typed = policy.clone();
    typed["@type"] = json!("type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy");
    host["typed_per_filter_config"] = json!({ "envoy.filters.http.cors": typed });
    (vec![filter], host)
}

/// envoyproxy/envoy#35873.
#[test]
fn the_native_filter_sends_no_vary() {
    let (filters, host) = native(&json!({
        "allow_origin_string_match": [{ "exact": PAGE }],
        "allow_methods": "PUT", "allow_headers": "content-type", "max_age": "600", "allow_credentials": true
    }));
    let upstream = Upstream::start(|_| (200, Vec::new()));
    let envoy = behind(&filters, &host, &upstream);
    let report = examine(&envoy, "/me", PUT);
    assert_eq!((report.cause(), report.verdict("vary")), ("vary", "warn"), "{:#}", report.json["checks"]);
    assert_eq!(report.with_verdict(&["warn", "fail"]), ["vary"]);
    assert!(report.summary().starts_with("Pages of https://app.example.com can read this"));
}

#[test]
fn the_native_filter_with_a_prefix_lets_others_in() {
    let (filters, host) = native(&json!({
        "allow_origin_string_match": [{ "prefix": PAGE }], "allow_methods": "PUT", "allow_headers": "content-type",
        "allow_credentials": true
    }));
    let upstream = Upstream::start(|_| (200, Vec::new()));
    let envoy = behind(&filters, &host, &upstream);
    let report = examine(&envoy, "/me", PUT);
    assert_eq!((report.cause(), report.exit), ("allows-lookalikes", 1), "{:#}", report.json["checks"]);
}

/// envoyproxy/envoy#37533.
#[test]
fn the_native_filter_without_methods_allows_no_put() {
    let (filters, host) = native(&json!({
        "allow_origin_string_match": [{ "exact": PAGE }], "allow_headers": "content-type", "allow_credentials": true
    }));
    let upstream = Upstream::start(|_| (200, Vec::new()));
    let envoy = behind(&filters, &host, &upstream);
    assert_eq!(examine(&envoy, "/me", PUT).cause(), "preflight-methods");
}

/// The commands in both READMEs and what they print; the demo's port is the test's here.
#[test]
fn each_transcript_is_what_the_doctor_prints_of_the_demo() {
    let envoy = start("envoy/envoy.yaml");
    let address = envoy.listeners()["api"].to_string();
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_envoy-cors"));
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    for page in ["README.md", "src/tool/README.md"] {
        let text = std::fs::read_to_string(kit::repository(page)).unwrap();
        let (_, block) = text.split_once("```console\n$ envoy-cors doctor ").unwrap();
        let (arguments, rest) = block.split_once('\n').unwrap();
        let line = format!("envoy-cors doctor {}", arguments.replace("127.0.0.1:10000", &address));
        let output = std::process::Command::new("sh").args(["-c", &line]).env("PATH", &path).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap().replace(&address, "127.0.0.1:10000");
        assert_eq!(printed, rest.split_once("```").unwrap().0, "{page}: {printed}");
    }
}
