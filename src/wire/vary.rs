//! Merging names into a response's `Vary`.

use crate::token::elements;

/// Names for `Vary`, apart and joined.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    list: &'static [&'static str],
    joined: &'static str,
}

impl Names {
    /// The names as a value of `Vary`.
    pub fn as_bytes(&self) -> &'static [u8] {
        self.joined.as_bytes()
    }
}

/// What an answer that depends on the origin varies by.
pub static ORIGIN: Names = Names { list: &["Origin"], joined: "Origin" };

/// What the answer to a preflight varies by (Fetch, "CORS protocol and HTTP caches").
pub static PREFLIGHT: Names = Names {
    list: &["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"],
    joined: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
};

/// What the answer to a preflight varies by where the policy allows access to private networks.
pub static PREFLIGHT_AND_PRIVATE_NETWORK: Names = Names {
    list: &[
        "Origin",
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Access-Control-Request-Private-Network",
    ],
    joined: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
};

/// The same where the answer is one for all origins.
pub static PRIVATE_NETWORK: Names =
    Names { list: &["Access-Control-Request-Private-Network"], joined: "Access-Control-Request-Private-Network" };

/// What the answer to a preflight of any origin varies by where it depends on what is asked for.
pub static REQUESTED: Names = Names {
    list: &["Access-Control-Request-Method", "Access-Control-Request-Headers"],
    joined: "Access-Control-Request-Method, Access-Control-Request-Headers",
};

/// The same where the policy allows access to private networks.
pub static REQUESTED_AND_PRIVATE_NETWORK: Names = Names {
    list: &[
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Access-Control-Request-Private-Network",
    ],
    joined: "Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
};

/// Writes the value of `Vary` with `names` added, as one line, to `merged`, which is empty; false where nothing has to
/// change, and then nothing is written.
///
/// Names are compared without case, a name that is there is not doubled, and `*`, which says that the answer varies by
/// everything, stays as it is (RFC 9110, section 12.5.5).
pub fn merge(present: &[u8], names: &Names, merged: &mut Vec<u8>) -> bool {
    let present = without_trailing_separators(present);
    if present.is_empty() {
        merged.extend_from_slice(names.as_bytes());
        return true;
    }
    // One bit for each name that is there.
    let mut there = 0_u32;
    for element in elements(present) {
        if matches!(element, [b'*']) {
            return false;
        }
        for (at, name) in names.list.iter().enumerate() {
            if element.len() == name.len() && element.eq_ignore_ascii_case(name.as_bytes()) {
                there |= 1 << at;
            }
        }
    }
    if there.count_ones() as usize == names.list.len() {
        return false;
    }
    merged.reserve(present.len() + b", ".len() + names.joined.len());
    merged.extend_from_slice(present);
    for (at, name) in names.list.iter().enumerate() {
        if there >> at & 1 == 0 {
            merged.extend_from_slice(b", ");
            merged.extend_from_slice(name.as_bytes());
        }
    }
    true
}

fn without_trailing_separators(mut list: &[u8]) -> &[u8] {
    while let [rest @ .., b' ' | b'\t' | b','] = list {
        list = rest;
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge_with(present: &str, names: &Names) -> String {
        let mut merged = Vec::new();
        if !merge(present.as_bytes(), names, &mut merged) {
            assert!(merged.is_empty());
            return present.to_owned();
        }
        String::from_utf8(merged).unwrap()
    }

    fn merged(present: &str) -> String {
        merge_with(present, &ORIGIN)
    }

    #[test]
    fn origin_is_added_once_in_any_case() {
        assert_eq!(merged(""), "Origin");
        assert_eq!(merged(" , "), "Origin");
        assert_eq!(merged("Accept-Encoding"), "Accept-Encoding, Origin");
        assert_eq!(merged("Accept-Encoding,"), "Accept-Encoding, Origin");
        assert_eq!(merged("accept,ORIGIN"), "accept,ORIGIN");
        assert_eq!(merged("X-Origin"), "X-Origin, Origin");
    }

    #[test]
    fn a_star_stays() {
        assert_eq!(merged("*"), "*");
        assert_eq!(merged("Accept, *"), "Accept, *");
        assert_eq!(merged("*x"), "*x, Origin");
    }

    #[test]
    fn several_names_are_merged_each_for_itself() {
        assert_eq!(merge_with("", &PREFLIGHT).as_bytes(), PREFLIGHT.as_bytes());
        let expected = "access-control-request-method, Accept, Origin, Access-Control-Request-Headers";
        assert_eq!(merge_with("access-control-request-method, Accept", &PREFLIGHT), expected);
    }

    #[test]
    fn the_joined_names_are_the_list() {
        for names in [
            &ORIGIN,
            &PREFLIGHT,
            &PREFLIGHT_AND_PRIVATE_NETWORK,
            &PRIVATE_NETWORK,
            &REQUESTED,
            &REQUESTED_AND_PRIVATE_NETWORK,
        ] {
            assert_eq!(names.list.join(", "), names.joined);
        }
    }
}
