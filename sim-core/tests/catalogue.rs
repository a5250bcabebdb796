//! The networks by name: published sizes, and whether they can be cut and given a bottleneck unit everywhere.

use cospike_sim_core::network::{
    Bottleneck, BottleneckKind, INPUT, Layer, Network, NetworkError, NetworkName, Neuron, OUTPUT, ParameterRule, Signal,
};

const NEURON: Neuron = Neuron::INTEGRATE_AND_FIRE;

fn name(text: &str) -> NetworkName {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The network of every family as large as published and as small as sensible.
fn twins(name: NetworkName) -> impl Iterator<Item = Network> {
    [name.spiking(NEURON), name.float(), name.quantised(4)].into_iter().chain(name.small(NEURON))
}

fn parameters(network: &Network, rule: ParameterRule) -> u64 {
    network.parameters(0..network.layers.len(), rule)
}

fn macs(network: &Network) -> u64 {
    network.dense_macs(0..network.layers.len())
}

/// Parameters as trained, of torchvision 0.13 and later (`num_params` of the weights' metadata) for 224x224, but
/// MobileNetV1 from imgclsmob's tables; of pytorch-cifar's networks with 10 classes for 32x32, as forks and papers list
/// them, but MobileNetV2 from torchvision's with 10 classes (pytorch-cifar adds shortcuts that the paper does not have).
#[test]
fn parameters_are_the_published_ones() {
    let published = [
        ("resnet18", 11_689_512),
        ("resnet34", 21_797_672),
        ("resnet50", 25_557_032),
        ("mobilenetv1", 4_231_976),
        ("mobilenetv1-0.75", 2_585_560),
        ("mobilenetv1-0.5", 1_331_592),
        ("mobilenetv2", 3_504_872),
        ("vgg11", 132_868_840),
        ("vgg16", 138_365_992),
        ("resnet18@32", 11_173_962),
        ("resnet34@32", 21_282_122),
        ("resnet50@32", 23_520_842),
        ("mobilenetv1@32", 3_217_226),
        ("mobilenetv2@32", 2_236_682),
        ("vgg11@32", 9_231_114),
        ("vgg16@32", 14_728_266),
    ];
    for (text, expected) in published {
        let name = name(text);
        for network in [name.spiking(NEURON), name.float()] {
            assert_eq!(parameters(&network, name.parameter_rule()), expected, "{text}");
        }
    }
    // torchvision's networks without normalisation, which is what is left of the others after folding.
    assert_eq!(parameters(&name("vgg11").float(), ParameterRule::Folded), 132_863_336);
    assert_eq!(parameters(&name("vgg16").float(), ParameterRule::Folded), 138_357_544);
}

/// Multiply-accumulates with as many digits as were published.
#[test]
fn macs_are_the_published_ones() {
    let millions = |text: &str| macs(&name(text).float()) as f64 / 1e6;
    // torchvision, `_ops` of the weights' metadata, in 10^9. (He et al. have 3.8 for ResNet-50 with the other stride.)
    let torchvision = [
        ("resnet18", 1.814),
        ("resnet34", 3.664),
        ("resnet50", 4.089),
        ("mobilenetv2", 0.301),
        ("vgg11", 7.609),
        ("vgg16", 15.470),
    ];
    for (text, billions) in torchvision {
        assert_eq!((millions(text)).round() / 1e3, billions, "{text}");
    }
    // Howard et al., arXiv 1704.04861, table 6 (V1); TensorFlow's model page, rounded down (V2).
    let mobilenets =
        [("mobilenetv1", 569.0), ("mobilenetv1-0.75", 325.0), ("mobilenetv1-0.5", 149.0), ("mobilenetv1-0.25", 41.0)];
    for (text, expected) in mobilenets {
        assert_eq!(millions(text).round(), expected, "{text}");
    }
    let mobilenets_v2 = [
        ("mobilenetv2", 300.0),
        ("mobilenetv2-0.75", 209.0),
        ("mobilenetv2-0.5", 97.0),
        ("mobilenetv2-0.35", 59.0),
        ("mobilenetv2-1.4", 582.0),
    ];
    for (text, expected) in mobilenets_v2 {
        assert_eq!(millions(text).floor(), expected, "{text}");
    }
    // thop's counts of pytorch-cifar's networks, which have the normalisation's operations in them: below 2 %.
    let thop = [("resnet18@32", 556.65), ("resnet34@32", 1161.45), ("resnet50@32", 1304.71), ("mobilenetv1@32", 47.18)];
    for (text, published) in thop {
        let share = millions(text) / published;
        assert!((0.98..1.0).contains(&share), "{text}: {share}");
    }
}

#[test]
fn every_network_is_sound_and_every_split_point_cuts_it() {
    for name in NetworkName::all() {
        for network in twins(name) {
            network.check().unwrap_or_else(|error| panic!("{name}: {error}"));
            let splits: Vec<_> = network.split_points.iter().map(|s| s.name.as_str()).collect();
            assert_eq!((splits[0], splits[splits.len() - 1]), (INPUT, OUTPUT), "{name}");
            assert!(
                splits.iter().all(|s| splits.iter().filter(|other| *other == s).count() == 1),
                "{name}: {splits:?}"
            );
            assert_nothing_reaches_back(&network);
        }
    }
}

fn assert_nothing_reaches_back(network: &Network) {
    for split in &network.split_points {
        for layer in &network.layers[split.layer + 1..] {
            let back = layer.inputs.iter().find(|&&input| input < split.layer);
            assert_eq!(back, None, "{}: `{}` reaches back over `{}`", network.name, layer.name, split.name);
        }
    }
}

/// Behind sums, pools and linear layers, at graded spikes and at vectors.
#[test]
fn a_bottleneck_unit_fits_at_every_inner_split_point() {
    for name in NetworkName::all() {
        for network in twins(name) {
            let family = network.family();
            let kinds = BottleneckKind::ALL.into_iter().filter(|kind| kind.family() == family);
            for split in &network.split_points[1..network.split_points.len() - 1] {
                for kind in kinds.clone() {
                    let unit = Bottleneck { kind, width: 3, stride: 2 };
                    let (with, cut) = network.with_bottleneck(&split.name, unit).unwrap();
                    with.check().unwrap_or_else(|error| panic!("{name}, {kind:?} at {}: {error}", split.name));
                    assert_nothing_reaches_back(&with);
                    assert_eq!(with.layers[cut].name, "encoder.act");
                    let one_bit = matches!(kind, BottleneckKind::Spiking | BottleneckKind::Binary);
                    assert_eq!(with.signals(Signal::Real)[cut] == Signal::BINARY, one_bit);
                    let levels = if kind == BottleneckKind::Quantised { Some(4) } else { None };
                    assert_eq!(with.levels_at(cut).filter(|_| !one_bit), levels);
                    assert_eq!(with.family(), family, "{name}, {kind:?}");
                    let of_unit = |layer: &str| layer.starts_with("encoder.") || layer.starts_with("decoder.");
                    let backbone = with.layers.iter().filter(|l| !of_unit(&l.name));
                    let unchanged =
                        |(l, original): (&Layer, &Layer)| (&l.name, l.output) == (&original.name, original.output);
                    assert!(backbone.clone().count() == network.layers.len(), "{name}");
                    assert!(backbone.zip(&network.layers).all(unchanged), "{name}");
                }
            }
        }
    }
}

/// A stride beyond the feature map has the geometry of one that just fits, and would be mistaken for a size.
#[test]
fn a_stride_beyond_what_crosses_is_refused() {
    let network = "resnet14".parse::<NetworkName>().unwrap().float();
    for (split, most) in [("stem", 14), ("stage3", 4)] {
        let unit = |stride| Bottleneck { kind: BottleneckKind::Float, width: 2, stride };
        assert!(network.with_bottleneck(split, unit(most)).unwrap().0.check().is_ok());
        for stride in [most + 1, u32::MAX as usize, usize::MAX] {
            let expected = NetworkError::BottleneckStride { split: split.into(), stride, most };
            assert_eq!(network.with_bottleneck(split, unit(stride)).unwrap_err(), expected);
        }
    }
}

/// A unit behind the linear end of a MobileNetV2 block restores negative values too.
#[test]
fn a_decoder_ends_as_the_split_does() {
    let last = |network: &Network, kind| {
        let unit = Bottleneck { kind, width: 3, stride: 2 };
        let (with, _) = network.with_bottleneck("stage2", unit).unwrap();
        with.layers.iter().rfind(|l| l.name.starts_with("decoder.")).unwrap().name.clone()
    };
    for (text, float, binary) in [
        ("mobilenetv2@32", "decoder.restore", "decoder.conv"),
        ("mobilenetv1@32", "decoder.restore_act", "decoder.act"),
        ("vgg11@32", "decoder.restore_act", "decoder.act"),
    ] {
        assert_eq!(last(&name(text).float(), BottleneckKind::Float), float);
        assert_eq!(last(&name(text).float(), BottleneckKind::Binary), binary);
        assert_eq!(last(&name(text).spiking(NEURON), BottleneckKind::Spiking), "decoder.act");
        assert_eq!(last(&name(text).quantised(4), BottleneckKind::Quantised), "decoder.act");
    }
    let unit = Bottleneck { kind: BottleneckKind::Binary, width: 3, stride: 2 };
    let error = name("vgg11@32").spiking(NEURON).with_bottleneck("stage2", unit).unwrap_err();
    assert!(matches!(error, NetworkError::BottleneckFamily { .. }), "{error}");
}

/// What crosses a cut: one bit per value and step of neurons and maxima of them, two of counts up to 3 behind the sums of spike-element-wise blocks, real values
/// behind averages and in float networks.
#[test]
fn spikes_are_told_from_real_values() {
    let sew = name("sew-resnet18").spiking(NEURON);
    let expected = [
        ("input", None),
        ("stem.conv", None),
        ("stem.act", Some(1)),
        ("stem.pool", Some(1)),
        ("stage1.0.add", Some(2)),
        ("stage1.1.add", Some(2)),
        ("stage2.0.down_act", Some(1)),
        ("stage2.0.add", Some(2)),
        ("stage2.1.add", Some(2)),
        ("pool", None),
        ("fc", None),
    ];
    let bits = sew.spike_bits(4);
    for (layer, per_value) in expected {
        let at = sew.layers.iter().position(|l| l.name == layer).unwrap();
        let values = sew.layers[at].output.len() as u64;
        assert_eq!(bits[at], per_value.map(|per_value: u64| 4 * per_value * values), "{layer}");
    }
    for name in NetworkName::all().filter(|name| !name.to_string().starts_with("sew")) {
        let spiking = name.spiking(NEURON);
        let signals = spiking.signals(Signal::Real);
        let inner = &spiking.split_points[1..spiking.split_points.len() - 1];
        assert!(
            inner.iter().all(|s| signals[s.layer] == Signal::BINARY),
            "{name} is cut where it emits zeros and ones"
        );
        assert!(name.float().spike_bits(1).iter().all(Option::is_none));
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    for name in NetworkName::all() {
        let text = name.to_string();
        assert_eq!(text.parse(), Ok(name));
        assert_eq!((name.spiking(NEURON).name, name.float().name), (text.clone(), text));
        let network = name.float();
        assert_eq!((network.input(), network.classes()), (name.input(), name.classes()));
    }
    for (text, written) in [
        ("resnet18", "resnet18@224"),
        ("resnet50@32:100", "resnet50@32:100"),
        ("mobilenetv2-0.50@32:10", "mobilenetv2-0.5@32"),
        ("sew-resnet18-0.5@64", "sew-resnet18-0.5@64"),
        ("resnet14:10", "resnet14"),
        ("vgg16@65", "vgg16@65"),
    ] {
        assert_eq!(name(text).to_string(), written);
    }
}

#[test]
fn invariant_11_wrong_names_say_what_is_wrong() {
    for (text, reason) in [
        ("mobilenetv2-wide", "behind `-` belongs a width, a number above 0 and up to 4"),
        ("mobilenetv2-NaN", "behind `-` belongs a width, a number above 0 and up to 4"),
        ("mobilenetv2-0", "behind `-` belongs a width, a number above 0 and up to 4"),
        ("resnet18@", "behind `@` belongs the side of the image, a number from 1 to 1024"),
        ("resnet18@2048", "behind `@` belongs the side of the image, a number from 1 to 1024"),
        ("resnet18@32:0", "behind `:` belong the classes, a number from 1 to 100000"),
        ("resnet14@32", "`resnet14` is for 28x28 images: leave `@` out"),
    ] {
        match text.parse::<NetworkName>() {
            Err(NetworkError::NetworkName { reason: given, .. }) => assert_eq!(given, reason, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    for (text, name) in [("resnet19", "resnet19"), ("", ""), ("resnet18x@32:5", "resnet18x")] {
        match text.parse::<NetworkName>() {
            Err(NetworkError::UnknownArchitecture { name: given, known }) => {
                assert_eq!((given.as_str(), known.contains(&"resnet18")), (name, true));
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let error = "vgg16@16".parse::<NetworkName>().unwrap_err().to_string();
    assert!(error.contains("16x16 is too small an image: layer `stage5.pool`"), "{error}");
    // The largest that a name can ask for is still counted without overflow.
    let largest = name("vgg16-4@1024:100000").spiking(NEURON);
    assert!(macs(&largest) > parameters(&largest, ParameterRule::BiasedNormalised));
    assert!(largest.spike_bits(64).iter().all(|bits| bits.is_none_or(|bits| bits > 0)));
}
