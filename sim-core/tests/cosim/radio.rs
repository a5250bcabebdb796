//! The radio: joules by hand, and wake-up radios.

use crate::close;
use crate::common::system;
use crate::scripted::{Design, MILLISECOND, run_one};
use cospike_sim_core::cosim::System;
use cospike_sim_core::edge::SpeedLevel;
use cospike_sim_core::link::{
    Frame, Link, Radio, RadioPower, Rate, RateStep, Sharing, Standby, Transport, WakeUpRadio,
};
use cospike_sim_core::workload::{ArrivalProcess, TraceArrival};

/// One device that is asked at these seconds, with a radio that takes 0.2 s at 1.5 W to connect and stays so for 1 s at 0.8 W.
fn asked_at(seconds: &[f64], standby: Standby) -> System {
    let mut system = system(1.0, seconds.len() as u64);
    system.workload.arrivals =
        ArrivalProcess::Trace(seconds.iter().map(|&seconds| TraceArrival { seconds, device: 0 }).collect());
    system.link.radio = Radio {
        promotion_seconds: 0.2,
        promotion_watts: 1.5,
        tail_seconds: 1.0,
        tail_watts: 0.8,
        standby,
        ..system.link.radio
    };
    system
}

const LISTENING: Standby = Standby::Listening { watts: 0.01 };

/// Messages of 10,000 bytes take 80 ms, answers 32 us, tails 300 ms.
///
/// Asked at 1 s: connecting to 1.2, sending to 1.28, waiting to 1.58 (connected), the answer, tail. Asked at 2 s, within
/// the tail: sending to 2.08, answer at 2.38, and the tail ends at 3.380064 + what the answer took.
#[test]
fn a_radio_draws_what_its_states_say() {
    let found = run_one(&asked_at(&[1.0, 2.0], LISTENING), Design::whole(0, 10_000, 300 * MILLISECOND));
    let latency = found.latency.unwrap();
    close(latency.max, 0.2 + 0.08 + 0.3 + 32e-6, 1e-12);
    close(latency.min, 0.08 + 0.3 + 32e-6, 1e-12);
    let end = 2.38 + 32e-6 + 1.0;
    close(found.simulated.seconds(), end, 1e-12);
    let (sending, receiving, promotion) = (2.0 * 0.08, 2.0 * 32e-6, 0.2);
    close(found.energy.power.radio_promotion, 1.5 * promotion, 1e-12);
    close(found.energy.power.radio_tx, (0.2 + 0.3) * sending, 1e-9);
    close(found.energy.power.radio_rx, (0.2 + 0.1) * receiving, 1e-9);
    close(found.energy.power.radio_idle, 0.01 * 1.0, 1e-12);
    close(found.energy.power.radio_tail, 0.8 * (end - 1.0 - promotion - sending - receiving), 1e-9);
    close(found.energy.sum_of_parts(), found.energy.total, 1e-12);
}

/// A tail that takes longer than the radio's: the answer has to wait for the radio to connect again.
#[test]
fn an_answer_waits_for_the_radio_to_connect() {
    let found = run_one(&asked_at(&[0.0], LISTENING), Design::whole(0, 10_000, 2_000 * MILLISECOND));
    close(found.latency.unwrap().mean, 0.2 + 0.08 + 2.0 + 0.2 + 32e-6, 1e-12);
    close(found.energy.power.radio_promotion, 1.5 * 0.4, 1e-12);
    close(found.energy.power.radio_tail, 0.8 * 2.0, 1e-12);
    close(found.energy.power.radio_idle, 0.01 * 1.0, 1e-12);
}

fn wake_up(duty: f64, miss_probability: f64, false_alarms_per_second: f64) -> Standby {
    let wake_up = WakeUpRadio {
        watts: 0.002,
        duty,
        period_seconds: 0.5,
        signal_seconds: 0.01,
        miss_probability,
        tries: 3,
        retry_seconds: 0.1,
        false_alarms_per_second,
    };
    Standby::Asleep { watts: 0.001, wake_up }
}

/// With a tail of no time the radio is off when the answer comes. A signal takes 10 ms, a missed one 100 ms more; all three are
/// missed with probability `m^3`.
#[test]
fn missed_wake_up_signals_delay_answers_and_lose_some() {
    let m = 0.4;
    let mut system = asked_at(&[0.0], wake_up(1.0, m, 0.0));
    system.workload.arrivals = ArrivalProcess::Poisson { requests_per_second: 1e-4 };
    system.workload.requests = 20_000;
    system.devices = 100;
    system.link.radio.tail_seconds = 0.0;
    let found = run_one(&system, Design::whole(0, 0, MILLISECOND));
    let unreachable = found.requests.dropped_unreachable as f64;
    let expected = 20_000.0 * f64::powi(m, 3);
    // Another message may have the radio on by chance, in which case it is not missed.
    assert!(
        (unreachable - expected).abs() < 4.0 * expected.sqrt() + 0.02 * expected,
        "{unreachable} is not {expected}"
    );
    assert_eq!(found.requests.completed + found.requests.dropped_unreachable, 20_000);
    let latency = found.latency.unwrap();
    // Promotion, tail, signal, promotion, answer.
    close(latency.min, 0.2 + 1e-3 + 0.01 + 0.2 + 32e-6, 1e-9);
    let heard = 1.0 - m * m * m;
    let missed = (m * (1.0 - m) + 2.0 * m * m * (1.0 - m)) / heard;
    close(latency.mean, latency.min + missed * 0.11, 0.02);
}

/// Listening for a fifth of each half second, a device is found off at random: it waits `(1 - d)^2 P / 2` on average, and
/// the wake-up radio draws a fifth of its power.
#[test]
fn a_duty_cycle_saves_energy_and_costs_time() {
    let mut system = asked_at(&[0.0], wake_up(0.2, 0.0, 0.0));
    system.workload.arrivals = ArrivalProcess::Poisson { requests_per_second: 0.01 };
    (system.workload.requests, system.devices) = (10_000, 1_000);
    system.link.radio.tail_seconds = 0.0;
    let found = run_one(&system, Design::whole(0, 0, MILLISECOND));
    let mean_wait = 0.8 * 0.8 * 0.5 / 2.0;
    let latency = found.latency.unwrap();
    let error = 0.13 / 100.0; // the wait has a standard deviation below 0.13 s
    let base = 0.2 + 1e-3 + 0.01 + 0.2 + 32e-6;
    assert!((latency.mean - base - mean_wait).abs() < 4.0 * error, "{} is not {}", latency.mean, base + mean_wait);
    let off = found.energy.power.radio_idle / (0.001 + 0.002 * 0.2);
    let awake = found.energy.power.radio_promotion / 1.5;
    close(off + awake, 1_000.0 * found.simulated.seconds(), 1e-3);
}

/// Each false alarm keeps the main radio on for 1.2 s, in which there are none: they come every `1/r + 1.2` seconds.
#[test]
fn false_alarms_connect_the_radio_for_nothing() {
    let mut system = asked_at(&[1_000.0], wake_up(1.0, 0.0, 0.5));
    system.devices = 20;
    let found = run_one(&system, Design::whole(0, 0, 0));
    let expected: f64 = 20.0 * 1_000.0 / (2.0 + 1.2);
    let error = expected.sqrt() * 2.0 / 3.2; // renewal process: variance of a cycle over its mean squared
    assert!(
        (found.traffic.false_alarms as f64 - expected).abs() < 4.0 * error,
        "{} is not {expected}",
        found.traffic.false_alarms
    );
    let alarms = found.energy.power.radio_promotion / (1.5 * 0.2);
    close(alarms, found.traffic.false_alarms as f64, 1e-2);
    close(found.energy.sum_of_parts(), found.energy.total, 1e-12);
}

/// A radio that listens for 50 ms of every 500 ms notices alarms only then. With a rate of 0.5/s the next comes after `L`
/// seconds of listening, exponential with a mean of 2 s: `floor(L / 0.05)` periods, 39.50 on average, and what is left of `L`,
/// 0.025 s. The main radio is on for 1.2 s, which ends 0.2 s after the window in which it began and 0.275 s before the next.
#[test]
fn false_alarms_need_a_radio_that_listens() {
    let mut system = asked_at(&[1_000.0], wake_up(0.1, 0.0, 0.5));
    system.devices = 20;
    let found = run_one(&system, Design::whole(0, 0, 0));
    let expected: f64 = 20.0 * 1_000.0 / (39.50 * 0.5 + 0.025 + 1.2 + 0.275);
    let alarms = found.traffic.false_alarms as f64;
    assert!((alarms - expected).abs() < 4.0 * expected.sqrt(), "{alarms} is not {expected}");
}

/// A device that was measured as a whole draws 78 mW for the 100 ms of a head at nominal speed, whatever its operations are
/// priced at; at half the rate and a quarter of the power, half of that.
#[test]
fn a_device_measured_as_a_whole_draws_its_power_while_it_computes() {
    let mut system = asked_at(&[0.0], LISTENING);
    system.edge.measured_watts = Some(0.078);
    let joules = |system: &System| run_one(system, Design::whole(100 * MILLISECOND, 100, 0)).energy.compute;
    close(joules(&system).total(), 7.8e-3, 1e-12);
    close(joules(&system).other, 7.8e-3, 1e-12);
    system.edge.processor.overhead_seconds = 0.05;
    close(joules(&system).total(), 11.7e-3, 1e-12);
    system.edge.levels = vec![SpeedLevel { rate_factor: 0.5, power_factor: 0.25 }];
    close(joules(&system).total(), 5.85e-3, 1e-12);
}

/// A packet of 125 bytes with 38 of link-layer headers at 1 Mbit/s takes 1.304 ms, and 0.15 ms more for preamble, backoff and
/// acknowledgement; three of them three times that. The radio draws 0.3 W per Mbit/s for the bits, 0.1 W all the time, and 0.1 mJ
/// for each. An answer of 4 bytes takes 0.336 ms at its 1 Mbit/s, and the same more. Every copy of a packet has its own.
#[test]
fn frames_cost_time_and_energy_besides_their_bits() {
    let frames = |copies| {
        let mut system = asked_at(&[0.0], LISTENING);
        system.link = Link {
            uplink: Rate::Constant { bits_per_second: 1e6 },
            downlink_bits_per_second: 1e6,
            frame: Frame { overhead_seconds: 150e-6, header_bytes: 38, sent_joules: 1e-4 },
            transport: Transport::Repeat { copies },
            radio: Radio::always_ready(RadioPower {
                up_watts_per_mbps: 0.3,
                down_watts_per_mbps: 0.2,
                active_watts: 0.1,
            }),
            ..system.link
        };
        system.cloud.answer_bytes = 4;
        system
    };
    let mut design = Design::whole(0, 125, 0);
    design.packets = vec![125; 3];
    design.steps[0].packets = 3;
    for (copies, sharing) in [
        (1, Sharing::Dedicated),
        (2, Sharing::Dedicated),
        (1, Sharing::Cell),
        (1, Sharing::SharedCell { weights: vec![] }),
    ] {
        let mut system = frames(copies);
        system.link.sharing = sharing;
        let found = run_one(&system, design.clone());
        let sent = 3.0 * f64::from(copies);
        let (up, down) = (sent * (1.304e-3 + 0.15e-3), 0.336e-3 + 0.15e-3);
        close(found.latency.unwrap().mean, up + down, 1e-6);
        let bits = sent * 1304.0;
        close(found.energy.power.radio_tx, 0.3e-6 * bits + 0.1 * up + sent * 1e-4, 1e-6);
        close(found.energy.power.radio_rx, 0.2e-6 * 336.0 + 0.1 * down, 1e-6);
        assert_eq!((found.sent_bytes, found.payload_bytes), (163 * sent as u64, 125 * sent as u64));
    }
    // From a trace, the overhead takes what the link would have carried: at 1 kbit/s to 1 s, then at 1 Mbit/s, 0.15 bit.
    let mut system = frames(1);
    system.link.frame.overhead_seconds = 0.5;
    let step = |seconds, bits_per_second| RateStep { seconds, bits_per_second };
    system.link.uplink = Rate::Steps { steps: [step(0.0, 1e3), step(1.0, 1e6)].into(), period_seconds: None };
    let found = run_one(&system, Design::whole(0, 125, 0));
    // 500 of the 1,304 bits go by the end of the first second.
    close(found.latency.unwrap().mean, 1.0 + 804e-6 + 0.336e-3 + 0.5, 1e-6);
}

/// Permission takes 18 ms at the active power of 0.2 W, whether the radio has just connected or still was; a second message that is
/// ready before the first is sent needs none. Two devices of one cell ask at the same time: nobody waits for the other's permission.
#[test]
fn permission_to_send_costs_time_and_power_but_not_the_cell() {
    let mut system = asked_at(&[0.0, 1.0], LISTENING);
    system.link.grant_seconds = 0.018;
    let found = run_one(&system, Design::whole(0, 10_000, 0));
    // Messages take 80 ms, answers 32 us; the tail of 1 s begins after the first answer, so the second finds the radio connected.
    let latency = found.latency.unwrap();
    close(latency.max, 0.2 + 0.018 + 0.08 + 32e-6, 1e-12);
    close(latency.min, 0.018 + 0.08 + 32e-6, 1e-12);
    close(found.energy.power.radio_tx, 2.0 * ((0.2 + 0.3) * 0.08 + 0.2 * 0.018), 1e-9);
    close(found.energy.power.radio_promotion, 1.5 * 0.2, 1e-12);
    close(found.energy.sum_of_parts(), found.energy.total, 1e-12);
    // Two steps at once: the second message waits for the first, not for a permission.
    let mut at_once = asked_at(&[0.0], LISTENING);
    at_once.link.grant_seconds = 0.018;
    let found = run_one(&at_once, Design::streaming(2, 0, 5_000, 0));
    close(found.latency.unwrap().max, 0.2 + 0.018 + 0.08 + 32e-6, 1e-12);
    // A cell of two devices: 18 ms for both, then one message after the other.
    at_once.devices = 2;
    at_once.link.sharing = Sharing::Cell;
    at_once.workload.requests = 2;
    let both = [0, 1].map(|device| TraceArrival { seconds: 0.0, device });
    at_once.workload.arrivals = ArrivalProcess::Trace(both.into());
    let latency = run_one(&at_once, Design::whole(0, 10_000, 0)).latency.unwrap();
    close(latency.min, 0.2 + 0.018 + 0.08 + 32e-6, 1e-12);
    close(latency.max, 0.2 + 0.018 + 0.16 + 32e-6, 1e-12);
}
