//! A fleet of cameras and a server that share a small spiking network, from its weights to accuracy, latency and energy.

use cospike_sim_core::cosim::{SampleCosts, SplitSamples, System, run};
use cospike_sim_core::energy::{Form, PriceList};
use cospike_sim_core::link::{Channel, Link, RadioPower};
use cospike_sim_core::network::{Conv2d, Network, Neuron, Nonlinearity, Operation, Shape, Tensor, Weights};
use cospike_sim_core::workload::{ArrivalProcess, Workload};
use cospike_sim_core::{cloud::Cloud, compute::Processor, edge::EdgeDevice, kernel::Streams, payload::Codec};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The class is the quadrant of 8 x 8 pixels that is bright: averages of 2 x 2, neurons, and a sum over each quadrant.
    let quadrant = |at: usize, side: usize| 2 * (2 * (at / side) / side) + 2 * (at % side) / side;
    let mut network = Network::new("quadrants", Shape::new(1, 8, 8));
    let average = network.conv("average", 0, Conv2d::plain(network.input(), 1, 2, 2, 0));
    let spikes = network.nonlinearity("spikes", average, Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE));
    network.push("sum", Operation::Linear, &[spikes], Shape::vector(4));
    let to_class = (0..64).map(|i| f32::from(quadrant(i % 16, 4) == i / 16)).collect();
    let tensors = [("average.weight", vec![1, 1, 2, 2], vec![0.25; 4]), ("sum.weight", vec![4, 16], to_class)];
    let tensors = tensors.map(|(name, shape, data)| (name.into(), Tensor { shape, data }));
    let weights = Weights::from_store(&network, &tensors.into())?;
    let split = cospike_sim_core::split::SplitNetwork::new(&network, &weights, spikes, Codec::Spikes, 4)?;
    let image = |class| (0..64).map(move |at| if quadrant(at, 8) == class { 204 } else { 51 }).collect::<Vec<u8>>();
    let prices = PriceList::new(Form::Operations, |key| Some(if key == "mac" { 3.2 } else { 0.1 }))?;
    let costs = SampleCosts { device_prices: Some(prices), cloud_prices: None, packet_bytes: 2.try_into()? };
    let mut samples = SplitSamples::new(split, (0..4).map(image), costs)?;
    let at =
        |r| Processor { ac_per_second: r, mac_per_second: r, neuron_updates_per_second: r, overhead_seconds: 1e-4 };
    let wifi = RadioPower { up_watts_per_mbps: 0.283, down_watts_per_mbps: 0.137, active_watts: 0.133 };
    let system = System {
        devices: 1_000,
        edge: EdgeDevice::plain(at(1e6), 0.01),
        link: Link { channel: Channel::losing(0.1), ..Link::plain(1e6, 1e6, wifi) },
        cloud: Cloud::plain(2, at(1e9), 4),
        workload: Workload::plain(ArrivalProcess::Poisson { requests_per_second: 2.0 }, 20_000),
        starvation_seconds: None,
    };
    println!("{:#?}", run(&system, &mut samples, &[0, 1, 2, 3], &Streams::new(1, 0))?);
    Ok(())
}
