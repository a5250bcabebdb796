//! A split network on samples, as the event loop asks for it.

use super::co_inference::{CoInference, Guess, Head, HeadStep, Received, TailStep};
use crate::energy::{ComputeEnergy, PriceList};
use crate::inference::{Convention, Counts, LayerCounts};
use crate::payload::{Damage, Packetise, Payload};
use crate::split::{HeadOutput, SplitError, SplitNetwork};
use std::num::NonZeroUsize;
use std::ops::Range;

/// A split network on samples, for [`run`](super::run): the head of each sample is executed once, beforehand, and so is the tail on what it
/// sends. Where packets are lost or bits damaged, the tail is executed again on what arrived. It does not stream: a head sends everything
/// when all its steps are done. All operations that land inside the output are counted and priced ([`Convention::Inside`]).
#[derive(Clone, Debug)]
pub struct SplitSamples {
    split: SplitNetwork,
    cloud_prices: Option<PriceList>,
    samples: Vec<Sample>,
}

/// What the network did on a sample.
#[derive(Clone, Debug)]
struct Sample {
    head: [HeadStep; 1],
    /// What is sent, and the tail on all of it; `None` if everything is executed on the device.
    sent: Option<(Payload, TailStep)>,
    /// Bytes of the payload in each packet.
    packets: Vec<Range<usize>>,
    sizes: Vec<u32>,
}

/// What the operations of a network cost, and what its packets hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleCosts {
    /// Prices of the operations on the device; `None` where they cost nothing.
    pub device_prices: Option<PriceList>,
    /// Prices of the operations in the cloud; `None` where they cost nothing.
    pub cloud_prices: Option<PriceList>,
    /// Most bytes of payload in a packet.
    pub packet_bytes: NonZeroUsize,
}

/// Cause for which a network and its samples cannot be simulated.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum SampleError {
    /// The network cannot be executed on a sample.
    #[error("sample {sample}: {error}")]
    Execution {
        /// Index of the sample.
        sample: usize,
        /// Cause of the failure.
        error: SplitError,
    },
    /// Something happens that a price list has no price for, so its joules would be too few.
    #[error("sample {sample}: the layer `{layer}` has {event} without a price: give a list that prices it")]
    Unpriced {
        /// Index of the sample.
        sample: usize,
        /// Name of the layer.
        layer: String,
        /// What has no price.
        event: &'static str,
    },
}

impl SplitSamples {
    /// Executes `split` on `samples` of 8-bit pixels, see [`SplitNetwork::head`].
    ///
    /// # Errors
    /// [`SampleError`] for the first sample that the network cannot be executed on, or whose operations have no price.
    pub fn new(
        split: SplitNetwork,
        samples: impl IntoIterator<Item = impl AsRef<[u8]>>,
        costs: SampleCosts,
    ) -> Result<Self, SampleError> {
        let mut all = Self { split, cloud_prices: costs.cloud_prices, samples: vec![] };
        for (sample, pixels) in samples.into_iter().enumerate() {
            let done = all.execute(sample, pixels.as_ref(), &costs)?;
            all.samples.push(done);
        }
        Ok(all)
    }

    fn execute(&self, sample: usize, pixels: &[u8], costs: &SampleCosts) -> Result<Sample, SampleError> {
        let failed = |error| SampleError::Execution { sample, error };
        let head = self.split.head(pixels).map_err(failed)?;
        let layers: Vec<LayerCounts> = head.layers.into_iter().chain(head.codec).collect();
        self.check_prices(sample, &layers, costs.device_prices.as_ref())?;
        let step = |packets: usize, guess| HeadStep {
            counts: total(&layers),
            energy: self.energy(&layers, costs.device_prices.as_ref()),
            packets: packets as u32,
            guess,
        };
        match head.output {
            HeadOutput::Scores(scores) => Ok(Sample {
                head: [step(0, Some(Guess::from_scores(&scores)))],
                sent: None,
                packets: vec![],
                sizes: vec![],
            }),
            HeadOutput::Payload(payload) => {
                let packets = payload.packets(costs.packet_bytes, Packetise::Message);
                let tail = self.split.tail(&payload, &Damage::NONE).map_err(failed)?;
                self.check_prices(sample, &tail.layers, costs.cloud_prices.as_ref())?;
                let whole = self.tail_step(&tail.layers, Guess::from_scores(&tail.scores));
                let sizes = packets.iter().map(|packet| packet.len() as u32).collect();
                Ok(Sample { head: [step(packets.len(), None)], sent: Some((payload, whole)), packets, sizes })
            }
        }
    }

    fn tail_step(&self, layers: &[LayerCounts], guess: Guess) -> TailStep {
        TailStep { counts: total(layers), energy: self.energy(layers, self.cloud_prices.as_ref()), guess }
    }

    fn energy(&self, layers: &[LayerCounts], prices: Option<&PriceList>) -> ComputeEnergy {
        let account = |prices: &PriceList| {
            prices.account(self.split.network(), Some(self.split.steps()), layers, Convention::Inside)
        };
        prices.map_or_else(ComputeEnergy::default, |prices| account(prices).energy())
    }

    fn check_prices(
        &self,
        sample: usize,
        layers: &[LayerCounts],
        prices: Option<&PriceList>,
    ) -> Result<(), SampleError> {
        let network = self.split.network();
        let account = prices.map(|list| list.account(network, Some(self.split.steps()), layers, Convention::Inside));
        let mut lines = account.iter().flat_map(|account| &account.lines);
        match lines.find(|line| line.price.is_none()) {
            None => Ok(()),
            Some(line) => {
                let layer = network.layers[line.layer].name.clone();
                Err(SampleError::Unpriced { sample, layer, event: line.event })
            }
        }
    }
}

/// Operations of all layers.
fn total(layers: &[LayerCounts]) -> Counts {
    layers.iter().fold(Counts::default(), |sum, layer| sum + layer.counts)
}

impl CoInference for SplitSamples {
    fn head(&self, _design: u8, sample: u32) -> Head<'_> {
        let sample = &self.samples[sample as usize];
        Head { steps: &sample.head, packets: &sample.sizes }
    }

    fn tail(&mut self, _design: u8, sample: u32, received: &Received<'_>) -> Result<TailStep, SplitError> {
        let sample = &self.samples[sample as usize];
        let (payload, whole) = sample.sent.as_ref().ok_or(SplitError::NoTail)?;
        if received.is_whole() {
            return Ok(*whole);
        }
        let lost: Vec<_> = received.lost.iter().map(|&packet| sample.packets[packet as usize].clone()).collect();
        let damage = Damage { lost: &lost, flipped: received.flipped, erased: received.erased, ..Damage::NONE };
        let tail = self.split.tail(payload, &damage)?;
        Ok(self.tail_step(&tail.layers, Guess::from_scores(&tail.scores)))
    }
}
