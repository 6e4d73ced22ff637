//! What to write instead of a refused value: follows from the reason and the value.

use crate::json::Value;
use crate::near;
use crate::origin_rule;
use crate::quote::{enumerate, quote};
use crate::reason::{Reason, Type};
use crate::respell;
use crate::spelling::Spelling;
use crate::switches::Switch;
use crate::table::fill;
use crate::text_rule;
use std::fmt::Display;

/// How many items a remedy writes out.
const MAX_SHOWN_ITEMS: usize = 8;

/// The remedy for `value`, which was refused for `reason`.
pub(crate) fn for_value(reason: &Reason, value: &Value) -> String {
    let text = match value {
        Value::Text(text) => text.as_str(),
        _ => "",
    };
    match reason {
        Reason::WrongType(expected, _) => for_type(*expected, value),
        Reason::NotWhole(numbers) | Reason::OutOfRange(numbers) => numbers.advice().to_owned(),
        Reason::UnknownKey(names) => {
            let mut all = Vec::new();
            names.iter().for_each(|group| all.extend_from_slice(group));
            for_name(reason, text, &all)
        }
        Reason::UnknownSwitch => for_name(reason, text, Switch::NAMES),
        Reason::UnknownChoice(choices) => for_choice(choices),
        Reason::InvalidHeader(example) => filled(reason, &[example]),
        Reason::Dangerous(switch) => filled(reason, &[&switch.advice(), &switch.name()]),
        Reason::Origin(spelling) => {
            let check: fn(&str) -> _ = |text| origin_rule::parse_pattern(text).map(drop);
            let general = "write an origin as browsers send it, such as \"https://app.example.com\"";
            for_spelling(spelling, text, respell::origins(text), check, general)
        }
        Reason::Host(spelling) => {
            let check: fn(&str) -> _ = |text| text_rule::compile_host(text).map(drop);
            let general = "write a host without its port, such as \"api.example.com\"";
            for_spelling(spelling, text, respell::hosts(text), check, general)
        }
        Reason::RelativePath => write_text(&format!("/{text}")),
        _ => reason.advice().to_owned(),
    }
}

fn write_text(text: &str) -> String {
    String::from("write ") + &quote(text)
}

/// The advice of a reason, with its details.
fn filled(reason: &Reason, details: &[&dyn Display]) -> String {
    let mut remedy = String::new();
    let _ = fill(&mut remedy, reason.advice(), details);
    remedy
}

/// The name that was meant, or else all of them.
fn for_name(reason: &Reason, text: &str, names: &[&str]) -> String {
    match near::find(names, text) {
        Some(name) => write_text(name),
        None => filled(reason, &[&enumerate(names, ", ", str::to_owned)]),
    }
}

fn for_choice(choices: &[&str]) -> String {
    String::from("write ") + &enumerate(choices, " or ", quote)
}

/// The items of a list that was written as one string, with commas.
#[inline(never)]
pub(crate) fn meant_items(value: &Value) -> Vec<Value> {
    let mut items = Vec::new();
    if let Value::Text(text) = value {
        for item in text.split(',').map(str::trim) {
            if !item.is_empty() {
                items.push(Value::Text(item.to_owned()));
            }
        }
    }
    items
}

/// What to write instead of a value of another type.
fn for_type(expected: Type, value: &Value) -> String {
    match (expected, value) {
        (Type::Boolean, Value::Text(text)) if text == "true" || text == "false" => {
            format!("write {text} without quotes")
        }
        (Type::Boolean, _) => String::from("write true or false"),
        // JSON has neither the plus sign nor the leading zeros that are parsed here.
        (Type::Number(numbers), Value::Text(text))
            if !matches!(text.as_bytes(), [b'+' | b'0', ..])
                && text.parse().is_ok_and(|number| numbers.contain(number)) =>
        {
            format!("write {text} without quotes")
        }
        (Type::Number(numbers), _) => numbers.advice().to_owned(),
        (Type::Text, _) => String::from("write a string, in quotes"),
        (Type::Choice(choices), _) => for_choice(choices),
        (Type::Object, _) => String::from("write an object, {…}"),
        (Type::Objects, _) => String::from("write a list, [{…}, {…}]"),
        (Type::Texts, _) => {
            let mut list = String::from("write ");
            for (at, item) in meant_items(value).iter().enumerate() {
                if at == MAX_SHOWN_ITEMS {
                    list.push_str(", …");
                    break;
                }
                list.push_str(if at == 0 { "[" } else { ", " });
                list.push_str(&item.quote());
            }
            list.push_str(if list.ends_with(' ') { "a list, [\"…\", \"…\"]" } else { "]" });
            list
        }
    }
}

/// The first of the near spellings that is right; else what to do about what is still wrong.
fn for_spelling(
    spelling: &Spelling,
    text: &str,
    candidates: Vec<String>,
    check: fn(&str) -> Result<(), Spelling>,
    general: &str,
) -> String {
    let mut advice = spelling.advice();
    if !spelling.is_beyond_spelling() {
        for candidate in candidates {
            match check(&candidate) {
                // It is plain ASCII, and to be copied whole.
                Ok(()) if candidate != text => return format!("write \"{candidate}\""),
                Ok(()) => {}
                Err(left) => advice = left.advice(),
            }
        }
    }
    if advice.is_empty() { general.to_owned() } else { advice.to_owned() }
}
