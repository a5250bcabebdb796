//! The file of a trace: events in the Trace Event Format.

use cospike_sim_core::kernel::SimTime;
use serde_json::{Value, json};
use std::io::{self, Write};

/// A JSON object whose `traceEvents` grow as events happen (Trace Event Format, JSON Object Format; Google, 2016).
///
/// Slices are written as pairs of begin and end rather than with a duration, because a viewer rounds the two times of a
/// pair alike: slices that touch in whole nanoseconds touch there too.
pub(super) struct EventFile<W> {
    file: W,
    /// Number of events written.
    written: u64,
    /// Error that stopped the writing; nothing is written after it.
    error: Option<io::Error>,
}

/// The track of an event. The format calls a track a thread and a group of tracks a process; both have numbers.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) process: u64,
    pub(super) thread: u64,
}

impl<W: Write> EventFile<W> {
    /// Begins the file. `about` becomes its `otherData`: which run is traced.
    pub(super) fn new(mut file: W, about: &Value) -> Self {
        let begun = write!(file, "{{\"displayTimeUnit\":\"ms\",\"otherData\":{about},\"traceEvents\":[");
        Self { file, written: 0, error: begun.err() }
    }

    /// Number of events written.
    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// Writes the name of a group of tracks.
    pub(super) fn name_process(&mut self, process: u64, name: &str) {
        self.write(&json!({ "name": "process_name", "ph": "M", "pid": process, "args": { "name": name } }));
    }

    /// Writes the name of a track.
    pub(super) fn name_thread(&mut self, at: Place, name: &str) {
        let (process, thread) = (at.process, at.thread);
        self.write(
            &json!({ "name": "thread_name", "ph": "M", "pid": process, "tid": thread, "args": { "name": name } }),
        );
    }

    /// Begins a slice at the time `now`, inside the slice that is open on its track, if any.
    pub(super) fn begin(&mut self, at: Place, now: SimTime, name: &str, arguments: &Value) {
        let event = json!({
            "name": name, "ph": "B", "ts": microseconds(now), "pid": at.process, "tid": at.thread, "args": arguments,
        });
        self.write(&event);
    }

    /// Ends the slice that was begun last on its track.
    pub(super) fn end(&mut self, at: Place, now: SimTime) {
        self.write(&json!({ "ph": "E", "ts": microseconds(now), "pid": at.process, "tid": at.thread }));
    }

    /// Writes an event without duration.
    pub(super) fn instant(&mut self, at: Place, now: SimTime, name: &str) {
        let event = json!({
            "name": name, "ph": "i", "s": "t", "ts": microseconds(now), "pid": at.process, "tid": at.thread,
        });
        self.write(&event);
    }

    /// Writes a new value of a counter. Viewers show its name and its unit.
    pub(super) fn count(&mut self, process: u64, now: SimTime, name: &str, unit: &str, value: f64) {
        let event = json!({
            "name": name, "ph": "C", "ts": microseconds(now), "pid": process, "tid": process, "args": { unit: value },
        });
        self.write(&event);
    }

    fn write(&mut self, event: &Value) {
        if self.error.is_none() {
            let comma = if self.written > 0 { "," } else { "" };
            self.error = write!(self.file, "{comma}\n{event}").err();
            self.written += 1;
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The first error of writing.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.error {
            Some(error) => Err(error),
            None => self.file.write_all(b"\n]}\n").and_then(|()| self.file.flush()),
        }
    }
}

/// A time in microseconds, the unit of the format, with its nanoseconds as decimals.
fn microseconds(time: SimTime) -> f64 {
    time.nanoseconds() as f64 / 1e3
}
