//! Countermeasures against packets that are lost or damaged.

use crate::kernel::{ImpossibleValue, count, positive, seconds};
use serde::{Deserialize, Serialize};

/// Countermeasure against packets that are lost or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Transport {
    /// Nothing: losses and bit errors reach the payload. Bit errors are let through as UDP-Lite does (RFC 3828); headers
    /// are protected and never damaged. The receiver knows when the last bit is due and goes on then.
    Datagram,
    /// Selective repeat in rounds: a packet that is lost, or in which any payload bit is damaged (its checksum fails), is sent
    /// again once `timeout_seconds` have passed since the last bit of the round was sent. A message is delivered when its
    /// last packet arrives, or, with gaps, when the last try is due. Acknowledgements take no air time, are never lost
    /// and must make the round trip within the timeout.
    Retransmit {
        /// Time from the last bit of a round to the next try of the packets that it lost, in seconds.
        timeout_seconds: f64,
        /// Largest number of tries of a packet, the first included; at least 1.
        tries: u8,
    },
    /// Forward error correction by repetition: every message is sent `copies` times over. A packet is lost only if all
    /// its copies are; a bit is erased only if it is in all copies that arrived; a damaged bit takes the majority of
    /// the copies that show it, the first one's value when they are even.
    Repeat {
        /// Number of copies, the first included; 1 to [`Transport::MAX_COPIES`].
        copies: u8,
    },
}

impl Transport {
    /// Greatest number of copies: the copies that arrived are the bits of one 64-bit word.
    pub const MAX_COPIES: u8 = 64;

    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        match *self {
            Self::Datagram => Ok(()),
            Self::Retransmit { timeout_seconds, tries } => {
                seconds("timeout_seconds", timeout_seconds)?;
                positive("tries", f64::from(tries))
            }
            Self::Repeat { copies } => count("copies", copies.into(), Self::MAX_COPIES.into(), "1 to 64"),
        }
    }

    /// Number of copies of every packet in one round.
    pub fn copies(&self) -> u8 {
        match *self {
            Self::Repeat { copies } => copies,
            Self::Datagram | Self::Retransmit { .. } => 1,
        }
    }
}
