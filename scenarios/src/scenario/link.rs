//! `[link]`: the link between the devices and the cloud.

use super::check;
use crate::diagnostic::Mistake;
use crate::located::Located;
use cospike_sim_core::payload::{Missing, Packetise};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The link between the devices and the cloud. Values given here replace those of the profile.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSection {
    /// Profile of the link.
    pub profile: Located<String>,
    /// Sharing of the uplink among the devices.
    pub sharing: Located<Sharing>,
    /// Shares of the devices in a `shared-cell`; the devices take the list in turn. All shares are equal if it is left
    /// out.
    #[serde(default)]
    pub weights: Vec<Located<f64>>,
    /// What may share a packet; `message` if it is left out.
    pub packetise: Option<Located<Packetise>>,
    /// Maximum size of a packet, headers included.
    pub mtu_bytes: Option<Located<u32>>,
    /// Rate of the uplink.
    pub uplink_mbps: Option<Located<f64>>,
    /// Rate of the uplink over time: a CSV file of `seconds,mbps`. A rate holds from its time to that of the next line, and
    /// the last one to the end of the run, unless `rate_trace_period_s` is given.
    pub rate_trace: Option<Located<String>>,
    /// Length of the rate trace, after which it begins again.
    pub rate_trace_period_s: Option<Located<f64>>,
    /// Rate of the uplink over time: a file in mahimahi's packet-delivery format.
    pub mahimahi_trace: Option<Located<String>>,
    /// One-way delay besides transmission.
    pub propagation_ms: Option<Located<f64>>,
    /// Further delay of each message and answer, uniformly distributed from 0 to this.
    pub jitter_ms: Option<Located<f64>>,
    /// Probability that a packet sent up is lost.
    pub packet_loss: Option<Located<f64>>,
    /// Packets are lost in bursts instead.
    pub bursts: Option<Located<Bursts>>,
    /// Probability that a payload bit is inverted.
    pub bit_error: Option<Located<f64>>,
    /// Probability that a payload bit is erased.
    pub bit_erasure: Option<Located<f64>>,
    /// Lost packets are sent again.
    pub retransmit: Option<Located<Retransmit>>,
    /// Number of copies of every packet that are sent.
    pub repeat: Option<Located<u8>>,
    /// What the receiver puts in the place of a missing part of the payload: zeros (no spike), the values of the step
    /// before, or nothing, the network running for fewer steps.
    #[serde(default)]
    pub missing: Located<Missing>,
    /// The device's main radio is off between messages, and a wake-up radio listens for answers.
    pub wake_up: Option<Located<WakeUp>>,
}

/// Sharing of the uplink among the devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Every device has an uplink of its own.
    Dedicated,
    /// All devices share one uplink, which sends one message after the other.
    Cell,
    /// All devices share one uplink at the same time.
    SharedCell,
}

/// The channel of each device is good or bad for exponentially distributed times (Gilbert-Elliott).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bursts {
    /// Mean length of a good time.
    pub mean_good_ms: Located<f64>,
    /// Mean length of a bad time.
    pub mean_bad_ms: Located<f64>,
    /// Probability that a packet is lost in a good time.
    #[serde(default)]
    pub good_loss: Located<f64>,
    /// Probability that a packet is lost in a bad time.
    pub bad_loss: Located<f64>,
}

/// Lost packets are sent again.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retransmit {
    /// Time from the last bit of an attempt to the next attempt.
    pub timeout_ms: Located<f64>,
    /// Maximum number of attempts for a packet, the first included.
    pub tries: Located<u8>,
}

/// Schedule of the wake-up radio. Its power, the length of a signal, misses and false alarms come from the profile.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WakeUp {
    /// Share of the time in which the wake-up radio listens, above 0 and at most 1.
    pub duty: Located<f64>,
    /// Length of a period; the wake-up radio listens from its start on.
    pub period_ms: Located<f64>,
    /// Maximum number of signals sent for an answer.
    pub tries: Located<u8>,
    /// Time from a missed signal to the next.
    pub retry_ms: Located<f64>,
}

impl LinkSection {
    pub(super) fn check(&self) -> Result<(), Mistake> {
        check::at_most_one(&[
            ("uplink_mbps", check::span(&self.uplink_mbps)),
            ("rate_trace", check::span(&self.rate_trace)),
            ("mahimahi_trace", check::span(&self.mahimahi_trace)),
        ])?;
        check::at_most_one(&[("packet_loss", check::span(&self.packet_loss)), ("bursts", check::span(&self.bursts))])?;
        check::at_most_one(&[("retransmit", check::span(&self.retransmit)), ("repeat", check::span(&self.repeat))])?;
        if let (Some(period), None) = (&self.rate_trace_period_s, &self.rate_trace) {
            return Err(Mistake::in_value(period, "there is no rate trace whose length this could be")
                .help("give `rate_trace`, or leave `rate_trace_period_s` out"));
        }
        check::positive("uplink_mbps", self.uplink_mbps.as_ref())?;
        check::not_negative("propagation_ms", self.propagation_ms.as_ref())?;
        check::not_negative("jitter_ms", self.jitter_ms.as_ref())?;
        check::probability("packet_loss", self.packet_loss.as_ref())?;
        check::probability("bit_error", self.bit_error.as_ref())?;
        check::probability("bit_erasure", self.bit_erasure.as_ref())?;
        self.repeat.as_ref().map_or(Ok(()), |copies| check::count("repeat", copies))?;
        self.check_weights()?;
        self.check_tables()
    }

    fn check_weights(&self) -> Result<(), Mistake> {
        self.weights.iter().try_for_each(|weight| check::positive("weights", weight))?;
        match self.weights.first() {
            Some(first) if self.sharing.get() != Sharing::SharedCell => {
                let help = "leave `weights` out, or give `sharing = \"shared-cell\"`";
                Err(Mistake::in_value(first, "`weights` have an effect in a `shared-cell` only").help(help))
            }
            _ => Ok(()),
        }
    }

    fn check_tables(&self) -> Result<(), Mistake> {
        if let Some(bursts) = &self.bursts {
            check::positive("mean_good_ms", &bursts.mean_good_ms)?;
            check::positive("mean_bad_ms", &bursts.mean_bad_ms)?;
            check::probability("good_loss", &bursts.good_loss)?;
            check::probability("bad_loss", &bursts.bad_loss)?;
        }
        if let Some(retransmit) = &self.retransmit {
            check::not_negative("timeout_ms", &retransmit.timeout_ms)?;
            check::count("tries", &retransmit.tries)?;
        }
        if let Some(wake_up) = &self.wake_up {
            check::positive("duty", &wake_up.duty)?;
            check::probability("duty", &wake_up.duty)?;
            check::positive("period_ms", &wake_up.period_ms)?;
            check::count("tries", &wake_up.tries)?;
            check::not_negative("retry_ms", &wake_up.retry_ms)?;
        }
        Ok(())
    }
}
