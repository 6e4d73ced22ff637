//! How configurations reach the module in a real Envoy, and how bad ones are refused.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::envoy::{self, Envoy};
use serde_json::{Value, json};

const POLICY: &str = r#"{"allow_origins": ["https://app.example.com"]}"#;

fn bootstrap(configuration: &Value) -> Value {
    let direct = json!({
        "name": "all", "domains": ["*"],
        "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 200, "body": { "inline_string": "hello" } } }]
    });
    let filters = [envoy::cors_filter_of(configuration)];
    envoy::bootstrap(&[envoy::listener_with("api", &filters, &direct)], &[])
}

fn validate(configuration: &Value) -> Result<(), String> {
    let file = envoy::new_folder().join("envoy.json");
    std::fs::write(&file, bootstrap(configuration).to_string()).unwrap();
    envoy::validate(&file)
}

fn typed(kind: &str, value: Value) -> Value {
    json!({ "@type": format!("type.googleapis.com/google.protobuf.{kind}"), "value": value })
}

#[test]
fn a_string_value_and_a_bytes_value_are_accepted() {
    // Base64 of POLICY: protobuf's JSON form of bytes.
    let base64 = "eyJhbGxvd19vcmlnaW5zIjogWyJodHRwczovL2FwcC5leGFtcGxlLmNvbSJdfQ==";
    for configuration in [typed("StringValue", json!(POLICY)), typed("BytesValue", json!(base64))] {
        let envoy = Envoy::start(&bootstrap(&configuration)).unwrap();
        let response = client::get(envoy.listeners()["api"], "GET", "/", &[("origin", "https://app.example.com")]);
        assert_eq!(response.header("access-control-allow-origin").as_deref(), Some("https://app.example.com"));
        assert_eq!(response.text(), "hello");
    }
}

#[test]
fn validation_names_what_is_wrong() {
    let string = |document: &str| typed("StringValue", json!(document));
    for (configuration, expected) in [
        (
            typed("Struct", json!({ "allow_origins": ["https://app.example.com"] })),
            "type.googleapis.com/google.protobuf.StringValue",
        ),
        (string(""), "configuration: empty: there is no policy, and nothing is allowed by default"),
        (string("{"), "not valid JSON: EOF while parsing an object at line 1 column 1"),
        (
            string(r#"{"allow_origins": ["https://a.example/"]}"#),
            r#"allow_origins[0]: "https://a.example/": a path is not allowed in an origin; write "https://a.example""#,
        ),
        (
            string(r#"{"allow_origins": "*"}"#),
            r#"allow_origins: "*": expected a list of strings, found a string; write ["*"]"#,
        ),
    ] {
        let log = validate(&configuration).expect_err("a refusal");
        assert!(log.contains(expected), "{expected} is not in\n{log}");
        assert!(!log.contains("panicked"), "{log}");
    }
    validate(&string(POLICY)).unwrap();
}

#[test]
fn no_configuration_at_all_is_refused() {
    let mut bootstrap = bootstrap(&Value::Null);
    let filter = &mut bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]
        [0];
    filter["typed_config"]["config"].as_object_mut().unwrap().remove("configuration");
    let Err(log) = Envoy::start(&bootstrap) else { panic!("Envoy starts without a policy") };
    assert!(log.contains("configuration: empty"), "{log}");
    assert!(log.contains("Unable to create Wasm plugin"), "{log}");
}
