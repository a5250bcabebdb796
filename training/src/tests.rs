//! The trainer against finite differences, against being interrupted, and against the inference engine.

use crate::backbone::Workshop;
use crate::data::{Samples, cross_entropy};
use crate::fit::{Phase, Schedule, stream};
use crate::model::{Dynamics, Features, Model, scores, tensor, values};
use crate::nonlinearity::integrate_and_fire;
use crate::unit::UnitTask;
use burn::tensor::{Device, Tensor};
use cospike_scenarios::dataset::Dataset;
use cospike_sim_core::inference::{Executable, Feature, Real};
use cospike_sim_core::network::{
    Activation, Bottleneck, BottleneckKind, Network, Neuron, Nonlinearity, ResNet, Shape, Stage, Stem, TensorStore,
    Weights,
};
use rand::RngExt;
use std::path::Path;

const TINY: ResNet = ResNet {
    input: Shape::new(1, 8, 8),
    classes: 3,
    stem: Stem::SMALL_IMAGE,
    stages: &[Stage::new(4, 1, 1), Stage::new(6, 1, 2), Stage::new(8, 1, 2)],
    ..ResNet::ZOO
};

fn tiny() -> Network {
    TINY.build(Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE))
}

/// Images whose class is the third of the rows that is bright.
fn bars(n: usize) -> Dataset {
    let mut rng = stream(3, "bars");
    let labels: Vec<u8> = (0..n).map(|i| (i % 3) as u8).collect();
    let bright = |label: u8, y: usize| y / 3 == usize::from(label);
    let pixels = labels.iter().flat_map(|&l| (0..64).map(move |p| bright(l, p / 8)));
    let pixels = pixels.map(|b| if b { rng.random_range(150..=255) } else { rng.random_range(0..100) }).collect();
    Dataset { shape: TINY.input, pixels, labels }
}

fn workshop<'a>(samples: &'a Samples, checkpoints: &'a Path) -> Workshop<'a> {
    Workshop { samples, checkpoints, seed: 1, device: Device::flex().autodiff() }
}

const SHORT: Schedule = Schedule { epochs: 4, batch: 16, peak_rate: 1e-2, cycles: 1 };

fn train_unit(samples: &Samples, checkpoints: &Path, restore: Schedule) -> (TensorStore, f64) {
    let backbone = tiny();
    let unit = Bottleneck { kind: BottleneckKind::Spiking, width: 2, stride: 2 };
    let (net, _) = backbone.with_bottleneck("stage1", unit).unwrap();
    let workshop = workshop(samples, checkpoints);
    let trained = workshop.spiking_backbone("tiny", &backbone, SHORT, SHORT).unwrap();
    let split = backbone.split("stage1").unwrap();
    let trained = workshop
        .unit(&UnitTask {
            name: "tiny-unit",
            net: &net,
            split,
            decoder: split + net.layers.len() - backbone.layers.len(),
            steps: 4,
            lossy: None,
            backbone: &trained.model.export(&backbone),
            images: 96,
            restore,
            tail: SHORT,
        })
        .unwrap();
    (trained.model.export(&net), trained.validation)
}

/// What stops a training half way: the checkpoints of its first phases and epochs exist, the later ones do not.
fn forget_after(checkpoints: &Path, phase: &str) {
    for file in std::fs::read_dir(checkpoints).unwrap() {
        let path = file.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with(phase) {
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn learns_and_resumes_to_the_same_weights() {
    let samples = Samples::new(bars(132), 36, 1);
    let (whole, resumed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (weights, accuracy) = train_unit(&samples, whole.path(), SHORT);
    assert!(accuracy > 0.9, "bars are told apart through a 2-channel cut, got {accuracy}");

    let (again, _) = train_unit(&samples, resumed.path(), SHORT);
    assert_eq!(weights, again, "same seed, same weights");
    forget_after(resumed.path(), "tiny-unit-tail");
    let (after, _) = train_unit(&samples, resumed.path(), SHORT);
    assert_eq!(weights, after, "resumed in the middle, same weights");
}

/// Trains the tiny network for all epochs of [`SHORT`], or until it is interrupted at the end of the third, before its
/// checkpoint.
fn train_backbone(checkpoints: &Path, interrupted: bool) -> TensorStore {
    let (net, device) = (tiny(), Device::flex().autodiff());
    let samples = Samples::new(bars(132), 36, 1);
    let epochs = std::cell::Cell::new(0);
    let phase = Phase { name: "tiny".into(), seed: 1, checkpoints, schedule: SHORT, samples: samples.training() };
    let last = net.layers.len() - 1;
    let loss = |model: &Model, indices: &[usize], rng: &mut _| {
        let input = Features { tensor: samples.augmented(indices, rng, &device), per_step: false };
        let output = model.forward(&net, 1..last + 1, input, Dynamics::Rate(4), None, &[last]).remove(0);
        cross_entropy(scores(output, Dynamics::Rate(4)), &samples.labels(indices))
    };
    let score = |_: &Model| {
        epochs.set(epochs.get() + 1);
        assert!(!(interrupted && epochs.get() == 3), "interrupted");
        1.0 // of equal epochs the last is kept
    };
    let fresh = Model::new(&net, 0..last + 1, &mut stream(1, "tiny"), &device);
    phase.run(fresh, loss, score).unwrap().0.export(&net)
}

#[test]
fn a_phase_interrupted_between_checkpoints_resumes_to_the_same_weights() {
    let (whole, resumed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let weights = train_backbone(whole.path(), false);
    let stopped = std::panic::catch_unwind(|| train_backbone(resumed.path(), true));
    assert!(stopped.is_err(), "it was stopped in epoch 3");
    assert_eq!(train_backbone(resumed.path(), false), weights);
}

#[test]
fn integrate_and_fire_has_the_gradient_of_its_surrogate() {
    // One neuron, two steps, inputs 0.3 and 0.4: membrane 0.8 (no spike, inside the window), 1.2 (spike, inside).
    // The gradient of 2 s1 + 5 s2 is window = 1 at both: d/dx1 = 2 + 5 (x1 stays in the membrane), d/dx2 = 5.
    let device = Device::flex().autodiff();
    let x = tensor(vec![0.3, 0.4], [2, 1, 1, 1], &device).require_grad();
    let spikes = integrate_and_fire(x.clone(), true, &Neuron::INTEGRATE_AND_FIRE, 2);
    let weights: Tensor<4> = tensor(vec![2.0, 5.0], [2, 1, 1, 1], &device);
    let gradients = (spikes.clone() * weights).sum().backward();
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close(&values(spikes.into_data()), &[0.0, 1.0]));
    assert!(close(&values(x.grad(&gradients).unwrap().into_data()), &[7.0, 5.0]));
}

/// Class scores of one sample by the trainer's own forward pass and by the inference engine, from the same tensors.
fn both_scores(net: &Network, steps: usize) -> (Vec<f32>, Vec<f32>) {
    let device = Device::flex();
    let mut store = Model::new(net, 0..net.layers.len(), &mut stream(7, "weights"), &device).export(net);
    let mut rng = stream(7, "statistics");
    for (name, t) in &mut store {
        // Trained statistics are not zero and one.
        if name.contains(".norm.") || name.ends_with(".bias") {
            t.data.iter_mut().for_each(|v| *v = *v * 0.9 + rng.random_range(0.0..0.3));
        }
    }
    let image: Vec<f32> = (0..64).map(|_| rng.random()).collect();

    let mut model = Model::new(net, 0..0, &mut rng, &device);
    model.import(net, &store, &device);
    let last = net.layers.len() - 1;
    let input = Features { tensor: tensor(image.clone(), [1, 1, 8, 8], &device), per_step: false };
    let dynamics = Dynamics::Steps(steps);
    let output = model.forward(net, 1..last + 1, input, dynamics, None, &[last]).remove(0);
    let trainer = values(scores(output, dynamics).into_data());

    let engine = Executable::new(net, &Weights::from_store(net, &store).unwrap()).unwrap();
    let input = Feature::Real(Real { shape: net.input(), steps: 1, data: image });
    let Feature::Real(output) = engine.run(1..last + 1, &input, steps).unwrap().output else {
        panic!("scores are real")
    };
    let mean = |class| (0..output.steps).map(|t| output.step(t)[class]).sum::<f32>() / output.steps as f32;
    (trainer, (0..net.classes()).map(mean).collect())
}

#[test]
fn the_trainer_and_the_inference_engine_compute_the_same_network() {
    for (f, steps) in
        [(Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE), 4), (Nonlinearity::Float(Activation::Relu), 1)]
    {
        let backbone = TINY.build(f);
        let unit = Bottleneck { kind: BottleneckKind::of(&backbone), width: 3, stride: 2 };
        for split in ["stage1", "stage3"] {
            let (net, _) = backbone.with_bottleneck(split, unit).unwrap();
            let (trainer, engine) = both_scores(&net, steps);
            let spread = trainer.iter().fold(0.0_f32, |m, v| m.max((v - trainer[0]).abs()));
            assert!(spread > 1e-2, "the scores say something: {trainer:?}");
            for (a, b) in trainer.iter().zip(&engine) {
                assert!((a - b).abs() < 1e-4, "{split}, {steps} steps: trainer {trainer:?}, engine {engine:?}");
            }
        }
    }
}
