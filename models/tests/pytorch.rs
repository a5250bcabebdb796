//! Weights of PyTorch: the scores of torchvision and SpikingJelly, and files that are wrong.

use cospike_models::dataset::Dataset;
use cospike_models::import::pytorch::{Converted, Names, PytorchError, Recipe};
use cospike_models::offline::{self, Input};
use cospike_models::zoo::{Normalisation, WeightFile, Zoo, neuron_text, short_neuron};
use cospike_sim_core::inference::Coding;
use cospike_sim_core::network::{Neuron, TensorStore, read_safetensors_but};
use safetensors::tensor::{Dtype, TensorView};
use std::fs::File;
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pytorch").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(&format!("{name}_resnet18.safetensors"))).unwrap()
}

fn neuron() -> Neuron {
    short_neuron("lif:tau=2,reset=hard:0").unwrap()
}

/// A ResNet-18 with a sixteenth of the channels, for images of 32x32, see `benches/peers/pytorch/make.py`.
fn recipe(spiking: bool, names: Names) -> Recipe {
    Recipe {
        network: "resnet18-0.0625@32".parse().unwrap(),
        spiking: spiking.then(|| (neuron(), 4)),
        normalisation: Some(Normalisation::new(vec![0.49, 0.48, 0.45], vec![0.25, 0.24, 0.26], 1.0).unwrap()),
        task: None,
        names,
    }
}

fn scores(name: &str) -> Vec<f32> {
    npyz::NpyFile::new(File::open(path(&format!("{name}_scores.npy"))).unwrap()).unwrap().into_vec().unwrap()
}

/// The normalisation of the samples is executed, borders included: it stands before the zeros that the first convolution adds.
#[test]
fn scores_are_those_of_torchvision_and_of_spikingjelly() {
    let data = Dataset::from_npz(File::open(path("resnet18.npz")).unwrap()).unwrap();
    for (name, spiking, names) in
        [("torchvision", false, Names::Torchvision), ("spikingjelly", true, Names::SpikingJelly)]
    {
        let converted = recipe(spiking, names).convert("net", &bytes(name)).unwrap();
        assert_eq!((converted.tensors, converted.modules.len()), (102, 41));
        let zoo = Zoo::from_weight_files([WeightFile::from_bytes("net", &converted.bytes).unwrap()]).unwrap();
        let network = zoo.network(&zoo.choice("net").unwrap()).unwrap();
        let input = Input { coding: Coding::Direct, seed: 0 };
        let inference = offline::infer(&network, input, (&data, data.len()), false, &|| {}).unwrap();
        let (ours, theirs) = (inference.scores.concat(), scores(name));
        let largest = theirs.iter().fold(0.0_f32, |largest, score| largest.max(score.abs()));
        assert!(ours.len() == 120 && largest > 0.1);
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert!((ours - theirs).abs() < 1e-5 * largest, "{name}: {ours} instead of {theirs}");
        }
    }
}

/// A file is known by its hash, so it is the same whenever it is made; a map that says the usual names makes no other.
#[test]
fn the_same_weights_make_the_same_bytes() {
    let file = bytes("torchvision");
    let usual = recipe(false, Names::Torchvision).convert("net", &file).unwrap();
    let map: Vec<String> = usual.modules.iter().map(|(module, layer)| format!("\"{module}\": \"{layer}\"")).collect();
    let names = Names::from_json(&format!("{{{}}}", map.join(", "))).unwrap();
    let Converted { bytes, .. } = recipe(false, names).convert("net", &file).unwrap();
    assert_eq!(bytes, usual.bytes);
    let text = neuron_text(&neuron());
    assert_eq!(text, "lif:tau=2,decay_input=true,threshold=1,fire=ge,reset=hard:0,initial=0");
    assert_eq!(short_neuron(&text), Ok(neuron()));
}

/// The tensors of torchvision's network after a change.
fn changed(change: impl FnOnce(&mut TensorStore)) -> Vec<u8> {
    let (mut tensors, _) = read_safetensors_but(&bytes("torchvision"), |name| name.ends_with("tracked")).unwrap();
    change(&mut tensors);
    let raw: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, tensor)| (name, tensor.shape, tensor.data.into_iter().flat_map(f32::to_le_bytes).collect()))
        .collect();
    let views = raw.iter().map(|(name, shape, data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    recipe(false, Names::Torchvision).convert("net", bytes).map(|_| ()).expect_err("a fault").to_string()
}

#[test]
fn what_is_wrong_is_said_with_the_name_of_the_tensor() {
    let set = |tensor: &'static str, value: f32| {
        refusal(&changed(|tensors| tensors.get_mut(tensor).unwrap().data[2] = value))
    };
    assert_eq!(set("fc.bias", f32::NAN), "tensor `fc.bias` holds NaN at position 2: weights must be finite numbers");
    assert!(set("bn1.running_var", -1.0).starts_with("tensor `bn1.running_var` holds -1 at position 2: a variance"));
    let moved = refusal(&changed(|tensors| {
        let weight = tensors.remove("layer1.0.conv1.weight").unwrap();
        tensors.insert("layer1.0.c1.weight".into(), weight);
    }));
    let lines: Vec<_> = moved.lines().collect();
    assert_eq!(
        lines,
        [
            "tensor `layer1.0.conv1.weight` of shape [8, 8, 3, 3], for `stage1.0.conv1.weight`, is missing; is it \
             `layer1.0.c1.weight`, which has this shape?",
            "tensor `layer1.0.c1.weight` of shape [8, 8, 3, 3] belongs to no layer",
        ]
    );
    let shaped = refusal(&changed(|tensors| tensors.get_mut("fc.weight").unwrap().shape = vec![32, 10]));
    assert_eq!(shaped, "tensor `fc.weight` has shape [32, 10], but `fc.weight` needs [10, 32]");
    let foreign = refusal(&changed(|tensors| *tensors = std::mem::take(tensors).split_off("layer4")));
    assert!(foreign.lines().count() == 13 && foreign.ends_with(" more"), "{foreign}");
    assert!(refusal(b"PK\x03\x04archive").contains("pickle") && refusal(b"\x80\x02}q").contains("pickle"));
    assert!(refusal(b"text").contains("not a safetensors file"));
    let other = Recipe { network: "mobilenetv1@32".parse().unwrap(), ..recipe(false, Names::Torchvision) };
    let error = other.convert("net", &bytes("torchvision")).unwrap_err();
    assert!(matches!(error, PytorchError::NoNames { .. }) && error.to_string().contains("give a map"), "{error}");
    for (map, expected) in [
        ("[]", "no JSON object"),
        ("{\"a\": \"stem.conv\", \"b\": \"stem.conv\"}", "leads to `stem.conv`"),
        ("{\"a\": \"stem.conv\", \"a\": \"fc\"}", "`a` is there twice"),
    ] {
        let error = Names::from_json(map).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    let lost = recipe(false, Names::from_json("{\"a\": \"stem.act\"}").unwrap());
    assert!(lost.convert("net", &bytes("torchvision")).unwrap_err().to_string().contains("leads to `stem.act`"));
}
