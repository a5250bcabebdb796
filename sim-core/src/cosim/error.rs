//! Why a run could not be done.

use super::co_inference::MOST_STEPS;
use super::{Phase, QueueAt};
use crate::kernel::{ImpossibleValue, SimTime, TimeError};
use crate::split::SplitError;

/// A request that will never end, or takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranded {
    /// Its number by arrival, from 0.
    pub request: u64,
    /// The device that asked.
    pub device: u32,
    /// Phase that it is in.
    pub phase: Phase,
}

impl std::fmt::Display for Stranded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "request {} of device {} ({})", self.request, self.device, self.phase)
    }
}

fn list(stranded: &[Stranded]) -> String {
    stranded.iter().map(Stranded::to_string).collect::<Vec<_>>().join(", ")
}

/// Why a run could not be done.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum CosimError {
    /// A value that the model cannot take.
    #[error(transparent)]
    ImpossibleValue(#[from] ImpossibleValue),
    /// A time that cannot be represented.
    #[error(transparent)]
    Time(#[from] TimeError),
    /// More samples than can be numbered, or none.
    #[error("{samples} labelled samples given: give at least one and at most {}", u32::MAX)]
    Samples {
        /// Labels given.
        samples: usize,
    },
    /// A policy may choose a design that the network does not have.
    #[error("the edge may choose design {design}, but there are only {designs}, counted from 0")]
    Design {
        /// The design.
        design: u8,
        /// Designs of the network.
        designs: u8,
    },
    /// A head that gives the cloud nothing to work on.
    #[error("the head of design {design} gives neither an answer nor a packet for sample {sample}")]
    NothingToSend {
        /// The design.
        design: u8,
        /// The sample.
        sample: u32,
    },
    /// A head whose steps do not add up.
    #[error(
        "the head of design {design} gives {steps} steps with {in_steps} packets and {packets} packets for sample \
         {sample}: give 1 to {MOST_STEPS} steps, and the packets of the steps"
    )]
    BrokenHead {
        /// The design.
        design: u8,
        /// The sample.
        sample: u32,
        /// Steps.
        steps: usize,
        /// Packets that the steps name.
        in_steps: u64,
        /// Packets.
        packets: usize,
    },
    /// A tail that cannot be run.
    #[error("the tail of design {design} cannot be run on sample {sample}: {error}")]
    Tail {
        /// The design.
        design: u8,
        /// The sample.
        sample: u32,
        /// Cause of the failure.
        error: Box<SplitError>,
    },
    /// Little's law does not hold (invariant 8): the simulator has lost count of who waits.
    #[error(
        "at {at} Little's law fails at {queue}: {area} requests x ns in the queue, {waited} ns waited; {entered} came, \
         {left} left, {waiting} wait. This is a mistake of the simulator: please report it with the scenario"
    )]
    LittlesLaw {
        /// The clock.
        at: SimTime,
        /// The queue that changed when it was noticed; if that was at the end of the run only, the first of its place.
        queue: QueueAt,
        /// Queue length times nanoseconds since time zero, of all queues of the place.
        area: u128,
        /// Nanoseconds waited, by those that still wait too.
        waited: u128,
        /// Requests, or messages, that came.
        entered: u64,
        /// Those that wait no more.
        left: u64,
        /// Those that wait.
        waiting: u64,
    },
    /// No event is left although requests are in flight (invariant 12).
    #[error("at {at} no event is left, but {in_flight} requests are in flight: {}", list(first))]
    NothingLeftToHappen {
        /// The clock.
        at: SimTime,
        /// Requests in flight.
        in_flight: u64,
        /// The earliest of them, at most ten.
        first: Vec<Stranded>,
    },
    /// Time stopped moving (invariant 12).
    #[error("time stands still at {at} after {events} events, with {in_flight} requests in flight: {}", list(first))]
    TimeStandsStill {
        /// The clock.
        at: SimTime,
        /// Events at this time.
        events: u64,
        /// Requests in flight.
        in_flight: u64,
        /// The earliest of them, at most ten.
        first: Vec<Stranded>,
    },
    /// Requests are older than the bound while others are answered (invariant 12).
    #[error(
        "at {at} {starving} requests are older than {bound}, while {answered} others were answered since the last look: {}",
        list(first)
    )]
    Starvation {
        /// The clock.
        at: SimTime,
        /// The bound.
        bound: SimTime,
        /// Requests that are older.
        starving: u64,
        /// Requests that were answered meanwhile.
        answered: u64,
        /// The earliest of them, at most ten.
        first: Vec<Stranded>,
    },
}
