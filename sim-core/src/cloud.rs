//! The cloud: what runs the tail.

use crate::compute::Processor;
use crate::kernel::{ImpossibleValue, positive};

/// Profile of the cloud: equal servers that share one unbounded first-in-first-out queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cloud {
    /// Tails that can run at once.
    pub servers: u32,
    /// Each server.
    pub processor: Processor,
    /// Bytes of an answer, without headers.
    pub answer_bytes: u32,
}

impl Cloud {
    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`], see [`Processor::check`]; there must be a server.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        positive("servers", f64::from(self.servers))?;
        self.processor.check()
    }
}
