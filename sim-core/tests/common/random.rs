//! Random weights on a dyadic grid, so that every float32 sum is exact whatever its order.

use cospike_sim_core::network::{Network, Tensor, Weights};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Multiples of 2^-8: weights uniform in `gain / sqrt(fan-in)` around 0, biases around `bias`.
pub(crate) fn weights(network: &Network, seed: u64, gain: f64, bias: f64) -> Weights {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut grid = |centre: f64, half: f64| ((centre + rng.random_range(-half..=half)) * 256.0).round() as f32 / 256.0;
    let store = Weights::shapes(network).into_iter().map(|(name, shape)| {
        let len: usize = shape.iter().product();
        let data = match shape[..] {
            [_] => (0..len).map(|_| grid(bias, 0.125)).collect(),
            _ => (0..len).map(|_| grid(0.0, gain / ((len / shape[0]) as f64).sqrt())).collect(),
        };
        (name, Tensor { shape, data })
    });
    Weights::from_store(network, &store.collect()).unwrap()
}

/// A sample of 8-bit pixels.
pub(crate) fn pixels(network: &Network, seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..network.input().len()).map(|_| rng.random_range(0..=255)).collect()
}
