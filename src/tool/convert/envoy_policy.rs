//! One `CorsPolicy` of Envoy's, merged over route, virtual host and route configuration as Envoy merges.

use super::context::Context;
use super::name_lists::{self, Wildcard};
use super::note::{Code, Place};
use super::policy::{Items, MaxAge, Policy, Wish};
use super::regex_origin;
use super::text_origin::{self, Rules};
use super::tree::Tree;

/// Whether a value is a policy.
pub fn is_policy(tree: Tree) -> bool {
    tree.get("allow_origin_string_match").is_some() || tree.text_of("@type").ends_with(".CorsPolicy")
}

/// The policies that hold for a route, the most specific first.
#[derive(Debug, Clone, Default)]
pub struct Levels<'a> {
    /// The policies.
    pub policies: Vec<Tree<'a>>,
    /// The policy whose switches count.
    pub most_specific: Option<Tree<'a>>,
}

/// What a level says in `typed_per_filter_config`.
enum Level<'a> {
    Nothing,
    Policy(Tree<'a>),
    Disabled,
}

impl<'a> Levels<'a> {
    /// The policies of these levels, the most specific first. The old `cors` fields count where no level has a filter
    /// configuration.
    pub fn of(levels: &[Tree<'a>]) -> Self {
        let mut policies = Vec::new();
        for level in levels {
            match level_of(*level) {
                Level::Nothing => {}
                Level::Policy(policy) => policies.push(policy),
                Level::Disabled if policies.is_empty() => return Levels::default(),
                Level::Disabled => {}
            }
        }
        if policies.is_empty() {
            let old = |level: &Tree<'a>| level.at(&["route", "cors"]).or_else(|| level.get("cors"));
            policies.extend(levels.iter().filter_map(old));
        }
        let most_specific = policies.first().copied();
        Levels { policies, most_specific }
    }

    /// The first of the policies that says something under a key.
    fn first(&self, key: &str) -> Option<Tree<'a>> {
        self.policies.iter().filter_map(|policy| policy.get(key)).find(|value| !value.is_empty())
    }

    /// The policy that these make together.
    pub fn policy(&self, name: &str, context: &mut Context) -> Option<Policy> {
        let most_specific = self.most_specific?;
        context.found = true;
        let place = most_specific.place();
        let enabled = share(most_specific, "filter_enabled", context).unwrap_or(100.0);
        let shadow = share(most_specific, "shadow_enabled", context).unwrap_or(0.0);
        let is_enabled = enabled > 0.0;
        if enabled == 0.0 && shadow == 0.0 {
            context.notes.add(
                &place,
                Code::Skipped,
                format!("policy {name:?} is switched off; its requests are left alone"),
            );
            return None;
        }
        let items = |key: &str| {
            let value = self.first(key);
            let text = value.and_then(|tree| tree.text()).unwrap_or_default();
            Items {
                list: name_lists::split(&text),
                wildcard: Wildcard::Alone,
                place: value.map_or_else(|| place.clone(), |tree| tree.place()),
            }
        };
        let flag = |key: &str| self.first(key).and_then(|tree| tree.flag());
        let origins =
            self.first("allow_origin_string_match").map(|list| list.items().collect::<Vec<_>>()).unwrap_or_default();
        let wish = Wish {
            name: name.to_owned(),
            origins: origins.into_iter().map(|matcher| (origin(matcher), matcher.place())).collect(),
            methods: items("allow_methods"),
            headers: items("allow_headers"),
            exposed: items("expose_headers"),
            credentials: flag("allow_credentials").unwrap_or(false),
            max_age: self
                .first("max_age")
                .and_then(|tree| Some(MaxAge::of_header(&tree.text()?, &tree.place())))
                .unwrap_or_default(),
            forward_refused_preflights: flag("forward_not_matching_preflights").unwrap_or(true),
            report_only: !is_enabled,
            private_network: flag("allow_private_network_access").unwrap_or(false),
            literal_wildcard: false,
            place,
        };
        context.settle(&wish)
    }
}

fn level_of(level: Tree) -> Level {
    let Some(configs) = level.get("typed_per_filter_config") else { return Level::Nothing };
    for (name, config) in configs.members() {
        let kind = config.text_of("@type");
        if kind.ends_with(".CorsPolicy") {
            return Level::Policy(config);
        }
        let is_ours = || {
            name.ends_with("cors")
                || config.get("config").is_some_and(|inner| inner.text_of("@type").ends_with(".CorsPolicy"))
        };
        if kind.ends_with("route.v3.FilterConfig") && is_ours() {
            let is_disabled = config.get("disabled").and_then(|tree| tree.flag()).unwrap_or(false);
            return match config.get("config").filter(|_| !is_disabled) {
                Some(inner) if !inner.is_empty() => Level::Policy(inner),
                _ if is_disabled => Level::Disabled,
                _ => Level::Nothing,
            };
        }
    }
    Level::Nothing
}

/// A share of the requests, in percent.
fn share(policy: Tree, key: &str, context: &mut Context) -> Option<f64> {
    let fraction = policy.get(key)?;
    let runtime_key = fraction.text_of("runtime_key");
    if !runtime_key.is_empty() {
        let detail = format!(
            "the runtime key {runtime_key:?} can change {key} while Envoy runs; the policy has the default only"
        );
        context.notes.add(&fraction.place(), Code::RuntimeKey, detail);
    }
    let value = fraction.get("default_value");
    let numerator = value.and_then(|value| value.get("numerator")).and_then(|tree| tree.number()).unwrap_or(0);
    let of = match value.map(|value| value.text_of("denominator")).unwrap_or_default().as_str() {
        "TEN_THOUSAND" => 100.0,
        "MILLION" => 10_000.0,
        _ => 1.0,
    };
    let percent = numerator as f64 / of;
    if percent > 0.0 && percent < 100.0 {
        let detail =
            format!("{key} is {percent} percent; a policy holds for all requests or for none, this one for all");
        context.notes.add(&fraction.place(), Code::Percentage, detail);
    }
    Some(percent)
}

/// The rules of a `StringMatcher`.
fn origin(matcher: Tree) -> Rules {
    let ignore_case = matcher.get("ignore_case").and_then(|tree| tree.flag()).unwrap_or(false);
    let text = |key: &str| {
        let text = matcher.get(key).and_then(|tree| tree.text())?;
        Some(if ignore_case { text.to_ascii_lowercase() } else { text })
    };
    if let Some(text) = text("exact") {
        text_origin::exact(&text)
    } else if let Some(text) = text("prefix") {
        text_origin::prefix(&text)
    } else if let Some(text) = text("suffix") {
        text_origin::suffix(&text)
    } else if let Some(text) = text("contains") {
        text_origin::contains(&text)
    } else if let Some(regex) = matcher.at(&["safe_regex", "regex"]).and_then(|tree| tree.text()) {
        regex_origin::rules(&regex)
    } else {
        Rules::none(Code::OriginNotCarried, "a custom matcher is not carried over; list the intended origins")
    }
}

/// The place of a value, or of what it would be in.
pub fn place_of(tree: Tree, key: &str) -> Place {
    tree.get(key).unwrap_or(tree).place()
}
