//! The phases of a request's life.

use crate::breakdown::breakdown;
use std::fmt;

breakdown! {
    /// Phase of a request's life; the phases sum to its latency. A request whose steps are on their way one by one is in
    /// the phase of its foremost step.
    pub enum Phase;

    /// Mean time that a request spends in each phase of its life, in seconds. The phases sum to the mean latency.
    pub struct Phases in "s" {
        /// Waiting for the processor of the device.
        EdgeWait => edge_wait, "edge wait";
        /// Head being computed, after waking the processor if it slept.
        EdgeCompute => edge_compute, "edge compute";
        /// Waiting for the radio to connect, for the uplink, or to be sent again.
        UplinkWait => uplink_wait, "uplink wait";
        /// Transmission and propagation to the cloud.
        Uplink => uplink, "uplink";
        /// Waiting for a server.
        CloudWait => cloud_wait, "cloud wait";
        /// Tail being computed.
        CloudService => cloud_service, "cloud service";
        /// The answer's way back: propagation, waking the radio, transmission.
        Downlink => downlink, "downlink";
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
