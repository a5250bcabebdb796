//! Simulated time, the event queue, named random streams, and the comparison of runs.
//!
//! # Ordering contract
//!
//! Time is an integer number of nanoseconds ([`SimTime`]). Events run in the order of (time, priority, sequence):
//! earlier first; at equal times the lower priority number first; at equal priorities in the order in which they
//! were scheduled. An event is scheduled by its *delay* from now, which is not negative, so nothing can be
//! scheduled in the past and the clock never runs backwards. A cancelled event does not happen; cancelling moves no
//! other event.
//!
//! # Reproducible runs
//!
//! [`Fingerprint`] condenses a run into 64 bits, to compare it with another; [`first_divergence`] runs two simulations in
//! lockstep and reports the first event in which they differ.

mod checks;
mod queue;
mod streams;
mod time;
mod trajectory;

pub use checks::{
    ImpossibleValue, MAX_BITS_PER_SECOND, MAX_PER_SECOND, MAX_SECONDS, MAX_WATTS, MIN_BITS_PER_SECOND, MIN_PER_SECOND,
    Number, SIGNAL_TO_NOISE_DB, bits_per_second, count, not_negative, per_second, positive, positive_seconds,
    probability, seconds, share, signal_to_noise, watts,
};
pub use queue::{EventQueue, Ticket};
pub use streams::{StreamFamily, Streams};
pub use time::{SimTime, TimeError};
pub use trajectory::{Divergence, Fingerprint, Happening, Steps, first_divergence};
