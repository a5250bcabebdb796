//! Verdicts on claims.

use super::Interval;
use std::fmt::{self, Display};

/// What is claimed of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Claim {
    /// It is at most this.
    AtMost(f64),
    /// It is at least this.
    AtLeast(f64),
}

/// Whether a claim holds, by the interval of what was found. Two values whose intervals differ only in width can have different
/// verdicts, and an estimate on the wrong side of the threshold refutes nothing by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimVerdict {
    /// The whole interval is on the claim's side, the threshold itself included.
    Held,
    /// The whole interval is on the other side.
    Refuted,
    /// The interval has values on both sides.
    Unresolved,
}

impl Claim {
    /// The threshold.
    pub fn threshold(self) -> f64 {
        let (Self::AtMost(threshold) | Self::AtLeast(threshold)) = self;
        threshold
    }

    /// The verdict on this claim, of a quantity that lies in `found`.
    pub fn verdict(self, found: &Interval) -> ClaimVerdict {
        let (all, none) = match self {
            Self::AtMost(threshold) => (found.high <= threshold, found.low > threshold),
            Self::AtLeast(threshold) => (found.low >= threshold, found.high < threshold),
        };
        match (all, none) {
            (true, _) => ClaimVerdict::Held,
            (_, true) => ClaimVerdict::Refuted,
            _ => ClaimVerdict::Unresolved,
        }
    }
}

impl ClaimVerdict {
    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Refuted => "refuted",
            Self::Unresolved => "unresolved",
        }
    }
}

impl Display for ClaimVerdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ClaimVerdict::{Held, Refuted, Unresolved};

    #[test]
    fn a_claim_is_decided_only_by_an_interval_that_lies_on_one_side() {
        for (claim, estimate, low, high, verdict) in [
            (Claim::AtMost(0.16), 0.33, 0.14, 0.53, Unresolved),
            (Claim::AtMost(0.16), 0.09, -0.15, 0.33, Unresolved),
            (Claim::AtMost(0.16), 0.33, 0.17, 0.49, Refuted),
            (Claim::AtMost(0.16), 0.09, 0.02, 0.16, Held),
            (Claim::AtMost(2.5), 0.33, 0.14, 0.53, Held),
            (Claim::AtMost(0.16), -0.13, -0.30, 0.04, Held),
            (Claim::AtMost(0.16), 0.16, 0.16, 0.16, Held),
            (Claim::AtLeast(144.0), 38.0, 37.0, 39.0, Refuted),
            (Claim::AtLeast(0.75), 0.80, 0.75, 0.85, Held),
            (Claim::AtLeast(30.0), 31.0, 29.0, 33.0, Unresolved),
        ] {
            assert_eq!(claim.verdict(&Interval { estimate, low, high }), verdict, "{claim:?} by [{low}, {high}]");
        }
    }
}
