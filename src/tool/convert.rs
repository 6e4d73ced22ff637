//! `envoy-cors convert`: policies from what other products have.
//!
//! Each source reads its objects into [`order::Group`]s of routes with their policies, with notes about what differs;
//! one writer makes the document of them.

pub mod context;
pub mod document;
mod duration;
mod envoy;
mod envoy_gateway;
mod envoy_policy;
mod envoy_route;
mod gateway_api;
mod ingress;
mod ingress_policy;
mod istio;
mod name_lists;
pub mod note;
pub mod order;
mod paths;
pub mod policy;
mod regex_host;
pub mod regex_origin;
mod regex_parts;
pub mod scope;
pub mod text_origin;
pub mod tree;
pub mod wrap;

use crate::output::{Failure, Format, Outcome, Result};
use crate::source::Source;
use crate::source::node::Node;
use clap::ValueEnum;
use context::Context;
use document::Ordered;
use note::{Note, Severity};
use std::io::Write;
use tree::Tree;
use wrap::Target;

const EXAMPLES: &str = "\
Examples:
  The CORS settings of a whole cluster, as one policy:
    kubectl get ingress,virtualservice,httproute,gateway,securitypolicy -A -o yaml \\
        | envoy-cors convert - > policy.json

  A VirtualService, as a WasmPlugin of Istio:
    envoy-cors convert --from istio --to wasmplugin virtualservice.yaml > wasmplugin.yaml

Exit codes: 0 nothing was lost; 1 something was (the result is still written);
2 there was nothing to convert, or a file cannot be read.";

/// The arguments of `envoy-cors convert`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What to convert; other objects in the files are ignored
    #[arg(long, value_enum, default_value_t)]
    pub from: From,
    /// What to write
    #[arg(long, value_enum, default_value_t)]
    pub to: Target,
    /// Keep rules that are dangerous, and list their switches in dangerously_allow
    #[arg(long)]
    pub keep_dangerous: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// YAML or JSON files, `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
}

/// A product whose settings can be converted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum From {
    /// Everything that can be converted
    #[default]
    Auto,
    /// Annotations of ingress-nginx
    IngressNginx,
    /// VirtualServices of Istio
    Istio,
    /// HTTPRoutes of Gateway API, and SecurityPolicies of Envoy Gateway
    GatewayApi,
    /// CorsPolicies of Envoy
    Envoy,
}

/// What a conversion comes to.
#[derive(Debug)]
pub struct Converted {
    /// The document.
    pub document: Ordered,
    /// What is to be said about it.
    pub notes: Vec<Note>,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Result {
    let mut sources = Vec::new();
    for file in &arguments.files {
        sources.push(Source::read(file)?);
    }
    let converted = convert(&sources, arguments.from, arguments.keep_dangerous)?;
    print(&converted, arguments).map_err(|error| Failure(format!("the result cannot be written: {error}")))?;
    let has_lost = converted.notes.iter().any(|note| note.remark.code.severity() == Severity::Lost);
    Ok(if has_lost { Outcome::Bad } else { Outcome::Good })
}

/// Converts all settings of these texts to one document; `Err` where there are none.
pub fn convert(sources: &[Source], from: From, keep_dangerous: bool) -> std::result::Result<Converted, Failure> {
    let mut parsed: Vec<(&Source, Vec<Node>)> = Vec::new();
    for source in sources {
        let nodes = source.parse().map_err(|error| {
            let place = source.place(error.span.start);
            Failure(format!("{}:{place}: {}; {}", source.name, error.reason, error.remedy))
        })?;
        parsed.push((source, nodes));
    }
    let mut objects = Vec::new();
    for (source, nodes) in &parsed {
        for node in nodes {
            let tree = Tree::new(source, node);
            match tree.text_of("kind") == "List"
                || tree.text_of("kind").ends_with("List") && tree.get("items").is_some()
            {
                true => objects.extend(tree.items_of("items")),
                false => objects.push(tree),
            }
        }
    }
    let mut context = Context { keep_dangerous, ..Context::default() };
    let is_from = |wanted| from == From::Auto || from == wanted;
    let select = |wanted, is_source: fn(Tree) -> bool| -> Vec<Tree> {
        objects.iter().copied().filter(|tree| is_from(wanted) && is_source(*tree)).collect()
    };
    let mut groups = ingress::read(&select(From::IngressNginx, ingress::is_source), &mut context);
    for tree in select(From::Istio, istio::is_source) {
        groups.extend(istio::read(tree, &mut context));
    }
    groups.extend(gateway_api::read(&select(From::GatewayApi, gateway_api::is_source), &mut context));
    for tree in select(From::Envoy, envoy::is_source) {
        groups.extend(envoy::read(tree, &mut context));
    }
    if !context.found {
        return Err(Failure(nothing(sources)));
    }
    let entries = order::arrange(groups, &mut context.notes);
    Ok(Converted { document: document::document(&entries), notes: context.notes.into_sorted() })
}

fn nothing(sources: &[Source]) -> String {
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    format!(
        "{}: nothing to convert; looked for Ingresses with {}enable-cors, VirtualServices with corsPolicy, HTTPRoutes with a CORS filter, SecurityPolicies with cors, and Envoy's CorsPolicy",
        names.join(", "),
        ingress_policy::PREFIX
    )
}

fn print(converted: &Converted, arguments: &Arguments) -> std::io::Result<()> {
    let mut out = anstream::stdout();
    if arguments.format == Format::Json {
        let mut output = serde_json::json!({
            "document": converted.document.to_value(),
            "notes": converted.notes.iter().map(Note::to_json).collect::<Vec<_>>(),
        });
        if arguments.to != Target::Json
            && let Some(members) = output.as_object_mut()
        {
            members.insert(String::from("manifest"), wrap::write(&converted.document, arguments.to).into());
        }
        return writeln!(out, "{output:#}");
    }
    write!(out, "{}", wrap::write(&converted.document, arguments.to))?;
    let mut err = anstream::stderr();
    for note in &converted.notes {
        writeln!(err, "{}", note_line(note))?;
    }
    Ok(())
}

fn note_line(note: &Note) -> String {
    let severity = note.remark.code.severity();
    let style = match severity {
        Severity::Lost => anstyle::AnsiColor::Red.on_default().bold(),
        Severity::Changed => anstyle::AnsiColor::Yellow.on_default().bold(),
        Severity::Note => anstyle::AnsiColor::Cyan.on_default().bold(),
    };
    let place = &note.place;
    format!(
        "{}:{}: {style}{}{style:#}: {} [{}]",
        place.file,
        place.line,
        severity.as_str(),
        note.remark.detail,
        note.remark.code.as_str()
    )
}
