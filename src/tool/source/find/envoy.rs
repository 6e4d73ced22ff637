//! Envoy's own configuration: HTTP filters by their `@type`.

use super::{Context, Finder, Form, Kind, Node, Spanned, Surroundings, is_true, spanned};
use std::rc::Rc;

const WASM: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";
const DYNAMIC_MODULE: &str = "envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter";

/// Looks at a filter's `typed_config`; whether it is one.
pub fn visit(finder: &mut Finder, node: &Node, around: &Surroundings) -> bool {
    let Some(type_name) = type_name(node.get("@type").map(Rc::as_ref)) else { return false };
    // A Struct that is told its type: older Istio manifests are full of them.
    let (type_name, message) = match type_name.ends_with(".TypedStruct") {
        true => match (self::type_name(node.get("type_url").map(Rc::as_ref)), node.get("value")) {
            (Some(type_name), Some(value)) => (type_name, value.as_ref()),
            _ => return false,
        },
        false => (type_name, node),
    };
    match type_name {
        WASM => visit_wasm(finder, message, around),
        DYNAMIC_MODULE => visit_dynamic_module(finder, message, around),
        _ => return false,
    }
    true
}

fn visit_wasm(finder: &mut Finder, message: &Node, around: &Surroundings) {
    let Some(config) = message.get("config") else { return };
    let code = |keys: &[&str]| config.at(&["vm_config", "code"]).and_then(|code| code.at(keys));
    let filter = filter_name(around);
    let names = [
        filter,
        config.at(&["name"]),
        config.at(&["root_id"]),
        config.at(&["vm_config", "vm_id"]),
        code(&["local", "filename"]),
        code(&["remote", "http_uri", "uri"]),
    ];
    let (configuration, form) = any(config.get("configuration").map(Rc::as_ref), Form::Struct);
    let fail_open = match (config.get("failure_policy"), config.get("fail_open")) {
        (Some(policy), _) if policy.text() == Some("FAIL_OPEN") => Some(policy.span.clone()),
        (_, Some(open)) if is_true(open) => Some(open.span.clone()),
        _ => None,
    };
    let context = Context {
        fail_open,
        sha256: spanned(code(&["remote", "sha256"])),
        ..context(message, filter.or(config.at(&["name"])), around, Kind::EnvoyWasm, form)
    };
    finder.add(context, &names, configuration);
}

fn visit_dynamic_module(finder: &mut Finder, message: &Node, around: &Surroundings) {
    let filter = filter_name(around);
    let names = [filter, message.at(&["filter_name"]), message.at(&["dynamic_module_config", "name"])];
    // A Struct arrives as JSON here.
    let (configuration, form) = any(message.get("filter_config").map(Rc::as_ref), Form::Structured);
    let context = context(message, filter.or(message.at(&["filter_name"])), around, Kind::EnvoyDynamicModule, form);
    finder.add(context, &names, configuration);
}

fn context(message: &Node, name: Option<&Node>, around: &Surroundings, kind: Kind, form: Form) -> Context {
    let manifest_kind = around.manifest.map(|manifest| match manifest.get("kind").and_then(|kind| kind.text()) {
        Some("EnvoyFilter") => Kind::EnvoyFilter,
        _ => Kind::OtherManifest,
    });
    let manifest_name = around.manifest.and_then(|manifest| manifest.at(&["metadata", "name"]));
    Context {
        kind: manifest_kind.unwrap_or(kind),
        name: manifest_name.or(name).and_then(Node::text).map(str::to_owned),
        span: name.map_or(message.span.start..message.span.start, |name| name.span.clone()),
        form,
        filters_before: around.before.iter().filter_map(|filter| describe(filter)).collect(),
        ..Context::default()
    }
}

/// What a filter of a chain is: its type, or else its name.
fn describe(filter: &Node) -> Option<Spanned> {
    let span = filter.get("name").map_or(filter.span.clone(), |name| name.span.clone());
    let config = filter.get("typed_config").map(Rc::as_ref);
    let type_url = config.and_then(|config| config.get("type_url").or(config.get("@type"))).map(Rc::as_ref);
    let text = type_name(type_url).or_else(|| filter.get("name").and_then(|name| name.text()))?;
    Some(Spanned { text: text.to_owned(), span })
}

/// The name of the filter whose `typed_config` this is.
fn filter_name<'a>(around: &Surroundings<'a>) -> Option<&'a Node> {
    around.parent.and_then(|parent| parent.get("name")).map(Rc::as_ref)
}

/// The name of a message's type: `@type` without `type.googleapis.com/`.
fn type_name(node: Option<&Node>) -> Option<&str> {
    node?.text()?.rsplit('/').next()
}

/// What is in a `google.protobuf.Any`, and in which form; `structure` is the form of a Struct.
fn any(node: Option<&Node>, structure: Form) -> (Option<&Node>, Form) {
    let Some(node) = node else { return (None, Form::Text) };
    match (type_name(node.get("@type").map(Rc::as_ref)), node.get("value").map(Rc::as_ref)) {
        (Some("google.protobuf.StringValue"), value) => (value, Form::Text),
        (Some("google.protobuf.Struct"), value) => (value, structure),
        // Without a type Envoy does not load it; what it says is judged all the same.
        _ => (Some(node), structure),
    }
}
