//! What design points ask of a simulation, by which its time is estimated.

use crate::plan::DesignPoint;
use cospike_sim_core::link::{Channel, PacketLoss};
use cospike_sim_core::workload::ArrivalProcess;

/// Packets, and bits, of a message of which one that is lost or damaged has the tail executed anew: in the middle of what is usual.
const PACKETS_AND_BITS: [f64; 2] = [4.0, 4_000.0];

/// What some design points ask for in one replication.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demand {
    /// Number of design points.
    pub(crate) points: u64,
    /// Requests, at most.
    pub(crate) requests: u64,
    /// Requests that are expected before the horizon.
    pub(crate) expected: f64,
    /// Requests of which the time is expected: at most as many, where the expected ones are not known.
    pub(crate) timed: f64,
    /// Those of them whose payloads arrive damaged.
    pub(crate) damaged: f64,
}

impl Demand {
    /// Adds what a design point asks for.
    pub(crate) fn add(&mut self, point: &DesignPoint) {
        let (most, expected) = (point.system.workload.requests, requests(point));
        // Not known beforehand: at most these.
        let timed = if expected == 0.0 { most as f64 } else { expected };
        self.points += 1;
        self.requests += most;
        self.expected += expected;
        self.timed += timed;
        self.damaged += timed * damaged_share(&point.system.link.channel);
    }
}

/// Requests of a replication, as many as are expected before its horizon; 0 if that is not known.
fn requests(point: &DesignPoint) -> f64 {
    let (workload, devices) = (&point.system.workload, f64::from(point.system.devices));
    let all = workload.requests as f64;
    let Some(horizon) = workload.horizon_seconds else { return all };
    let rate = match &workload.arrivals {
        ArrivalProcess::Poisson { requests_per_second } => *requests_per_second,
        ArrivalProcess::Periodic { period_seconds, .. } => 1.0 / period_seconds,
        // Not known beforehand, or not cheaply.
        ArrivalProcess::Bursty { .. } | ArrivalProcess::ClosedLoop { .. } | ArrivalProcess::Trace(_) => return 0.0,
    };
    all.min(horizon * rate * devices)
}

/// Share of the payloads that do not arrive as they were sent.
fn damaged_share(channel: &Channel) -> f64 {
    let loss = match channel.packet_loss {
        PacketLoss::Independent { probability } => probability,
        PacketLoss::GilbertElliott { mean_good_seconds, mean_bad_seconds, good_probability, bad_probability } => {
            let lost = mean_good_seconds * good_probability + mean_bad_seconds * bad_probability;
            lost / (mean_good_seconds + mean_bad_seconds)
        }
    };
    let [packets, bits] = PACKETS_AND_BITS;
    (packets * loss + bits * (channel.bit_error_probability + channel.bit_erasure_probability)).min(1.0)
}
