//! What the filter needs of a proxy.

use crate::headers::Headers;
use crate::policy::Policy;
use crate::reply::Reply;

/// A proxy with one stream in hand.
pub trait Host {
    /// The value of a header: owned where the proxy hands out copies, borrowed where it lends its own bytes.
    type Value: AsRef<[u8]> + Into<Vec<u8>>;
    /// All headers of a request, for those who need several.
    type Headers: Headers;

    /// A request header; several lines of one name are one value, joined by commas.
    fn request_header(&mut self, name: &str) -> Option<Self::Value>;
    /// All headers of the request.
    fn request_headers(&mut self) -> Self::Headers;
    /// The name of the route that the request takes.
    fn route_name(&mut self) -> Option<Self::Value>;
    /// A response header, in the same form as a request header.
    fn response_header(&mut self, name: &str) -> Option<Self::Value>;
    /// Sets a response header to one line, whatever was there.
    fn set_response_header(&mut self, name: &str, value: &[u8]);
    /// Removes all lines of a response header.
    fn remove_response_header(&mut self, name: &str);
    /// Answers the request, without a body; it goes no further.
    fn reply(&mut self, policy: &Policy, reply: &Reply);
    /// Adds one to a counter.
    fn count(&mut self, counter: u32);
    /// Keeps the text of the decision where access logs find it.
    fn keep_decision(&mut self, decision: &[u8]);
    /// Whether somebody reads what [`Host::debug`] writes.
    fn shows_debug(&self) -> bool {
        false
    }
    /// Writes a line to the log at level debug.
    fn debug(&mut self, _line: &[u8]) {}
}
