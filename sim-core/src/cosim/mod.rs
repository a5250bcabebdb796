//! The life of a request: from the device that asks, over its head, the uplink and the tail, back to the device.
//!
//! ```text
//! arrival -> [edge queue] -> head -> answer known at the edge: done
//!                               \-> [uplink queue] -> transmission -> propagation -> packets lost: dropped if all are
//!                                     -> [cloud queue] -> tail -> propagation -> answer received: done
//! ```
//!
//! A run is one single-threaded event loop over plain values. The network really runs: [`CoInference::tail`] gets
//! what arrived and gives the answer, from which time, joules and accuracy of the same request follow.
//!
//! Events at the same time run downstream first (a place frees its server before the next request comes), in the
//! order of [`EventKind`] from last to first, then in the order they were scheduled.

mod event;
mod outcome;
mod place;
mod requests;
mod simulation;

pub use event::EventKind;
pub use outcome::{Dropped, Latency, Outcome, Parts, PlaceUse};
pub use requests::Part;

use crate::cloud::Cloud;
use crate::edge::EdgeDevice;
use crate::energy::ComputeEnergy;
use crate::inference::Counts;
use crate::kernel::{ImpossibleValue, SimTime, Streams, TimeError, positive};
use crate::link::Link;
use crate::workload::Workload;
use simulation::Simulation;

/// What the edge does for a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head<'a> {
    /// Operations of the head, for its time.
    pub counts: Counts,
    /// What they cost the device; whoever knows the layers has priced them.
    pub energy: ComputeEnergy,
    /// Payload bytes of each packet, in the order of sending.
    pub packets: &'a [u32],
    /// The answer, if the edge knows it; then nothing is sent.
    pub answer: Option<u32>,
}

/// What the cloud does with what arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Operations of the tail.
    pub counts: Counts,
    /// The answer.
    pub answer: u32,
}

/// The split network at work.
pub trait CoInference {
    /// Runs the head on `sample`; gives the same for the same sample every time, and cheaply: it is asked at each step
    /// of a request.
    fn head(&self, sample: u32) -> Head<'_>;

    /// Runs the tail on what arrived of `sample`: `lost[i]` means that packet `i` of the head did not.
    fn tail(&mut self, sample: u32, lost: &[bool]) -> Tail;
}

/// Everything that is simulated, but for the network and the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct System {
    /// Edge devices, all of the same profile.
    pub devices: u32,
    /// Each device.
    pub edge: EdgeDevice,
    /// Between the devices and the cloud.
    pub link: Link,
    /// What runs the tails.
    pub cloud: Cloud,
    /// Who asks when.
    pub workload: Workload,
}

/// A request that will never end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranded {
    /// Its number by arrival, from 0.
    pub request: u64,
    /// The device that asked.
    pub device: u32,
    /// Where it is.
    pub part: Part,
}

impl std::fmt::Display for Stranded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "request {} of device {} in {}", self.request, self.device, self.part)
    }
}

fn list(stranded: &[Stranded]) -> String {
    stranded.iter().map(Stranded::to_string).collect::<Vec<_>>().join(", ")
}

/// Why a run could not be done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
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
    /// A head that gives the cloud nothing to work on.
    #[error("the head gives neither an answer nor a packet for sample {sample}")]
    NothingToSend {
        /// The sample.
        sample: u32,
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
}

impl System {
    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`], see the profiles; there must be a device.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        positive("devices", f64::from(self.devices))?;
        self.edge.check()?;
        self.link.check()?;
        self.cloud.check()?;
        self.workload.check()
    }
}

/// Simulates `system` until all requests have ended or the horizon is reached.
///
/// Sample `i` of `computation` is right if its answer is `labels[i]`. Labels stay in this function: nothing that
/// decides anything in the simulated system can see them (invariant 9).
///
/// # Errors
/// [`CosimError`].
pub fn run<C: CoInference + ?Sized>(
    system: &System,
    computation: &mut C,
    labels: &[u32],
    streams: &Streams,
) -> Result<Outcome, CosimError> {
    system.check()?;
    let too_few_or_many = CosimError::Samples { samples: labels.len() };
    let samples = u32::try_from(labels.len()).ok().filter(|&samples| samples > 0).ok_or(too_few_or_many)?;
    let mut simulation = Simulation::new(system, computation, samples, streams)?;
    let mut correct = 0;
    while let Some(event) = simulation.next_event()? {
        if let Some(answered) = simulation.handle(event)? {
            correct += u64::from(labels[answered.sample as usize] == answered.answer);
        }
    }
    Ok(simulation.outcome(correct))
}
