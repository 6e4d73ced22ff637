//! Takes a regular expression apart into alternatives, each a row of simple parts.

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};
use std::collections::BTreeSet;

/// The most alternatives that an expression may have.
const MAX_ALTERNATIVES: usize = 256;

/// The most copies that a bounded repetition is written out to.
const MAX_COPIES: u32 = 4;

/// One part of an alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// This byte.
    Byte(u8),
    /// So many bytes of a set.
    Run {
        /// The set.
        set: Set,
        /// The fewest.
        min: u32,
        /// The most, `None` where there is no limit.
        max: Option<u32>,
    },
    /// One or more times some characters with a dot after them.
    Labels {
        /// The characters of a label.
        set: Set,
        /// Whether there may be as many labels as one likes.
        unbounded: bool,
    },
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
}

/// A set of ASCII characters.
pub type Set = BTreeSet<u8>;

/// Parses an expression in RE2's syntax, as far as it is that of the crate `regex`.
pub fn parse(regex: &str) -> Result<Hir, String> {
    regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(regex)
        .map_err(|_| String::from("the expression cannot be parsed"))
}

/// The alternatives of an expression over texts that consist of `alphabet`; what no such text can match is left out.
pub fn alternatives(hir: &Hir, alphabet: &Set) -> Result<Vec<Vec<Part>>, String> {
    match hir.kind() {
        HirKind::Empty => Ok(vec![Vec::new()]),
        HirKind::Literal(literal) => {
            let possible = literal.0.iter().all(|byte| alphabet.contains(byte));
            Ok(if possible { vec![literal.0.iter().copied().map(Part::Byte).collect()] } else { Vec::new() })
        }
        HirKind::Class(class) => Ok(of_set(set_of(class, alphabet))),
        HirKind::Look(Look::Start) => Ok(vec![vec![Part::Start]]),
        HirKind::Look(Look::End) => Ok(vec![vec![Part::End]]),
        HirKind::Look(_) => Err(String::from("it uses word boundaries or line anchors")),
        HirKind::Repetition(repetition) => repeat(repetition, alphabet),
        HirKind::Capture(capture) => alternatives(&capture.sub, alphabet),
        HirKind::Concat(list) => {
            let mut whole = vec![Vec::new()];
            for hir in list {
                whole = product(&whole, &alternatives(hir, alphabet)?)?;
            }
            Ok(whole)
        }
        HirKind::Alternation(list) => {
            let mut whole = Vec::new();
            for hir in list {
                whole.extend(alternatives(hir, alphabet)?);
            }
            check_count(whole)
        }
    }
}

/// The same alternatives without small classes: `[ab]c` becomes `ac` and `bc`.
pub fn write_out_classes(alternatives: Vec<Vec<Part>>) -> Vec<Vec<Part>> {
    let mut written = Vec::new();
    for parts in alternatives {
        let mut whole: Vec<Vec<Part>> = vec![Vec::new()];
        for part in parts {
            let choices: Vec<Part> = match &part {
                Part::Run { set, min: 1, max: Some(1) } if set.len() <= MAX_COPIES as usize => {
                    set.iter().copied().map(Part::Byte).collect()
                }
                _ => vec![part],
            };
            whole =
                product(&whole, &choices.into_iter().map(|part| vec![part]).collect::<Vec<_>>()).unwrap_or_default();
        }
        written.extend(whole);
    }
    written
}

fn set_of(class: &Class, alphabet: &Set) -> Set {
    let holds = |byte: u8| match class {
        Class::Bytes(class) => class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte)),
        Class::Unicode(class) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&char::from(byte)))
        }
    };
    alphabet.iter().copied().filter(|byte| holds(*byte)).collect()
}

fn of_set(set: Set) -> Vec<Vec<Part>> {
    match (set.len(), set.first()) {
        (1, Some(byte)) => vec![vec![Part::Byte(*byte)]],
        (0, _) => Vec::new(),
        _ => vec![vec![Part::Run { set, min: 1, max: Some(1) }]],
    }
}

fn repeat(repetition: &Repetition, alphabet: &Set) -> Result<Vec<Vec<Part>>, String> {
    let (min, max) = (repetition.min, repetition.max);
    let sub = alternatives(&repetition.sub, alphabet)?;
    if sub.is_empty() {
        return Ok(if min == 0 { vec![Vec::new()] } else { Vec::new() });
    }
    if (min, max) == (0, Some(1)) {
        return check_count([vec![Vec::new()], sub].concat());
    }
    if let [part] = sub.as_slice()
        && let [part] = part.as_slice()
        && let Some(set) = single(part)
    {
        return Ok(vec![vec![Part::Run { set, min, max }]]);
    }
    if let Some(set) = label_of(&sub) {
        let some = vec![Part::Labels { set, unbounded: min <= 1 && max.is_none() }];
        return Ok(if min == 0 { vec![Vec::new(), some] } else { vec![some] });
    }
    let Some(max) = max.filter(|max| *max <= MAX_COPIES) else {
        return Err(String::from("it repeats a group"));
    };
    let mut whole = Vec::new();
    let mut copies = vec![Vec::new()];
    for count in 0..=max {
        if count >= min {
            whole.extend(copies.iter().cloned());
        }
        copies = product(&copies, &sub)?;
    }
    check_count(whole)
}

/// The set of a part that stands for one character, or a run of them that can be repeated without meaning more.
fn single(part: &Part) -> Option<Set> {
    match part {
        Part::Byte(byte) => Some(Set::from([*byte])),
        Part::Run { set, min: 0 | 1, max: Some(1) | None } => Some(set.clone()),
        _ => None,
    }
}

/// The characters of a label, where the parts are `label.`.
fn label_of(sub: &[Vec<Part>]) -> Option<Set> {
    match sub {
        [parts] => match parts.as_slice() {
            [Part::Run { set, min: 0 | 1, max: None }, Part::Byte(b'.')] => Some(set.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn product(left: &[Vec<Part>], right: &[Vec<Part>]) -> Result<Vec<Vec<Part>>, String> {
    if left.len().saturating_mul(right.len()) > MAX_ALTERNATIVES {
        return Err(format!("it has more than {MAX_ALTERNATIVES} alternatives"));
    }
    Ok(left.iter().flat_map(|one| right.iter().map(move |other| [one.clone(), other.clone()].concat())).collect())
}

fn check_count(whole: Vec<Vec<Part>>) -> Result<Vec<Vec<Part>>, String> {
    match whole.len() {
        0..=MAX_ALTERNATIVES => Ok(whole),
        _ => Err(format!("it has more than {MAX_ALTERNATIVES} alternatives")),
    }
}
