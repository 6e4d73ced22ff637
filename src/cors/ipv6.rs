//! IPv6 addresses in the one spelling that browsers give each (URL, "IPv6 serializer"): as RFC 5952 says, but without a
//! dotted IPv4 tail. The standard library's parser takes other spellings as well, and its writer may panic.

/// The groups of an address.
const GROUPS: u32 = 8;

/// Whether an address, without its brackets, is spelled as a browser does.
pub fn is_canonical(text: &[u8]) -> bool {
    match text.windows(2).position(|pair| pair == b"::") {
        None => groups(text).is_some_and(|(count, zeros)| count == GROUPS && longest_run(zeros).1 < 2),
        Some(gap) => has_canonical_gap(text.get(..gap), text.get(gap + 2..)).unwrap_or(false),
    }
}

/// Whether what is left out between these groups is what is to be left out: the first of the longest runs of zeros.
fn has_canonical_gap(before: Option<&[u8]>, behind: Option<&[u8]>) -> Option<bool> {
    let ((before, zeros_before), (behind, zeros_behind)) = (groups(before?)?, groups(behind?)?);
    let gap = GROUPS.checked_sub(before + behind)?;
    let zeros = zeros_before | ((1 << gap) - 1) << before | zeros_behind << (before + gap);
    Some(gap >= 2 && longest_run(zeros) == (before, gap))
}

/// How many groups there are, and which of them are zero, one bit each.
fn groups(text: &[u8]) -> Option<(u32, u32)> {
    let (mut count, mut zeros) = (0, 0);
    for group in text.split(|byte| *byte == b':').filter(|_| !text.is_empty()) {
        let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_zero = group == b"0";
        if count == GROUPS
            || group.len() > 4
            || !group.iter().all(is_hex)
            || !is_zero && matches!(group, [] | [b'0', ..])
        {
            return None;
        }
        zeros |= u32::from(is_zero) << count;
        count += 1;
    }
    Some((count, zeros))
}

/// Where the first of the longest runs of zeros begins, and its length.
fn longest_run(zeros: u32) -> (u32, u32) {
    let (mut longest, mut length) = ((0, 0), 0);
    for at in 0..=GROUPS {
        if zeros >> at & 1 == 1 {
            length += 1;
        } else {
            if length > longest.1 {
                longest = (at - length, length);
            }
            length = 0;
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_spelled_in_one_way() {
        for zeros in 0..256_u16 {
            let groups = std::array::from_fn::<u16, 8, _>(|at| if zeros >> at & 1 == 1 { 0 } else { 0xa0 + at as u16 });
            let text = std::net::Ipv6Addr::from(groups).to_string();
            assert!(is_canonical(text.as_bytes()), "{text}");
            let long = groups.map(|group| format!("{group:x}")).join(":");
            assert_eq!(is_canonical(long.as_bytes()), text == long, "{long}");
        }
        for text in [
            "",
            ":",
            ":::",
            "1::2::3",
            "1:2:3:4:5:6:7:8:9",
            "::1:2:3:4:5:6:7",
            "0::1",
            "1:2:3:4:5:6:7::",
            "00::1",
            "::01",
            "::12345",
        ] {
            assert!(!is_canonical(text.as_bytes()), "{text}");
        }
        for text in ["::", "::1", "1::", "::ffff:102:304", "1:0:0:2::", "1::2:0:0:3:4"] {
            assert!(is_canonical(text.as_bytes()), "{text}");
        }
    }
}
