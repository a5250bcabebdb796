//! A split network with known answers, and a small system to run it in.

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{CoInference, Guess, Head, HeadStep, Received, System, TailStep};
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::Counts;
use cospike_sim_core::link::{Link, Radio, RadioPower, Standby};
use cospike_sim_core::split::SplitError;
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder, Workload};

/// Every sample has its own head and tail counts; the answer is the sample's class if all packets arrive, and
/// the class after it otherwise.
pub(crate) struct KnownAnswers {
    pub(crate) heads: Vec<[HeadStep; 1]>,
    pub(crate) packets: Vec<u32>,
    pub(crate) tails: Vec<Counts>,
    pub(crate) classes: Vec<u32>,
    /// What the tail was asked, in order: the sample and the packets that were lost.
    pub(crate) asked: Vec<(u32, Vec<u32>)>,
}

impl KnownAnswers {
    /// All samples alike.
    pub(crate) fn uniform(samples: usize, head: Counts, packets: &[u32], tail: Counts) -> Self {
        let energy = ComputeEnergy { ac: 1e-3, ..ComputeEnergy::default() };
        let heads = vec![[HeadStep { counts: head, energy, packets: packets.len() as u32, guess: None }]; samples];
        Self {
            heads,
            packets: packets.to_vec(),
            tails: vec![tail; samples],
            classes: (0..samples as u32).map(|sample| sample % 10).collect(),
            asked: Vec::new(),
        }
    }

    /// With the counts of each head.
    pub(crate) fn with_heads(mut self, counts: impl IntoIterator<Item = Counts>) -> Self {
        self.heads.iter_mut().zip(counts).for_each(|(head, counts)| head[0].counts = counts);
        self
    }
}

impl CoInference for KnownAnswers {
    fn head(&self, _: u8, sample: u32) -> Head<'_> {
        Head { steps: &self.heads[sample as usize], packets: &self.packets }
    }

    fn tail(&mut self, _: u8, sample: u32, received: &Received<'_>) -> Result<TailStep, SplitError> {
        self.asked.push((sample, received.lost.to_vec()));
        let answer = (self.classes[sample as usize] + u32::from(!received.is_whole())) % 10;
        Ok(TailStep {
            counts: self.tails[sample as usize],
            energy: ComputeEnergy::default(),
            guess: Guess { answer, entropy: 0.0 },
        })
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
    let power = RadioPower { up_watts_per_mbps: 0.3, down_watts_per_mbps: 0.1, active_watts: 0.2 };
    let radio = Radio { standby: Standby::Listening { watts: 0.01 }, ..Radio::always_ready(power) };
    System {
        devices: 1,
        edge: EdgeDevice::plain(NANOSECOND_PROCESSOR, 0.1),
        link: Link { radio, ..Link::plain(1e6, 1e6, power) },
        cloud: Cloud::plain(1, NANOSECOND_PROCESSOR, 4),
        workload: Workload {
            arrivals: ArrivalProcess::Poisson { requests_per_second },
            samples: SampleOrder::FleetDeck,
            requests,
            horizon_seconds: None,
            warmup: 0,
            deadlines_seconds: Vec::new(),
        },
        starvation_seconds: None,
    }
}
