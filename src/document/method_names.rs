//! `allow_methods` of a document.

use crate::name_list::NameList;
use crate::problem::Problem;
use crate::reader::Text;
use crate::reason::Reason;
use cors::allow_methods::FORBIDDEN;
use cors::list::is_token;

/// What browsers upper-case themselves (Fetch, "normalize" a method); `patch` is not among them.
pub const NORMALIZED: [&str; 6] = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];

/// Reads `allow_methods`: each as a browser sends it.
pub fn allow_methods(texts: &[Text], problems: &mut Vec<Problem>) -> NameList {
    NameList::read(texts, problems, parse)
}

fn parse(text: &str) -> Result<String, Reason> {
    let upper = text.to_ascii_uppercase();
    if !is_token(text.as_bytes()) {
        return Err(if text.contains(',') { Reason::SeveralMethods } else { Reason::InvalidMethod });
    }
    if FORBIDDEN.contains(&upper.as_str()) {
        return Err(Reason::ForbiddenMethod);
    }
    if NORMALIZED.contains(&upper.as_str()) { Ok(upper) } else { Ok(text.to_owned()) }
}
