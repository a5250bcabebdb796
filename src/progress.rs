//! The progress bar. It is drawn on standard error, and not at all if that is no terminal.

use cospike_studies::Progress;
use indicatif::{ProgressBar, ProgressStyle}; // hides itself in log files of a cluster
use std::sync::Mutex;

/// Shows how far a study is: first the samples that networks run on, then the replications.
pub(crate) struct Bar {
    stage: Mutex<Option<(&'static str, ProgressBar)>>,
}

impl Bar {
    pub(crate) fn new() -> Self {
        Self { stage: Mutex::new(None) }
    }

    /// Moves the bar. Called from many threads.
    pub(crate) fn show(&self, progress: Progress) {
        let (name, done, total) = match progress {
            Progress::Inference { done, total } => ("inference", done, total),
            Progress::Simulation { done, total } => ("simulation", done, total),
        };
        // A poisoned lock means that a drawing thread panicked; the study goes on without its bar.
        let Ok(mut stage) = self.stage.lock() else { return };
        if stage.as_ref().is_none_or(|(shown, _)| *shown != name) {
            *stage = Some((name, bar(name, total)));
        }
        if let Some((_, bar)) = stage.as_ref() {
            // Late reports of slower threads must not move the bar back.
            bar.set_position(done.max(bar.position()));
            if done == total {
                bar.finish_and_clear();
            }
        }
    }
}

fn bar(name: &'static str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} {wide_bar} {human_pos}/{human_len} {eta}");
    let bar = ProgressBar::new(total).with_prefix(name);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
