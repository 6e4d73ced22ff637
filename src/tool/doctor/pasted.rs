//! Response heads that somebody pasted: what `curl -i` prints, and what `curl -v` prints.

use super::exchange::Exchange;
use super::target::Target;
use crate::fetch::preflight::because;
use crate::fetch::response::ResponseHead;
use crate::fetch::{Header, Sent};

/// What a text holds: one head after the other, each with the request where it was printed, too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The request of `curl -v`: its method and headers.
    pub request: Option<(String, Vec<Header>)>,
    /// The response.
    pub response: ResponseHead,
}

/// Parses heads; bodies and what else stands between them are passed over.
pub fn parse(text: &str) -> Vec<Head> {
    let mut heads: Vec<Head> = Vec::new();
    let mut request: Option<(String, Vec<Header>)> = None;
    let mut place = Place::Elsewhere;
    let is_verbose = text.lines().any(|line| line.starts_with("< HTTP/"));
    for line in text.lines() {
        let line = line.trim_end_matches('\r');
        let (sent, line) = match (is_verbose, line.strip_prefix("> "), line.strip_prefix("< ")) {
            (true, Some(line), _) => (true, line),
            (true, _, Some(line)) => (false, line),
            (true, ..) => {
                place = Place::Elsewhere;
                continue;
            }
            (false, ..) => (false, line),
        };
        if let Some(status) = status_of(line).filter(|_| !sent) {
            let response = ResponseHead { status, headers: Vec::new() };
            heads.push(Head { request: request.take(), response });
            place = Place::Response;
        } else if let Some(method) = request_line(line).filter(|_| sent) {
            request = Some((method.to_owned(), Vec::new()));
            place = Place::Request;
        } else if let Some(header) = header(line) {
            match (place, &mut request, heads.last_mut()) {
                (Place::Request, Some((_, headers)), _) => headers.push(header),
                (Place::Response, _, Some(head)) => head.response.headers.push(header),
                _ => {}
            }
        } else {
            place = Place::Elsewhere;
        }
    }
    // What a proxy or `Expect: 100-continue` answers on the way is not the response.
    heads.retain(|head| head.response.status >= 200);
    heads
}

#[derive(Clone, Copy)]
enum Place {
    Request,
    Response,
    Elsewhere,
}

fn status_of(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/")?;
    let (_, rest) = rest.split_once(' ')?;
    rest.split_whitespace().next()?.parse().ok()
}

fn request_line(line: &str) -> Option<&str> {
    let (first, version) = (line.split(' ').next()?, line.split(' ').next_back()?);
    version.starts_with("HTTP/").then_some(first)
}

fn header(line: &str) -> Option<Header> {
    let (name, value) = line.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then(|| (name.to_ascii_lowercase(), value.trim().as_bytes().to_vec()))
}

/// Which of the heads answers the preflight, and which the page's request.
pub fn sort(heads: Vec<Head>, target: &Target) -> (Option<Exchange>, Option<Exchange>) {
    let needs_preflight = !because(target.method(), &target.request.headers, &target.request).is_empty();
    let is_of_preflight = |head: &Head| match &head.request {
        Some((method, headers)) => {
            method == "OPTIONS" && headers.iter().any(|(name, _)| name == "access-control-request-method")
        }
        None => ["access-control-allow-methods", "access-control-allow-headers", "access-control-max-age"]
            .iter()
            .any(|name| head.response.get(name).is_some()),
    };
    let (mut preflights, mut others): (Vec<Head>, Vec<Head>) = heads.into_iter().partition(is_of_preflight);
    // Two heads for a request that needs a preflight are its answer and the response, however broken the answer is.
    if preflights.is_empty() && needs_preflight && others.len() >= 2 && others.iter().all(|head| head.request.is_none())
    {
        preflights.push(others.remove(0));
    }
    // Servers that send everything everywhere: one head alone, for a simple request, is the response.
    if others.is_empty() && !needs_preflight && preflights.iter().all(|head| head.request.is_none()) {
        others.extend(preflights.pop());
    }
    let preflight = preflights.into_iter().next_back().map(|head| {
        let request = target.preflight(target.page(), target.method(), &target.asked_headers());
        exchange(head, request)
    });
    let actual = others.into_iter().next().map(|head| {
        let request = target.actual(target.method(), target.url(), Some(target.page()));
        exchange(head, request)
    });
    (preflight, actual)
}

fn exchange(head: Head, mut request: Sent) -> Exchange {
    if let Some((method, headers)) = head.request {
        request.method = method;
        request.headers = headers;
    }
    Exchange { request, response: Ok(head.response) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_found_between_bodies() {
        let text =
            "HTTP/1.1 204 No Content\r\nAccess-Control-Max-Age: 60\r\n\r\nHTTP/2 200\nvary: Origin\n\n{\"a\": 1}\n";
        let heads = parse(text);
        assert_eq!(heads.iter().map(|head| head.response.status).collect::<Vec<_>>(), [204, 200]);
        assert_eq!(heads[0].response.headers, [(String::from("access-control-max-age"), b"60".to_vec())]);
        assert_eq!(heads[1].response.headers, [(String::from("vary"), b"Origin".to_vec())]);
    }

    #[test]
    fn what_curl_prints_with_v_brings_its_requests() {
        let text = "* Connected\n> OPTIONS /me HTTP/1.1\n> Host: a.test\n> Origin: https://b.test\n>\n\
                    < HTTP/1.1 100 Continue\n<\n< HTTP/1.1 405 Method Not Allowed\n< allow: GET\n<\nbody: no\n";
        let heads = parse(text);
        assert_eq!(heads.len(), 1);
        assert_eq!(heads[0].response.status, 405);
        assert_eq!(heads[0].response.headers, [(String::from("allow"), b"GET".to_vec())]);
    }
}
