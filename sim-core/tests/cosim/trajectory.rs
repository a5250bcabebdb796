//! A run beside itself, and beside one that differs.

use crate::common::system;
use crate::scripted::{Design, MILLISECOND, Scripted};
use cospike_sim_core::cosim::{CosimError, EventKind, Run, System};
use cospike_sim_core::kernel::{Divergence, Happening, Steps, Streams, first_divergence};
use cospike_sim_core::link::{Channel, Radio, RadioPower};

/// With timers that are set anew, which are no events, and losses.
fn lossy() -> System {
    let mut system = system(3.0, 300);
    system.devices = 5;
    system.link.channel = Channel::losing(0.2);
    let power = RadioPower { up_watts_per_mbps: 0.3, down_watts_per_mbps: 0.1, active_watts: 0.2 };
    system.link.radio = Radio { tail_seconds: 0.4, promotion_seconds: 0.05, ..Radio::always_ready(power) };
    system
}

fn network() -> Scripted {
    Scripted::new([Design::streaming(3, 40 * MILLISECOND, 800, 10 * MILLISECOND)])
}

fn events(seed: u64) -> Vec<Happening<EventKind>> {
    let (system, mut network, mut nobody) = (lossy(), network(), ());
    let mut run = Run::new(&system, &mut network, &[0; 100], &Streams::new(seed, 0), &mut nobody).unwrap();
    std::iter::from_fn(|| run.step().unwrap()).collect()
}

fn beside(seeds: [u64; 2]) -> Result<Option<Divergence<EventKind>>, CosimError> {
    let system = lossy();
    let ([mut one, mut other], mut nobodies) = ([network(), network()], ((), ()));
    let mut first = Run::new(&system, &mut one, &[0; 100], &Streams::new(seeds[0], 0), &mut nobodies.0)?;
    let mut second = Run::new(&system, &mut other, &[0; 100], &Streams::new(seeds[1], 0), &mut nobodies.1)?;
    let divergence = first_divergence(&mut first, &mut second)?;
    assert_eq!(divergence.is_none(), first.outcome() == second.outcome());
    Ok(divergence)
}

#[test]
fn invariant_4_a_run_beside_itself_does_not_diverge() {
    assert_eq!(beside([3, 3]).unwrap(), None);
    assert!(events(3).iter().any(|event| event.kind == EventKind::TailTimer));
}

#[test]
fn invariant_4_runs_of_different_seeds_diverge_at_the_first_event_that_differs() {
    let (one, other) = (events(3), events(4));
    let index = one.iter().zip(&other).position(|(one, other)| one != other).unwrap();
    let found = beside([3, 4]).unwrap().unwrap();
    let expected = Divergence { index: index as u64, first: Some(one[index]), second: Some(other[index]) };
    assert_eq!(found, expected);
    // Gaps between requests are drawn first of all.
    let (first, second) = (one[0].time, other[0].time);
    let told = format!("after 0 equal events the first run had Arrival of request 0 at {first}, but the second");
    assert_eq!(found.to_string(), format!("{told} had Arrival of request 0 at {second}"));
}
