#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]
use kit::fixtures::{headers, request};
use kit::wasm_host::WasmHost;
use serde_json::json;
fn run(name: &str, rules: Vec<String>, origins: &[String]) {
    let doc = json!({"allow_origins": rules, "dangerously_allow": ["broad_patterns"]}).to_string();
    let mut host = WasmHost::start(br#"{"allow_origins": ["https://a.example"]}"#).unwrap();
    let before = host.instructions();
    if !host.configure(doc.as_bytes()) {
        println!("{name}: refused {:?}", host.logs().iter().take(1).collect::<Vec<_>>());
        return;
    }
    println!(
        "{name}: {} rules, load {} instr/rule, {} MB",
        rules.len(),
        (host.instructions() - before) / rules.len() as u64,
        host.memory_bytes() >> 20
    );
    for origin in origins {
        let list = [("origin", origin.as_str())];
        host.exchange(request(&list), headers(&[(":status", "200")]));
        let e = host.exchange(request(&list), headers(&[(":status", "200")]));
        println!("   {} ({}) -> {} {:?}", &origin[..origin.len().min(60)], origin.len(), e.instructions, e.counted);
    }
}
#[test]
fn probe() {
    let _m = 0; let n: usize = std::env::var("N").map_or(1_000, |n| n.parse().unwrap());
    run(
        "subdomains",
        (0..n).map(|n| format!("https://*.g{n:05}.example.com")).collect(),
        &["https://a.g00777.example.com".into()],
    );
    run(
        "pr heads",
        (0..n).map(|n| format!("https://pr-{n}-*.x.example")).collect(),
        &["https://pr-777-a.x.example".into(), "https://pr-777777777-a.x.example".into()],
    );
    run(
        "tails",
        (0..n).map(|n| format!("https://*-{n}.x.example")).collect(),
        &["https://a-777.x.example".into(), "https://a-777777777-a.x.example".into()],
    );
    let label = |c: &str, k: usize| c.repeat(k);
    // A head of i bytes in labels of 'a', a tail of j 'b's.
    let head = |i: usize| (0..i).map(|k| if k % 60 == 59 { '.' } else { 'a' }).collect::<String>();
    let mut cross = Vec::new();
    for i in 1..190 {
        for j in 1..60 {
            cross.push(format!("https://{}c*c{}.x.example", head(i), label("b", j)));
        }
    }
    let body = |n: usize| (0..n).map(|k| if k % 60 == 59 { '.' } else { 'a' }).collect::<String>();
    // reachable: heads that exist and do not match in the tail
    let mut cross2 = Vec::new();
    for i in (1..180).filter(|i| i % 60 != 0) {
        for j in 1..63 {
            if head(i).ends_with('.') {
                continue;
            };
            cross2.push(format!("https://{}*{}c{}.x.example", head(i), "", label("b", j)));
        }
    }
    let host = format!("https://{}.{}.x.example", body(170), label("b", 63));
    let mut cross3 = Vec::new();
    for i in (1..180).filter(|i| i % 60 != 0) {
        for j in 1..63 {
            cross3.push(format!(
                "https://{}*{}.x.example",
                if j % 2 == 0 { head(i) } else { head(i) + "c" },
                label("b", j)
            ));
        }
    }
    let host2 = format!("https://{}.{}.x.example", body(170), label("b", 63));
    run(
        "cross tails found, heads not",
        cross3.iter().enumerate().filter(|(n, _)| n % 2 == 0).map(|(_, r)| r.clone()).collect(),
        &[host2],
    );
    run(
        "multi star",
        (0..256).map(|n| format!("https://*-{n}-*.x.example")).collect(),
        &["https://a-777.x.example".into(), format!("https://{}.{}.x.example", body(180), label("a", 60))],
    );
    run(
        "multi star long",
        (0..256).map(|n| format!("https://*-{n}-*{}*.x.example", "*a".repeat(80))).collect(),
        &["https://a-777.x.example".into(), format!("https://{}.{}.x.example", body(180), label("a", 60))],
    );
    run(
        "braces",
        (0..n).map(|n| format!("https://{{app,admin}}.g{n:05}.example.com")).collect(),
        &["https://app.g00777.example.com".into()],
    );
}
