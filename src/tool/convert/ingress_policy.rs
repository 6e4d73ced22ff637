//! The CORS annotations of one Ingress, with ingress-nginx's defaults.

use super::context::Context;
use super::name_lists::{self, Wildcard};
use super::note::{Code, Place};
use super::policy::{Items, MaxAge, Policy, Wish};
use super::text_origin::{self, Rules};
use super::tree::Tree;
use regex::Regex;

/// What the names of the annotations begin with.
pub const PREFIX: &str = "nginx.ingress.kubernetes.io/";

const DEFAULT_METHODS: &str = "GET, PUT, POST, DELETE, PATCH, OPTIONS";
const DEFAULT_HEADERS: &str =
    "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization";
const DEFAULT_MAX_AGE: u64 = 1_728_000;

/// An annotation of ingress-nginx's.
pub fn annotation<'a>(ingress: Tree<'a>, key: &str) -> Option<Tree<'a>> {
    ingress.at(&["metadata", "annotations"])?.get(&format!("{PREFIX}{key}"))
}

/// A boolean as Go reads it.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// The policy of an Ingress.
pub fn read(ingress: Tree, name: &str, context: &mut Context) -> Option<Policy> {
    let place = annotation(ingress, "enable-cors").unwrap_or(ingress).place();
    let wish = Wish {
        name: name.to_owned(),
        origins: origins(ingress, &place),
        methods: items(ingress, "cors-allow-methods", DEFAULT_METHODS, r"^([A-Za-z]+,?\s?)+$", &place, context),
        headers: items(ingress, "cors-allow-headers", DEFAULT_HEADERS, "^[A-Za-z0-9-_, ]*$", &place, context),
        exposed: items(ingress, "cors-expose-headers", "", r"^(([A-Za-z0-9\-_]+|\*),?\s?)+$", &place, context),
        credentials: read_flag(ingress, "cors-allow-credentials", true, context),
        max_age: max_age(ingress, &place, context),
        // Where the origin is not allowed, nginx passes OPTIONS on.
        forward_refused_preflights: true,
        report_only: false,
        private_network: false,
        literal_wildcard: true,
        place,
    };
    context.settle(&wish)
}

fn refuse(context: &mut Context, place: &Place, key: &str, text: &str, default: &str) {
    let detail =
        format!("ingress-nginx refuses {text:?} as {key} and takes its default, {default}; so does the policy");
    context.notes.add(place, Code::ValueRefused, detail);
}

fn read_flag(ingress: Tree, key: &str, default: bool, context: &mut Context) -> bool {
    let Some(value) = annotation(ingress, key) else { return default };
    let text = value.text().unwrap_or_default();
    parse_bool(&text).unwrap_or_else(|| {
        refuse(context, &value.place(), key, &text, &default.to_string());
        default
    })
}

fn max_age(ingress: Tree, place: &Place, context: &mut Context) -> MaxAge {
    let Some(value) = annotation(ingress, "cors-max-age") else {
        return MaxAge::Seconds(DEFAULT_MAX_AGE, place.clone());
    };
    let text = value.text().unwrap_or_default();
    match text.parse::<i64>() {
        Ok(seconds) => match u64::try_from(seconds) {
            Ok(seconds) => MaxAge::Seconds(seconds, value.place()),
            Err(_) => MaxAge::Unreadable(text, value.place()),
        },
        Err(_) => {
            refuse(context, &value.place(), "cors-max-age", &text, &DEFAULT_MAX_AGE.to_string());
            MaxAge::Seconds(DEFAULT_MAX_AGE, value.place())
        }
    }
}

fn items(ingress: Tree, key: &str, default: &str, valid: &str, place: &Place, context: &mut Context) -> Items {
    let of = |text: &str, place: &Place| Items {
        list: name_lists::split(text),
        wildcard: Wildcard::Alone,
        place: place.clone(),
    };
    let Some(value) = annotation(ingress, key) else { return of(default, place) };
    let text = value.text().unwrap_or_default();
    if text.is_empty() {
        return of(default, &value.place());
    }
    if !matches(valid, &text) {
        refuse(context, &value.place(), key, &text, if default.is_empty() { "nothing" } else { default });
        return of(default, &value.place());
    }
    of(&text, &value.place())
}

fn matches(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

fn origins(ingress: Tree, place: &Place) -> Vec<(Rules, Place)> {
    let Some(value) = annotation(ingress, "cors-allow-origin").filter(|value| !value.is_empty()) else {
        return vec![(Rules::of(["*"]), place.clone())];
    };
    let place = value.place();
    let text = value.text().unwrap_or_default();
    let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect();
    let is_valid = matches(r"^((((([a-z]+://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?$", &text.replace(' ', ""));
    if is_valid && items.contains(&"*") {
        return vec![(Rules::of(["*"]), place)];
    }
    let mut rules: Vec<(Rules, Place)> = Vec::new();
    if !is_valid {
        let detail = format!(
            "ingress-nginx refuses {text:?} and allows any origin instead; the policy lists the origins that were meant"
        );
        rules.push((Rules::none(Code::ValueRefused, detail), place.clone()));
    }
    rules.extend(items.into_iter().map(|item| (origin(item), place.clone())));
    rules
}

/// One item; `*.` covers one label, and case does not count.
fn origin(item: &str) -> Rules {
    let lower = item.to_ascii_lowercase();
    if lower == "null" {
        return Rules::of(["null"]);
    }
    if !matches(r"^[a-z]+://(\*\.)?[A-Za-z0-9\-.]*(:\d+)?$", item) {
        return match text_origin::respelled(&lower) {
            Some(origin) => {
                let detail = format!(
                    "ingress-nginx does not accept {item:?} as an origin; the rule is {origin:?}, as it was meant"
                );
                Rules::of([&origin]).with(Code::OriginRespelled, detail)
            }
            None => Rules::none(
                Code::NeverMatches,
                format!("ingress-nginx does not accept {item:?} as an origin; it is left out"),
            ),
        };
    }
    match lower.split_once("://*.") {
        Some((scheme, domain)) => match text_origin::exact(&format!("{scheme}://{domain}")) {
            Rules { rules, remarks } if remarks.is_empty() => {
                let rules = rules.iter().map(|rule| rule.replacen("://", "://*.", 1)).collect();
                let detail =
                    format!("{item:?} covers one label in ingress-nginx; the rule's `*` covers names at every depth");
                Rules { rules, remarks }.with(Code::WildcardWider, detail)
            }
            _ => {
                Rules::none(Code::NeverMatches, format!("no browser sends an origin such as {item:?}; it is left out"))
            }
        },
        None => text_origin::exact(&lower),
    }
}
