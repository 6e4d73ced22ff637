//! What the worst request costs.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::Header;
use kit::fixtures::{ORIGIN, headers, request};
use kit::wasm_host::WasmHost;
use serde_json::{Value, json};

fn start(config: &Value) -> WasmHost {
    WasmHost::start(config.to_string().as_bytes())
        .unwrap_or_else(|log| panic!("{:?}", log.iter().take(3).collect::<Vec<_>>()))
}

fn upstream() -> Vec<Header> {
    headers(&[(":status", "200")])
}

fn cost(host: &mut WasmHost, list: &[(&str, &str)]) -> u64 {
    for _ in 0..2 {
        host.exchange(request(list), upstream());
    }
    host.exchange(request(list), upstream()).instructions
}

#[test]
fn probe() {
    let origin = |rules: Vec<String>, origins: &[String]| {
        let mut host = start(&json!({"allow_origins": rules, "dangerously_allow": ["broad_patterns"]}));
        for origin in origins {
            println!("   {} -> {}", &origin[..origin.len().min(70)], cost(&mut host, &[("origin", origin)]));
        }
    };
    let host = |start: &str, fill: &str, end: &str, len: usize| {
        let n = len - start.len() - end.len();
        let mut f = fill.repeat(n / fill.len() + 1);
        f.truncate(n);
        format!("https://{start}{f}{end}")
    };
    println!("heads");
    origin(
        (0..2000).map(|n| format!("https://pr-{n}-*.x.example")).collect(),
        &[
            "https://pr-77-abc.x.example".into(),
            "https://pr-nope-abc.x.example".into(),
            host("pr-", "a.", ".x.example", 253),
        ],
    );
    println!("one glob, many stars");
    origin(vec![format!("https://{}.x.example", "*a".repeat(120))], &[host("", "aaaaa.", "a.x.example", 253)]);
    println!("one glob, two stars");
    origin(
        vec!["https://*-7-*.x.example".into()],
        &["https://pr-77-abc.x.example".into(), host("a-7-", "a-7-a.", "a.x.example", 253)],
    );
    println!("one dotty host");
    origin(
        vec!["https://*.x.example".into()],
        &[host("a", ".a", ".y.example", 253), host("", "a", "", 63), host("", "a.", ".1", 253)],
    );
    println!("paths");
    for globs in [vec!["/a/*/b".to_owned()], vec!["/**/a/**/b".to_owned()], vec![format!("/{}", "*a".repeat(120))]] {
        let mut h = start(&json!({"policies": [{"name":"a", "match":{"paths": globs}, "allow_origins":[ORIGIN]}]}));
        for path in
            [format!("/a/{}/b", "x".repeat(4000)), format!("/{}", "a/".repeat(2000)), format!("/{}", "a".repeat(4000))]
        {
            println!(
                "   {:?} {} -> {}",
                &globs[0][..globs[0].len().min(20)],
                &path[..10],
                cost(&mut h, &[(":path", &path), ("origin", ORIGIN)])
            );
        }
    }
    println!("routes");
    let policies: Vec<Value> = (0..200).map(|n| json!({"name": format!("p{n}"), "match": {"route_names": [format!("route-{n}")]}, "allow_origins": [ORIGIN]})).collect();
    let mut h = start(&json!({ "policies": policies }));
    for route in ["route-0", "route-199", "nope"] {
        h.set_property("xds.route_name", Some(route));
        println!("   {route} {}", cost(&mut h, &[("origin", ORIGIN)]));
    }
    println!("prefixes of paths");
    let policies: Vec<Value> = (1..200).map(|n| json!({"name": format!("p{n}"), "match": {"paths": [format!("/{}x/*", "a/".repeat(n/2))]}, "allow_origins": [ORIGIN]})).collect();
    let mut h = start(&json!({ "policies": policies }));
    for path in [format!("/{}", "a/".repeat(2000))] {
        println!("   {}", cost(&mut h, &[(":path", &path), ("origin", ORIGIN)]));
    }
    println!("acrh");
    let mut h = start(&json!({"allow_origins":[ORIGIN], "allow_headers": ["x-a", "content-type"]}));
    for value in [
        ",".repeat(4096),
        "x-a,".repeat(1024),
        "X-A,".repeat(1024),
        " ".repeat(4096),
        "a,".repeat(2048),
        "content-typE,".repeat(315),
        "a".repeat(60000),
    ] {
        println!(
            "   {:?} {}",
            &value[..6],
            cost(
                &mut h,
                &[
                    (":method", "OPTIONS"),
                    ("origin", ORIGIN),
                    ("access-control-request-method", "GET"),
                    ("access-control-request-headers", &value)
                ]
            )
        );
    }
    let long = "x".repeat(60000);
    println!(
        "acrm {}",
        cost(&mut h, &[(":method", "OPTIONS"), ("origin", ORIGIN), ("access-control-request-method", &long)])
    );
    println!("authority {}", cost(&mut h, &[(":authority", &long), ("origin", "https://e.example")]));
    let long = "1".repeat(60000);
    println!("authority {}", cost(&mut h, &[(":authority", &long), ("origin", "https://e.example")]));
    let many: Vec<(String, String)> = (0..1000).map(|n| (format!("x-{n}"), String::from("y"))).collect();
    let mut list: Vec<(&str, &str)> = many.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    list.extend([(":method", "OPTIONS"), ("origin", ORIGIN), ("access-control-request-method", "GET")]);
    println!("1000 headers {}", cost(&mut h, &list));
    let mut list: Vec<(&str, &str)> = (0..1000).map(|_| ("access-control-request-headers", "x-a")).collect();
    list.extend([(":method", "OPTIONS"), ("origin", ORIGIN), ("access-control-request-method", "GET")]);
    println!("1000 acrh lines {}", cost(&mut h, &list));
    for vary in ["a,".repeat(2047), ",".repeat(4096), "origin,".repeat(585), " ".repeat(4096), "a".repeat(60000)] {
        let up = headers(&[(":status", "200"), ("vary", &vary)]);
        h.exchange(request(&[]), up.clone());
        println!("vary {:?} {}", &vary[..4], h.exchange(request(&[]), up).instructions);
    }
}
