//! What surrounds a policy in an Envoy configuration or a manifest, and takes its effect away.

use super::Warnings;
use crate::source::find::{Context, Kind};

/// Filters that answer a request without credentials themselves: a preflight never has any.
const AUTHENTICATION: [&str; 6] = ["ext_authz", "jwt_authn", "oauth2", "basic_auth", "api_key_auth", "rbac"];

pub fn find(context: &Context, warnings: &mut Warnings) {
    if let Some(span) = &context.fail_open {
        let value = warnings.source.slice(span).to_owned();
        warnings.around(
            "fail_open",
            span,
            &value,
            "if the filter fails, requests pass without it: it adds no CORS headers, and does not remove upstream's own",
            "let it fail closed, or reload (FAIL_RELOAD), if pages must not see responses that the policy refuses",
        );
    }
    if matches!(context.kind, Kind::WasmPlugin | Kind::TrafficExtension) {
        let phase = context.phase.as_ref();
        if phase.is_none_or(|phase| phase.text != "AUTHN") {
            warnings.around(
                "phase",
                phase.map_or(&context.span, |phase| &phase.span),
                phase.map_or("missing", |phase| &phase.text),
                "the filter runs after Istio's authentication and authorization, which refuse preflights, because these carry no credentials; their 401 and 403 responses get no CORS headers",
                "write phase: AUTHN",
            );
        }
    }
    if let Some(sha256) = &context.sha256
        && !sha256.text.is_empty()
        && sha256.text.bytes().all(|byte| byte == b'0')
    {
        warnings.around(
            "zero_checksum",
            &sha256.span,
            &sha256.text,
            "this checksum is a placeholder: no module has it, so none will be loaded",
            "write the checksum of the module, or leave out sha256 where it is optional",
        );
    }
    for filter in &context.filters_before {
        let name = filter.text.to_ascii_lowercase();
        if AUTHENTICATION.iter().any(|kind| name.split('.').any(|part| part == *kind)) {
            warnings.around(
                "behind_authentication",
                &filter.span,
                &filter.text,
                "this filter runs before envoy-cors and refuses preflights, because these carry no credentials; its own responses get no CORS headers",
                "put envoy-cors before it in http_filters",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::codes;

    fn wasm_plugin(rest: &str) -> Vec<&'static str> {
        let text = format!(
            "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {{name: envoy-cors}}\nspec: {{{rest} pluginConfig: {{allow_origins: ['https://a.example']}}}}\n"
        );
        codes(&text).into_iter().map(|(code, _)| code).collect()
    }

    #[test]
    fn a_wasm_plugin_has_to_run_before_authentication() {
        assert_eq!(wasm_plugin(""), ["phase"]);
        assert_eq!(wasm_plugin("phase: AUTHZ,"), ["phase"]);
        assert!(wasm_plugin("phase: AUTHN,").is_empty());
    }

    #[test]
    fn failing_open_is_doubtful_and_a_checksum_of_zeros() {
        assert_eq!(wasm_plugin("phase: AUTHN, failStrategy: FAIL_OPEN,"), ["fail_open"]);
        assert!(wasm_plugin("phase: AUTHN, failStrategy: FAIL_RELOAD,").is_empty());
        assert_eq!(wasm_plugin("phase: AUTHN, sha256: '0000',"), ["zero_checksum"]);
        assert!(wasm_plugin("phase: AUTHN, sha256: '00a0',").is_empty());
    }

    #[test]
    fn a_chain_has_to_begin_with_the_filter() {
        let chain = |before: &str, after: &str| {
            let cors = "{name: envoy-cors, typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm, config: {configuration: {'@type': type.googleapis.com/google.protobuf.StringValue, value: '{\"allow_origins\": [\"https://a.example\"]}'}}}}";
            let text = format!("http_filters: [{before} {cors}, {after}]\n");
            codes(&text).into_iter().map(|(code, _)| code).collect::<Vec<_>>()
        };
        let filter = |name: &str| {
            format!("{{name: x, typed_config: {{'@type': type.googleapis.com/envoy.extensions.filters.http.{name}}}}},")
        };
        let jwt = filter("jwt_authn.v3.JwtAuthentication");
        assert_eq!(chain(&jwt, ""), ["behind_authentication"]);
        assert_eq!(chain("{name: envoy.filters.http.ext_authz},", ""), ["behind_authentication"]);
        assert!(chain("", &jwt).is_empty());
        assert!(chain(&filter("lua.v3.Lua"), "").is_empty());
    }
}
