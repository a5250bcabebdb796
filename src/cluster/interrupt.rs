//! Signals by which a scheduler or a user asks a worker to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a worker that was stopped, and has stored something before.
pub(super) const STOPPED: u8 = 3;
/// Exit code of a worker that was stopped before it has stored anything.
pub(super) const STOPPED_IDLE: u8 = 4;

/// A flag that the first of the signals INT, TERM, HUP or USR1 sets. At the second one `at_once` is called, which gives the exit code
/// with which the process then ends.
#[cfg(unix)]
pub(super) fn stop_on_signals(at_once: impl Fn() -> u8 + Send + 'static) -> std::io::Result<Arc<AtomicBool>> {
    use crate::output::note;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    use signal_hook::iterator::Signals; // handlers may do next to nothing: this hands signals to a thread
    let stop = Arc::new(AtomicBool::new(false));
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGUSR1])?;
    let flag = stop.clone();
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if flag.swap(true, Ordering::Relaxed) {
                let code = at_once();
                note!("stopped at once: what was begun is lost, everything finished is stored");
                std::process::exit(code.into());
            }
            note!("asked to stop: what is begun will be finished and stored first; ask again to stop at once");
        }
    });
    Ok(stop)
}

/// Where there are no such signals nothing sets the flag.
#[cfg(not(unix))]
pub(super) fn stop_on_signals(_at_once: impl Fn() -> u8 + Send + 'static) -> std::io::Result<Arc<AtomicBool>> {
    Ok(Arc::new(AtomicBool::new(false)))
}
