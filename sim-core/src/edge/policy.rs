//! Choice of the split design that a request runs. No policy sees a label or what is still to come.

use crate::kernel::{ImpossibleValue, not_negative, positive, share};
use serde::{Deserialize, Serialize};

/// Choice of the split design that a request runs, made when the device begins to work on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum DesignChoice {
    /// Always the same design.
    Fixed {
        /// Number of the design.
        design: u8,
    },
    /// By the uplink rate that the device has seen on its own past messages: wire bits over the time from joining the
    /// uplink's queue to the last bit sent, so a busy cell shows. Each message moves the estimate by
    /// `smoothing * (seen - estimate)`, an exponentially weighted average.
    ByRate {
        /// Weight of the newest message, above 0 and at most 1.
        smoothing: f64,
        /// The estimate before the first message, in bit/s.
        initial_bits_per_second: f64,
        /// The design of the last entry whose rate the estimate reaches is run. Ascending from 0, so that one always is.
        designs: Vec<DesignThreshold>,
    },
}

/// A design and the link rate from which it is run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DesignThreshold {
    /// Estimated uplink rate in bit/s.
    pub from_bits_per_second: f64,
    /// Number of the design.
    pub design: u8,
}

impl DesignChoice {
    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        let Self::ByRate { smoothing, initial_bits_per_second, designs } = self else { return Ok(()) };
        share("smoothing", *smoothing)?;
        not_negative("initial_bits_per_second", *initial_bits_per_second)?;
        positive("number of designs", designs.len() as f64)?;
        let refuse = |value, needed| Err(ImpossibleValue { name: "from_bits_per_second", value, needed });
        let mut before = f64::NEG_INFINITY;
        for (index, threshold) in designs.iter().enumerate() {
            let rate = threshold.from_bits_per_second;
            not_negative("from_bits_per_second", rate)?;
            if index == 0 && rate != 0.0 {
                return refuse(rate, "0 for the first design, so that one is always chosen");
            }
            if rate <= before {
                return refuse(rate, "above the rate before");
            }
            before = rate;
        }
        Ok(())
    }

    /// Number of the design for a device whose estimate of its uplink is `bits_per_second`.
    pub fn design(&self, bits_per_second: f64) -> u8 {
        match self {
            Self::Fixed { design } => *design,
            Self::ByRate { designs, .. } => {
                let reached = designs.iter().take_while(|threshold| threshold.from_bits_per_second <= bits_per_second);
                reached.last().map_or(0, |threshold| threshold.design)
            }
        }
    }

    /// Numbers of all designs that may be chosen.
    pub fn designs(&self) -> impl Iterator<Item = u8> {
        let (fixed, by_rate): (_, &[DesignThreshold]) = match self {
            Self::Fixed { design } => (Some(*design), &[]),
            Self::ByRate { designs, .. } => (None, designs),
        };
        fixed.into_iter().chain(by_rate.iter().map(|threshold| threshold.design))
    }
}
