//! `cargo bench` measures the core natively; `make bench` measures what a request costs in a real Envoy.

#![allow(missing_docs, reason = "the macros of criterion make public functions")]
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench fails by a panic")]

use cors::allow_origins::Verdict;
use cors::configuration::Configuration;
use cors::decision::{Request, decide};
use cors::origin::Origin;
use cors::outcome::Outcome;
use cors::policies::Target;
use cors::policy::Policy;
use cors::vary::{self, Names};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use kit::fixtures::{configuration, policy_for};
use serde_json::json;
use std::borrow::Cow;
use std::hint::black_box;
use std::time::Duration;

const ORIGIN: &str = "https://app00000.example.com";

fn rule(kind: &str, n: u32) -> String {
    if kind == "exact" { format!("https://app{n:05}.example.com") } else { format!("https://*.g{n:05}.example.com") }
}

fn only_policy(configuration: &Configuration) -> &Policy {
    configuration.policies.get(0).unwrap()
}

fn parser(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("Origin::parse");
    let origins = [
        ("name", "https://app.example.com"),
        ("name and port", "http://localhost:3000"),
        ("IPv4", "http://192.168.0.17:8080"),
        ("IPv6", "http://[2001:db8::17]:8080"),
        ("malformed", "https://app.example.com/"),
    ];
    for (name, text) in origins {
        assert_eq!(Origin::parse(text.as_bytes()).is_some(), name != "malformed", "{text}");
        group.bench_function(name, |bencher| bencher.iter(|| Origin::parse(black_box(text.as_bytes()))));
    }
}

/// An origin of the last rule and one that no rule covers, parsed and looked up.
fn matcher(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("AllowOrigins::judge");
    for kind in ["exact", "wildcard"] {
        for count in [1, 1_000, 100_000] {
            let configuration = configuration(&policy_for((0..count).map(|n| rule(kind, n))));
            let origins = &only_policy(&configuration).allow_origins;
            let allowed = rule(kind, count - 1).replace('*', "app");
            let refused = allowed.replace(".com", ".org");
            assert_eq!(origins.judge(allowed.as_bytes()), Verdict::Allowed);
            assert!(matches!(origins.judge(refused.as_bytes()), Verdict::Refused(_)));
            for (verdict, origin) in [("allowed", &allowed), ("refused", &refused)] {
                group.bench_function(BenchmarkId::new(format!("{kind}, {verdict}"), count), |bencher| {
                    bencher.iter(|| origins.judge(black_box(origin.as_bytes())));
                });
            }
        }
    }
}

fn policies(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("Policies::find");
    for count in [1, 200] {
        let of_host = |n: u32| {
            let mut policy = policy_for([ORIGIN.to_owned()]);
            policy["name"] = json!(format!("service-{n}"));
            policy["match"] = json!({ "hosts": [format!("api{n}.example.com")] });
            policy
        };
        let document = json!({ "policies": (0..count).map(of_host).collect::<Vec<_>>() });
        let configuration = configuration(&document);
        let authority = format!("api{}.example.com", count - 1);
        let target = Target { authority: authority.as_bytes(), path: b"/api/orders", route_name: None };
        assert_eq!(configuration.policies.find(&target), Some(count as usize - 1));
        group.bench_function(BenchmarkId::new("by host, the last", count), |bencher| {
            bencher.iter(|| configuration.policies.find(black_box(&target)));
        });
    }
}

fn decision(criterion: &mut Criterion) {
    let configuration = configuration(&policy_for([ORIGIN.to_owned()]));
    let policy = only_policy(&configuration);
    let mut group = criterion.benchmark_group("decide");
    let request = |origin: &'static str| {
        let mut authority = || Some(b"api.example.com".as_slice());
        decide(policy, Request::Actual { origin: black_box(origin.as_bytes()), authority: &mut authority }).outcome
    };
    for (name, origin, expected) in [
        ("request, allowed", ORIGIN, Outcome::Allowed),
        ("request, refused", "https://evil.example", Outcome::OriginRefused),
    ] {
        assert_eq!(request(origin), expected);
        group.bench_function(name, |bencher| bencher.iter(|| request(origin)));
    }
    let header = |_: &str| Some(Cow::Borrowed(b"authorization,content-type".as_slice()));
    let preflight = |method: &'static [u8]| {
        let origin = black_box(ORIGIN.as_bytes());
        decide(policy, Request::Preflight { origin, method: black_box(method), header: &header }).outcome
    };
    for (name, method, expected) in [
        ("preflight, allowed", b"PUT".as_slice(), Outcome::Allowed),
        ("preflight, method refused", b"DELETE".as_slice(), Outcome::MethodRefused),
    ] {
        assert_eq!(preflight(method), expected);
        group.bench_function(name, |bencher| bencher.iter(|| preflight(method)));
    }
}

fn merging(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("vary::merge");
    let present: [(&str, &[u8]); 3] =
        [("absent", b""), ("Accept-Encoding", b"Accept-Encoding"), ("with Origin", b"Accept-Encoding, Origin")];
    let names = Names::of(true, false, false).unwrap();
    let mut merged = Vec::new();
    for (name, present) in present {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                merged.clear();
                vary::merge(black_box(present), names, &mut merged).map(<[u8]>::len)
            });
        });
    }
}

fn loading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("document::load");
    group.sample_size(10).measurement_time(Duration::from_secs(2));
    for kind in ["exact", "wildcard"] {
        for count in [1, 1_000, 100_000] {
            let document = policy_for((0..count).map(|n| rule(kind, n))).to_string();
            group.bench_function(BenchmarkId::new(kind, count), |bencher| {
                bencher.iter(|| document::load(black_box(document.as_bytes())).unwrap());
            });
        }
    }
}

criterion_group! {
    name = core;
    // The whole bench takes about a minute; `cargo bench -- --measurement-time 5` gives steadier results.
    config = Criterion::default().warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    targets = parser, matcher, policies, decision, merging, loading
}
criterion_main!(core);
