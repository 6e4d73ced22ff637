//! What a deployment takes from this repository: the image, the demo, the README. Each is used here as a reader would;
//! manifests are in `manifests.rs`.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::sample::{start, text};
use kit::transcript;
use serde_json::json;

#[test]
fn the_image_holds_the_module_where_istio_and_envoy_look_for_it() {
    let dockerfile = text("envoy/Dockerfile");
    let lines: Vec<&str> = dockerfile.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, ["FROM scratch", "COPY dist/envoy-cors.wasm /plugin.wasm"]);
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
