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

mod co_inference;
mod event;
mod outcome;
mod place;
mod requests;
mod simulation;

pub use co_inference::{CoInference, Guess, Head, HeadStep, Received, TailStep};
pub use event::EventKind;
pub use outcome::{Dropped, Latency, Outcome, Parts, PlaceUse};
pub use requests::Part;

use crate::cloud::Cloud;
use crate::edge::EdgeDevice;
use crate::kernel::{ImpossibleValue, SimTime, Streams, TimeError, positive};
use crate::link::{Channel, Link, PacketLoss, Rate, Sharing, Transport};
use crate::workload::{ArrivalProcess, Workload};
use simulation::Simulation;

/// Everything that is simulated, but for the network and the samples.
#[derive(Clone, Debug, PartialEq)]
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
    /// A request that is older than this while others are answered starves: the run fails and names it (invariant 12).
    /// In seconds; `None`: no request is too old.
    pub starvation_seconds: Option<f64>,
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
    /// Part of the description that the event loop does not simulate yet.
    #[error("{feature} is not simulated yet")]
    NotYetSimulated {
        /// The part.
        feature: &'static str,
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
        self.workload.check(self.devices)?;
        positive("starvation_seconds", self.starvation_seconds.unwrap_or(1.0))
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
    refuse_what_is_not_simulated(system)?;
    let designs = computation.designs();
    if let Some(design) = system.edge.design.designs().find(|&design| design >= designs) {
        return Err(CosimError::Design { design, designs });
    }
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

fn refuse_what_is_not_simulated(system: &System) -> Result<(), CosimError> {
    let System { edge, link, cloud, workload, .. } = system;
    let plain =
        EdgeDevice { queue_capacity: edge.queue_capacity, ..EdgeDevice::plain(edge.processor, edge.static_watts) };
    let features = [
        ("a starvation bound", system.starvation_seconds.is_some()),
        ("an edge device with standby, speed levels, battery, policy or another drop policy", *edge != plain),
        ("a rate trace", !matches!(link.uplink, Rate::Constant { .. })),
        ("jitter", link.jitter_seconds > 0.0),
        (
            "a channel other than independent packet loss",
            !matches!(
                link.channel,
                Channel {
                    packet_loss: PacketLoss::Independent { .. },
                    bit_error_probability: 0.0,
                    bit_erasure_probability: 0.0
                }
            ),
        ),
        ("a transport other than datagrams", link.transport != Transport::Datagram),
        ("a shared cell", matches!(link.sharing, Sharing::SharedCell { .. })),
        ("a radio with promotion, tail or sleep", !link.radio.is_always_ready()),
        (
            "a cloud with batches, order, scaling, power or early exit",
            *cloud != Cloud::plain(cloud.servers, cloud.processor, cloud.answer_bytes),
        ),
        ("deadlines", !workload.deadlines_seconds.is_empty()),
        ("a closed loop", matches!(workload.arrivals, ArrivalProcess::ClosedLoop { .. })),
    ];
    match features.into_iter().find(|&(_, used)| used) {
        Some((feature, _)) => Err(CosimError::NotYetSimulated { feature }),
        None => Ok(()),
    }
}
