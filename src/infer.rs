//! `infer`: accuracy and operations of one network, offline.

use crate::Failure;
use crate::arguments::Infer;
use crate::progress::Bar;
use crate::run::print_json;
use crate::table::{percent, significant, table};
use cospike_scenarios::dataset::Dataset;
use cospike_scenarios::scenario::DatasetName;
use cospike_scenarios::study::{Inference, InferenceKey, InferenceRun, Progress};
use cospike_scenarios::zoo::{Zoo, ZooError};
use cospike_sim_core::network::Network;
use cospike_sim_core::stats::wilson;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs a network of the zoo on test images and prints accuracy and mean counts per layer.
pub(crate) fn infer(arguments: &Infer) -> Result<(), Failure> {
    let zoo = Zoo::shipped()?;
    let choice = zoo.choice(&arguments.network).map_err(unknown_name)?;
    let dataset = Dataset::fashion_mnist_test()?;
    let samples = arguments.samples.unwrap_or(dataset.len() as u32);
    if samples as usize > dataset.len() {
        let message = format!("error: `--samples {samples}`, but there are {} test images", dataset.len());
        return Err(Failure::Input(message));
    }
    let network = zoo.network(&choice)?;
    let inference =
        Inference::new(InferenceKey { choice, stepwise: false, dataset: DatasetName::FashionMnist, samples }, network)?;
    let (bar, done) = (Bar::new(), AtomicU64::new(0));
    let tick = || {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        bar.show(Progress::Inference { done, total: samples.into() });
    };
    let run = inference.run(&dataset, &[], &tick)?;
    let correct = run.correct(&dataset.labels);
    let accuracy = wilson(correct.into(), samples.into())?;
    let split = &inference.network.network;
    if arguments.json {
        print_json(&json!({
            "network": arguments.network,
            "samples": samples,
            "correct": correct,
            "accuracy": accuracy.estimate,
            "interval": [accuracy.low, accuracy.high],
            "time_steps": split.steps(),
            "payload_bits": run.payload_bits(),
            "layers": layers_json(split.network(), split.cut(), &run),
        }));
        return Ok(());
    }
    print_layers(split.network(), split.cut(), &run);
    println!(
        "\n{}: accuracy {} % ({correct} of {samples}, 95 % Wilson interval), T = {}, payload {} bit",
        arguments.network,
        percent(&accuracy),
        split.steps(),
        significant(run.payload_bits()),
    );
    println!(
        "means per sample over all time steps; AC, MAC: accumulates on spikes, multiply-accumulates on real values"
    );
    Ok(())
}

fn unknown_name(error: ZooError) -> Failure {
    match &error {
        ZooError::UnknownName { known, .. } => {
            Failure::Input(format!("error: {error}\nhelp: there are {}", known.join(", ")))
        }
        _ => error.into(),
    }
}

fn part(layer: usize, cut: usize) -> &'static str {
    if layer <= cut { "head" } else { "tail" }
}

fn print_layers(network: &Network, cut: usize, run: &InferenceRun) {
    let mut layers = table(&["layer", "part", "shape", "spikes in", "spikes out", "AC", "MAC", "neuron updates"]);
    let mean = |sum: u64| significant(sum as f64 / run.samples.len() as f64);
    for counted in &run.layers {
        let layer = &network.layers[counted.layer];
        let counts = &counted.counts;
        layers.add_row([
            layer.name.clone(),
            part(counted.layer, cut).into(),
            layer.output.to_string(),
            mean(counted.input_events),
            mean(counted.output_events),
            mean(counts.ac),
            mean(counts.mac),
            mean(counts.neuron_updates),
        ]);
    }
    println!("{layers}");
}

fn layers_json(network: &Network, cut: usize, run: &InferenceRun) -> Vec<Value> {
    let mean = |sum: u64| sum as f64 / run.samples.len() as f64;
    let layer = |counted: &cospike_sim_core::inference::LayerCounts| {
        let counts = &counted.counts;
        json!({
            "layer": network.layers[counted.layer].name,
            "part": part(counted.layer, cut),
            "input_events": mean(counted.input_events),
            "output_events": mean(counted.output_events),
            "ac": mean(counts.ac),
            "mac": mean(counts.mac),
            "neuron_updates": mean(counts.neuron_updates),
            "weight_reads": mean(counts.weight_reads),
            "state_accesses": mean(counts.state_accesses),
            "activation_reads": mean(counts.activation_reads),
            "activation_writes": mean(counts.activation_writes),
        })
    };
    run.layers.iter().map(layer).collect()
}
