//! The headers of a request, however a proxy holds them.

use std::borrow::Cow;

/// The headers of a request.
pub trait Headers {
    /// A header; several lines of one name are one value, joined by commas.
    fn get(&self, name: &str) -> Option<Cow<'_, [u8]>>;
    /// The first line of a header: all of it where a request has one at most, as of each pseudo-header.
    fn first(&self, name: &str) -> Option<&[u8]>;
}
