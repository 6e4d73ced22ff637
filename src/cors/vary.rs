//! Merging names into a response's `Vary`.

use crate::list::elements;
use crate::text::append;

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

/// The longest `Vary` of upstream's that is merged with, in bytes. Servers send a few dozen; names are compared one by one,
/// so that 60 KB of them would cost as much as a thousand other responses.
pub const MAX_VARY_BYTES: usize = 2048;

/// A `Vary` that covers everything, as an answer whose `Vary` is not read must have. No cache reuses it (RFC 9111, section
/// 4.1): that is slower than merging, and never wrong. Leaving the value as it is could miss `Origin`; adding names unread
/// would keep a list that costs every cache behind this what it would cost here.
const EVERYTHING: &[u8] = b"*";

/// The value that a response's `Vary` gets: `present`, what it is now, with `names` added, as one line, which is written to
/// `merged`; or `*`. `None` where nothing has to change.
///
/// Names are compared without case, a name that is there is not added again, and `*`, which says that the answer varies
/// by everything, stays as it is (RFC 9110, section 12.5.5). `*` is also what stays of a value that is longer than
/// [`MAX_VARY_BYTES`], and where there is no memory to merge.
pub fn merge<'a>(present: &[u8], names: &Names, merged: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    if present.len() > MAX_VARY_BYTES {
        return Some(EVERYTHING);
    }
    let present = without_trailing_separators(present);
    if present.is_empty() {
        return Some(names.as_bytes());
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
    if merged.try_reserve(present.len() + b", ".len() + names.joined.len()).is_err() {
        return Some(EVERYTHING);
    }
    append(merged, present);
    for (at, name) in names.list.iter().enumerate() {
        if there >> at & 1 == 0 {
            append(merged, b", ");
            append(merged, name.as_bytes());
        }
    }
    Some(merged)
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
        let value = merge(present.as_bytes(), names, &mut merged).unwrap_or(present.as_bytes());
        String::from_utf8(value.to_vec()).unwrap()
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
    fn a_list_that_is_too_long_becomes_a_star() {
        let longest = "a,".repeat(MAX_VARY_BYTES / 2 - 1) + "aa";
        assert_eq!(merged(&longest), format!("{longest}, Origin"));
        assert_eq!(merged(&(longest.clone() + "a")), "*");
        assert_eq!(merged(&",".repeat(MAX_VARY_BYTES + 1)), "*");
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
