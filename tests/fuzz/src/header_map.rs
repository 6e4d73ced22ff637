//! Header maps from the host: any bytes, and a naive reader.

use cors::header_map::HeaderMap;
use cors::headers::Headers;
use kit::Header;

/// Names that the filter looks up.
const NAMES: [&str; 5] =
    [":method", "access-control-request-headers", "access-control-request-private-network", "origin", ""];

/// Reads the input as a serialized map.
pub fn check(input: &[u8]) {
    let map = HeaderMap::new(input.to_vec());
    let found: Vec<Header> = map.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
    let expected = read(input);
    if let Some(expected) = &expected {
        assert_eq!(&found, expected, "a well-formed map is read whole");
    }
    let own = found.iter().filter_map(|(name, _)| str::from_utf8(name).ok());
    for name in NAMES.into_iter().chain(own) {
        let (whole, first) = (map.get(name), map.first(name));
        assert_eq!(whole.is_some(), first.is_some(), "both find {name:?}, or neither does");
        if expected.is_some() {
            assert_eq!(whole.as_deref(), joined(&found, name.as_bytes()).as_deref(), "{name:?}");
            let line = found.iter().find(|(own, _)| own == name.as_bytes()).map(|(_, value)| value.as_slice());
            assert_eq!(first, line, "{name:?}");
        }
    }
    if found.iter().all(|(name, _)| str::from_utf8(name).is_ok()) {
        let again = HeaderMap::of(found.iter().map(|(name, value)| (text(name), value.as_slice())));
        let again: Vec<Header> = again.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        assert_eq!(again, found, "what is written is what was read");
    }
}

fn text(name: &[u8]) -> &str {
    str::from_utf8(name).expect("a name in UTF-8")
}

/// The headers of a well-formed map: the number of pairs, the lengths of all texts, the texts, each with a byte behind it.
fn read(bytes: &[u8]) -> Option<Vec<Header>> {
    let number = |at: usize| {
        let bytes = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let count = number(0)?;
    let mut at = count.checked_mul(8)?.checked_add(4)?;
    let mut take = |size: usize| {
        let text = bytes.get(at..at.checked_add(size)?)?.to_vec();
        at += size;
        bytes.get(at)?;
        at += 1;
        Some(text)
    };
    (0..count).map(|pair| Some((take(number(4 + pair * 8)?)?, take(number(8 + pair * 8)?)?))).collect()
}

/// The bytes of a map.
pub fn write(headers: &[Header]) -> Vec<u8> {
    let mut bytes = (headers.len() as u32).to_le_bytes().to_vec();
    let texts = || headers.iter().flat_map(|(name, value)| [name, value]);
    texts().for_each(|text| bytes.extend((text.len() as u32).to_le_bytes()));
    texts().for_each(|text| bytes.extend([text.as_slice(), b"\0"].concat()));
    bytes
}

/// The lines of a header, joined by commas.
fn joined(headers: &[Header], name: &[u8]) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = headers.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_slice()).collect();
    (!lines.is_empty()).then(|| lines.join(&b','))
}
