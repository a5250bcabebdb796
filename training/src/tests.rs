//! The trainer against finite differences, against being interrupted, and against the inference engine.

mod files;
mod frames;
mod plans;

use crate::backbone::Workshop;
use crate::data::Samples;
use crate::fit::{Phase, Schedule};
use crate::frozen::FrozenBackbone;
use crate::kernels::{Maps, Pool};
use crate::loss::{Targets, mean_scores};
use crate::model::Model;
use crate::pass::{Device, Dynamics, Pass};
use crate::random::stream;
use crate::unit::{JointTuning, UnitTask};
use cospike_models::dataset::Dataset;
use cospike_sim_core::inference::{Executable, Feature, Real, argmax};
use cospike_sim_core::network::{
    Activation, Bottleneck, BottleneckKind, Layer, MobileNetV1, Network, Neuron, Nonlinearity, ResNet, Shape, Stage,
    Stem, Tensor, TensorStore, Weights, Width,
};
use rand::RngExt;
use std::collections::BTreeSet;
use std::path::Path;

pub(crate) const TINY: ResNet = ResNet {
    input: Shape::new(1, 8, 8),
    classes: 3,
    stem: Stem { kernel: 3, stride: 1, pool: false },
    stages: &[Stage::new(4, 1, 1), Stage::new(6, 1, 2), Stage::new(8, 1, 2)],
    ..ResNet::ZOO
};

pub(crate) const TINY_MOBILE: MobileNetV1 = MobileNetV1 {
    input: TINY.input,
    classes: 3,
    stem_channels: 4,
    stem_stride: 1,
    stages: &[Stage::new(6, 1, 1), Stage::new(8, 1, 2)],
    width: Width::FULL,
};

pub(crate) const SPIKING: Nonlinearity = Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE);
pub(crate) const FLOAT: Nonlinearity = Nonlinearity::Float(Activation::Relu);
const QUANTISED: Nonlinearity = Nonlinearity::Float(Activation::Quantise { levels: 4 });

/// Images whose class is the third of the rows that is bright.
pub(crate) fn bars(n: usize) -> Dataset {
    let mut rng = stream(3, "bars");
    let labels: Vec<u16> = (0..n).map(|i| (i % 3) as u16).collect();
    let bright = |label: u16, y: usize| y / 3 == usize::from(label);
    let pixels = labels.iter().flat_map(|&l| (0..64).map(move |p| bright(l, p / 8)));
    let pixels = pixels.map(|b| if b { rng.random_range(150..=255) } else { rng.random_range(0..100) }).collect();
    Dataset::new(TINY.input, pixels, labels).unwrap()
}

const SHORT: Schedule = Schedule { epochs: 4, batch: 16, peak_rate: 2e-2, average: Some(0.8) };
const PHASES: [(Dynamics, Schedule); 2] =
    [(Dynamics::Rate(4), Schedule { average: None, ..SHORT }), (Dynamics::Steps(4), SHORT)];

/// Whether so many right answers of `samples` are better than guessing one of `classes`: guesses reach as many with a probability below one in
/// a million (the upper tail of the binomial distribution).
pub(crate) fn beats_chance(right: usize, samples: usize, classes: usize) -> bool {
    let (n, p) = (samples as f64, 1.0 / classes as f64);
    // log C(n, k) p^k (1 - p)^(n - k), by the recurrence of its ratios.
    let mut term = n * (1.0 - p).ln();
    let mut tail = 0.0;
    for k in 0..=samples {
        if k >= right {
            tail += term.exp();
        }
        term += ((n - k as f64) / (k as f64 + 1.0) * p / (1.0 - p)).ln();
    }
    tail < 1e-6
}

/// The tiny spiking network, and the same with a unit of two channels.
struct WithUnit {
    backbone: Network,
    net: Network,
    /// Index of the last layer of the head.
    split: usize,
    /// Index of the last layer of the encoder.
    cut: usize,
}

impl WithUnit {
    fn new(split: &str) -> Self {
        let backbone = TINY.build(SPIKING);
        let unit = Bottleneck { kind: BottleneckKind::Spiking, width: 2, stride: 2 };
        let (net, cut) = backbone.with_bottleneck(split, unit).unwrap();
        Self { split: backbone.split(split).unwrap(), backbone, net, cut }
    }

    /// Outputs of the head with the weights `whole` on all samples that are not held out.
    fn freeze(&self, workshop: &Workshop, whole: &Model) -> FrozenBackbone {
        let seen: Vec<usize> = (0..workshop.samples.training()).collect();
        workshop.freeze(&self.backbone, &whole.tensors, self.split, 4, &seen).unwrap()
    }

    /// Training of the unit alone, in all phases.
    fn task<'a>(&'a self, whole: &'a Model, frozen: &'a FrozenBackbone) -> UnitTask<'a> {
        UnitTask {
            name: "tiny-unit",
            net: &self.net,
            split: self.split,
            cut: self.cut,
            decoder: self.split + self.net.layers.len() - self.backbone.layers.len(),
            steps: 4,
            link: None,
            link_in_words: String::new(),
            backbone: &whole.tensors,
            frozen,
            restore: SHORT,
            quantised: Some(SHORT),
            classify: Some(SHORT),
            tune_tail: false,
            joint: None,
        }
    }
}

/// Tuned behind the stem, the weights of the file are those of all later layers; with those of the backbone they make a network which the
/// inference engine finds as accurate as the trainer does. What lies before them is that of the backbone, and what lies behind has learned.
#[test]
fn a_head_is_tuned_behind_its_split_point_alone() {
    let samples = Samples::new(bars(240), 48, 1).unwrap();
    let checkpoints = tempfile::tempdir().unwrap();
    let device = Device::Kernels;
    let workshop =
        Workshop { samples: &samples, checkpoints: checkpoints.path(), seed: 1, device: &device, adopt: false };
    let with_unit = WithUnit::new("stage2");
    let (backbone, net) = (&with_unit.backbone, &with_unit.net);
    let whole = Model::new(backbone, 1..backbone.layers.len(), &mut stream(1, "tiny"));
    let frozen = with_unit.freeze(&workshop, &whole);
    let behind = backbone.split("stem").unwrap();
    let joint = JointTuning { behind, backbone, schedule: Schedule { epochs: 12, ..SHORT } };
    let task = UnitTask { quantised: None, tune_tail: true, joint: Some(joint), ..with_unit.task(&whole, &frozen) };
    let trained = workshop.unit(&task).unwrap();
    let layers: BTreeSet<&str> = trained
        .model
        .tensors
        .keys()
        .map(|name| name.split_once(".norm").or(name.rsplit_once('.')).unwrap().0)
        .collect();
    let weighted = |layer: &&Layer| whole.tensors.contains_key(&format!("{}.weight", layer.name));
    let later = backbone.layers[behind + 1..].iter().filter(weighted).map(|layer| layer.name.as_str());
    assert_eq!(layers, later.chain(["encoder.conv", "decoder.conv"]).collect());
    let (head, learned) = ("stage1.0.conv1.weight", &trained.model.tensors);
    assert_ne!(learned[head], whole.tensors[head], "the head has learned");

    let mut tensors = whole.tensors.clone();
    tensors.extend(trained.model.tensors);
    let engine = Executable::new(net, &Weights::from_store(net, &tensors).unwrap()).unwrap();
    let held_out = samples.validation();
    let is_right = |&index: &usize| {
        let input = Real { shape: net.input(), steps: 1, data: samples.images(&[index]).data };
        let output = engine.run(1..net.layers.len(), &Feature::Real(input), 4).unwrap().output;
        let Feature::Real(scores) = output else { panic!("scores are real") };
        let mut sums = vec![0.0; net.classes()];
        (0..scores.steps)
            .for_each(|step| sums.iter_mut().zip(scores.step(step)).for_each(|(sum, score)| *sum += score));
        argmax(&sums) == usize::from(samples.labels(&[index])[0])
    };
    let right = held_out.iter().filter(|index| is_right(index)).count();
    assert!(beats_chance(right, held_out.len(), 3), "{right} of {} right", held_out.len());
    assert_eq!(right as f64 / held_out.len() as f64, trained.validation);
}

/// Trains the tiny spiking network and a unit in it.
pub(crate) fn train_unit(samples: &Samples, checkpoints: &Path, device: &Device) -> (TensorStore, f64) {
    let with_unit = WithUnit::new("stage1");
    let backbone = &with_unit.backbone;
    let workshop = Workshop { samples, checkpoints, seed: 1, device, adopt: false };
    let fresh = Model::new(backbone, 1..backbone.layers.len(), &mut stream(1, "tiny"));
    let whole = workshop.backbone("tiny", backbone, fresh, &PHASES, None).unwrap().model;
    let frozen = with_unit.freeze(&workshop, &whole);
    let trained = workshop.unit(&with_unit.task(&whole, &frozen)).unwrap();
    assert!(trained.model.tensors.keys().all(|name| name.starts_with("encoder.") || name.starts_with("decoder.")));
    let mut tensors = whole.tensors;
    tensors.extend(trained.model.tensors);
    Weights::from_store(&with_unit.net, &tensors).expect("backbone and unit make the network");
    (tensors, trained.validation)
}

#[test]
fn invariant_4_training_learns_and_is_the_same_on_any_number_of_threads() {
    let samples = Samples::new(bars(240), 48, 1).unwrap();
    let on = |threads| {
        let checkpoints = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| train_unit(&samples, checkpoints.path(), &Device::Kernels))
    };
    let (weights, accuracy) = on(1);
    assert!(accuracy > 0.9, "bars are told apart through a 2-channel cut, got {accuracy}");
    assert_eq!(on(2), (weights, accuracy));
}

/// Trains the tiny network for all epochs of [`SHORT`], or until it is interrupted at the end of the third, before its
/// checkpoint.
fn train_backbone(
    (checkpoints, adopt): (&Path, bool),
    schedule: Schedule,
    made_of: &str,
    interrupted: bool,
) -> anyhow::Result<Model> {
    let net = TINY.build(SPIKING);
    let samples = Samples::new(bars(132), 36, 1).unwrap();
    let mut epochs = 0;
    let phase = Phase {
        name: "tiny".into(),
        seed: 1,
        checkpoints,
        schedule,
        samples: samples.training(),
        made_of: made_of.into(),
        adopt,
    };
    let layers = 1..net.layers.len();
    let pass = Pass {
        net: &net,
        layers: layers.clone(),
        learning: layers.clone(),
        dynamics: Dynamics::Rate(4),
        link: None,
        device: &Device::Kernels,
    };
    let score = |_: &Model, _: &mut Pool| {
        epochs += 1;
        assert!(!(interrupted && epochs == 3), "interrupted");
        Ok(1.0) // of equal epochs the last is kept
    };
    let fresh = Model::new(&net, layers.clone(), &mut stream(1, "tiny"));
    let learn = |model: &Model, indices: &[usize], rng: &mut _, pool: &mut Pool| {
        let targets = Targets::labels(&samples.labels(indices), 3);
        pass.learn(model, samples.augmented(indices, rng), indices.len(), &targets, pool)
    };
    Ok(phase.run(fresh, &mut Pool::default(), learn, score)?.0)
}

#[test]
fn a_phase_interrupted_between_checkpoints_resumes_to_the_same_weights() {
    let (whole, resumed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let weights = train_backbone((whole.path(), false), SHORT, "these", false).unwrap();
    let stopped = std::panic::catch_unwind(|| train_backbone((resumed.path(), false), SHORT, "these", true));
    assert!(stopped.is_err(), "it was stopped in epoch 3");
    assert_eq!(train_backbone((resumed.path(), false), SHORT, "these", false).unwrap(), weights);
}

/// Another plan, other data or another teacher begin a phase of their own, whatever has been trained under the same name.
#[test]
fn a_checkpoint_is_resumed_only_for_what_it_was_made_of() {
    let place = tempfile::tempdir().unwrap();
    let files = || {
        let files = std::fs::read_dir(place.path()).unwrap().map(|file| file.unwrap().path());
        files.collect::<std::collections::BTreeSet<_>>()
    };
    let weights = train_backbone((place.path(), false), SHORT, "these", false).unwrap();
    let first = files();
    assert_eq!(train_backbone((place.path(), false), SHORT, "these", false).unwrap(), weights);
    assert_eq!(files(), first, "nothing else was written");
    let longer = Schedule { epochs: 5, ..SHORT };
    assert_ne!(train_backbone((place.path(), false), longer, "these", false).unwrap(), weights);
    train_backbone((place.path(), false), SHORT, "others", false).unwrap();
    assert_eq!((files().len(), files().is_superset(&first)), (3, true), "{:?}", files());
    // A checkpoint without a key is resumed only if somebody says what it was made of.
    let old = tempfile::tempdir().unwrap();
    std::fs::copy(first.first().unwrap(), old.path().join("tiny.safetensors")).unwrap();
    let refused = train_backbone((old.path(), false), SHORT, "these", false).unwrap_err().to_string();
    assert!(refused.contains("tiny.safetensors: an older version wrote this checkpoint"), "{refused}");
    assert_eq!(train_backbone((old.path(), true), SHORT, "anything", false).unwrap(), weights);
    let plain = train_backbone((old.path(), true), Schedule { average: None, ..SHORT }, "these", false).unwrap_err();
    assert!(format!("{plain:#}").contains("`average`"), "{plain:#}");
}

/// What is left of the beginning after n steps is the share that is kept, to the power of n.
#[test]
fn a_moving_average_forgets_geometrically() {
    let tensors = |value: f32| Model { tensors: [("w".into(), Tensor { shape: vec![1], data: vec![value] })].into() };
    let (mut average, model) = (tensors(3.0), tensors(1.0));
    (0..10).for_each(|_| average.approach(&model, 0.2));
    let expected = 1.0 + 2.0 * 0.8_f32.powi(10);
    assert!((average.tensors["w"].data[0] - expected).abs() < 1e-6);
}

/// Random parameters and statistics for all of `net`.
pub(crate) fn random_model(net: &Network) -> Model {
    let mut model = Model::new(net, 1..net.layers.len(), &mut stream(7, "weights"));
    let mut rng = stream(7, "statistics");
    for (name, t) in &mut model.tensors {
        // Trained statistics are not zero and one.
        if name.contains(".norm.") || name.ends_with(".bias") {
            t.data.iter_mut().for_each(|v| *v = *v * 0.9 + rng.random_range(0.0..0.3));
        }
    }
    model
}

/// The whole way back, through sums, shared inputs, strides, pools and normalisation by the batch: every tensor's gradient
/// against finite differences of the loss. The activations are kept where they are smooth by small steps.
#[test]
fn gradients_of_whole_networks_are_finite_differences_of_the_loss() {
    let unit = |kind, net: Network| net.with_bottleneck("stage1", Bottleneck { kind, width: 3, stride: 2 }).unwrap().0;
    for net in [unit(BottleneckKind::Float, TINY.build(FLOAT)), TINY_MOBILE.build(FLOAT)] {
        let layers = 1..net.layers.len();
        let pass = Pass {
            net: &net,
            layers: layers.clone(),
            learning: layers,
            dynamics: Dynamics::Steps(1),
            link: None,
            device: &Device::Kernels,
        };
        let mut rng = stream(9, "images");
        let images = Maps { shape: net.input(), frames: 12, data: (0..12 * 64).map(|_| rng.random()).collect() };
        let labels: Vec<u16> = (0..12).map(|i| i % 3).collect();
        let targets = Targets::labels(&labels, 3);
        let mut pool = Pool::default();
        let model = random_model(&net);
        let (_, gradients) = pass.learn(&model, images.clone(), 12, &targets, &mut pool).unwrap();
        for (name, gradient) in &gradients.parameters {
            // Along the gradient itself, so that many entries are tested at once and the difference is large.
            let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
            let step = 5e-4 / norm.max(1e-6);
            let mut moved = |by: f32| {
                let mut model = model.clone();
                let tensor = model.tensors.get_mut(name).unwrap();
                tensor.data.iter_mut().zip(gradient).for_each(|(w, g)| *w += by * g);
                pass.learn(&model, images.clone(), 12, &targets, &mut pool).unwrap().0
            };
            let difference = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
            let expected = f64::from(norm).powi(2);
            let tolerance = 0.05 * expected + 2e-4 * f64::from(norm);
            assert!((difference - expected).abs() < tolerance, "{}: {name}: {difference}, not {expected}", net.name);
        }
        let tensors = model.tensors.keys().filter(|name| !name.contains("running")).count();
        assert_eq!(gradients.parameters.len(), tensors, "every tensor has a gradient");
    }
}

/// Class scores of one sample by the trainer's own forward pass and by the inference engine, from the same tensors.
fn both_scores(net: &Network, steps: usize) -> (Vec<f32>, Vec<f32>) {
    let model = random_model(net);
    let mut rng = stream(7, "image");
    let image: Vec<f32> = (0..64).map(|_| rng.random()).collect();
    let layers = 1..net.layers.len();
    let pass = Pass::evaluation(net, layers.clone(), Dynamics::Steps(steps), &Device::Kernels);
    let input = Maps { shape: net.input(), frames: 1, data: image.clone() };
    let tape = pass.forward(&model, input, 1, &mut Pool::default()).unwrap();
    let trainer = mean_scores(&tape.output(net, layers.end - 1).unwrap(), 1);

    let engine = Executable::new(net, &Weights::from_store(net, &model.tensors).unwrap()).unwrap();
    let input = Feature::Real(Real { shape: net.input(), steps: 1, data: image });
    let Feature::Real(output) = engine.run(layers, &input, steps).unwrap().output else { panic!("scores are real") };
    let mean = |class| (0..output.steps).map(|t| output.step(t)[class]).sum::<f32>() / output.steps as f32;
    (trainer, (0..net.classes()).map(mean).collect())
}

#[test]
fn the_trainer_and_the_inference_engine_compute_the_same_network() {
    let cases = [
        (TINY.build(SPIKING), BottleneckKind::Spiking, 4),
        (TINY.build(FLOAT), BottleneckKind::Float, 1),
        (TINY.build(FLOAT), BottleneckKind::Binary, 1),
        (TINY.build(FLOAT), BottleneckKind::Jscc, 1),
        (TINY_MOBILE.build(SPIKING), BottleneckKind::Spiking, 4),
        (TINY_MOBILE.build(FLOAT), BottleneckKind::Binary, 1),
        (TINY.build(QUANTISED), BottleneckKind::Quantised, 1),
        (TINY_MOBILE.build(QUANTISED), BottleneckKind::Quantised, 1),
    ];
    for (backbone, kind, steps) in cases {
        for split in ["stem", "stage2"] {
            let (net, _) = backbone.with_bottleneck(split, Bottleneck { kind, width: 3, stride: 2 }).unwrap();
            let (trainer, engine) = both_scores(&net, steps);
            let spread = trainer.iter().fold(0.0_f32, |m, v| m.max((v - trainer[0]).abs()));
            assert!(spread > 1e-2, "the scores say something: {trainer:?}");
            for (a, b) in trainer.iter().zip(&engine) {
                assert!((a - b).abs() < 1e-4, "{split}, {kind:?}: trainer {trainer:?}, engine {engine:?}");
            }
        }
    }
}

/// A quantised network is what a spiking one is in its phases with `levels`, layer by layer and unit by unit.
#[test]
fn a_quantised_network_is_a_spiking_one_evaluated_by_levels() {
    let with_unit = |backbone: Network, kind| {
        backbone.with_bottleneck("stage1", Bottleneck { kind, width: 3, stride: 2 }).unwrap().0
    };
    let spiking = with_unit(TINY.build(SPIKING), BottleneckKind::Spiking);
    let quantised = with_unit(TINY.build(QUANTISED), BottleneckKind::Quantised);
    let model = random_model(&spiking);
    let mut rng = stream(7, "image");
    let images = Maps { shape: spiking.input(), frames: 3, data: (0..3 * 64).map(|_| rng.random()).collect() };
    let scores = |net: &Network, dynamics| {
        let pass = Pass::evaluation(net, 1..net.layers.len(), dynamics, &Device::Kernels);
        pass.scores(&model, images.clone(), 3, &mut Pool::default()).unwrap()
    };
    assert_eq!(scores(&quantised, Dynamics::Steps(1)), scores(&spiking, Dynamics::Rate(4)));
}

/// A training that diverges says so, whether its loss or only its validation shows it.
#[test]
fn what_diverges_is_said() {
    let run = |loss: f64, score: f64| {
        let place = tempfile::tempdir().unwrap();
        let phase = Phase {
            name: "diverging".into(),
            seed: 1,
            checkpoints: place.path(),
            schedule: SHORT,
            samples: 32,
            made_of: String::new(),
            adopt: false,
        };
        let ran = phase.run(
            Model::default(),
            &mut Pool::default(),
            |_, _, _, _| Ok((loss, crate::pass::Gradients::default())),
            |_, _| Ok(score),
        );
        ran.err().map(|error| error.to_string())
    };
    assert_eq!(run(1.0, 0.5), None);
    let diverged = "training diverged; lower `peak_rate`";
    assert_eq!(run(f64::NAN, 0.5).unwrap(), format!("the loss is NaN in epoch 1, step 0: {diverged}"));
    assert_eq!(run(1.0, f64::NAN).unwrap(), format!("the validation score is NaN after epoch 1: {diverged}"));
}
