//! Expressions for origins: what their rules allow is what the crate `regex` says, but for what the remarks name.

use cors::allow_origins::{AllowOrigins, Verdict};
use cors::origin::Origin;
use tool::convert::note::Effect;
use tool::convert::regex_origin;

/// The longest expression that is looked at: longer ones only take longer.
const MAX_BYTES: usize = 200;

/// Compares both: the first line is the expression, all others are origins.
pub fn check(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let mut lines = text.split('\n');
    let Some(expression) = lines.next().filter(|expression| expression.len() <= MAX_BYTES) else { return };
    let found = regex_origin::rules(expression);
    let whole = regex::bytes::RegexBuilder::new(&format!("^(?:{expression})$")).unicode(false).build();
    let Ok(whole) = whole else {
        assert!(found.rules.is_empty(), "an expression that cannot be parsed gives no rules: {found:?}");
        return;
    };
    let parse = |rule: &String| document::origin_rule::parse(rule).unwrap_or_else(|why| panic!("{rule}: {why:?}"));
    let rules = AllowOrigins::new(found.rules.iter().map(parse));
    // Envoy asks about the literal `*` first.
    let is_any = whole.is_match(b"*");
    let has = |wanted| found.remarks.iter().any(|remark| [wanted, Effect::Both].contains(&remark.code.effect()));
    for origin in lines.chain(["null", "https://app.example.com", "https://example.com.evil.example"]) {
        // A host with a dot at its end is an origin of its own, which no wildcard rule covers, whatever the source does.
        if origin != "null" && Origin::parse(origin.as_bytes()).is_none_or(|origin| origin.host().ends_with(b".")) {
            continue;
        }
        let source = is_any || whole.is_match(origin.as_bytes());
        let ours = rules.judge(origin.as_bytes()) == Verdict::Allowed;
        assert!(source || !ours || has(Effect::More), "{expression}: {origin} is allowed now: {found:?}");
        assert!(ours || !source || has(Effect::Less), "{expression}: {origin} was allowed: {found:?}");
    }
}
