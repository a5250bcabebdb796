//! `infer`: accuracy and operations of one network, without devices.

mod layers;
mod neurobench;
mod reference;

use crate::arguments::{Coding, Count, Infer};
use crate::ending::check_ending;
use crate::failure::Failure;
use crate::given::{check_dataset, check_samples, frames, unknown_name};
use crate::network_file;
use crate::output::{percent, print_json, say_wrapped, significant};
use crate::progress::SampleBar;
use cospike_models::dataset::Dataset;
use cospike_models::offline::{self, Input, OfflineError, OfflineInference};
use cospike_models::zoo::{Format, NetworkChoice, Zoo, ZooNetwork};
use cospike_results::store::whole_file::WholeFile;
use cospike_sim_core::inference;
use cospike_sim_core::stats::wilson;
use layers::Layers;
use neurobench::NeuroBench;
use serde_json::json;
use std::path::Path;

/// Executes a network on test images, or a reference on its own images, and prints the operations of each layer.
pub(crate) fn infer(arguments: &Infer) -> Result<(), Failure> {
    let file = arguments.network.as_deref().and_then(|word| Some((Path::new(word), Format::recognise(word)?)));
    match (&arguments.network, &arguments.reference, &arguments.compare, file) {
        (_, _, Some(recorded), Some((path, format))) => network_file::compare(arguments, path, format, recorded),
        (_, _, Some(_), None) => {
            Err(Failure::mistake("`--compare` needs the file of a network of another framework (.nir, .onnx)"))
        }
        (_, Some(path), None, _) => {
            arguments.file.options(None)?;
            reference::compare(arguments, path)
        }
        (Some(word), None, None, _) => {
            let dataset = arguments.data.open()?;
            let steps = arguments.time_steps.or_else(|| frames(&dataset));
            let (zoo, name) = arguments.file.open(word, arguments.unit.as_deref(), &arguments.zoo, steps)?;
            infer_one_of(arguments, &zoo, &name, &dataset)
        }
        (None, None, None, _) => Err(Failure::mistake("name a network, or give a file with `--reference`")),
    }
}

fn infer_one_of(arguments: &Infer, zoo: &Zoo, name: &str, dataset: &Dataset) -> Result<(), Failure> {
    let mut choice = zoo.choice(name).map_err(unknown_name)?;
    if arguments.time_steps.is_some_and(|steps| steps > 1 && !choice.family.has_steps()) {
        let family = choice.family.name();
        return Err(Failure::mistake(format!("a {family} network runs once\nhelp: leave `--time-steps` out")));
    }
    choice.time_steps = arguments.time_steps.or(choice.time_steps);
    choice.readout = arguments.readout;
    let samples = arguments.samples.unwrap_or(dataset.len() as u32);
    check_samples(samples, dataset.len(), "test samples")?;
    let coding = coding(arguments, &choice)?;
    let network = match coding {
        inference::Coding::Direct => zoo.network_fed(dataset.feed(), &choice),
        _ if dataset.kind.steps().is_some() => {
            return Err(Failure::mistake("frames are fed in as they are\nhelp: leave `--coding` out"));
        }
        _ => zoo.network_on(coding.signal(), &choice),
    };
    let network = network.map_err(Failure::mistake)?;
    check_dataset(dataset, &network)?;
    // Before minutes are spent on what could not be written.
    let begin = |path: &Path| {
        check_ending(path, "a NumPy archive", "npz")?;
        WholeFile::create_new(path).map_err(Failure::mistake)
    };
    let scores = arguments.scores.as_deref().map(begin).transpose()?;
    let bar = SampleBar::new(samples.into());
    let input = Input { coding, seed: arguments.seed.unwrap_or(0) };
    let observe = arguments.count.is_some();
    let inference = offline::infer(&network, input, (dataset, samples as usize), observe, &|| bar.tick());
    let inference = inference.map_err(|error| match error {
        OfflineError::Coding { .. } => Failure::mistake(error),
        other => other.into(),
    })?;
    if let Some(file) = scores {
        inference.write_scores(file.file(), &dataset.labels)?;
        file.finish()?;
    }
    print(arguments, name, &network, &inference, inference.correct(&dataset.labels))
}

/// The coding that was asked for. A network that is executed once is refused spikes: it would multiply in every step, for
/// nothing.
fn coding(arguments: &Infer, choice: &NetworkChoice) -> Result<inference::Coding, Failure> {
    let coding = match arguments.coding {
        Coding::Direct => inference::Coding::Direct,
        Coding::Rate => inference::Coding::Rate,
        Coding::Latency => inference::Coding::Latency,
    };
    if coding != inference::Coding::Direct && !choice.family.has_steps() {
        let message = format!(
            "a {} network takes direct coding only: samples coded in spikes need a spiking network",
            choice.family.name()
        );
        return Err(Failure::mistake(message));
    }
    if arguments.seed.is_some() && coding != inference::Coding::Rate {
        return Err(Failure::mistake("`--seed` needs `--coding rate`: no other coding is random"));
    }
    Ok(coding)
}

/// Prints accuracy, payload and operations, as a table or as JSON.
fn print(
    arguments: &Infer,
    name: &str,
    network: &ZooNetwork,
    inference: &OfflineInference,
    correct: u32,
) -> Result<(), Failure> {
    let (split, samples) = (&network.network, inference.answers.len());
    let accuracy = wilson(correct.into(), samples as u64)?;
    let payload_bits = inference.payload_bits as f64 / samples as f64;
    let layers = Layers {
        network: split.network(),
        cut: Some(split.cut()),
        counts: &inference.layers,
        observed: &inference.observed,
        samples,
        tool: arguments.count,
    };
    let neurobench = (arguments.count == Some(Count::Neurobench)).then(|| NeuroBench::new(&layers, &network.weights));
    if arguments.json {
        let mut value = json!({
            "network": name,
            "samples": samples,
            "correct": correct,
            "accuracy": accuracy.estimate,
            "interval": [accuracy.low, accuracy.high],
            "time_steps": split.steps(),
            "readout": split.network().effective_readout().name(),
            "read_as": network.read_as,
            "payload_bits": payload_bits,
            "folded_normalisations": network.weights.folded(),
            "layers": layers.json(),
        });
        if let Some(neurobench) = neurobench {
            value["neurobench"] = neurobench.json();
        }
        print_json(&value);
        return Ok(());
    }
    layers.print();
    say_wrapped!(
        "\n{name}: accuracy {} % ({correct} of {samples}, 95 % Wilson interval), T = {}, payload {} bit",
        percent(&accuracy),
        split.steps(),
        significant(payload_bits),
    );
    layers.print_notes(network.weights.folded());
    neurobench.iter().for_each(NeuroBench::print);
    Ok(())
}
