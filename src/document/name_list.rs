//! Lists of names in a document: methods, and headers of requests and responses.

use crate::problem::Problem;
use crate::reader::Text;
use crate::reason::Reason;
use cors::lookup::{Index, hash, same};

/// The names of a list, each once, and whether `*` is among them.
#[derive(Debug, Default)]
pub struct NameList {
    /// Whether `*` is in the list.
    pub any: bool,
    /// The other names, as they are sent.
    pub names: Vec<String>,
}

impl NameList {
    /// Reads a list; what is wrong with it goes to `problems`.
    pub(crate) fn read(texts: &[Text], problems: &mut Vec<Problem>, parse: fn(&str) -> Result<String, Reason>) -> Self {
        let mut list = NameList::default();
        let mut index = Index::with_capacity(texts.len());
        for Text { path, text } in texts {
            match parse(text) {
                Ok(name) if name == "*" => list.any = true,
                Ok(name) => {
                    let is_same =
                        |at: usize| list.names.get(at).is_some_and(|own| same(own.as_bytes(), name.as_bytes()));
                    let hash = hash(name.as_bytes());
                    if index.find(hash, is_same).is_none() {
                        index.insert(hash, list.names.len());
                        list.names.push(name);
                    }
                }
                Err(reason) => problems.push(Problem::of_text(path, text, reason)),
            }
        }
        list
    }
}
