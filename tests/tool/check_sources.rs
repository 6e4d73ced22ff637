//! Policy documents are found wherever they are, with their places and what surrounds them.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use tool::source::find::{Document, Form, Found, Kind, documents};
use tool::source::{Source, Span};

const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";

fn find(text: &str) -> (Source, Found) {
    let source = Source::new("<stdin>", text);
    let found = documents(&source).unwrap_or_else(|error| panic!("{error:?}"));
    (source, found)
}

/// The only document of a text.
fn only(text: &str) -> (Source, Document) {
    let (source, mut found) = find(text);
    assert_eq!((found.documents.len(), found.foreign.len()), (1, 0), "{text}: {:?}", found.foreign);
    (source, found.documents.remove(0))
}

fn json(document: &Document) -> serde_json::Value {
    serde_json::from_slice(&document.bytes).unwrap()
}

/// The text at `path`, by way of its place.
fn written(source: &Source, document: &Document, path: &str) -> String {
    source.slice(&document.places.value(path)).to_owned()
}

fn at(source: &Source, span: &Span) -> String {
    source.place(span.start).to_string()
}

#[test]
fn a_bare_document_is_found_as_json_with_comments_and_as_yaml() {
    let plain = "{\"allow_origins\": [ \"https://a.example\" ]}\n";
    let (source, document) = only(plain);
    assert_eq!(document.bytes, plain.as_bytes(), "byte by byte");
    assert_eq!(document.context.kind, Kind::Bare);
    assert_eq!(at(&source, &document.places.value("allow_origins[0]")), "1:21");

    let (source, document) = only("// ours\n{\n  /* pages */ \"allow_origins\": [\"https://a.example\"]\n}");
    assert_eq!(json(&document), serde_json::json!({"allow_origins": ["https://a.example"]}));
    assert_eq!(at(&source, &document.places.value("allow_origins[0]")), "3:33");

    let (source, document) = only("policies:\n  - name: a\n    allow_origins:\n      - https://a.example\n");
    assert_eq!(json(&document)["policies"][0]["name"], "a");
    assert_eq!(at(&source, &document.places.value("policies[0].allow_origins[0]")), "4:9");
    assert_eq!(at(&source, &document.places.key("policies[0].name")), "2:5");
    assert_eq!(
        at(&source, &document.places.value("policies[0].max_age")),
        at(&source, &document.places.value("policies[0]"))
    );
}

#[test]
fn a_string_value_of_envoy_leads_to_the_lines_of_its_block() {
    let text = std::fs::read_to_string(kit::repository("envoy/envoy.yaml")).unwrap();
    let (source, document) = only(&text);
    assert_eq!((document.context.kind, document.context.form), (Kind::EnvoyWasm, Form::Text));
    assert_eq!(document.context.name.as_deref(), Some("envoy-cors"));
    assert_eq!(json(&document)["max_age"], 7200);
    let line = text.lines().position(|line| line.contains("\"allow_origins\"")).unwrap() + 1;
    let span = document.places.value("allow_origins[1]");
    assert_eq!(source.slice(&span), "\"https://*.preview.example.com\"");
    assert_eq!(source.place(span.start).line, line);
    assert_eq!(written(&source, &document, "max_age"), "7200");
}

#[test]
fn an_envoy_configuration_in_json_leads_through_its_escapes() {
    let filter = serde_json::json!({"static_resources": {"listeners": [{"filter_chains": [{"filters": [{"typed_config": {
        "http_filters": [
            {"name": "auth", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"}},
            {"name": "envoy-cors", "typed_config": {"@type": WASM, "config": {
                "fail_open": true,
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": "{\n\"allow_origins\": [\"https://b\u{fc}cher.example\", \"https://a.example\"]}",
                },
            }}},
        ],
    }}]}]}]}});
    let text = serde_json::to_string_pretty(&filter).unwrap();
    let (source, document) = only(&text);
    assert_eq!(written(&source, &document, "allow_origins[0]"), "\\\"https://bücher.example\\\"");
    assert_eq!(written(&source, &document, "allow_origins[1]"), "\\\"https://a.example\\\"");
    let before: Vec<&str> = document.context.filters_before.iter().map(|filter| filter.text.as_str()).collect();
    assert_eq!(before, ["envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"]);
    assert_eq!(source.slice(&document.context.fail_open.unwrap()), "true");
}

#[test]
fn a_struct_is_raw_protobuf_to_a_wasm_filter_and_json_to_a_dynamic_module() {
    let wasm = format!(
        "name: envoy-cors\ntyped_config:\n  '@type': {WASM}\n  config:\n    configuration:\n      '@type': type.googleapis.com/google.protobuf.Struct\n      value: {{allow_origins: [https://a.example]}}\n"
    );
    let (_, document) = only(&wasm);
    assert_eq!(document.context.form, Form::Struct);
    assert_eq!(document.bytes[..4], [0x0a, 0x28, 0x0a, 13]);
    let module = "name: x\ntyped_config:\n  '@type': type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter\n  dynamic_module_config: {name: envoy_cors}\n  filter_config:\n    '@type': type.googleapis.com/google.protobuf.Struct\n    value: {allow_origins: [https://a.example]}\n";
    let (_, document) = only(module);
    assert_eq!((document.context.kind, document.context.form), (Kind::EnvoyDynamicModule, Form::Structured));
    assert_eq!(document.bytes, br#"{"allow_origins":["https://a.example"]}"#);
}

#[test]
fn istio_s_kinds_are_found() {
    let read = |name: &str| std::fs::read_to_string(kit::repository(name)).unwrap();
    let (source, document) = only(&read("envoy/istio/wasmplugin.yaml"));
    assert_eq!((document.context.kind, document.context.form), (Kind::WasmPlugin, Form::Structured));
    assert_eq!(document.context.phase.as_ref().unwrap().text, "AUTHN");
    assert!(document.context.sha256.as_ref().unwrap().text.starts_with("000"));
    assert_eq!(written(&source, &document, "allow_origins[1]"), "https://*.preview.example.com");

    let (source, document) = only(&read("envoy/istio/envoyfilter.yaml"));
    assert_eq!((document.context.kind, document.context.form), (Kind::EnvoyFilter, Form::Text));
    assert_eq!(written(&source, &document, "allow_methods[1]"), "\"DELETE\"");

    let extension = "apiVersion: extensions.istio.io/v1alpha1\nkind: TrafficExtension\nmetadata: {name: envoy-cors}\nspec:\n  phase: AUTHZ\n  wasm:\n    url: oci://registry.example.com/plugin\n    failStrategy: FAIL_OPEN\n    pluginConfig: {allow_origins: ['*']}\n";
    let (source, document) = only(extension);
    assert_eq!(document.context.kind, Kind::TrafficExtension);
    assert_eq!(source.slice(&document.context.fail_open.unwrap()), "FAIL_OPEN");
    assert_eq!(document.context.phase.unwrap().text, "AUTHZ");
}

#[test]
fn envoy_gateway_s_policy_is_found_with_all_its_filters() {
    let text = "apiVersion: gateway.envoyproxy.io/v1alpha1\nkind: EnvoyExtensionPolicy\nmetadata: {name: extensions}\nspec:\n  wasm:\n    - name: limits\n      config: {rate: 5}\n    - name: cors\n      failOpen: true\n      code: {type: Image, image: {url: registry.example.com/envoy-cors, sha256: abc}}\n      config: {allow_origins: ['*']}\n  dynamicModule:\n    - name: envoy_cors\n      config: {allow_origins: ['https://a.example']}\n";
    let (_, found) = find(text);
    assert_eq!(found.foreign, ["limits"]);
    assert_eq!(found.documents.len(), 2);
    assert_eq!(json(&found.documents[0])["allow_origins"][0], "*");
    assert!(found.documents[0].context.fail_open.is_some());
    assert_eq!(json(&found.documents[1])["allow_origins"][0], "https://a.example");
}

#[test]
fn lists_and_several_documents_are_looked_through() {
    let plugin = |name: &str| {
        format!(
            "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{name: {name}}}\nspec: {{pluginConfig: {{allow_origins: ['https://{name}.example']}}}}\n"
        )
    };
    let list = plugin("b").replace('\n', "\n    ");
    let text = format!(
        "{}---\napiVersion: v1\nkind: ConfigMap\ndata: {{allow_origins: x}}\n---\napiVersion: v1\nkind: List\nitems:\n  - {list}\n---\nallow_origins: ['https://c.example']\n",
        plugin("a")
    );
    let (source, found) = find(&text);
    let origins: Vec<String> =
        found.documents.iter().map(|document| written(&source, document, "allow_origins[0]")).collect();
    assert_eq!(origins, ["'https://a.example'", "'https://b.example'", "'https://c.example'"]);
}

#[test]
fn another_plugin_s_configuration_is_never_taken_for_ours() {
    let plugin = |name: &str, config: &str| {
        format!(
            "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{name: {name}}}\nspec: {{url: 'oci://r.example/{name}:1', pluginConfig: {config}}}\n"
        )
    };
    let ours = |name: &str, config: &str| find(&plugin(name, config)).1.documents.len() == 1;
    // By name alone, however wrong the configuration is.
    assert!(ours("envoy-cors", "{origins: 5}"));
    assert!(ours("my_envoy_cors", "{}"));
    // Another plugin for CORS: of its keys, one is far from all of ours.
    assert!(!ours("cors", "{allow_origins: ['*'], allow_origin_patterns: ['http://*.example']}"));
    assert!(ours("cors", "{allowOrigins: ['*'], max-age: 5}"));
    assert!(!ours("cors", "{allow_methods: [GET]}"));
    // A name that says nothing: our keys, and nothing else.
    assert!(ours("edge", "{policies: [{allow_origins: ['*']}]}"));
    assert!(!ours("edge", "{allow_origins: ['*'], rate: 5}"));
    assert!(!ours("edge", "{name: x, match: {}, enabled: true}"));
    assert!(!ours("edge", "{policies: [{effect: deny}]}"));
    // No filter, and no policy.
    for text in ["{}", "[]", "name: x\nmatch: y\n", "a: 1\n", "", "# nothing\n"] {
        assert!(find(text).1.documents.is_empty(), "{text}");
    }
    assert_eq!(find("allowOrigins: ['*']\n").1.documents.len(), 1);
}

#[test]
fn the_place_of_a_problem_is_that_of_the_key_or_value_it_quotes() {
    let (source, document) = only("allow_origins: ['*']\nallow_Origns: x\nname: name\nmax_age: 1\nmax_age: 2\n");
    assert_eq!(at(&source, &document.places.problem("allow_Origns", "\"allow_Origns\"")), "2:1");
    assert_eq!(at(&source, &document.places.problem("name", "\"name\"")), "3:7");
    assert_eq!(at(&source, &document.places.problem("max_age", "\"max_age\"")), "5:1");
    assert_eq!(at(&source, &document.places.problem("configuration", "{…}")), "1:1");
}

#[test]
fn a_document_that_is_not_json_has_the_place_where_reading_ends() {
    let text = format!(
        "name: envoy-cors\ntyped_config:\n  '@type': {WASM}\n  config:\n    configuration:\n      '@type': type.googleapis.com/google.protobuf.StringValue\n      value: |\n        {{\n          \"allow_origins\": [\"*\"],\n        }}\n"
    );
    let (source, document) = only(&text);
    assert_eq!(at(&source, &document.syntax_error().unwrap()), "10:9");
}
