//! What needs a broken inside.

use super::*;
use crate::cloud::Cloud;
use crate::compute::Processor;
use crate::cosim::{Head, Tail};
use crate::edge::EdgeDevice;
use crate::energy::ComputeEnergy;
use crate::inference::Counts;
use crate::link::{Link, RadioPower};
use crate::workload::Workload;

struct Nothing;

impl CoInference for Nothing {
    fn head(&self, _: u32) -> Head<'_> {
        Head { counts: Counts::default(), energy: ComputeEnergy::default(), packets: &[1], answer: None }
    }

    fn tail(&mut self, _: u32, _: &[bool]) -> Tail {
        Tail { counts: Counts::default(), answer: 0 }
    }
}

fn system() -> System {
    let processor =
        Processor { ac_per_second: 1.0, mac_per_second: 1.0, neuron_updates_per_second: 1.0, overhead_seconds: 0.0 };
    let radio = RadioPower { up_watts_per_mbps: 0.0, down_watts_per_mbps: 0.0, active_watts: 0.0, idle_watts: 0.0 };
    System {
        devices: 3,
        edge: EdgeDevice { processor, static_watts: 0.0, queue_capacity: None },
        link: Link {
            uplink_bits_per_second: 1e6,
            downlink_bits_per_second: 1e6,
            propagation_seconds: 0.0,
            header_bytes: 0,
            loss_probability: 0.0,
            sharing: Sharing::Dedicated,
            radio,
        },
        cloud: Cloud { servers: 1, processor, answer_bytes: 1 },
        workload: Workload { requests_per_second: 1.0, requests: 25, horizon_seconds: None, warmup: 0 },
    }
}

/// A cloud whose servers never become free: the queue of events runs dry with every request in its queue.
#[test]
fn invariant_12_a_run_that_runs_dry_names_the_stranded_requests() {
    let (system, mut network) = (system(), Nothing);
    let mut simulation = Simulation::new(&system, &mut network, 5, &Streams::new(1, 0)).unwrap();
    simulation.cloud.jam();
    let error = loop {
        match simulation.next_event() {
            Ok(Some(event)) => assert!(simulation.handle(event).unwrap().is_none()),
            Ok(None) => panic!("the run ended as if all were well"),
            Err(error) => break error,
        }
    };
    let CosimError::NothingLeftToHappen { in_flight: 25, first, .. } = &error else { panic!("{error}") };
    assert_eq!(first.iter().map(|stranded| stranded.request).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert!(first.iter().all(|stranded| stranded.part == Part::CloudWait && stranded.device < 3));
    assert!(error.to_string().contains("25 requests are in flight: request 0 of device "), "{error}");
}
