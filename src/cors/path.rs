//! The path of a request, as policies see it.

/// The longest path that policies are matched on, in bytes, so that what a glob costs is bounded.
pub const MAX_PATH_BYTES: usize = 4096;

/// `:path` without its query.
pub fn without_query(path: &[u8]) -> &[u8] {
    path.split(|byte| *byte == b'?').next().unwrap_or_default()
}

/// Whether the path can be read in two ways: as written by a filter, and resolved or decoded by a server.
///
/// Such a path would bypass policies by path (flask-cors CVE-2020-25032, CVE-2024-6844): empty segments, `.` and `..`
/// segments, backslashes, the escapes of `/` and `\`, and escapes of what needs none (`%2e`, `%69`), which a server may
/// decode before it looks (RFC 3986, section 6.2.2.2). A path longer than [`MAX_PATH_BYTES`] is ambiguous without a look.
pub fn is_ambiguous(path: &[u8]) -> bool {
    if path.len() > MAX_PATH_BYTES {
        return true;
    }
    let mut rest = path;
    let mut previous = b' ';
    while let [byte, tail @ ..] = rest {
        let is_ambiguous = match (byte, tail) {
            (b'\\', _) => true,
            (b'/', _) => previous == b'/',
            (b'.', [] | [b'/', ..] | [b'.'] | [b'.', b'/', ..]) => previous == b'/',
            (b'%', [high, low, ..]) => is_ambiguous_escape(*high, *low),
            _ => false,
        };
        if is_ambiguous {
            return true;
        }
        previous = *byte;
        rest = tail;
    }
    false
}

/// Whether an escape is that of a separator, or of a character that needs no escape (RFC 3986, section 2.3).
fn is_ambiguous_escape(high: u8, low: u8) -> bool {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    match (digit(high), digit(low)) {
        (Some(high), Some(low)) => u8::try_from(high * 16 + low)
            .is_ok_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/' | b'\\')),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_not_part_of_the_path() {
        assert_eq!(without_query(b"/a/b?c=/../d"), b"/a/b");
        assert_eq!(without_query(b"/a"), b"/a");
        assert_eq!(without_query(b"?"), b"");
        assert_eq!(without_query(b""), b"");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_ambiguous() {
        for path in [
            "//", "/a//b", "/a/.", "/a/./b", "/..", "/a/../b", "/a/..", "/a%2eb", "/%2E%2E/", "/a%2fb", "/a%2F",
            "/a%5Cb", "/a\\b",
        ] {
            assert!(is_ambiguous(path.as_bytes()), "{path}");
        }
        for path in ["/%69nternal", "/a%2D", "/%7e", "/%5A%5a", "/%30"] {
            assert!(is_ambiguous(path.as_bytes()), "{path}");
        }
        assert!(is_ambiguous(&[b'a'; MAX_PATH_BYTES + 1]));
        assert!(!is_ambiguous(&[b'a'; MAX_PATH_BYTES]));
        for path in [
            "",
            "/",
            "*",
            "/a/b",
            "/a.b",
            "/.a",
            "/a.",
            "/..a",
            "/a../b",
            "/.well-known/x",
            "/a%20b",
            "/a%2",
            "/%",
            "/...",
            "/a/.../b",
        ] {
            assert!(!is_ambiguous(path.as_bytes()), "{path}");
        }
    }
}
