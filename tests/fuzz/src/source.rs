//! Texts in which policies are looked for, JSON and YAML: none panics, every place is in the text, and plain JSON is read
//! as serde_json reads it.

use serde_json::Value;
use std::collections::HashSet;
use std::rc::Rc;
use tool::source::node::Node;
use tool::source::{Source, Span, find};

/// Reads the input as a text with policies.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    for name in ["text", "text.yaml", "text.json"] {
        let source = Source::new(name, text);
        match source.parse() {
            Ok(nodes) => {
                let mut seen = HashSet::new();
                nodes.iter().for_each(|node| check_places(&source, node, &mut seen));
                // The byte order mark is not part of a text, and serde_json reads no other.
                if name == "text.json"
                    && let Ok(expected) = serde_json::from_str::<Value>(&source.text)
                {
                    let [node] = nodes.as_slice() else { panic!("{} values", nodes.len()) };
                    assert_eq!(value(node), expected, "{text:?}");
                }
            }
            Err(error) => {
                check_place(&source, &error.span);
                let is_json = name == "text.json" && serde_json::from_str::<Value>(&source.text).is_ok();
                assert!(!is_json, "{text:?} is JSON: {error:?}");
            }
        }
        if let Ok(found) = find::documents(&source) {
            for document in found.documents {
                check_place(&source, &document.context.span);
                check_place(&source, &document.places.whole());
                document.syntax_error().iter().for_each(|span| check_place(&source, span));
                for problem in document::load(&document.bytes).err().unwrap_or_default() {
                    check_place(&source, &document.places.problem(&problem.path, &problem.value.to_string()));
                }
            }
        }
    }
}

/// What is repeated by aliases is looked at once: a few lines can stand for millions of nodes.
fn check_places(source: &Source, node: &Node, seen: &mut HashSet<*const Node>) {
    check_place(source, &node.span);
    for (key, _) in node.members() {
        check_place(source, &key.span);
    }
    for child in node.members().iter().map(|(_, child)| child).chain(node.items()) {
        if seen.insert(Rc::as_ptr(child)) {
            check_places(source, child, seen);
        }
    }
}

fn check_place(source: &Source, span: &Span) {
    assert!(source.text.get(span.clone()).is_some(), "{span:?} is a place in {:?}", source.text);
    let [start, end] = [span.start, span.end].map(|at| source.place(at));
    assert!(start <= end && start.line >= 1 && start.column >= 1, "{start} to {end}");
}

fn value(node: &Node) -> Value {
    serde_json::from_str(&node.to_json()).expect("a node is JSON")
}
