//! What needs a broken inside.

use super::*;
use crate::cloud::Cloud;
use crate::compute::Processor;
use crate::cosim::{Guess, Head, HeadStep, Received, TailStep};
use crate::edge::EdgeDevice;
use crate::energy::ComputeEnergy;
use crate::inference::Counts;
use crate::link::{Link, RadioPower};
use crate::workload::{ArrivalProcess, SampleOrder, Workload};

struct Nothing;

impl CoInference for Nothing {
    fn head(&self, _: u8, _: u32) -> Head<'_> {
        Head {
            steps: &[HeadStep {
                counts: Counts {
                    ac: 0,
                    mac: 0,
                    neuron_updates: 0,
                    weight_reads: 0,
                    state_accesses: 0,
                    activation_reads: 0,
                    activation_writes: 0,
                },
                energy: ComputeEnergy { ac: 0.0, mac: 0.0, neuron: 0.0, memory: 0.0, other: 0.0 },
                packets: 1,
                guess: None,
            }],
            packets: &[1],
        }
    }

    fn tail(&mut self, _: u8, _: u32, _: &Received<'_>) -> TailStep {
        TailStep {
            counts: Counts::default(),
            energy: ComputeEnergy::default(),
            guess: Guess { answer: 0, entropy: 0.0 },
        }
    }
}

fn system() -> System {
    let processor =
        Processor { ac_per_second: 1.0, mac_per_second: 1.0, neuron_updates_per_second: 1.0, overhead_seconds: 0.0 };
    let radio = RadioPower { up_watts_per_mbps: 0.0, down_watts_per_mbps: 0.0, active_watts: 0.0 };
    System {
        devices: 3,
        edge: EdgeDevice::plain(processor, 0.0),
        link: Link::plain(1e6, 1e6, radio),
        cloud: Cloud::plain(1, processor, 1),
        workload: Workload {
            arrivals: ArrivalProcess::Poisson { requests_per_second: 1.0 },
            samples: SampleOrder::FleetDeck,
            requests: 25,
            horizon_seconds: None,
            warmup: 0,
            deadlines_seconds: Vec::new(),
        },
        starvation_seconds: None,
    }
}

/// A cloud whose servers never become free: the queue of events runs dry with every request in its queue.
#[test]
fn invariant_12_a_run_that_runs_dry_names_the_stranded_requests() {
    let (system, mut network, mut nobody) = (system(), Nothing, ());
    let mut simulation = Simulation::new(&system, &mut network, &mut nobody, 5, &Streams::new(1, 0)).unwrap();
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
