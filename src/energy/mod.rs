//! `energy`: what an inference costs under each price list, a spiking network and its twin side by side: the float one, or the
//! quantised one where a list is for activations of as few bits as the spiking network's steps resolve.

mod activity;
mod alone;
mod priced;
mod print;

use crate::arguments::Energy;
use crate::failure::Failure;
use crate::given::{check_samples, frames, unknown_name};
use activity::Activity;
use cospike_models::zoo::{Format, NetworkChoice, Twins};
use cospike_scenarios::profiles::{Prices, all_shipped, find_for_option};
use cospike_sim_core::inference::Convention;
use priced::{Networks, Priced};

/// Samples that are used if the data set has as many.
const USUAL_SAMPLES: usize = 1_000;

/// Executes both networks, or the one of a file, on test images and prints what they cost.
pub(crate) fn energy(arguments: &Energy) -> Result<(), Failure> {
    let lists = price_lists(&arguments.prices)?;
    if arguments.ledger && lists.len() > 1 {
        return Err(Failure::mistake("`--ledger` shows the account under one price list: add `--prices NAME`"));
    }
    let is_file = Format::recognise(&arguments.network).is_some();
    if arguments.time_steps.is_some() && !is_file {
        return Err(Failure::mistake(
            "`--time-steps` needs the file of a network: those of the zoo have as many as they were trained with",
        ));
    }
    let dataset = arguments.data.open()?;
    let steps = arguments.time_steps.or_else(|| frames(&dataset));
    let (zoo, name) = arguments.file.open(&arguments.network, arguments.unit.as_deref(), &arguments.zoo, steps)?;
    let samples = arguments.samples.unwrap_or_else(|| dataset.len().min(USUAL_SAMPLES) as u32);
    check_samples(samples, dataset.len(), "test samples")?;
    let mut networks = Networks::new(&zoo, &dataset, samples);
    let mut conventions = vec![Convention::Inside, Convention::NonZero];
    if arguments.borders {
        conventions.push(Convention::WithBorders);
    }
    let twins = match (is_file, zoo.twins(&name)) {
        // Its twins are executed once.
        (false, Ok(twins)) => Twins { spiking: NetworkChoice { readout: arguments.readout, ..twins.spiking }, ..twins },
        (_, twins) => {
            let unknown = |unknown| unknown_name(twins.err().unwrap_or(unknown));
            let choice = zoo.choice(&name).map_err(unknown)?;
            let time_steps = arguments.time_steps.or(choice.time_steps);
            let choice = NetworkChoice { time_steps, readout: arguments.readout, ..choice };
            return alone::energy((arguments, samples), &mut networks, &choice, lists, &conventions);
        }
    };
    let spiking = networks.as_trained(&twins.spiking)?;
    let priced = lists.into_iter().map(|(name, prices)| {
        let pair = networks.twins_under(&twins, &prices)?;
        Ok(Priced::new((name, prices), pair, &conventions))
    });
    let priced = priced.collect::<Result<Vec<Priced>, Failure>>()?;
    let activity = Activity::new(&spiking);
    match (arguments.json, arguments.ledger) {
        (true, _) => print::json(&priced, &activity, samples)?,
        (false, true) => priced.iter().for_each(|priced| print::ledger(priced, &activity)),
        (false, false) => print::comparison(&arguments.network, &priced, &activity)?,
    }
    Ok(())
}

/// The price lists that `word` stands for, with their names: all built-in ones, a built-in one, or a file.
fn price_lists(word: &str) -> Result<Vec<(String, Prices)>, Failure> {
    if word == "all" {
        let shipped = all_shipped::<Prices>().map_err(Failure::in_file)?;
        return Ok(shipped.into_iter().map(|(name, prices)| (name.into(), prices)).collect());
    }
    Ok(vec![(word.into(), find_for_option("--prices", word).map_err(Failure::in_file)?)])
}
