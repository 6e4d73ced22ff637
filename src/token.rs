//! Tokens (RFC 9110, section 5.6.2): what methods and header names are made of, and lists of them.

/// Whether a byte may stand in a token.
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
        while !self.rest.is_empty() {
            let end = self.rest.iter().position(|byte| *byte == b',').unwrap_or(self.rest.len());
            let (element, rest) = self.rest.split_at_checked(end)?;
            self.rest = rest.get(1..).unwrap_or_default();
            let element = trim(element);
            if !element.is_empty() {
                return Some(element);
            }
        }
        None
    }
}

/// Takes optional white space (space and tab, nothing else) off both ends.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_from_the_rest() {
        assert!(is_token(b"X-Request_Id!#$%&'*+.^`|~09"));
        for text in ["", " ", "a b", "a,b", "a:b", "a\"", "a\u{fc}", "a\u{0}", "(a)", "a/b", "{a}"] {
            assert!(!is_token(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn elements_are_trimmed_and_empty_ones_skipped() {
        let list: Vec<&[u8]> = elements(b" , a,\tb ,, c d ,").collect();
        assert_eq!(list, [b"a".as_slice(), b"b", b"c d"]);
        assert_eq!(elements(b" ,\t,").count(), 0);
    }
}
