//! A link model of one's own. A link is a value, not a trait: what can be chosen freely is its rate over time ([`Rate`], here
//! stepwise, from a formula of ours), how packets are lost ([`PacketLoss`], here in bursts), what is done about losses
//! ([`Transport`]), who shares it, and the radio's power. Laws outside of these, such as a loss that depends on the signal's
//! strength, need a change to the crate: the event loop knows no callback for them, which keeps runs reproducible and fast.
//!
//! A camera passes a base station every 20 s: the rate follows its distance. Losses come in bursts, and are repaired in one of
//! three ways. The share of packets lost, with its 95 % interval over replications, is compared with the channel's stationary
//! loss; it is higher where lost packets are sent again, because the channel is then likely still bad.
//!
//! `cargo run --release -p cospike-sim-core --example own_link_model`

mod quadrants;

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::cosim::{System, run};
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::link::{Channel, Link, PacketLoss, RadioPower, Rate, RateStep, Transport};
use cospike_sim_core::stats::{Moments, mean_interval};
use cospike_sim_core::workload::{ArrivalProcess, Workload};
use quadrants::{CLASSES, samples};
use std::error::Error;
use std::num::NonZeroUsize;

const REPLICATIONS: u64 = 10;
const PASS_SECONDS: f64 = 20.0;
/// Mean length of a good and of a bad time of the channel, and the probability to lose a packet in each.
const GOOD_SECONDS: f64 = 0.9;
const BAD_SECONDS: f64 = 0.3;
const GOOD_LOSS: f64 = 0.01;
const BAD_LOSS: f64 = 0.6;

/// Shannon's rate over 1 MHz at a signal that falls with the cube of the distance: 10 dB at 50 m, passed at 20 m/s.
fn rate_at(seconds: f64) -> f64 {
    let along = 20.0 * (seconds - PASS_SECONDS / 2.0);
    let distance = along.hypot(50.0);
    1e6 * (10.0 * (50.0 / distance).powi(3)).ln_1p() / std::f64::consts::LN_2
}

fn main() -> Result<(), Box<dyn Error>> {
    let steps = (0..40).map(|step| f64::from(step) * PASS_SECONDS / 40.0);
    let steps = steps.map(|seconds| RateStep { seconds, bits_per_second: rate_at(seconds) }).collect();
    let packet_loss = PacketLoss::GilbertElliott {
        mean_good_seconds: GOOD_SECONDS,
        mean_bad_seconds: BAD_SECONDS,
        good_probability: GOOD_LOSS,
        bad_probability: BAD_LOSS,
    };
    let fast =
        Processor { ac_per_second: 1e9, mac_per_second: 1e9, neuron_updates_per_second: 1e9, overhead_seconds: 1e-4 };
    let power = RadioPower { up_watts_per_mbps: 0.438_39, down_watts_per_mbps: 0.051_97, active_watts: 1.288_04 };
    let mut system = System {
        devices: 1,
        edge: EdgeDevice::plain(fast, 0.1),
        link: Link {
            uplink: Rate::Steps { steps, period_seconds: Some(PASS_SECONDS) },
            channel: Channel { packet_loss, ..Channel::CLEAN },
            header_bytes: 28,
            propagation_seconds: 5e-3,
            ..Link::plain(1e6, 1e6, power)
        },
        cloud: Cloud::plain(1, fast, 4),
        workload: Workload::plain(ArrivalProcess::Poisson { requests_per_second: 5.0 }, 10_000),
        starvation_seconds: None,
    };
    let stationary = (GOOD_SECONDS * GOOD_LOSS + BAD_SECONDS * BAD_LOSS) / (GOOD_SECONDS + BAD_SECONDS);
    println!("packets lost by the stationary distribution of the channel: {stationary:.4}");
    println!("transport         packets lost on the way   unanswered   right     latency");
    let labels: Vec<u32> = (0..CLASSES).collect();
    let transports = [
        ("as datagrams", Transport::Datagram),
        ("twice", Transport::Repeat { copies: 2 }),
        ("again, 5 tries", Transport::Retransmit { tries: 5, timeout_seconds: 0.2 }),
    ];
    for (name, transport) in transports {
        system.link.transport = transport;
        let mut lost = vec![];
        let (mut unanswered, mut right, mut latency) = (Moments::default(), Moments::default(), Moments::default());
        for replication in 0..REPLICATIONS {
            // A packet for each step of the payload.
            let mut network = samples(NonZeroUsize::new(2).ok_or("two is not zero")?)?;
            let outcome = run(&system, &mut network, &labels, &Streams::new(1, replication))?;
            lost.push(outcome.traffic.packets_lost as f64 / outcome.traffic.packets_sent as f64);
            unanswered.push(outcome.requests.dropped() as f64 / outcome.requests.generated as f64);
            right.push(outcome.requests.accuracy_over_all().ok_or("no request was made")?);
            latency.push(outcome.latency.ok_or("no request was answered")?.mean * 1e3);
        }
        let lost = mean_interval(&lost)?;
        let [unanswered, right, latency] =
            [unanswered, right, latency].map(|moments| moments.mean().unwrap_or(f64::NAN));
        println!(
            "{name:16}  {:.4} ({:.4} to {:.4})  {unanswered:10.4}  {right:6.4}  {latency:7.1} ms",
            lost.estimate, lost.low, lost.high
        );
    }
    Ok(())
}
