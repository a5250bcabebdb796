//! Errors of a run.

use super::{Head, Phase, QueueAt};
use crate::kernel::{ImpossibleValue, SimTime, TimeError};
use crate::split::SplitError;

/// Maximum number of requests that an error names.
pub(super) const MAX_NAMED: usize = 10;

/// A request that will never end, or takes too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranded {
    /// Number by arrival, from 0.
    pub request: u64,
    /// The device that asked.
    pub device: u32,
    /// Phase of its life that it is in.
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

/// Cause why a run could not be started or finished.
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
        /// Number of labels given.
        samples: usize,
    },
    /// A policy may choose a design that the network does not have.
    #[error("the edge may choose design {design}, but there are only {designs}, counted from 0: choose a lower one")]
    Design {
        /// Number of the design.
        design: u8,
        /// Number of designs of the network.
        designs: u8,
    },
    /// A head that neither answers nor sends anything.
    #[error(
        "the head of design {design} gives neither an answer nor a packet for sample {sample}: \
             give packets, or a guess in the last step"
    )]
    NothingToSend {
        /// Number of the design.
        design: u8,
        /// Index of the sample.
        sample: u32,
    },
    /// A head whose steps do not add up.
    #[error(
        "the head of design {design} gives {steps} steps with {in_steps} packets and {packets} packets for sample \
         {sample}: give 1 to {} steps, and the packets of the steps",
        Head::MOST_STEPS
    )]
    BrokenHead {
        /// Number of the design.
        design: u8,
        /// Index of the sample.
        sample: u32,
        /// Number of steps.
        steps: usize,
        /// Number of packets that the steps name.
        in_steps: u64,
        /// Number of packets that there are.
        packets: usize,
    },
    /// A tail that cannot be run.
    #[error("the tail of design {design} cannot be run on sample {sample}: {error}")]
    Tail {
        /// Number of the design.
        design: u8,
        /// Index of the sample.
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
        /// Simulated time of the failure.
        at: SimTime,
        /// The queue that changed when it was noticed; if that was at the end of the run only, the first of its place.
        queue: QueueAt,
        /// Queue length times nanoseconds since time zero, of all queues of the place.
        area: u128,
        /// Nanoseconds waited, also by those that still wait.
        waited: u128,
        /// Requests, or messages, that came.
        entered: u64,
        /// Requests, or messages, that wait no more.
        left: u64,
        /// Requests, or messages, that wait.
        waiting: u64,
    },
    /// No event is left although requests are in flight (invariant 12).
    #[error("at {at} no event is left, but {in_flight} requests are in flight: {}", list(first))]
    NothingLeftToHappen {
        /// Simulated time of the failure.
        at: SimTime,
        /// Number of requests in flight.
        in_flight: u64,
        /// The requests that came first, at most ten.
        first: Vec<Stranded>,
    },
    /// Time stopped moving (invariant 12).
    #[error("time stands still at {at} after {events} events, with {in_flight} requests in flight: {}", list(first))]
    TimeStandsStill {
        /// Simulated time of the failure.
        at: SimTime,
        /// Number of events at this time.
        events: u64,
        /// Number of requests in flight.
        in_flight: u64,
        /// The requests that came first, at most ten.
        first: Vec<Stranded>,
    },
    /// Requests are older than the bound while others are answered (invariant 12).
    #[error(
        "at {at} {starving} requests are older than {bound}, while others were answered, {answered} so far: {}",
        list(first)
    )]
    Starvation {
        /// Simulated time of the failure.
        at: SimTime,
        /// Age from which a request starves.
        bound: SimTime,
        /// Number of requests that are older, or were when they ended.
        starving: u64,
        /// Number of requests that were answered up to then.
        answered: u64,
        /// The requests that came first, at most ten.
        first: Vec<Stranded>,
    },
}
