//! Progress bars. They are drawn on standard error, and only if that is a terminal.

use cospike_studies::{Progress, Reuse};
use indicatif::{ProgressBar, ProgressStyle}; // hides itself in log files of a cluster
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Bar that shows the progress of a study: first the samples of its inferences, then its replications.
pub(crate) struct Bar {
    /// Name and bar of the stage that is shown.
    stage: Mutex<Option<(Stage, ProgressBar)>>,
    /// What a finished study had in its store.
    reuse: Mutex<Option<Reuse>>,
}

/// Stage of a study, and what it counts.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stage {
    name: &'static str,
    unit: &'static str,
}

impl Bar {
    pub(crate) fn new() -> Self {
        Self { stage: Mutex::default(), reuse: Mutex::default() }
    }

    /// What the study had in its store, once it has finished with one.
    pub(crate) fn reuse(&self) -> Option<Reuse> {
        *self.reuse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the bar. May be called from many threads.
    pub(crate) fn show(&self, progress: Progress) {
        let (stage_now, done, total) = match progress {
            Progress::Inference { done, total } => (Stage { name: "inference", unit: "samples" }, done, total),
            Progress::Simulation { done, total } => (Stage { name: "simulation", unit: "requests" }, done, total),
            Progress::Reused(reuse) => return *self.reuse.lock().unwrap_or_else(PoisonError::into_inner) = Some(reuse),
        };
        // A poisoned lock means that a drawing thread panicked; the study goes on without its bar.
        let Ok(mut stage) = self.stage.lock() else { return };
        // A stage that was finished goes on if a precision target asks for more replications.
        if stage.as_ref().is_none_or(|(shown, bar)| *shown != stage_now || (bar.is_finished() && done < total)) {
            *stage = Some((stage_now, bar(stage_now, total)));
        }
        if let Some((_, bar)) = stage.as_ref() {
            bar.set_length(total.max(bar.length().unwrap_or(0)));
            // Late reports of slower threads must not move the bar back.
            bar.set_position(done.max(bar.position()));
            if done == total {
                bar.finish_and_clear();
            }
        }
    }
}

/// Bar that counts the samples of an inference.
pub(crate) struct SampleBar {
    bar: Bar,
    done: AtomicU64,
    total: u64,
}

impl SampleBar {
    /// A bar for `total` samples.
    pub(crate) fn new(total: u64) -> Self {
        Self { bar: Bar::new(), done: AtomicU64::new(0), total }
    }

    /// Counts one more sample. May be called from many threads.
    pub(crate) fn tick(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        self.bar.show(Progress::Inference { done, total: self.total });
    }
}

fn bar(Stage { name, unit }: Stage, total: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{prefix:>10} {wide_bar} {human_pos} of {human_len} {msg}, {per_sec}, {eta} left");
    let bar = ProgressBar::new(total).with_prefix(name).with_message(unit);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
