//! The radio link between the devices and the cloud.
//!
//! A message is a list of packets that are sent back to back. The [`Channel`] may lose or damage them, and the
//! [`Transport`] may repair that; the receiver decides what to make of an incomplete payload. An answer comes down in
//! one packet, on a downlink of the device's own, and is never lost, but a device whose main radio is off may fail to
//! notice it, see [`WakeUpRadio`]. Answers that come down at the same time do not slow one another down.

mod bursts;
mod channel;
mod frame;
mod medium;
mod radio;
mod rate;
mod transport;

pub(crate) use medium::{Medium, PacketDamage, Round};
pub(crate) use rate::{Capacity, Carried};

pub use channel::{Channel, PacketLoss, noise_deviation, symbol_bits};
pub use frame::Frame;
pub use radio::{Radio, RadioPower, Standby, WakeUpRadio};
pub use rate::{OPPORTUNITY_BYTES, Rate, RateStep};
pub use transport::Transport;

use crate::kernel::{ImpossibleValue, SimTime, TimeError, bits_per_second, positive, seconds};
use serde::{Deserialize, Serialize};

/// Profile of the link between the devices and the cloud.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Uplink rate: of each device's own uplink, or of the cell that all share, see [`Link::sharing`].
    pub uplink: Rate,
    /// Downlink rate in bit/s.
    pub downlink_bits_per_second: f64,
    /// Propagation delay one way, in seconds; both directions alike.
    pub propagation_seconds: f64,
    /// Random extra delay of every message and answer, uniform from 0 to this, in seconds. Messages of one request never
    /// overtake one another, nor do its answers: one that would arrive before an earlier one of its request arrives with it.
    pub jitter_seconds: f64,
    /// Bytes of headers that every packet carries besides its payload.
    pub header_bytes: u32,
    /// What every packet costs on the air besides, in both directions.
    pub frame: Frame,
    /// Time from a message that a connected radio wants to send to the permission to do so, in seconds: in LTE, from the
    /// scheduling request to the granted subframe. The radio draws its active power meanwhile, the uplink is free for others, and
    /// messages of the same device that come before the last one is sent need no permission of their own: its buffer status goes
    /// along with them.
    pub grant_seconds: f64,
    /// Losses and bit errors of packets on the uplink.
    pub channel: Channel,
    /// Countermeasure against losses and bit errors.
    pub transport: Transport,
    /// How the devices share the uplink.
    pub sharing: Sharing,
    /// Radio of every device: its states and what they draw.
    pub radio: Radio,
}

/// How the devices share the uplink.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sharing {
    /// Every device has an uplink of its own at the full rate. With a rate from a trace, all see the same trace.
    Dedicated,
    /// All devices share one uplink, which sends one message at a time, at the full rate, first in first out.
    Cell,
    /// All devices that have something to send share the uplink at the same time, each in proportion to its weight (processor
    /// sharing). A device sends its own messages one after the other.
    SharedCell {
        /// Device `d` has weight `d % n` of the `n` given; empty: all alike.
        weights: Vec<f64>,
    },
}

impl Link {
    /// The simplest link: dedicated uplinks at constant rates, no losses, no delays besides transmission, and a radio
    /// without promotion or tail.
    pub fn plain(uplink_bits_per_second: f64, downlink_bits_per_second: f64, power: RadioPower) -> Self {
        Self {
            uplink: Rate::Constant { bits_per_second: uplink_bits_per_second },
            downlink_bits_per_second,
            propagation_seconds: 0.0,
            jitter_seconds: 0.0,
            header_bytes: 0,
            frame: Frame::default(),
            grant_seconds: 0.0,
            channel: Channel::CLEAN,
            transport: Transport::Datagram,
            sharing: Sharing::Dedicated,
            radio: Radio::always_ready(power),
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`] for a rate or weight that is not above zero, a negative time or power, a probability outside
    /// 0 to 1, or a transport with 0 tries or copies.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        self.uplink.check()?;
        bits_per_second("downlink_bits_per_second", self.downlink_bits_per_second)?;
        seconds("propagation_seconds", self.propagation_seconds)?;
        seconds("jitter_seconds", self.jitter_seconds)?;
        self.frame.check()?;
        seconds("grant_seconds", self.grant_seconds)?;
        self.channel.check()?;
        self.transport.check()?;
        self.radio.check()?;
        match &self.sharing {
            Sharing::SharedCell { weights } => weights.iter().try_for_each(|&weight| positive("weights", weight)),
            Sharing::Dedicated | Sharing::Cell => Ok(()),
        }
    }

    /// Bytes on the air, headers included, of a message sent once; `packets` are the payload bytes of its packets.
    pub fn bytes(&self, packets: &[u32]) -> u64 {
        packets.iter().map(|&payload| u64::from(payload) + self.headers()).sum()
    }

    /// Bytes of all headers of a packet.
    pub(crate) fn headers(&self) -> u64 {
        u64::from(self.header_bytes) + u64::from(self.frame.header_bytes)
    }

    /// Time to send a packet of `bytes`, headers included, down: bits over rate, and what a packet takes besides.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub fn downlink_time(&self, bytes: u64) -> Result<SimTime, TimeError> {
        let seconds = bytes as f64 * 8.0 / self.downlink_bits_per_second;
        SimTime::from_seconds(seconds + self.frame.overhead_seconds)
    }
}

impl Sharing {
    /// Weight of `device` in a shared cell; 1 without weights.
    pub fn weight(&self, device: u32) -> f64 {
        match self {
            Self::SharedCell { weights } if !weights.is_empty() => weights[device as usize % weights.len()],
            _ => 1.0,
        }
    }
}
