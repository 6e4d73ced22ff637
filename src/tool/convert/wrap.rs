//! Puts a document into what carries it: a manifest, or a filter of Envoy's.

use super::document::Ordered;
use clap::ValueEnum;

/// What the document is written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// The document itself
    #[default]
    Json,
    /// A WasmPlugin of Istio
    #[value(name = "wasmplugin")]
    WasmPlugin,
    /// A TrafficExtension of Istio 1.30 and later
    #[value(name = "trafficextension")]
    TrafficExtension,
    /// An EnvoyExtensionPolicy of Envoy Gateway
    #[value(name = "envoyextensionpolicy")]
    EnvoyExtensionPolicy,
    /// An HTTP filter for an Envoy configuration
    Envoy,
}

const WASM_PLUGIN: &str = "\
# Replace the selector and the address of the image.
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata:
  name: envoy-cors
  namespace: istio-system
spec:
  selector:
    matchLabels:
      istio: ingressgateway
  url: oci://registry.example.com/envoy-cors:0.1.0
  phase: AUTHN
  priority: 1000
  failStrategy: FAIL_RELOAD
  pluginConfig:
";

const TRAFFIC_EXTENSION: &str = "\
# Replace the selector and the address of the image.
apiVersion: extensions.istio.io/v1alpha1
kind: TrafficExtension
metadata:
  name: envoy-cors
  namespace: istio-system
spec:
  selector:
    matchLabels:
      istio: ingressgateway
  phase: AUTHN
  priority: 1000
  wasm:
    url: oci://registry.example.com/envoy-cors:0.1.0
    failStrategy: FAIL_RELOAD
    pluginConfig:
";

const ENVOY_EXTENSION_POLICY: &str = "\
# Replace the name of the Gateway and the address of the image, and apply envoy/gateway/envoyproxy.yaml as well: without
# it, the filter runs after authentication, which refuses preflights.
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyExtensionPolicy
metadata:
  name: envoy-cors
spec:
  targetRefs:
    - group: gateway.networking.k8s.io
      kind: Gateway
      name: eg
  wasm:
    - name: envoy-cors
      code:
        type: Image
        image:
          url: registry.example.com/envoy-cors:0.1.0
      failOpen: false
      config:
";

const ENVOY: &str = "\
# Put this first in http_filters.
- name: envoy-cors
  typed_config:
    \"@type\": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
    config:
      name: envoy-cors
      failure_policy: FAIL_RELOAD
      vm_config:
        runtime: envoy.wasm.runtime.v8
        code:
          local: { filename: dist/envoy-cors.wasm }
      # The only calls that are allowed between the module and Envoy.
      capability_restriction_config:
        allowed_capabilities:
          { proxy_on_context_create: {}, proxy_on_configure: {}, proxy_on_request_headers: {},
            proxy_on_response_headers: {}, proxy_on_delete: {}, proxy_get_buffer_bytes: {},
            proxy_get_header_map_value: {}, proxy_get_header_map_pairs: {}, proxy_replace_header_map_value: {},
            proxy_remove_header_map_value: {}, proxy_send_local_response: {}, proxy_define_metric: {},
            proxy_increment_metric: {}, proxy_get_property: {}, proxy_set_property: {}, proxy_get_log_level: {},
            proxy_log: {} }
      configuration:
        \"@type\": type.googleapis.com/google.protobuf.StringValue
        value: |
";

/// The text to write.
pub fn write(document: &Ordered, target: Target) -> String {
    match target {
        Target::Json => document.to_json() + "\n",
        Target::WasmPlugin => WASM_PLUGIN.to_owned() + &document.to_yaml(4),
        Target::TrafficExtension => TRAFFIC_EXTENSION.to_owned() + &document.to_yaml(6),
        Target::EnvoyExtensionPolicy => ENVOY_EXTENSION_POLICY.to_owned() + &document.to_yaml(8),
        Target::Envoy => {
            let lines = document.to_json();
            let lines = lines.lines().map(|line| format!("          {line}\n"));
            ENVOY.to_owned() + &lines.collect::<String>()
        }
    }
}
