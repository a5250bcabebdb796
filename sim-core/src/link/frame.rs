//! What a packet costs on the air besides its own bits.

use crate::kernel::{ImpossibleValue, seconds};
use serde::{Deserialize, Serialize};

/// What every packet costs on the air besides its payload and the headers of the network layer. Of the few bytes that a
/// bottleneck unit sends, this is nearly all.
///
/// The time is that of one exchange: waiting for the medium (interframe space and mean backoff), preamble, and the
/// acknowledgement with the space before it. The uplink is busy meanwhile, and the radio draws its active power.
/// In IEEE 802.11 with `n` bytes of packet and link-layer header and a symbol of 4 us, a packet without collision takes
/// `DIFS + backoff + preamble + 4 us * ceil((22 + 8 n) / bits per symbol) + SIFS + ACK`; here the bits take what the rate
/// says, not whole symbols.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Time of a packet in addition to that of its bits, in seconds.
    pub overhead_seconds: f64,
    /// Bytes of link-layer headers and checksums; they are no part of the largest packet.
    pub header_bytes: u32,
    /// Energy of a packet that is sent, in addition to the power of the radio, in joules: what the device spends on handing it
    /// over, the cross-factor of Serrano et al., IEEE/ACM Transactions on Networking 23(4), 2015.
    pub sent_joules: f64,
}

impl Frame {
    /// Greatest energy of a packet besides the power of the radio, in joules.
    pub const MAX_JOULES: f64 = 1.0;

    pub(super) fn check(&self) -> Result<(), ImpossibleValue> {
        seconds("overhead_seconds of a frame", self.overhead_seconds)?;
        match (0.0..=Self::MAX_JOULES).contains(&self.sent_joules) {
            true => Ok(()),
            false => {
                Err(ImpossibleValue { name: "sent_joules of a frame", value: self.sent_joules, needed: "0 to 1 joule" })
            }
        }
    }
}
