//! `Vary`: what is merged, and a naive reading of both lists.

use cors::vary::{self, MAX_VARY_BYTES, Names};

/// Merges names, which the first byte chooses, into the value that follows it.
pub fn check(input: &[u8]) {
    let Some((choice, present)) = input.split_first() else { return };
    let Some(names) = Names::of(choice & 1 != 0, choice & 2 != 0, choice & 4 != 0) else { return };
    let (before, wanted) = (names_of(present), names_of(names.as_bytes()));
    let covers = |list: &[Vec<u8>], name: &Vec<u8>| list.iter().any(|own| own == b"*" || own == name);
    let mut scratch = Vec::new();
    let Some(merged) = vary::merge(present, names, &mut scratch) else {
        assert!(scratch.is_empty(), "nothing is written where nothing changes");
        assert!(wanted.iter().all(|name| covers(&before, name)), "all names are there already");
        return;
    };
    let after = names_of(merged);
    assert!(wanted.iter().all(|name| covers(&after, name)), "every name is there");
    assert!(before.iter().all(|name| covers(&after, name)), "no name is lost");
    if present.len() <= MAX_VARY_BYTES {
        let added = after.iter().filter(|name| !before.contains(name)).count();
        let missing = wanted.iter().filter(|name| !before.contains(name)).count();
        assert_eq!(after.len(), before.len() + missing, "a name that is there is not added again");
        assert_eq!(added, missing, "nothing else is added");
    }
    if merged.len() <= MAX_VARY_BYTES {
        assert_eq!(vary::merge(merged, names, &mut Vec::new()), None, "merging again changes nothing");
    }
}

/// The names of a list in lower case (RFC 9110, section 5.6.1.2).
pub fn names_of(list: &[u8]) -> Vec<Vec<u8>> {
    let elements = list.split(|byte| *byte == b',').map(|element| {
        let start = element.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(element.len());
        let end = element.iter().rposition(|byte| !matches!(byte, b' ' | b'\t')).map_or(start, |last| last + 1);
        element[start..end].to_ascii_lowercase()
    });
    elements.filter(|element| !element.is_empty()).collect()
}
