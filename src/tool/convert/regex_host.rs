//! The host of an expression, as globs.

use super::note::{Code, Remark};
use super::regex_parts::{Part, Set};

/// The longest bounded run that is written out: `[0-9][0-9]`.
const MAX_WRITTEN_OUT: u32 = 4;

/// The globs that cover what the parts match, none where no host looks so; `Err` where no glob comes near.
pub fn globs(parts: &[Part], what: &str, remarks: &mut Vec<Remark>) -> Result<Vec<String>, String> {
    let mut globs = vec![String::new()];
    for (at, part) in parts.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| parts.get(at));
        let texts = match part {
            Part::Byte(byte) if is_host_byte(*byte) => vec![char::from(*byte).to_string()],
            Part::Byte(_) => return Ok(Vec::new()),
            Part::Run { set, min, max: Some(max) } if *max <= MAX_WRITTEN_OUT => {
                let Some(one) = one_of(set) else { return Ok(Vec::new()) };
                (*min..=*max).map(|count| one.repeat(count as usize)).collect()
            }
            Part::Run { set, min, max } => vec![star(set, *min, *max, before, parts.get(at + 1), what, remarks)],
            Part::Labels { set, unbounded } => {
                if !unbounded || !is_label(set) {
                    remarks.push(wider(what));
                }
                vec![String::from("*.")]
            }
            Part::Start | Part::End => return Err(String::from("it has an anchor in the middle")),
        };
        globs = globs.iter().flat_map(|glob| texts.iter().map(move |text| format!("{glob}{text}"))).collect();
        if globs.len() > 64 {
            return Err(String::from("it has too many alternatives"));
        }
    }
    for glob in &mut globs {
        while glob.contains("**") {
            *glob = glob.replace("**", "*");
        }
    }
    Ok(globs)
}

fn is_host_byte(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.')
}

fn host_bytes() -> impl Iterator<Item = u8> {
    (0..=127).filter(|byte| is_host_byte(*byte))
}

/// Whether a set holds all that hosts consist of.
pub fn is_every(set: &Set) -> bool {
    host_bytes().all(|byte| set.contains(&byte))
}

/// Whether a set holds all that labels consist of.
fn is_label(set: &Set) -> bool {
    host_bytes().filter(|byte| *byte != b'.').all(|byte| set.contains(&byte))
}

/// One character of a set, as a glob; `None` where no host has it.
fn one_of(set: &Set) -> Option<String> {
    let set: Vec<u8> = set.iter().copied().filter(|byte| is_host_byte(*byte)).collect();
    if set.len() == host_bytes().count() {
        return Some(String::from("?"));
    }
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    for byte in set.iter().copied().filter(|byte| *byte != b'-') {
        match ranges.last_mut() {
            Some((_, high)) if *high + 1 == byte => *high = byte,
            _ => ranges.push((byte, byte)),
        }
    }
    let mut class: String = ranges
        .iter()
        .map(|(low, high)| match high - low {
            0 => char::from(*low).to_string(),
            1 => format!("{}{}", char::from(*low), char::from(*high)),
            _ => format!("{}-{}", char::from(*low), char::from(*high)),
        })
        .collect();
    // Literal where it comes last.
    if set.contains(&b'-') {
        class.push('-');
    }
    match set.as_slice() {
        [] => None,
        [one] => Some(char::from(*one).to_string()),
        _ => Some(format!("[{class}]")),
    }
}

fn star(
    set: &Set,
    min: u32,
    max: Option<u32>,
    before: Option<&Part>,
    after: Option<&Part>,
    what: &str,
    remarks: &mut Vec<Remark>,
) -> String {
    let is_exact = is_every(set) && max.is_none();
    if !is_exact || min > 1 {
        remarks.push(wider(what));
        return String::from("*");
    }
    // A label is never empty: between dots, a star stands for one character at least.
    let is_edge = |part: Option<&Part>| part.is_none_or(|part| *part == Part::Byte(b'.'));
    let starts_label = is_edge(before) || matches!(before, Some(Part::Labels { .. }));
    String::from(if min == 0 || starts_label && is_edge(after) { "*" } else { "?*" })
}

/// The remark that a wildcard covers more than it did.
pub fn wider(what: &str) -> Remark {
    let detail = format!("{what}: the rule's `*` covers any characters, and names at every depth");
    Remark::new(Code::WildcardWider, detail)
}
