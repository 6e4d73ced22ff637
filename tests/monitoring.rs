//! `envoy/monitoring/`: the dashboard's shape, its expressions and those of the alerts against what a real Envoy shows,
//! and all of it in a real Prometheus.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::dashboard::{self, Panel};
use kit::exposition::{self, Sample};
use kit::monitored::{Monitored, ORIGIN};
use kit::prometheus::{Prometheus, promtool};
use kit::{envoy, sample, table};
use promql_parser::label::MatchOp;
use promql_parser::parser::{self, AggregateExpr, Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const ALERTS: &str = "envoy/monitoring/alerts.yaml";

/// Labels that Prometheus adds, and that `prometheus.yaml` makes of a plugin's name.
const ADDED: [&str; 3] = ["instance", "job", "plugin"];

/// Every expression of the dashboard and of the alerts, by where it is.
fn expressions() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for panel in dashboard::panels() {
        for query in &panel.queries {
            found.insert(format!("{} {}", panel.title, query.ref_id), query.filled_in("1m"));
        }
    }
    for alert in alerts() {
        found.insert(alert["alert"].as_str().unwrap().to_owned(), alert["expr"].as_str().unwrap().to_owned());
    }
    found
}

fn alerts() -> Vec<Value> {
    let groups = sample::yaml(ALERTS);
    groups["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

/// What an expression asks for: series, and the labels that it groups by.
#[derive(Default)]
struct Asked {
    selectors: Vec<VectorSelector>,
    groups: BTreeSet<String>,
}

impl ExprVisitor for Asked {
    type Error = String;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, String> {
        match expression {
            Expr::VectorSelector(selector) => self.selectors.push(selector.clone()),
            Expr::MatrixSelector(selector) => self.selectors.push(selector.vs.clone()),
            Expr::Aggregate(AggregateExpr { modifier: Some(modifier), .. }) => {
                self.groups.extend(modifier.labels().labels.iter().cloned());
            }
            _ => {}
        }
        Ok(true)
    }
}

/// What is wrong with an expression, given what Envoy shows.
fn faults(expression: &str, shown: &[Sample]) -> Vec<String> {
    let parsed = match parser::parse(expression) {
        Ok(parsed) => parsed,
        Err(error) => return vec![format!("does not parse: {error}")],
    };
    let mut asked = Asked::default();
    walk_expr(&mut asked, &parsed).unwrap();
    let mut faults = Vec::new();
    for selector in &asked.selectors {
        let name = selector.name.as_deref().unwrap_or_default();
        let series: Vec<&Sample> = shown.iter().filter(|sample| sample.name == name).collect();
        if series.is_empty() {
            faults.push(format!("Envoy shows no {name}"));
            continue;
        }
        for matcher in &selector.matchers.matchers {
            let values: BTreeSet<&str> =
                series.iter().filter_map(|sample| Some(sample.labels.get(&matcher.name)?.as_str())).collect();
            if values.is_empty() {
                faults.push(format!("{name} has no label {}", matcher.name));
            }
            // A value that is asked for, one by one where there are several.
            let asked = matcher.value.split('|').filter(|_| matcher.value != ".*");
            assert!(matches!(matcher.op, MatchOp::Equal | MatchOp::Re(_) | MatchOp::NotRe(_)), "{expression}");
            faults.extend(asked.filter(|value| !values.contains(value)).map(|value| format!("{name}: no {value:?}")));
        }
        for label in asked.groups.iter().filter(|label| !ADDED.contains(&label.as_str())) {
            if !series[0].labels.contains_key(label) {
                faults.push(format!("{name} has no label {label} to group by"));
            }
        }
    }
    if asked.selectors.is_empty() {
        faults.push(String::from("asks for no metric"));
    }
    faults
}

/// Lets an Envoy show all that it can: decisions of every kind, accepted and rejected updates, reloads.
fn exercise(monitored: &mut Monitored) {
    for origin in [ORIGIN, "https://evil.example", "no origin"] {
        monitored.get("/", origin);
        monitored.preflight("/", origin, "PUT");
    }
    monitored.preflight("/", ORIGIN, "PATCH");
    monitored.get("/public/", ORIGIN);
    monitored.update("https://two.example");
    monitored.update("https://three.example/");
    monitored.update_listener();
    monitored.refuse_listener();
    monitored.trap_until_it_backs_off();
}

#[test]
fn every_expression_parses_and_names_only_what_a_running_envoy_shows() {
    let mut monitored = Monitored::start();
    exercise(&mut monitored);
    let shown = exposition::parse(&monitored.envoy.admin("/stats/prometheus"));
    let expressions = expressions();
    assert_eq!(expressions.len(), 22, "{:?}", expressions.keys());
    for (place, expression) in &expressions {
        assert_eq!(faults(expression, &shown), Vec::<String>::new(), "{place}: {expression}");
    }
    let wrong = [
        "sum(rate(envoy_cors_request_total[1m]))",
        "sum(rate(envoy_cors_requests_total[1m])",
        "envoy_cors_requests_total{outcome=\"refused\"}",
        "sum by (reason) (envoy_cors_requests_total)",
        "envoy_cors_requests_total{reason=\"x\"}",
        "1 + 1",
    ];
    for expression in wrong {
        assert!(!faults(expression, &shown).is_empty(), "{expression}: or this test sees nothing");
    }
    let (success, reload) = ("envoy_wasm_envoy_cors_vm_reload_success", "envoy_wasm_envoy_cors_vm_reload");
    let value = |name: &str| shown.iter().find(|sample| sample.name == name).unwrap().value;
    assert!(value(success) >= 1.0);
    assert_eq!(value(reload), 0.0, "which is why nothing asks for it");
}

#[test]
fn panels_have_numbers_of_their_own_and_do_not_overlap() {
    let panels = dashboard::panels();
    let ids: BTreeSet<u32> = panels.iter().map(|panel| panel.id).collect();
    let titles: BTreeSet<&str> = panels.iter().map(|panel| panel.title.as_str()).collect();
    assert_eq!((ids.len(), titles.len()), (panels.len(), panels.len()));
    let mut taken = BTreeMap::new();
    for Panel { place, title, .. } in &panels {
        assert!(place.w > 0 && place.h > 0 && place.x + place.w <= 24, "{title}: {place:?}");
        for column in place.x..place.x + place.w {
            for row in place.y..place.y + place.h {
                let other = taken.insert((column, row), title);
                assert!(other.is_none(), "{title} and {} overlap", other.unwrap());
            }
        }
    }
    // No gap either: Grafana would move panels up.
    let height = taken.keys().map(|(_, row)| row + 1).max().unwrap();
    assert_eq!(taken.len(), 24 * height as usize);
}

#[test]
fn panels_ask_the_chosen_data_source_for_the_chosen_policies() {
    let whole = dashboard::read();
    let variables: Vec<&str> =
        whole["templating"]["list"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(variables, ["datasource", "policy"]);
    let policy = &whole["templating"]["list"][1];
    assert_eq!(policy["query"]["query"], "label_values(envoy_cors_requests_total, policy)");
    let chosen = json!({ "type": "prometheus", "uid": "${datasource}" });
    assert_eq!(policy["datasource"], chosen);
    for panel in dashboard::panels() {
        assert_eq!(panel.datasource, chosen, "{}", panel.title);
        assert!(panel.field_config["defaults"]["unit"].is_string(), "{}", panel.title);
        let mut refs = BTreeSet::new();
        for query in &panel.queries {
            assert_eq!(query.datasource, chosen, "{}", panel.title);
            assert!(refs.insert(&query.ref_id), "{}: {} twice", panel.title, query.ref_id);
            let counters = query.expression.matches("envoy_cors_requests_total").count();
            let chosen = query.expression.matches("envoy_cors_requests_total{policy=~\"$policy\"").count();
            assert_eq!(counters, chosen, "{}: the variable has to choose", query.expression);
        }
    }
}

#[test]
fn the_page_on_deploying_explains_each_alert() {
    let rows = table::read("envoy/README.md", "Alert");
    let explained: BTreeSet<String> = rows.iter().map(|row| row["Alert"].trim_matches('`').to_owned()).collect();
    let alerts: BTreeSet<String> = alerts().iter().map(|alert| alert["alert"].as_str().unwrap().to_owned()).collect();
    assert_eq!(explained, alerts);
}

#[test]
fn promtool_accepts_the_alerts_and_the_configuration() {
    let rules = promtool(&["check", "rules"], &kit::repository(ALERTS)).unwrap();
    assert!(rules.contains(&format!("SUCCESS: {} rules found", alerts().len())), "{rules}");
    promtool(&["check", "config"], &kit::repository("envoy/monitoring/prometheus.yaml")).unwrap();
    let broken = envoy::new_folder().join("broken.yaml");
    std::fs::write(&broken, sample::text(ALERTS).replace("increase(", "increases(")).unwrap();
    assert!(promtool(&["check", "rules"], &broken).is_err(), "or promtool checks nothing");
}

/// `prometheus.yaml` as it is, but for its target and for how often it asks.
fn prometheus(monitored: &Monitored) -> Prometheus {
    let folder = envoy::new_folder();
    std::fs::copy(kit::repository(ALERTS), folder.join("alerts.yaml")).unwrap();
    let mut config = sample::yaml("envoy/monitoring/prometheus.yaml");
    config["global"] = json!({ "scrape_interval": "200ms", "evaluation_interval": "200ms" });
    assert_eq!(config["scrape_configs"][0]["static_configs"], json!([{ "targets": ["127.0.0.1:9901"] }]));
    config["scrape_configs"][0]["static_configs"] = json!([{ "targets": [monitored.envoy.admin.to_string()] }]);
    Prometheus::start(&config, &folder)
}

/// Asks until there is an answer that satisfies; returns the last one.
fn ask(prometheus: &Prometheus, expression: &str, satisfies: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let series = prometheus.query(expression).unwrap();
        if satisfies(&series) || Instant::now() > deadline {
            return series;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn in_a_real_prometheus_every_panel_has_data_and_every_rule_is_evaluated() {
    let mut monitored = Monitored::start();
    let prometheus = prometheus(&monitored);
    // What increases has to be seen before and after.
    let before = ask(&prometheus, "envoy_wasm_envoy_cors_vm_reload_success", |series| !series.is_empty());
    assert!(!before.is_empty());
    exercise(&mut monitored);
    for panel in dashboard::panels() {
        for query in &panel.queries {
            let expression = query.filled_in("1m");
            // No test makes a reload fail; all else has happened.
            let is_zero = expression.contains("vm_reload_failure");
            let is_seen = |series: &[Value]| {
                let values = series.iter().filter_map(|one| one["value"][1].as_str()?.parse::<f64>().ok());
                values.into_iter().any(|value| if is_zero { value == 0.0 } else { value > 0.0 })
            };
            let series = ask(&prometheus, &expression, is_seen);
            assert!(is_seen(&series), "{}: {expression}: {series:?}", panel.title);
        }
    }
    let rules = prometheus.api("rules", &[]).unwrap()["groups"][0]["rules"].clone();
    let health: Vec<&Value> = rules.as_array().unwrap().iter().map(|rule| &rule["health"]).collect();
    assert_eq!(health, vec!["ok"; alerts().len()], "{rules}");
}

/// Istio has no `stats_tags`, and names plugins by kind, namespace and name.
#[test]
fn what_istio_shows_becomes_the_same_series() {
    let plugin = "extensions.istio.io/wasmplugin/istio-system.envoy-cors";
    let mut monitored = Monitored::start_with(plugin, &json!({}));
    let prometheus = prometheus(&monitored);
    exercise(&mut monitored);
    let shown = monitored.envoy.admin("/stats/prometheus");
    assert!(!shown.contains("envoy_cors_requests_total{policy"), "or there is nothing to relabel");
    let refused = "envoy_cors_requests_total{policy=\"app\",kind=\"request\",outcome=\"origin_refused\"} == 1";
    assert_eq!(ask(&prometheus, refused, |series| !series.is_empty()).len(), 1, "{shown}");
    for name in
        ["wasm_envoy_cors_vm_reload_success", "extension_config_discovery_http_filter_envoy_cors_update_rejected"]
    {
        let series = ask(&prometheus, &format!("envoy_{name} >= 1"), |series| !series.is_empty());
        assert_eq!(series.len(), 1, "{name}: {shown}");
        let expected = "extensions_istio_io_wasmplugin_istio_system_envoy_cors";
        assert_eq!(series[0]["metric"]["plugin"], expected, "{series:?}");
    }
}
