//! `infer`: accuracy and operations of one network, offline.

mod layers;
mod reference;

use crate::Failure;
use crate::arguments::{Coding, Infer};
use crate::given::{check_shape, unknown_name};
use crate::progress::Bar;
use crate::run::print_json;
use crate::table::{percent, significant};
use cospike_models::offline::{self, Input, OfflineInference};
use cospike_models::zoo::{NetworkChoice, ZooNetwork};
use cospike_sim_core::inference;
use cospike_sim_core::network::Family;
use cospike_sim_core::stats::wilson;
use cospike_studies::Progress;
use layers::Layers;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs a network on test images or a reference on its own, and prints counts per layer.
pub(crate) fn infer(arguments: &Infer) -> Result<(), Failure> {
    match (&arguments.network, &arguments.reference) {
        (_, Some(path)) => reference::compare(arguments, path),
        (Some(name), None) => infer_network(arguments, name),
        (None, None) => Err(Failure::Input("error: name a network, or a file with `--reference`".into())),
    }
}

fn infer_network(arguments: &Infer, name: &str) -> Result<(), Failure> {
    let zoo = arguments.zoo.open()?;
    let choice = zoo.choice(name).map_err(unknown_name)?;
    let dataset = arguments.data.open()?;
    let samples = arguments.samples.unwrap_or(dataset.len() as u32);
    if samples as usize > dataset.len() {
        let message = format!("error: `--samples {samples}`, but there are {} test images", dataset.len());
        return Err(Failure::Input(message));
    }
    let coding = coding(arguments, &choice)?;
    let network = zoo.network_on(coding.signal(), &choice)?;
    check_shape(&dataset, &network)?;
    let (bar, done) = (Bar::new(), AtomicU64::new(0));
    let tick = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        bar.show(Progress::Inference { done, total: samples.into() });
    };
    let input = Input { coding, seed: arguments.seed.unwrap_or(0) };
    let observe = arguments.count.is_some();
    let run = offline::infer(&network, input, (&dataset, samples as usize), observe, &tick)?;
    drop(bar);
    print(arguments, name, &network, &run, run.correct(&dataset.labels))
}

/// The coding asked for. A float network on spikes would run, and multiply, once per step for nothing.
fn coding(arguments: &Infer, choice: &NetworkChoice) -> Result<inference::Coding, Failure> {
    let coding = match arguments.coding {
        Coding::Direct => inference::Coding::Direct,
        Coding::Rate => inference::Coding::Rate,
        Coding::Latency => inference::Coding::Latency,
    };
    if coding != inference::Coding::Direct && choice.family == Family::Float {
        let message = "error: only a spiking network takes samples coded in spikes; a float one runs a single step";
        return Err(Failure::Input(message.into()));
    }
    if arguments.seed.is_some() && coding != inference::Coding::Rate {
        return Err(Failure::Input("error: `--seed` without `--coding rate`: no other coding draws anything".into()));
    }
    Ok(coding)
}

fn print(
    arguments: &Infer,
    name: &str,
    network: &ZooNetwork,
    run: &OfflineInference,
    correct: u32,
) -> Result<(), Failure> {
    let (split, samples) = (&network.network, run.answers.len());
    let accuracy = wilson(correct.into(), samples as u64)?;
    let payload_bits = run.payload_bits as f64 / samples as f64;
    let layers = Layers {
        network: split.network(),
        cut: Some(split.cut()),
        counts: &run.layers,
        observed: &run.observed,
        samples,
        tool: arguments.count,
    };
    if arguments.json {
        print_json(&json!({
            "network": name,
            "samples": samples,
            "correct": correct,
            "accuracy": accuracy.estimate,
            "interval": [accuracy.low, accuracy.high],
            "time_steps": split.steps(),
            "payload_bits": payload_bits,
            "folded_normalisations": network.weights.folded(),
            "layers": layers.json(),
        }));
        return Ok(());
    }
    layers.print();
    println!(
        "\n{name}: accuracy {} % ({correct} of {samples}, 95 % Wilson interval), T = {}, payload {} bit",
        percent(&accuracy),
        split.steps(),
        significant(payload_bits),
    );
    layers.print_notes(network.weights.folded());
    Ok(())
}
