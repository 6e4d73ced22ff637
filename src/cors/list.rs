//! Tokens (RFC 9110, section 5.6.2): what methods and header names are made of, and lists of them.

/// Whether a token may contain this byte.
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

const TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        // An index is the only way to fill a table in a constant; the compiler checks it.
        #[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)]
        {
            table[byte] = is_token_byte(byte as u8);
        }
        byte += 1;
    }
    table
};

/// Whether `bytes` are a token: not empty, and of token characters only.
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| TOKEN_BYTES.get(usize::from(*byte)).copied().unwrap_or(false))
}

/// The elements of a comma-separated list, without the optional white space around them; empty ones are skipped, as
/// RFC 9110, section 5.6.1.2 demands of a recipient.
pub fn elements(list: &[u8]) -> Elements<'_> {
    Elements { rest: list }
}

/// The iterator of [`elements`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        // Each byte in front is looked at once, however many separators there are.
        while let [b' ' | b'\t' | b',', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if self.rest.is_empty() {
            return None;
        }
        let (element, rest) = self.rest.split_at_checked(find_comma(self.rest).unwrap_or(self.rest.len()))?;
        self.rest = rest;
        Some(without_trailing_blanks(element))
    }
}

/// The place of the first comma, eight bytes at a step.
#[inline]
fn find_comma(list: &[u8]) -> Option<usize> {
    let Some(last) = list.last_chunk::<8>() else { return list.iter().position(|byte| *byte == b',') };
    for (at, word) in list.as_chunks::<8>().0.iter().enumerate() {
        if let Some(comma) = find_comma_in(word) {
            return Some(at * 8 + comma);
        }
    }
    // These overlap the words before, in which there is none.
    find_comma_in(last).map(|comma| list.len() - 8 + comma)
}

#[inline]
fn find_comma_in(word: &[u8; 8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // A comma becomes zero; subtracting borrows into the high bit of a zero byte, and of none before the first one.
    let zeroed = u64::from_le_bytes(*word) ^ (ONES * b',' as u64);
    let commas = zeroed.wrapping_sub(ONES) & !zeroed & (ONES << 7);
    (commas != 0).then(|| commas.trailing_zeros() as usize / 8)
}

/// Takes optional white space (space and tab, nothing else) off the end.
fn without_trailing_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_recognized() {
        assert!(is_token(b"X-Request_Id!#$%&'*+.^`|~09"));
        for text in ["", " ", "a b", "a,b", "a:b", "a\"", "a\u{fc}", "a\u{0}", "(a)", "a/b", "{a}"] {
            assert!(!is_token(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn a_comma_is_found_at_every_place() {
        for length in 0..40 {
            let mut list = vec![b'-'; length];
            assert_eq!(find_comma(&list), None);
            for at in (0..length).rev() {
                list[at] = b',';
                assert_eq!(find_comma(&list), Some(at), "{length}");
            }
        }
        assert_eq!(find_comma(&[0x2b, 0x2d, 0xac, 0xff, 0, 0x2b, 0x2d, 0xac, b',']), Some(8));
    }

    #[test]
    fn elements_are_trimmed_and_empty_ones_skipped() {
        let list: Vec<&[u8]> = elements(b" , a,\tb ,, c d ,").collect();
        assert_eq!(list, [b"a".as_slice(), b"b", b"c d"]);
        assert_eq!(elements(b" ,\t,").count(), 0);
    }
}
