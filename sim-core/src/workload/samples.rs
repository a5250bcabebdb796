//! Generators of the samples that are requested.

use super::SampleOrder;
use crate::kernel::{StreamFamily, Streams};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

/// Generates the samples of requests in a [`SampleOrder`].
#[derive(Clone, Debug)]
pub(crate) enum Samples {
    FleetDeck(Box<Deck>),
    Own {
        order: OwnOrder,
        streams: StreamFamily,
        samples: u32,
        /// Number of samples dealt to each device so far.
        given: Vec<u32>,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnOrder {
    Deck,
    Uniform,
}

impl Samples {
    /// Samples `0..samples`, of which there is at least one, for `devices` devices.
    pub(crate) fn new(order: SampleOrder, samples: u32, devices: u32, streams: &Streams) -> Self {
        let own = |order| Self::Own {
            order,
            streams: streams.family("device-samples"),
            samples,
            given: vec![0; devices as usize],
        };
        match order {
            SampleOrder::FleetDeck => Self::FleetDeck(Box::new(Deck::new(samples, streams))),
            SampleOrder::DeviceDeck => own(OwnOrder::Deck),
            SampleOrder::Uniform => own(OwnOrder::Uniform),
        }
    }

    /// The sample of the next request of `device`.
    pub(crate) fn next(&mut self, device: u32) -> u32 {
        match self {
            Self::FleetDeck(deck) => deck.deal(),
            Self::Own { order, streams, samples, given } => {
                let number = given[device as usize];
                given[device as usize] = number.wrapping_add(1);
                match order {
                    OwnOrder::Deck => card(streams, device, number, *samples),
                    OwnOrder::Uniform => {
                        let owner = u64::from(device) << 32 | u64::from(number);
                        streams.stream(owner).random_range(0..*samples)
                    }
                }
            }
        }
    }
}

/// The `number`-th card that `device` is dealt: passes over the deck follow one another.
fn card(streams: &StreamFamily, device: u32, number: u32, samples: u32) -> u32 {
    let pass = u64::from(number / samples);
    let mut keys = streams.stream(u64::from(device) << 32 | pass);
    permute(number % samples, samples, std::array::from_fn(|_| keys.next_u32()))
}

/// A permutation of `0..size` that depends on `keys`: a Feistel network over the next even number of bits, walked until
/// it falls inside, which takes less than four rounds on average.
fn permute(index: u32, size: u32, keys: [u32; 4]) -> u32 {
    let bits = u32::BITS - size.saturating_sub(1).leading_zeros();
    let half = bits.div_ceil(2).max(1);
    let mask = (1_u64 << half) - 1;
    let mut value = u64::from(index);
    loop {
        let (mut left, mut right) = (value >> half, value & mask);
        for key in keys {
            // The 64-bit finaliser of MurmurHash3 (Appleby, public domain) as the round function.
            let mixed = (right << 32 | u64::from(key)).wrapping_mul(0xff51_afd7_ed55_8ccd);
            let mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
            (left, right) = (right, left ^ (mixed >> 33 & mask));
        }
        value = left << half | right;
        if value < u64::from(size) {
            return value as u32;
        }
    }
}

/// Deals samples from a deck that is shuffled anew for each pass.
#[derive(Clone, Debug)]
pub(crate) struct Deck {
    order: Vec<u32>,
    dealt: usize,
    shuffles: ChaCha8Rng,
}

impl Deck {
    fn new(samples: u32, streams: &Streams) -> Self {
        Self { order: (0..samples).collect(), dealt: 0, shuffles: streams.stream("samples", 0) }
    }

    fn deal(&mut self) -> u32 {
        if self.dealt == 0 {
            self.order.shuffle(&mut self.shuffles);
        }
        let sample = self.order[self.dealt];
        self.dealt = (self.dealt + 1) % self.order.len();
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Sizes at, below and above powers of two, for which cycle walking never and often goes round.
    #[test]
    fn decks_deal_every_sample_once_before_any_repeats() {
        for (order, size) in [1, 2, 3, 16, 17, 50, 255, 257]
            .into_iter()
            .flat_map(|n| [(SampleOrder::FleetDeck, n), (SampleOrder::DeviceDeck, n)])
        {
            let mut samples = Samples::new(order, size, 3, &Streams::new(1, 0));
            let mut pass = || (0..size).map(|_| samples.next(2)).collect::<Vec<_>>();
            let passes = [pass(), pass(), pass()];
            assert!(size < 16 || passes[0] != passes[1] && passes[1] != passes[2], "every pass is shuffled anew");
            for pass in passes {
                assert_eq!(pass.into_iter().collect::<BTreeSet<_>>(), (0..size).collect(), "{order:?} of {size}");
            }
        }
    }

    /// A device's samples must not depend on what other devices ask, and must differ from theirs.
    #[test]
    fn invariant_3_a_devices_samples_are_its_own() {
        for order in [SampleOrder::DeviceDeck, SampleOrder::Uniform] {
            let mut alone = Samples::new(order, 1_000, 2, &Streams::new(3, 0));
            let mut shared = alone.clone();
            let first: Vec<_> = (0..50).map(|_| alone.next(0)).collect();
            let (mixed, other): (Vec<_>, Vec<_>) = (0..50).map(|_| (shared.next(0), shared.next(1))).unzip();
            assert!(first == mixed && first != other, "{order:?}");
        }
    }

    /// Each of 20 cards should come first equally often: chi-squared with 19 degrees of freedom, 99.9 % point 43.8.
    #[test]
    fn device_decks_are_shuffled_evenly() {
        let mut samples = Samples::new(SampleOrder::DeviceDeck, 20, 20_000, &Streams::new(5, 0));
        let mut counts = [0_f64; 20];
        (0..20_000).for_each(|device| counts[samples.next(device) as usize] += 1.0);
        let chi_squared: f64 = counts.iter().map(|count| (count - 1_000.0).powi(2) / 1_000.0).sum();
        assert!(chi_squared < 43.8, "{chi_squared}");
    }
}
