//! Units for the networks of files.

use super::frames::events;
use super::{SHORT, TINY, beats_chance, random_model};
use crate::backbone::Workshop;
use crate::data::Samples;
use crate::fit::Schedule;
use crate::job::Factory;
use crate::kernels::{Maps, Pool};
use crate::loss::Targets;
use crate::measure;
use crate::model::Model;
use crate::pass::{Device, Dynamics, Pass, check_passage};
use crate::plan::Plan;
use crate::random::stream;
use cospike_models::import::nir::{self, NirOptions};
use cospike_models::import::onnx::OnnxFile;
use cospike_models::zoo::{ImportOptions, NetworkChoice, WeightFile, Zoo, ZooError};
use cospike_sim_core::inference::{Executable, Feature, Real};
use cospike_sim_core::network::{
    Activation, Bottleneck, BottleneckKind, Conv2d, Fires, Network, Neuron, Nonlinearity, Operation, Pool2d, Reduction,
    Reset, Shape, Slide, Tensor, TensorStore, Weights,
};
use rand::RngExt;
use std::cell::RefCell;
use std::path::{Path, PathBuf};

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Tensors of a network that another trainer has made: a bias for every layer, and no normalisation.
fn foreign_tensors(net: &Network) -> TensorStore {
    let mut rng = stream(13, "foreign");
    let tensors = Weights::shapes(net).into_iter().map(|(name, shape)| {
        let len: usize = shape.iter().product();
        let fan_in = shape[1..].iter().product::<usize>().max(1) as f32;
        let mut value = || rng.random_range(-1.5..1.5_f32) / fan_in.sqrt();
        (name, Tensor { data: (0..len).map(|_| value()).collect(), shape })
    });
    tensors.collect()
}

/// Every operation through which a gradient passes but which nothing learns: windows that are not square, dilated or grouped, pools of all
/// kinds with borders and without, sums and convolutions that are read as they are, factors, and a linear layer behind a map that is
/// flattened by a layer of its own, or by the linear one.
fn unusual_network(is_flattened: bool) -> Network {
    let sigmoid = Nonlinearity::Float(Activation::Sigmoid);
    let mut net = Network::new("unusual", Shape::new(2, 7, 6));
    let first = net.conv("first", 0, Conv2d::plain(net.input(), 4, 3, 1, 1));
    let cut = net.nonlinearity("cut", first, sigmoid);
    net.mark_split("cut");
    let shape = net.layers[cut].output;
    let wide = Slide { size: 3, stride: 1, padding: (2, 2), dilation: 2 };
    let grouped = Conv2d { groups: 2, ..Conv2d::sliding(shape, 4, Slide::new(1, 1, 0), wide) };
    let conv = net.conv("grouped", cut, grouped);
    let sum = net.push("sum", Operation::Add, &[cut, conv], shape);
    let mean = Pool2d::sliding(Reduction::Average, shape, Slide::new(2, 2, 1), Slide::new(3, 1, 0));
    let mean = net.pool("mean", sum, mean);
    let highest = Pool2d::new(Reduction::Max, net.layers[mean].output, 2, 1, 0);
    let highest = net.pool("highest", mean, highest);
    let scaled = net.push("scaled", Operation::Scale, &[highest], net.layers[highest].output);
    let total = Pool2d::sliding(Reduction::Sum, net.layers[scaled].output, Slide::new(1, 1, 0), Slide::new(2, 1, 0));
    let total = net.pool("total", scaled, total);
    let flat = match is_flattened {
        true => net.push("flat", Operation::Flatten, &[total], Shape::vector(net.layers[total].output.len())),
        false => total,
    };
    let hidden = net.push("hidden", Operation::Linear, &[flat], Shape::vector(5));
    let act = net.nonlinearity("act", hidden, sigmoid);
    net.push("fc", Operation::Linear, &[act], Shape::vector(3));
    net.mark_split("output");
    net
}

/// The network with a unit of `kind` at `split`, and a model of it.
fn with_unit(net: &Network, tensors: &TensorStore, split: &str, kind: BottleneckKind) -> (Network, Model) {
    let (whole, _) = net.with_bottleneck(split, Bottleneck { kind, width: 2, stride: 2 }).unwrap();
    let (at, added) = (net.split(split).unwrap(), whole.layers.len() - net.layers.len());
    let mut only_unit = whole.clone();
    only_unit.layers.truncate(at + 1 + added);
    let is_new = |name: &str| name.starts_with("encoder.") || name.starts_with("decoder.");
    let unit = random_model(&only_unit).tensors.into_iter().filter(|(name, _)| is_new(name));
    (whole, Model { tensors: tensors.clone().into_iter().chain(unit).collect() })
}

/// What the pass computes of frozen layers is what the inference computes, layer by layer.
fn assert_same_values(net: &Network, model: &Model) {
    check_passage(net, 1..net.layers.len()).unwrap();
    let mut rng = stream(7, "image");
    let image: Vec<f32> = (0..net.input().len()).map(|_| rng.random()).collect();
    let layers = 1..net.layers.len();
    let pass = Pass::evaluation(net, layers.clone(), Dynamics::Steps(1), &Device::Kernels);
    let input = Maps { shape: net.input(), frames: 1, data: image.clone() };
    let tape = pass.forward(model, input, 1, &mut Pool::default()).unwrap();
    let engine = Executable::new(net, &Weights::from_store(net, &model.tensors).unwrap()).unwrap();
    let input = Feature::Real(Real { shape: net.input(), steps: 1, data: image });
    let compare = |layer: usize, _: &[(usize, Option<&Feature>)], output: Option<&Feature>| {
        let Some(Feature::Real(expected)) = output else { return };
        let found = &tape.output(net, layer).unwrap().data;
        let largest = expected.data.iter().fold(1.0_f32, |m, v| m.max(v.abs()));
        let name = &net.layers[layer].name;
        for (a, b) in found.iter().zip(&expected.data) {
            assert!((a - b).abs() < 1e-4 * largest, "{} {name}: {found:?}, {expected:?}", net.name);
        }
    };
    engine.run_observed(layers, &input, 1, compare).unwrap();
}

/// Gradients of a unit through a frozen tail against finite differences of the loss.
fn assert_gradients(backbone: &Network, tensors: &TensorStore, split: &str) {
    let (net, mut model) = with_unit(backbone, tensors, split, BottleneckKind::Jscc);
    let (at, added) = (backbone.split(split).unwrap(), net.layers.len() - backbone.layers.len());
    let pass = Pass {
        net: &net,
        layers: at + 1..net.layers.len(),
        learning: at + 1..at + 1 + added,
        dynamics: Dynamics::Steps(1),
        link: None,
        device: &Device::Kernels,
    };
    let (shape, classes) = (net.layers[at].output, net.classes());
    let mut rng = stream(9, "features");
    let features = Maps { shape, frames: 12, data: (0..12 * shape.len()).map(|_| rng.random()).collect() };
    let labels: Vec<u16> = (0..12).map(|i| i % classes as u16).collect();
    let targets = Targets::labels(&labels, classes);
    let mut pool = Pool::default();
    let mut loss = |model: &Model| pass.learn(model, features.clone(), 12, &targets, &mut pool).unwrap();
    let (_, gradients) = loss(&model);
    assert_eq!(gradients.parameters.len(), 6, "weight, gain and shift of encoder and decoder learn, and nothing else");
    for (name, gradient) in &gradients.parameters {
        let norm = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
        let step = 2e-3 / norm.max(1e-6);
        let mut moved = |by: f32| {
            let before = model.tensors[name].data.clone();
            let tensor = model.tensors.get_mut(name).unwrap();
            tensor.data.iter_mut().zip(gradient).for_each(|(w, g)| *w += by * g);
            let found = loss(&model).0;
            model.tensors.get_mut(name).unwrap().data = before;
            found
        };
        let difference = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
        let expected = f64::from(norm).powi(2);
        let tolerance = 0.05 * expected + 2e-4 * f64::from(norm);
        assert!(norm > 1e-6, "{}: the gradient of {name} is zero", net.name);
        assert!((difference - expected).abs() < tolerance, "{}: {name}: {difference}, not {expected}", net.name);
    }
}

#[test]
fn gradients_pass_through_whatever_a_file_may_hold() {
    for net in [true, false].map(unusual_network) {
        let tensors = foreign_tensors(&net);
        assert_same_values(&net, &Model { tensors: tensors.clone() });
        assert_gradients(&net, &tensors, "cut");
    }
    for (name, split) in [("residual", "/stem/Relu"), ("residual", "/pool/MaxPool"), ("mobile", ""), ("channels", "")] {
        let file = OnnxFile::read(&data(&format!("models/tests/data/onnx/{name}.onnx"))).unwrap();
        let made = file.network.unwrap_or_else(|error| panic!("{name}: {error}"));
        let first = &made.network.split_points[1].name;
        let split = if split.is_empty() { first } else { split };
        let tensors = Model::folded(&made.network, &made.tensors).unwrap().tensors;
        assert_same_values(&made.network, &Model { tensors: tensors.clone() });
        assert_gradients(&made.network, &tensors, split);
        for kind in [BottleneckKind::Float, BottleneckKind::Binary] {
            let (net, model) = with_unit(&made.network, &tensors, split, kind);
            assert_same_values(&net, &model);
        }
    }
}

/// Trains the tiny network with `neuron` on frames, and writes it to a file as another framework would.
fn export(neuron: Neuron, samples: &Samples, folder: &Path, name: &str) {
    let net = TINY.build(Nonlinearity::Spiking(neuron));
    let workshop = Workshop { samples, checkpoints: folder, seed: 1, device: &Device::Kernels, adopt: false };
    let fresh = Model::new(&net, 1..net.layers.len(), &mut stream(1, "tiny"));
    let phases = [(Dynamics::Steps(4), Schedule { epochs: 6, ..SHORT })];
    let model = workshop.backbone(name, &net, fresh, &phases, None).unwrap().model;
    let weights = Weights::from_store(&net, &model.tensors).unwrap();
    std::fs::write(folder.join(name), nir::write(&net, &weights, 4).unwrap()).unwrap();
}

/// Units in the middle of networks of another framework, on frames: with a gradient through the tail, and with one that has loops, so that
/// none passes. They are measured, and answer for no network but their own.
#[test]
fn units_of_a_file_are_trained_and_belong_to_it_alone() {
    let samples = Samples::new(events(336, "events"), 96, 1).unwrap();
    let place = tempfile::tempdir().unwrap();
    let hard = Neuron { initial: 0.0, reset: Reset::Hard(0.0), ..Neuron::INTEGRATE_AND_FIRE };
    export(hard, &samples, place.path(), "hard.nir");
    // NIR has no soft reset: such neurons become loops.
    export(Neuron::INTEGRATE_AND_FIRE, &samples, place.path(), "soft.nir");
    let units = |file: &str, split: &str, more: &str| {
        format!(
            "[[units]]\nfile = '{file}'\ntime_steps = 4\nnir = {{ fire = 'ge' }}\nkinds = ['spiking']\nsplits = ['{split}']\nwidths = [3]\n\
             strides = [2]\nimages = 200\n{more}\n"
        )
    };
    let schedule = |epochs| format!("{{ epochs = {epochs}, batch = 20, peak_rate = 2e-2 }}");
    let phases = format!("restore = {}\nclassify = {}", schedule(3), schedule(6));
    let (first, second) = (units("hard.nir", HARD_SPLIT, &phases), format!("restore = {}", schedule(12)));
    let text = format!("task = 'events'\nvalidation_images = 96\n{first}{}", units("soft.nir", SOFT_SPLIT, &second));
    let plan = Plan::read(&text, place.path()).unwrap();
    let refused = Plan::read(&text.replace(&second, &phases), place.path()).unwrap_err().to_string();
    assert!(refused.contains("no gradient passes through layer"), "{refused}");

    let (zoo, checkpoints) = (place.path().join("zoo"), place.path().join("checkpoints"));
    for folder in [&zoo, &checkpoints] {
        std::fs::create_dir(folder).unwrap();
    }
    let factory = Factory {
        plan: &plan,
        zoo: &zoo,
        checkpoints: &checkpoints,
        samples: &samples,
        device: &Device::Kernels,
        adopt: false,
        frozen: RefCell::default(),
    };
    let jobs = plan.jobs();
    let names: Vec<String> = jobs.iter().map(crate::plan::Job::name).collect();
    assert_eq!(names, [format!("hard-{HARD_SPLIT}-w3"), format!("soft-{SOFT_SPLIT}-w3")]);
    for job in &jobs {
        factory.check(job).unwrap();
        factory.run(job).unwrap();
    }
    // Without the file of the backbone nothing can be measured.
    let alone = measure::with_files(Zoo::from_folder(&zoo).unwrap(), None).unwrap_err().to_string();
    assert!(alone.contains("is a unit of `hard.nir`") && alone.contains("`--plan`"), "{alone}");
    let test = events(150, "test events");
    let networks = measure::with_files(Zoo::from_folder(&zoo).unwrap(), Some(&plan)).unwrap();
    measure::measure(&zoo, &networks, &test).unwrap();

    let measured = Zoo::from_folder(&zoo).unwrap();
    for name in &names {
        let file = measured.weight_files().iter().find(|file| file.name == *name).unwrap();
        assert!(file.tensors().keys().all(|tensor| tensor.starts_with("encoder.") || tensor.starts_with("decoder.")));
        let claim = file.metadata.claim().unwrap();
        assert!(beats_chance(claim.correct as usize, 150, 3), "{name}: {claim}");
        let validation: f64 = file.metadata.all["validation_accuracy"].parse().unwrap();
        assert!(beats_chance((validation * 96.0).round() as usize, 96, 3), "{name}: {validation}");
    }
    // The same file, read in another way, is another network.
    let with = |fires: Fires| {
        let nir = NirOptions { fires: Some(fires), ..NirOptions::default() };
        let options = ImportOptions { nir, normalisation: None };
        let path = place.path().join("hard.nir");
        let backbone = WeightFile::read_network(&path, "hard.nir", &options, Some(4)).unwrap();
        let choice = NetworkChoice { backbone: "hard.nir".into(), ..networks.choice(&names[0]).unwrap() };
        measured.extended([backbone]).unwrap().network_fed(test.feed(), &choice).map(drop)
    };
    with(Fires::From).unwrap();
    let other = with(Fires::Above).unwrap_err();
    assert!(matches!(other, ZooError::OtherBackbone { .. }), "{other}");
    // A plan of another network of that name does not take what is there for its own.
    let plan = Plan::read(&text.replacen("fire = 'ge'", "fire = 'gt'", 1), place.path()).unwrap();
    let refused = Factory { plan: &plan, frozen: RefCell::default(), ..factory }.check(&plan.jobs()[0]).unwrap_err();
    assert!(refused.to_string().contains("is a unit of another network called `hard.nir`"), "{refused}");
}

/// Split points in the middle of the exported networks.
const HARD_SPLIT: &str = "stage1.0.act2";
const SOFT_SPLIT: &str = "stage1.0.act2";

#[test]
fn what_units_of_a_file_cannot_be_is_said() {
    let nir = data("models/tests/data/nir");
    let units = |file: &str, kind: &str, split: &str, more: &str| {
        let text = format!(
            "task = 't'\nvalidation_images = 1\n[[units]]\nfile = '{file}'\nkinds = ['{kind}']\nsplits = ['{split}']\nwidths = [2]\n\
             strides = [2]\nimages = 8\nrestore = {{ epochs = 1, batch = 8, peak_rate = 1e-3 }}\n{more}\n"
        );
        let folder = if file.ends_with("onnx") { data("models/tests/data/onnx") } else { nir.clone() };
        let plan = Plan::read(&text, &folder).map_err(|error| format!("{error:#}"))?;
        Ok::<_, String>(plan.jobs()[0].name())
    };
    let classify = "classify = { epochs = 1, batch = 8, peak_rate = 1e-3 }";
    assert_eq!(units("residual.onnx", "binary", "/pool/MaxPool", classify).unwrap(), "residual-pool-MaxPool-w2-binary");
    let recurrent = |more: &str| units("snntorch_recurrent.nir", "spiking", "0", more);
    assert_eq!(recurrent("time_steps = 4").unwrap(), "snntorch_recurrent-0-w2");
    for (found, expected) in [
        (recurrent(""), "says no number of time steps"),
        (recurrent(&format!("time_steps = 4\n{classify}")), "no gradient passes through layer `1."),
        (recurrent("time_steps = 0"), "`time_steps` 0: give 1 to 10000"),
        (recurrent("time_steps = 4\ntune_tail = true"), "the tail of a file stays as it is"),
        (recurrent("network = 'resnet14'"), "have `network` and `file`"),
        (units("residual.onnx", "binary", "/pool/MaxPol", ""), "/pool/MaxPool"),
        (
            units("residual.onnx", "binary", "/pool/MaxPool", "nir = { fire = 'ge' }"),
            "describes a file in the NIR format",
        ),
        (
            units("residual.onnx", "binary", "/pool/MaxPool", "normalisation = 'mean=0'"),
            "`normalisation` of `residual.onnx`",
        ),
        (units("missing.nir", "spiking", "0", "time_steps = 4"), "missing.nir"),
    ] {
        assert!(found.as_ref().is_err_and(|message| message.contains(expected)), "{expected}: {found:?}");
    }
    // The plan that `cospike check --training-plan` writes, see `tests/units_of_files.rs` of the program.
    let made = Plan::read(include_str!("../../../tests/data/training_plan_of_a_file.toml"), &data("tests/data/events"));
    let names: Vec<String> = made.unwrap().jobs().iter().map(crate::plan::Job::name).collect();
    assert_eq!(names, ["net-if-w2-s1", "net-if-w3-s1", "net-if-w2", "net-if-w3"]);
    let zoo = Plan::read(
        "task = 't'\nvalidation_images = 1\n[[units]]\nnetwork = 'resnet14'\nkinds = ['float']\nsplits = ['stage3']\nwidths = [2]\n\
         strides = [2]\nimages = 8\nrestore = { epochs = 1, batch = 8, peak_rate = 1e-3 }\n",
        Path::new(""),
    );
    let refused = zoo.unwrap_err().to_string();
    assert!(refused.contains("have no `classify`: only units of a `file` can do without"), "{refused}");
}
