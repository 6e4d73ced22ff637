//! Header maps in the form that crosses between module and host (proxy-wasm ABI 0.2.1, "serialized map"): the number of
//! pairs, the lengths of all names and values, then all texts, each with a NUL. Numbers have 32 bits, little-endian.

use crate::headers::Headers;
use crate::lookup::same;
use crate::text::append;
use std::borrow::Cow;

/// A header map that came from the host.
#[derive(Debug)]
pub struct HeaderMap {
    bytes: Vec<u8>,
}

impl HeaderMap {
    /// A map from its serialized form. What is not well-formed has fewer headers.
    pub fn new(bytes: Vec<u8>) -> Self {
        HeaderMap { bytes }
    }

    /// The map of these headers.
    pub fn of<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut bytes = Vec::new();
        Template::new(headers).write(&[], &mut bytes);
        HeaderMap::new(bytes)
    }

    /// The headers, line by line.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let (lengths, texts) = self.lengths_and_texts();
        pairs(lengths, texts)
    }

    fn lengths_and_texts(&self) -> (&[[u8; 8]], &[u8]) {
        let (count, rest) = self.bytes.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
        let size = (u32::from_le_bytes(*count) as usize).saturating_mul(8);
        let (lengths, texts) = rest.split_at_checked(size).unwrap_or_default();
        (lengths.as_chunks::<8>().0, texts)
    }

    /// The value of the first line of a name from a place on, and the place behind it.
    #[inline(never)]
    fn find_line(&self, from: Place, name: &str) -> Option<(&[u8], Place)> {
        let (lengths, texts) = self.lengths_and_texts();
        let mut text = from.text;
        let mut rest = lengths.get(from.line..)?.iter();
        while let Some(both) = rest.next() {
            let both = u64::from_le_bytes(*both);
            let (name_length, value_length) = (both as u32 as usize, (both >> 32) as usize);
            let value = text.wrapping_add(name_length).wrapping_add(1);
            let next = value.wrapping_add(value_length).wrapping_add(1);
            // The length distinguishes most names, without a look at the texts.
            if name_length == name.len() && same(texts.get(text..)?.get(..name_length)?, name.as_bytes()) {
                let line = lengths.len() - rest.as_slice().len();
                return Some((texts.get(value..)?.get(..value_length)?, Place { line, text: next }));
            }
            text = next;
        }
        None
    }
}

impl Headers for HeaderMap {
    fn get(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let (first, mut next) = self.find_line(Place::default(), name)?;
        let mut joined = Vec::new();
        while let Some((line, after)) = self.find_line(next, name) {
            let start: &[u8] = if joined.is_empty() { first } else { b"" };
            if ![start, b",", line].into_iter().all(|part| append(&mut joined, part)) {
                return None;
            }
            next = after;
        }
        Some(if joined.is_empty() { Cow::Borrowed(first) } else { Cow::Owned(joined) })
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        self.find_line(Place::default(), name).map(|(value, _)| value)
    }
}

/// The names and values in `texts`, up to the first that the lengths do not fit.
fn pairs<'a>(lengths: &'a [[u8; 8]], mut texts: &'a [u8]) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    lengths.iter().map_while(move |lengths| {
        let lengths = u64::from_le_bytes(*lengths);
        let (name, rest) = texts.split_at_checked(lengths as u32 as usize)?;
        let (value, rest) = rest.get(1..)?.split_at_checked((lengths >> 32) as usize)?;
        texts = rest.get(1..)?;
        Some((name, value))
    })
}

/// A place in a map: the number of a line, and where its texts begin.
#[derive(Default)]
struct Place {
    line: usize,
    text: usize,
}

/// The part of a header map that is known before a request comes, serialized once.
#[derive(Debug, Clone, Default)]
pub struct Template {
    count: u32,
    lengths: Vec<u8>,
    texts: Vec<u8>,
}

impl Template {
    /// The part that has these headers.
    #[cold]
    pub fn new<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut template = Template::default();
        for header in headers {
            template.count += 1;
            push_lengths(&mut template.lengths, header);
            push_texts(&mut template.texts, header);
        }
        template
    }

    /// These headers.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        pairs(self.lengths.as_chunks::<8>().0, &self.texts)
    }

    /// Writes the whole map, serialized: `first`, then these headers. Where memory has run out, it writes nothing: an answer
    /// without headers allows nothing.
    pub fn write(&self, first: &[Option<(&str, &[u8])>], bytes: &mut Vec<u8>) {
        let (mut count, mut size) = (self.count, 4 + self.lengths.len() + self.texts.len());
        for (name, value) in first.iter().flatten() {
            count += 1;
            size += name.len() + value.len() + 10;
        }
        if bytes.try_reserve(size).is_err() {
            return;
        }
        append(bytes, &count.to_le_bytes());
        first.iter().flatten().for_each(|header| push_lengths(bytes, *header));
        append(bytes, &self.lengths);
        first.iter().flatten().for_each(|header| push_texts(bytes, *header));
        append(bytes, &self.texts);
    }
}

#[inline]
fn push_lengths(bytes: &mut Vec<u8>, (name, value): (&str, &[u8])) {
    // Two numbers of 32 bits, written at once.
    append(bytes, &(name.len() as u64 | (value.len() as u64) << 32).to_le_bytes());
}

#[inline]
fn push_texts(bytes: &mut Vec<u8>, (name, value): (&str, &[u8])) {
    append(bytes, name.as_bytes());
    append(bytes, &[0]);
    append(bytes, value);
    append(bytes, &[0]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_writes_a_map_reads() {
        let template = Template::new([("a", b"1".as_slice()), ("empty", b"")]);
        let mut bytes = Vec::new();
        template.write(&[None, Some(("bb", b"2\xff"))], &mut bytes);
        let map = HeaderMap::new(bytes);
        let headers: Vec<_> = map.iter().collect();
        assert_eq!(headers, [(b"bb".as_slice(), b"2\xff".as_slice()), (b"a", b"1"), (b"empty", b"")]);
        assert_eq!(map.get("bb").as_deref(), Some(b"2\xff".as_slice()));
        assert_eq!(map.get("b"), None);
    }

    #[test]
    fn lines_of_one_name_are_joined() {
        let lines = [("a", b"1".as_slice()), ("b", b"x"), ("a", b"2"), ("a", b"3")];
        let map = HeaderMap::of(lines);
        assert_eq!(map.get("a").as_deref(), Some(b"1,2,3".as_slice()));
    }

    #[test]
    fn a_map_cut_off_anywhere_has_fewer_headers() {
        let whole = HeaderMap::of([("a", b"1".as_slice()), ("b", b"2")]).bytes;
        for length in 0..whole.len() {
            assert!(HeaderMap::new(whole[..length].to_vec()).iter().count() < 2, "{length}");
        }
        assert_eq!(HeaderMap::new(vec![0xff; 40]).iter().count(), 0);
    }
}
