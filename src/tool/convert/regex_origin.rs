//! Origins from regular expressions: rules that mean the same, and what is different.

use super::note::{Code, Remark, quote};
use super::regex_host;
use super::regex_parts::{self, Part, Set};
use super::text_origin::{self, Rules};

/// The most ports that rules are written out for.
const MAX_PORTS: usize = 20;

/// The rules for an expression that has to match a whole origin, as RE2's full match does.
pub fn rules(regex: &str) -> Rules {
    let what = format!("the expression {}", quote(regex));
    let not_carried = |reason: &str| {
        Rules::none(Code::OriginNotCarried, format!("{what} is not carried over: {reason}; list the intended origins"))
    };
    let Ok(whole) = regex::bytes::RegexBuilder::new(&format!("^(?:{regex})$")).unicode(false).build() else {
        return not_carried("it cannot be parsed");
    };
    // Envoy asks each matcher about the literal "*" first.
    if whole.is_match(b"*") {
        return Rules::of(["*"]);
    }
    let alternatives = match regex_parts::parse(regex).and_then(|hir| regex_parts::alternatives(&hir, &alphabet())) {
        Ok(alternatives) => alternatives,
        Err(reason) => return not_carried(&reason),
    };
    let mut found = Rules::default();
    for parts in &alternatives {
        match of_alternative(parts, &what) {
            Ok(rules) => found.extend(rules),
            Err(reason) => found.extend(not_carried(&reason)),
        }
    }
    if whole.is_match(b"null") && !found.rules.iter().any(|rule| rule == "null") {
        found.extend(not_carried("it also matches the origin null"));
    }
    if found.rules.is_empty() && found.remarks.is_empty() {
        return Rules::none(Code::NeverMatches, format!("{what} matches no origin that browsers send; it is left out"));
    }
    text_origin::tidy_ports(found)
}

/// What origins consist of.
fn alphabet() -> Set {
    (b'a'..=b'z').chain(b'0'..=b'9').chain(*b"-_.:/+[]").collect()
}

/// The rules of one alternative; none where no browser sends such an origin.
fn of_alternative(parts: &[Part], what: &str) -> Result<Rules, String> {
    let every = alphabet();
    // A dot that is not escaped: a dot is what was meant.
    let is_any = |part: &Part| matches!(part, Part::Run { set, min: 1, max: Some(1) } if *set == every);
    let with_dots: Vec<Part> =
        strip_anchors(parts)?.iter().map(|part| if is_any(part) { Part::Byte(b'.') } else { part.clone() }).collect();
    let found = of_meant(&with_dots, what)?;
    let has_any = parts.iter().any(is_any);
    // Such as `https:./`: other characters than a dot make an origin of it.
    let could_be_origin = parts
        .windows(3)
        .any(|parts| parts.iter().zip(b"://").all(|(part, byte)| is_any(part) || *part == Part::Byte(*byte)));
    if has_any && could_be_origin && found.rules.is_empty() {
        return Err(String::from("it has a dot that is not escaped where no origin has a dot"));
    }
    Ok(match has_any && !found.rules.is_empty() {
        true => found.with(
            Code::Lookalikes,
            format!("{what} has a dot that is not escaped and matched any character; the rule has a dot there"),
        ),
        false => found,
    })
}

fn of_meant(parts: &[Part], what: &str) -> Result<Rules, String> {
    if let Some(text) = literal(parts) {
        return Ok(text_origin::exact_in_expression(&text));
    }
    let leading: String = parts.iter().map_while(byte).collect();
    if let Some((scheme, _)) = leading.split_once("://") {
        return of_authority(scheme, parts.get(scheme.len() + 3..).unwrap_or_default(), what);
    }
    let (wildcard, rest) = match parts.get(leading.len()..).and_then(<[Part]>::split_first) {
        Some((Part::Run { set, max: None, .. }, rest)) if matches!(leading.as_str(), "" | "http" | "https") => {
            (set, rest)
        }
        _ => return Err(String::from("it does not begin with a scheme")),
    };
    let is_any = wildcard.contains(&b':') && wildcard.contains(&b'/');
    let mut found = if let Some(rest) = rest.strip_prefix(b"://".map(Part::Byte).as_slice()) {
        of_authority("https", rest, what)?
    } else if !is_any {
        return Err(String::from("it does not begin with a scheme"));
    } else if rest.is_empty() {
        of_authority("https", &[Part::Run { set: wildcard.clone(), min: 0, max: None }], what)?
    } else if rest.first() == Some(&Part::Byte(b'.')) {
        let labels =
            Part::Run { set: alphabet().into_iter().filter(|byte| *byte != b':').collect(), min: 1, max: None };
        let mut found = of_authority("https", &[&[labels], rest].concat(), what)?;
        if !regex_host::is_every(wildcard) && !found.rules.is_empty() {
            found.remarks.push(regex_host::wider(what));
        }
        found
    } else {
        // `.*example\.com`: what was meant is the domain and those under it, as with a suffix.
        let domain = of_authority("https", rest, what)?;
        let is_plain = |rule: &String| {
            rule.strip_prefix("https://").is_some_and(|rest| rest.contains('.') && !rest.starts_with('*'))
        };
        if !domain.rules.iter().all(is_plain) {
            return Err(String::from("it also matches hosts of other owners"));
        }
        // No wildcard covers a host with a dot at its end.
        let is_rule = |rule: &String| document::origin_rule::parse(rule).is_ok();
        let below = domain.rules.iter().map(|rule| rule.replacen("://", "://*.", 1)).filter(is_rule).collect();
        let mut found = domain.with(
            Code::Lookalikes,
            format!("{what} also matched hosts of other owners that end in the same letters; they are left out"),
        );
        found.extend(Rules { rules: below, remarks: Vec::new() });
        found
    };
    found.remarks.insert(0, text_origin::other_schemes(what));
    Ok(found)
}

/// The rules for what follows `://`.
fn of_authority(scheme: &str, parts: &[Part], what: &str) -> Result<Rules, String> {
    if parts.first() == Some(&Part::Byte(b'[')) {
        return match literal(parts) {
            Some(text) => Ok(text_origin::exact_in_expression(&format!("{scheme}://{text}"))),
            None => Err(String::from("it describes IPv6 addresses")),
        };
    }
    let mut remarks = Vec::new();
    let colon = parts.iter().position(|part| *part == Part::Byte(b':'));
    let (host, port) = match colon {
        Some(colon) => (parts.get(..colon), parts.get(colon + 1..)),
        None => (Some(parts), None),
    };
    let mut host = host.unwrap_or_default();
    let ports = match (port, host.split_last()) {
        (Some(port), _) => ports(port, what, &mut remarks)?,
        // A wildcard at the end that stands for ports as well.
        (None, Some((Part::Run { set, max, .. }, front))) if *max != Some(1) && set.contains(&b':') => {
            if let Some(name) = literal(front).filter(|name| text_origin::is_whole_host(name)) {
                host = front;
                remarks.push(Remark::new(Code::Lookalikes, format!(
                    "{what} also matched hosts of other owners, such as {name}.evil.example; the rule covers {name} with any port"
                )));
                remarks.push(Remark::new(Code::AnyPort, format!("{what}: `:*` covers every port")));
            }
            vec![String::from(":*")]
        }
        (None, _) => vec![String::new()],
    };
    if hides_port(host) {
        return Err(String::from("a wildcard in its host may stand for a port as well"));
    }
    let hosts = regex_host::globs(host, what, &mut remarks)?;
    let rules = hosts.iter().flat_map(|host| ports.iter().map(move |port| format!("{scheme}://{host}{port}")));
    let rules: Vec<String> = rules.filter(|rule| !is_never_sent(rule)).collect();
    if rules.is_empty() {
        return Ok(Rules::default());
    }
    if rules.iter().any(|rule| document::origin_rule::parse(rule).is_err()) {
        return Err(String::from("no rule means the same"));
    }
    Ok(Rules { rules, remarks })
}

/// Whether what follows a wildcard that covers colons could be the end of a port.
fn hides_port(host: &[Part]) -> bool {
    let covers_colon = |part: &Part| matches!(part, Part::Run { set, .. } if set.contains(&b':'));
    let may_be_digit = |part: &Part| match part {
        Part::Byte(byte) => byte.is_ascii_digit(),
        Part::Run { set, min, .. } => *min == 0 || set.iter().any(u8::is_ascii_digit),
        _ => false,
    };
    host.iter().enumerate().any(|(at, part)| {
        let rest = host.get(at + 1..).unwrap_or_default();
        covers_colon(part) && !rest.is_empty() && rest.iter().all(may_be_digit)
    })
}

/// Whether a rule without wildcards is no origin that browsers send: a default port, an empty label.
fn is_never_sent(rule: &str) -> bool {
    !rule.contains(['*', '?', '[']) && cors::origin::Origin::parse(rule.as_bytes()).is_none()
}

/// The ports, each with its colon.
fn ports(parts: &[Part], what: &str, remarks: &mut Vec<Remark>) -> Result<Vec<String>, String> {
    let mut written = vec![String::new()];
    for part in parts {
        let digits: Vec<String> = match part {
            Part::Byte(byte) => vec![char::from(*byte).to_string()],
            Part::Run { set, min, max } => {
                let one: Vec<String> =
                    set.iter().filter(|b| b.is_ascii_digit()).map(|b| char::from(*b).to_string()).collect();
                match max.filter(|max| *max <= 5 && one.len().saturating_pow(*max) <= MAX_PORTS) {
                    Some(max) => runs(&one, *min, max),
                    None => Vec::new(),
                }
            }
            _ => return Err(String::from("its port is not a number")),
        };
        written = written.iter().flat_map(|one| digits.iter().map(move |digit| format!("{one}{digit}"))).collect();
        if written.is_empty() || written.len() > MAX_PORTS {
            let is_any = matches!(parts, [Part::Run { set, min: 0 | 1, max }]
                if max.is_none_or(|max| max >= 5) && (b'0'..=b'9').all(|digit| set.contains(&digit)));
            let detail = match is_any {
                true => format!("{what} wants a port; `:*` covers the origin without a port, too"),
                false => format!("{what} matches some ports only; `:*` covers every port, and none"),
            };
            remarks.push(Remark::new(Code::AnyPort, detail));
            return Ok(vec![String::from(":*")]);
        }
    }
    Ok(written.into_iter().map(|port| format!(":{port}")).collect())
}

/// All texts of `min` to `max` of these characters.
fn runs(one: &[String], min: u32, max: u32) -> Vec<String> {
    let mut whole = Vec::new();
    let mut copies = vec![String::new()];
    for count in 0..=max {
        if count >= min {
            whole.extend(copies.iter().cloned());
        }
        copies = copies.iter().flat_map(|text| one.iter().map(move |char| format!("{text}{char}"))).collect();
    }
    whole
}

fn strip_anchors(parts: &[Part]) -> Result<&[Part], String> {
    let start = parts.iter().take_while(|part| **part == Part::Start).count();
    let parts = parts.get(start..).unwrap_or_default();
    let end = parts.iter().rev().take_while(|part| **part == Part::End).count();
    let parts = parts.get(..parts.len().saturating_sub(end)).unwrap_or_default();
    match parts.iter().any(|part| matches!(part, Part::Start | Part::End)) {
        true => Err(String::from("it has an anchor in the middle")),
        false => Ok(parts),
    }
}

fn byte(part: &Part) -> Option<char> {
    if let Part::Byte(byte) = part { Some(char::from(*byte)) } else { None }
}

fn literal(parts: &[Part]) -> Option<String> {
    parts.iter().map(byte).collect()
}
