//! `energy`: what an inference costs under each price list, a spiking network and its float twin side by side.

mod activity;
mod print;

use crate::Failure;
use crate::arguments::Energy;
use crate::given::{check_shape, unknown_name};
use crate::progress::Bar;
use activity::Activity;
use cospike_models::dataset::Dataset;
use cospike_models::offline::{self, Input};
use cospike_models::zoo::{NetworkChoice, Zoo, ZooNetwork};
use cospike_scenarios::diagnostic::Diagnostic;
use cospike_scenarios::profiles::{Prices, all_shipped, find_for_option};
use cospike_sim_core::energy::{Account, PriceList};
use cospike_sim_core::inference::{Coding, LayerCounts};
use cospike_studies::Progress;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

/// The part of a network that runs on the edge, with its counts over all samples.
struct Measured {
    zoo: ZooNetwork,
    layers: Vec<LayerCounts>,
    samples: u32,
}

/// A price list with the accounts of both networks, over all samples.
struct Priced {
    name: String,
    prices: Prices,
    spiking: Account,
    float: Account,
}

/// Runs both networks on test images and prints their accounts.
pub(crate) fn energy(arguments: &Energy) -> Result<(), Failure> {
    let lists = price_lists(&arguments.prices)?;
    if arguments.ledger && lists.len() > 1 {
        return Err(Failure::Input("error: `--ledger` shows the account of one list: add `--prices NAME`".into()));
    }
    let zoo = arguments.zoo.open()?;
    let twins = zoo.twins(&arguments.network).map_err(unknown_name)?;
    let dataset = arguments.data.open()?;
    if arguments.samples as usize > dataset.len() {
        let message = format!("error: `--samples {}`, but there are {} test images", arguments.samples, dataset.len());
        return Err(Failure::Input(message));
    }
    let [spiking, float] = twins.map(|choice| Measured::run(&zoo, choice, &dataset, arguments.samples));
    let (spiking, float) = (spiking?, float?);
    let priced: Vec<Priced> = lists
        .into_iter()
        .map(|(name, prices)| Priced {
            name,
            spiking: spiking.account(prices.list()),
            float: float.account(prices.list()),
            prices,
        })
        .collect();
    let activity = Activity::of(&spiking);
    match (arguments.json, arguments.ledger) {
        (true, _) => print::json(&priced, &spiking, &float, &activity),
        (false, true) => priced.iter().for_each(|priced| print::ledger(priced, &spiking, &float, &activity)),
        (false, false) => print::comparison(&arguments.network, &priced, &spiking, &activity),
    }
    Ok(())
}

/// The lists that the user means by `word`, with their names.
fn price_lists(word: &str) -> Result<Vec<(String, Prices)>, Failure> {
    let shown = |mistake: Diagnostic| Failure::Input(mistake.render(std::io::stderr().is_terminal()));
    if word == "all" {
        let shipped = all_shipped::<Prices>().map_err(shown)?;
        return Ok(shipped.into_iter().map(|(name, prices)| (name.into(), prices)).collect());
    }
    Ok(vec![(word.into(), find_for_option("--prices", word).map_err(shown)?)])
}

impl Measured {
    fn run(zoo: &Zoo, choice: NetworkChoice, dataset: &Dataset, samples: u32) -> Result<Self, Failure> {
        let network = zoo.network(&choice)?;
        check_shape(dataset, &network)?;
        let (bar, done) = (Bar::new(), AtomicU64::new(0));
        let tick = || {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            bar.show(Progress::Inference { done, total: samples.into() });
        };
        let input = Input { coding: Coding::Direct, seed: 0 };
        let inference = offline::infer(&network, input, (dataset, samples as usize), false, &tick)?;
        let cut = network.network.cut();
        let layers = inference.layers.into_iter().filter(|layer| layer.layer <= cut).collect();
        Ok(Self { zoo: network, layers, samples })
    }

    fn account(&self, list: &PriceList) -> Account {
        list.account(self.zoo.network.network(), self.zoo.matched_steps, &self.layers)
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / f64::from(self.samples)
    }
}

impl Priced {
    /// Spiking over float; `None` if either is partial, or the float network does nothing.
    fn ratio(&self) -> Option<f64> {
        let (spiking, float) = (self.spiking.total()?, self.float.total()?);
        (float > 0.0).then(|| spiking / float)
    }
}
