//! What needs a broken inside.

use super::*;
use crate::cloud::{Cloud, EarlyExit, ExitAt};
use crate::compute::Processor;
use crate::cosim::{Guess, Head, HeadStep, QueueAt, Received, TailStep};
use crate::edge::EdgeDevice;
use crate::energy::ComputeEnergy;
use crate::inference::Counts;
use crate::link::{Channel, Link, RadioPower, Rate, Transport};
use crate::split::SplitError;
use crate::workload::{ArrivalProcess, SampleOrder, Workload};

/// A network whose steps each take one operation at either place, and which is certain after the second.
struct OneOperation<const STEPS: usize>;

impl<const STEPS: usize> CoInference for OneOperation<STEPS> {
    fn head(&self, _: u8, _: u32) -> Head<'_> {
        const STEP: HeadStep = HeadStep {
            counts: Counts { ac: 1, ..Counts::NONE },
            energy: ComputeEnergy { ac: 0.0, mac: 0.0, neuron: 0.0, memory: 0.0, other: 0.0 },
            packets: 1,
            guess: None,
        };
        Head { steps: &[STEP; STEPS], packets: &[1; STEPS] }
    }

    fn tail(&mut self, _: u8, _: u32, received: &Received<'_>) -> Result<TailStep, SplitError> {
        Ok(TailStep {
            counts: Counts { ac: 1, ..Counts::NONE },
            energy: ComputeEnergy::default(),
            guess: Guess { answer: 0, entropy: if received.steps < 2 { 1.0 } else { 0.0 } },
        })
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
    let (system, mut network, mut nobody) = (system(), OneOperation::<1>, ());
    let mut simulation = Simulation::new(&system, &mut network, &mut nobody, 5, &Streams::new(1, 0)).unwrap();
    simulation.cloud.servers().jam();
    let error = loop {
        match simulation.next_event() {
            Ok(Some(event)) => assert!(simulation.handle(event).unwrap().is_none()),
            Ok(None) => panic!("the run ended as if all were well"),
            Err(error) => break error,
        }
    };
    let CosimError::NothingLeftToHappen { in_flight: 25, first, .. } = &error else { panic!("{error}") };
    assert_eq!(first.iter().map(|stranded| stranded.request).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    assert!(first.iter().all(|stranded| stranded.phase == Phase::CloudWait && stranded.device < 3));
    assert!(error.to_string().contains("25 requests are in flight: request 0 of device "), "{error}");
}

/// A fleet in which requests wait for every place.
fn waiting() -> System {
    let mut system = system();
    let slow = Processor { ac_per_second: 2.5, ..system.cloud.processor };
    (system.edge.processor, system.cloud.processor) = (slow, slow);
    system.link.uplink = Rate::Constant { bits_per_second: 20.0 };
    system.workload.arrivals = ArrivalProcess::Poisson { requests_per_second: 2.0 };
    system.workload.requests = 200;
    system
}

/// Runs it, breaking something once somebody waits at the edge and in the cloud.
fn broken(system: &System, mut wreck: impl FnMut(&mut Simulation<'_, ()>)) -> Result<(), CosimError> {
    let (mut network, mut nobody, mut whole) = (OneOperation::<1>, (), true);
    let mut simulation = Simulation::new(system, &mut network, &mut nobody, 5, &Streams::new(1, 0))?;
    while let Some(event) = simulation.next_event()? {
        simulation.handle(event)?;
        if whole && simulation.edge.queues().waiting(1) > 0 && simulation.cloud.servers().waiting() > 0 {
            whole = false;
            wreck(&mut simulation);
        }
    }
    assert!(!whole, "nobody waited");
    Ok(())
}

#[test]
fn invariant_8_the_queue_that_breaks_littles_law_is_named() {
    let system = waiting();
    broken(&system, |_| ()).unwrap();
    let edge = broken(&system, |simulation| simulation.edge.queues().miscount()).unwrap_err();
    let CosimError::LittlesLaw { queue: QueueAt::Edge { device: 0..3 }, area, waited, .. } = edge else {
        panic!("{edge}")
    };
    assert_eq!(area + 1, waited);
    assert!(edge.to_string().contains("Little's law fails at the edge queue of device "), "{edge}");
    let uplink = broken(&system, |simulation| simulation.air.queues().miscount()).unwrap_err();
    assert!(matches!(uplink, CosimError::LittlesLaw { queue: QueueAt::Uplink { uplink: 0..3 }, .. }), "{uplink}");
    let cloud = broken(&system, |simulation| simulation.cloud.servers().miscount()).unwrap_err();
    assert!(matches!(cloud, CosimError::LittlesLaw { queue: QueueAt::Cloud, .. }), "{cloud}");
}

/// At the horizon a request that is lost would pass for one in flight.
#[test]
fn invariant_8_a_request_that_left_its_line_uncounted_is_noticed_at_the_end() {
    let mut system = waiting();
    system.workload.horizon_seconds = Some(6.0);
    broken(&system, |_| ()).unwrap();
    let error = broken(&system, |simulation| {
        let now = simulation.context.now();
        assert!(simulation.edge.queues().lose(1, &mut simulation.context.requests, now));
    });
    let Err(CosimError::LittlesLaw { queue: QueueAt::Edge { .. }, entered, left, waiting, .. }) = error else {
        panic!("{error:?}")
    };
    assert_eq!(entered, left + waiting + 1);
}

/// Neither requests, nor messages, nor answers stay in their slots, although steps wait for earlier ones that are not repeated any
/// more once the request has its answer.
#[test]
fn invariant_1_nothing_is_left_behind_when_all_has_ended() {
    for at in [ExitAt::Cloud, ExitAt::Edge] {
        let mut system = system();
        let fast = Processor { ac_per_second: 100.0, ..system.cloud.processor };
        (system.edge.processor, system.cloud.processor) = (fast, fast);
        system.link.channel = Channel::losing(0.4);
        system.link.transport = Transport::Retransmit { timeout_seconds: 0.05, tries: 4 };
        system.link.jitter_seconds = 0.02;
        system.cloud.exit = Some(EarlyExit { entropy: 0.0, at });
        system.workload.requests = 500;
        let (mut network, mut nobody) = (OneOperation::<6>, ());
        let mut simulation = Simulation::new(&system, &mut network, &mut nobody, 5, &Streams::new(1, 0)).unwrap();
        let mut waited = 0;
        while let Some(event) = simulation.next_event().unwrap() {
            let is_given_up = event.kind == EventKind::Retry && !simulation.is_wanted(event.subject);
            let waits = is_given_up && simulation.context.request_of(event.subject).early.len() > 0;
            waited += u64::from(waits);
            simulation.handle(event).unwrap();
        }
        let Context { requests, messages, answers, .. } = &simulation.context;
        assert_eq!([requests.used(), messages.used(), answers.used()], [0, 0, 0], "{at:?}");
        assert_eq!(waited > 10, at == ExitAt::Edge, "{waited}");
    }
}
