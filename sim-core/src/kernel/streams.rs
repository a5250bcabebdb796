//! Named random streams (invariant 3).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Words of a stream reserved for one numbered draw: one buffer of the generator, far more than any distribution used
/// here consumes.
const WORDS_PER_DRAW: u128 = 64;

/// Domain separation: keeps these hashes apart from any other use of BLAKE3.
const CONTEXT: &str = "CoSpike random streams, version 1";

/// The source of all randomness of one replication. Every draw comes from a stream that is named by its *purpose* (what
/// the draw decides) and its *owner* (the device, request or other entity it is for). So a draw added in one place
/// changes no draw in another, and design points that differ elsewhere see the same values (common random numbers).
///
/// ChaCha8 is counter-based: its 256-bit key is blake3 of (seed, replication, purpose), its 64-bit stream number
/// is the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
    replication: u64,
}

impl Streams {
    /// The streams of one replication of a study with `seed`.
    pub fn new(seed: u64, replication: u64) -> Self {
        Self { seed, replication }
    }

    /// The random generator of `owner` for `purpose`, at the start of its stream.
    pub fn stream(&self, purpose: &str, owner: u64) -> ChaCha8Rng {
        self.family(purpose).stream(owner)
    }

    /// The streams of all owners for `purpose`. The purpose is hashed only once, so that [`StreamFamily::stream`] is
    /// cheap.
    pub fn family(&self, purpose: &str) -> StreamFamily {
        // Fixed-length fields first, so that no two (seed, replication, purpose) give the same bytes.
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(&self.seed.to_le_bytes()).update(&self.replication.to_le_bytes()).update(purpose.as_bytes());
        StreamFamily { key: *hasher.finalize().as_bytes() }
    }
}

/// The streams of all owners for one purpose.
#[derive(Clone, Debug)]
pub struct StreamFamily {
    key: [u8; 32],
}

impl StreamFamily {
    /// The random generator of `owner`, at the start of its stream.
    pub fn stream(&self, owner: u64) -> ChaCha8Rng {
        let mut generator = ChaCha8Rng::from_seed(self.key);
        generator.set_stream(owner);
        generator
    }

    /// The random generator for the `number`-th draw of `owner`. Draws can be made in any order; each may consume up to
    /// 64 words of 32 bits without overlapping the next.
    pub fn draw(&self, owner: u64, number: u64) -> ChaCha8Rng {
        let mut generator = self.stream(owner);
        generator.set_word_pos(u128::from(number) * WORDS_PER_DRAW);
        generator
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use std::collections::BTreeSet;

    #[test]
    fn invariant_3_a_stream_depends_on_its_name_alone() {
        let first = |seed, replication, purpose, owner| -> u64 {
            Streams::new(seed, replication).stream(purpose, owner).random()
        };
        assert_eq!(first(1, 2, "loss", 3), first(1, 2, "loss", 3));
        let names = [
            first(1, 2, "loss", 3),
            first(2, 1, "loss", 3),
            first(1, 3, "loss", 3),
            first(1, 2, "arrivals", 3),
            first(1, 2, "loss", 4),
        ];
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
