//! One examination: the exchanges so far, each sent once however many checks ask for it.

use super::check::{Grant, grant};
use super::client::{Client, LIMIT};
use super::exchange::{Exchange, Head};
use super::target::Target;
use crate::fetch::Sent;
use crate::fetch::response::ResponseHead;
use indicatif::ProgressBar;

/// An examination that is going on.
#[derive(Debug)]
pub struct Session {
    /// What is examined.
    pub target: Target,
    /// Sends; `None` where responses are only judged, not asked for.
    client: Option<Client>,
    exchanges: Vec<Exchange>,
    /// The preflight and the actual exchange of the page.
    preflight: Option<usize>,
    actual: Option<usize>,
    progress: ProgressBar,
}

impl Session {
    /// An examination by requests.
    pub fn live(target: Target, client: Client, progress: ProgressBar) -> Self {
        Session { target, client: Some(client), exchanges: Vec::new(), preflight: None, actual: None, progress }
    }

    /// An examination of responses that somebody has.
    pub fn offline(target: Target, preflight: Option<Exchange>, actual: Option<Exchange>) -> Self {
        let progress = ProgressBar::hidden();
        let mut session =
            Session { target, client: None, exchanges: Vec::new(), preflight: None, actual: None, progress };
        session.preflight = preflight.map(|exchange| session.keep(exchange));
        session.actual = actual.map(|exchange| session.keep(exchange));
        session
    }

    fn keep(&mut self, exchange: Exchange) -> usize {
        self.exchanges.push(exchange);
        self.exchanges.len() - 1
    }

    /// Whether requests are sent.
    pub fn is_live(&self) -> bool {
        self.client.is_some()
    }

    /// Why a request that a check needs was not sent.
    pub fn why_not_sent(&self) -> String {
        match self.client {
            Some(_) => format!("the limit of {LIMIT} requests is reached"),
            None => String::from("this needs requests of its own, and --response sends none"),
        }
    }

    /// All exchanges so far.
    pub fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// An exchange that a check has asked for.
    pub fn exchange(&self, at: usize) -> Option<&Exchange> {
        self.exchanges.get(at)
    }

    /// The response of an exchange, where one came.
    pub fn response(&self, at: Option<usize>) -> Option<&ResponseHead> {
        self.exchanges.get(at?)?.response()
    }

    /// What an exchange grants an origin.
    pub fn grant(&self, at: Option<usize>, origin: &str) -> Grant {
        self.response(at).map_or(Grant::None, |response| grant(response, origin))
    }

    /// Sends a request unless the same was sent before; `None` where it cannot be sent.
    pub fn ask(&mut self, request: Sent) -> Option<usize> {
        if let Some(at) = self.exchanges.iter().position(|exchange| exchange.request == request) {
            return Some(at);
        }
        self.send(request, None)
    }

    /// Sends a request, even if the same was sent before.
    pub fn send(&mut self, request: Sent, body: Option<&[u8]>) -> Option<usize> {
        let origin = request.header("origin").map(|origin| String::from_utf8_lossy(origin).into_owned());
        self.progress.set_message(origin.unwrap_or_default());
        let exchange = self.client.as_mut()?.send(request, body)?;
        self.progress.inc(1);
        Some(self.keep(exchange))
    }

    /// The actual exchange of the page: with its method where that may be sent, otherwise a GET.
    pub fn actual(&mut self) -> Option<usize> {
        if self.actual.is_none() && self.is_live() {
            let target = &self.target;
            let method = if target.sends_method() { target.method() } else { "GET" };
            let request = target.actual(method, target.url(), Some(target.page()));
            let body = target.body.clone().filter(|_| target.send);
            self.actual = self.send(request, body.as_deref());
        }
        self.actual
    }

    /// The preflight of the page.
    pub fn preflight(&mut self) -> Option<usize> {
        if self.preflight.is_none() && self.is_live() {
            let target = &self.target;
            let request = target.preflight(target.page(), target.method(), &target.asked_headers());
            self.preflight = self.ask(request);
        }
        self.preflight
    }

    /// The preflight of the page, if it was sent.
    pub fn sent_preflight(&self) -> Option<usize> {
        self.preflight
    }

    /// The actual exchange of the page, if it was sent.
    pub fn sent_actual(&self) -> Option<usize> {
        self.actual
    }

    /// A GET (or a HEAD, where the page sends that) of the address from an origin, or from none.
    pub fn get(&mut self, origin: Option<&str>) -> Option<usize> {
        let method = if self.target.method() == "HEAD" { "HEAD" } else { "GET" };
        let request = self.target.actual(method, self.target.url(), origin);
        self.ask(request)
    }

    /// Asks what an origin is granted: by a GET, or by a preflight where GETs of this address say nothing of CORS.
    pub fn probe(&mut self, origin: &str) -> Option<usize> {
        if self.judges_by_preflight() {
            let request = self.target.preflight(origin, self.target.method(), &[]);
            return self.ask(request);
        }
        self.get(Some(origin))
    }

    /// Whether only preflights carry CORS headers here.
    pub fn judges_by_preflight(&mut self) -> bool {
        let page = self.target.page().to_owned();
        let got = self.get(Some(&page));
        let says = |at: Option<usize>| self.response(at).is_some_and(|response| response.allow_origin().is_some());
        !says(got) && says(self.preflight)
    }

    /// Whether the endpoint says that it runs envoy-cors.
    pub fn runs_envoy_cors(&self) -> bool {
        let says =
            |exchange: &Exchange| exchange.response().is_some_and(|response| response.get("x-cors-decision").is_some());
        self.exchanges.iter().any(says)
    }

    /// Ends the progress bar.
    pub fn finish(&self) {
        self.progress.finish_and_clear();
    }
}
