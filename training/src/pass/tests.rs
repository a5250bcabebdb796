//! The tensor library's pass, on the processor, against that of the kernels of this crate.

use super::{Device, Dynamics, Link, Pass};
use crate::data::Samples;
use crate::kernels::{Maps, Pool};
use crate::loss::Targets;
use crate::random::stream;
use crate::tests::{FLOAT, SPIKING, TINY, TINY_MOBILE, bars, random_model, train_unit};
use candle_core::{Device as LibraryDevice, Var};
use cospike_sim_core::network::{Bottleneck, BottleneckKind, Fires, Leak, Network, Neuron, Nonlinearity, Reset, Shape};
use rand::RngExt;

const SAMPLES: usize = 6;
const LABELS: [u16; SAMPLES] = [0, 1, 2, 0, 1, 2];

/// Largest accepted difference, as a share of the largest entry. Sums in another order differ by about 1e-6. A membrane within
/// that distance of a jump of its spike or gradient would make a larger difference, but these seeds have none.
const TOLERANCE: f64 = 1e-4;

fn library() -> Device {
    Device::Library(LibraryDevice::Cpu)
}

/// Largest difference of two tensors as a share of the largest entry.
fn difference<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |m: f64, v| m.max(v.abs()));
    let scale = largest(&mut a.iter().chain(b).map(|&v| v.into()));
    let apart = largest(&mut a.iter().zip(b).map(|(&a, &b)| a.into() - b.into()));
    assert!(apart.is_finite() && scale.is_finite());
    if apart == 0.0 { 0.0 } else { apart / scale }
}

/// Random features for a pass to start from, spikes if asked for.
fn input(shape: Shape, frames: usize, spikes: bool) -> Maps {
    let mut rng = stream(11, "input");
    let value = |v: f32| if spikes { f32::from(u8::from(v > 0.6)) } else { v };
    Maps { shape, frames, data: (0..frames * shape.len()).map(|_| value(rng.random())).collect() }
}

/// Asserts that kernels and library compute the same loss, gradients and batch statistics, from samples that are the same in every step or from
/// features that are not.
fn compare(what: &str, pass: Pass) {
    let varies = pass.layers.start > 1;
    compare_on(varies, what, pass);
}

/// As [`compare`], from spikes that are others in each step if the input `varies`.
fn compare_on(varies: bool, what: &str, pass: Pass) {
    let model = random_model(pass.net);
    let before = pass.layers.start - 1;
    let steps = match pass.dynamics {
        Dynamics::Steps(steps) if varies => steps,
        _ => 1,
    };
    let input = input(pass.net.layers[before].output, SAMPLES * steps, varies);
    let targets = Targets::labels(&LABELS, 3);
    let learn = |device: &Device| {
        let Pass { net, dynamics, .. } = pass;
        let link = pass.link.as_ref().map(|link| Link { cut: link.cut, carry: link.carry });
        let (layers, learning) = (pass.layers.clone(), pass.learning.clone());
        let pass = Pass { net, layers, learning, dynamics, link, device };
        pass.learn(&model, input.clone(), SAMPLES, &targets, &mut Pool::default()).unwrap()
    };
    let ((own_loss, own), (loss, found)) = (learn(&Device::Kernels), learn(&library()));
    let mut differences = vec![("loss".to_string(), difference(&[own_loss], &[loss]))];
    assert!(own.parameters.keys().eq(found.parameters.keys()), "{what}: the same tensors learn");
    for (name, gradient) in &own.parameters {
        assert!(gradient.iter().any(|&g| g != 0.0), "{what}: the gradient of {name} is not zero");
        differences.push((name.clone(), difference(gradient, &found.parameters[name])));
    }
    assert!(own.statistics.keys().eq(found.statistics.keys()), "{what}: the same layers have statistics");
    for (name, batch) in &own.statistics {
        let other = &found.statistics[name];
        assert_eq!(batch.count, other.count);
        differences.push((format!("{name} mean"), difference(&batch.mean, &other.mean)));
        differences.push((format!("{name} variance"), difference(&batch.variance, &other.variance)));
    }
    let (name, worst) = differences.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    println!(
        "{what}, {}: {} tensors compared, at most {worst:.1e} apart ({name})",
        pass.dynamics.name(),
        differences.len()
    );
    assert!(*worst < TOLERANCE, "{what}, {}: {name} is {worst:.1e} apart", pass.dynamics.name());
}

fn whole<'a>(net: &'a Network, dynamics: Dynamics) -> Pass<'a> {
    let layers = 1..net.layers.len();
    Pass { net, learning: layers.clone(), layers, dynamics, link: None, device: &Device::Kernels }
}

fn with_unit(net: &Network, kind: BottleneckKind) -> (Network, usize) {
    net.with_bottleneck("stage1", Bottleneck { kind, width: 3, stride: 2 }).unwrap()
}

#[test]
fn float_networks_have_the_same_gradients_by_kernels_and_by_library() {
    let tiny = TINY.build(FLOAT);
    let clipped = with_unit(&tiny, BottleneckKind::Float).0;
    let binary = with_unit(&tiny, BottleneckKind::Binary).0;
    let jscc = with_unit(&tiny, BottleneckKind::Jscc).0;
    for (what, net) in [
        ("float ResNet", tiny),
        ("float MobileNet", TINY_MOBILE.build(FLOAT)),
        ("float ResNet with a float unit", clipped),
        ("float ResNet with a binary unit", binary),
        ("float ResNet with a jscc unit", jscc),
    ] {
        compare(what, whole(&net, Dynamics::Steps(1)));
    }
}

#[test]
fn spiking_networks_have_the_same_gradients_by_kernels_and_by_library() {
    let tiny = TINY.build(SPIKING);
    let unit = with_unit(&tiny, BottleneckKind::Spiking).0;
    let mobile = TINY_MOBILE.build(SPIKING);
    for dynamics in [Dynamics::Rate(4), Dynamics::Steps(4)] {
        compare("spiking ResNet", whole(&tiny, dynamics));
        compare("spiking MobileNet", whole(&mobile, dynamics));
        compare("spiking ResNet with a unit", whole(&unit, dynamics));
    }
}

/// Frames of an event camera: the first layer reads another one in each step.
#[test]
fn networks_on_frames_have_the_same_gradients_by_kernels_and_by_library() {
    let tiny = TINY.build(SPIKING);
    let unit = with_unit(&tiny, BottleneckKind::Spiking).0;
    for (what, net) in [("spiking ResNet on frames", &tiny), ("spiking ResNet with a unit on frames", &unit)] {
        compare_on(true, what, whole(net, Dynamics::Steps(4)));
    }
}

#[test]
fn leaks_and_resets_have_the_same_gradients_by_kernels_and_by_library() {
    let base = Neuron { threshold: 0.8, initial: 0.2, ..Neuron::INTEGRATE_AND_FIRE };
    for (what, neuron) in [
        ("leaky, soft reset", Neuron { leak: Leak::Tau(2.0), ..base }),
        ("leaky with its input, soft reset", Neuron { leak: Leak::Share(0.3), decay_input: true, ..base }),
        (
            "leaky with its input, hard reset",
            Neuron { leak: Leak::Tau(1.5), decay_input: true, reset: Reset::Hard(0.1), ..base },
        ),
        ("no leak, hard reset", Neuron { reset: Reset::Hard(-0.1), ..base }),
        ("no leak, fires above its threshold", Neuron { fires: Fires::Above, ..base }),
    ] {
        compare(what, whole(&TINY.build(Nonlinearity::Spiking(neuron)), Dynamics::Steps(4)));
    }
}

/// A unit as it is trained: on features in time steps, before a frozen tail, over a link that erases.
#[test]
fn a_unit_between_frozen_layers_has_the_same_gradients_by_kernels_and_by_library() {
    let backbone = TINY.build(SPIKING);
    let split = backbone.split("stage1").unwrap();
    let (net, cut) = with_unit(&backbone, BottleneckKind::Spiking);
    let erase = |maps: &mut Maps| maps.data.iter_mut().step_by(3).for_each(|v| *v = 0.0);
    for dynamics in [Dynamics::Rate(4), Dynamics::Steps(4)] {
        let (layers, unit) =
            (split + 1..net.layers.len(), split + 1..split + 1 + net.layers.len() - backbone.layers.len());
        let link = Some(Link { cut, carry: &erase });
        compare("unit", Pass { net: &net, layers, learning: unit, dynamics, link, device: &Device::Kernels });
    }
}

/// The loss is not computed by the library's pass, but the library can differentiate it.
#[test]
fn cross_entropy_has_the_gradient_that_the_library_finds() {
    let (steps, classes) = (4, 3);
    let scores = Maps {
        shape: Shape::vector(classes),
        frames: steps * SAMPLES,
        data: input(Shape::vector(classes), steps * SAMPLES, false).data,
    };
    let (loss, gradient) = Targets::labels(&LABELS, classes).cross_entropy(&scores);

    let cpu = &LibraryDevice::Cpu;
    let variable = Var::from_slice(&scores.data, (steps, SAMPLES, classes), cpu).unwrap();
    let mean = variable.mean(0).unwrap();
    let total = mean.exp().unwrap().sum_keepdim(1).unwrap().log().unwrap();
    let log_share = mean.broadcast_sub(&total).unwrap();
    let smoothed =
        |label: u16| (0..classes).map(move |class| if class == usize::from(label) { 0.95 } else { 0.0 } + 0.05 / 3.0);
    let target: Vec<f32> = LABELS.into_iter().flat_map(smoothed).collect();
    let target = candle_core::Tensor::from_vec(target, (SAMPLES, classes), cpu).unwrap();
    let other = ((log_share * target).unwrap().sum_all().unwrap() * (-1.0 / SAMPLES as f64)).unwrap();
    let found = other.backward().unwrap().get(&variable).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert!(difference(&[loss], &[f64::from(other.to_scalar::<f32>().unwrap())]) < TOLERANCE);
    assert!(difference(&gradient.data, &found) < TOLERANCE);
}

#[test]
fn a_backbone_and_a_unit_can_be_trained_by_the_library() {
    let samples = Samples::new(bars(240), 48, 1).unwrap();
    let checkpoints = tempfile::tempdir().unwrap();
    let (_, accuracy) = train_unit(&samples, checkpoints.path(), &library());
    assert!(accuracy > 0.9, "bars are told apart through a 2-channel cut, got {accuracy}");
}
