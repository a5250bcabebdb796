//! Random weights on a dyadic grid, so that every float32 sum is exact whatever its order.

use cospike_sim_core::network::{Network, Tensor, TensorStore, Weights};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Multiples of 2^-8: weights uniform in `gain / sqrt(fan-in)` around 0, biases around `bias`; learned leaks of a half.
pub(crate) fn store(network: &Network, seed: u64, gain: f64, bias: f64) -> TensorStore {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut grid = |centre: f64, half: f64| ((centre + rng.random_range(-half..=half)) * 256.0).round() as f32 / 256.0;
    let tensor = |(name, shape): (String, Vec<usize>)| {
        let len: usize = shape.iter().product();
        let data = match shape[..] {
            [] => vec![0.0],
            [_] => (0..len).map(|_| grid(bias, 0.125)).collect(),
            _ => (0..len).map(|_| grid(0.0, gain / ((len / shape[0]) as f64).sqrt())).collect(),
        };
        (name, Tensor { shape, data })
    };
    Weights::shapes(network).into_iter().map(tensor).collect()
}

/// A sample of 8-bit pixels.
pub(crate) fn pixels(network: &Network, seed: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..network.input().len()).map(|_| rng.random_range(0..=255)).collect()
}
