//! `google.protobuf.Struct` on the wire: what a Wasm module gets where a configuration is not a `StringValue`.

use super::node::{Node, Value};

/// The bytes of a Struct with the members of a mapping.
pub fn structure(node: &Node) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in node.members() {
        let mut entry = Vec::new();
        field(1, key.text.as_bytes(), &mut entry);
        field(2, &encode(value), &mut entry);
        field(1, &entry, &mut bytes);
    }
    bytes
}

/// The bytes of a `google.protobuf.Value`.
fn encode(node: &Node) -> Vec<u8> {
    let mut bytes = Vec::new();
    match &node.value {
        Value::Null => bytes.extend([1 << 3, 0]),
        Value::Number(number) => {
            bytes.push(2 << 3 | 1);
            bytes.extend(number.parse::<f64>().unwrap_or_default().to_le_bytes());
        }
        Value::Text(text, _) => field(3, text.as_bytes(), &mut bytes),
        Value::Bool(value) => bytes.extend([4 << 3, u8::from(*value)]),
        Value::Object(_) => field(5, &structure(node), &mut bytes),
        Value::List(items) => {
            let mut list = Vec::new();
            for item in items {
                field(1, &encode(item), &mut list);
            }
            field(6, &list, &mut bytes);
        }
    }
    bytes
}

/// A field of bytes: its number, its length, the bytes.
fn field(number: u8, value: &[u8], bytes: &mut Vec<u8>) {
    bytes.push(number << 3 | 2);
    let mut length = value.len();
    while length > 0x7f {
        bytes.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap_or_default());
    bytes.extend(value);
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    #[test]
    fn a_struct_has_the_bytes_that_protobuf_gives_it() {
        let node = yaml::parse("{a: [true, 1, x], b: {c: ~}}").unwrap().remove(0);
        let number = [&[0x0a, 9, 0x11][..], &1_f64.to_le_bytes()].concat();
        let list = [&[0x0a, 2, 0x20, 1][..], &number, &[0x0a, 3, 0x1a, 1, b'x']].concat();
        let a = [&[0x0a, 1, b'a', 0x12, list.len() as u8 + 2, 0x32, list.len() as u8][..], &list].concat();
        let b = [0x0a, 1, b'b', 0x12, 11, 0x2a, 9, 0x0a, 7, 0x0a, 1, b'c', 0x12, 2, 0x08, 0];
        let b = [&b[..3], &[0x12, 11, 0x2a, 9], &b[7..]].concat();
        let expected = [&[0x0a, a.len() as u8][..], &a, &[0x0a, b.len() as u8], &b].concat();
        assert_eq!(structure(&node), expected);
    }

    #[test]
    fn long_fields_have_lengths_of_several_bytes() {
        let node = yaml::parse(&format!("a: {}", "x".repeat(300))).unwrap().remove(0);
        assert_eq!(structure(&node)[..9], [0x0a, 0xb5, 0x02, 0x0a, 1, b'a', 0x12, 0xaf, 0x02]);
    }
}
