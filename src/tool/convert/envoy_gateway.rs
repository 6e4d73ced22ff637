//! Envoy Gateway: `cors` of a SecurityPolicy, and the CORS filter of Gateway API, whose fields are nearly the same.

use super::context::Context;
use super::envoy_policy::place_of;
use super::istio::read_max_age;
use super::name_lists::Wildcard;
use super::note::Code;
use super::policy::{Items, MaxAge, Policy, Wish};
use super::text_origin::{self, Rules};
use super::tree::Tree;

/// What browsers are told by default, in seconds (Gateway API, HTTPCORSFilter).
const DEFAULT_MAX_AGE: u64 = 5;

/// The SecurityPolicies of the input, and which of them a route has used.
#[derive(Debug, Default)]
pub struct SecurityPolicies<'a>(Vec<SecurityPolicy<'a>>);

#[derive(Debug)]
struct SecurityPolicy<'a> {
    tree: Tree<'a>,
    name: String,
    namespace: String,
    is_used: bool,
}

/// How near a policy is to a rule; the nearest holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Gateway,
    Listener,
    Route,
    Rule,
}

impl<'a> SecurityPolicies<'a> {
    /// The policies of these objects.
    pub fn new(objects: &[Tree<'a>]) -> Self {
        let of = |tree: &Tree<'a>| SecurityPolicy {
            tree: *tree,
            name: metadata(*tree, "name"),
            namespace: metadata(*tree, "namespace"),
            is_used: false,
        };
        SecurityPolicies(objects.iter().map(of).collect())
    }

    /// The policy for a rule of a route: of the nearest SecurityPolicy, even where that has no `cors`.
    pub fn policy_for(&mut self, route: Tree, rule: &str, context: &mut Context) -> Option<Policy> {
        let mut reached: Vec<(Reach, &mut SecurityPolicy)> =
            self.0.iter_mut().filter_map(|policy| Some((policy.reach(route, rule)?, policy))).collect();
        reached.sort_by_key(|(reach, _)| std::cmp::Reverse(*reach));
        for (_, policy) in reached {
            policy.is_used = true;
            let spec = policy.tree.get("spec")?;
            if let Some(cors) = spec.get("cors") {
                return read_policy(cors, &policy.name, context);
            }
            // Without a merge type a nearer policy replaces the farther one whole.
            spec.get("mergeType")?;
        }
        None
    }

    /// Says which policies no route of the input has used.
    pub fn report_unused(&self, context: &mut Context) {
        for policy in self.0.iter().filter(|policy| !policy.is_used && policy.tree.at(&["spec", "cors"]).is_some()) {
            context.found = true;
            let detail = format!(
                "SecurityPolicy {:?} names no HTTPRoute of the input, and no Gateway of one, so its hosts and paths are not known; add the routes to the input",
                policy.name
            );
            context.notes.add(&policy.tree.place(), Code::NoTarget, detail);
        }
    }
}

impl SecurityPolicy<'_> {
    fn reach(&self, route: Tree, rule: &str) -> Option<Reach> {
        let spec = self.tree.get("spec")?;
        let targets = spec.items_of("targetRefs").into_iter().chain(spec.get("targetRef"));
        targets.filter_map(|target| self.reach_of(target, route, rule)).max()
    }

    fn reach_of(&self, target: Tree, route: Tree, rule: &str) -> Option<Reach> {
        let (name, section) = (target.text_of("name"), target.text_of("sectionName"));
        match target.text_of("kind").as_str() {
            "HTTPRoute" if name == metadata(route, "name") && self.namespace == metadata(route, "namespace") => {
                match section.as_str() {
                    "" => Some(Reach::Route),
                    section => (section == rule).then_some(Reach::Rule),
                }
            }
            "Gateway" => {
                let parents = route.at(&["spec", "parentRefs"])?.items();
                let is_parent = |parent: &Tree| {
                    parent.text_of("name") == name
                        && (section.is_empty()
                            || ["", section.as_str()].contains(&parent.text_of("sectionName").as_str()))
                };
                let reach = if section.is_empty() { Reach::Gateway } else { Reach::Listener };
                parents.into_iter().any(|parent| is_parent(&parent)).then_some(reach)
            }
            _ => None,
        }
    }
}

fn metadata(tree: Tree, key: &str) -> String {
    tree.at(&["metadata", key]).and_then(|tree| tree.text()).unwrap_or_default()
}

/// The CORS filter of an HTTPRoute.
pub fn read_filter(cors: Tree, name: &str, context: &mut Context) -> Option<Policy> {
    let max_age = match cors.get("maxAge") {
        Some(value) => MaxAge::of_header(&value.text().unwrap_or_default(), &value.place()),
        None => MaxAge::Seconds(DEFAULT_MAX_AGE, cors.place()),
    };
    read(cors, name, max_age, false, context)
}

fn read_policy(cors: Tree, name: &str, context: &mut Context) -> Option<Policy> {
    read(cors, name, read_max_age(cors, "maxAge"), true, context)
}

fn read(cors: Tree, name: &str, max_age: MaxAge, any_port: bool, context: &mut Context) -> Option<Policy> {
    let items =
        |key: &str| Items { list: cors.texts_of(key), wildcard: Wildcard::Anywhere, place: place_of(cors, key) };
    let origins = cors.items_of("allowOrigins");
    let wish = Wish {
        name: name.to_owned(),
        place: cors.place(),
        origins: origins
            .iter()
            .map(|item| (origin(&item.text().unwrap_or_default(), any_port), item.place()))
            .collect(),
        methods: items("allowMethods"),
        headers: items("allowHeaders"),
        exposed: items("exposeHeaders"),
        credentials: cors.get("allowCredentials").and_then(|tree| tree.flag()).unwrap_or(false),
        max_age,
        // The gateway answers them itself.
        forward_refused_preflights: false,
        report_only: false,
        private_network: false,
        literal_wildcard: false,
    };
    context.settle(&wish)
}

/// One origin; `*` stands for any host, or any number of labels. Envoy Gateway's `https://*` covers every port.
fn origin(text: &str, any_port: bool) -> Rules {
    match text.split_once("://") {
        Some((scheme, "*")) => match any_port {
            true => Rules::of([&format!("{scheme}://*:*")]),
            false => Rules::of([&format!("{scheme}://*")]),
        },
        Some((scheme, rest)) if rest.starts_with('*') => {
            let domain = rest.trim_start_matches(['*', '.']);
            let Rules { rules, remarks } = text_origin::exact(&format!("{scheme}://{domain}"));
            let is_port = rest.starts_with("*:");
            match is_port {
                true => Rules::of([text]),
                false => Rules { rules: rules.iter().map(|rule| rule.replacen("://", "://*.", 1)).collect(), remarks },
            }
        }
        _ => text_origin::exact(text),
    }
}
