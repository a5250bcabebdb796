//! The event mix that users get: `cosim::run`, whole, with a network that costs nothing to execute.

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{self, CoInference, Head, System, Tail};
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::energy::PriceList;
use cospike_sim_core::inference::Counts;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{Link, RadioPower, Sharing};
use cospike_sim_core::workload::Workload;
use std::time::Instant;

/// A head of 1000 accumulates, one packet of 100 bytes, a tail of 1000 accumulates.
struct Trivial;

fn counts() -> Counts {
    Counts { ac: 1000, ..Counts::default() }
}

impl CoInference for Trivial {
    fn head(&self, _: u32) -> Head<'_> {
        Head { counts: counts(), packets: &[100], answer: None }
    }

    fn tail(&mut self, _: u32, _: &[bool]) -> Tail {
        Tail { counts: counts(), answer: 0 }
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
    let radio = RadioPower { up_watts_per_mbps: 0.4, down_watts_per_mbps: 0.1, active_watts: 1.2, idle_watts: 0.1 };
    System {
        devices,
        edge: EdgeDevice { processor: processor(1e4), static_watts: 0.1, queue_capacity: None },
        prices: PriceList::default(),
        link: Link {
            uplink_bits_per_second: 1e5,
            downlink_bits_per_second: 1e6,
            propagation_seconds: 0.02,
            header_bytes: 0,
            loss_probability: 0.0,
            sharing: Sharing::Dedicated,
            radio,
        },
        cloud: Cloud { servers: 1, processor: processor(1000.0 * f64::from(devices) / 0.7), answer_bytes: 8 },
        workload: Workload { requests_per_second: 1.0, requests, horizon_seconds: None, warmup: 0 },
    }
}

/// Events per second of a run with at least `events` events.
pub(crate) fn run(devices: u32, events: u64) -> f64 {
    /// Events of a request that is answered by the cloud.
    const PER_REQUEST: u64 = 7;
    let system = system(devices, events.div_ceil(PER_REQUEST));
    let start = Instant::now();
    let outcome = cosim::run(&system, &mut Trivial, &[0; 100], &Streams::new(1, 0)).unwrap();
    assert_eq!(outcome.completed, outcome.generated);
    outcome.events as f64 / start.elapsed().as_secs_f64()
}
