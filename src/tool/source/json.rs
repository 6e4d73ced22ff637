//! JSON, with comments where a person keeps them, into nodes.

use super::node::{Key, Node, Style, Value};
use super::{Span, SyntaxError};
use jsonc_parser::ast::{self, ObjectPropName};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use std::rc::Rc;

/// Parses a text that holds one value; `None` where it holds nothing.
pub fn parse(text: &str) -> Result<Option<Node>, SyntaxError> {
    let options = ParseOptions {
        allow_comments: true,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    match parse_to_ast(text, &CollectOptions::default(), &options) {
        Ok(parsed) => Ok(parsed.value.map(node)),
        Err(error) => Err(SyntaxError {
            span: span(error.range()),
            reason: format!("this is not valid JSON: {}", lower_first(&error.kind().to_string())),
            remedy: String::from("write JSON (comments are allowed), or YAML in a file that ends in .yaml"),
        }),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().collect::<String>() + chars.as_str()).unwrap_or_default()
}

fn span(range: jsonc_parser::common::Range) -> Span {
    range.start..range.end
}

fn node(value: ast::Value) -> Node {
    let span = span(value.range());
    let value = match value {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
        ast::Value::NumberLit(literal) => Value::Number(literal.value.to_owned()),
        ast::Value::StringLit(literal) => Value::Text(literal.value.into_owned(), Style::DoubleQuoted),
        ast::Value::Array(array) => Value::List(array.elements.into_iter().map(|item| Rc::new(node(item))).collect()),
        ast::Value::Object(object) => {
            let members = object.properties.into_iter();
            Value::Object(members.map(|member| (key(member.name), Rc::new(node(member.value)))).collect())
        }
    };
    Node { span, value }
}

fn key(name: ObjectPropName) -> Key {
    let span = span(name.range());
    Key { text: name.into_string(), span }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_left_out_and_double_keys_stay() {
        let text = "// a\n{\"a\": 1 /* b */, \"a\": [true, null, \"x\\ny\", -1.5e3]}";
        let node = parse(text).unwrap().unwrap();
        assert_eq!(node.to_json(), r#"{"a":1,"a":[true,null,"x\ny",-1.5e3]}"#);
        let (key, value) = &node.members()[1];
        assert_eq!(text.get(key.span.clone()).unwrap(), "\"a\"");
        assert_eq!(text.get(value.items()[2].span.clone()).unwrap(), "\"x\\ny\"");
    }

    #[test]
    fn what_is_not_json_has_a_place() {
        for (text, at) in [("{\"a\": 1,}", 7), ("{\"a\" 1}", 5), ("{'a': 1}", 1), ("[1, 0x1]", 4), ("{} {}", 3)] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.span.start, at, "{text}: {error:?}");
            assert!(error.reason.starts_with("this is not valid JSON: "), "{}", error.reason);
        }
        assert!(parse(" ").unwrap().is_none());
    }
}
