//! The command line of envoy-cors. Each command is a module with its `Arguments` and a `run`.

pub mod check;
pub mod convert;
pub mod doctor;
pub mod explain;
pub mod output;
pub mod schema;
pub mod source;
