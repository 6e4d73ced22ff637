//! Ctrl-C and its kin end the run in order: what was started is ended by its owner's `drop`.

use crate::Result;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a signal asked to stop.
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for the signals.
    ///
    /// Envoy runs in a process group of its own, so a Ctrl-C in a terminal does not reach it.
    pub fn on_signals() -> Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(Stop(flag))
    }

    /// An error once a signal came.
    pub fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) { Err("stopped by a signal".into()) } else { Ok(()) }
    }
}
