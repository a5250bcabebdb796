//! The event mix that users get: `cosim::run`, whole, with a network that costs nothing to execute.

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{self, CoInference, Guess, Head, HeadStep, Received, System, TailStep};
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::Counts;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{Link, Radio, RadioPower, Standby};
use cospike_sim_core::split::SplitError;
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder, Workload};
use std::time::Instant;

/// A head of 1000 accumulates, one packet of 100 bytes, a tail of 1000 accumulates.
struct Trivial([HeadStep; 1]);

impl Trivial {
    fn new() -> Self {
        Self([HeadStep { counts: counts(), energy: ComputeEnergy::default(), packets: 1, guess: None }])
    }
}

fn counts() -> Counts {
    Counts { ac: 1000, ..Counts::default() }
}

impl CoInference for Trivial {
    fn head(&self, _: u8, _: u32) -> Head<'_> {
        Head { steps: &self.0, packets: &[100] }
    }

    fn tail(&mut self, _: u8, _: u32, _: &Received<'_>) -> Result<TailStep, SplitError> {
        Ok(TailStep { counts: counts(), energy: ComputeEnergy::default(), guess: Guess { answer: 0, entropy: 0.0 } })
    }
}

/// One request per second and device; a head takes 0.1 s, the uplink 8 ms, and the cloud, whatever the number of
/// devices, is loaded to 0.7 in its one server.
fn system(devices: u32, requests: u64) -> System {
    let processor = |ac_per_second: f64| Processor {
        ac_per_second,
        mac_per_second: 1e9,
        neuron_updates_per_second: 1e9,
        overhead_seconds: 0.0,
    };
    let power = RadioPower { up_watts_per_mbps: 0.4, down_watts_per_mbps: 0.1, active_watts: 1.2 };
    let radio = Radio { standby: Standby::Listening { watts: 0.1 }, ..Radio::always_ready(power) };
    System {
        devices,
        edge: EdgeDevice::plain(processor(1e4), 0.1),
        link: Link { propagation_seconds: 0.02, radio, ..Link::plain(1e5, 1e6, power) },
        cloud: Cloud::plain(1, processor(1000.0 * f64::from(devices) / 0.7), 8),
        workload: Workload {
            arrivals: ArrivalProcess::Poisson { requests_per_second: 1.0 },
            samples: SampleOrder::FleetDeck,
            requests,
            horizon_seconds: None,
            warmup: 0,
            deadlines_seconds: vec![],
        },
        starvation_seconds: None,
    }
}

/// Events per second of a run with at least `events` events.
pub(crate) fn run(devices: u32, events: u64) -> f64 {
    /// Events of a request that is answered by the cloud.
    const PER_REQUEST: u64 = 7;
    let system = system(devices, events.div_ceil(PER_REQUEST));
    let start = Instant::now();
    let outcome = cosim::run(&system, &mut Trivial::new(), &[0; 100], &Streams::new(1, 0)).unwrap();
    assert_eq!(outcome.requests.completed, outcome.requests.generated);
    outcome.trajectory.events as f64 / start.elapsed().as_secs_f64()
}
