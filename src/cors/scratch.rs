//! Room for what is handed to the host, kept from one request to the next: the host copies, so nothing else needs it.

use std::cell::Cell;
use std::fmt;

/// The most bytes that are kept. An answer to a preflight has a few hundred, with an echo of what was asked 4 KB more.
const MAX_KEPT_BYTES: usize = 8192;

/// A buffer that is lent out.
#[derive(Default)]
pub struct Scratch {
    bytes: Cell<Vec<u8>>,
}

impl Scratch {
    /// Lends the buffer, empty; who asks meanwhile gets one of their own.
    #[inline]
    pub fn lend<R>(&self, use_it: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut bytes = self.bytes.take();
        bytes.clear();
        let result = use_it(&mut bytes);
        if bytes.capacity() <= MAX_KEPT_BYTES {
            self.bytes.set(bytes);
        }
        result
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("Scratch")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_comes_back_empty_and_not_too_large() {
        let scratch = Scratch::default();
        let first = scratch.lend(|bytes| {
            bytes.extend_from_slice(b"abc");
            scratch.lend(|other| assert_eq!(other.capacity(), 0));
            bytes.as_ptr()
        });
        scratch.lend(|bytes| assert_eq!((bytes.as_ptr(), bytes.len()), (first, 0)));
        scratch.lend(|bytes| bytes.reserve(MAX_KEPT_BYTES + 1));
        scratch.lend(|bytes| assert_eq!(bytes.capacity(), 0));
    }
}
