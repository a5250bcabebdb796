//! What an observer is told adds up to what the outcome says.

use crate::close;
use crate::scripted::{Design, MILLISECOND, Scripted};
use cospike_sim_core::cloud::{Batching, EarlyExit, ExitAt};
use cospike_sim_core::cosim::{
    DropReason, End, Observer, Outcome, Phase, ProcessorState, QueueAt, RadioState, ServerAt, System, run_observed,
};
use cospike_sim_core::kernel::{SimTime, Streams};
use cospike_sim_core::link::{Channel, Sharing};
use cospike_sim_core::stats::SteadyMean;
use std::collections::BTreeMap;

/// Sums up what it is told.
#[derive(Default)]
struct Diary {
    now: SimTime,
    /// Where each request is, since when.
    at: BTreeMap<u64, (Phase, SimTime)>,
    in_phases: BTreeMap<String, f64>,
    ends: [u64; 2],
    arrived: BTreeMap<u64, SimTime>,
    latencies: SteadyMean,
    /// Since when each server serves how many.
    serving: BTreeMap<ServerAt, (SimTime, u32)>,
    /// At the edge, the uplink and the cloud.
    busy_seconds: [f64; 3],
    queues: BTreeMap<String, u32>,
    powers: BTreeMap<u32, (f64, f64)>,
    computing: i64,
    radios: BTreeMap<u32, (RadioState, SimTime)>,
    active_seconds: f64,
}

impl Diary {
    fn advance(&mut self, now: SimTime) {
        assert!(now >= self.now, "time runs backwards");
        self.now = now;
    }

    fn leave(&mut self, now: SimTime, request: u64) {
        if let Some((phase, since)) = self.at.remove(&request) {
            *self.in_phases.entry(phase.to_string()).or_default() += now.since(since).seconds();
        }
    }
}

impl Observer for Diary {
    fn phase(&mut self, now: SimTime, request: u64, _: u32, phase: Phase) {
        self.advance(now);
        self.leave(now, request);
        self.at.insert(request, (phase, now));
        self.arrived.entry(request).or_insert(now);
    }

    fn end(&mut self, now: SimTime, request: u64, _: u32, end: End) {
        self.advance(now);
        self.leave(now, request);
        match end {
            End::Answered => {
                self.ends[0] += 1;
                self.latencies.push(now.since(self.arrived[&request]).seconds());
            }
            End::Dropped(reason) => {
                assert!(matches!(reason, DropReason::QueueFull | DropReason::AllPacketsLost));
                self.ends[1] += 1;
            }
        }
    }

    fn queue(&mut self, now: SimTime, at: QueueAt, length: u32) {
        self.advance(now);
        self.queues.insert(format!("{at:?}"), length);
    }

    fn begin_service(&mut self, now: SimTime, at: ServerAt, _: u64) {
        self.advance(now);
        let (since, requests) = self.serving.entry(at).or_insert((now, 0));
        *requests += 1;
        let is_batch = matches!(at, ServerAt::Cloud { .. }) && *requests <= 2;
        assert!(*since == now && (*requests == 1 || is_batch), "{at:?} is busy");
    }

    fn end_service(&mut self, now: SimTime, at: ServerAt) {
        self.advance(now);
        let (since, _) = self.serving.remove(&at).unwrap();
        let place = match at {
            ServerAt::Edge { .. } => 0,
            ServerAt::Uplink { uplink } => {
                assert_eq!(uplink, 0, "the cell");
                1
            }
            ServerAt::Cloud { server } => {
                assert!(server < 2);
                2
            }
        };
        self.busy_seconds[place] += now.since(since).seconds();
    }

    fn processor(&mut self, now: SimTime, _: u32, state: ProcessorState) {
        self.advance(now);
        self.computing += i64::from(state == ProcessorState::Computing);
    }

    fn radio(&mut self, now: SimTime, device: u32, state: RadioState) {
        self.advance(now);
        let (was, since) = self.radios.insert(device, (state, now)).unwrap_or((RadioState::Standby, SimTime::ZERO));
        if was == RadioState::Active {
            self.active_seconds += now.since(since).seconds();
        }
    }

    fn power(&mut self, now: SimTime, device: u32, watts: f64, joules: f64) {
        self.advance(now);
        let (_, before) = self.powers.insert(device, (watts, joules)).unwrap_or_default();
        assert!(joules >= before, "energy is never given back");
    }
}

fn observed() -> (System, Diary, Outcome) {
    let mut system = crate::common::system(4.0, 500);
    system.devices = 6;
    system.edge.queue_capacity = Some(1);
    system.link.channel = Channel::losing(0.3);
    system.link.sharing = Sharing::Cell;
    system.cloud.exit = Some(EarlyExit { entropy: 0.5, at: ExitAt::Cloud });
    system.cloud.servers = 2;
    system.cloud.batching = Batching { max_size: 2, ..Batching::NONE };
    let mut design = Design::streaming(3, 40 * MILLISECOND, 800, 10 * MILLISECOND);
    design.tails[1].guess.entropy = 0.4;
    let mut diary = Diary::default();
    let mut network = Scripted::new([design]);
    let outcome = run_observed(&system, &mut network, &[0; 100], &Streams::new(2, 0), &mut diary).unwrap();
    (system, diary, outcome)
}

#[test]
fn an_observer_sees_all_and_changes_nothing() {
    let (system, diary, outcome) = observed();
    let mut design = Design::streaming(3, 40 * MILLISECOND, 800, 10 * MILLISECOND);
    design.tails[1].guess.entropy = 0.4;
    assert_eq!(Scripted::new([design]).run(&system, 2), outcome);
    assert_eq!(diary.ends, [outcome.requests.completed, outcome.requests.dropped()]);
    assert!(outcome.requests.dropped_lost > 0 && outcome.requests.dropped_queue_full > 0 && diary.at.is_empty());
    // Everybody has left every queue.
    assert!(diary.queues.len() > 6 && diary.queues.values().all(|&length| length == 0), "{:?}", diary.queues);
    assert_eq!(diary.computing as u64, outcome.edge.entered);
    let (mut joules, end) = (0.0, outcome.simulated);
    assert!(diary.now == end);
    diary.powers.values().for_each(|&(_, until_then)| joules += until_then);
    assert!(joules <= outcome.energy.total && joules > 0.5 * outcome.energy.total);
    close(
        diary.active_seconds * 0.2,
        outcome.energy.power.radio_tx + outcome.energy.power.radio_rx - bits(&outcome),
        1e-9,
    );
}

/// What bits cost: 0.3 uJ each up, 0.1 uJ each down; answers of four bytes.
fn bits(outcome: &Outcome) -> f64 {
    (outcome.sent_bytes as f64 * 0.3 + outcome.requests.completed as f64 * 4.0 * 0.1) * 8e-6
}

/// The phases of all requests that were answered, or not, sum to the time that requests were in flight.
#[test]
fn the_phases_that_an_observer_sees_are_those_of_the_latency() {
    let (_, diary, outcome) = observed();
    let latency = outcome.latency.unwrap();
    let answered = latency.mean * latency.requests as f64;
    let seen: f64 = diary.in_phases.values().sum();
    // Requests that were dropped have been somewhere, too.
    assert!(seen > answered && seen < answered * 1.2, "{seen} {answered}");
    let downlink = latency.phases.downlink * latency.requests as f64;
    close(diary.in_phases["downlink"], downlink, 1e-9);
}

#[test]
fn what_servers_are_seen_to_do_is_how_they_were_used() {
    let (system, diary, outcome) = observed();
    let seconds = outcome.simulated.seconds();
    assert!(diary.serving.is_empty(), "all have finished: {:?}", diary.serving);
    let servers = [f64::from(system.devices), 1.0, 2.0];
    for ((place, seen), servers) in
        [outcome.edge, outcome.uplink, outcome.cloud].iter().zip(diary.busy_seconds).zip(servers)
    {
        close(seen, place.utilisation.unwrap() * servers * seconds, 1e-9);
        assert!(seen > 1.0);
    }
}

#[test]
fn the_steady_latency_is_that_of_the_answers_in_their_order() {
    let (_, diary, outcome) = observed();
    let steady = outcome.latency.unwrap().steady.unwrap();
    assert_eq!(steady, diary.latencies.estimate().unwrap());
    assert_eq!(steady.observed, outcome.requests.completed);
}
