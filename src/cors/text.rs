//! Text that is put together while a request is served. Nothing here panics: where memory has run out, nothing is added.

/// Appends to a text, and returns whether it could.
#[inline]
pub fn append(text: &mut Vec<u8>, more: &[u8]) -> bool {
    let has_room = text.try_reserve(more.len()).is_ok();
    if has_room {
        text.extend_from_slice(more);
    }
    has_room
}

/// One text of several parts, all of them or none.
#[inline(never)]
pub fn concat(parts: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::new();
    if text.try_reserve_exact(parts.iter().map(|part| part.len()).sum()).is_ok() {
        parts.iter().for_each(|part| _ = append(&mut text, part));
    }
    text
}

/// Bytes on one line, as Rust writes them in a literal.
#[cold]
pub fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    bytes.escape_ascii().for_each(|byte| _ = append(&mut text, &[byte]));
    text
}

/// The decimal digits of a number.
#[cold]
pub fn decimal(number: u32) -> Vec<u8> {
    let (mut digits, mut rest) = ([b'0'; 10], number);
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    let zeros = digits.iter().take(digits.len() - 1).take_while(|digit| **digit == b'0').count();
    concat(&[digits.get(zeros..).unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_become_one_text() {
        assert_eq!(concat(&[b"a", b"", b"bc"]), b"abc");
        assert!(concat(&[]).is_empty());
    }

    #[test]
    fn what_is_escaped_fits_one_line() {
        assert_eq!(escape(b"a\"b\\ \n\xff~"), br#"a\"b\\ \n\xff~"#);
    }

    #[test]
    fn numbers_are_decimal() {
        for number in [0, 7, 10, 204, 1_000_000_000, u32::MAX] {
            assert_eq!(decimal(number), number.to_string().into_bytes());
        }
    }
}
