//! What the dashboard of `envoy/monitoring/` shows of a run: a real Envoy, scraped by a real Prometheus, and drawn.

use crate::dashboard_plot::{self, Drawn, Line};
use crate::stop::Stop;
use crate::{Result, machine};
use kit::monitored::{Monitored, ORIGIN};
use kit::prometheus::Prometheus;
use kit::{dashboard, envoy, sample};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PICTURE: &str = "envoy/monitoring/dashboard.svg";

/// How long the run takes, in seconds. The picture leaves out the first ones, in which no rate is known yet.
const LENGTH: u64 = 120;
const UNKNOWN: u64 = 8;

/// What Grafana fills in for `$__rate_interval`, with a scrape each second.
const RATE_INTERVAL: &str = "6s";

/// Records a run, and draws it.
pub fn record() -> Result<()> {
    let stop = Stop::on_signals()?;
    let machine = machine::describe()?;
    let mut monitored = Monitored::start();
    let folder = envoy::new_folder();
    std::fs::copy(kit::repository("envoy/monitoring/alerts.yaml"), folder.join("alerts.yaml"))?;
    let mut config = sample::yaml("envoy/monitoring/prometheus.yaml");
    config["global"] = json!({ "scrape_interval": "1s" });
    let target = json!({ "targets": [monitored.envoy.admin.to_string()], "labels": { "instance": "gateway" } });
    config["scrape_configs"] = json!([config["scrape_configs"][0]]);
    config["scrape_configs"][0]["static_configs"] = json!([target]);
    let prometheus = Prometheus::start(&config, &folder);
    let (began, start) = (Instant::now(), seconds()?);
    let mut steps = STEPS.iter().peekable();
    while began.elapsed() < Duration::from_secs(LENGTH) {
        stop.check()?;
        let second = began.elapsed().as_secs();
        traffic(&monitored, second);
        if let Some((_, step)) = steps.next_if(|(at, _)| *at <= second) {
            step(&mut monitored);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let end = seconds()?;
    let mut drawn = Vec::new();
    for panel in dashboard::panels() {
        let mut lines = Vec::new();
        for query in &panel.queries {
            let parameters = [
                ("query", query.filled_in(RATE_INTERVAL)),
                ("start", (start + UNKNOWN).to_string()),
                ("end", end.to_string()),
                ("step", String::from("1")),
            ];
            let parameters: Vec<(&str, &str)> = parameters.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let series = prometheus.api("query_range", &parameters)?["result"].take();
            let series = series.as_array().ok_or("no series")?.iter();
            lines.extend(series.map(|one| line(&query.legend, one, start)));
        }
        if lines.iter().all(|line| line.points.is_empty()) {
            return Err(format!("{} has no data", panel.title).into());
        }
        drawn.push(Drawn { panel, lines });
    }
    let about = format!(
        "Drawn by `make dashboard` from a run of {LENGTH} seconds on {}, Envoy {}: time in seconds, rates over {RATE_INTERVAL}",
        machine.date, machine.envoy
    );
    std::fs::write(kit::repository(PICTURE), dashboard_plot::draw(&drawn, UNKNOWN as f64, LENGTH as f64, &about))?;
    std::fs::remove_dir_all(folder)?;
    println!("{PICTURE} shows this run");
    Ok(())
}

fn seconds() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}

/// Something that happens at a second of the run.
type Step = (u64, fn(&mut Monitored));

const STEPS: [Step; 7] = [
    (45, Monitored::update_listener),
    (60, |monitored| monitored.update("https://two.example")),
    (68, |monitored| monitored.update("https://three.example/")),
    (76, |monitored| monitored.update("https://four.example")),
    (84, Monitored::refuse_listener),
    (95, |monitored| drop(monitored.trap())),
    (104, |monitored| monitored.trap_until_it_backs_off()),
];

/// A little traffic: from the 25th second on many refused origins, from the 75th many preflights.
fn traffic(monitored: &Monitored, second: u64) {
    for _ in 0..4 {
        monitored.get("/orders", ORIGIN);
    }
    monitored.get("/public/news", ORIGIN);
    monitored.preflight("/orders", ORIGIN, "PUT");
    if (25..55).contains(&second) {
        (0..3).for_each(|_| drop(monitored.get("/orders", "https://evil.example")));
        monitored.preflight("/orders", "https://evil.example", "PUT");
    }
    if (75..95).contains(&second) {
        (0..4).for_each(|_| drop(monitored.preflight("/orders", ORIGIN, "PUT")));
        monitored.preflight("/orders", ORIGIN, "PATCH");
    }
    if second.is_multiple_of(10) {
        monitored.get("/public//news", ORIGIN);
    }
}

/// A series with the name that Grafana would give it.
fn line(legend: &str, series: &Value, start: u64) -> Line {
    let labels = series["metric"].as_object().into_iter().flatten();
    let name = labels.fold(legend.to_owned(), |name, (label, value)| {
        name.replace(&format!("{{{{{label}}}}}"), value.as_str().unwrap_or_default())
    });
    let point = |pair: &Value| {
        let value: f64 = pair[1].as_str()?.parse().ok()?;
        value.is_finite().then_some((pair[0].as_f64()? - start as f64, value))
    };
    let points = series["values"].as_array().into_iter().flatten().filter_map(point).collect();
    Line { name, points }
}
