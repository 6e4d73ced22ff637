//! A request, upstream's response, and what came of them.
//!
//! Text is bytes: each character up to U+00FF is one byte, as in the corpus.

use serde_json::Value;

/// A header: name and value.
pub type Header = (String, String);

/// A request as it reaches the filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub authority: String,
    pub path: String,
    /// The name of the route that the request takes.
    pub route: Option<String>,
    /// Several lines of one name are possible.
    pub headers: Vec<Header>,
}

/// Upstream's response, if the request reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub status: u32,
    pub headers: Vec<Header>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What upstream got; `None` if the filter answered.
    pub forwarded: Option<Request>,
    /// The `%RESPONSE_CODE_DETAILS%` of the filter's own answer.
    pub details: Option<String>,
    /// The status that the client gets.
    pub status: u32,
    /// The headers that the client gets.
    pub headers: Vec<Header>,
    /// The counters that were incremented, as `<policy>/<kind>/<outcome>`.
    pub counted: Vec<String>,
    /// The decision in Envoy's filter state.
    pub kept: Option<String>,
}

/// Something that answers requests under a document: the model, the core, the built module.
pub trait Shell: Sized {
    /// Loads a document; `Err` says what is wrong with it.
    fn load(document: &Value) -> Result<Self, String>;
    /// Passes a request through, and upstream's response unless the request was answered.
    fn answer(&mut self, request: &Request, upstream: &Upstream) -> Answer;
}

/// All values of a header joined by commas, as Envoy joins lines with the same name.
pub fn joined(headers: &[Header], name: &str) -> Option<String> {
    let values: Vec<&str> =
        headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect();
    if values.is_empty() { None } else { Some(values.join(",")) }
}

/// The elements of a list, without blanks around them and without empty ones.
pub fn elements(list: &str) -> Vec<String> {
    list.split(',')
        .map(|element| element.trim_matches([' ', '\t']))
        .filter(|element| !element.is_empty())
        .map(String::from)
        .collect()
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        joined(&self.headers, name)
    }
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        joined(&self.headers, name)
    }

    /// The same answer in the form in which answers are compared: names in lower case, headers sorted, since the order
    /// of lines with different names means nothing, and `Vary` as the list that it is, since where its blanks, line
    /// breaks and empty elements are means nothing either.
    pub fn in_comparable_form(mut self) -> Answer {
        let vary = self.header("vary").map(|value| elements(&value).join(", "));
        for (name, _) in &mut self.headers {
            *name = name.to_ascii_lowercase();
        }
        self.headers.retain(|(name, _)| name != "vary");
        self.headers.extend(vary.filter(|vary| !vary.is_empty()).map(|vary| (String::from("vary"), vary)));
        self.headers.sort();
        self
    }
}
