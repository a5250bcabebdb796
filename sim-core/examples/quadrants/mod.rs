// A split spiking network that is small enough to check by hand. The examples and the tour on the crate's front page share it.
//
// The input is a grey image of 8x8 pixels, one quadrant of which is bright; the four classes are the quadrants. A 2x2
// convolution with stride 2 averages the pixels, integrate-and-fire neurons turn the 16 averages into spikes over T steps, and
// a linear classifier adds up the spikes of each quadrant. The network is cut behind the neurons: 16 bits per step are sent.

use cospike_sim_core::cosim::{SampleCosts, SplitSamples};
use cospike_sim_core::energy::{Form, PriceError, PriceList};
use cospike_sim_core::network::{
    Conv2d, Network, NetworkError, Neuron, Nonlinearity, OUTPUT, Operation, Shape, Tensor, TensorStore, Weights,
};
use cospike_sim_core::payload::Codec;
use cospike_sim_core::split::{SplitError, SplitNetwork};
use std::error::Error;
use std::num::NonZeroUsize;

pub(crate) const SIDE: usize = 8;
pub(crate) const CLASSES: u32 = 4;
/// Time steps, T.
pub(crate) const STEPS: usize = 4;

/// The quadrant (0 to 3, row by row) of a position in a square of side `side`.
fn quadrant(position: usize, side: usize) -> usize {
    2 * (2 * (position / side) / side) + 2 * (position % side) / side
}

/// The network, which can be cut at the split point `spikes`.
pub(crate) fn network() -> Network {
    let mut network = Network::new("quadrants", Shape::new(1, SIDE, SIDE));
    let conv = network.conv("average", 0, Conv2d::plain(network.input(), 1, 2, 2, 0));
    let spikes = network.nonlinearity("spikes", conv, Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE));
    network.mark_split("spikes");
    network.push("sum", Operation::Linear, &[spikes], Shape::vector(CLASSES as usize));
    network.mark_split(OUTPUT);
    network
}

/// Its weights: a quarter for each pixel of an average, 1 from each of a quadrant's neurons to its class.
pub(crate) fn weights(network: &Network) -> Result<Weights, NetworkError> {
    let to_class = (0..CLASSES as usize).flat_map(|class| (0..16).map(move |i| f32::from(quadrant(i, 4) == class)));
    Weights::from_store(
        network,
        &TensorStore::from([
            ("average.weight".into(), Tensor { shape: vec![1, 1, 2, 2], data: vec![0.25; 4] }),
            ("sum.weight".into(), Tensor { shape: vec![CLASSES as usize, 16], data: to_class.collect() }),
        ]),
    )
}

/// The image of a class: its quadrant is bright (204 of 255), the others are dark (51).
pub(crate) fn image(class: u32) -> [u8; SIDE * SIDE] {
    std::array::from_fn(|pixel| if quadrant(pixel, SIDE) == class as usize { 204 } else { 51 })
}

/// The network cut behind its neurons.
pub(crate) fn split() -> Result<SplitNetwork, SplitError> {
    let network = network();
    let weights = weights(&network).map_err(cospike_sim_core::inference::InferenceError::from)?;
    let cut = network.split("spikes").map_err(cospike_sim_core::inference::InferenceError::from)?;
    SplitNetwork::new(&network, &weights, cut, Codec::Spikes, STEPS)
}

/// Energy of operations in 32-bit integers at 45 nm (Horowitz, ISSCC 2014): 0.1 pJ an addition, 3.2 pJ a multiply-accumulate.
pub(crate) fn prices() -> Result<PriceList, PriceError> {
    PriceList::new(Form::Operations, |key| match key {
        "ac" | "neuron_update" => Some(0.1),
        "mac" => Some(3.2),
        _ => None,
    })
}

/// The network on the four images, as a simulation runs it; `packet_bytes` is the most payload that a packet carries.
pub(crate) fn samples(packet_bytes: NonZeroUsize) -> Result<SplitSamples, Box<dyn Error>> {
    let costs = SampleCosts { device_prices: Some(prices()?), cloud_prices: Some(prices()?), packet_bytes };
    Ok(SplitSamples::new(split()?, (0..CLASSES).map(image), costs)?)
}
