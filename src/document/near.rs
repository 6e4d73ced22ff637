//! The known name that an unknown one was meant to be.

/// The first of `names` that is `text` in another style (`allowOrigins`, `Allow-Origins`) or with a slip or two.
pub(crate) fn find<'a>(names: &[&'a str], text: &str) -> Option<&'a str> {
    let text = plain(text);
    names.iter().copied().find(|name| {
        let slips = if name.len() < 6 { 1 } else { 2 };
        let length = name.bytes().filter(|byte| *byte != b'_').count();
        // The distance is at least that of the lengths, and that of long texts is dear.
        length.abs_diff(text.len()) <= slips && distance(&plain(name), &text) <= slips
    })
}

/// The letters and digits of a name, without case.
fn plain(text: &str) -> String {
    text.chars().filter(|char| !matches!(char, '_' | '-' | ' ')).map(|char| char.to_ascii_lowercase()).collect()
}

/// How many letters must be inserted, removed or replaced to turn `a` into `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (at, from) in a.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (to, above) in b.chars().zip(row.iter_mut().skip(1)) {
            left = (left + 1).min(*above + 1).min(diagonal + usize::from(from != to));
            diagonal = std::mem::replace(above, left);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_another_style_or_with_a_slip_are_found() {
        for text in ["allowOrigins", "Allow-Origins", "allow_origin", "alow_origins", "allow_orgins"] {
            assert_eq!(find(&["name", "allow_origins"], text), Some("allow_origins"), "{text}");
        }
        assert_eq!(find(&["allow_origins"], "origins"), None);
        assert_eq!(find(&["match"], "name"), None);
        assert_eq!(find(&["name"], &"name".repeat(1000)), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
