//! Paths: which can be read in two ways.

/// The path without its query.
pub fn without_query(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// Whether two servers could read the path differently.
pub fn is_ambiguous(path: &str) -> bool {
    let path = without_query(path);
    path.len() > 4096
        || path.contains("//")
        || path.contains('\\')
        || path.split('/').any(|segment| segment == "." || segment == "..")
        || escapes(path).iter().any(|escaped| matches!(escaped, '/' | '\\') || is_unreserved(*escaped))
}

/// RFC 3986, "Unreserved Characters".
fn is_unreserved(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '.' | '_' | '~')
}

/// What the escapes of a path stand for.
fn escapes(path: &str) -> Vec<char> {
    let chars: Vec<char> = path.chars().collect();
    let mut found = Vec::new();
    for triple in chars.windows(3) {
        if let ['%', high, low] = triple
            && let (Some(high), Some(low)) = (high.to_digit(16), low.to_digit(16))
        {
            found.push(char::from((high * 16 + low) as u8));
        }
    }
    found
}

/// What a server that resolves everything would read: escapes of what needs none undone, slashes merged, dot segments
/// resolved (RFC 3986, "Syntax-Based Normalization").
pub fn resolved(path: &str) -> String {
    let mut text = without_query(path).to_owned();
    for char in (0..128_u8).map(char::from).filter(|char| is_unreserved(*char) || matches!(char, '/' | '\\')) {
        let escape = format!("%{:02x}", u32::from(char));
        for spelling in [escape.to_ascii_uppercase(), escape] {
            text = text.replace(&spelling, &char.to_string());
        }
    }
    let mut kept: Vec<&str> = Vec::new();
    let text = text.replace('\\', "/");
    let segments: Vec<&str> = text.split('/').collect();
    let last = segments.len() - 1;
    for (at, segment) in segments.iter().enumerate() {
        match *segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
        if at == last && matches!(*segment, "" | "." | "..") {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}
