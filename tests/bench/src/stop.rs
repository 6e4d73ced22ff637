//! Ctrl-C and similar signals end the run cleanly: every process is stopped when its owner is dropped.

use crate::Result;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a signal has arrived.
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for the signals.
    ///
    /// Envoy runs in its own process group, so a Ctrl-C in a terminal does not reach it.
    pub fn on_signals() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Stop(flag))
    }

    /// An error if a signal has arrived.
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) { Err("stopped by a signal".into()) } else { Ok(()) }
    }
}
