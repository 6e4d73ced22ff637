//! Text in front of and behind another.

/// The text before and after the first `at`, as `str::split_once` has it: the searcher of the standard library, which is
/// made for long texts, would be a hundredth of the module.
pub(crate) fn cut<'a>(text: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let start = text.as_bytes().windows(at.len()).position(|window| window == at.as_bytes())?;
    Some((text.get(..start)?, text.get(start + at.len()..)?))
}

/// Whether `part` is in `text`.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    cut(text, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_the_first_place() {
        assert_eq!(cut("a://b://c", "://"), Some(("a", "b://c")));
        assert_eq!(cut("://", "://"), Some(("", "")));
        assert_eq!(cut(":/", "://"), None);
        assert_eq!(cut("ü..ü", ".."), Some(("ü", "ü")));
    }
}
