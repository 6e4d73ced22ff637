//! Lists of names in a document: methods, and headers of requests and responses.

use crate::problem::{Fault, Problem};
use crate::reader::Text;

/// The names of a list, each once, and whether `*` stands among them.
#[derive(Debug, Default)]
pub struct NameList {
    /// Whether `*` stands in the list.
    pub any: bool,
    /// The other names, as they are sent.
    pub names: Vec<String>,
}

impl NameList {
    /// Reads a list; what is wrong with it goes to `problems`.
    pub(crate) fn read(texts: &[Text], problems: &mut Vec<Problem>, parse: fn(&str) -> Result<String, Fault>) -> Self {
        let mut list = NameList::default();
        for Text { path, text } in texts {
            match parse(text) {
                Ok(name) if name == "*" => list.any = true,
                Ok(name) if !list.names.contains(&name) => list.names.push(name),
                Ok(_) => {}
                Err(fault) => problems.push(fault.of_text(path, text)),
            }
        }
        list
    }
}
