//! YAML into nodes, its scalars resolved as Envoy and Kubernetes resolve them.

use super::node::{Key, Node, Style, Value};
use super::{Span, SyntaxError};
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

/// How deep values may be nested, as in serde_json.
const MAX_DEPTH: usize = 128;

/// How many nodes a document may have once its aliases are followed: a few lines of aliases can stand for billions.
const MAX_NODES: usize = 5_000_000;

/// Parses a text with any number of documents.
pub fn parse(text: &str) -> Result<Vec<Node>, SyntaxError> {
    let mut builder = Builder::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| refuse_syntax(text, &error))?;
        let start = span.start.byte_offset().unwrap_or_default();
        let end = span.end.byte_offset().unwrap_or(start).max(start);
        builder.take(event, start..end)?;
    }
    Ok(builder.documents)
}

fn refuse_syntax(text: &str, error: &ScanError) -> SyntaxError {
    let start = error.marker().byte_offset().unwrap_or_default().min(text.len());
    refuse(start..start, format!("this is not valid YAML: {}", error.info()))
}

fn refuse(span: Span, reason: String) -> SyntaxError {
    SyntaxError { span, reason, remedy: String::from("correct the YAML") }
}

/// A node with the number of nodes in it, itself included.
#[derive(Debug, Clone)]
struct Counted {
    node: Rc<Node>,
    count: usize,
}

/// A list or mapping whose end has not come yet.
struct Open {
    span: Span,
    anchor: usize,
    is_mapping: bool,
    items: Vec<Rc<Node>>,
    keys: Vec<Key>,
    count: usize,
}

#[derive(Default)]
struct Builder {
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Counted>,
}

impl Builder {
    fn take(&mut self, event: Event, span: Span) -> Result<(), SyntaxError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(text, style, tag.as_deref());
                self.close(Node { span, value }, anchor, 1)
            }
            Event::SequenceStart(_, anchor, _) => self.open(span, anchor, false),
            Event::MappingStart(_, anchor, _) => self.open(span, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let end = open
                    .items
                    .last()
                    .map_or(span.end, |item| if span.end > span.start { span.end } else { item.span.end });
                let span = open.span.start..end.max(open.span.start);
                let value = match open.is_mapping {
                    true => Value::Object(open.keys.into_iter().zip(open.items).collect()),
                    false => Value::List(open.items),
                };
                self.close(Node { span, value }, open.anchor, open.count)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(counted) => self.add(counted),
                None => {
                    Err(refuse(span, String::from("this is not valid YAML: an alias of something that contains it")))
                }
            },
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, span: Span, anchor: usize, is_mapping: bool) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(refuse(span, format!("values are nested more than {MAX_DEPTH} deep")));
        }
        self.open.push(Open { span, anchor, is_mapping, items: Vec::new(), keys: Vec::new(), count: 1 });
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize, count: usize) -> Result<(), SyntaxError> {
        let counted = Counted { node: Rc::new(node), count };
        if anchor != 0 {
            self.anchors.insert(anchor, counted.clone());
        }
        self.add(counted)
    }

    fn add(&mut self, Counted { node, count }: Counted) -> Result<(), SyntaxError> {
        let Some(open) = self.open.last_mut() else {
            self.documents.push(Rc::unwrap_or_clone(node));
            return Ok(());
        };
        open.count = open.count.saturating_add(count);
        if open.count > MAX_NODES {
            return Err(refuse(node.span.clone(), format!("the aliases stand for more than {MAX_NODES} values")));
        }
        match open.is_mapping && open.keys.len() == open.items.len() {
            true => open.keys.push(Key { text: key_text(&node), span: node.span.clone() }),
            false => open.items.push(node),
        }
        Ok(())
    }
}

/// The text of a key, which in JSON is always a string.
fn key_text(node: &Node) -> String {
    match &node.value {
        Value::Text(text, _) => text.clone(),
        _ => node.to_json(),
    }
}

fn scalar(text: Cow<str>, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
    };
    match tag.is_none() && style == Style::Plain {
        true => resolve(&text).unwrap_or_else(|| Value::Text(text.into_owned(), style)),
        false => Value::Text(text.into_owned(), style),
    }
}

/// What a plain scalar is that is not a string. `yes`, `no`, `on` and `off` are booleans to yaml-cpp, which Envoy uses, and
/// to Kubernetes, as YAML 1.1 has it.
fn resolve(text: &str) -> Option<Value> {
    let is_one_of = |words: &[&str]| {
        words.iter().any(|word| {
            let (first, rest) = word.split_at(1);
            text == *word || text == word.to_ascii_uppercase() || text == first.to_ascii_uppercase() + rest
        })
    };
    if text.is_empty() || text == "~" || is_one_of(&["null"]) {
        return Some(Value::Null);
    }
    if is_one_of(&["true", "yes", "on", "y"]) {
        return Some(Value::Bool(true));
    }
    if is_one_of(&["false", "no", "off", "n"]) {
        return Some(Value::Bool(false));
    }
    number(text).map(Value::Number)
}

/// A number as JSON writes it.
fn number(text: &str) -> Option<String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = if text.starts_with('-') { "-" } else { "" };
    let radix = |digits: &str, radix| u64::from_str_radix(digits, radix).ok().map(|value| format!("{sign}{value}"));
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        return radix(hexadecimal, 16);
    }
    if let Some(octal) = digits.strip_prefix("0o") {
        return radix(octal, 8);
    }
    if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return radix(digits, 8);
    }
    // Only what begins like a number: Rust also reads `infinity` and `nan`.
    let is_number = digits.starts_with(|char: char| char.is_ascii_digit() || char == '.')
        && digits.bytes().any(|byte| byte.is_ascii_digit());
    let value: f64 = text.parse().ok().filter(|_| is_number)?;
    let is_json = serde_json::from_str::<serde_json::Number>(text).is_ok();
    match is_json {
        true => Some(text.to_owned()),
        false => serde_json::Number::from_f64(value).map(|number| number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Vec<String> {
        parse(text).unwrap().iter().map(Node::to_json).collect()
    }

    #[test]
    fn scalars_are_what_envoy_and_kubernetes_make_of_them() {
        let text = "[yes, Off, ON, y, yEs, \"yes\", 'no', true, ~, null, , 5, 7200.0, 0x10, 010, +5, .5, 5., 1e3, .inf, nan, 1.2.3, https://a.example]";
        let expected = r#"[true,false,true,true,"yEs","yes","no",true,null,null,5,7200.0,16,8,5.0,0.5,5.0,1e3,".inf","nan","1.2.3","https://a.example"]"#;
        assert_eq!(json(&text.replace(", ,", ",")), [expected]);
        assert_eq!(json("a:\nb: !!str 5\nc: ! 6"), [r#"{"a":null,"b":"5","c":"6"}"#]);
    }

    #[test]
    fn several_documents_aliases_and_double_keys_are_read() {
        assert_eq!(
            json("a: &x [1, {b: 2}]\nc: *x\n---\nd: 1\nd: 2\n---\n5: 6\n"),
            [r#"{"a":[1,{"b":2}],"c":[1,{"b":2}]}"#, r#"{"d":1,"d":2}"#, r#"{"5":6}"#]
        );
    }

    #[test]
    fn spans_cover_what_is_written() {
        let text = "ü: [a, \"b\\n\"]\nc: |\n  x\n  y\nd:\n  - 'e'\n";
        let node = &parse(text).unwrap()[0];
        let slice = |span: &Span| text.get(span.clone()).unwrap().trim_end().to_owned();
        assert_eq!(slice(&node.members()[0].0.span), "ü");
        assert_eq!(slice(&node.at(&["ü"]).unwrap().items()[1].span), "\"b\\n\"");
        assert_eq!(slice(&node.at(&["ü"]).unwrap().span), "[a, \"b\\n\"]");
        assert!(
            slice(&node.at(&["c"]).unwrap().span).ends_with("x\n  y"),
            "{:?}",
            slice(&node.at(&["c"]).unwrap().span)
        );
        assert_eq!(slice(&node.at(&["d"]).unwrap().span), "- 'e'");
    }

    #[test]
    fn hostile_texts_are_refused() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(parse(&deep).unwrap_err().reason.contains("more than 128 deep"), "{:?}", parse(&deep));
        let mut bomb = String::from("a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb += &format!("a{level}: &a{level} [{aliases}]\n");
        }
        assert!(parse(&bomb).unwrap_err().reason.contains("stand for more than"));
        assert!(parse("a: &a [*a]").is_err());
        let error = parse("a: 1\nb: [1\nc: 2").unwrap_err();
        assert!(error.reason.starts_with("this is not valid YAML: "), "{}", error.reason);
    }
}
