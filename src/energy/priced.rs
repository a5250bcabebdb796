//! What an inference costs: operation counts of a network, and their account under a price list.

use crate::failure::Failure;
use crate::given::check_dataset;
use crate::progress::SampleBar;
use cospike_models::dataset::Dataset;
use cospike_models::offline::{self, Input};
use cospike_models::zoo::{NetworkChoice, Zoo, ZooNetwork};
use cospike_scenarios::profiles::Prices;
use cospike_sim_core::energy::{Account, PriceList};
use cospike_sim_core::inference::{Coding, Convention, LayerCounts};

/// A network and the operations of its head, which is executed on the edge.
pub(super) struct Measured {
    pub(super) zoo: ZooNetwork,
    /// Counts of each layer of the head but the input, summed over the samples.
    pub(super) layers: Vec<LayerCounts>,
    /// Number of samples.
    pub(super) samples: u32,
}

/// A price list, and accounts of both networks under it, summed over the samples.
pub(super) struct Priced {
    /// Name of the price list.
    pub(super) name: String,
    pub(super) prices: Prices,
    /// By each convention that was asked for, the default first.
    pub(super) pairs: Vec<Pair>,
}

/// The accounts of both networks by one convention.
pub(super) struct Pair {
    pub(super) convention: Convention,
    pub(super) spiking: Account,
    pub(super) float: Account,
}

impl Measured {
    /// Executes the network `choice` on the first `samples` samples of `dataset`.
    pub(super) fn infer(zoo: &Zoo, choice: NetworkChoice, dataset: &Dataset, samples: u32) -> Result<Self, Failure> {
        let network = zoo.network(&choice).map_err(Failure::mistake)?;
        check_dataset(dataset, &network)?;
        let bar = SampleBar::new(samples.into());
        let input = Input { coding: Coding::Direct, seed: 0 };
        let inference = offline::infer(&network, input, (dataset, samples as usize), false, &|| bar.tick())?;
        let cut = network.network.cut();
        let layers = inference.layers.into_iter().filter(|layer| layer.layer <= cut).collect();
        Ok(Self { zoo: network, layers, samples })
    }

    /// Account of the head under a price list, summed over the samples.
    fn account(&self, list: &PriceList, convention: Convention) -> Account {
        list.account(self.zoo.network.network(), self.zoo.matched_steps, &self.layers, convention)
    }

    /// Mean per sample of a sum over the samples.
    pub(super) fn mean(&self, sum: f64) -> f64 {
        sum / f64::from(self.samples)
    }
}

impl Priced {
    /// The accounts of `spiking` and `float` under the list `name`, by each of `conventions`.
    pub(super) fn new(
        (name, prices): (String, Prices),
        [spiking, float]: [&Measured; 2],
        conventions: &[Convention],
    ) -> Self {
        let pair = |&convention: &Convention| {
            let [spiking, float] = [spiking, float].map(|measured| measured.account(prices.list(), convention));
            Pair { convention, spiking, float }
        };
        let pairs = conventions.iter().map(pair).collect();
        Self { name, prices, pairs }
    }

    /// Ratio of the energies by `convention`, see [`Pair::ratio`].
    pub(super) fn ratio(&self, convention: Convention) -> Option<f64> {
        self.pairs.iter().find(|pair| pair.convention == convention)?.ratio()
    }
}

impl Pair {
    /// Energy of the spiking network over that of the float one; `None` if either is partial, or the float network needs none.
    pub(super) fn ratio(&self) -> Option<f64> {
        let (spiking, float) = (self.spiking.total()?, self.float.total()?);
        (float > 0.0).then(|| spiking / float)
    }
}
