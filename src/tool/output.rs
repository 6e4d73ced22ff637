//! What all commands share of their output: formats and exit codes.

use clap::ValueEnum;
use std::process::ExitCode;

/// Text for people, or JSON for programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text, coloured on a terminal
    #[default]
    Text,
    /// JSON, as src/tool/README.md documents it
    Json,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The answer is yes: exit code 0.
    Good,
    /// The answer is no: exit code 1.
    Bad,
}

/// Wrong use or unreadable input: the text goes to standard error, the exit code is 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(pub String);

/// What a command returns.
pub type Result = std::result::Result<Outcome, Failure>;

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> ExitCode {
        match outcome {
            Outcome::Good => ExitCode::SUCCESS,
            Outcome::Bad => ExitCode::from(1),
        }
    }
}
