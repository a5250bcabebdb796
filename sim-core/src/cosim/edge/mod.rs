//! The edge: the devices with their processors, radios and batteries.
//!
//! A device runs heads, step by step ([`processor`]), connects its radio when it is needed ([`radio`]), receives answers
//! ([`answers`]) and draws power for all of it ([`power`]). It begins as it was left before the run ([`past`]).

mod answers;
mod device;
mod mean_time;
mod past;
mod power;
mod processor;
mod radio;

pub use device::{ProcessorState, RadioState};
pub(super) use processor::HeadStepDone;

use super::CosimError;
use super::System;
use super::context::Context;
use super::observer::{Observer, QueueAt};
use super::outcome::PlaceUse;
use super::stations::Stations;
use super::usage::Extent;
use crate::cloud::ExitAt;
use crate::edge::{DesignChoice, EdgeDevice};
use crate::energy::{Energy, EnergyLedger};
use crate::kernel::{SimTime, StreamFamily, Streams};
use crate::link::Radio;
use crate::workload::Past;
use device::{Device, RadioSide};
use mean_time::MeanTime;

/// Bytes of a device without its queues.
pub(super) const DEVICE_BYTES: usize = size_of::<Device>();

/// The devices, each with a queue in front of its processor.
pub(super) struct Edge<'a> {
    profile: &'a EdgeDevice,
    /// Profile of every device's radio.
    radio: &'a Radio,
    /// Energy of a packet that is sent, besides the power of the radio, in joules.
    frame_joules: f64,
    devices: Vec<Device>,
    processors: Stations,
    /// Entropy up to which the scores after a step are the answer, if the devices decide about that.
    exit_entropy: Option<f64>,
    /// How long requests took until they were answered, and until their head was done.
    received: MeanTime,
    computed: MeanTime,
    times: Times,
    draws: Draws,
}

/// Times of the profiles, and what follows from them.
struct Times {
    /// From standby to connected.
    promotion: SimTime,
    /// From connected to permitted to send.
    grant: SimTime,
    /// How long a radio stays connected with nothing to do.
    tail: SimTime,
    /// How long an answer takes to receive, and how many bits it has.
    answer: SimTime,
    answer_bits: f64,
    /// How long a processor is idle before it falls asleep.
    sleep_after: SimTime,
    /// How long a processor takes to wake up.
    wake: SimTime,
    /// Whether processors draw anything but for their operations, or sleep.
    has_states: bool,
}

/// Random draws of the devices.
struct Draws {
    wake_up_phases: StreamFamily,
    wake_up_misses: StreamFamily,
    false_alarms: StreamFamily,
    /// Which requests before the run were sent.
    past_samples: StreamFamily,
}

impl<'a> Edge<'a> {
    /// The devices of a checked `system` before the run.
    pub(super) fn new(system: &'a System, streams: &Streams) -> Result<Self, CosimError> {
        let (link, standby) = (&system.link, &system.edge.standby);
        let answer_bytes = link.bytes(&[system.cloud.answer_bytes]);
        Ok(Self {
            profile: &system.edge,
            radio: &link.radio,
            frame_joules: link.frame.sent_joules,
            devices: vec![new_device(system); system.devices as usize],
            processors: Stations::new(system.devices, |device| QueueAt::Edge { device }),
            exit_entropy: system.cloud.exit.and_then(|exit| exit.entropy_at(ExitAt::Edge)),
            received: MeanTime::default(),
            computed: MeanTime::default(),
            times: Times {
                promotion: SimTime::from_seconds(link.radio.promotion_seconds)?,
                grant: SimTime::from_seconds(link.grant_seconds)?,
                tail: SimTime::from_seconds(link.radio.tail_seconds)?,
                answer: link.downlink_time(answer_bytes)?,
                answer_bits: answer_bytes as f64 * 8.0,
                sleep_after: SimTime::from_seconds(standby.sleep.map_or(0.0, |sleep| sleep.after_seconds))?,
                wake: SimTime::from_seconds(standby.sleep.map_or(0.0, |sleep| sleep.wake_seconds))?,
                has_states: standby.idle_watts > 0.0 || standby.computing_watts > 0.0 || standby.sleep.is_some(),
            },
            draws: Draws {
                wake_up_phases: streams.family("wake-up-phase"),
                wake_up_misses: streams.family("wake-up-miss"),
                false_alarms: streams.family("false-alarm"),
                past_samples: streams.family("past-samples"),
            },
        })
    }

    /// The devices begin to draw power, each as its past has left it.
    pub(super) fn begin<O: Observer>(
        &mut self,
        past: impl Fn(u32) -> Past,
        samples: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        for device in 0..self.devices.len() as u32 {
            self.schedule_false_alarm(device, context)?;
            context.observer.radio(SimTime::ZERO, device, self.device(device).radio.state());
            self.power_changed(device, context)?;
        }
        self.resume(past, samples, context)
    }

    /// Longest time for which a device draws another power because of a request that is over.
    pub(super) fn memory(&self) -> SimTime {
        self.times.tail.max(self.times.sleep_after)
    }

    /// Whether a device still runs.
    pub(super) fn is_alive(&self, device: u32) -> bool {
        self.device(device).is_alive()
    }

    fn device(&self, device: u32) -> &Device {
        &self.devices[device as usize]
    }

    fn device_mut(&mut self, device: u32) -> &mut Device {
        &mut self.devices[device as usize]
    }

    /// Little's law from time zero to `end`.
    pub(super) fn check(&self, end: SimTime) -> Result<(), CosimError> {
        self.processors.check_all(end)
    }

    /// How the processors were used in `run`; `turned_away` requests found a full queue.
    pub(super) fn usage(&self, run: Extent, turned_away: u64) -> PlaceUse {
        self.processors.usage(run, turned_away)
    }

    /// Energy of all devices from time zero to `end`.
    pub(super) fn energy(&self, end: SimTime) -> Energy {
        let mut energy = Energy::default();
        // In the order of the devices, so that rounding is the same every time.
        self.devices.iter().for_each(|device| energy += device.ledger.energy_until(end));
        energy
    }

    /// The queues, to be broken by a test.
    #[cfg(test)]
    pub(super) fn queues(&mut self) -> &mut Stations {
        &mut self.processors
    }
}

/// A device before the run: its radio in standby, its processor asleep if it can sleep.
fn new_device(system: &System) -> Device {
    let standby = &system.edge.standby;
    let processor = if standby.sleep.is_some() { ProcessorState::Asleep } else { ProcessorState::Idle };
    let estimate = match system.edge.design {
        DesignChoice::Fixed { .. } => 0.0,
        DesignChoice::ByRate { initial_bits_per_second, .. } => initial_bits_per_second,
    };
    let radio = RadioSide::NEW;
    let ledger = EnergyLedger::new(system.edge.static_watts, processor.power(standby), radio.power(&system.link.radio));
    Device::new(ledger, radio, processor, estimate)
}
