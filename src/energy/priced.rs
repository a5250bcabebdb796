//! What an inference costs: operation counts of a network, and their account under a price list.

use crate::failure::Failure;
use crate::given::check_dataset;
use crate::progress::SampleBar;
use cospike_models::dataset::Dataset;
use cospike_models::offline::{self, Input};
use cospike_models::zoo::{NetworkChoice, Twins, Zoo, ZooNetwork};
use cospike_scenarios::profiles::Prices;
use cospike_sim_core::energy::{Account, Form, PriceList};
use cospike_sim_core::inference::{Coding, Convention, LayerCounts};
use cospike_sim_core::network::Family;
use std::rc::Rc;

/// A network as it was executed, and the operations of its head, which is executed on the edge.
pub(super) struct Measured {
    pub(super) zoo: ZooNetwork,
    pub(super) family: Family,
    /// Bits of the whole numbers that the weights of each layer were rounded to; `None` where they are as trained.
    pub(super) weight_bits: Vec<Option<u32>>,
    /// Counts of each layer of the head but the input, summed over the samples.
    pub(super) layers: Vec<LayerCounts>,
    /// Number of samples.
    pub(super) samples: u32,
    /// Number of samples that were answered correctly.
    pub(super) correct: u32,
}

/// Networks of a zoo, executed as the price lists ask for.
pub(super) struct Networks<'a> {
    zoo: &'a Zoo,
    dataset: &'a Dataset,
    samples: u32,
    measured: Vec<Rc<Measured>>,
}

/// A price list, and accounts of two networks under it, summed over the samples.
pub(super) struct Priced {
    /// Name of the price list.
    pub(super) name: String,
    pub(super) prices: Prices,
    pub(super) spiking: Rc<Measured>,
    /// The network that the spiking one is compared with.
    pub(super) twin: Rc<Measured>,
    /// By each convention that was asked for, the default first.
    pub(super) pairs: Vec<Pair>,
}

/// The accounts of both networks by one convention.
pub(super) struct Pair {
    pub(super) convention: Convention,
    pub(super) spiking: Account,
    pub(super) twin: Account,
}

impl<'a> Networks<'a> {
    /// Networks of `zoo` on the first `samples` samples of `dataset`.
    pub(super) fn new(zoo: &'a Zoo, dataset: &'a Dataset, samples: u32) -> Self {
        Self { zoo, dataset, samples, measured: vec![] }
    }

    /// The network `choice` with its weights as trained.
    pub(super) fn as_trained(&mut self, choice: &NetworkChoice) -> Result<Rc<Measured>, Failure> {
        self.measure(choice, |_, _| None)
    }

    /// The network `choice` with weights as `prices` takes them to be.
    pub(super) fn under(&mut self, choice: &NetworkChoice, prices: &Prices) -> Result<Rc<Measured>, Failure> {
        self.measure(choice, |zoo, layer| prices.weight_bits(zoo.network.network(), zoo.matched_steps, layer))
    }

    /// The spiking network of `twins` and its twin, each with weights as `prices` takes them to be. The twin is the quantised one if the
    /// list prices activations of that resolution, and the zoo has it.
    pub(super) fn twins_under(&mut self, twins: &Twins, prices: &Prices) -> Result<[Rc<Measured>; 2], Failure> {
        let matched = twins.quantised.as_ref().filter(|_| prices.form() == Form::Yan2024);
        let twin = matched.unwrap_or(&twins.float);
        Ok([self.under(&twins.spiking, prices)?, self.under(twin, prices)?])
    }

    /// The network `choice` with weights of `bits(layer)` bits, executed unless it was before.
    fn measure(
        &mut self,
        choice: &NetworkChoice,
        bits: impl Fn(&ZooNetwork, usize) -> Option<u32>,
    ) -> Result<Rc<Measured>, Failure> {
        let network = self.zoo.network_fed(self.dataset.feed(), choice).map_err(Failure::mistake)?;
        let weighted = (0..network.network.network().layers.len()).filter(|&i| network.weights.layer(i).is_some());
        let weight_bits: Vec<Option<u32>> = weighted.clone().map(|layer| bits(&network, layer)).collect();
        let is_same = |known: &&Rc<Measured>| known.family == choice.family && known.weight_bits == weight_bits;
        if let Some(known) = self.measured.iter().find(is_same) {
            return Ok(known.clone());
        }
        let by_layer: Vec<(usize, Option<u32>)> = weighted.zip(weight_bits.iter().copied()).collect();
        let of_layer = |layer| by_layer.iter().find(|(index, _)| *index == layer).and_then(|(_, bits)| *bits);
        let network = network.rounded(of_layer).map_err(Failure::mistake)?;
        let measured = Rc::new(self.infer(network, choice.family, weight_bits)?);
        self.measured.push(measured.clone());
        Ok(measured)
    }

    fn infer(&self, zoo: ZooNetwork, family: Family, weight_bits: Vec<Option<u32>>) -> Result<Measured, Failure> {
        let (dataset, samples) = (self.dataset, self.samples);
        check_dataset(dataset, &zoo)?;
        let bar = SampleBar::new(samples.into());
        let input = Input { coding: Coding::Direct, seed: 0 };
        let inference = offline::infer(&zoo, input, (dataset, samples as usize), false, &|| bar.tick())?;
        let correct = inference.correct(&dataset.labels);
        let cut = zoo.network.cut();
        let layers = inference.layers.into_iter().filter(|layer| layer.layer <= cut).collect();
        Ok(Measured { zoo, family, weight_bits, layers, samples, correct })
    }
}

impl Measured {
    /// Name of the network in the zoo.
    pub(super) fn name(&self) -> &str {
        self.zoo.files.last().map_or("", |(name, _)| name)
    }

    /// Account of the head under a price list, summed over the samples.
    pub(super) fn account(&self, list: &PriceList, convention: Convention) -> Account {
        list.account(self.zoo.network.network(), self.zoo.matched_steps, &self.layers, convention)
    }

    /// Mean per sample of a sum over the samples.
    pub(super) fn mean(&self, sum: f64) -> f64 {
        sum / f64::from(self.samples)
    }

    /// Bits of the activations that `prices` prices, if it was executed with others.
    pub(super) fn activations_not_executed(&self, prices: &Prices) -> Option<u32> {
        let priced = prices.activation_bits(self.zoo.matched_steps)?;
        (self.family == Family::Float).then_some(priced)
    }

    /// Bits of the activations of a quantised network; `None` for spikes and float32 values.
    pub(super) fn activation_bits(&self) -> Option<u32> {
        self.zoo.network.network().levels().map(|levels| u32::BITS - levels.leading_zeros())
    }
}

impl Priced {
    /// The accounts of two networks under the list `name`, by each of `conventions`.
    pub(super) fn new(
        (name, prices): (String, Prices),
        [spiking, twin]: [Rc<Measured>; 2],
        conventions: &[Convention],
    ) -> Self {
        let pair = |&convention: &Convention| {
            let [spiking, twin] = [&spiking, &twin].map(|measured| measured.account(prices.list(), convention));
            Pair { convention, spiking, twin }
        };
        let pairs = conventions.iter().map(pair).collect();
        Self { name, prices, spiking, twin, pairs }
    }

    /// Ratio of the energies by `convention`, see [`Pair::ratio`].
    pub(super) fn ratio(&self, convention: Convention) -> Option<f64> {
        self.pairs.iter().find(|pair| pair.convention == convention)?.ratio()
    }
}

impl Pair {
    /// Energy of the spiking network over that of its twin; `None` if either is partial, or the twin needs none.
    pub(super) fn ratio(&self) -> Option<f64> {
        let (spiking, twin) = (self.spiking.total()?, self.twin.total()?);
        (twin > 0.0).then(|| spiking / twin)
    }
}
