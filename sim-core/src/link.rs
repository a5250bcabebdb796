//! The radio link between the devices and the cloud: time, loss and power.
//!
//! A message is a list of packets that are sent back to back. On the uplink each packet is lost independently of
//! all others; what that does to the request is for the receiver to say. The answer comes down in one packet on a
//! downlink of the device's own and is never lost. Propagation delays both directions alike.

use crate::energy::RadioWatts;
use crate::kernel::{ImpossibleValue, SimTime, StreamFamily, TimeError, not_negative, positive, probability};
use rand::RngExt;

/// Name of the random streams that decide which packets are lost.
pub const LOSS_STREAM: &str = "packet-loss";

/// Profile of the link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// Uplink rate in bit/s.
    pub uplink_bits_per_second: f64,
    /// Downlink rate in bit/s.
    pub downlink_bits_per_second: f64,
    /// Propagation delay one way, in seconds.
    pub propagation_seconds: f64,
    /// Bytes of headers that every packet carries besides its payload.
    pub header_bytes: u32,
    /// Probability that a packet sent up is lost.
    pub loss_probability: f64,
    /// Who shares the uplink.
    pub sharing: Sharing,
    /// What the device's radio draws.
    pub radio: RadioPower,
}

/// Who shares the uplink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Every device has an uplink of its own at the full rate.
    Dedicated,
    /// All devices share one uplink, which sends one message at a time, at the full rate, first in first out.
    Cell,
}

/// Power of a device's radio: `alpha_up * up + alpha_down * down + beta`, with the rates in Mbit/s of what is
/// being sent and received at the moment, and the idle power when neither is going on.
///
/// The law and its constants for 3G, LTE and Wi-Fi are those of Huang et al., "A Close Examination of Performance
/// and Power Characteristics of 4G LTE Networks", MobiSys 2012; BottleNet (Eshratifar et al., ISLPED 2019) prices
/// its uplink with it. Not modelled: promotion delays and the tail that a real radio spends at high power.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadioPower {
    /// `alpha_up`, in watts per Mbit/s.
    pub up_watts_per_mbps: f64,
    /// `alpha_down`, in watts per Mbit/s.
    pub down_watts_per_mbps: f64,
    /// `beta`, in watts, while sending or receiving.
    pub active_watts: f64,
    /// While neither sending nor receiving, in watts.
    pub idle_watts: f64,
}

impl Link {
    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`] for a rate that is not above zero, a negative time or power, or a loss probability
    /// outside 0 to 1.
    pub fn check(&self) -> Result<(), ImpossibleValue> {
        positive("uplink_bits_per_second", self.uplink_bits_per_second)?;
        positive("downlink_bits_per_second", self.downlink_bits_per_second)?;
        not_negative("propagation_seconds", self.propagation_seconds)?;
        probability("loss_probability", self.loss_probability)?;
        not_negative("up_watts_per_mbps", self.radio.up_watts_per_mbps)?;
        not_negative("down_watts_per_mbps", self.radio.down_watts_per_mbps)?;
        not_negative("active_watts", self.radio.active_watts)?;
        not_negative("idle_watts", self.radio.idle_watts)
    }

    /// Bytes on the wire of a message with these payload bytes per packet.
    pub fn bytes(&self, packets: &[u32]) -> u64 {
        packets.iter().map(|&payload| u64::from(payload) + u64::from(self.header_bytes)).sum()
    }

    /// Time to send `bytes` up: bits over rate.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub fn uplink_time(&self, bytes: u64) -> Result<SimTime, TimeError> {
        SimTime::from_seconds(bytes as f64 * 8.0 / self.uplink_bits_per_second)
    }

    /// Time to send `bytes` down: bits over rate.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub fn downlink_time(&self, bytes: u64) -> Result<SimTime, TimeError> {
        SimTime::from_seconds(bytes as f64 * 8.0 / self.downlink_bits_per_second)
    }

    /// Propagation delay one way.
    ///
    /// # Errors
    /// [`TimeError`] if the time cannot be represented.
    pub fn propagation(&self) -> Result<SimTime, TimeError> {
        SimTime::from_seconds(self.propagation_seconds)
    }

    /// What the radio of a device draws while it is, or is not, sending and receiving. `beta` is drawn once even
    /// if both go on; it is then booked under sending.
    pub fn radio_watts(&self, sending: bool, receiving: bool) -> RadioWatts {
        let up = self.radio.up_watts_per_mbps * self.uplink_bits_per_second * 1e-6;
        let down = self.radio.down_watts_per_mbps * self.downlink_bits_per_second * 1e-6;
        let beta = self.radio.active_watts;
        match (sending, receiving) {
            (false, false) => RadioWatts { tx: 0.0, rx: 0.0, idle: self.radio.idle_watts },
            (true, false) => RadioWatts { tx: up + beta, rx: 0.0, idle: 0.0 },
            (false, true) => RadioWatts { tx: 0.0, rx: down + beta, idle: 0.0 },
            (true, true) => RadioWatts { tx: up + beta, rx: down, idle: 0.0 },
        }
    }

    /// Decides which of a request's packets are lost, one draw per packet, into `lost`.
    ///
    /// The draws belong to the request (`owner` is its number in order of arrival), not to a device's or the
    /// link's history. So in two design points with the same seed the `i`-th packet of the same request meets the
    /// same draw, whatever was sent, dropped or queued before it: it is lost in both if the loss probability is the
    /// same, and every packet lost at a lower probability is also lost at a higher one. A design that sends more
    /// packets per request takes further draws of that request only.
    pub fn draw_losses(&self, streams: &StreamFamily, owner: u64, lost: &mut [bool]) {
        if self.loss_probability == 0.0 {
            lost.fill(false);
            return;
        }
        let mut draws = streams.of(owner);
        lost.fill_with(|| draws.random::<f64>() < self.loss_probability);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Streams;
    use crate::stats::wilson;

    /// The Wi-Fi row of BottleNet's radio table.
    fn wifi(loss_probability: f64) -> Link {
        Link {
            uplink_bits_per_second: 18.88e6,
            downlink_bits_per_second: 54.97e6,
            propagation_seconds: 0.0,
            header_bytes: 0,
            loss_probability,
            sharing: Sharing::Dedicated,
            radio: RadioPower {
                up_watts_per_mbps: 0.283_17,
                down_watts_per_mbps: 0.137_01,
                active_watts: 0.132_86,
                idle_watts: 0.0,
            },
        }
    }

    /// ECC-SNN (Yu et al., IJCAI 2025) charges 8.77 mJ for 1.6 ms and 352.9 mJ for 64.4 ms of sending, which is
    /// this row's power times the time.
    #[test]
    fn sending_power_meets_published_joules() {
        let watts = wifi(0.0).radio_watts(true, false).tx;
        assert!((watts * 1.6 - 8.77).abs() < 0.005 && (watts * 64.4 - 352.9).abs() < 0.06, "{watts} W");
        let time = wifi(0.0).uplink_time(4_096).unwrap();
        assert_eq!(time.nanoseconds(), 1_735_593); // 32,768 bits / 18.88 Mbit/s
    }

    #[test]
    fn invariant_3_losses_belong_to_the_request_and_grow_with_the_probability() {
        let streams = Streams::new(3, 0).family(LOSS_STREAM);
        let draw = |probability, owner, packets| {
            let mut lost = vec![false; packets];
            wifi(probability).draw_losses(&streams, owner, &mut lost);
            lost
        };
        let (mut at_tenth, mut packets) = (0, 0);
        for owner in 0..2_000 {
            let (few, many, worse) = (draw(0.1, owner, 2), draw(0.1, owner, 8), draw(0.3, owner, 8));
            assert_eq!(few, many[..2]);
            assert!(many.iter().zip(&worse).all(|(&low, &high)| high || !low));
            at_tenth += many.iter().filter(|&&lost| lost).count() as u64;
            packets += 8;
        }
        assert!(wilson(at_tenth, packets).unwrap().contains(0.1), "{at_tenth} of {packets}");
        assert_eq!(draw(0.0, 0, 2), [false; 2]);
        assert_eq!(draw(1.0, 0, 2), [true; 2]);
    }
}
