//! Simulated time, the event queue, named random streams, and what tells two runs apart.
//!
//! # Ordering contract
//!
//! Time is an integer number of nanoseconds ([`SimTime`]). Events run in the order of (time, priority, sequence):
//! earlier first; at equal times the lower priority number first; at equal priorities in the order in which they
//! were scheduled. An event is scheduled by its *delay* from now, which is not negative, so nothing can be
//! scheduled in the past and the clock never runs backwards. A cancelled event does not happen; cancelling moves no
//! other event.
//!
//! # No hang, no surprise
//!
//! [`Standstill`] counts events at one time, [`EventQueue::pending`] says whether any is left: with them a simulation
//! notices that it hangs. [`Fingerprint`] sums up a run; [`first_divergence`] runs a simulation beside itself and names
//! the first event in which the two differ.

mod checks;
mod queue;
mod streams;
mod time;
mod trajectory;

pub use checks::{ImpossibleValue, not_negative, positive, probability, share};
pub use queue::{EventQueue, Ticket};
pub use streams::{StreamFamily, Streams};
pub use time::{SimTime, TimeError};
pub use trajectory::{Divergence, Fingerprint, Happening, Standstill, Steps, first_divergence};
