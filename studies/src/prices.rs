//! Prices of what networks did, step by step.

use crate::inference::{NetworkInference, PreparedNetwork, SampleInference, StageInference};
use crate::plan::{DesignPoint, Plan};
use cospike_results::index::{NetworkIndex, PriceIndex};
use cospike_sim_core::cosim::Guess;
use cospike_sim_core::energy::{ComputeEnergy, PriceList};
use cospike_sim_core::inference::{Convention, Counts, LayerCounts};
use cospike_sim_core::network::Network;
use cospike_sim_core::payload::{Codec, Payload};
use rayon::prelude::*; // threads are spent on samples
use std::collections::{BTreeMap, BTreeSet};

/// What the networks of a plan did; those that could not be executed are missing.
pub(crate) type PricedNetworks = BTreeMap<NetworkIndex, PricedNetwork>;

/// What a network did on its samples, with its energy by the price lists that design points use.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PricedNetwork {
    /// One per sample, in the order of the data set.
    pub(crate) samples: Vec<PricedSample>,
    /// Codec of the payloads.
    pub(crate) codec: Codec,
}

/// What a network did on one sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PricedSample {
    /// One per time step if the network is evaluated step by step, else one for all steps.
    pub(crate) steps: Vec<PricedStep>,
    /// Payload of all steps together; `None` if everything is executed on the edge.
    pub(crate) payload: Option<Payload>,
}

/// What a network did in one step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PricedStep {
    pub(crate) head: Priced,
    pub(crate) tail: Priced,
    /// Answer from the steps up to this one.
    pub(crate) guess: Guess,
}

/// Operations by each convention, and their energy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Priced {
    /// In the order of [`EXECUTED`].
    counts: [Counts; EXECUTED.len()],
    /// One for each of the [`UsedLists`].
    energies: Box<[ComputeEnergy]>,
}

/// The price lists by which the design points of a plan price what their devices and servers execute. The others of the plan
/// are only for comparison, which takes no prices of single samples.
#[derive(Clone, Debug)]
pub(crate) struct UsedLists(Vec<UsedList>);

/// A price list that a design point uses, and the place of its convention in [`EXECUTED`].
pub(crate) type Use = (PriceIndex, usize);

/// The price lists that a design point uses.
pub(crate) fn uses(point: &DesignPoint) -> impl Iterator<Item = Use> {
    let device = point.prices.map(|index| (index, place(point.convention)));
    let cloud = point.cloud_prices.map(|index| (index, place(point.cloud_convention)));
    [device, cloud].into_iter().flatten()
}

/// A price list and the operations that count under it.
#[derive(Clone, Debug)]
struct UsedList {
    index: PriceIndex,
    convention: Convention,
    list: PriceList,
}

impl UsedLists {
    /// The lists of `plan`, which was checked, that are `used`.
    pub(crate) fn new(plan: &Plan, used: &BTreeSet<Use>) -> Self {
        let list = |&(index, place): &Use| UsedList {
            index,
            convention: EXECUTED[place],
            list: plan.prices[index.position()].list,
        };
        Self(used.iter().map(list).collect())
    }

    /// Number of lists.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn position(&self, prices: PriceIndex, convention: Convention) -> Option<usize> {
        self.0.iter().position(|used| (used.index, used.convention) == (prices, convention))
    }
}

/// Conventions by which processors work: they compute with zeros, or skip them. None runs over the padding.
pub(crate) const EXECUTED: [Convention; 2] = [Convention::Inside, Convention::NonZero];

impl PricedNetwork {
    /// Prices what `network` did by each of `lists`, on the threads of the current rayon pool.
    pub(crate) fn new(network: &PreparedNetwork, inference: NetworkInference, lists: &UsedLists) -> Self {
        let samples = inference.samples.into_par_iter().map(|sample| PricedSample::new(network, sample, lists));
        Self { samples: samples.collect(), codec: network.blueprint.codec }
    }
}

impl PricedSample {
    fn new(network: &PreparedNetwork, sample: SampleInference, lists: &UsedLists) -> Self {
        let (mut steps, mut earlier) = (vec![], [Priced::nothing(lists), Priced::nothing(lists)]);
        let price =
            |layers: Vec<LayerCounts>| Priced::new(&network.blueprint.network, network.matched_steps, &layers, lists);
        for StageInference { head, tail, guess } in sample.stages {
            let priced = [head, tail].map(price);
            let [head, tail] = [0, 1].map(|half| priced[half].beyond(&earlier[half]));
            steps.push(PricedStep { head, tail, guess });
            earlier = priced;
        }
        Self { steps, payload: sample.payload }
    }
}

impl Priced {
    fn nothing(lists: &UsedLists) -> Self {
        let energies = vec![ComputeEnergy::default(); lists.len()];
        Self { counts: Default::default(), energies: energies.into() }
    }

    /// Operations of `layers` of `network`; for `matched_steps` see
    /// [`PlannedNetwork`](crate::plan::PlannedNetwork::matched_steps).
    pub(crate) fn new(
        network: &Network,
        matched_steps: Option<usize>,
        layers: &[LayerCounts],
        lists: &UsedLists,
    ) -> Self {
        let counts = EXECUTED.map(|convention| layers.iter().map(|layer| *layer.counts_under(convention)).sum());
        let energy = |used: &UsedList| used.list.account(network, matched_steps, layers, used.convention).energy();
        Self { counts, energies: lists.0.iter().map(energy).collect() }
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

    /// Energy of these operations by one of `lists`; none without one.
    pub(crate) fn energy(
        &self,
        lists: &UsedLists,
        prices: Option<PriceIndex>,
        convention: Convention,
    ) -> ComputeEnergy {
        let position = prices.and_then(|prices| lists.position(prices, convention));
        position.map_or_else(ComputeEnergy::default, |position| self.energies[position])
    }
}

/// Place of a convention in [`EXECUTED`].
fn place(convention: Convention) -> usize {
    usize::from(convention == Convention::NonZero)
}
