//! Writes policies as a document.

use super::order::Entry;
use super::policy::Policy;
use super::scope::Scope;
use serde_json::{Value, json};

/// The longest name of a policy.
const MAX_NAME: usize = 32;

/// How wide a list may be on one line.
const MAX_LIST_WIDTH: usize = 100;

/// A value whose members keep their order.
#[derive(Debug, Clone, PartialEq)]
pub enum Ordered {
    /// A value without members.
    Plain(Value),
    /// An object.
    Object(Vec<(&'static str, Ordered)>),
    /// A list of objects.
    List(Vec<Ordered>),
}

/// The document of these entries.
pub fn document(entries: &[Entry]) -> Ordered {
    match entries {
        [] => Ordered::Object(vec![("enabled", Ordered::Plain(json!(false)))]),
        [entry] => {
            let mut members = policy(entry, None);
            members.retain(|(key, _)| *key != "name");
            Ordered::Object(members)
        }
        entries => {
            let mut names: Vec<String> = Vec::new();
            let mut policies = Vec::new();
            for entry in entries {
                let wish = entry.policy.as_ref().map_or("no-cors", |policy| policy.name.as_str());
                let name = unique(&name(wish), &names);
                policies.push(Ordered::Object(policy(entry, Some(&name))));
                names.push(name);
            }
            Ordered::Object(vec![("policies", Ordered::List(policies))])
        }
    }
}

/// A name that a policy can have.
pub fn name(wish: &str) -> String {
    let name: String = wish
        .to_ascii_lowercase()
        .chars()
        .map(|char| if char.is_ascii_alphanumeric() || char == '_' { char } else { '-' })
        .collect();
    let name: String = name.trim_matches('-').chars().take(MAX_NAME).collect();
    if name.is_empty() { String::from("policy") } else { name }
}

fn unique(name: &str, taken: &[String]) -> String {
    let mut number = 1;
    let mut candidate = name.to_owned();
    while taken.contains(&candidate) {
        number += 1;
        let end = format!("-{number}");
        let start: String = name.chars().take(MAX_NAME - end.len()).collect();
        candidate = start + &end;
    }
    candidate
}

fn policy(entry: &Entry, name: Option<&str>) -> Vec<(&'static str, Ordered)> {
    let mut members = Vec::new();
    let mut add = |key: &'static str, value: Value| members.push((key, Ordered::Plain(value)));
    if let Some(name) = name {
        add("name", json!(name));
    }
    let matches = scope(&entry.scope);
    if !matches.is_empty() {
        members.push(("match", Ordered::Object(matches)));
    }
    let mut add = |key: &'static str, value: Value| members.push((key, Ordered::Plain(value)));
    let Some(policy) = &entry.policy else {
        add("enabled", json!(false));
        return members;
    };
    let Policy { allow_origins, allow_methods, allow_headers, expose_headers, .. } = policy;
    add("allow_origins", json!(allow_origins));
    for (key, list) in
        [("allow_methods", allow_methods), ("allow_headers", allow_headers), ("expose_headers", expose_headers)]
    {
        if !list.is_empty() {
            add(key, json!(list));
        }
    }
    if policy.allow_credentials {
        add("allow_credentials", json!(true));
    }
    if let Some(max_age) = policy.max_age {
        add("max_age", json!(max_age));
    }
    if policy.forward_refused_preflights {
        add("refused_preflight", json!("forward"));
    }
    if policy.report_only {
        add("report_only", json!(true));
    }
    if policy.allow_private_network {
        add("allow_private_network", json!(true));
    }
    if !policy.dangerously_allow.is_empty() {
        add("dangerously_allow", json!(policy.dangerously_allow));
    }
    members
}

fn scope(scope: &Scope) -> Vec<(&'static str, Ordered)> {
    [("hosts", &scope.hosts), ("paths", &scope.paths), ("route_names", &scope.route_names)]
        .into_iter()
        .filter_map(|(key, list)| list.as_ref().map(|list| (key, Ordered::Plain(json!(list)))))
        .collect()
}

impl Ordered {
    /// The value, without the order of its members.
    pub fn to_value(&self) -> Value {
        match self {
            Ordered::Plain(value) => value.clone(),
            Ordered::Object(members) => {
                members.iter().map(|(key, value)| ((*key).to_owned(), value.to_value())).collect()
            }
            Ordered::List(items) => items.iter().map(Ordered::to_value).collect(),
        }
    }

    /// JSON as a person would write it.
    pub fn to_json(&self) -> String {
        let mut text = String::new();
        self.write_json(0, &mut text);
        text
    }

    fn write_json(&self, depth: usize, text: &mut String) {
        let indent = "  ".repeat(depth);
        match self {
            Ordered::Plain(Value::Array(items)) if inline(items).len() > MAX_LIST_WIDTH => {
                let items: Vec<String> = items.iter().map(|item| format!("{indent}  {item}")).collect();
                text.push_str(&format!("[\n{}\n{indent}]", items.join(",\n")));
            }
            Ordered::Plain(Value::Array(items)) => text.push_str(&inline(items)),
            Ordered::Plain(value) => text.push_str(&value.to_string()),
            Ordered::Object(_) if depth > 0 && self.inline().len() <= MAX_LIST_WIDTH => text.push_str(&self.inline()),
            Ordered::Object(members) => {
                text.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    text.push_str(if at == 0 { "\n" } else { ",\n" });
                    text.push_str(&format!("{indent}  \"{key}\": "));
                    value.write_json(depth + 1, text);
                }
                text.push_str(&format!("\n{indent}}}"));
            }
            Ordered::List(items) => {
                text.push('[');
                for (at, item) in items.iter().enumerate() {
                    text.push_str(if at == 0 { "\n" } else { ",\n" });
                    text.push_str(&format!("{indent}  "));
                    item.write_json(depth + 1, text);
                }
                text.push_str(&format!("\n{indent}]"));
            }
        }
    }

    /// JSON in one line.
    fn inline(&self) -> String {
        match self {
            Ordered::Plain(Value::Array(items)) => inline(items),
            Ordered::Plain(value) => value.to_string(),
            Ordered::Object(members) => {
                let members = members.iter().map(|(key, value)| format!("\"{key}\": {}", value.inline()));
                format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
            }
            Ordered::List(items) => format!("[{}]", items.iter().map(Ordered::inline).collect::<Vec<_>>().join(", ")),
        }
    }

    /// The members as YAML, each line behind `indent` blanks.
    pub fn to_yaml(&self, indent: usize) -> String {
        let mut text = String::new();
        self.write_yaml(indent, &mut text);
        text
    }

    fn write_yaml(&self, indent: usize, text: &mut String) {
        let blanks = " ".repeat(indent);
        let Ordered::Object(members) = self else { return };
        for (key, value) in members {
            match value {
                Ordered::Plain(Value::Array(items)) if inline(items).len() > MAX_LIST_WIDTH => {
                    text.push_str(&format!("{blanks}{key}:\n"));
                    items.iter().for_each(|item| text.push_str(&format!("{blanks}  - {item}\n")));
                }
                Ordered::Plain(Value::Array(items)) => text.push_str(&format!("{blanks}{key}: {}\n", inline(items))),
                Ordered::Plain(value) => text.push_str(&format!("{blanks}{key}: {value}\n")),
                Ordered::Object(_) => {
                    text.push_str(&format!("{blanks}{key}:\n"));
                    value.write_yaml(indent + 2, text);
                }
                Ordered::List(items) => {
                    text.push_str(&format!("{blanks}{key}:\n"));
                    for item in items {
                        let item = item.to_yaml(indent + 4);
                        text.push_str(&format!("{blanks}  - {}", item.trim_start()));
                    }
                }
            }
        }
    }
}

fn inline(items: &[Value]) -> String {
    format!("[{}]", items.iter().map(Value::to_string).collect::<Vec<_>>().join(", "))
}
