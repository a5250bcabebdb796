//! What SpikingJelly 2.0 recorded, and what NeuroBench, SpikingJelly and syops counted of it.

use cospike_models::import::reference::{Comparison, Reference, ReferenceError};
use cospike_sim_core::inference::{LayerObservation, Tool, ToolCounts};
use cospike_sim_core::network::Operation;
use serde_json::Value;
use std::path::{Path, PathBuf};

fn large(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sim-core/tests/data").join(name)
}

fn small(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/references").join(name)
}

fn compare(path: &Path) -> Comparison {
    let reference = Reference::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reference.compare(reference.images().len()).unwrap()
}

/// Kinds, resets, leaks (learned, none, without input decay), strides, widths, steps and image sizes of all sorts.
#[test]
fn no_spike_of_any_reference_differs_and_no_score_by_more_than_rounding() {
    let references = [
        (large("ref_spiking_hard.npz"), 13, 6_422_528),
        (large("ref_sew_soft.npz"), 15, 7_024_640),
        (small("sew_hard_plif.npz"), 8, 0),
        (small("spiking_soft_slow.npz"), 9, 0),
        (small("sew_soft_if.npz"), 12, 0),
        (small("spiking_hard_reset_up.npz"), 5, 0),
    ];
    for (path, layers, neurons) in references {
        let comparison = compare(&path);
        let name = path.display();
        assert_eq!(comparison.layers.len(), layers, "{name}");
        assert_eq!(comparison.flips(), 0, "{name}");
        assert!(comparison.agrees() && comparison.score_error.unwrap() > 0.0, "{name}: {:?}", comparison.score_error);
        let compared: u64 = comparison.layers.iter().map(|layer| layer.compared).sum();
        assert!(neurons == 0 || compared == neurons, "{name}: {compared}");
        assert!(comparison.layers.iter().all(|layer| layer.spikes > 0 && layer.spikes == layer.recorded), "{name}");
    }
}

#[test]
fn a_reference_of_other_neurons_is_not_reproduced() {
    let comparison = compare(&small("wrong_threshold.npz"));
    assert!(comparison.flips() > 100 && !comparison.agrees());
    assert!(comparison.score_error.unwrap() > Comparison::SCORE_TOLERANCE);
}

#[test]
fn a_file_that_is_no_reference_says_why() {
    let error = |name: &str| Reference::read(&small(name)).unwrap_err().to_string();
    let wrong = "tensor `blocks.1.conv1.norm.bias` has shape [4], the network needs [5]";
    assert_eq!(error("wrong_shape.npz"), format!("{}: {wrong}", small("wrong_shape.npz").display()));
    assert!(
        error("make.py").contains("make.py: not an .npz file, or a truncated or damaged one: "),
        "{}",
        error("make.py")
    );
    assert!(matches!(Reference::read(&small("none.npz")).unwrap_err(), ReferenceError::Read(_)));
    let folder = tempfile::tempdir().unwrap();
    let cut_off = folder.path().join("cut_off.npz");
    let whole = std::fs::read(small("sew_soft_if.npz")).unwrap();
    std::fs::write(&cut_off, &whole[..whole.len() / 2]).unwrap();
    assert!(Reference::read(&cut_off).unwrap_err().to_string().contains("not an .npz file"));
    // Bytes that are not what was compressed, all through the file: an error or the same archive, never a panic.
    for at in (100..whole.len()).step_by(1999) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&cut_off, damaged).unwrap();
        let _ = Reference::read(&cut_off);
    }
}

/// What the tools count of every layer on the first `images` images.
fn observed(name: &str, images: usize) -> (Reference, Vec<LayerObservation>) {
    let reference = Reference::read(&large(name)).unwrap();
    let layers = reference.observe(images).unwrap().layers().to_vec();
    (reference, layers)
}

/// A whole number: NeuroBench and SpikingJelly count nothing else.
fn whole(counts: ToolCounts) -> (u64, u64) {
    assert_eq!((counts.ac.fract(), counts.mac.fract()), (0.0, 0.0));
    (counts.ac as u64, counts.mac as u64)
}

/// syops multiplies by a mean in single precision.
fn close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-6 * theirs
}

/// `counts_*.json`: sums over the first four images, layer by layer.
#[test]
fn every_weighted_layer_counts_as_three_tools_counted_it() {
    for (archive, counts) in [
        ("ref_spiking_hard.npz", include_str!("../../sim-core/tests/data/counts_spiking_hard.json")),
        ("ref_sew_soft.npz", include_str!("../../sim-core/tests/data/counts_sew_soft.json")),
    ] {
        let (reference, observed) = observed(archive, 4);
        let counted = reference.compare(4).unwrap().counts;
        let published: Value = serde_json::from_str(counts).unwrap();
        let layers = published["layers"].as_array().unwrap();
        let mut neurobench = (0, 0);
        for layer in layers {
            let name = layer["layer"].as_str().unwrap();
            let index = reference.network().layers.iter().position(|layer| layer.name == name).unwrap();
            let operation = reference.network().layers[index].operation;
            let by = |tool: Tool| tool.count(operation, &observed[index]);
            let integer = |key: &str| layer[key].as_u64().unwrap();
            let (ac, mac) = whole(by(Tool::NeuroBench));
            let effective = integer("nb_eff");
            let expected = if layer["neurobench"] == "AC" { (effective, 0) } else { (0, effective) };
            assert_eq!((ac, mac), expected, "{archive} {name}: NeuroBench");
            neurobench = (neurobench.0 + ac, neurobench.1 + mac);
            let expected = (integer("sj_AC"), integer("sj_MAC"));
            assert_eq!(whole(by(Tool::SpikingJelly)), expected, "{archive} {name}: SpikingJelly");
            let syops = by(Tool::Syops);
            let float = |key: &str| layer[key].as_f64().unwrap();
            assert!(
                close(syops.ac, float("syops_AC")) && close(syops.mac, float("syops_MAC")),
                "{archive} {name}: {syops:?}"
            );
            // Ours of spikes, graded or not, are sinabs' of their values.
            let ours = counted.iter().find(|counts| counts.layer == index).unwrap().counts;
            if ours.ac > 0 {
                assert_eq!(ours.ac as f64, float("sinabs"), "{archive} {name}: CoSpike");
            }
            assert_eq!(observed[index].pairs, observed[index].effective_pairs, "no weight is zero");
        }
        let totals = &published["totals"];
        let expected = (totals["neurobench_ACs"].as_u64().unwrap(), totals["neurobench_MACs"].as_u64().unwrap());
        assert_eq!(neurobench, expected);
        assert_eq!(layers.len(), 16);
    }
}

/// The same network on its first two images, per image: what the tools print of whatever is not a weighted layer too. Batch
/// normalisation, which they counted there and which is folded in here, is left out.
#[test]
fn the_worked_example_of_a_residual_network_counts_as_three_tools_counted_it() {
    let (reference, observed) = observed("ref_spiking_hard.npz", 2);
    let sum = |tool: Tool, chosen: &dyn Fn(&Operation) -> bool| {
        let layers = reference.network().layers.iter().zip(&observed).filter(|(layer, _)| chosen(&layer.operation));
        let sum = layers.map(|(layer, observed)| tool.count(layer.operation, observed));
        sum.fold((0.0, 0.0), |(ac, mac), counts| (ac + counts.ac / 2.0, mac + counts.mac / 2.0))
    };
    let convolutions = |op: &Operation| matches!(op, Operation::Conv2d(_));
    let classifier = |op: &Operation| *op == Operation::Linear;
    let neurons = |op: &Operation| matches!(op, Operation::Neuron(_));
    let adds = |op: &Operation| *op == Operation::Add;
    let pools = |op: &Operation| matches!(op, Operation::Pool(_));

    assert_eq!(sum(Tool::NeuroBench, &convolutions), (3_674_368.0, 430_336.0));
    let (ac, mac) = sum(Tool::NeuroBench, &classifier);
    assert_eq!((ac, mac.round()), (0.0, 1_455.0));
    for others in [&neurons as &dyn Fn(&Operation) -> bool, &adds, &pools] {
        assert_eq!(sum(Tool::NeuroBench, others), (0.0, 0.0));
    }

    assert_eq!(sum(Tool::SpikingJelly, &convolutions), (3_674_368.0, 451_584.0));
    assert_eq!(sum(Tool::SpikingJelly, &classifier), (0.0, 2_560.0));
    // Six additions and subtractions of a neuron's step.
    assert_eq!(sum(Tool::SpikingJelly, &neurons), (6.0 * 401_408.0, 0.0));
    assert_eq!(sum(Tool::SpikingJelly, &adds), (175_616.0, 0.0));
    assert_eq!(sum(Tool::SpikingJelly, &pools), (12_288.0, 0.0));
    assert_eq!(sum(Tool::SpikingJelly, &|_| true), (6_710_040.0 - 439_320.0, 893_184.0 - 439_040.0));

    let (ac, mac) = sum(Tool::Syops, &convolutions);
    assert!(close(ac, 4_073_952.0) && mac == 451_584.0, "{ac} {mac}");
    assert_eq!(sum(Tool::Syops, &classifier), (0.0, 2_565.0));
    assert_eq!(sum(Tool::Syops, &neurons), (401_408.0, 0.0));
    assert_eq!(sum(Tool::Syops, &adds), (0.0, 0.0));
    assert_eq!(sum(Tool::Syops, &pools).0.round(), 548.0);
}
