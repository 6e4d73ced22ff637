//! Finds the policy documents of a text, wherever they are, with what surrounds them.
//!
//! # Where documents are looked for
//!
//! - the text itself, or each of its YAML documents;
//! - the items of a Kubernetes `List`;
//! - `spec.pluginConfig` of a `WasmPlugin`, `spec.wasm.pluginConfig` of a `TrafficExtension` (Istio);
//! - `config` in `spec.wasm[]` and `spec.dynamicModule[]` of an `EnvoyExtensionPolicy` (Envoy Gateway);
//! - anywhere else (an Envoy bootstrap, listener, filter or config dump, an `EnvoyFilter`, any other manifest): each object
//!   whose `@type` is the Wasm HTTP filter or the dynamic modules HTTP filter, a `TypedStruct` of these included.
//!
//! # Whose configuration it is
//!
//! A mesh runs other plugins too, and what is none of ours is never judged:
//!
//! 1. A filter is ours when a name of it says `envoy-cors` or `envoy_cors`: of the filter, the plugin, the manifest that is
//!    the plugin, the root id, the file, the image, the dynamic module. Whatever its configuration says.
//! 2. A filter whose names merely say `cors` is ours when its configuration has `allow_origins`, or `policies`, perhaps
//!    misspelt, and no key that is far from all of ours: other plugins for CORS have keys of the same names and more.
//! 3. Any other filter is ours when its configuration has `allow_origins`, or policies with it, and our keys only.
//! 4. A document that is not in a filter is a policy when it is not a Kubernetes object and has one of the keys that only
//!    policies have, perhaps misspelt.
//!
//! Filters that are not ours are listed by name, so that an error can say what was passed over.

mod envoy;
mod identity;
mod kubernetes;

use super::node::{Node, Value};
use super::places::Places;
use super::scalar::Offsets;
use super::{Source, Span, SyntaxError, json, key, protobuf};
use std::fmt;

/// What was found in a text.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The policy documents, in the order of the text.
    pub documents: Vec<Document>,
    /// Filters that are not envoy-cors, by name.
    pub foreign: Vec<String>,
}

/// A policy document.
#[derive(Debug, Clone)]
pub struct Document {
    /// What the filter gets: JSON, but raw protobuf where the form is [`Form::Struct`].
    pub bytes: Vec<u8>,
    /// Where each of its values is written.
    pub places: Places,
    /// What surrounds it.
    pub context: Context,
    offsets: Option<Offsets>,
}

/// What surrounds a policy document.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// What kind of text it is in.
    pub kind: Kind,
    /// The name of the manifest, or else of the filter.
    pub name: Option<String>,
    /// The place of what holds the document: of the filter's or the manifest's name, where it has one.
    pub span: Span,
    /// How the document is written.
    pub form: Form,
    /// The setting that lets traffic through without the filter, should the filter fail.
    pub fail_open: Option<Span>,
    /// The phase of a `WasmPlugin` or `TrafficExtension`.
    pub phase: Option<Spanned>,
    /// The checksum of the code.
    pub sha256: Option<Spanned>,
    /// The filters that run before this one: their names and types, such as `envoy.filters.http.jwt_authn`.
    pub filters_before: Vec<Spanned>,
}

/// A string with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned {
    /// What it says.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// What kind of text a document is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// The text is the document.
    #[default]
    Bare,
    /// A Wasm HTTP filter of Envoy, outside of Kubernetes.
    EnvoyWasm,
    /// A dynamic module of Envoy, outside of Kubernetes.
    EnvoyDynamicModule,
    /// Istio's `WasmPlugin`.
    WasmPlugin,
    /// Istio's `TrafficExtension`.
    TrafficExtension,
    /// Istio's `EnvoyFilter`.
    EnvoyFilter,
    /// Envoy Gateway's `EnvoyExtensionPolicy`.
    EnvoyExtensionPolicy,
    /// Another Kubernetes object with an Envoy filter in it.
    OtherManifest,
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            Kind::Bare => "policy document",
            Kind::EnvoyWasm => "Wasm filter",
            Kind::EnvoyDynamicModule => "dynamic module filter",
            Kind::WasmPlugin => "WasmPlugin",
            Kind::TrafficExtension => "TrafficExtension",
            Kind::EnvoyFilter => "EnvoyFilter",
            Kind::EnvoyExtensionPolicy => "EnvoyExtensionPolicy",
            Kind::OtherManifest => "manifest",
        })
    }
}

/// How a document is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// As values of the text itself.
    #[default]
    Structured,
    /// As JSON in a string: a `google.protobuf.StringValue`.
    Text,
    /// As a `google.protobuf.Struct`, which a Wasm filter gets as raw protobuf and refuses.
    Struct,
}

impl Document {
    /// The place where the JSON of the document cannot be read, should that be so.
    pub fn syntax_error(&self) -> Option<Span> {
        let error = serde_json::from_slice::<serde_json::Value>(&self.bytes).err()?;
        let offsets = self.offsets.as_ref()?;
        let mut lines = self.bytes.split_inclusive(|byte| *byte == b'\n');
        let before: usize = lines.by_ref().take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
        // The column is that of the last byte that was read, and 0 for a line break.
        let at = (before + error.column()).saturating_sub(1);
        Some(offsets.span(at..at + 1))
    }
}

/// Finds the policy documents of a text.
pub fn documents(source: &Source) -> Result<Found, SyntaxError> {
    let mut finder = Finder { source, found: Found::default() };
    for root in source.parse()? {
        let before = (finder.found.documents.len(), finder.found.foreign.len());
        finder.visit(&root, &Surroundings::default());
        let is_filter = before != (finder.found.documents.len(), finder.found.foreign.len());
        if !is_filter && identity::is_bare(&root) {
            finder.found.documents.push(bare(source, root));
        }
    }
    Ok(finder.found)
}

/// The text itself as a document; just as it is written, where it is plain JSON.
fn bare(source: &Source, root: Node) -> Document {
    let is_json = serde_json::from_str::<serde_json::Value>(&source.text).is_ok();
    Document {
        bytes: if is_json { source.text.clone().into_bytes() } else { root.to_json().into_bytes() },
        places: Places::new(root.span.clone(), Some(&root), None),
        context: Context { span: root.span.start..root.span.start, ..Context::default() },
        offsets: None,
    }
}

/// What is known of the objects around the one that is looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Surroundings<'a> {
    /// The Kubernetes object.
    manifest: Option<&'a Node>,
    /// The object whose member this is.
    parent: Option<&'a Node>,
    /// The HTTP filters that run before.
    before: &'a [std::rc::Rc<Node>],
}

struct Finder<'a> {
    source: &'a Source,
    found: Found,
}

impl Finder<'_> {
    fn visit(&mut self, node: &Node, around: &Surroundings) {
        if around.manifest.is_none() && kubernetes::is_object(node) {
            return kubernetes::visit(self, node);
        }
        if envoy::visit(self, node, around) {
            return;
        }
        self.visit_children(node, around);
    }

    fn visit_children(&mut self, node: &Node, around: &Surroundings) {
        for item in node.items() {
            self.visit(item, around);
        }
        for (key, value) in node.members() {
            let around = Surroundings { parent: Some(node), ..*around };
            if key.text == "http_filters" {
                for (at, item) in value.items().iter().enumerate() {
                    let before = value.items().get(..at).unwrap_or_default();
                    self.visit(item, &Surroundings { before, ..around });
                }
            } else {
                self.visit(value, &around);
            }
        }
    }

    /// Takes in a filter with its configuration, if it is ours. `names` are all that it is called by.
    fn add(&mut self, context: Context, names: &[Option<&Node>], configuration: Option<&Node>) {
        let names: Vec<&str> = names.iter().copied().flatten().filter_map(Node::text).collect();
        let text = configuration.and_then(Node::text).filter(|_| context.form == Form::Text);
        let inner = text.and_then(|text| json::parse(text).ok().flatten());
        let document = if text.is_some() { inner.as_ref() } else { configuration };
        if !identity::is_ours(&names, document, text) {
            self.found.foreign.push(names.first().map_or("a filter without a name", |name| *name).to_owned());
            return;
        }
        let whole = configuration.map_or_else(|| context.span.clone(), |node| node.span.clone());
        let offsets = text.and(configuration).map(|node| Offsets::of(node, &self.source.text));
        let bytes = match (context.form, configuration) {
            (_, None) => Vec::new(),
            (Form::Text, Some(_)) => text.unwrap_or_default().as_bytes().to_vec(),
            (Form::Struct, Some(node)) => protobuf::structure(node),
            (Form::Structured, Some(node)) => node.to_json().into_bytes(),
        };
        let places = Places::new(whole, document, offsets.as_ref());
        self.found.documents.push(Document { bytes, places, context, offsets });
    }
}

/// A string with its place, where a node is one.
fn spanned(node: Option<&Node>) -> Option<Spanned> {
    let node = node?;
    Some(Spanned { text: node.text()?.to_owned(), span: node.span.clone() })
}

/// Whether a node is the boolean `true`.
fn is_true(node: &Node) -> bool {
    matches!(node.value, Value::Bool(true))
}
