//! Merging names into a response's `Vary`.

use crate::token::elements;
use std::borrow::Cow;

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

/// The value of `Vary` with `names` added, as one line; `None` where nothing has to change.
///
/// Names are compared without case, a name that is there is not doubled, and `*`, which says that the answer varies by
/// everything, stays as it is (RFC 9110, section 12.5.5).
pub fn merge(present: Option<&[u8]>, names: &Names) -> Option<Cow<'static, [u8]>> {
    let present = without_trailing_separators(present.unwrap_or_default());
    if present.is_empty() {
        return Some(Cow::Borrowed(names.as_bytes()));
    }
    // One bit for each name that is there.
    let mut there = 0_u32;
    for element in elements(present) {
        if matches!(element, [b'*']) {
            return None;
        }
        for (at, name) in names.list.iter().enumerate() {
            if element.len() == name.len() && element.eq_ignore_ascii_case(name.as_bytes()) {
                there |= 1 << at;
            }
        }
    }
    if there.count_ones() as usize == names.list.len() {
        return None;
    }
    let mut merged = Vec::with_capacity(present.len() + b", ".len() + names.joined.len());
    merged.extend_from_slice(present);
    for (at, name) in names.list.iter().enumerate() {
        if there >> at & 1 == 0 {
            merged.extend_from_slice(b", ");
            merged.extend_from_slice(name.as_bytes());
        }
    }
    Some(Cow::Owned(merged))
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

    fn merged(present: &str) -> String {
        let value = merge(Some(present.as_bytes()), &ORIGIN).unwrap_or_else(|| present.as_bytes().to_vec().into());
        String::from_utf8(value.into_owned()).unwrap()
    }

    #[test]
    fn origin_is_added_once_in_any_case() {
        assert_eq!(merge(None, &ORIGIN).unwrap(), b"Origin".as_slice());
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
        assert_eq!(merge(None, &PREFLIGHT).unwrap(), PREFLIGHT.as_bytes());
        let merged = merge(Some(b"access-control-request-method, Accept"), &PREFLIGHT).unwrap();
        let expected = "access-control-request-method, Accept, Origin, Access-Control-Request-Headers";
        assert_eq!(String::from_utf8(merged.into_owned()).unwrap(), expected);
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
