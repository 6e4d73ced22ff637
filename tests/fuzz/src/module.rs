//! The built module on our wasm host, and the same core natively: both do the same with any conversation.

use crate::conversation::{Conversation, Exchange};
use cors::configuration::Configuration;
use kit::Header;
use kit::corpus::short_counter;
use kit::fake_host::FakeHost;
use kit::wasm_host::WasmHost;
use std::cell::RefCell;

/// How many instructions a stream may take, and how many more for each byte of its headers.
const INSTRUCTIONS: u64 = 20_000;
const INSTRUCTIONS_PER_BYTE: u64 = 400;

/// A document under both, if it is one.
struct Loaded {
    document: Vec<u8>,
    both: Option<Both>,
}

struct Both {
    module: WasmHost,
    core: Configuration,
    /// The names of the core's counters.
    counters: Vec<String>,
}

/// Compares both over a conversation.
pub fn check(input: &[u8]) {
    // To start the module takes longer than a stream; most inputs have the same document as the one before.
    thread_local!(static LOADED: RefCell<Option<Loaded>> = const { RefCell::new(None) });
    let conversation = Conversation::parse(input);
    LOADED.with_borrow_mut(|loaded| {
        let loaded = match loaded.take() {
            Some(same) if same.document == conversation.document => loaded.insert(same),
            _ => loaded.insert(Loaded::new(conversation.document)),
        };
        if let Some(both) = &mut loaded.both {
            conversation.exchanges.iter().for_each(|exchange| both.compare(exchange));
        }
    });
}

impl Loaded {
    fn new(document: &[u8]) -> Self {
        let module = WasmHost::start(document);
        let core = document::load(document);
        let both = match (module, core) {
            (Ok(module), Ok(core)) => Some(Both::new(module, core.configuration)),
            (Err(_), Err(_)) => None,
            (Ok(_), Err(problems)) => panic!("the module takes what the core refuses: {problems:?}"),
            (Err(log), Ok(_)) => panic!("the module refuses what the core takes: {log:?}"),
        };
        Loaded { document: document.to_vec(), both }
    }
}

impl Both {
    fn new(module: WasmHost, mut core: Configuration) -> Self {
        let mut counters = Vec::new();
        core.define_counters(|name| {
            counters.push(short_counter(name).unwrap_or_else(|| name.to_owned()));
            u32::try_from(counters.len() - 1).ok()
        });
        Both { module, core, counters }
    }

    fn compare(&mut self, exchange: &Exchange) {
        let Exchange { request, route, upstream } = exchange;
        self.module.set_property("xds.route_name", route.as_deref());
        let seen = self.module.exchange(request.clone(), upstream.clone());
        let host = FakeHost { request: request.clone(), route_name: route.clone(), ..FakeHost::default() };
        let expected = host.run(&self.core, upstream.clone());
        let reply = seen.reply.as_ref().map(|reply| (reply.status, String::from_utf8_lossy(&reply.details).into()));
        assert_eq!(reply, expected.reply);
        assert_eq!(without_status(&seen.response), without_status(&expected.response));
        let counted: Vec<&String> = expected.counted.iter().map(|id| &self.counters[*id as usize]).collect();
        assert_eq!(seen.counted.iter().collect::<Vec<_>>(), counted);
        assert_eq!(seen.kept.as_deref(), expected.kept.as_deref().map(str::as_bytes));
        let bytes: usize = request.iter().chain(upstream).map(|(name, value)| name.len() + value.len() + 10).sum();
        let most = INSTRUCTIONS + INSTRUCTIONS_PER_BYTE * bytes as u64;
        assert!(seen.instructions <= most, "{} instructions for {bytes} bytes of headers", seen.instructions);
    }
}

fn without_status(response: &[Header]) -> Vec<&Header> {
    response.iter().filter(|(name, _)| name != b":status").collect()
}
