//! Redirects (Fetch, "HTTP-redirect fetch").

use super::origin::Origin;
use super::response::{ResponseHead, shown};
use super::{Body, Failure, Header, Mode};
use url::Url;

/// Fetch follows this many.
const MAX_REDIRECTS: usize = 20;

/// What a redirect changes of a request.
#[derive(Debug)]
pub struct Redirected<'a> {
    /// The origin of the page.
    pub origin: &'a Origin,
    /// The mode.
    pub mode: Mode,
    /// Whether a response of another origin has been met already.
    pub is_cors: bool,
    /// The URLs so far; the last is the one that answered.
    pub urls: &'a mut Vec<Url>,
    /// The method.
    pub method: &'a mut String,
    /// The headers that the page set.
    pub headers: &'a mut Vec<Header>,
    /// The body.
    pub body: &'a mut Body,
}

/// Fetch, "location URL": where a response leads; nothing where it is not a redirect.
pub fn location(response: &ResponseHead, url: &Url) -> Option<Result<Url, Failure>> {
    if !response.is_redirect() {
        return None;
    }
    let location = shown(&response.get("location")?);
    let target = url.join(&location).map(|mut target| {
        if target.fragment().is_none() {
            target.set_fragment(url.fragment());
        }
        target
    });
    Some(match target {
        Ok(target) if matches!(target.scheme(), "http" | "https") => Ok(target),
        _ => Err(Failure::RedirectUrl(location)),
    })
}

impl Redirected<'_> {
    /// Fetch, "HTTP-redirect fetch", from step 6 on: goes to `target`, or fails.
    pub fn follow(&mut self, status: u16, target: Url) -> Result<(), Failure> {
        if self.urls.len() > MAX_REDIRECTS {
            return Err(Failure::TooManyRedirects);
        }
        let has_credentials = !target.username().is_empty() || target.password().is_some();
        let origin = Origin::of_url(&target);
        let is_foreign = self.mode == Mode::Cors && !origin.is_same_origin(self.origin);
        if has_credentials && (is_foreign || self.is_cors) {
            return Err(Failure::RedirectCredentials(target.to_string()));
        }
        if status != 303 && *self.body == Body::Stream {
            return Err(Failure::RedirectStream);
        }
        let becomes_get = match status {
            301 | 302 => self.method == "POST",
            303 => !matches!(self.method.as_str(), "GET" | "HEAD"),
            _ => false,
        };
        if becomes_get {
            *self.method = String::from("GET");
            *self.body = Body::None;
            // Fetch, "request-body-header name".
            let is_of_body = |name: &str| {
                matches!(name, "content-encoding" | "content-language" | "content-location" | "content-type")
            };
            self.headers.retain(|(name, _)| !is_of_body(name));
        }
        if self.urls.last().is_some_and(|last| !Origin::of_url(last).is_same_origin(&origin)) {
            self.headers.retain(|(name, _)| name != "authorization");
        }
        self.urls.push(target);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(status: u16, method: &str, body: Body, target: &str) -> Result<(String, Vec<String>), Failure> {
        let header = |name: &str| (name.to_owned(), b"x".to_vec());
        let mut headers = vec![header("authorization"), header("content-type"), header("x-a")];
        let (mut method, mut body) = (method.to_owned(), body);
        let mut urls = vec![Url::parse("https://b.test/").unwrap()];
        Redirected {
            origin: &Origin::Tuple("https://a.test".into()),
            mode: Mode::Cors,
            is_cors: true,
            urls: &mut urls,
            method: &mut method,
            headers: &mut headers,
            body: &mut body,
        }
        .follow(status, Url::parse(target).unwrap())?;
        Ok((method, headers.into_iter().map(|(name, _)| name).collect()))
    }

    #[test]
    fn methods_and_headers_change_as_the_standard_says() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let all = names(&["authorization", "content-type", "x-a"]);
        assert_eq!(follow(307, "POST", Body::Bytes, "https://b.test/2").unwrap(), ("POST".into(), all.clone()));
        assert_eq!(follow(302, "PUT", Body::Bytes, "https://b.test/2").unwrap(), ("PUT".into(), all));
        let bare = names(&["authorization", "x-a"]);
        assert_eq!(follow(302, "POST", Body::Bytes, "https://b.test/2").unwrap(), ("GET".into(), bare.clone()));
        assert_eq!(follow(303, "PUT", Body::Stream, "https://b.test/2").unwrap(), ("GET".into(), bare));
        let foreign = names(&["content-type", "x-a"]);
        assert_eq!(follow(308, "PUT", Body::Bytes, "https://c.test/").unwrap(), ("PUT".into(), foreign));
    }

    #[test]
    fn passwords_and_streams_are_not_sent_on() {
        let target = "https://user:secret@b.test/";
        assert_eq!(follow(302, "GET", Body::None, target), Err(Failure::RedirectCredentials(target.into())));
        assert_eq!(follow(307, "POST", Body::Stream, "https://b.test/2"), Err(Failure::RedirectStream));
    }

    #[test]
    fn a_location_is_an_http_url() {
        let url = Url::parse("https://b.test/a/b#here").unwrap();
        let locate = |status, value: &str| {
            location(&ResponseHead { status, headers: vec![("location".into(), value.into())] }, &url)
        };
        assert_eq!(locate(302, "../c").unwrap().unwrap().as_str(), "https://b.test/c#here");
        assert_eq!(locate(302, "data:,x"), Some(Err(Failure::RedirectUrl("data:,x".into()))));
        assert_eq!(locate(200, "/c"), None);
        assert_eq!(location(&ResponseHead { status: 302, headers: Vec::new() }, &url), None);
    }
}
