//! The program: parses the command line and runs one command.

use clap::{CommandFactory, Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;
use tool::output::Failure;
use tool::{check, completions, convert, doctor, explain, schema};

/// Checks, explains and converts CORS policies for envoy-cors, and examines live endpoints.
#[derive(Debug, Parser)]
#[command(name = "envoy-cors", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one in the whole run")]
enum Command {
    /// Check a policy, wherever it is: a JSON document, an Envoy configuration, a Kubernetes manifest
    Check(check::Arguments),
    /// Print a script that completes the command line in a shell
    Completions(completions::Arguments),
    /// Convert CORS settings of other products to a policy
    Convert(convert::Arguments),
    /// Examine the CORS behaviour of a live endpoint
    Doctor(doctor::Arguments),
    /// Explain how a browser and the filter handle a page's request under a policy
    Explain(Box<explain::Arguments>),
    /// Print the JSON Schema of the policy document
    Schema(schema::Arguments),
}

fn main() -> ExitCode {
    let done = match &Cli::parse().command {
        Command::Check(arguments) => check::run(arguments),
        Command::Completions(arguments) => completions::run(arguments, Cli::command()),
        Command::Convert(arguments) => convert::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Schema(arguments) => schema::run(arguments),
    };
    match done {
        Ok(outcome) => outcome.into(),
        Err(Failure(text)) => {
            // Empty where the command has said it already. A reader that has gone away is none of our business.
            if !text.is_empty() {
                let _ = writeln!(anstream::stderr(), "{text}");
            }
            ExitCode::from(2)
        }
    }
}
