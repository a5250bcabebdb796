//! Losses and bit errors of packets on the uplink.

use crate::kernel::{ImpossibleValue, positive_seconds, probability, signal_to_noise};
use serde::{Deserialize, Serialize};

/// Law by which the uplink damages packets: whole packets are lost, bits of the payload are flipped or erased.
///
/// Every draw belongs to a request (its number by arrival) and the place of the packet in it, or, for the state of a bursty
/// channel, to the device; never to the history of the link. So in two design points with the same seed the `i`-th packet of
/// the same request meets the same draw: it is lost in both if the probability is the same, and every packet lost at a
/// lower probability is also lost at a higher one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Law by which packets are lost.
    pub packet_loss: PacketLoss,
    /// Probability that a bit of the payload is inverted, independently of all others (binary symmetric channel).
    pub bit_error_probability: f64,
    /// Probability that a bit of the payload is erased, independently of all others (binary erasure channel). The
    /// receiver knows which bits are erased.
    pub bit_erasure_probability: f64,
    /// Ratio of the power of the largest amplitude, 1, to that of the white Gaussian noise that is added to every analogue symbol, in
    /// dB: the noise has the standard deviation `10^(-dB / 20)`. Without it no analogue symbols can be sent. It does
    /// nothing to bits.
    pub peak_snr_db: Option<f64>,
}

/// Standard deviation of the noise at a ratio of powers, see [`Channel::peak_snr_db`].
pub fn noise_deviation(peak_snr_db: f64) -> f64 {
    10.0_f64.powf(-peak_snr_db / 20.0)
}

/// Number of bits that take as long on the link as an analogue symbol: the capacity of a real channel use,
/// `log2(1 + S / N) / 2` (Shannon, Bell System Technical Journal 27, 1948). So bits are taken to be coded perfectly at the same ratio of
/// powers, and nobody can say that an analogue payload is favoured.
pub fn symbol_bits(peak_snr_db: f64) -> f64 {
    10.0_f64.powf(peak_snr_db / 10.0).ln_1p() / std::f64::consts::LN_2 / 2.0
}

/// Law by which packets are lost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PacketLoss {
    /// Every packet is lost independently of the others.
    Independent {
        /// Probability that a packet is lost.
        probability: f64,
    },
    /// In bursts: the channel of each device is good or bad for exponentially distributed times of its own, whatever is sent;
    /// it begins in its stationary distribution (Gilbert, Bell System Technical Journal 39, 1960, and Elliott, ibid. 42,
    /// 1963, in continuous time). A packet meets the state at the time of its last bit; within a message packets are
    /// spread over the time of sending by their bytes.
    GilbertElliott {
        /// Mean length of a good time, in seconds.
        mean_good_seconds: f64,
        /// Mean length of a bad time, in seconds.
        mean_bad_seconds: f64,
        /// Probability that a packet is lost in a good time.
        good_probability: f64,
        /// Probability that a packet is lost in a bad time.
        bad_probability: f64,
    },
}

impl Channel {
    /// A perfect channel: no packet is lost, no bit damaged.
    pub const CLEAN: Self = Self {
        packet_loss: PacketLoss::Independent { probability: 0.0 },
        bit_error_probability: 0.0,
        bit_erasure_probability: 0.0,
        peak_snr_db: None,
    };

    /// A channel that loses packets independently with `probability` and damages no bits.
    pub const fn losing(probability: f64) -> Self {
        Self { packet_loss: PacketLoss::Independent { probability }, ..Self::CLEAN }
    }

    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        match self.packet_loss {
            PacketLoss::Independent { probability: loss } => probability("loss_probability", loss)?,
            PacketLoss::GilbertElliott { mean_good_seconds, mean_bad_seconds, good_probability, bad_probability } => {
                positive_seconds("mean_good_seconds", mean_good_seconds)?;
                positive_seconds("mean_bad_seconds", mean_bad_seconds)?;
                probability("good_probability", good_probability)?;
                probability("bad_probability", bad_probability)?;
            }
        }
        probability("bit_error_probability", self.bit_error_probability)?;
        probability("bit_erasure_probability", self.bit_erasure_probability)?;
        match self.peak_snr_db {
            Some(ratio) => signal_to_noise("peak_snr_db", ratio),
            None => Ok(()),
        }
    }

    /// Whether no packet is lost and no bit damaged.
    pub fn is_clean(&self) -> bool {
        Self { peak_snr_db: None, ..*self } == Self::CLEAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 dB are a ratio of 100: log2(101) / 2 bits, and a tenth of the amplitude. 0 dB are half a bit, and noise as strong as the signal.
    #[test]
    fn a_ratio_of_powers_is_a_capacity_and_a_deviation() {
        for (ratio, bits, deviation) in [(20.0, 3.329_105_741, 0.1), (0.0, 0.5, 1.0), (-40.0, 7.213_114e-5, 100.0)] {
            assert!((symbol_bits(ratio) / bits - 1.0).abs() < 1e-6, "{}", symbol_bits(ratio));
            assert!((noise_deviation(ratio) / deviation - 1.0).abs() < 1e-12, "{}", noise_deviation(ratio));
        }
    }
}
