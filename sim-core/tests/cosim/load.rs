//! The offered load of each place, on timetables worked out by hand: what comes, over what the place can do while requests come.

use crate::close;
use crate::cloud::arriving;
use crate::scripted::{Design, MILLISECOND, run_one};
use cospike_sim_core::cosim::System;
use cospike_sim_core::link::Sharing;

/// Four tails of 10 ms for one server within 15 ms. At a horizon of 22 ms three of them have begun, and 22 ms were served.
#[test]
fn draining_is_no_time_in_which_work_comes() {
    let mut system = arriving(&[(0, 0), (5, 1), (10, 0), (15, 1)]);
    let load = |system: &System| run_one(system, Design::whole(0, 0, 10 * MILLISECOND)).cloud.load.unwrap();
    close(load(&system), 40.0 / 15.0, 1e-9);
    system.cloud.servers = 2;
    close(load(&system), 40.0 / 15.0 / 2.0, 1e-9);
    system.cloud.servers = 1;
    system.workload.horizon_seconds = Some(22e-3);
    close(load(&system), 22.0 / 15.0 * 4.0 / 3.0, 1e-9);
}

/// Heads of 10 ms at 0 and 10 ms on one of two devices; one at 5 ms finds no room.
#[test]
fn what_is_turned_away_is_offered_too() {
    let mut system = arriving(&[(0, 0), (5, 0), (10, 0)]);
    system.edge.queue_capacity = Some(0);
    let found = run_one(&system, Design::whole(10 * MILLISECOND, 0, 0));
    assert_eq!(found.requests.dropped_queue_full, 1);
    close(found.edge.load.unwrap(), 20.0 / (2.0 * 10.0) * 3.0 / 2.0, 1e-9);
}

/// Three messages of 8 ms within 10 ms: for two uplinks, or for a cell, whether it sends one after another or all at the same time.
/// Two are sent in a shared cell until 16 ms, the third from 10 to 24 ms.
#[test]
fn a_shared_cell_is_one_server() {
    for (sharing, servers) in
        [(Sharing::Dedicated, 2.0), (Sharing::Cell, 1.0), (Sharing::SharedCell { weights: vec![] }, 1.0)]
    {
        let mut system = arriving(&[(0, 0), (0, 1), (10, 0)]);
        system.link.sharing = sharing;
        let found = run_one(&system, Design::whole(0, 1_000, 0));
        close(found.uplink.load.unwrap(), 24.0 / (servers * 10.0), 1e-9);
        close(found.uplink.utilisation.unwrap() * found.simulated.seconds(), 24e-3 / servers, 1e-9);
    }
}

/// One request brings work, but there is no time in which requests come.
#[test]
fn a_moment_has_no_load() {
    let found = run_one(&arriving(&[(0, 0)]), Design::whole(MILLISECOND, 100, MILLISECOND));
    assert_eq!([found.edge.load, found.uplink.load, found.cloud.load], [None; 3]);
}
