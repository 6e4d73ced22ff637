#![allow(clippy::unwrap_used)]
use kit::call_graph::CallGraph;
#[test]
fn who() {
    let graph = CallGraph::of(&std::fs::read(kit::named_module_path()).unwrap());
    for name in std::env::var("WHO").unwrap().split(' ') { println!("{name}: {:#?}", graph.callers(name)); }
}
