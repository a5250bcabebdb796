//! The link: shared cells, traces, and what the transport makes of losses.

use crate::close;
use crate::common::system;
use crate::scripted::{Design, Scripted, run_one};
use cospike_sim_core::cosim::System;
use cospike_sim_core::link::{Channel, PacketLoss, Rate, RateStep, Sharing, Transport};
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival};

/// Requests at these (seconds, device) on a link of 1,000 bit/s.
fn arriving(at: &[(f64, u32)]) -> System {
    let arrival = |&(seconds, device): &(f64, u32)| TraceArrival { seconds, device };
    let mut system = system(1.0, at.len() as u64);
    system.devices = 3;
    system.link.uplink = Rate::Constant { bits_per_second: 1_000.0 };
    system.workload.arrivals = ArrivalProcess::Trace(at.iter().map(arrival).collect());
    system
}

/// 4,000 bits each. Alone until 1 s (1,000 bits sent); two share it until 3 s (2,000 and 1,000 sent); three until the first
/// has sent its 2,000 more, at 9 s (4,000, 3,000 and 2,000 sent); two until 11 s; the last until 12 s.
#[test]
fn a_shared_cell_gives_all_the_same_rate() {
    let mut system = arriving(&[(0.0, 0), (1.0, 1), (3.0, 2)]);
    system.link.sharing = Sharing::SharedCell { weights: vec![] };
    let found = run_one(&system, Design::whole(0, 500, 0));
    close(found.latency.unwrap().phases.uplink, (9.0 + 10.0 + 9.0) / 3.0, 1e-9);
    close(found.energy.power.radio_tx, 0.2 * 28.0 + 0.3e-6 * 12_000.0, 1e-9);
}

/// Weights 1 and 3: 250 and 750 bit/s. Device 1 has sent 4,000 bits after 16/3 s, device 0 then 4,000/3, and the other
/// 8,000/3 at the full rate.
#[test]
fn a_shared_cell_gives_by_weight() {
    let mut system = arriving(&[(0.0, 0), (0.0, 1)]);
    system.link.sharing = Sharing::SharedCell { weights: vec![1.0, 3.0] };
    let latency = run_one(&system, Design::whole(0, 500, 0)).latency.unwrap();
    close(latency.min, 16.0 / 3.0 + 32e-6, 1e-8);
    close(latency.max, 8.0 + 32e-6, 1e-8);
}

/// A rate of 2,000 bit/s for 1 s of every 2 s, shared by two: 4,000 bits each take four such seconds.
#[test]
fn a_shared_cell_follows_its_trace() {
    let mut system = arriving(&[(0.0, 0), (0.0, 1)]);
    let step = |seconds, bits_per_second| RateStep { seconds, bits_per_second };
    let steps = [step(0.0, 2_000.0), step(1.0, 0.0)].into();
    system.link.uplink = Rate::Steps { steps, period_seconds: Some(2.0) };
    for sharing in [Sharing::SharedCell { weights: vec![] }, Sharing::Cell] {
        system.link.sharing = sharing.clone();
        let latency = run_one(&system, Design::whole(0, 500, 0)).latency.unwrap();
        close(latency.max, 7.0 + 32e-6, 1e-8);
        let first = if sharing == Sharing::Cell { 3.0 } else { 7.0 };
        close(latency.min, first + 32e-6, 1e-8);
    }
}

/// An opportunity of 1,500 bytes every 10 ms. Two messages of 1,000 bytes: the second takes the rest of the first
/// opportunity and a part of the second.
#[test]
fn messages_share_the_opportunities_of_a_mahimahi_trace() {
    let mut system = arriving(&[(0.0, 0), (0.0, 0)]);
    system.link.uplink = Rate::Opportunities { milliseconds: [10].into() };
    let latency = run_one(&system, Design::whole(0, 1_000, 0)).latency.unwrap();
    assert_eq!((latency.min, latency.max), (0.010_032, 0.020_032));
}

/// A packet of `t` seconds that is lost with probability `p` takes `N` tries, `P(N = n) = (1 - p) p^(n-1)`, and
/// `N t + (N - 1) timeout` seconds: `t / (1 - p) + timeout p / (1 - p)` on average, with variance
/// `(t + timeout)^2 p / (1 - p)^2`.
#[test]
fn retransmission_turns_losses_into_a_geometric_delay() {
    let (p, t, timeout, requests): (f64, _, _, u32) = (0.3, 0.008, 0.05, 20_000);
    let mut system = system(1e-3, u64::from(requests));
    system.link.channel = Channel::losing(p);
    system.link.transport = Transport::Retransmit { timeout_seconds: timeout, tries: u8::MAX };
    let found = run_one(&system, Design::whole(0, 1_000, 0));
    let mean = t / (1.0 - p) + timeout * p / (1.0 - p);
    let error = (t + timeout) * p.sqrt() / (1.0 - p) / f64::from(requests).sqrt();
    let latency = found.latency.unwrap();
    let sent = latency.phases.uplink + latency.phases.uplink_wait;
    assert!((sent - mean).abs() < 4.0 * error, "{sent} is not {mean}");
    assert_eq!((found.requests.completed, found.requests.dropped()), (20_000, 0));
    // Every try costs its energy.
    assert_eq!(found.traffic.packets_sent, 20_000 + found.traffic.retransmissions);
    assert_eq!(found.traffic.packets_lost, found.traffic.retransmissions);
    close(found.energy.power.radio_tx, found.traffic.packets_sent as f64 * (0.3 + 0.2) * t, 1e-9);
}

/// After three tries a packet is given up: `p^3` of the requests with one packet each are dropped.
#[test]
fn retransmission_gives_up_after_its_last_try() {
    let mut system = system(1e-3, 10_000);
    system.link.channel = Channel::losing(0.5);
    system.link.transport = Transport::Retransmit { timeout_seconds: 0.05, tries: 3 };
    let dropped = run_one(&system, Design::whole(0, 1_000, 0)).requests.dropped_lost as f64;
    assert!((dropped - 1_250.0).abs() < 4.0 * (1_250.0_f64 * 0.875).sqrt(), "{dropped}");
}

/// Three copies cost three times the bytes, time and energy, and are all lost with probability `p^3`.
#[test]
fn copies_cost_their_bytes_and_are_lost_together() {
    let mut system = system(1e-3, 10_000);
    system.link.channel = Channel::losing(0.5);
    system.link.header_bytes = 10;
    system.link.transport = Transport::Repeat { copies: 3 };
    let found = run_one(&system, Design::whole(0, 990, 0));
    let dropped = found.requests.dropped_lost as f64;
    assert!((dropped - 1_250.0).abs() < 4.0 * (1_250.0_f64 * 0.875).sqrt(), "{dropped}");
    assert_eq!((found.sent_bytes, found.payload_bytes, found.traffic.packets_sent), (30_000_000, 29_700_000, 30_000));
    close(found.energy.power.radio_tx, 30_000.0 * 0.5 * 0.008, 1e-9);
}

/// Jitter of up to 0.1 s each way: 0.1 s on average for both, with variance `2 (0.1)^2 / 12`.
#[test]
fn jitter_delays_by_half_its_range_each_way() {
    let mut system = system(1e-3, 10_000);
    system.link.jitter_seconds = 0.1;
    let latency = run_one(&system, Design::whole(0, 0, 0)).latency.unwrap();
    let error = 0.1 / 6.0_f64.sqrt() / 100.0;
    assert!((latency.mean - 0.1 - 32e-6).abs() < 4.0 * error, "{}", latency.mean);
    assert!(latency.min > 0.0 && latency.max < 0.2 + 33e-6);
}

/// Good and bad times of 1 s and 0.25 s, in which nothing and everything is lost: a fifth of the packets.
#[test]
fn a_bursty_channel_loses_its_share_of_packets_in_bursts() {
    let mut system = system(20.0, 40_000);
    system.devices = 20;
    system.link.channel.packet_loss = PacketLoss::GilbertElliott {
        mean_good_seconds: 1.0,
        mean_bad_seconds: 0.25,
        good_probability: 0.0,
        bad_probability: 1.0,
    };
    let mut network = Scripted::new([Design { packets: vec![0; 1], ..Design::whole(0, 0, 0) }]);
    let found = network.run(&system, 5);
    let share = found.traffic.packets_lost as f64 / found.traffic.packets_sent as f64;
    // 2,000 s of channel: the share of bad time has variance 2 (1 - q) q / (T (1/G + 1/B)).
    let error = (2.0 * 0.2 * 0.8 / (2_000.0 * (1.0 + 4.0)) + 0.2 * 0.8 / 40_000.0_f64).sqrt();
    assert!((share - 0.2).abs() < 4.0 * error, "{share}");
}

/// What is sent, and how, must not change what a request meets: samples, and losses of the packets that both send.
#[test]
fn invariant_3_bursts_are_the_same_for_all_designs() {
    let lost = |bytes| {
        let mut system = system(5.0, 500);
        system.link.channel.packet_loss = PacketLoss::GilbertElliott {
            mean_good_seconds: 2.0,
            mean_bad_seconds: 2.0,
            good_probability: 0.0,
            bad_probability: 1.0,
        };
        let mut network = Scripted::new([Design::whole(0, bytes, 0)]);
        network.run(&system, 6);
        network.asked.iter().map(|asked| asked.sample).collect::<Vec<_>>()
    };
    // One byte takes 8 us more than none: hardly any packet meets another state.
    let (none, one) = (lost(0), lost(1));
    assert!(none.len() > 100 && none.len() < 400, "{}", none.len());
    assert!(none.len().abs_diff(one.len()) <= 1);
}

/// More messages than 16 bits can count wait for one uplink: 8 bits each at 1,000 bit/s, all asked at once.
#[test]
fn an_overloaded_uplink_holds_as_many_messages_as_there_are() {
    let requests = 70_000;
    let found = run_one(&arriving(&vec![(0.0, 0); requests]), Design::whole(0, 1, 0));
    assert_eq!(found.requests.completed, requests as u64);
    close(found.latency.unwrap().max, requests as f64 * 8e-3 + 32e-6, 1e-6);
}
