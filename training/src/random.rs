//! Named random streams, the same in every version of the program.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The random stream of `seed` for `purpose`.
pub(crate) fn stream(seed: u64, purpose: &str) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new(); // does not change between versions, unlike the standard library's hash
    hasher.update(&seed.to_le_bytes()).update(purpose.as_bytes());
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}
