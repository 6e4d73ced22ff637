//! What converted origin rules allow is what the source's matcher allows, but for what the notes name.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use cors::allow_origins::{AllowOrigins, Verdict};
use cors::origin::Origin;
use regex_syntax::hir::{Class, Hir, HirKind};
use tool::convert::note::{Code, Effect};
use tool::convert::regex_origin;
use tool::convert::text_origin::{self, Rules};

/// A small generator of numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// Whether rules allow what a browser sends.
fn allows(rules: &[String], origin: &str) -> bool {
    let parse = |rule: &String| document::origin_rule::parse(rule).unwrap_or_else(|why| panic!("{rule}: {why:?}"));
    let rules = AllowOrigins::new(rules.iter().map(parse));
    rules.judge(origin.as_bytes()) == Verdict::Allowed
}

/// A text that an expression matches, mostly.
fn sample(hir: &Hir, random: &mut Random, text: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Literal(literal) => text.extend(literal.0.iter()),
        HirKind::Class(Class::Bytes(class)) => {
            let likely: Vec<u8> = (*b"abcxyz0189-._:/")
                .into_iter()
                .filter(|byte| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(byte)))
                .collect();
            match (likely.is_empty(), class.ranges().first()) {
                (false, _) => text.push(*random.pick(&likely)),
                (true, Some(range)) => text.push(range.start()),
                _ => {}
            }
        }
        HirKind::Repetition(repetition) => {
            let most = repetition.max.map_or(repetition.min + 4, |max| max.min(repetition.min + 4));
            for _ in 0..repetition.min + random.below((most - repetition.min + 1) as usize) as u32 {
                sample(&repetition.sub, random, text);
            }
        }
        HirKind::Capture(capture) => sample(&capture.sub, random, text),
        HirKind::Concat(list) => list.iter().for_each(|hir| sample(hir, random, text)),
        HirKind::Alternation(list) => sample(random.pick(list), random, text),
        _ => {}
    }
}

/// The origin with a small change, as attackers and misconfigurations make them.
fn mutate(origin: &str, random: &mut Random) -> String {
    let mut text = origin.to_owned();
    let at = random.below(text.len() + 1);
    match random.below(12) {
        0 => text.insert(at, *random.pick(&['a', 'x', '1', '-', '.', ':'])),
        1 if at < text.len() => drop(text.remove(at)),
        2 => text.push_str(".evil.example"),
        3 => text = text.replacen("://", "://evil", 1),
        4 => text = text.replacen("://", "://a.", 1),
        5 => text = text.replacen("https", "http", 1),
        6 => text = text.replacen("http:", "https:", 1),
        7 => text.push_str(random.pick::<&str>(&[":8443", ":3000", ":443", ":80", "0"])),
        8 => text = text.replacen('.', random.pick::<&str>(&["x", "", "..", "-"]), 1),
        9 => text = text.replacen("://", "://a.b-c.", 1),
        10 => text = text.rsplit_once(':').map_or(text.clone(), |(front, _)| front.to_owned()),
        _ => text.push_str(random.pick::<&str>(&["x", "-", "1", "m"])),
    }
    text
}

const ORIGINS: [&str; 24] = [
    "null",
    "https://app.example.com",
    "https://example.com",
    "http://example.com",
    "https://www.example.com",
    "https://a.b.example.com",
    "https://evilexample.com",
    "https://app.example.com.evil.example",
    "http://localhost",
    "http://localhost:3000",
    "http://localhost:8080",
    "https://app.example.com:8443",
    "https://appxexample.com",
    "https://app-1.example.com",
    "capacitor://localhost",
    "https://example.org",
    "https://evil.example",
    "https://pr-12.preview.example.com",
    "https://x.pr-12.preview.example.com",
    "http://127.0.0.1:3000",
    "http://[::1]:3000",
    "https://a_b.example.com",
    "https://example.com.",
    "https://app.example.community",
];

/// Compares rules with the matcher that they come from over origins near both; returns how many were compared.
fn compare(what: &str, found: &Rules, matches: &dyn Fn(&str) -> bool, seeds: &[String]) -> usize {
    let has = |wanted: Effect| {
        found.remarks.iter().any(|remark| remark.code.effect() == wanted || remark.code.effect() == Effect::Both)
    };
    let mut random = Random(what.len() as u64 * 7919 + 1);
    let mut compared = 0;
    for round in 0..400 {
        let mut origin = if seeds.is_empty() || round % 4 == 0 {
            (*random.pick(&ORIGINS)).to_owned()
        } else {
            random.pick(seeds).clone()
        };
        for _ in 0..random.below(3) {
            origin = mutate(&origin, &mut random);
        }
        // A host with a dot at its end is an origin of its own, which no wildcard rule covers, whatever the source does.
        if origin != "null" && Origin::parse(origin.as_bytes()).is_none_or(|origin| origin.host().ends_with(b".")) {
            continue;
        }
        compared += 1;
        let (source, ours) = (matches(&origin), allows(&found.rules, &origin));
        assert!(source || !ours || has(Effect::More), "{what}: {origin} is allowed now: {found:?}");
        assert!(ours || !source || has(Effect::Less), "{what}: {origin} was allowed: {found:?}");
    }
    compared
}

fn compare_regex(regex: &str) -> (Rules, usize) {
    let whole = regex::bytes::RegexBuilder::new(&format!("^(?:{regex})$")).unicode(false).build().unwrap();
    // Envoy asks about the literal `*` first.
    let is_any = whole.is_match(b"*");
    let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(regex).unwrap();
    let mut random = Random(regex.len() as u64);
    let seeds = (0..60).filter_map(|_| {
        let mut text = Vec::new();
        sample(&hir, &mut random, &mut text);
        String::from_utf8(text).ok()
    });
    let seeds: Vec<String> = seeds.collect();
    let found = regex_origin::rules(regex);
    let compared = compare(regex, &found, &|origin| is_any || whole.is_match(origin.as_bytes()), &seeds);
    (found, compared)
}

fn codes(found: &Rules) -> Vec<Code> {
    found.remarks.iter().map(|remark| remark.code).collect()
}

#[test]
fn expressions_become_the_rules_that_were_meant() {
    use Code::{AnyPort, Lookalikes, NeverMatches, OriginNotCarried, OtherSchemes, WildcardWider};
    type Case = (&'static str, &'static [&'static str], &'static [Code]);
    let cases: &[Case] = &[
        (r"https://app\.example\.com", &["https://app.example.com"], &[]),
        (r"^https://app\.example\.com$", &["https://app.example.com"], &[]),
        (r"https?://app\.example\.com", &["http://app.example.com", "https://app.example.com"], &[]),
        (r"https://(a|b)\.example\.com", &["https://[ab].example.com"], &[]),
        (r"https://(app|admin)\.example\.com", &["https://app.example.com", "https://admin.example.com"], &[]),
        (r"https://.*\.example\.com", &["https://*.example.com"], &[]),
        (r"https://.+\.example\.com", &["https://*.example.com"], &[]),
        (r"https://(.*\.)?example\.com", &["https://example.com", "https://*.example.com"], &[]),
        (r"https://([a-z0-9_-]+\.)*example\.com", &["https://example.com", "https://*.example.com"], &[]),
        (r"https://[^.]+\.example\.com", &["https://*.example.com"], &[WildcardWider]),
        (r"https://[a-z0-9-]+\.example\.com", &["https://*.example.com"], &[WildcardWider]),
        (r"https://pr-\d+\.preview\.example\.com", &["https://pr-*.preview.example.com"], &[WildcardWider]),
        (r"https://pr-\d{2}\.preview\.example\.com", &["https://pr-[0-9][0-9].preview.example.com"], &[]),
        (r"https://app[0-9]?\.example\.com", &["https://app.example.com", "https://app[0-9].example.com"], &[]),
        (r"https://pre.+\.example\.com", &["https://pre?*.example.com"], &[]),
        (r"http://localhost(:\d+)?", &["http://localhost:*"], &[]),
        (r"http://localhost:\d+", &["http://localhost:*"], &[AnyPort]),
        (r"http://localhost:[0-9]{4}", &["http://localhost:*"], &[AnyPort]),
        (r"http://localhost:(3000|8080)", &["http://localhost:3000", "http://localhost:8080"], &[]),
        (
            r"http://localhost:300[0-2]",
            &["http://localhost:3000", "http://localhost:3001", "http://localhost:3002"],
            &[],
        ),
        (r"https://app\.example\.com(:443)?", &["https://app.example.com"], &[]),
        (r"https://app\.example\.com/?", &["https://app.example.com"], &[]),
        (r"https://app.example.com", &["https://app.example.com"], &[Lookalikes]),
        (r"https://.*.example.com", &["https://*.example.com"], &[Lookalikes]),
        (r".*.example.com", &["https://*.example.com"], &[OtherSchemes, Lookalikes]),
        (r"https://app.example.com.*", &["https://app.example.com:*"], &[Lookalikes, AnyPort, Lookalikes]),
        (r"https://app\.example\.com[:0-9]*", &["https://app.example.com:*"], &[Lookalikes, AnyPort]),
        (r"https://app\.example\.com.*", &["https://app.example.com:*"], &[Lookalikes, AnyPort]),
        (r".*\.example\.com", &["https://*.example.com"], &[OtherSchemes]),
        (r".*example\.com", &["https://example.com", "https://*.example.com"], &[OtherSchemes, Lookalikes]),
        (r".*://app\.example\.com", &["https://app.example.com"], &[OtherSchemes]),
        (r"[a-z]+://app\.example\.com", &["https://app.example.com"], &[OtherSchemes]),
        (r"(?i)https://App\.Example\.com", &["https://app.example.com"], &[]),
        (r"https://App\.example\.com", &[], &[NeverMatches]),
        (r"https:./app\.example\.com", &[], &[OriginNotCarried]),
        (r".*example\.com\.", &["https://example.com."], &[OtherSchemes, Lookalikes]),
        (r"https://.*", &["https://*:*"], &[]),
        (r"null|https://app\.example\.com", &["null", "https://app.example.com"], &[]),
        (r".*", &["*"], &[]),
        (r".+", &["*"], &[]),
        (r"\*", &["*"], &[]),
        (r"capacitor://localhost", &["capacitor://localhost"], &[]),
        (r"http://\[::1\]:3000", &["http://[::1]:3000"], &[]),
        (r"http://192\.168\.\d+\.\d+", &[], &[OriginNotCarried]),
        (r".*example.*", &[], &[OriginNotCarried]),
        (r"https://app\b.*", &[], &[OriginNotCarried]),
        (r"[a-z:/.]+", &["https://*:*"], &[OtherSchemes, WildcardWider, OriginNotCarried]),
    ];
    assert!(cases.len() >= 40);
    for (regex, rules, expected) in cases {
        let (found, compared) = compare_regex(regex);
        assert_eq!(found.rules, *rules, "{regex}: {found:?}");
        let mut own = codes(&found);
        let mut expected = expected.to_vec();
        own.dedup();
        expected.dedup();
        assert_eq!(own, expected, "{regex}: {found:?}");
        assert!(compared > 50, "{regex}: only {compared} origins were compared");
    }
}

#[test]
fn expressions_put_together_from_pieces_differ_in_what_is_named_only() {
    let schemes = ["https://", "https?://", "http://", "(https|http)://", ".*://", "", ".*", "[a-z]+://", "^https://"];
    let labels = [
        "",
        r".*\.",
        r".+\.",
        r"(.*\.)?",
        r"[^.]+\.",
        r"[a-z0-9-]+\.",
        r"(www|app)\.",
        r"([a-z0-9-]+\.)*",
        r"(\w+\.)+",
        r"pr-\d+\.",
        r"pr-[0-9]{1,3}\.",
        r"(www\.)?",
        "app.",
        r"\w{2}-x?\.",
        r"[ab]c*\.",
        r"(dev|stage)-[a-z]+\.",
        ".*-",
        r"x\.*",
    ];
    let domains = [
        r"example\.com",
        "example.com",
        r"example\.(com|org)",
        r"(example|sample)\.com",
        r"localhost",
        r"example\.[a-z]+",
        r"(?i:Example)\.com",
    ];
    let ports = [
        "",
        r"(:\d+)?",
        r":\d+",
        r"(:443)?",
        r":(3000|3001)",
        r":8\d{3}",
        "/?",
        ".*",
        "$",
        r":?\d*",
        r"(:[0-9]{2,5})?",
        "[:0-9]*",
    ];
    let (mut compared, mut carried) = (0, 0);
    for (one, scheme) in schemes.iter().enumerate() {
        for (two, label) in labels.iter().enumerate() {
            for (three, domain) in domains.iter().enumerate() {
                for (four, port) in ports.iter().enumerate() {
                    // A third of all combinations, spread over them.
                    if (one + two + three + four) % 3 == 0 {
                        let (found, count) = compare_regex(&format!("{scheme}{label}{domain}{port}"));
                        compared += count;
                        carried += usize::from(!found.rules.is_empty());
                    }
                }
            }
        }
    }
    assert!(carried > 2_000, "{carried}");
    assert!(compared > 200_000, "{compared}");
}

#[test]
fn prefixes_suffixes_and_texts_differ_in_what_is_named_only() {
    let texts = [
        "https://app.example.com",
        "https://app.example.com:8443",
        "http://localhost:",
        "http://localhost",
        "https://",
        "http://",
        "https://app.",
        "https://www",
        "http",
        ".example.com",
        "example.com",
        "://example.com",
        "com",
        ".com",
        "e",
        "*",
        "",
        "null",
        "l",
        "https://example.com",
        ":3000",
        ".example.com:8443",
        "https://App.example.com",
        "https://app.example.com/",
        "https://app.example.com:443",
        "https://*.example.com",
        "https://a.example.com.",
        "http://[::1]:",
        "http://127.0.0.1:",
        "capacitor://localhost",
        "https://[ab].example.com",
        "//example.com",
    ];
    for text in texts {
        let seeds = [text.to_owned(), format!("https://a{text}"), format!("{text}1"), format!("{text}a.example")];
        compare(&format!("exact {text}"), &text_origin::exact(text), &|origin| text == "*" || origin == text, &seeds);
        compare(
            &format!("prefix {text}"),
            &text_origin::prefix(text),
            &|origin| "*".starts_with(text) || origin.starts_with(text),
            &seeds,
        );
        compare(
            &format!("suffix {text}"),
            &text_origin::suffix(text),
            &|origin| "*".ends_with(text) || origin.ends_with(text),
            &seeds,
        );
        compare(
            &format!("contains {text}"),
            &text_origin::contains(text),
            &|origin| "*".contains(text) || origin.contains(text),
            &seeds,
        );
    }
}
