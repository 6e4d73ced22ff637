//! `allow_methods` of a document.

use crate::name_list::NameList;
use crate::problem::{Fault, Problem};
use crate::reader::Text;
use wire::token::is_token;

/// What no page can send (Fetch, "forbidden method").
pub static FORBIDDEN: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

/// What browsers upper-case themselves (Fetch, "normalize" a method); `patch` is not among them.
pub const NORMALIZED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/// Reads `allow_methods`: each as a browser sends it.
pub fn allow_methods(texts: &[Text], problems: &mut Vec<Problem>) -> NameList {
    NameList::read(texts, problems, parse)
}

fn parse(text: &str) -> Result<String, Fault> {
    let upper = text.to_ascii_uppercase();
    if !is_token(text.as_bytes()) {
        return Err(if text.contains(',') {
            Fault::new("one item is one method", "write each method as an item of its own")
        } else {
            Fault::new("a method is a token of letters", "write a method such as \"PUT\"")
        });
    }
    if FORBIDDEN.contains(&upper.as_str()) {
        return Err(Fault::new("no page can send this method (Fetch, forbidden method)", "remove it"));
    }
    if NORMALIZED.contains(&upper.as_str()) { Ok(upper) } else { Ok(text.to_owned()) }
}
