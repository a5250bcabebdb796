//! Simulated time, the event queue and named random streams.
//!
//! # Ordering contract
//!
//! Time is an integer number of nanoseconds ([`SimTime`]). Events run in the order of (time, priority, sequence):
//! earlier first; at equal times the lower priority number first; at equal priorities in the order in which they
//! were scheduled. An event is scheduled by its *delay* from now, which is not negative, so nothing can be
//! scheduled in the past and the clock never runs backwards.

mod checks;
mod queue;
mod slots;
mod streams;
mod time;

pub use checks::{ImpossibleValue, not_negative, positive, probability, share};
pub use queue::EventQueue;
pub use slots::Ticket;
pub use streams::{StreamFamily, Streams};
pub use time::{SimTime, TimeError};
