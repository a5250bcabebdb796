//! `[link]`: between the devices and the cloud.

use super::check::Check;
use crate::diagnostic::Diagnostic;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// `[link]`; values given here replace those of the profile.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LinkSection {
    /// Its profile.
    pub profile: Spanned<String>,
    /// Who shares the uplink.
    pub sharing: Sharing,
    /// Shares of the devices in a `shared-cell`; the devices take the list in turn. All alike if left out.
    #[serde(default)]
    pub weights: Vec<Spanned<f64>>,
    /// What may share a packet; `message` if left out.
    pub packetise: Option<Spanned<Packetise>>,
    /// Largest packet, headers included.
    pub mtu_bytes: Option<Spanned<u32>>,
    /// Rate up.
    pub uplink_mbps: Option<Spanned<f64>>,
    /// Rate up over time: a CSV file of `seconds,mbps`, repeated after its last line.
    pub rate_trace: Option<Spanned<String>>,
    /// Rate up over time: a file of mahimahi's packet-delivery format.
    pub mahimahi_trace: Option<Spanned<String>>,
    /// One-way delay besides sending.
    pub propagation_ms: Option<Spanned<f64>>,
    /// Further delay of each message and answer, uniform from 0 to this.
    pub jitter_ms: Option<Spanned<f64>>,
    /// Probability that a packet sent up is lost.
    pub packet_loss: Option<Spanned<f64>>,
    /// Packets are lost in bursts instead.
    pub bursts: Option<Spanned<Bursts>>,
    /// Probability that a payload bit is inverted.
    pub bit_error: Option<Spanned<f64>>,
    /// Probability that a payload bit is erased.
    pub bit_erasure: Option<Spanned<f64>>,
    /// What is lost is sent again.
    pub retransmit: Option<Spanned<Retransmit>>,
    /// Everything is sent so many times.
    pub repeat: Option<Spanned<u8>>,
    /// What a missing part of the payload becomes.
    #[serde(default)]
    pub missing: Missing,
    /// The device's main radio is off between messages, and a wake-up radio listens for answers.
    pub wake_up: Option<Spanned<WakeUp>>,
}

/// Who shares the uplink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Every device has an uplink of its own.
    Dedicated,
    /// All devices share one uplink, which sends one message after the other.
    Cell,
    /// All devices share one uplink at the same time.
    SharedCell,
}

/// What may share a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packetise {
    /// The payload is one message, cut wherever a packet is full.
    Message,
    /// Every time step starts a new packet.
    Step,
}

/// What a missing part of the payload becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Zeros: no spike.
    #[default]
    Zero,
    /// What stood in its place in the step before; zeros in the first.
    Last,
    /// The whole step is left out, and the network runs for fewer steps.
    DropStep,
}

/// `[link.bursts]`: the channel of each device is good or bad for exponentially distributed times (Gilbert-Elliott).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bursts {
    /// Mean length of a good time.
    pub mean_good_ms: Spanned<f64>,
    /// Mean length of a bad time.
    pub mean_bad_ms: Spanned<f64>,
    /// Probability that a packet is lost in a good time.
    #[serde(default = "zero")]
    pub good_loss: Spanned<f64>,
    /// Probability that a packet is lost in a bad time.
    pub bad_loss: Spanned<f64>,
}

/// `[link.retransmit]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retransmit {
    /// From the last bit of a try to the next try.
    pub timeout_ms: Spanned<f64>,
    /// Tries of a packet, the first included.
    pub tries: Spanned<u8>,
}

/// `[link.wake_up]`; power, signal length, misses and false alarms come from the profile.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WakeUp {
    /// Share of the time in which the wake-up radio listens, above 0 and at most 1.
    pub duty: Spanned<f64>,
    /// It listens from the start of each such period on.
    pub period_ms: Spanned<f64>,
    /// Signals sent for an answer before it is given up.
    pub tries: Spanned<u8>,
    /// From one signal that was missed to the next.
    pub retry_ms: Spanned<f64>,
}

fn zero() -> Spanned<f64> {
    Spanned::new(0..0, 0.0)
}

impl LinkSection {
    pub(super) fn check(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        let span = |word: &Option<Spanned<String>>| word.as_ref().map(Spanned::span);
        let rates = [
            ("uplink_mbps", self.uplink_mbps.as_ref().map(Spanned::span)),
            ("rate_trace", span(&self.rate_trace)),
            ("mahimahi_trace", span(&self.mahimahi_trace)),
        ];
        check.one_of(&rates, None)?;
        let losses = [
            ("packet_loss", self.packet_loss.as_ref().map(Spanned::span)),
            ("bursts", self.bursts.as_ref().map(Spanned::span)),
        ];
        check.one_of(&losses, None)?;
        let transports = [
            ("retransmit", self.retransmit.as_ref().map(Spanned::span)),
            ("repeat", self.repeat.as_ref().map(Spanned::span)),
        ];
        check.one_of(&transports, None)?;
        check.positive("uplink_mbps", self.uplink_mbps.as_ref())?;
        check.not_negative("propagation_ms", self.propagation_ms.as_ref())?;
        check.not_negative("jitter_ms", self.jitter_ms.as_ref())?;
        check.probability("packet_loss", self.packet_loss.as_ref())?;
        check.probability("bit_error", self.bit_error.as_ref())?;
        check.probability("bit_erasure", self.bit_erasure.as_ref())?;
        self.repeat.as_ref().map_or(Ok(()), |copies| check.count("repeat", copies))?;
        self.check_weights(check)?;
        self.check_tables(check)
    }

    fn check_weights(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        self.weights.iter().try_for_each(|weight| check.positive("weights", weight))?;
        match self.weights.first() {
            Some(first) if self.sharing != Sharing::SharedCell => {
                let message = "`weights` mean something in a `shared-cell` only";
                Err(check
                    .source
                    .error_at(first, message)
                    .help("leave `weights` out, or give `sharing = \"shared-cell\"`"))
            }
            _ => Ok(()),
        }
    }

    fn check_tables(&self, check: &Check<'_>) -> Result<(), Diagnostic> {
        if let Some(bursts) = self.bursts.as_ref().map(Spanned::get_ref) {
            check.positive("mean_good_ms", &bursts.mean_good_ms)?;
            check.positive("mean_bad_ms", &bursts.mean_bad_ms)?;
            check.probability("good_loss", &bursts.good_loss)?;
            check.probability("bad_loss", &bursts.bad_loss)?;
        }
        if let Some(retransmit) = self.retransmit.as_ref().map(Spanned::get_ref) {
            check.not_negative("timeout_ms", &retransmit.timeout_ms)?;
            check.count("tries", &retransmit.tries)?;
        }
        if let Some(wake_up) = self.wake_up.as_ref().map(Spanned::get_ref) {
            check.positive("duty", &wake_up.duty)?;
            check.probability("duty", &wake_up.duty)?;
            check.positive("period_ms", &wake_up.period_ms)?;
            check.count("tries", &wake_up.tries)?;
            check.not_negative("retry_ms", &wake_up.retry_ms)?;
        }
        Ok(())
    }
}
