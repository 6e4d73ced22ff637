//! Hosts and paths of routes, as globs of `match`.

use super::note::{Code, Remark, quote};
use super::regex_parts::{self, Part, Set};
use serde_json::json;

/// Globs, `None` for everything.
pub type Globs = Option<Vec<String>>;

/// This path only.
pub fn exact(path: &str) -> Result<Globs, Remark> {
    checked(vec![escape(path)], path)
}

/// The path and what is under it, element by element: `/a` and `/a/b`, not `/ab`.
pub fn subtree(path: &str) -> Result<Globs, Remark> {
    let path = path.trim_end_matches('/');
    if path.is_empty() {
        return Ok(None);
    }
    let glob = escape(path);
    checked(vec![glob.clone(), format!("{glob}/**")], path)
}

/// All paths that begin with a text, `/ab` with `/a` included.
pub fn prefix(text: &str) -> Result<Globs, Remark> {
    if matches!(text, "" | "/") {
        return Ok(None);
    }
    let glob = escape(text);
    let globs =
        if text.ends_with('/') { vec![format!("{glob}**")] } else { vec![format!("{glob}*"), format!("{glob}*/**")] };
    checked(globs, text)
}

/// Where an expression has to match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchors {
    /// The whole path.
    Whole,
    /// The start of the path.
    Start,
}

/// The paths that an expression matches, where they are single paths and whole trees.
pub fn regex(regex: &str, anchors: Anchors) -> Result<Globs, Remark> {
    let refuse = |reason: &str| {
        let detail = format!("the path expression {} is not carried over: {reason}", quote(regex));
        Remark::new(Code::PathNotCarried, detail)
    };
    let alphabet: Set = (0x21..=0x7e).filter(|byte| *byte != b'?' && *byte != b'#').collect();
    let alternatives = regex_parts::parse(regex).and_then(|hir| regex_parts::alternatives(&hir, &alphabet));
    let mut globs: Vec<String> = Vec::new();
    for parts in regex_parts::write_out_classes(alternatives.map_err(|reason| refuse(&reason))?) {
        let parts = match parts.split_first() {
            Some((Part::Start, rest)) => rest,
            _ => parts.as_slice(),
        };
        let text: String = parts
            .iter()
            .map_while(|part| if let Part::Byte(byte) = part { Some(char::from(*byte)) } else { None })
            .collect();
        let rest = parts.get(text.len()..).unwrap_or_default();
        let is_any = |part: &Part| matches!(part, Part::Run { set, min: 0, max: None } if *set == alphabet);
        let of_alternative = match rest {
            [] if anchors == Anchors::Whole => exact(&text),
            [] => prefix(&text),
            [Part::End, rest @ ..] if rest.iter().all(|part| is_any(part) || *part == Part::End) => exact(&text),
            [any, rest @ ..] if is_any(any) && rest.iter().all(|part| *part == Part::End) => prefix(&text),
            _ => return Err(refuse("no glob means the same")),
        };
        match of_alternative {
            Ok(Some(found)) => globs.extend(found),
            Ok(None) => return Ok(None),
            Err(remark) => return Err(remark),
        }
    }
    if globs.is_empty() {
        return Err(refuse("it matches no path"));
    }
    let mut unique: Vec<String> = Vec::new();
    for glob in globs {
        if !unique.contains(&glob) {
            unique.push(glob);
        }
    }
    Ok(Some(unique))
}

/// A host of a route, in lower case and without port; `None` for any.
pub fn host(host: &str) -> (Result<Option<String>, Remark>, Option<Remark>) {
    let lower = host.to_ascii_lowercase();
    if lower == "*" {
        return (Ok(None), None);
    }
    let (name, port) = match lower.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (lower.as_str(), None),
    };
    let changed = port.map(|port| {
        Remark::new(
            Code::HostPort,
            format!("{host:?}: hosts are compared without port, so the policy is not limited to port {port}"),
        )
    });
    match is_loaded(&json!({ "hosts": [name] })) {
        true => (Ok(Some(name.to_owned())), changed),
        false => (Err(Remark::new(Code::HostNotCarried, format!("the host {host:?} is not carried over"))), None),
    }
}

fn checked(globs: Vec<String>, path: &str) -> Result<Globs, Remark> {
    match is_loaded(&json!({ "paths": globs })) {
        true => Ok(Some(globs)),
        false => Err(Remark::new(
            Code::PathNotCarried,
            format!("the path {path:?} is not carried over: it can be read in two ways"),
        )),
    }
}

fn is_loaded(matches: &serde_json::Value) -> bool {
    let document = json!({ "match": matches, "allow_origins": ["*"] });
    document::load(document.to_string().as_bytes()).is_ok()
}

fn escape(path: &str) -> String {
    let mut escaped = String::new();
    for char in path.chars() {
        if matches!(char, '*' | '?' | '[' | ']' | '{' | '}' | '\\') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(texts: &[&str]) -> Globs {
        Some(texts.iter().map(|text| (*text).to_owned()).collect())
    }

    #[test]
    fn paths_become_globs_that_mean_the_same() {
        assert_eq!(exact("/a[1]").unwrap(), globs(&["/a\\[1\\]"]));
        assert_eq!(subtree("/a/").unwrap(), globs(&["/a", "/a/**"]));
        assert_eq!(subtree("/").unwrap(), None);
        assert_eq!(prefix("/a").unwrap(), globs(&["/a*", "/a*/**"]));
        assert_eq!(prefix("/a/").unwrap(), globs(&["/a/**"]));
        assert!(exact("/a//b").is_err());
    }

    #[test]
    fn path_expressions_become_globs_where_they_are_paths_and_trees() {
        use Anchors::{Start, Whole};
        for (text, anchors, expected) in [
            ("/api(/|$)(.*)", Start, Some(globs(&["/api/**", "/api"]))),
            ("/api/(.*)", Start, Some(globs(&["/api/**"]))),
            ("/api", Start, Some(globs(&["/api*", "/api*/**"]))),
            ("/api", Whole, Some(globs(&["/api"]))),
            ("/(a|b)/.*", Whole, Some(globs(&["/a/**", "/b/**"]))),
            ("/(.*)", Start, Some(None)),
            ("/api/?(.*)", Start, Some(globs(&["/api*", "/api*/**", "/api/**"]))),
            (r"/users/\d+", Whole, None),
            (r"/.*\.json", Whole, None),
        ] {
            assert_eq!(regex(text, anchors).ok(), expected, "{text}");
        }
    }
}
