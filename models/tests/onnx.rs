//! Networks in the ONNX format: what onnxruntime computes of them, value by value, and files that are wrong.

use cospike_models::import::onnx::OnnxFile;
use cospike_models::import::{Axes, Recorded, Runs};
use cospike_sim_core::inference::{Executable, Feature, Real};

use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/onnx").join(name)
}

fn read(name: &str) -> OnnxFile {
    OnnxFile::read(&path(&format!("{name}.onnx"))).unwrap_or_else(|error| panic!("{error}"))
}

/// Every value between two nodes that is computed here agrees with onnxruntime's, see `benches/peers/onnx/make.py`: residual sums,
/// normalisations that are folded or not, pools that round up, dilation, groups, one axis, concatenations, weights and values of 8 bits, a
/// softmax.
#[test]
fn every_value_is_that_of_onnxruntime_but_for_rounding() {
    for (name, values) in [("residual", 14), ("channels", 6), ("mobile", 8), ("dense", 16), ("quantised", 12)] {
        let file = read(name);
        let made = file.network.as_ref().unwrap_or_else(|error| panic!("{name}: {error}"));
        let comparison =
            Recorded::read(&path(&format!("{name}.npz")), Axes::Samples).unwrap().compare(made, None).unwrap();
        assert_eq!((comparison.nodes.len(), comparison.samples, comparison.steps), (values, 3, 1), "{name}");
        for node in comparison.nodes.iter().chain(&comparison.out) {
            assert!(node.largest > 0.05 && node.error < 2e-6 * node.largest.max(1.0), "{name}: {node:?}");
        }
        assert!(comparison.out.is_some() && comparison.agrees());
    }
}

/// Everything through which alone values flow is a split point, and head and tail are the whole.
#[test]
fn invariant_6_the_cut_through_a_network_of_onnx_is_invisible() {
    let file = read("residual");
    let made = file.network.unwrap();
    let (network, layers) = (&made.network, made.network.layers.len());
    let names: Vec<_> = network.split_points.iter().map(|split| split.name.as_str()).collect();
    assert_eq!(names[..4], ["input", "/stem/Conv", "/stem/Relu", "/pool/MaxPool"]);
    assert!(!names.contains(&"/block/conv1/Conv") && names.contains(&"/block/Add"), "{names:?}");
    let executable = Executable::new(network, &made.weights).unwrap();
    let shape = network.input();
    let data = (0..shape.len()).map(|i| (i * 7 % 5) as f32 / 5.0).collect();
    let input = Feature::Real(Real { shape, steps: 1, data });
    let whole = executable.run(1..layers, &input, 1).unwrap();
    for split in &network.split_points {
        let head = executable.run(1..split.layer + 1, &input, 1).unwrap();
        let tail = executable.run(split.layer + 1..layers, &head.output, 1).unwrap();
        assert_eq!((tail.output, [head.layers, tail.layers].concat()), (whole.output.clone(), whole.layers.clone()));
    }
}

/// A verdict on each node says what becomes of it, also of one that is no layer any more.
#[test]
fn every_node_has_a_verdict() {
    let file = read("residual");
    let verdict = |name: &str| &file.nodes.iter().find(|node| node.name == name).unwrap().runs;
    assert_eq!(*verdict("/stem/Conv"), Runs::AsRealValues);
    assert_eq!(*verdict("/stem/Norm"), Runs::InAdvance("folded into the weights of `/stem/Conv`".into()));
    assert_eq!(*verdict("/block/norm3"), Runs::AsRealValues);
    assert_eq!(*verdict("/Concat"), Runs::InAdvance("a constant".into()));
    assert_eq!(*verdict("/drop"), Runs::InAdvance("passes on what comes in".into()));
    assert!(read("mobile").notes[0].contains("softmax"));
}

/// One mistake each, see `benches/peers/onnx/make.py`.
#[test]
fn what_is_wrong_is_said_with_the_name_of_the_node() {
    let cases = [
        ("right", "it is right"),
        ("truncated", "not an ONNX file, or a truncated or damaged one"),
        ("text", "not an ONNX file, or a truncated or damaged one"),
        ("empty", "it holds no graph"),
        ("external", "tensor `kernel`: its values are in `weights.bin`; save the network as one file"),
        ("short", "tensor `kernel`: its shape [2, 1, 3, 3] asks for 18 values, but it holds 17"),
        ("old", "its operators are of version 11; 13 is the oldest"),
        ("operator", "node `elu` (Elu) cannot be executed: operators of type Elu"),
        ("domain", "node `relu` (Relu) cannot be executed: operators of the domain `com.microsoft`"),
        ("sizes", "its input `image` has the shape [batch, 1, height, width]: only the first size"),
        ("whole", "its input `image` does not take real numbers"),
        ("inputs", "it has 2 inputs, `image`, `mask`"),
        ("outputs", "it has 2 outputs, `scores`, `mean`"),
        ("map", "it emits values of shape 2x2x2 instead of one score for each class"),
        ("order", "node `relu` (Relu) reads `features`, which no node before it emits"),
        ("nan", "node `conv` (Conv) cannot be executed: its weight `kernel` holds NaN at position 0"),
        ("channels", "node `conv` (Conv) cannot be executed: its weights of shape [2, 3, 3, 3]"),
        ("vector", "node `fc` (Gemm) cannot be executed: its weights read vectors of 3 values"),
        ("attribute", "node `conv` (Conv) cannot be executed: its attribute `border` is not known"),
        ("window", "node `conv` (Conv) cannot be executed: its window does not fit axes of [4, 4]"),
        ("variance", "node `norm` (BatchNormalization) cannot be executed: its variance `var` holds -1 at position 1"),
        ("zero", "node `back` (DequantizeLinear) cannot be executed: its scale and zero point are not those"),
        ("scales", "node `quantise` (QuantizeLinear) cannot be executed: it has a scale for each channel"),
        ("numbers", "node `max` (MaxPool) cannot be executed: its input number 1 are whole numbers"),
        ("rows", "node `joint` (Concat) cannot be executed: it puts values together along axis 2; only"),
        (
            "ragged",
            "node `joint` (Concat) cannot be executed: it puts values of the shapes [batch, 2, 2, 2], [batch, 2, 1, 1]",
        ),
        ("border", "node `mean_inside` (AveragePool) cannot be executed: it takes the mean of those values alone"),
    ];
    let known = std::fs::read_dir(path("wrong")).unwrap().count();
    assert_eq!(known, cases.len(), "a file that no case is about");
    for (name, expected) in cases {
        let found = match OnnxFile::read(&path(&format!("wrong/{name}.onnx"))).map(|file| file.network.map(drop)) {
            Err(error) | Ok(Err(error)) => error.to_string(),
            Ok(Ok(())) => "it is right".into(),
        };
        assert!(found.contains(expected), "{name}: {found}");
        assert_eq!(found.lines().count(), 1, "{name}: {found}");
    }
}
