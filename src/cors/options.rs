//! How a policy treats what it allows and what it refuses.

/// The options of a policy; the names of its fields are the document's keys, but for two that are yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What becomes of an allowed preflight.
    pub preflight: Preflight,
    /// The status of the answer to a preflight, 204 or 200.
    pub preflight_status: u32,
    /// What becomes of a refused preflight.
    pub refused_preflight: RefusedPreflight,
    /// Whether an actual request from a refused origin gets a 403 instead of being forwarded (`refused_request`).
    pub forbid_refused_request: bool,
    /// Whether upstream's CORS headers win over the policy's (`upstream_cors_headers`).
    pub keep_upstream_cors_headers: bool,
    /// Whether the policy only decides, counts and logs.
    pub report_only: bool,
    /// Whether `Access-Control-Request-Private-Network` is answered.
    pub allow_private_network: bool,
    /// Whether `Timing-Allow-Origin` accompanies Allow-Origin on actual responses.
    pub timing_allow_origin: bool,
}

/// What becomes of an allowed preflight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preflight {
    /// The filter answers it.
    Answer,
    /// It goes upstream, and its response gets the preflight headers.
    Forward,
}

/// What becomes of a refused preflight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedPreflight {
    /// The filter answers it with the status of an allowed one.
    Answer,
    /// The filter answers it with 403.
    Forbid,
    /// It goes upstream, and its response is stripped of CORS headers.
    Forward,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            preflight: Preflight::Answer,
            preflight_status: 204,
            refused_preflight: RefusedPreflight::Answer,
            forbid_refused_request: false,
            keep_upstream_cors_headers: false,
            report_only: false,
            allow_private_network: false,
            timing_allow_origin: false,
        }
    }
}
