//! Compiles a glob, so that it matches what globset says.
//!
//! globset parses the glob: its syntax, its error text. It hands out the meaning as a regular expression, which uses
//! very little of what regular expressions can do; that little is compiled here to a position automaton (Glushkov),
//! which is matched in one pass without allocation. globset's own engine stays out of the module: regex-automata would
//! cost every Envoy 15 to 20 MB and half a second of boot.
//!
//! | syntax | over a host | over a path |
//! |---|---|---|
//! | `?` | any one byte | any one byte but `/` |
//! | `*` | any run of bytes, dots among them | any run of bytes but `/` |
//! | `**` | refused: `*` covers every depth | see the next rows; elsewhere it is `*` |
//! | `**/` at the start | | nothing, or any leading segments |
//! | `/**` at the end | | `/` and anything: what is below, but not the path without the `/` |
//! | `/**/` in between | | `/`, or `/` with any segments in between |
//! | `[ab]`, `[a-z]` | one of these bytes | the same |
//! | `[!ab]`, `[^ab]` | any other byte | any other byte, `/` among them |
//! | `{a,b}` | one of these globs; they can be nested | the same |
//! | `\\` and a character | refused | that character |

use cors::glob::{Glob, Item, MAX_POSITIONS, Positions};
use globset::{ErrorKind, GlobBuilder};
use std::fmt;

/// The longest glob, in bytes: each position of the automaton stems from one byte at least.
pub const MAX_GLOB_BYTES: usize = MAX_POSITIONS;

/// What a wildcard may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wildcards {
    /// `*` and `?` stand for any bytes: a host, where `*` covers every depth.
    CrossSeparators,
    /// `*` and `?` stop at `/`, only `**` crosses it: a path.
    StayInSegment,
}

/// Why a glob cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GlobError {
    /// globset refuses it; the text is globset's.
    Syntax(ErrorKind),
    /// It has this many bytes, more than [`MAX_GLOB_BYTES`].
    TooLong(usize),
    /// globset's regular expression has a form that is not known here.
    UnknownForm,
}

impl fmt::Display for GlobError {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            GlobError::Syntax(kind) => kind.fmt(out),
            GlobError::TooLong(bytes) => {
                write!(out, "a glob has at most {MAX_GLOB_BYTES} bytes, this one has {bytes}")
            }
            GlobError::UnknownForm => out.write_str("this glob cannot be compiled"),
        }
    }
}

/// Compiles `text`, or says what is wrong with it.
pub fn compile(text: &str, wildcards: Wildcards) -> Result<Glob, GlobError> {
    check_length(text)?;
    let glob = GlobBuilder::new(text)
        .literal_separator(wildcards == Wildcards::StayInSegment)
        .backslash_escape(true)
        .build()
        .map_err(|error| GlobError::Syntax(error.kind().clone()))?;
    Compiler::compile(glob.regex()).ok_or(GlobError::UnknownForm)
}

/// Checks the length of a glob that is matched by its literal end or start. A star and literals are always a glob, and of
/// a hundred thousand rules globset would take a second to say so.
pub(crate) fn check_length(text: &str) -> Result<(), GlobError> {
    if text.len() > MAX_GLOB_BYTES { Err(GlobError::TooLong(text.len())) } else { Ok(()) }
}

/// A part of the expression: where it can begin and end, and whether it can be empty.
struct Part {
    first: Positions,
    last: Positions,
    matches_empty: bool,
}

impl Part {
    fn empty() -> Self {
        Part { first: Positions::default(), last: Positions::default(), matches_empty: true }
    }
}

/// Reads the expressions that globset writes: literals, escapes, `.`, classes, `(?:…|…)`, `*` and `?`.
struct Compiler<'a> {
    rest: &'a [u8],
    positions: Vec<Item>,
    follow: Vec<Positions>,
}

impl<'a> Compiler<'a> {
    fn compile(regex: &'a str) -> Option<Glob> {
        let body = regex.strip_prefix("(?-u)^")?.strip_suffix('$')?;
        let mut compiler = Compiler { rest: body.as_bytes(), positions: Vec::new(), follow: Vec::new() };
        let whole = compiler.sequence()?;
        let fits = compiler.rest.is_empty() && compiler.positions.len() <= MAX_GLOB_BYTES;
        let Part { first, last, matches_empty } = whole;
        fits.then(|| Glob::new(&compiler.positions, &compiler.follow, first, last, matches_empty))
    }

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn skip(&mut self, text: &[u8]) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sequence(&mut self) -> Option<Part> {
        let mut whole = Part::empty();
        while !matches!(self.rest.first(), None | Some(b'|' | b')')) {
            let part = self.repeated()?;
            self.link(&whole.last, &part.first);
            if whole.matches_empty {
                whole.first.add_all(&part.first);
            }
            if !part.matches_empty {
                whole.last = Positions::default();
            }
            whole.last.add_all(&part.last);
            whole.matches_empty &= part.matches_empty;
        }
        Some(whole)
    }

    fn repeated(&mut self) -> Option<Part> {
        let mut part = self.atom()?;
        if self.skip(b"*") {
            self.link(&part.last, &part.first);
            part.matches_empty = true;
        } else if self.skip(b"?") {
            part.matches_empty = true;
        }
        Some(part)
    }

    fn atom(&mut self) -> Option<Part> {
        if self.skip(b"(?:") {
            return self.alternatives();
        }
        let item = match self.next()? {
            b'.' => Item::Any,
            b'[' => self.class()?,
            b'\\' => Item::Byte(self.escaped()?),
            byte => Item::Byte(byte),
        };
        let position = Positions::single(self.positions.len());
        self.positions.push(item);
        self.follow.push(Positions::default());
        Some(Part { first: position, last: position, matches_empty: false })
    }

    fn alternatives(&mut self) -> Option<Part> {
        let mut whole = self.sequence()?;
        while self.skip(b"|") {
            let part = self.sequence()?;
            whole.first.add_all(&part.first);
            whole.last.add_all(&part.last);
            whole.matches_empty |= part.matches_empty;
        }
        self.skip(b")").then_some(whole)
    }

    fn class(&mut self) -> Option<Item> {
        let negated = self.skip(b"^");
        let mut ranges = Vec::new();
        while !self.skip(b"]") {
            let low = self.class_byte()?;
            let high = if self.skip(b"-") { self.class_byte()? } else { low };
            ranges.push((low, high));
        }
        Some(Item::Class { negated, ranges: ranges.into_boxed_slice() })
    }

    fn class_byte(&mut self) -> Option<u8> {
        match self.next()? {
            b'\\' => self.escaped(),
            byte => Some(byte),
        }
    }

    /// What follows a backslash: `x` and two hexadecimal digits for a byte that is not ASCII, or the byte itself.
    fn escaped(&mut self) -> Option<u8> {
        match self.next()? {
            b'x' => {
                let high = char::from(self.next()?).to_digit(16)?;
                let low = char::from(self.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()
            }
            byte => Some(byte),
        }
    }

    fn link(&mut self, from: &Positions, to: &Positions) {
        for position in from.iter() {
            if let Some(follow) = self.follow.get_mut(position) {
                follow.add_all(to);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(glob: &str, text: &str) -> bool {
        compile(glob, Wildcards::CrossSeparators).unwrap().is_match(text.as_bytes())
    }

    fn path(glob: &str, text: &str) -> bool {
        compile(glob, Wildcards::StayInSegment).unwrap().is_match(text.as_bytes())
    }

    #[test]
    fn a_host_star_covers_every_depth_and_never_the_bare_domain() {
        assert!(host("*.example.com", "a.example.com"));
        assert!(host("*.example.com", "a.b.example.com"));
        assert!(!host("*.example.com", "example.com"));
        assert!(!host("*.example.com", "a.example.com.evil.test"));
        assert!(host("pr-*.preview.example.com", "pr-7.preview.example.com"));
    }

    #[test]
    fn classes_alternatives_and_single_wildcards() {
        assert!(host("app[0-9].example.com", "app7.example.com"));
        assert!(!host("app[0-9].example.com", "appx.example.com"));
        assert!(host("app[!x].example.com", "appy.example.com"));
        assert!(!host("app[!x].example.com", "appx.example.com"));
        assert!(host("{app,admin}.example.com", "admin.example.com"));
        assert!(!host("{app,admin}.example.com", "appadmin.example.com"));
        assert!(host("{app,pr-*}-{a,b}.example.com", "pr-1-b.example.com"));
        assert!(host("app?.example.com", "app1.example.com"));
        assert!(!host("app?.example.com", "app.example.com"));
    }

    #[test]
    fn a_path_star_stays_in_its_segment_and_two_cross() {
        assert!(path("/api/*", "/api/a"));
        assert!(!path("/api/*", "/api/a/b"));
        assert!(path("/api/**", "/api/a/b"));
        assert!(!path("/api/**", "/api"));
        assert!(path("/a/**/z", "/a/z"));
        assert!(path("/a/**/z", "/a/b/c/z"));
        assert!(path("**", "/anything/at/all"));
        assert!(path("**/z", "/a/z"));
    }

    #[test]
    fn errors_are_in_globset_s_words() {
        let error = |glob: &str| compile(glob, Wildcards::CrossSeparators).unwrap_err().to_string();
        assert_eq!(error("[a"), "unclosed character class; missing ']'");
        assert_eq!(error("{a"), "unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)");
        assert_eq!(error(&"a".repeat(257)), "a glob has at most 256 bytes, this one has 257");
    }

    #[test]
    fn the_longest_glob_is_matched() {
        let glob = format!("{}*", "a".repeat(255));
        assert!(host(&glob, &"a".repeat(300)));
        assert!(!host(&glob, &"a".repeat(254)));
    }
}
