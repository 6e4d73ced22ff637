//! The path of a request, as policies see it.

/// `:path` without its query.
pub fn without_query(path: &[u8]) -> &[u8] {
    path.split(|byte| *byte == b'?').next().unwrap_or_default()
}

/// Whether the path can be read in two ways: by a filter as it stands, by a server after it has resolved or decoded it.
///
/// Policies by path would be bypassed so (flask-cors CVE-2020-25032, CVE-2024-6844): empty segments, `.` and `..`
/// segments, backslashes, and the escapes of `.`, `/` and `\`.
pub fn is_ambiguous(path: &[u8]) -> bool {
    let mut rest = path;
    let mut previous = b' ';
    while let [byte, tail @ ..] = rest {
        let is_ambiguous = match (byte, tail) {
            (b'\\', _) => true,
            (b'/', _) => previous == b'/',
            (b'.', [] | [b'/', ..] | [b'.'] | [b'.', b'/', ..]) => previous == b'/',
            (b'%', [b'2', b'e' | b'E' | b'f' | b'F', ..] | [b'5', b'c' | b'C', ..]) => true,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_no_part_of_the_path() {
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
