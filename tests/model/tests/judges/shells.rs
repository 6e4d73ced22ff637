//! The shells that are judged: the core, natively, and the built module on our wasm host. Another shell, such as a
//! dynamic module, becomes one more `impl Shell` here.

use cors::configuration::Configuration;
use kit::corpus::short_counter;
use kit::fake_host::FakeHost;
use kit::wasm_host::WasmHost;
use model::exchange::{Answer, Header, Request, Shell, Upstream};
use serde_json::Value;

/// The core over a proxy of a few lists.
pub struct Core {
    configuration: Configuration,
    counters: Vec<String>,
}

/// The built module on our wasm host.
pub struct BuiltModule(WasmHost);

impl Shell for Core {
    fn load(document: &Value) -> Result<Core, String> {
        let loaded = document::load(document.to_string().as_bytes()).map_err(|problems| format!("{problems:?}"))?;
        let mut configuration = loaded.configuration;
        let mut counters = Vec::new();
        configuration.define_counters(|name| {
            counters.push(short_counter(name)?);
            Some(counters.len() as u32 - 1)
        });
        Ok(Core { configuration, counters })
    }

    fn answer(&mut self, request: &Request, upstream: &Upstream) -> Answer {
        let host = FakeHost { request: lines(request), route_name: request.route.clone(), ..FakeHost::default() };
        let host = host.run(&self.configuration, bytes(&upstream.headers));
        let (status, details) = match host.reply {
            Some((status, details)) => (status, Some(details)),
            None => (upstream.status, None),
        };
        Answer {
            forwarded: details.is_none().then(|| forwarded(request, &host.request)),
            details,
            status,
            headers: texts(&host.response),
            counted: host.counted.iter().map(|counter| self.counters[*counter as usize].clone()).collect(),
            kept: host.kept,
        }
    }
}

impl Shell for BuiltModule {
    fn load(document: &Value) -> Result<BuiltModule, String> {
        WasmHost::start(document.to_string().as_bytes()).map(BuiltModule).map_err(|log| log.join("\n"))
    }

    fn answer(&mut self, request: &Request, upstream: &Upstream) -> Answer {
        self.0.set_property("xds.route_name", request.route.as_deref());
        let status = (String::from(":status"), upstream.status.to_string());
        let response: Vec<Header> = [status].into_iter().chain(upstream.headers.iter().cloned()).collect();
        let exchange = self.0.exchange(lines(request), bytes(&response));
        let details = exchange.reply.as_ref().map(|reply| String::from_utf8(reply.details.clone()).unwrap());
        let status = exchange.status();
        Answer {
            // The host allows no edit of the request.
            forwarded: details.is_none().then(|| request.clone()),
            details,
            status,
            headers: texts(&exchange.response).into_iter().filter(|(name, _)| name != ":status").collect(),
            counted: exchange.counted,
            kept: exchange.kept.map(|decision| String::from_utf8(decision).unwrap()),
        }
    }
}

/// The lines of a request, pseudo-headers first.
fn lines(request: &Request) -> Vec<kit::Header> {
    let pseudo = [(":method", &request.method), (":path", &request.path), (":authority", &request.authority)];
    let pseudo = pseudo.map(|(name, value)| (name.as_bytes().to_vec(), latin1(value)));
    pseudo.into_iter().chain(bytes(&request.headers)).collect()
}

/// What the lines of a request say that upstream gets.
fn forwarded(request: &Request, lines: &[kit::Header]) -> Request {
    let (pseudo, headers) = lines.split_at(3);
    let [method, path, authority] = [0, 1, 2].map(|at: usize| text(&pseudo[at].1));
    Request { method, path, authority, route: request.route.clone(), headers: texts(headers) }
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect()
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn bytes(headers: &[Header]) -> Vec<kit::Header> {
    headers.iter().map(|(name, value)| (latin1(name), latin1(value))).collect()
}

fn texts(headers: &[kit::Header]) -> Vec<Header> {
    headers.iter().map(|(name, value)| (text(name), text(value))).collect()
}
