//! One change in what goes in changes exactly what depends on it.

use cospike_models::dataset::Dataset;
use cospike_models::offline::{self, Input};
use cospike_models::zoo::Zoo;
use cospike_results::rows::Results;
use cospike_scenarios::compile;
use cospike_scenarios::diagnostic::Source;
use cospike_sim_core::inference::Coding;
use cospike_sim_core::network::read_safetensors;
use std::borrow::Cow;
use std::path::Path;

const CHANGED: &str = "resnet14-spiking-stage3-w8";

/// The weight files that ship, one of them with one weight changed: a class score's bias.
fn zoo(changed: bool) -> Zoo {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/zoo");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "safetensors")).map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_string();
        let mut bytes = std::fs::read(&path).unwrap();
        if changed && name == CHANGED {
            let bias = read_safetensors(&bytes).unwrap().0["fc.bias"].data[0].to_le_bytes();
            let at = bytes.windows(4).rposition(|window| window == bias).unwrap();
            bytes[at..at + 4].copy_from_slice(&100.0_f32.to_le_bytes());
        }
        (name, Cow::Owned(bytes))
    });
    Zoo::from_files(files).unwrap()
}

fn results(zoo: &Zoo) -> Results {
    let text = include_str!("data/small.toml").to_string();
    let source = Source::shipped("small.toml", text);
    compile(&source, zoo).unwrap().into_study(zoo).unwrap().run(None, &|_| {}).unwrap()
}

#[test]
fn one_weight_changes_the_answers_of_its_network_alone() {
    let (shipped, changed) = (results(&zoo(false)), results(&zoo(true)));
    let networks = |results: &Results, at: usize| results.manifest.networks[at].clone();
    for at in 0..shipped.manifest.networks.len() {
        let (before, after) = (networks(&shipped, at), networks(&changed, at));
        assert_eq!(before == after, before.name != CHANGED, "{} and its hash", before.name);
    }
    assert_eq!(shipped.layers, changed.layers, "a bias costs no operation");
    assert_eq!(shipped.latencies, changed.latencies);
    for (before, after) in shipped.points.iter().zip(&changed.points) {
        let its_own = before.family == "spiking" && before.width == Some(8);
        assert_eq!(before == after, !its_own, "{}", before.label);
        let answers = |results: &Results| {
            let rows = results.answers.iter().filter(|row| row.network == before.network);
            rows.map(|row| row.answer).collect::<Vec<_>>()
        };
        assert_eq!(answers(&shipped) == answers(&changed), !its_own, "{}", before.label);
        assert_eq!(answers(&changed).iter().all(|&answer| answer == 0), its_own, "class 0 outweighs all others");
    }
}

#[test]
fn one_label_changes_one_sample_s_score_and_no_answer() {
    let zoo = zoo(false);
    let dataset = Dataset::fashion_mnist_test().unwrap();
    let choice = zoo.choice(CHANGED).unwrap();
    let network = zoo.network(&choice).unwrap();
    let input = Input { coding: Coding::Direct, seed: 0 };
    let run = offline::infer(&network, input, (&dataset, 50), false, &|| {}).unwrap();
    let right = run.answers.iter().zip(&dataset.labels).position(|(&answer, &label)| answer == usize::from(label));
    let right = right.unwrap();
    let mut relabelled = dataset.clone();
    relabelled.labels[right] = (dataset.labels[right] + 1) % 10;
    assert_eq!(run.correct(&relabelled.labels) + 1, run.correct(&dataset.labels));
}
