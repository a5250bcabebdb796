//! The edge device: what runs the head.

use crate::compute::Processor;
use crate::kernel::{ImpossibleValue, not_negative};

/// Profile of an edge device. It runs one head at a time and keeps the requests that have to wait in one
/// first-in-first-out queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeDevice {
    /// Runs the head.
    pub processor: Processor,
    /// Power drawn all the time, whatever the device does, in watts; radio and operations come on top.
    pub static_watts: f64,
    /// Requests that may wait while another is computed; a request that finds them all taken is dropped.
    /// `None` is unbounded.
    pub queue_capacity: Option<u32>,
}

impl EdgeDevice {
    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`], see [`Processor::check`]; the static power must not be negative.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        self.processor.check()?;
        not_negative("static_watts", self.static_watts)
    }

    /// Whether a request may still join `waiting` others.
    pub fn admits(&self, waiting: u32) -> bool {
        self.queue_capacity.is_none_or(|capacity| waiting < capacity)
    }
}
