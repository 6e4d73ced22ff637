//! How a browser spells an origin, a host or a path that is written otherwise: Punycode, Unicode normalisation and lower
//! case, addresses, default ports. By the crates `url` and `idna`, which do as the URL standard says.

use document::match_rule::compile_match;
use document::reader::Text;
use document::shape::MatchDocument;
use url::{Host, Url};

/// What starts or ends a wildcard.
const WILDCARDS: [char; 6] = ['*', '?', '[', ']', '{', '}'];

/// The rule that a refused text of `allow_origins` was meant to be; `None` where the text is a rule already, or where no
/// spelling is near.
pub fn origin(rule: &str) -> Option<String> {
    if matches!(rule, "*" | "null") || document::origin_rule::parse(rule).is_ok() {
        return None;
    }
    let (scheme, rest) = split_scheme(rule.trim())?;
    let (host, port) = split_port(authority(rest));
    let host = respell_host(host)?;
    let default = match scheme.as_str() {
        "http" | "ws" => "80",
        "https" | "wss" => "443",
        "ftp" => "21",
        _ => "",
    };
    let port = port.map(|port| if port.starts_with('0') { port.trim_start_matches('0') } else { port });
    let rule = match port {
        Some(port) if !port.is_empty() && port != default => format!("{scheme}://{host}:{port}"),
        _ => format!("{scheme}://{host}"),
    };
    document::origin_rule::parse(&rule).is_ok().then_some(rule)
}

/// The host that a refused text of `match.hosts` was meant to be.
pub fn host(text: &str) -> Option<String> {
    let rest = text.trim().split_once("://").map_or(text.trim(), |(_, rest)| rest);
    let host = respell_host(split_port(authority(rest)).0)?;
    let matches = MatchDocument { hosts: Some(vec![item(&host)]), ..MatchDocument::default() };
    (host != text && is_accepted(&matches)).then_some(host)
}

/// The path that a refused text of `match.paths` was meant to be: as it goes over the wire.
pub fn path(text: &str) -> Option<String> {
    let mut path = String::new();
    for char in text.chars() {
        match char {
            '!'..='~' => path.push(char),
            _ => path.extend(char.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02X}"))),
        }
    }
    let matches = MatchDocument { paths: Some(vec![item(&path)]), ..MatchDocument::default() };
    (path != text && !text.contains(char::is_control) && is_accepted(&matches)).then_some(path)
}

fn item(text: &str) -> Text {
    Text { path: String::new(), text: text.to_owned() }
}

fn is_accepted(matches: &MatchDocument) -> bool {
    let mut problems = Vec::new();
    compile_match(matches, &mut problems);
    problems.is_empty()
}

/// The scheme in lower case, and what follows it; https where there is a bare host.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme, rest),
        None => match text.split_once(':') {
            Some((scheme, rest)) if ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()) => {
                (scheme, rest.trim_start_matches('/'))
            }
            _ if text.contains('@') => return None,
            _ => ("https", text),
        },
    };
    let scheme = scheme.to_ascii_lowercase();
    (scheme != "file").then_some((scheme, rest))
}

/// User, host and port without what follows them, then without the user.
fn authority(rest: &str) -> &str {
    let is_end = |char| matches!(char, '/' | '\\' | '#');
    let authority = rest.split(is_end).next().unwrap_or_default();
    // A question mark is a wildcard, or the start of a query, which has an equals sign.
    let authority = match authority.split_once('?') {
        Some((front, query)) if query.contains('=') => front,
        _ => authority,
    };
    authority.rsplit('@').next().unwrap_or_default()
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && (!host.contains(':') || host.ends_with(']')) => (host, Some(port)),
        _ => (authority, None),
    }
}

/// A host as a browser writes it.
fn respell_host(host: &str) -> Option<String> {
    // An IPv6 address without its brackets.
    if host.parse::<std::net::Ipv6Addr>().is_ok() {
        return respell_host(&format!("[{host}]"));
    }
    let is_address = host.starts_with('[') && host.contains(':');
    if is_address || !host.contains(WILDCARDS) {
        // By way of a URL of a special scheme, whose host is parsed as such.
        let url =
            Url::parse(&format!("https://{host}")).ok().filter(|url| url.path() == "/" && url.query().is_none())?;
        return match url.host()? {
            Host::Domain(domain) => Some(domain.trim_end_matches('.').to_owned()),
            Host::Ipv4(address) => Some(address.to_string()),
            Host::Ipv6(_) => url.host_str().map(str::to_owned),
        };
    }
    let labels: Vec<String> = host.trim_end_matches('.').split('.').map(respell_label).collect::<Option<_>>()?;
    Some(labels.join("."))
}

/// A label of a glob. Its letters can be turned into Punycode only where the label holds no wildcard.
fn respell_label(label: &str) -> Option<String> {
    if !label.contains(WILDCARDS) {
        return idna::domain_to_ascii(label).ok();
    }
    label.is_ascii().then(|| label.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_spelled_as_a_browser_would() {
        for (text, rule) in [
            ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
            // The same letter as u and a combining diaeresis.
            ("https://bu\u{308}cher.example", "https://xn--bcher-kva.example"),
            ("https://ａｐｐ.example", "https://app.example"),
            ("https://ΠΑΡΆΔΕΙΓΜΑ.example", "https://xn--hxajbheg2az3al.example"),
            ("https://例え。テスト", "https://xn--r8jz45g.xn--zckzah"),
            ("https://*.BÜCHER.example", "https://*.xn--bcher-kva.example"),
            ("https://faß.example", "https://xn--fa-hia.example"),
            ("http://0x7f.1", "http://127.0.0.1"),
            ("http://2130706433:8080", "http://127.0.0.1:8080"),
            ("http://0177.0.0.01", "http://127.0.0.1"),
            ("http://[::FFFF:1.2.3.4]", "http://[::ffff:102:304]"),
            ("http://::1", "http://[::1]"),
            ("https://a.example:443/path?q#f", "https://a.example"),
            ("HTTP://A.example:080", "http://a.example"),
            ("https://user:pass@a.example:08443/", "https://a.example:8443"),
            ("  https://a.example. ", "https://a.example"),
            ("http://LOCALHOST:*", "http://localhost:*"),
            ("a.example", "https://a.example"),
            ("https:a.example", "https://a.example"),
            ("Capacitor://localhost/", "capacitor://localhost"),
            ("https://a.example?x=1", "https://a.example"),
            ("https://PR-[0-9].example.com/", "https://pr-[0-9].example.com"),
        ] {
            assert_eq!(origin(text).as_deref(), Some(rule), "{text}");
        }
    }

    #[test]
    fn what_has_no_near_spelling_is_left_alone() {
        for text in [
            "*",
            "null",
            "https://a.example",
            "https://*.example.com",
            "",
            "https://",
            "file:///etc/passwd",
            "a@b.example",
            "https://a b.example",
            "https://bü*.example.com",
            "http://1.2.3.256",
            "*://a.example",
            "http://[::g]",
        ] {
            assert_eq!(origin(text), None, "{text}");
        }
    }

    #[test]
    fn hosts_and_paths_are_spelled_as_they_go_over_the_wire() {
        assert_eq!(host("https://BÜCHER.example:8443/x").as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(host("*.bücher.example").as_deref(), Some("*.xn--bcher-kva.example"));
        assert_eq!(host("127.1").as_deref(), Some("127.0.0.1"));
        assert_eq!(host("[::0001]:80").as_deref(), Some("[::1]"));
        assert_eq!(host("a b"), None);
        assert_eq!(path("/café/**").as_deref(), Some("/caf%C3%A9/**"));
        assert_eq!(path("/a b"), Some(String::from("/a%20b")));
        assert_eq!(path("/a//b"), None);
        assert_eq!(path("/a\u{0}"), None);
    }
}
