//! What a conversion goes by, and what it has found so far.

use super::note::Notes;
use super::policy::{Policy, Wish};

/// A conversion under way.
#[derive(Debug, Default)]
pub struct Context {
    /// Whether dangerous rules are kept.
    pub keep_dangerous: bool,
    /// What there is to say.
    pub notes: Notes,
    /// Whether there was a CORS setting at all.
    pub found: bool,
}

impl Context {
    /// The policy of a wish.
    pub fn settle(&mut self, wish: &Wish) -> Option<Policy> {
        self.found = true;
        wish.settle(self.keep_dangerous, &mut self.notes)
    }
}
