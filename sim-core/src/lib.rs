//! Spiking and float inference, what crosses the link, energy, and the discrete-event simulation of a fleet of devices that
//! share a network with a cloud: the core of CoSpike, usable alone.
//!
//! The crate reads no files, prints nothing and knows no command line. This page is a tour in four steps, from one network on
//! one sample to a simulated system. Each step is a test of the crate; the programs in `examples/` go on from here.
//!
//! # 1. Make a network and run it on a sample
//!
//! A [`Network`](network::Network) is a list of layers; its [`Weights`](network::Weights) come from named tensors. This one
//! classifies grey images of 8x8 pixels by their bright quadrant: a convolution averages 2x2 pixels, integrate-and-fire neurons
//! turn the 16 averages into spikes, and a linear layer adds up the spikes of each quadrant.
//!
//! ```
//! use cospike_sim_core::inference::{Executable, Feature, Real, argmax};
//! use cospike_sim_core::network::{Conv2d, Network, Neuron, Nonlinearity, OUTPUT, Operation, Shape, Tensor, Weights};
//!
//! let mut network = Network::new("quadrants", Shape::new(1, 8, 8));
//! // One output channel, kernel 2, stride 2, no padding; after layer 0, the input.
//! let conv = network.conv("average", 0, Conv2d::plain(network.input(), 1, 2, 2, 0));
//! let spikes = network.nonlinearity("spikes", conv, Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE));
//! network.mark_split("spikes");
//! let sum = network.push("sum", Operation::Linear, &[spikes], Shape::vector(4));
//! network.mark_split(OUTPUT);
//!
//! let quadrant = |i: usize| i / 8 * 2 + i % 4 / 2;
//! let to_class = (0..4).flat_map(|class| (0..16).map(move |i| f32::from(quadrant(i) == class))).collect();
//! let tensors = [
//!     ("average.weight".to_string(), Tensor { shape: vec![1, 1, 2, 2], data: vec![0.25; 4] }),
//!     ("sum.weight".to_string(), Tensor { shape: vec![4, 16], data: to_class }),
//! ];
//! let weights = Weights::from_store(&network, &tensors.into())?;
//!
//! // The last quadrant is bright.
//! let data = (0..64).map(|i| if i / 8 >= 4 && i % 8 >= 4 { 0.8 } else { 0.2 }).collect();
//! let sample = Feature::Real(Real { shape: network.input(), steps: 1, data });
//! let executable = Executable::new(&network, &weights)?;
//! let steps = 4;
//!
//! // Any range of layers can be run. Up to the neurons: each of the 4 bright ones fires 3 times, each of the 12 dark ones once.
//! let head = executable.run(1..spikes + 1, &sample, steps)?;
//! assert_eq!(head.output.spikes(), 4 * 3 + 12);
//!
//! // The rest, on what the first part gave: class scores for each step.
//! let tail = executable.run(sum..sum + 1, &head.output, steps)?;
//! let Feature::Real(scores) = tail.output else { unreachable!("a linear layer gives real values") };
//! assert_eq!(scores.means(), [1.0, 1.0, 1.0, 3.0]);
//! assert_eq!(argmax(&scores.means()), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # 2. Price what it did
//!
//! Every execution returns [`Counts`](inference::Counts) of operations, layer by layer, by three
//! [conventions](inference::Convention) that differ in which zeros they count. Joules follow from a
//! [`PriceList`](energy::PriceList); seconds follow from a [`Processor`](compute::Processor).
//!
//! ```
//! # mod quadrants { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quadrants/mod.rs")); }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (network, executable, sample, steps) = (quadrants::network(), quadrants::split()?, quadrants::image(3), 4);
//! # let sample = cospike_sim_core::inference::Feature::Real(executable.sample(&sample)?);
//! # let executable = executable.executable();
//! use cospike_sim_core::energy::{Form, PriceList};
//! use cospike_sim_core::inference::Convention;
//!
//! // Horowitz (ISSCC 2014), 32-bit integers at 45 nm, in picojoules.
//! let prices = PriceList::new(Form::Operations, |key| match key {
//!     "ac" | "neuron_update" => Some(0.1),
//!     "mac" => Some(3.2),
//!     _ => None,
//! })?;
//! let layers = executable.run(1..network.layers.len(), &sample, steps)?.layers;
//! let account = prices.account(&network, Some(steps), &layers, Convention::Inside);
//!
//! // 64 multiply-accumulates on the real-valued sample, computed once; 16 neurons x 4 steps; 24 spikes x 4 classes.
//! let counts: Vec<f64> = account.lines.iter().map(|line| line.count).collect();
//! assert_eq!(counts, [64.0, 64.0, 96.0]);
//! let picojoules = account.total().ok_or("something has no price")? * 1e12;
//! assert!((picojoules - (64.0 * 3.2 + 64.0 * 0.1 + 96.0 * 0.1)).abs() < 1e-9);
//! # Ok(())
//! # }
//! ```
//!
//! # 3. Cut it, and lose a part of the payload
//!
//! A [`SplitNetwork`](split::SplitNetwork) runs the *head* on the device, turns the feature at the cut into the bytes of a
//! [`Payload`](payload::Payload), and runs the *tail* on what arrives of them.
//!
//! ```
//! # mod quadrants { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quadrants/mod.rs")); }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use quadrants::image;
//! # let network = quadrants::network();
//! # let weights = quadrants::weights(&network)?;
//! use cospike_sim_core::payload::{Codec, Damage};
//! use cospike_sim_core::split::{HeadOutput, SplitNetwork};
//!
//! let split = SplitNetwork::new(&network, &weights, network.split("spikes")?, Codec::Spikes, 4)?;
//! let HeadOutput::Payload(payload) = split.head(&image(3))?.output else { unreachable!("the tail is not empty") };
//! // A bit for each of the 16 neurons and 4 steps.
//! assert_eq!(payload.bytes.len(), 16 * 4 / 8);
//!
//! let whole = split.tail(&payload, &Damage::NONE)?;
//! assert_eq!((whole.scores, whole.answer), (vec![1.0, 1.0, 1.0, 3.0], 3));
//! // Without the two bytes of the second step a spike of each bright neuron is missing.
//! let second: Vec<_> = payload.step_ranges().skip(1).take(1).collect();
//! let damaged = split.tail(&payload, &Damage::losing(&second))?;
//! assert_eq!((damaged.scores, damaged.answer), (vec![1.0, 1.0, 1.0, 2.0], 3));
//! # Ok(())
//! # }
//! ```
//!
//! # 4. Simulate devices, a link and a cloud
//!
//! [`cosim::run`] lets devices ask, compute, send, wait and be answered. It sees the network through the trait
//! [`CoInference`](cosim::CoInference): what the head of a sample costs and sends, and what the tail answers to what arrived.
//! [`SplitSamples`](cosim::SplitSamples) is that for a split network and samples; `examples/fleet.rs` is the whole of it in 40 lines.
//!
//! ```
//! # mod quadrants { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/quadrants/mod.rs")); }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use quadrants::image;
//! # let (split, prices) = (quadrants::split()?, quadrants::prices()?);
//! use cospike_sim_core::cloud::Cloud;
//! use cospike_sim_core::compute::Processor;
//! use cospike_sim_core::cosim::{SampleCosts, SplitSamples, System, run};
//! use cospike_sim_core::edge::EdgeDevice;
//! use cospike_sim_core::kernel::Streams;
//! use cospike_sim_core::link::{Channel, Link, RadioPower};
//! use cospike_sim_core::stats::wilson;
//! use cospike_sim_core::workload::{ArrivalProcess, Workload};
//!
//! let rates = |factor: f64| Processor {
//!     ac_per_second: factor * 1e6,
//!     mac_per_second: factor * 1e5,
//!     neuron_updates_per_second: factor * 1e6,
//!     overhead_seconds: 1e-3 / factor,
//! };
//! let wifi = RadioPower { up_watts_per_mbps: 0.283_17, down_watts_per_mbps: 0.137_01, active_watts: 0.132_86 };
//! let system = System {
//!     devices: 10,
//!     edge: EdgeDevice::plain(rates(1.0), 0.01),
//!     link: Link { channel: Channel::losing(0.25), ..Link::plain(1e6, 1e6, wifi) },
//!     cloud: Cloud::plain(1, rates(1e3), 4),
//!     workload: Workload::plain(ArrivalProcess::Poisson { requests_per_second: 2.0 }, 4_000),
//!     starvation_seconds: None,
//! };
//!
//! // A sample for each class, and its label. A packet carries the two bytes of a step.
//! let costs = SampleCosts { device_prices: Some(prices), cloud_prices: None, packet_bytes: 2.try_into()? };
//! let mut network = SplitSamples::new(split, (0..4).map(image), costs)?;
//! let outcome = run(&system, &mut network, &[0, 1, 2, 3], &Streams::new(1, 0))?;
//!
//! // A request fails if all four of its packets are lost.
//! assert_eq!(outcome.requests.completed + outcome.requests.dropped_lost, 4_000);
//! assert!(wilson(outcome.requests.dropped(), 4_000)?.contains(0.25_f64.powi(4)));
//!
//! let latency = outcome.latency.as_ref().ok_or("no request was answered")?;
//! assert!((latency.phases.edge_compute - 1.704e-3).abs() < 1e-9, "1 ms + 64 MACs + 64 neuron updates");
//! assert!((latency.phases.uplink - 64e-6).abs() < 1e-9, "8 bytes at 1 Mbit/s");
//!
//! let accuracy = outcome.requests.accuracy_among_answered().ok_or("no request was answered")?;
//! assert!(accuracy > 0.8 && accuracy < 1.0, "lost steps cost answers: {accuracy}");
//! assert!(outcome.energy.power.radio_tx > 0.0 && outcome.energy.total > outcome.energy.power.radio_tx);
//! # Ok(())
//! # }
//! ```
//!
//! # The modules
//!
//! They are layered: each may use only those listed before it.
//!
//! | module | knows |
//! |---|---|
//! | [`mod@record`] | fields that are declared once: value, unit, label, meaning |
//! | [`kernel`] | simulated time, the event queue, named random streams |
//! | [`stats`] | moments, quantiles, confidence intervals, steady state |
//! | [`network`] | layers, shapes, weights, split points, bottleneck units |
//! | [`inference`] | executing a part of a network on a sample; counts of operations |
//! | [`payload`] | features to bytes and back; what the decoder makes of lost and damaged bits |
//! | [`split`] | a network cut in two: head, payload, tail |
//! | [`energy`] | counts x prices |
//! | [`compute`] | counts / rates |
//! | [`edge`], [`link`], [`cloud`], [`workload`] | one model each of a place, as values |
//! | [`cosim`] | the life of a request across those places |
//!
//! # Examples
//!
//! `cargo run --release -p cospike-sim-core --example NAME`, where `NAME` is
//!
//! - `fleet`: a fleet of devices, a link that loses packets and a cloud, in 40 lines;
//! - `spiking_network_by_hand`: spikes, scores, counts and joules of the network above, to check with a pencil;
//! - `one_camera`: latency by phase and energy of one device, beside the values that follow by hand;
//! - `fleet_on_a_cell`: waits for a shared uplink, beside queueing theory;
//! - `own_link_model`: a rate over time and bursts of loss of one's own, and which parts of a link can be chosen;
//! - `tandem_queue`: the event queue alone, without any network.
//!
//! # Features
//!
//! - `bench`: loops that `cospike bench` measures the machine with; no part of the stable API.

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench_support;
mod breakdown;
pub mod cloud;
pub mod compute;
pub mod cosim;
pub mod edge;
pub mod energy;
pub mod inference;
pub mod kernel;
pub mod link;
pub mod network;
pub mod payload;
pub mod record;
pub mod split;
pub mod stats;
pub mod workload;
