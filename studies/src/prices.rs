//! Prices of what networks did, step by step.

use crate::inference::{NetworkInference, PreparedNetwork, SampleInference, StageInference};
use crate::plan::NamedPrices;
use cospike_results::index::{NetworkIndex, PriceIndex};
use cospike_sim_core::cosim::Guess;
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::{Convention, Counts, LayerCounts};
use cospike_sim_core::network::Network;
use cospike_sim_core::payload::Payload;
use rayon::prelude::*; // threads are spent on samples
use std::collections::BTreeMap;

/// What the networks of a plan did; those that could not be executed are missing.
pub(crate) type PricedNetworks = BTreeMap<NetworkIndex, PricedNetwork>;

/// What a network did on its samples, with its energy by every price list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PricedNetwork {
    /// One per sample, in the order of the data set.
    pub(crate) samples: Vec<PricedSample>,
    /// Counts of each layer but the input, summed over the samples.
    pub(crate) layers: Vec<LayerCounts>,
}

/// What a network did on one sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PricedSample {
    /// One per time step if the network is evaluated step by step, else one for all steps.
    pub(crate) steps: Vec<PricedStep>,
    /// Payload of all steps together; `None` if everything is executed on the edge.
    pub(crate) payload: Option<Payload>,
    /// Class answered.
    pub(crate) answer: u32,
}

/// What a network did in one step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PricedStep {
    pub(crate) head: Priced,
    pub(crate) tail: Priced,
    /// Answer from the steps up to this one.
    pub(crate) guess: Guess,
}

/// Operations by each convention, and their energy by each price list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Priced {
    /// In the order of [`EXECUTED`].
    counts: [Counts; EXECUTED.len()],
    /// For each of these the energy by each price list.
    energies: Box<[ComputeEnergy]>,
}

/// Conventions by which processors work: they compute with zeros, or skip them. None runs over the padding.
pub(crate) const EXECUTED: [Convention; 2] = [Convention::Inside, Convention::NonZero];

impl PricedNetwork {
    /// Prices what `network` did by each of `prices`, on the threads of the current rayon pool.
    pub(crate) fn new(network: &PreparedNetwork, inference: NetworkInference, prices: &[NamedPrices]) -> Self {
        let samples = inference.samples.into_par_iter().map(|sample| PricedSample::new(network, sample, prices));
        Self { samples: samples.collect(), layers: inference.layers }
    }

    /// Samples that were answered with their label.
    pub(crate) fn correct(&self, labels: &[u16]) -> u32 {
        self.samples.iter().zip(labels).filter(|&(sample, &label)| sample.answer == u32::from(label)).count() as u32
    }

    /// Mean payload of a sample, in bits.
    pub(crate) fn payload_bits(&self) -> f64 {
        self.samples.iter().map(PricedSample::payload_bits).sum::<u64>() as f64 / self.samples.len() as f64
    }
}

impl PricedSample {
    fn new(network: &PreparedNetwork, sample: SampleInference, prices: &[NamedPrices]) -> Self {
        let (mut steps, mut earlier) = (vec![], [Priced::nothing(prices), Priced::nothing(prices)]);
        for (stage, StageInference { head, tail, guess }) in network.stages.iter().zip(sample.stages) {
            let priced =
                [head, tail].map(|layers| Priced::new(stage.network(), network.matched_steps, &layers, prices));
            let [head, tail] = [0, 1].map(|half| priced[half].beyond(&earlier[half]));
            steps.push(PricedStep { head, tail, guess });
            earlier = priced;
        }
        Self { steps, payload: sample.payload, answer: sample.answer }
    }

    /// Payload in bits; 0 if nothing is sent.
    pub(crate) fn payload_bits(&self) -> u64 {
        self.payload.as_ref().map_or(0, |payload| payload.bytes.len() as u64 * 8)
    }
}

impl Priced {
    fn nothing(prices: &[NamedPrices]) -> Self {
        let energies = vec![ComputeEnergy::default(); EXECUTED.len() * prices.len()];
        Self { counts: Default::default(), energies: energies.into() }
    }

    /// Operations of `layers` of `network`; for `matched_steps` see
    /// [`PlannedNetwork`](crate::plan::PlannedNetwork::matched_steps).
    pub(crate) fn new(
        network: &Network,
        matched_steps: Option<usize>,
        layers: &[LayerCounts],
        prices: &[NamedPrices],
    ) -> Self {
        let counts = EXECUTED.map(|convention| layers.iter().map(|layer| *layer.counts_under(convention)).sum());
        let lists = EXECUTED.iter().flat_map(|&convention| prices.iter().map(move |prices| (convention, prices)));
        let energy = |(convention, prices): (_, &NamedPrices)| {
            prices.list.account(network, matched_steps, layers, convention).energy()
        };
        Self { counts, energies: lists.map(energy).collect() }
    }

    /// What this has more than `earlier`.
    pub(crate) fn beyond(&self, earlier: &Self) -> Self {
        let energies = self.energies.iter().zip(&earlier.energies).map(|(later, earlier)| later.beyond(earlier));
        let counts = std::array::from_fn(|i| self.counts[i].beyond(&earlier.counts[i]));
        Self { counts, energies: energies.collect() }
    }

    /// Operations that a processor executes.
    pub(crate) fn counts(&self, convention: Convention) -> Counts {
        self.counts[place(convention)]
    }

    /// Energy of these operations by one price list; none without a list.
    pub(crate) fn energy(&self, prices: Option<PriceIndex>, convention: Convention) -> ComputeEnergy {
        let lists = self.energies.len() / EXECUTED.len();
        prices
            .map_or_else(ComputeEnergy::default, |prices| self.energies[place(convention) * lists + prices.position()])
    }
}

/// Place of a convention in [`EXECUTED`].
fn place(convention: Convention) -> usize {
    usize::from(convention == Convention::NonZero)
}
