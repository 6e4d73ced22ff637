//! Kubernetes objects.

use super::{Context, Finder, Form, Kind, Node, Surroundings, is_true, spanned};
use std::rc::Rc;

/// Whether a node is a Kubernetes object.
pub fn is_object(node: &Node) -> bool {
    node.get("apiVersion").is_some() && node.get("kind").is_some_and(|kind| kind.text().is_some())
}

/// Looks for filters in a Kubernetes object.
pub fn visit(finder: &mut Finder, manifest: &Node) {
    match manifest.get("kind").and_then(|kind| kind.text()).unwrap_or_default() {
        kind if kind.ends_with("List") && manifest.get("items").is_some() => {
            for item in manifest.get("items").map_or(&[][..], |items| items.items()) {
                finder.visit(item, &Surroundings::default());
            }
        }
        "WasmPlugin" => {
            let plugin = manifest.get("spec").map(Rc::as_ref);
            visit_istio(finder, manifest, plugin, Kind::WasmPlugin);
        }
        "TrafficExtension" => {
            let Some(plugin) = manifest.at(&["spec", "wasm"]) else { return };
            visit_istio(finder, manifest, Some(plugin), Kind::TrafficExtension);
        }
        "EnvoyExtensionPolicy" => visit_envoy_gateway(finder, manifest),
        _ => finder.visit_children(manifest, &Surroundings { manifest: Some(manifest), ..Surroundings::default() }),
    }
}

fn visit_istio(finder: &mut Finder, manifest: &Node, plugin: Option<&Node>, kind: Kind) {
    let Some(plugin) = plugin else { return };
    let names = [manifest.at(&["metadata", "name"]), plugin.at(&["pluginName"]), plugin.at(&["url"])];
    let context = Context {
        fail_open: plugin
            .get("failStrategy")
            .filter(|strategy| strategy.text() == Some("FAIL_OPEN"))
            .map(|strategy| strategy.span.clone()),
        phase: spanned(manifest.at(&["spec", "phase"])),
        sha256: spanned(plugin.at(&["sha256"])),
        ..context(manifest, manifest.at(&["metadata", "name"]), kind)
    };
    finder.add(context, &names, plugin.at(&["pluginConfig"]));
}

fn visit_envoy_gateway(finder: &mut Finder, manifest: &Node) {
    let items = |key| manifest.at(&["spec", key]).map_or(&[][..], Node::items);
    for wasm in items("wasm") {
        let code = |kind| wasm.at(&["code", kind]);
        let in_code = |key| code("image").or(code("http")).and_then(|code| code.at(&[key]));
        let names = [wasm.at(&["name"]), wasm.at(&["rootID"]), in_code("url"), manifest.at(&["metadata", "name"])];
        // A policy may have several filters: its own name says nothing of each where there are more.
        let names = if items("wasm").len() > 1 { &names[..3] } else { &names[..] };
        let context = Context {
            fail_open: wasm.get("failOpen").filter(|open| is_true(open)).map(|open| open.span.clone()),
            sha256: spanned(in_code("sha256")),
            ..context(manifest, wasm.at(&["name"]), Kind::EnvoyExtensionPolicy)
        };
        finder.add(context, names, wasm.at(&["config"]));
    }
    for module in items("dynamicModule") {
        let names = [module.at(&["name"]), module.at(&["filterName"])];
        let context = context(manifest, module.at(&["name"]), Kind::EnvoyExtensionPolicy);
        finder.add(context, &names, module.at(&["config"]));
    }
}

fn context(manifest: &Node, name: Option<&Node>, kind: Kind) -> Context {
    let name = name.or(manifest.at(&["metadata", "name"]));
    Context {
        kind,
        name: manifest.at(&["metadata", "name"]).and_then(Node::text).map(str::to_owned),
        span: name.map_or(manifest.span.start..manifest.span.start, |name| name.span.clone()),
        form: Form::Structured,
        ..Context::default()
    }
}
