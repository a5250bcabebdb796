//! Running means of times.

use crate::kernel::SimTime;

/// How long requests have taken so far, on average. The time that a request before the run took is not known, and this
/// stands for it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MeanTime {
    number: u64,
    nanoseconds: u128,
}

impl MeanTime {
    pub(super) fn add(&mut self, time: SimTime) {
        self.number += 1;
        self.nanoseconds += u128::from(time.nanoseconds());
    }

    /// The mean; `None` of nothing.
    pub(super) fn mean(&self) -> Option<SimTime> {
        let mean = self.nanoseconds.checked_div(self.number.into())?;
        Some(SimTime::from_nanoseconds(mean as u64))
    }
}
