//! Merging names into a response's `Vary`.

use crate::list::elements;

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

/// A request header that an answer can depend on.
macro_rules! name {
    (origin) => {
        "Origin"
    };
    (method) => {
        "Access-Control-Request-Method"
    };
    (headers) => {
        "Access-Control-Request-Headers"
    };
    (private_network) => {
        "Access-Control-Request-Private-Network"
    };
}

macro_rules! names {
    ($first:ident $($rest:ident)*) => {
        Names {
            list: &[name!($first) $(, name!($rest))*],
            joined: concat!(name!($first) $(, ", ", name!($rest))*),
        }
    };
}

impl Names {
    /// What an answer varies by that depends on the `origin`, on what a preflight has `requested` (method and headers)
    /// and on whether it asked for access to a `private_network` (Fetch, "CORS protocol and HTTP caches").
    pub fn of(origin: bool, requested: bool, private_network: bool) -> Option<&'static Names> {
        static ORIGIN: Names = names!(origin);
        static PRIVATE_NETWORK: Names = names!(private_network);
        static ORIGIN_PRIVATE_NETWORK: Names = names!(origin private_network);
        static REQUESTED: Names = names!(method headers);
        static REQUESTED_PRIVATE_NETWORK: Names = names!(method headers private_network);
        static ORIGIN_REQUESTED: Names = names!(origin method headers);
        static ALL: Names = names!(origin method headers private_network);
        match (origin, requested, private_network) {
            (false, false, false) => None,
            (true, false, false) => Some(&ORIGIN),
            (false, false, true) => Some(&PRIVATE_NETWORK),
            (true, false, true) => Some(&ORIGIN_PRIVATE_NETWORK),
            (false, true, false) => Some(&REQUESTED),
            (false, true, true) => Some(&REQUESTED_PRIVATE_NETWORK),
            (true, true, false) => Some(&ORIGIN_REQUESTED),
            (true, true, true) => Some(&ALL),
        }
    }
}

/// Writes `present`, the value of a `Vary`, with `names` added, as one line, to `merged`, which is empty. Returns false
/// where nothing has to change, and then writes nothing.
///
/// Names are compared without case, a name that is there is not added again, and `*`, which says that the answer varies
/// by everything, stays as it is (RFC 9110, section 12.5.5).
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
        merge_with(present, Names::of(true, false, false).unwrap())
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
        let preflight = Names::of(true, true, false).unwrap();
        assert_eq!(merge_with("", preflight).as_bytes(), preflight.as_bytes());
        let expected = "access-control-request-method, Accept, Origin, Access-Control-Request-Headers";
        assert_eq!(merge_with("access-control-request-method, Accept", preflight), expected);
    }

    #[test]
    fn every_dependence_is_named_once() {
        let booleans = [false, true];
        for (origin, requested, private_network) in
            booleans.into_iter().flat_map(|a| booleans.into_iter().flat_map(move |b| booleans.map(move |c| (a, b, c))))
        {
            let names = Names::of(origin, requested, private_network);
            let joined = names.map_or("", |names| names.joined);
            assert_eq!(names.map_or(String::new(), |names| names.list.join(", ")), joined);
            assert_eq!(joined.split(", ").any(|name| name == "Origin"), origin);
            assert_eq!(joined.contains("Request-Method") && joined.contains("Request-Headers"), requested);
            assert_eq!(joined.contains("Private-Network"), private_network);
        }
    }
}
