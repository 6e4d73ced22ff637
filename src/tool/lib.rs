//! The command line of envoy-cors. Each command is a module with its `Arguments` and a `run`.

pub mod check;
pub mod completions;
pub mod convert;
pub mod curl;
pub mod doctor;
pub mod explain;
pub mod fetch;
pub mod output;
pub mod page_request;
pub mod respell;
pub mod schema;
pub mod source;
