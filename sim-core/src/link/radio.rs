//! The radio of a device: its states, the transitions between them, and its power in each.
//!
//! ```text
//!              something to send, or an answer to take                  sending, receiving: alpha x rate + beta
//!   standby ------------------------------------------> promotion -> connected <-> active
//!      ^                                                                 |
//!      '------------------ tail: nothing moved for tail_seconds ---------'
//! ```

use crate::kernel::{
    self, ImpossibleValue, per_second, positive, positive_seconds, probability, seconds, share, watts,
};
use serde::{Deserialize, Serialize};

/// Profile of a device's radio.
///
/// The states and the law of the active power are those of Huang et al., "A Close Examination of Performance and Power
/// Characteristics of 4G LTE Networks", MobiSys 2012.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Radio {
    /// Power while sending or receiving.
    pub power: RadioPower,
    /// Time from standby to connected, in seconds; nothing is sent or received meanwhile.
    pub promotion_seconds: f64,
    /// Power during the promotion, in watts.
    pub promotion_watts: f64,
    /// Time that the radio stays connected after its last transmission or reception with nothing left to send, in
    /// seconds.
    pub tail_seconds: f64,
    /// Power while connected but neither sending nor receiving, in watts: during the tail, and while waiting for the
    /// cell.
    pub tail_watts: f64,
    /// What the radio does when it is not connected.
    pub standby: Standby,
}

/// Power of a device's radio at work: `alpha_up * up + alpha_down * down + beta`, with the rates in Mbit/s of what is
/// being sent and received at the moment. Since bits are rate times time, the `alpha` parts are a price per bit, whatever
/// the rate did meanwhile: they are booked when the message has been sent or received, `beta` by time.
///
/// The law and its constants for 3G, LTE and Wi-Fi are those of Huang et al., MobiSys 2012; BottleNet (Eshratifar et al.,
/// ISLPED 2019) prices its uplink with it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RadioPower {
    /// `alpha_up`, in watts per Mbit/s, which is microjoules per bit.
    pub up_watts_per_mbps: f64,
    /// `alpha_down`, in watts per Mbit/s.
    pub down_watts_per_mbps: f64,
    /// `beta`, in watts, while sending or receiving; drawn once even if both go on, and then booked under sending.
    pub active_watts: f64,
}

/// What a radio does when it is not connected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Standby {
    /// The main radio listens and notices an answer at once.
    Listening {
        /// Power in watts.
        watts: f64,
    },
    /// The main radio is off; a wake-up radio listens instead.
    Asleep {
        /// Power of the main radio while off, in watts.
        watts: f64,
        /// The wake-up radio.
        wake_up: WakeUpRadio,
    },
}

/// A second receiver of very low power that only notices a wake-up signal and then switches the main radio on, as in
/// Chen, Park, Popovski, Poor and Simeone, "Neuromorphic Wireless Split Computing with Wake-Up Radios", 2024
/// (arXiv 2404.01815). It listens while the main radio is off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WakeUpRadio {
    /// Power while listening, in watts.
    pub watts: f64,
    /// Share of the time in which it listens, above 0 and at most 1; its mean power is this share of its power.
    pub duty: f64,
    /// It listens from the start of each such period, in seconds; a wake-up signal is sent when the device, whose periods
    /// begin at a point of its own, next begins to listen, or at once while it does. Not used at duty 1.
    pub period_seconds: f64,
    /// Length of a wake-up signal, in seconds.
    pub signal_seconds: f64,
    /// Probability that a signal is not noticed.
    pub miss_probability: f64,
    /// Number of signals sent for an answer before it is given up, at least 1.
    pub tries: u8,
    /// Time from a missed signal to the next one, in seconds.
    pub retry_seconds: f64,
    /// Mean number of false alarms per second of listening, in which noise is taken for a signal; the main radio then
    /// connects in vain, which costs a promotion and a tail.
    pub false_alarms_per_second: f64,
}

impl Radio {
    /// A radio without promotion or tail that draws nothing between messages and notices every answer.
    pub fn always_ready(power: RadioPower) -> Self {
        Self {
            power,
            promotion_seconds: 0.0,
            promotion_watts: 0.0,
            tail_seconds: 0.0,
            tail_watts: 0.0,
            standby: Standby::Listening { watts: 0.0 },
        }
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`ImpossibleValue`] for a negative time or power, a probability outside 0 to 1, a duty that is not above 0 and
    /// at most 1, or 0 tries.
    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        watts("up_watts_per_mbps", self.power.up_watts_per_mbps)?;
        watts("down_watts_per_mbps", self.power.down_watts_per_mbps)?;
        watts("active_watts", self.power.active_watts)?;
        seconds("promotion_seconds", self.promotion_seconds)?;
        watts("promotion_watts", self.promotion_watts)?;
        seconds("tail_seconds", self.tail_seconds)?;
        watts("tail_watts", self.tail_watts)?;
        match self.standby {
            Standby::Listening { watts } => kernel::watts("standby watts", watts),
            Standby::Asleep { watts, wake_up } => {
                kernel::watts("standby watts", watts)?;
                wake_up.check()
            }
        }
    }

    /// Whether the radio connects without promotion or tail: then its states between messages need no events.
    pub fn is_always_ready(&self) -> bool {
        self.promotion_seconds == 0.0 && self.tail_seconds == 0.0 && matches!(self.standby, Standby::Listening { .. })
    }

    /// Mean power in standby, in watts.
    pub fn standby_watts(&self) -> f64 {
        match self.standby {
            Standby::Listening { watts } => watts,
            Standby::Asleep { watts, wake_up } => watts + wake_up.watts * wake_up.duty,
        }
    }
}

impl RadioPower {
    /// Energy to send `bits` besides `beta`, in joules: watts per Mbit/s are microjoules per bit.
    pub(crate) fn up_joules(&self, bits: f64) -> f64 {
        self.up_watts_per_mbps * bits * 1e-6
    }

    /// Energy to receive `bits` besides `beta`, in joules.
    pub(crate) fn down_joules(&self, bits: f64) -> f64 {
        self.down_watts_per_mbps * bits * 1e-6
    }
}

impl WakeUpRadio {
    fn check(&self) -> Result<(), ImpossibleValue> {
        watts("wake-up watts", self.watts)?;
        share("duty", self.duty)?;
        match self.duty < 1.0 {
            true => positive_seconds("period_seconds", self.period_seconds)?,
            false => seconds("period_seconds", self.period_seconds)?,
        }
        seconds("signal_seconds", self.signal_seconds)?;
        probability("miss_probability", self.miss_probability)?;
        positive("tries", f64::from(self.tries))?;
        seconds("retry_seconds", self.retry_seconds)?;
        match self.false_alarms_per_second {
            0.0 => Ok(()),
            alarms => per_second("false_alarms_per_second", alarms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ECC-SNN (Yu et al., IJCAI 2025) charges 8.77 mJ for 1.6 ms and 352.9 mJ for 64.4 ms of sending, which is the power of
    /// the Wi-Fi row of BottleNet's radio table times the time; so is the price by bits and time.
    #[test]
    fn sending_power_meets_published_joules() {
        let wifi = RadioPower { up_watts_per_mbps: 0.283_17, down_watts_per_mbps: 0.137_01, active_watts: 0.132_86 };
        let watts = wifi.up_watts_per_mbps * 18.88 + wifi.active_watts;
        assert!((watts * 1.6 - 8.77).abs() < 0.005 && (watts * 64.4 - 352.9).abs() < 0.06, "{watts} W");
        let booked = wifi.up_joules(18.88e6 * 1.6e-3) + wifi.active_watts * 1.6e-3;
        assert!((booked - watts * 1.6e-3).abs() < 1e-12, "{booked} J");
    }
}
