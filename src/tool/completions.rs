//! `envoy-cors completions`: scripts that complete the command line in a shell.

use crate::output::{Failure, Format, Outcome, Result};
use clap_complete::Shell;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  envoy-cors completions bash > ~/.local/share/bash-completion/completions/envoy-cors
  envoy-cors completions zsh > ~/.zfunc/_envoy-cors
  envoy-cors completions fish > ~/.config/fish/completions/envoy-cors.fish";

/// The arguments of `envoy-cors completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Prints the script for a command line.
pub fn run(arguments: &Arguments, mut command: clap::Command) -> Result {
    // Into memory first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "envoy-cors", &mut script);
    if arguments.format == Format::Json {
        let object = serde_json::json!({
            "shell": arguments.shell.to_string(), "script": String::from_utf8_lossy(&script)
        });
        script = format!("{object:#}\n").into_bytes();
    }
    let mut out = anstream::stdout().lock();
    let written = out.write_all(&script).and_then(|()| out.flush());
    written.map_err(|error| Failure(format!("the output cannot be written: {error}")))?;
    Ok(Outcome::Good)
}
