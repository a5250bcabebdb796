//! Workloads as the event loop plays them.

use crate::common::system;
use crate::scripted::{Design, MILLISECOND, Scripted, run_one};
use cospike_sim_core::kernel::SimTime;
use cospike_sim_core::workload::{ArrivalProcess, SampleOrder};

/// One device, 100 ms per request: in a closed loop there is never a second request, and a cycle takes think time and 100 ms.
#[test]
fn a_closed_loop_asks_again_only_when_it_was_answered() {
    let mut system = system(1.0, 4_000);
    system.workload.arrivals = ArrivalProcess::ClosedLoop { mean_think_seconds: 0.3 };
    let found = run_one(&system, Design::whole(100 * MILLISECOND, 0, 0));
    assert_eq!((found.requests.completed, found.edge.mean_queue_length), (4_000, Some(0.0)));
    let cycle = found.simulated.seconds() / 4_000.0;
    let error = 0.3 / 4_000.0_f64.sqrt();
    assert!((cycle - 0.4 - 32e-6).abs() < 4.0 * error, "{cycle}");
}

/// Requests that are lost end the wait of a closed loop as well.
#[test]
fn invariant_12_a_closed_loop_goes_on_after_a_loss() {
    let mut system = system(1.0, 500);
    system.workload.arrivals = ArrivalProcess::ClosedLoop { mean_think_seconds: 0.1 };
    system.link.channel = cospike_sim_core::link::Channel::losing(0.5);
    let found = run_one(&system, Design::whole(MILLISECOND, 10, 0));
    assert_eq!(found.requests.completed + found.requests.dropped_lost, 500);
}

/// More devices than requests: the first to ask are those that would ask first, and the run ends with the last answer.
#[test]
fn the_number_of_requests_is_exact_for_every_process() {
    let processes = [
        ArrivalProcess::Periodic { period_seconds: 2.0, jitter_seconds: 0.5 },
        ArrivalProcess::Bursty {
            quiet_requests_per_second: 0.0,
            burst_requests_per_second: 5.0,
            mean_quiet_seconds: 1.0,
            mean_burst_seconds: 1.0,
        },
        ArrivalProcess::ClosedLoop { mean_think_seconds: 1.0 },
    ];
    for process in processes {
        let mut system = system(1.0, 70);
        system.devices = 100;
        system.workload.arrivals = process;
        system.workload.samples = SampleOrder::DeviceDeck;
        let found = run_one(&system, Design::whole(MILLISECOND, 10, MILLISECOND));
        assert_eq!((found.requests.generated, found.requests.completed), (70, 70));
        assert!(found.simulated < SimTime::from_seconds(2.5).unwrap(), "{}", found.simulated);
    }
}

/// A slower link must not change who asks when, for what.
#[test]
fn invariant_3_open_workloads_do_not_depend_on_the_system() {
    for arrivals in [
        ArrivalProcess::Periodic { period_seconds: 0.5, jitter_seconds: 0.4 },
        ArrivalProcess::Bursty {
            quiet_requests_per_second: 0.5,
            burst_requests_per_second: 20.0,
            mean_quiet_seconds: 1.0,
            mean_burst_seconds: 0.2,
        },
    ] {
        for samples in [SampleOrder::DeviceDeck, SampleOrder::Uniform] {
            let asked = |tail| {
                let mut system = system(1.0, 300);
                system.devices = 5;
                system.workload.arrivals = arrivals.clone();
                system.workload.samples = samples;
                let mut network = Scripted::new([Design::whole(0, 0, tail)]);
                network.run(&system, 9);
                network.asked.iter().map(|asked| asked.sample).collect::<Vec<_>>()
            };
            assert_eq!(asked(0), asked(30 * MILLISECOND));
        }
    }
}
