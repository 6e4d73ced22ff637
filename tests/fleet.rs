//! Many Envoys behind one control plane: each update reaches all of them, and no request is lost meanwhile.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by a panic")]

use kit::client;
use kit::fleet::Fleet;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An origin that every policy allows.
const ALWAYS: &str = "https://always.example.com";

/// A policy of many rules, and one of its own.
fn policy(rules: usize, own: &str) -> Value {
    let mut origins: Vec<String> = (0..rules).map(|number| format!("https://app{number}.example.com")).collect();
    origins.extend([String::from(ALWAYS), own.to_owned()]);
    json!({ "allow_origins": origins })
}

/// The Envoys that allow an origin.
fn allowing(fleet: &Fleet, origin: &str) -> usize {
    fleet.members.iter().filter(|member| member.allows(origin)).count()
}

#[test]
fn every_update_reaches_all_of_twenty_envoys_and_a_bad_one_none() {
    const SIZE: usize = 20;
    let mut fleet = Fleet::start(SIZE, &policy(10, "https://one.example")).unwrap();
    let decided = fleet.control_plane.wait_for(SIZE);
    assert_eq!((decided.accepted.len(), decided.rejected.len()), (SIZE, 0));
    assert_eq!(allowing(&fleet, "https://one.example"), SIZE);

    for origin in ["https://two.example", "https://three.example"] {
        fleet.publish(&policy(10, origin));
        let decided = fleet.control_plane.wait_for(SIZE);
        assert_eq!((decided.accepted.len(), decided.rejected.len(), decided.times.len()), (SIZE, 0, SIZE));
        fleet.wait_until_allowed(origin).unwrap();
        assert_eq!(allowing(&fleet, "https://one.example"), 0, "the policy before is gone");
    }

    fleet.publish(&policy(10, "https://four.example/"));
    let decided = fleet.control_plane.wait_for(SIZE);
    assert_eq!((decided.accepted.len(), decided.rejected.len()), (0, SIZE));
    assert_eq!(allowing(&fleet, "https://three.example"), SIZE, "the policy in force goes on");
    for member in &fleet.members {
        assert_eq!(member.envoy.stat("extension_config_discovery.http_filter.envoy-cors.update_rejected"), 1);
    }

    // An Envoy that starts now has no older policy: what the page on monitoring calls urgent.
    fleet.grow().unwrap();
    assert_eq!(fleet.members[SIZE].get(ALWAYS).status, 500);
    fleet.publish(&policy(10, "https://five.example"));
    let decided = fleet.control_plane.wait_for(SIZE + 1);
    assert_eq!((decided.accepted.len(), decided.rejected.len()), (SIZE + 1, 0), "a good one repairs them all");
    fleet.wait_until_allowed("https://five.example").unwrap();
}

#[test]
fn without_their_control_plane_envoys_go_on_under_the_policy_they_have() {
    let fleet = Fleet::start(2, &policy(10, "https://one.example")).unwrap();
    fleet.control_plane.wait_for(2);
    let Fleet { control_plane, members } = fleet;
    drop(control_plane);
    let failures = "extension_config_discovery.http_filter.envoy-cors.update_failure";
    for member in &members {
        kit::wait_until("the control plane is missed", || member.envoy.stat(failures) > 0);
        assert!(member.allows("https://one.example"));
    }
}

/// Requests, one after the other over connections of their own, until told to end: how many, and what was wrong.
fn load(address: SocketAddr, end: &Arc<AtomicBool>) -> std::thread::JoinHandle<(usize, Vec<String>)> {
    let end = Arc::clone(end);
    std::thread::spawn(move || {
        let (mut count, mut lost) = (0, Vec::new());
        let headers = [(b"host".to_vec(), b"a".to_vec()), (b"origin".to_vec(), ALWAYS.as_bytes().to_vec())];
        while !end.load(Ordering::Relaxed) {
            count += 1;
            let response = client::try_send(address, "GET", "/", &headers);
            let seen = response.map(|response| (response.status, response.header("access-control-allow-origin")));
            if seen != Some((200, Some(ALWAYS.to_owned()))) {
                lost.push(format!("{seen:?}"));
            }
        }
        (count, lost)
    })
}

#[test]
fn no_request_is_lost_while_a_thousand_and_a_hundred_thousand_rules_are_loaded() {
    let fleet = Fleet::start(2, &policy(10, "https://update0.example")).unwrap();
    let end = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = fleet.members.iter().map(|member| load(member.address, &end)).collect();
    for (number, rules) in [1_000, 100_000, 10, 1_000].into_iter().enumerate() {
        let origin = format!("https://update{}.example", number + 1);
        fleet.publish(&policy(rules, &origin));
        let decided = fleet.control_plane.wait_for(2);
        assert_eq!(decided.accepted.len(), 2, "{rules} rules");
        fleet.wait_until_allowed(&origin).unwrap();
    }
    end.store(true, Ordering::Relaxed);
    for thread in threads {
        let (count, lost) = thread.join().unwrap();
        assert_eq!(lost, Vec::<String>::new(), "of {count}");
        assert!(count > 100, "{count} requests are too few to see anything");
    }
}
