//! Runs that go wrong name the requests concerned (invariant 12); what cannot be simulated is refused.

use crate::common::system;
use crate::scripted::{Design, MILLISECOND, Scripted};
use cospike_sim_core::cloud::{EarlyExit, ExitAt, Order};
use cospike_sim_core::cosim::{CosimError, Phase, System, run};
use cospike_sim_core::edge::{DesignChoice, DropPolicy, Governor, SpeedLevel};
use cospike_sim_core::kernel::{ImpossibleValue, Streams};
use cospike_sim_core::link::{Rate, Sharing, Transport};
use cospike_sim_core::split::SplitError;
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival};

/// A tail that cannot be run stops the run at once and says on which sample.
#[test]
fn a_tail_that_fails_ends_the_run() {
    let mut network = Scripted::new([Design { tails: vec![], ..Design::whole(0, 100, 0) }]);
    let error = run(&system(1.0, 5), &mut network, &[0; 100], &Streams::new(1, 0)).unwrap_err();
    assert_eq!(network.asked.len(), 1, "asked again after {error}");
    let CosimError::Tail { design: 0, sample, error: cause } = &error else { panic!("{error}") };
    assert_eq!((*sample, &**cause), (network.asked[0].sample, &SplitError::NoTail));
    let message = format!("the tail of design 0 cannot be run on sample {sample}: {cause}");
    assert_eq!(error.to_string(), message);
}

/// Device 1 asks more than the server can do, with short deadlines; the one request of device 0 has all the time in the
/// world, so it never gets its turn.
#[test]
fn invariant_12_starvation_names_who_starves() {
    let mut system = system(1.0, 20_000);
    system.devices = 2;
    let starved = TraceArrival { seconds: 0.5, device: 0 };
    let others = (0..20_000).map(|k| TraceArrival { seconds: 0.001 * f64::from(k), device: 1 });
    let mut arrivals: Vec<_> = others.chain([starved]).collect();
    arrivals.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    system.workload.arrivals = ArrivalProcess::Trace(arrivals.into());
    system.workload.deadlines_seconds = vec![1e6, 0.01];
    system.cloud.order = Order::EarliestDeadline;
    system.starvation_seconds = Some(4.0);
    let mut network = Scripted::new([Design::whole(0, 0, MILLISECOND * 11 / 10)]);
    let error = run(&system, &mut network, &[0; 100], &Streams::new(1, 0)).unwrap_err();
    let CosimError::Starvation { first, answered, .. } = &error else { panic!("{error}") };
    assert!(*answered > 0 && first[0].device == 0 && first[0].phase == Phase::CloudWait, "{error}");
    assert!(error.to_string().contains(" of device 0 (cloud wait)"), "{error}");
    // First come, first served: it is answered, and the bound is long enough for all.
    system.cloud.order = Order::FirstCome;
    assert_eq!(network.run(&system, 1).requests.completed, 20_000);
}

/// The server, which serves the last one first, is busy with device 1 while the request of device 0 waits: in a run of a few events
/// that is found too, when the request is answered late, and when the horizon comes before that.
#[test]
fn invariant_12_starvation_is_found_in_the_smallest_run() {
    let mut system = system(1.0, 4);
    system.devices = 2;
    let arrival = |(seconds, device)| TraceArrival { seconds, device };
    let arrivals = [(0.0, 1), (0.1, 0), (0.5, 1), (1.5, 1)].map(arrival);
    system.workload.arrivals = ArrivalProcess::Trace(arrivals.into());
    system.workload.deadlines_seconds = vec![1e6, 1.0];
    system.cloud.order = Order::EarliestDeadline;
    system.starvation_seconds = Some(2.0);
    let mut network = Scripted::new([Design::whole(0, 0, MILLISECOND * 1_000)]);
    for horizon in [None, Some(2.9)] {
        system.workload.horizon_seconds = horizon;
        let error = run(&system, &mut network, &[0; 4], &Streams::new(1, 0)).unwrap_err();
        let CosimError::Starvation { first, starving: 1, .. } = &error else { panic!("{error}") };
        assert_eq!((first[0].request, first[0].device), (1, 0), "{error}");
    }
    // Nobody is answered between its arrival and its answer, however long that takes.
    system.workload.arrivals = ArrivalProcess::Trace([(0.0, 0), (5.0, 0)].map(arrival).into());
    (system.workload.requests, system.workload.horizon_seconds, system.starvation_seconds) = (2, None, Some(0.5));
    assert_eq!(network.run(&system, 1).requests.completed, 2);
}

#[test]
fn impossible_systems_are_refused_by_name() {
    type Change = fn(&mut System);
    let changes: [(&str, Change); 15] = [
        ("jitter_seconds", |s| {
            s.workload.arrivals = ArrivalProcess::Periodic { period_seconds: 1.0, jitter_seconds: 1.5 };
        }),
        ("device of an arrival", |s| {
            s.workload.arrivals = ArrivalProcess::Trace([TraceArrival { seconds: 0.0, device: 7 }].into());
        }),
        ("deadlines_seconds", |s| s.workload.deadlines_seconds = vec![0.0]),
        ("level", |s| s.edge.governor = Governor::Fixed { level: 1 }),
        ("number of thresholds", |s| s.edge.governor = Governor::ByQueue { thresholds: vec![3] }),
        ("number of speed levels", |s| {
            s.edge.levels = vec![SpeedLevel::NOMINAL; SpeedLevel::MOST + 1];
            s.edge.governor = Governor::ByQueue { thresholds: (0..SpeedLevel::MOST as u32).collect() };
        }),
        ("queue_capacity", |s| (s.edge.when_full, s.edge.queue_capacity) = (DropPolicy::Oldest, Some(0))),
        ("battery_joules", |s| s.edge.battery_joules = Some(-1.0)),
        ("exit entropy", |s| s.cloud.exit = Some(EarlyExit { entropy: 1.5, at: ExitAt::Edge })),
        ("smoothing", |s| {
            s.edge.design = DesignChoice::ByRate { smoothing: 0.0, initial_bits_per_second: 0.0, designs: vec![] };
        }),
        ("last instant of the packet-delivery trace", |s| {
            s.link.uplink = Rate::Opportunities { milliseconds: [0].into() };
        }),
        ("weights", |s| s.link.sharing = Sharing::SharedCell { weights: vec![1.0, 0.0] }),
        ("copies", |s| s.link.transport = Transport::Repeat { copies: 0 }),
        ("max_size", |s| s.cloud.batching.max_size = 0),
        ("starvation_seconds", |s| s.starvation_seconds = Some(f64::NAN)),
    ];
    for (expected, change) in changes {
        let mut system = system(1.0, 1);
        change(&mut system);
        let mut network = Scripted::new([Design::whole(0, 0, 0)]);
        let error = run(&system, &mut network, &[0], &Streams::new(0, 0)).unwrap_err();
        let CosimError::ImpossibleValue(ImpossibleValue { name, .. }) = error else { panic!("{expected}: {error}") };
        assert_eq!(name, expected);
    }
}

#[test]
fn broken_designs_are_refused() {
    let refused = |design: u8, designs: Vec<Design>| {
        let mut system = system(1.0, 1);
        system.edge.design = DesignChoice::Fixed { design };
        run(&system, &mut Scripted::new(designs), &[0], &Streams::new(0, 0)).unwrap_err()
    };
    let whole = Design::whole(0, 0, 0);
    assert_eq!(refused(1, vec![whole.clone()]), CosimError::Design { design: 1, designs: 1 });
    let more = Design { packets: vec![0, 0], ..whole.clone() };
    assert!(matches!(refused(0, vec![more]), CosimError::BrokenHead { in_steps: 1, packets: 2, .. }));
    let none = Design { steps: vec![], packets: vec![], ..whole };
    assert!(matches!(refused(0, vec![none]), CosimError::BrokenHead { steps: 0, .. }));
}
