//! `envoy-cors schema`.

pub mod table;

use crate::output::{Failure, Result};

/// The arguments of `envoy-cors schema`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Runs the command.
pub fn run(_arguments: &Arguments) -> Result {
    Err(Failure(String::from("not there yet")))
}
