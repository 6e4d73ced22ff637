//! When the alerts of `envoy/monitoring/alerts.yaml` fire, and when not: `promtool test rules` on samples that were scraped
//! from a real Envoy: each scrape counts as a minute.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::exposition::{self, Sample};
use kit::monitored::{Monitored, ORIGIN};
use kit::prometheus::promtool;
use kit::{envoy, sample};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ALERTS: &str = "envoy/monitoring/alerts.yaml";
const REFUSED: &str = "https://evil.example";

/// Samples of one Envoy, minute by minute.
struct Recorded {
    monitored: Monitored,
    minutes: Vec<Vec<Sample>>,
}

impl Recorded {
    fn start() -> Self {
        Recorded { monitored: Monitored::start(), minutes: Vec::new() }
    }

    /// Scrapes; returns the minute.
    fn scrape(&mut self) -> usize {
        self.minutes.push(exposition::parse(&self.monitored.envoy.admin("/stats/prometheus")));
        self.minutes.len() - 1
    }

    /// Minutes in which so many requests of the policy `app` are allowed and refused, and one of another policy allowed.
    fn traffic(&mut self, minutes: usize, allowed: usize, refused: usize) -> usize {
        for _ in 0..minutes {
            (0..allowed).for_each(|_| drop(self.monitored.get("/", ORIGIN)));
            (0..refused).for_each(|_| drop(self.monitored.get("/", REFUSED)));
            self.monitored.get("/public/", ORIGIN);
            self.scrape();
        }
        self.minutes.len() - 1
    }

    /// The series of all metrics that the alerts name, in promtool's notation: `_` where there is no sample.
    fn series(&self) -> Vec<Value> {
        let alerts = sample::text(ALERTS);
        let mut series = BTreeMap::<String, Vec<String>>::new();
        for (minute, samples) in self.minutes.iter().enumerate() {
            for sample in samples.iter().filter(|sample| alerts.contains(&sample.name)) {
                let labels = sample.labels.iter().map(|(key, value)| format!(",{key}=\"{value}\"")).collect::<String>();
                let name = format!("{}{{instance=\"gateway\",job=\"envoy\"{labels}}}", sample.name);
                let values = series.entry(name).or_default();
                values.resize(minute, String::from("_"));
                values.push(sample.value.to_string());
            }
        }
        series.iter().map(|(name, values)| json!({ "series": name, "values": values.join(" ") })).collect()
    }

    /// Checks which alerts fire at some minutes: each alert by its name, with the label that tells it apart.
    fn check(&self, expected: &[(usize, &[(&str, &str)])]) -> Result<String, String> {
        let alerts: Vec<Value> = sample::yaml(ALERTS)["groups"][0]["rules"].as_array().unwrap().clone();
        let mut tests = Vec::new();
        for (minute, firing) in expected {
            for alert in &alerts {
                let name = alert["alert"].as_str().unwrap();
                let labels = |label: &str| {
                    let mut labels = json!({ "severity": alert["labels"]["severity"] });
                    match name {
                        "EnvoyCorsOriginRefusedJump" => labels["policy"] = json!(label),
                        _ => labels
                            .as_object_mut()
                            .unwrap()
                            .extend([(String::from("instance"), json!(label)), (String::from("job"), json!("envoy"))]),
                    }
                    labels
                };
                let firing = firing.iter().filter(|(own, _)| *own == name);
                // What annotations say is another matter; that they are expanded without an error is not asked here.
                let exp: Vec<Value> = firing.map(|(_, label)| json!({ "exp_labels": labels(label) })).collect();
                tests.push(json!({ "eval_time": format!("{minute}m"), "alertname": name, "exp_alerts": exp }));
            }
        }
        let folder = envoy::new_folder();
        let mut rules = sample::yaml(ALERTS);
        for rule in rules["groups"][0]["rules"].as_array_mut().unwrap() {
            rule.as_object_mut().unwrap().remove("annotations");
        }
        std::fs::write(folder.join("alerts.yaml"), rules.to_string()).unwrap();
        let file = folder.join("tests.yaml");
        let test = json!({ "rule_files": ["alerts.yaml"], "evaluation_interval": "1m",
            "tests": [{ "interval": "1m", "input_series": self.series(), "alert_rule_test": tests }] });
        std::fs::write(&file, test.to_string()).unwrap();
        promtool(&["test", "rules"], &file)
    }
}

const JUMP: (&str, &str) = ("EnvoyCorsOriginRefusedJump", "app");
const REJECTED: (&str, &str) = ("EnvoyCorsUpdateRejected", "gateway");
const RELOADED: (&str, &str) = ("EnvoyCorsVmReloaded", "gateway");
const DOWN: (&str, &str) = ("EnvoyCorsVmDown", "gateway");
const NO_POLICY: (&str, &str) = ("EnvoyCorsNoPolicy", "gateway");

#[test]
fn a_jump_of_refused_origins_is_reported_for_the_policy_that_refuses_until_it_is_over() {
    let mut recorded = Recorded::start();
    let quiet = recorded.traffic(75, 12, 1);
    // Ten minutes are averaged, so a jump has lasted for some when the five begin for which it must last.
    let soon = recorded.traffic(7, 5, 12);
    let jump = recorded.traffic(8, 5, 12);
    let over = recorded.traffic(20, 12, 1);
    let expected: [(usize, &[_]); 4] = [(quiet, &[]), (soon, &[]), (jump, &[JUMP]), (over, &[])];
    recorded.check(&expected).unwrap();
    assert!(recorded.check(&[(jump, &[])]).is_err(), "or promtool checks nothing");
}

/// Requests of a minute, allowed and refused: before, and in a quarter of an hour after.
#[test]
fn more_traffic_with_the_same_share_few_refusals_and_a_small_share_are_no_jump() {
    for (before, after) in [((6, 1), (48, 8)), ((1, 0), (1, 3)), ((10, 0), (300, 13))] {
        let mut recorded = Recorded::start();
        let quiet = recorded.traffic(75, before.0, before.1);
        let end = recorded.traffic(13, after.0, after.1);
        let never: Vec<(usize, &[_])> = (quiet..=end).map(|minute| (minute, [].as_slice())).collect();
        recorded.check(&never).unwrap_or_else(|text| panic!("{after:?}: {text}"));
    }
}

#[test]
fn a_policy_that_had_no_traffic_and_then_refuses_is_a_jump() {
    let mut new = Recorded::start();
    new.scrape();
    let soon = new.traffic(9, 5, 30);
    new.check(&[(soon, &[JUMP])]).unwrap();
    let mut idle = Recorded::start();
    idle.traffic(75, 0, 0);
    let soon = idle.traffic(9, 5, 30);
    idle.check(&[(soon, &[JUMP])]).unwrap();
}

#[test]
fn a_rejected_update_is_reported_for_an_hour_whichever_way_it_came() {
    for by_listener in [false, true] {
        let mut recorded = Recorded::start();
        recorded.traffic(3, 1, 0);
        recorded.monitored.update("https://two.example");
        let accepted = recorded.traffic(3, 1, 0);
        match by_listener {
            false => recorded.monitored.update("https://three.example/"),
            true => recorded.monitored.refuse_listener(),
        }
        let rejected = recorded.scrape();
        let later = recorded.traffic(58, 1, 0);
        let forgotten = recorded.traffic(5, 1, 0);
        let expected: [(usize, &[_]); 4] =
            [(accepted, &[]), (rejected, &[REJECTED]), (later, &[REJECTED]), (forgotten, &[])];
        recorded.check(&expected).unwrap_or_else(|text| panic!("by listener: {by_listener}: {text}"));
    }
}

#[test]
fn a_reload_is_reported_and_a_vm_that_is_down_for_requests_as_well() {
    let mut recorded = Recorded::start();
    let before = recorded.traffic(3, 1, 0);
    // The module has run long enough by then for the first reload to come at once, or it backs off: both are seen below.
    recorded.monitored.trap_until_it_backs_off();
    let down = recorded.scrape();
    let up = recorded.traffic(8, 1, 0);
    let forgotten = recorded.traffic(10, 1, 0);
    let expected: [(usize, &[_]); 4] = [(before, &[]), (down, &[RELOADED, DOWN]), (up, &[RELOADED]), (forgotten, &[])];
    recorded.check(&expected).unwrap();
}

#[test]
fn an_envoy_that_has_refused_its_first_policy_is_reported() {
    let mut recorded = Recorded { monitored: Monitored::start_without_a_policy(), minutes: Vec::new() };
    assert_eq!(recorded.monitored.get("/", ORIGIN).status, 500);
    for _ in 0..4 {
        recorded.scrape();
    }
    recorded.monitored.update("https://two.example");
    assert_eq!(recorded.monitored.get("/", ORIGIN).status, 200);
    let repaired = recorded.scrape();
    recorded.check(&[(0, &[]), (3, &[NO_POLICY]), (repaired, &[])]).unwrap();
}
