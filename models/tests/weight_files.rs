//! Weight files: each fault of one is found when it is read, and named with the file and the tensor or key.

use cospike_models::dataset::{Dataset, Unsuitable};
use cospike_models::offline::{self, Input};
use cospike_models::zoo::{WeightFile, Zoo};
use cospike_sim_core::inference::Coding;
use cospike_sim_core::network::{Fires, Leak, Neuron, Operation, Reset, Tensor, TensorStore, read_safetensors};
use safetensors::tensor::{Dtype, TensorView};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

const BACKBONE: &str = "resnet14-spiking";
const UNIT: &str = "resnet14-spiking-stage3-w4";
const FLOAT_UNIT: &str = "resnet14-float-stage3-w4";

fn shipped(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("zoo");
    std::fs::read(folder.join(format!("{name}.safetensors"))).unwrap()
}

/// A shipped weight file, all in float32, after a change of its tensors and metadata.
fn changed(name: &str, change: impl FnOnce(&mut TensorStore, &mut BTreeMap<String, String>)) -> Vec<u8> {
    let (mut tensors, mut metadata) = read_safetensors(&shipped(name)).unwrap();
    change(&mut tensors, &mut metadata);
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .into_iter()
        .map(|(name, tensor)| (name, tensor.shape, tensor.data.into_iter().flat_map(f32::to_le_bytes).collect()))
        .collect();
    let views =
        bytes.iter().map(|(name, shape, data)| (name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
    safetensors::serialize(views, Some(metadata.into_iter().collect())).unwrap()
}

fn fault(name: &str, bytes: &[u8]) -> String {
    let message = WeightFile::from_bytes(name, bytes).map(|_| ()).expect_err("a fault").to_string();
    message.strip_prefix(&format!("{name}: ")).unwrap_or_else(|| panic!("no file in {message}")).into()
}

/// A unit that was trained before the tail of its backbone holds nothing but itself; the network has the backbone's weights around it.
#[test]
fn a_unit_may_leave_the_tail_to_its_backbone() {
    let of_unit = |name: &str| name.starts_with("encoder.") || name.starts_with("decoder.");
    let frozen = |keep_tail: bool| {
        changed(UNIT, |tensors, metadata| {
            tensors.retain(|name, _| keep_tail || of_unit(name));
            metadata.insert("tail".into(), "of the backbone".into());
        })
    };
    let zoo = [(BACKBONE.to_string(), Cow::Owned(shipped(BACKBONE))), (UNIT.to_string(), Cow::Owned(frozen(false)))];
    let zoo = Zoo::from_files(zoo).unwrap();
    let made = zoo.network(&zoo.choice(UNIT).unwrap()).unwrap();
    let whole = zoo.network(&zoo.choice(BACKBONE).unwrap()).unwrap();
    let layer = |network: &cospike_models::zoo::ZooNetwork, name: &str| {
        let at = network.network.network().layers.iter().position(|layer| layer.name == name).unwrap();
        network.weights.layer(at).unwrap().clone()
    };
    for name in ["stem.conv", "fc"] {
        assert_eq!(layer(&made, name), layer(&whole, name), "{name}");
    }
    assert!(fault(UNIT, &frozen(true)).contains("fc."), "a tail that nobody would read");
    let alone = changed(UNIT, |tensors, _| tensors.retain(|name, _| of_unit(name)));
    assert!(fault(UNIT, &alone).contains("fc."), "the tail is missing");
    let other = changed(UNIT, |_, metadata| drop(metadata.insert("tail".into(), "mine".into())));
    assert_eq!(fault(UNIT, &other), "metadata `tail` must be `tuned` or `of the backbone`, but is \"mine\"");
}

/// A unit whose head was tuned with it holds those layers, which take the place of the backbone's.
#[test]
fn a_unit_may_bring_the_last_layers_of_its_head() {
    let (head, backbone) = ("tuned behind stage2", read_safetensors(&shipped(BACKBONE)).unwrap().0);
    let tuned = |head: &str, layers: &str| {
        changed(UNIT, |tensors, metadata| {
            tensors.extend(backbone.iter().filter(|(name, _)| name.starts_with(layers)).map(|(name, tensor)| {
                let data = tensor.data.iter().map(|value| 0.5 * value).collect();
                (name.clone(), Tensor { data, ..tensor.clone() })
            }));
            metadata.extend([("head".into(), head.into()), ("variant".into(), "joint".into())]);
        })
    };
    let zoo = [(BACKBONE, shipped(BACKBONE)), (UNIT, tuned(head, "stage3."))];
    let zoo = Zoo::from_files(zoo.map(|(name, bytes)| (name.to_string(), Cow::Owned(bytes)))).unwrap();
    let [made, whole] = [UNIT, BACKBONE].map(|name| zoo.network(&zoo.choice(name).unwrap()).unwrap());
    let layer = |network: &cospike_models::zoo::ZooNetwork, name: &str| {
        let at = network.network.network().layers.iter().position(|layer| layer.name == name).unwrap();
        network.weights.layer(at).unwrap().clone()
    };
    assert_eq!(layer(&made, "stage2.1.conv2"), layer(&whole, "stage2.1.conv2"));
    assert_ne!(layer(&made, "stage3.1.conv2"), layer(&whole, "stage3.1.conv2"));
    assert!(fault(UNIT, &tuned(head, "nothing")).contains("stage3."), "the layers are missing");
    assert!(fault(UNIT, &tuned(head, "stage")).contains("stage"), "layers that nobody would read");
    assert!(fault(UNIT, &tuned("of the backbone", "stage3.")).contains("stage3."), "layers that nobody would read");
    for other in ["tuned behind stage3", "tuned behind output", "mine"] {
        let found = fault(UNIT, &tuned(other, "stage3."));
        assert!(found.starts_with("metadata `head` must be `of the backbone`, or `tuned behind NAME`"), "{found}");
    }
    assert!(fault(UNIT, &tuned("tuned behind stage9", "stage3.")).contains("stage9"), "no such split point");
}

#[test]
fn values_that_are_no_weights_are_named() {
    let set = |tensor: &'static str, value: f32| {
        fault(BACKBONE, &changed(BACKBONE, |tensors, _| tensors.get_mut(tensor).unwrap().data[3] = value))
    };
    let finite = "at position 3: weights must be finite numbers";
    assert_eq!(set("fc.bias", f32::NAN), format!("tensor `fc.bias` holds NaN {finite}"));
    assert_eq!(set("fc.weight", f32::INFINITY), format!("tensor `fc.weight` holds inf {finite}"));
    assert_eq!(
        set("stem.conv.norm.bias", f32::NEG_INFINITY),
        format!("tensor `stem.conv.norm.bias` holds -inf {finite}")
    );
    let variance = "tensor `stem.conv.norm.running_var` holds -0.000001 at position 3: a variance cannot be negative";
    assert_eq!(set("stem.conv.norm.running_var", -1e-6), variance);
    // Each value is a weight, but not what normalisation makes of them.
    let large = changed(BACKBONE, |tensors, _| tensors.get_mut("stem.conv.norm.weight").unwrap().data.fill(3e38));
    let zoo = Zoo::from_files([(BACKBONE.to_string(), Cow::Owned(large))]).unwrap();
    let message = zoo.network(&zoo.choice(BACKBONE).unwrap()).unwrap_err().to_string();
    assert!(message.starts_with("resnet14-spiking: layer `stem.conv`: with its normalisation folded in"), "{message}");
}

/// A spiking file as one of a quantised network, which has the same tensors.
fn quantised(name: &str, levels: Option<&str>) -> Vec<u8> {
    changed(name, |_, metadata| {
        metadata.extend([("family", "quantised"), ("time_steps", "1")].map(|(k, v)| (k.to_string(), v.to_string())));
        metadata.extend(levels.map(|levels| ("levels".to_string(), levels.to_string())));
        if let Some(kind) = metadata.get_mut("bottleneck") {
            *kind = "quantised".into();
        }
    })
}

/// A quantised network needs its levels, and a unit of other levels than its backbone's would be decoded to other values.
#[test]
fn levels_are_in_range_and_alike_in_a_unit_and_its_backbone() {
    for levels in [None, Some("0"), Some("1"), Some("256"), Some("4.0"), Some("")] {
        let found = fault(UNIT, &quantised(UNIT, levels));
        assert!(found.starts_with("metadata `levels` must be a whole number from 2 to 255"), "{found}");
    }
    let message = |levels: &str| {
        let files = [("backbone", quantised(BACKBONE, Some("4"))), ("unit", quantised(UNIT, Some(levels)))];
        let zoo = Zoo::from_files(files.map(|(name, bytes)| (name.to_string(), Cow::Owned(bytes)))).unwrap();
        zoo.network(&zoo.choice("unit").unwrap()).err().map(|error| error.to_string())
    };
    assert_eq!(message("4"), None);
    let expected = "unit has quantisers of 7 levels, but its backbone backbone of 4";
    assert_eq!(message("7").as_deref(), Some(expected));
}

/// What has a meaning in other files only would be passed over in this one.
#[test]
fn metadata_are_those_that_have_a_meaning_in_the_file() {
    let with = |name: &str, key: &str, value: &str| {
        fault(name, &changed(name, |_, metadata| drop(metadata.insert(key.into(), value.into()))))
    };
    let binary = "resnet14-float-stage3-w1-binary";
    for name in [BACKBONE, UNIT, binary] {
        let expected =
            "metadata `jpeg_quality` must be left out: only what a float unit emits is coded as JPEG, but is \"50\"";
        assert_eq!(with(name, "jpeg_quality", "50"), expected);
    }
    for name in [BACKBONE, UNIT, FLOAT_UNIT] {
        let expected = "metadata `levels` must be left out: only a quantised network has levels, but is \"4\"";
        assert_eq!(with(name, "levels", "4"), expected);
    }
    for key in ["split", "width", "stride", "bottleneck", "variant", "tail", "head", "backbone_blake3"] {
        let expected = format!("metadata `{key}` must be left out in a backbone: only a unit has it, but is \"1\"");
        assert_eq!(with(BACKBONE, key, "1"), expected);
    }
    // Of a unit of no architecture, the backbone's file says all that the unit's does not.
    let stray = changed(UNIT, |_, metadata| {
        metadata.retain(|key, _| key != "cospike_version" && key != "network");
        metadata.insert("backbone".into(), "net.nir".into());
    });
    assert!(fault(UNIT, &stray).starts_with("metadata `backbone_blake3` must be the hash that `cospike check` prints"));
    let joined = |change: &dyn Fn(&mut BTreeMap<String, String>)| {
        let files = [(BACKBONE, shipped(BACKBONE)), ("unit", changed(UNIT, |_, metadata| change(metadata)))];
        let zoo = Zoo::from_files(files.map(|(name, bytes)| (name.to_string(), Cow::Owned(bytes)))).unwrap();
        zoo.network(&zoo.choice("unit").unwrap()).err().map(|error| error.to_string())
    };
    assert_eq!(joined(&|_| ()), None);
    let steps = joined(&|metadata| drop(metadata.insert("time_steps".into(), "7".into()))).unwrap();
    assert!(
        steps.starts_with(&format!("unit was trained with 7 time steps, but its backbone {BACKBONE} with 4")),
        "{steps}"
    );
    let said = joined(&|metadata| drop(metadata.insert("normalisation".into(), "mean=0.5,std=0.5".into()))).unwrap();
    assert!(said.starts_with(&format!("unit says another `normalisation` than its backbone {BACKBONE}")), "{said}");
}

/// A backbone trained again has a name of its own, and says whose architecture it has.
#[test]
fn a_backbone_can_have_another_name_than_its_architecture() {
    let named = |keys: &[(&str, &str)]| {
        let bytes = changed(BACKBONE, |_, metadata| {
            metadata.extend(keys.iter().map(|(key, value)| (key.to_string(), value.to_string())));
        });
        WeightFile::from_bytes("again", &bytes)
    };
    let again = named(&[("backbone", "resnet14-seed2"), ("network", "resnet14")]).unwrap().metadata;
    assert_eq!((again.backbone.as_str(), again.network.as_str()), ("resnet14-seed2", "resnet14"));
    assert!(named(&[("backbone", "resnet14-seed2")]).is_err(), "its name is that of no architecture");
}

/// What is not there is not taken for zero, and what is there is not passed over.
#[test]
fn every_tensor_of_a_file_is_needed_and_has_its_shape() {
    for name in [BACKBONE, UNIT, FLOAT_UNIT, "resnet14-float-stage3-w1-binary"] {
        let (tensors, _) = read_safetensors(&shipped(name)).unwrap();
        assert!(WeightFile::from_bytes(name, &changed(name, |_, _| ())).is_ok());
        for tensor in tensors.keys().step_by(if name == BACKBONE { 10 } else { 1 }) {
            let without = fault(name, &changed(name, |tensors, _| drop(tensors.remove(tensor))));
            let lost_with_it = tensor.ends_with(".norm.weight");
            assert!(
                without.contains(&format!("tensor `{tensor}`")) || lost_with_it,
                "{name} without {tensor}: {without}"
            );
            let longer = fault(
                name,
                &changed(name, |tensors, _| {
                    let tensor = tensors.get_mut(tensor).unwrap();
                    tensor.shape.push(1);
                }),
            );
            assert!(longer.contains(tensor) && longer.contains("has shape"), "{name} with a longer {tensor}: {longer}");
        }
        let other = changed(name, |tensors, _| drop(tensors.insert("other".into(), tensors["fc.bias"].clone())));
        assert_eq!(fault(name, &other), "no layer of the network uses the tensors other: are they another network's?");
    }
    let plain = |tensors: &mut TensorStore, _: &mut BTreeMap<_, _>| {
        tensors.retain(|name, _| !name.starts_with("stem.conv.norm"))
    };
    let expected = "tensor `stem.conv.bias` is missing, and so is `stem.conv.norm.weight`: give one of them";
    assert_eq!(fault(BACKBONE, &changed(BACKBONE, plain)), expected);
    // Normalisation that the writer has folded in himself.
    let folded = changed(BACKBONE, |tensors, metadata| {
        plain(tensors, metadata);
        let bias = cospike_sim_core::network::Tensor { shape: vec![16], data: vec![0.5; 16] };
        tensors.insert("stem.conv.bias".into(), bias);
    });
    assert!(WeightFile::from_bytes(BACKBONE, &folded).is_ok());
}

#[test]
fn metadata_are_complete_and_in_range() {
    // File, key, impossible values; each must be named.
    let needed: [(&str, &str, &[&str]); 12] = [
        (BACKBONE, "family", &["float", "quantised", "spikes", ""]),
        (BACKBONE, "kind", &["units"]),
        (BACKBONE, "time_steps", &["0", "10001", "4294967295", "-4", "4.0", ""]),
        (FLOAT_UNIT, "time_steps", &["4"]),
        (BACKBONE, "backbone", &["resnet41", "resnet18", "vgg16-4@1024:100000", ""]),
        (UNIT, "width", &["0", "8", "4294967295", "18446744073709551616"]),
        (UNIT, "stride", &["0", "1", "5", "4294967295"]),
        (UNIT, "split", &["stage9", "input", "output", "stem"]),
        (UNIT, "variant", &["a\nb", "\u{1b}[31m", "../x"]),
        (UNIT, "bottleneck", &["float", "binary", "quantised"]),
        (FLOAT_UNIT, "bottleneck", &["spiking", "binary"]),
        (FLOAT_UNIT, "jpeg_quality", &["0", "101", "256"]),
    ];
    for (file, key, values) in needed {
        fault(file, &changed(file, |_, metadata| drop(metadata.remove(key))));
        for &value in values {
            // A stride of 1 or a width of 8 is no fault in itself.
            let bytes = changed(file, |_, metadata| drop(metadata.insert(key.into(), value.into())));
            let read = WeightFile::from_bytes(file, &bytes);
            assert!(read.is_err() || (key, value) == ("stride", "1"), "{file}: {key} = {value:?}");
        }
    }
    let records: [(&str, &[&str]); 5] = [
        ("test_correct", &["10001", "-1", "x"]),
        ("test_images", &["0", "4294967296"]),
        ("payload_bits", &["nan", "inf", "-1", "1e300", "4294967296"]),
        ("validation_accuracy", &["1.1", "nan", "92 %"]),
        ("task", &["", "a\nb"]),
    ];
    for (key, values) in records {
        for &value in values {
            let bytes = changed(UNIT, |_, metadata| drop(metadata.insert(key.into(), value.into())));
            assert!(fault(UNIT, &bytes).starts_with(&format!("metadata `{key}` must be")), "{key} = {value:?}");
        }
    }
    let part = changed(UNIT, |_, metadata| drop(metadata.remove("test_correct")));
    assert!(
        fault(UNIT, &part).contains("metadata `test_correct` must be") && fault(UNIT, &part).ends_with("is missing")
    );
    let none =
        changed(UNIT, |_, metadata| metadata.retain(|key, _| !key.starts_with("test_") && key != "payload_bits"));
    assert!(WeightFile::from_bytes(UNIT, &none).unwrap().metadata.claim().is_none());
    let stranger = changed(UNIT, |_, metadata| drop(metadata.insert("format".into(), "pt".into())));
    assert_eq!(WeightFile::from_bytes(UNIT, &stranger).unwrap().metadata.all["format"], "pt", "other keys are records");
}

/// Each weight is a number, but their sum over the four steps is none.
#[test]
fn scores_that_are_no_numbers_are_an_error_with_network_and_sample() {
    let large = changed(BACKBONE, |tensors, _| tensors.get_mut("fc.bias").unwrap().data.fill(3.4e38));
    let zoo = Zoo::from_files([(BACKBONE.to_string(), Cow::Owned(large))]).unwrap();
    let dataset = Dataset::fashion_mnist_test().unwrap();
    let network = zoo.network(&zoo.choice(BACKBONE).unwrap()).unwrap();
    let input = Input { coding: Coding::Direct, seed: 0 };
    let error = offline::infer(&network, input, (&dataset, 2), false, &|| ()).unwrap_err().to_string();
    let reason = "its class scores are not finite: its weights are too large for 32-bit floats";
    assert_eq!(error, format!("{BACKBONE} on sample 0: {reason}"));
}

#[test]
fn keys_and_networks_that_are_there_twice_are_refused() {
    let whole = shipped(BACKBONE);
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let (header, data) = whole[8..].split_at(length);
    let header = std::str::from_utf8(header).unwrap();
    let twice = |old: &str, new: &str| {
        assert!(header.contains(old), "{old}");
        let header = header.replacen(old, new, 1);
        fault(BACKBONE, &[&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat())
    };
    assert_eq!(twice("\"family\":", "\"family\":\"float\",\"family\":"), "the header has the key \"family\" twice");
    let at = header.find("\"fc.bias\":").unwrap();
    let entry = &header[at..=at + header[at..].find('}').unwrap()];
    assert_eq!(twice(entry, &format!("{entry},{entry}")), "the header has the key \"fc.bias\" twice");

    let two = ["first", "second"].map(|name| (name.to_string(), Cow::Owned(shipped(UNIT))));
    let message = Zoo::from_files(two).unwrap_err().to_string();
    let unit =
        "first and second both say that they hold the spiking bottleneck unit of width 4 at `stage3` of `resnet14`";
    assert!(message.starts_with(unit), "{message}");
}

#[test]
fn weights_of_another_task_are_refused() {
    let network = |task: &'static str| {
        let unit = changed(UNIT, |_, metadata| drop(metadata.insert("task".into(), task.into())));
        let files = [(UNIT.to_string(), Cow::Owned(unit)), (BACKBONE.to_string(), Cow::Owned(shipped(BACKBONE)))];
        let zoo = Zoo::from_files(files).unwrap();
        zoo.network(&zoo.choice(UNIT).unwrap())
    };
    let message = network("cifar-10").unwrap_err().to_string();
    assert!(message.contains("trained for the task `cifar-10`, but its backbone resnet14-spiking for"), "{message}");

    let bytes = changed(BACKBONE, |_, metadata| drop(metadata.insert("task".into(), "kmnist".into())));
    let zoo = Zoo::from_files([(BACKBONE.to_string(), Cow::Owned(bytes))]).unwrap();
    let network = zoo.network(&zoo.choice(BACKBONE).unwrap()).unwrap();
    let shipped = Dataset::fashion_mnist_test().unwrap();
    let Unsuitable::Task { file, trained, samples } = network.check_samples(&shipped).unwrap_err() else { panic!() };
    assert_eq!((file.as_str(), trained.as_str(), samples), (BACKBONE, "kmnist", "fashion-mnist"));
    // The task of samples in a folder is not known.
    let others = Dataset::new(shipped.shape, shipped.pixels().unwrap().to_vec(), shipped.labels.clone()).unwrap();
    assert_eq!(network.check_samples(&others), Ok(()));
}

/// A file of the same length with other weights is a weight file, so damage is only noticed where it leaves none.
#[test]
fn a_damaged_weight_file_is_refused_or_read_but_never_a_panic() {
    let whole = shipped("resnet14-float-stage3-w1-binary");
    let length = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let read = |bytes: &[u8]| WeightFile::from_bytes("damaged", bytes).is_ok();
    for at in 0..length {
        for bit in [0, 3, 5, 7] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            read(&bytes);
        }
        assert!(!read(&whole[..at]) && !read(&[&whole[..at], &whole[at + 1..]].concat()), "without byte {at}");
    }
    assert!(!read(&[&whole[..], &[0]].concat()) && !read(&whole.repeat(2)) && !read(&whole[..whole.len() - 1]));
    for promised in [0, 1, length as u64, 100_000_000, u64::MAX] {
        assert!(!read(&[&promised.to_le_bytes(), &whole[8..]].concat()), "a header of {promised} bytes");
    }
    let brackets = vec![b'['; 1_000_000];
    assert!(!read(&[&(brackets.len() as u64).to_le_bytes(), &brackets[..]].concat()));
}

/// The metadata of a shipped backbone as another trainer would write them.
fn foreign(change: impl FnOnce(&mut BTreeMap<String, String>)) -> Vec<u8> {
    changed(BACKBONE, |_, metadata| {
        metadata.retain(|key, _| ["kind", "backbone", "family", "time_steps"].contains(&key.as_str()));
        let own = [
            ("neuron", "lif:tau=2,decay_input=false,threshold=1,fire=gt,reset=hard:0,initial=0"),
            ("coding", "direct"),
            ("normalisation", "none"),
        ];
        metadata.extend(own.map(|(key, value)| (key.to_string(), value.to_string())));
        change(metadata);
    })
}

/// Without them a network would be executed with our neurons, whatever its own were.
#[test]
fn what_another_trainer_wrote_says_neuron_coding_and_normalisation_and_nothing_unknown() {
    let file = WeightFile::from_bytes("own", &foreign(|_| ())).unwrap();
    let Neuron { leak, fires, reset, initial, .. } = file.metadata.neuron;
    assert_eq!((leak, fires, reset, initial), (Leak::Tau(2.0), Fires::Above, Reset::Hard(0.0), 0.0));
    let neurons = file.architecture().unwrap().layers.into_iter().filter_map(|layer| match layer.operation {
        Operation::Neuron(neuron) => Some(neuron),
        _ => None,
    });
    assert!(neurons.clone().count() > 10 && neurons.clone().all(|neuron| neuron == file.metadata.neuron));
    for key in ["neuron", "coding", "normalisation"] {
        let found = fault("own", &foreign(|metadata| drop(metadata.remove(key))));
        assert!(found.starts_with(&format!("metadata `{key}` must be")) && found.ends_with("missing"), "{found}");
    }
    let set = |key: &str, value: &str| {
        fault("own", &foreign(|metadata| drop(metadata.insert(key.to_string(), value.to_string()))))
    };
    for text in [
        "",
        "lif",
        "lif:tau=2",
        "relu:threshold=1,fire=ge,reset=soft,initial=0",
        "if:threshold=1,fire=ge,reset=soft",
        "if:threshold=1,fire=ge,reset=soft,initial=0,leak=1",
        "if:threshold=1,threshold=1,fire=ge,reset=soft,initial=0",
        "lif:tau=0.5,decay_input=true,threshold=1,fire=ge,reset=soft,initial=0",
        "if:threshold=nan,fire=ge,reset=soft,initial=0",
        "if:threshold=1,fire=>=,reset=soft,initial=0",
        "if:threshold=0,fire=ge,reset=hard:0,initial=0",
    ] {
        assert!(set("neuron", text).starts_with("metadata `neuron` must be `if` or `lif`"), "{text}");
    }
    assert!(set("coding", "rate").contains("is \"rate\"") || set("coding", "rate").contains("but is"));
    assert!(
        set("normalisation", "mean=0.5").contains("it is `none`, if the network was trained on pixels divided by 255")
    );
    assert_eq!(set("v_threshold", "1"), "metadata `v_threshold` has no meaning here: leave it out");
    assert_eq!(
        set("normalization", "none"),
        "metadata `normalization` has no meaning here (is it `normalisation`?): leave it out"
    );
}

/// Two trainings of one architecture that say the same of themselves.
#[test]
fn a_network_is_executed_by_its_own_name_beside_another_of_its_architecture() {
    let other = |scale: f32| changed(BACKBONE, |tensors, _| tensors.get_mut("fc.bias").unwrap().data.fill(scale));
    let files = [("a", other(0.0)), ("b", other(1.0)), ("resnet14-float", shipped("resnet14-float"))];
    let zoo = Zoo::from_files(files.map(|(name, bytes)| (name.to_string(), Cow::Owned(bytes)))).unwrap();
    for (name, bias) in [("a", 0.0), ("b", 1.0)] {
        let choice = zoo.choice(name).unwrap();
        let network = zoo.network(&choice).unwrap();
        assert_eq!((choice.backbone.as_str(), network.name().as_str()), (name, name));
        let last = network.network.network().layers.len() - 1;
        assert_eq!(network.weights.layer(last).unwrap().bias, vec![bias; 10]);
    }
    // Of a unit it would not be clear whose it is.
    let with_unit = [("a", other(0.0)), ("b", other(1.0)), ("unit", shipped(UNIT))];
    let error = Zoo::from_files(with_unit.map(|(name, bytes)| (name.to_string(), Cow::Owned(bytes)))).unwrap_err();
    assert!(error.to_string().contains("spiking backbone `resnet14`"), "{error}");
}
