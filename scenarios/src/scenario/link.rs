//! `[link]`: the link between the devices and the cloud.

use super::check;
use crate::diagnostic::Mistake;
use crate::located::Located;
use crate::profiles::{LinkProfile, Overrides};
use crate::scenario::limits::{
    MAX_MBPS, MAX_MS, MAX_PACKET_BYTES, MAX_WEIGHT, MIN_MBPS, MIN_MS, MIN_S, MIN_SHARE, MIN_STATE_MS, MIN_WEIGHT,
};
use cospike_sim_core::kernel::{MAX_SECONDS, SIGNAL_TO_NOISE_DB};
use cospike_sim_core::link::Transport;
use cospike_sim_core::payload::{Missing, Packetise};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The link between the devices and the cloud. Values given here replace those of the profile.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSection {
    /// Profile of the link.
    pub profile: Located<String>,
    /// Values in the place of those of the profile.
    #[serde(rename = "override")]
    pub overrides: Option<Overrides<LinkProfile>>,
    /// Sharing of the uplink among the devices.
    pub sharing: Located<Sharing>,
    /// Shares of the devices in a `shared-cell`; the devices take the list in turn. All shares are equal if it is left
    /// out.
    #[serde(default)]
    #[schemars(inner(range(min = MIN_WEIGHT, max = MAX_WEIGHT)))]
    pub weights: Vec<Located<f64>>,
    /// What may share a packet; `message` if it is left out.
    pub packetise: Option<Located<Packetise>>,
    /// Maximum size of a packet, headers included.
    #[schemars(range(min = 1, max = MAX_PACKET_BYTES))]
    pub mtu_bytes: Option<Located<u32>>,
    /// Rate of the uplink.
    #[schemars(range(min = MIN_MBPS, max = MAX_MBPS))]
    pub uplink_mbps: Option<Located<f64>>,
    /// Rate of the uplink over time: a CSV file of `seconds,mbps`. A rate holds from its time to that of the next line, and
    /// the last one to the end of the run, unless `rate_trace_period_s` is given.
    pub rate_trace: Option<Located<String>>,
    /// Length of the rate trace, after which it begins again.
    #[schemars(range(min = MIN_S, max = MAX_SECONDS))]
    pub rate_trace_period_s: Option<Located<f64>>,
    /// Rate of the uplink over time: a file in mahimahi's packet-delivery format.
    pub mahimahi_trace: Option<Located<String>>,
    /// One-way delay besides transmission.
    #[schemars(range(min = 0.0, max = MAX_MS), extend("x-minimum-above-0" = MIN_MS))]
    pub propagation_ms: Option<Located<f64>>,
    /// Further delay of each message and answer, uniformly distributed from 0 to this.
    #[schemars(range(min = 0.0, max = MAX_MS), extend("x-minimum-above-0" = MIN_MS))]
    pub jitter_ms: Option<Located<f64>>,
    /// Probability that a packet sent up is lost.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub packet_loss: Option<Located<f64>>,
    /// Packets are lost in bursts instead.
    pub bursts: Option<Located<Bursts>>,
    /// Probability that a payload bit is inverted.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub bit_error: Option<Located<f64>>,
    /// Probability that a payload bit is erased.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub bit_erasure: Option<Located<f64>>,
    /// Ratio of the power of the largest amplitude of an analogue symbol to that of the white Gaussian noise that is added to every one,
    /// in dB. A symbol takes as long as the bits of a perfect code at that ratio, log2(1 + S/N) / 2. It does nothing to bits.
    #[schemars(range(min = SIGNAL_TO_NOISE_DB[0], max = SIGNAL_TO_NOISE_DB[1]))]
    pub peak_snr_db: Option<Located<f64>>,
    /// Lost packets are sent again.
    pub retransmit: Option<Located<Retransmit>>,
    /// Number of copies of every packet that are sent.
    #[schemars(range(min = 1, max = Transport::MAX_COPIES))]
    pub repeat: Option<Located<u8>>,
    /// What the receiver puts in the place of a missing part of the payload: zeros (no spike), the middle of what a value in [0, 1] can
    /// be, the values of the step before, or nothing, the network running for fewer steps.
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
    #[schemars(range(min = MIN_STATE_MS, max = MAX_MS))]
    pub mean_good_ms: Located<f64>,
    /// Mean length of a bad time.
    #[schemars(range(min = MIN_STATE_MS, max = MAX_MS))]
    pub mean_bad_ms: Located<f64>,
    /// Probability that a packet is lost in a good time.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub good_loss: Located<f64>,
    /// Probability that a packet is lost in a bad time.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub bad_loss: Located<f64>,
}

/// Lost packets are sent again.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retransmit {
    /// Time from the last bit of an attempt to the next attempt.
    #[schemars(range(min = 0.0, max = MAX_MS), extend("x-minimum-above-0" = MIN_MS))]
    pub timeout_ms: Located<f64>,
    /// Maximum number of attempts for a packet, the first included.
    #[schemars(range(min = 1, max = u8::MAX))]
    pub tries: Located<u8>,
}

/// Schedule of the wake-up radio. Its power, the length of a signal, misses and false alarms come from the profile.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WakeUp {
    /// Share of the time in which the wake-up radio listens, above 0 and at most 1.
    #[schemars(range(min = MIN_SHARE, max = 1.0))]
    pub duty: Located<f64>,
    /// Length of a period; the wake-up radio listens from its start on.
    #[schemars(range(min = MIN_STATE_MS, max = MAX_MS))]
    pub period_ms: Located<f64>,
    /// Maximum number of signals sent for an answer.
    #[schemars(range(min = 1, max = u8::MAX))]
    pub tries: Located<u8>,
    /// Time from a missed signal to the next.
    #[schemars(range(min = 0.0, max = MAX_MS), extend("x-minimum-above-0" = MIN_MS))]
    pub retry_ms: Located<f64>,
}

impl LinkSection {
    /// The profile of the link, and the values in the place of its own.
    pub(crate) fn radio(&self) -> (&Located<String>, Option<&Overrides<LinkProfile>>) {
        (&self.profile, self.overrides.as_ref())
    }

    pub(super) fn check(&self) -> Result<(), Mistake> {
        let overridden = |key| self.overrides.as_ref().and_then(|overrides| overrides.span(key));
        for (name, own, overriding, key) in [
            ("uplink_mbps", check::span(&self.uplink_mbps), "override.uplink", "uplink"),
            ("rate_trace", check::span(&self.rate_trace), "override.uplink", "uplink"),
            ("mahimahi_trace", check::span(&self.mahimahi_trace), "override.uplink", "uplink"),
            ("propagation_ms", check::span(&self.propagation_ms), "override.propagation", "propagation"),
            ("mtu_bytes", check::span(&self.mtu_bytes), "override.mtu", "mtu"),
            ("packet_loss", check::span(&self.packet_loss), "override.packet_loss", "packet_loss"),
            ("bursts", check::span(&self.bursts), "override.packet_loss", "packet_loss"),
        ] {
            check::at_most_one(&[(name, own), (overriding, overridden(key))])?;
        }
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
        self.check_weights()
    }

    fn check_weights(&self) -> Result<(), Mistake> {
        match self.weights.first() {
            Some(first) if self.sharing.get() != Sharing::SharedCell => {
                let help = "leave `weights` out, or give `sharing = \"shared-cell\"`";
                Err(Mistake::in_value(first, "`weights` have an effect in a `shared-cell` only").help(help))
            }
            _ => Ok(()),
        }
    }
}
