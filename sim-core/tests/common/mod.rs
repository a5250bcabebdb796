//! A split network with known answers, and a small system to run it in.

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{CoInference, Head, System, Tail};
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::Counts;
use cospike_sim_core::link::{Link, RadioPower, Sharing};
use cospike_sim_core::workload::Workload;

/// Every sample has its own head and tail counts; the answer is the sample's class if all packets arrive, and
/// the class after it otherwise.
pub(crate) struct KnownAnswers {
    pub(crate) heads: Vec<Counts>,
    /// Of every head.
    pub(crate) energy: ComputeEnergy,
    pub(crate) packets: Vec<u32>,
    pub(crate) at_edge: bool,
    pub(crate) tails: Vec<Counts>,
    pub(crate) classes: Vec<u32>,
    /// What the tail was asked, in order.
    pub(crate) asked: Vec<(u32, Vec<bool>)>,
}

impl KnownAnswers {
    /// All samples alike.
    pub(crate) fn uniform(samples: usize, head: Counts, packets: &[u32], tail: Counts) -> Self {
        Self {
            heads: vec![head; samples],
            energy: ComputeEnergy { ac: 1e-3, ..ComputeEnergy::default() },
            packets: packets.to_vec(),
            at_edge: false,
            tails: vec![tail; samples],
            classes: (0..samples as u32).map(|sample| sample % 10).collect(),
            asked: Vec::new(),
        }
    }
}

impl CoInference for KnownAnswers {
    fn head(&self, sample: u32) -> Head<'_> {
        let answer = self.at_edge.then(|| self.classes[sample as usize]);
        Head { counts: self.heads[sample as usize], energy: self.energy, packets: &self.packets, answer }
    }

    fn tail(&mut self, sample: u32, lost: &[bool]) -> Tail {
        self.asked.push((sample, lost.to_vec()));
        let shift = u32::from(lost.contains(&true));
        Tail { counts: self.tails[sample as usize], answer: (self.classes[sample as usize] + shift) % 10 }
    }
}

/// `ac` accumulates and nothing else.
pub(crate) fn accumulates(ac: u64) -> Counts {
    Counts { ac, ..Counts::default() }
}

/// A processor that does one accumulate per nanosecond.
pub(crate) const NANOSECOND_PROCESSOR: Processor =
    Processor { ac_per_second: 1e9, mac_per_second: 1e9, neuron_updates_per_second: 1e9, overhead_seconds: 0.0 };

/// One device with a link that takes no time for empty packets, and one server.
pub(crate) fn system(requests_per_second: f64, requests: u64) -> System {
    System {
        devices: 1,
        edge: EdgeDevice { processor: NANOSECOND_PROCESSOR, static_watts: 0.1, queue_capacity: None },
        link: Link {
            uplink_bits_per_second: 1e6,
            downlink_bits_per_second: 1e6,
            propagation_seconds: 0.0,
            header_bytes: 0,
            loss_probability: 0.0,
            sharing: Sharing::Dedicated,
            radio: RadioPower { up_watts_per_mbps: 0.3, down_watts_per_mbps: 0.1, active_watts: 0.2, idle_watts: 0.01 },
        },
        cloud: Cloud { servers: 1, processor: NANOSECOND_PROCESSOR, answer_bytes: 4 },
        workload: Workload { requests_per_second, requests, horizon_seconds: None, warmup: 0 },
    }
}
