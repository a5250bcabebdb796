//! Networks in the NIR format: those of other frameworks spike for spike, and files that are wrong.

use cospike_models::dataset::Dataset;
use cospike_models::import::nir::{NirError, NirFile, NirOptions, TIME_STEP, write};
use cospike_models::import::{Axes, Recorded, Runs};
use cospike_models::zoo::Zoo;
use cospike_sim_core::inference::{Executable, Feature, Real};
use cospike_sim_core::network::{CellReset, Fires, Network, Operation};
use hdf5_pure::FileBuilder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nir").join(name)
}

fn read(name: &str, options: &NirOptions) -> NirFile {
    NirFile::read(&path(&format!("{name}.nir")), options).unwrap_or_else(|error| panic!("{error}"))
}

/// Networks of SpikingJelly, snnTorch, Norse and Sinabs, and graphs that torch's own operators executed, see `benches/peers/nir`: residual,
/// depthwise, dilated, in one dimension, nested, recurrent, with a time step that the file says or not.
#[test]
fn no_spike_of_another_framework_differs() {
    let above = NirOptions::default();
    let from = NirOptions { fires: Some(Fires::From), ..above };
    let networks = [
        ("spikingjelly_conv", above, 3, 37),
        ("spikingjelly_if", from, 3, 18),
        ("snntorch_conv", above, 3, 17),
        ("snntorch_recurrent", above, 2, 14),
        ("norse_box", NirOptions { dt: Some(1e-6), ..above }, 2, 62),
        ("norse_readout", NirOptions { dt: Some(1e-6), ..above }, 2, 0),
        ("sinabs_iaf", NirOptions { dt: Some(1.0), reset: Some(CellReset::Soft), ..from }, 2, 30),
        ("graph_residual", above, 4, 0),
        ("graph_recurrent", above, 4, 0),
    ];
    for (name, options, nodes, spikes) in networks {
        let recorded = Recorded::read(&path(&format!("{name}.npz")), Axes::StepsAndSamples).unwrap();
        let file = read(name, &recorded.complete(options));
        let comparison = recorded.compare(file.network.as_ref().unwrap(), None).unwrap();
        assert_eq!((comparison.nodes.len(), comparison.flips()), (nodes, 0), "{name}");
        assert!(comparison.agrees(), "{name}: {comparison:?}");
        let out = comparison.out.unwrap();
        assert_eq!(out.spikes.map_or(0, |(ours, _)| ours), spikes, "{name}");
        // Real values are sums of floats, so they agree but for rounding.
        assert!(out.spikes.is_some() || out.largest > 0.1 && out.error < 1e-6, "{name}: {out:?}");
    }
}

/// A threshold is met exactly in this file, so what is not said of it matters; the same holds for the kind of reset.
#[test]
fn what_the_format_leaves_open_is_not_a_matter_of_taste() {
    let recorded = Recorded::read(&path("spikingjelly_if.npz"), Axes::StepsAndSamples).unwrap();
    let flips = |options| {
        let file = read("spikingjelly_if", &recorded.complete(options));
        recorded.compare(file.network.as_ref().unwrap(), None).unwrap().flips()
    };
    let right = NirOptions { fires: Some(Fires::From), ..NirOptions::default() };
    assert_eq!(flips(right), 0);
    assert!(flips(NirOptions::default()) > 100);
    assert!(flips(NirOptions { reset: Some(CellReset::Soft), ..right }) > 10);
    assert!(flips(NirOptions { dt: Some(0.5e-4), ..right }) > 10);
}

/// The loop cannot be cut; everything through which alone values flow can, and head and tail are the whole.
#[test]
fn invariant_6_the_cut_through_an_imported_network_is_invisible() {
    for (name, splits) in [
        ("graph_recurrent", vec!["input", "front", "fires", "flat", "w_in", "upper", "w_out", "output"]),
        (
            "graph_residual",
            vec!["input", "stem", "lif.0", "lif.2.sum2", "lif.2", "sum", "scale", "mean", "flat", "fc", "output"],
        ),
        ("snntorch_recurrent", vec!["input", "0", "1.lif", "2", "output"]),
    ] {
        let file = read(name, &NirOptions { dt: Some(1e-3), ..NirOptions::default() });
        let file = if file.network.is_ok() { file } else { read(name, &NirOptions::default()) };
        let made = file.network.unwrap();
        let (network, steps) = (&made.network, 4);
        let names: Vec<_> = network.split_points.iter().map(|split| split.name.as_str()).collect();
        assert_eq!(names, splits, "{name}");
        let executable = Executable::new(network, &made.weights).unwrap();
        let shape = network.input();
        let data = (0..shape.len()).map(|i| (i * 7 % 5) as f32 - 1.5).collect();
        let input = Feature::Real(Real { shape, steps: 1, data });
        let layers = network.layers.len();
        let whole = executable.run(1..layers, &input, steps).unwrap();
        for split in &network.split_points {
            let head = executable.run(1..split.layer + 1, &input, steps).unwrap();
            let tail = executable.run(split.layer + 1..layers, &head.output, steps).unwrap();
            assert_eq!(tail.output, whole.output, "{name} cut at {}", split.name);
            assert_eq!([head.layers, tail.layers].concat(), whole.layers, "{name} cut at {}", split.name);
        }
    }
}

/// Neurons with one value each are the kernels' own; those with values of their own are cells.
#[test]
fn uniform_neurons_are_executed_by_the_fast_kernels() {
    let count = |name: &str, is: fn(&Operation) -> bool| {
        let made = read(name, &NirOptions { fires: Some(Fires::From), ..NirOptions::default() }).network.unwrap();
        made.network.layers.iter().filter(|layer| is(&layer.operation)).count()
    };
    let neurons = |operation: &Operation| matches!(operation, Operation::Neuron(_));
    let cells = |operation: &Operation| matches!(operation, Operation::Cells(_));
    assert_eq!((count("spikingjelly_conv", neurons), count("spikingjelly_if", neurons)), (3, 3));
    assert_eq!((count("snntorch_conv", cells), count("snntorch_conv", neurons)), (3, 0));
}

/// A node: name, type, and its values with shapes.
type Node<'a> = (&'a str, &'a str, &'a [(&'a str, &'a [u64], &'a [f64])]);

type Edges<'a> = Vec<(&'a str, &'a str)>;

/// A file with these nodes, each with its type and float values, and edges.
fn file(nodes: &[Node<'_>], edges: &[(&str, &str)]) -> Vec<u8> {
    file_that_says(&[], nodes, edges)
}

/// The same with texts in its metadata, which are also those of its node `n`.
fn file_that_says(said: &[(&str, &str)], nodes: &[Node<'_>], edges: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = FileBuilder::new();
    let mut top = builder.create_group("node");
    top.create_dataset("type").with_vlen_strings(&["NIRGraph"]).with_shape(&[]);
    let names: Vec<&str> = edges.iter().flat_map(|&(from, to)| [from, to]).collect();
    top.create_dataset("edges").with_vlen_strings(&names).with_shape(&[edges.len() as u64, 2]);
    let mut metadata = top.create_group("metadata");
    said.iter().for_each(|(key, text)| {
        metadata.create_dataset(key).with_vlen_strings(&[text]).with_shape(&[]);
    });
    top.add_group(metadata.finish());
    let mut all = top.create_group("nodes");
    for (name, kind, values) in nodes {
        let mut node = all.create_group(name);
        node.create_dataset("type").with_vlen_strings(&[kind]).with_shape(&[]);
        for (value, shape, data) in *values {
            node.create_dataset(value).with_f64_data(data).with_shape(shape);
        }
        if !said.is_empty() && *name == "n" {
            let mut metadata = node.create_group("metadata");
            said.iter().for_each(|(key, text)| {
                metadata.create_dataset(key).with_vlen_strings(&[text]).with_shape(&[]);
            });
            node.add_group(metadata.finish());
        }
        all.add_group(node.finish());
    }
    top.add_group(all.finish());
    builder.add_group(top.finish());
    builder.finish().unwrap()
}

const INPUT: Node<'_> = ("in", "Input", &[("shape", &[1], &[2.0])]);
const OUTPUT: Node<'_> = ("out", "Output", &[("shape", &[1], &[2.0])]);

fn error(nodes: &[Node<'_>], edges: &[(&str, &str)]) -> String {
    let read = NirFile::from_bytes("net", file(nodes, edges), &NirOptions::default());
    match read.map(|file| file.network.map(|_| ())) {
        Err(error) | Ok(Err(error)) => error.to_string(),
        Ok(Ok(())) => "it is right".into(),
    }
}

#[test]
fn what_is_wrong_is_said_with_the_name_of_the_node() {
    let lif = |tau: &'static [f64], r: &'static [f64]| -> Vec<(&'static str, &'static [u64], &'static [f64])> {
        vec![("tau", &[1], tau), ("r", &[1], r), ("v_leak", &[1], &[0.0]), ("v_threshold", &[1], &[1.0])]
    };
    let conv = |stride: f64, dilation: f64| -> Vec<(&'static str, &'static [u64], &'static [f64])> {
        let single = |value: f64| if value == 0.0 { &[0.0][..] } else { &[1.0] };
        vec![
            ("weight", &[1, 1, 2], &[1.0; 2]),
            ("bias", &[1], &[0.0]),
            ("stride", &[1], single(stride)),
            ("padding", &[1], &[0.0]),
            ("dilation", &[1], single(dilation)),
            ("groups", &[1], &[1.0]),
        ]
    };
    let through: &[(&str, &str)] = &[("in", "n"), ("n", "out")];
    let (right, fast, unsaid) = (lif(&[2.0], &[2.0]), lif(&[0.5], &[0.25]), lif(&[2.0], &[1.0]));
    let nan: Vec<(&str, &[u64], &[f64])> = vec![("scale", &[1], &[f64::NAN])];
    let (backwards, still, dense) = (lif(&[-2.0], &[2.0]), conv(0.0, 1.0), conv(1.0, 0.0));
    let wide: Node<'_> = ("out", "Output", &[("shape", &[1], &[3.0])]);
    let line: Node<'_> = ("in", "Input", &[("shape", &[2], &[1.0, 5.0])]);
    let cases: [(Vec<Node<'_>>, Edges<'_>, &str); 20] = [
        (vec![INPUT, ("n", "LIF", &right), OUTPUT], through.to_vec(), "it is right"),
        (
            vec![INPUT, ("n", "Delay", &[("delay", &[1], &[1.0])]), OUTPUT],
            through.to_vec(),
            "node `n` cannot be executed: delays other",
        ),
        (
            vec![INPUT, ("n", "GRU", &[]), OUTPUT],
            through.to_vec(),
            "node `n` cannot be executed: nodes of type GRU are not known",
        ),
        (
            vec![INPUT, ("n", "LIF", &fast), OUTPUT],
            through.to_vec(),
            "node `n` cannot be executed: its time constant 5e-1 is shorter",
        ),
        (vec![INPUT, ("n", "LIF", &unsaid), OUTPUT], through.to_vec(), "all have r = 1"),
        (vec![INPUT, ("n", "LIF", &right[..3]), OUTPUT], through.to_vec(), "node `n`: `v_threshold` is missing"),
        (vec![INPUT, ("n", "Scale", &nan), OUTPUT], through.to_vec(), "node `n`: `scale` holds NaN at position 0"),
        (
            vec![INPUT, ("n", "Scale", &[("scale", &[3], &[1.0; 3])]), OUTPUT],
            through.to_vec(),
            "node `n` cannot be executed: its values have shape [3]",
        ),
        (
            vec![INPUT, ("n", "Linear", &[("weight", &[2, 3], &[1.0; 6])]), OUTPUT],
            through.to_vec(),
            "its weights read 3 values, but 2 come in",
        ),
        (
            vec![INPUT, ("n", "Scale", &[("scale", &[1], &[1.0]), ("gain", &[1], &[1.0])]), OUTPUT],
            through.to_vec(),
            "a Scale with `gain`",
        ),
        (
            vec![INPUT, ("n", "LIF", &backwards), OUTPUT],
            through.to_vec(),
            "node `n`: `tau` holds -2 at position 0: a time constant is above 0",
        ),
        (
            vec![INPUT, ("n", "LIF", &right), wide],
            through.to_vec(),
            "node `out`: the file says that the network emits [3], but it emits [2]",
        ),
        (
            vec![line, ("n", "Conv1d", &still), OUTPUT],
            through.to_vec(),
            "node `n` cannot be executed: its stride is 0, but must be 1 or more",
        ),
        (
            vec![line, ("n", "Conv1d", &dense), OUTPUT],
            through.to_vec(),
            "node `n` cannot be executed: its dilation is 0, but must be 1 or more",
        ),
        (
            vec![INPUT, OUTPUT],
            vec![("in", "out"), ("in", "m")],
            "names a node that is not there: `m` (links are not followed)",
        ),
        (vec![INPUT, OUTPUT], vec![], "one edge, and no more, must lead into `out`"),
        (vec![INPUT], vec![], "it has no node of type Output"),
        (
            vec![INPUT, ("in2", "Input", INPUT.2), OUTPUT],
            vec![("in", "out")],
            "it has 2 nodes of type Input, `in`, `in2`",
        ),
        (vec![INPUT, OUTPUT], vec![("in", "out")], "nothing is computed between input and output"),
        (
            vec![INPUT, ("a", "Scale", &[("scale", &[1], &[1.0])]), ("b", "Scale", &[("scale", &[1], &[1.0])]), OUTPUT],
            vec![("in", "a"), ("a", "b"), ("b", "a"), ("b", "out")],
            "but no neurons lie in it",
        ),
    ];
    for (nodes, edges, expected) in cases {
        let found = error(&nodes, &edges);
        assert!(found.contains(expected), "{found} instead of {expected}");
    }
}

/// A key without a meaning is a record, but one that is like another is taken for a mistake: it would change what the network does.
#[test]
fn what_metadata_say_is_used_or_noted() {
    let lif: Node<'_> = (
        "n",
        "LIF",
        &[("tau", &[1], &[2.0]), ("r", &[1], &[2.0]), ("v_leak", &[1], &[0.0]), ("v_threshold", &[1], &[1.0])],
    );
    let read = |said: &[(&str, &str)]| {
        let bytes = file_that_says(said, &[INPUT, lif, OUTPUT], &[("in", "n"), ("n", "out")]);
        NirFile::from_bytes("net", bytes, &NirOptions::default())
    };
    let taken = "`v_reset` is not there in `n`, so 0 is taken; if it is behind an HDF5 link, write the value itself, because links are not followed";
    assert_eq!(read(&[]).unwrap().notes, [taken]);
    let said = read(&[("reset", "soft"), ("author", "me")]).unwrap();
    assert_eq!(said.metadata.options.reset, Some(CellReset::Soft));
    let [author, of_node, absent] = &said.notes[..] else { panic!("{:?}", said.notes) };
    assert_eq!(author, "its metadata say `author`, which has no meaning here");
    assert_eq!(of_node, "the metadata of `n` say `reset`, which has a meaning only in those of the graph");
    assert_eq!(absent, taken);
    for (key, meant) in [("resets", "reset"), ("Fire", "fire"), ("time_step", "time_steps"), ("init", "initial")] {
        let error = read(&[(key, "soft")]).unwrap_err().to_string();
        let expected = format!("the graph: its metadata say `{key}`, which has no meaning: is it `{meant}`?");
        assert_eq!(error, expected);
    }
}

/// Of one node that is not supported everything else is told too.
#[test]
fn every_node_has_a_verdict_also_beside_one_that_is_not_supported() {
    let scale: &[(&str, &[u64], &[f64])] = &[("scale", &[1], &[1.5])];
    let delay: &[(&str, &[u64], &[f64])] = &[("delay", &[1], &[1.0])];
    let nodes = [INPUT, ("a", "Scale", scale), ("b", "Delay", delay), ("c", "Scale", scale), OUTPUT];
    let edges = [("in", "a"), ("a", "b"), ("b", "c"), ("c", "out")];
    let file = NirFile::from_bytes("net", file(&nodes, &edges), &NirOptions::default()).unwrap();
    let runs: Vec<_> = file.nodes.iter().map(|node| (node.name.as_str(), node.runs.clone())).collect();
    assert_eq!(runs[..2], [("in", Runs::AsRealValues), ("a", Runs::AsRealValues)]);
    let is_not = |at: usize, reason: &str| matches!(&runs[at].1, Runs::NotSupported(text) if text.contains(reason));
    assert!(is_not(2, "delays") && is_not(3, "it reads `b`"), "{runs:?}");
    assert!(matches!(file.network, Err(NirError::Unsupported { nodes }) if nodes.len() == 2));
}

/// The scores of a sample, and what the layers emit that emit spikes.
fn spikes(executable: &Executable, input: &Feature, steps: usize) -> (Feature, BTreeMap<String, Feature>) {
    let mut spikes = BTreeMap::new();
    let layers = executable.network().layers.len();
    let run = executable.run_observed(1..layers, input, steps, |layer, _, output| {
        if let Some(train @ Feature::Spikes(_)) = output {
            spikes.insert(executable.network().layers[layer].name.clone(), train.clone());
        }
    });
    (run.unwrap().output, spikes)
}

/// The format has no soft reset: the neurons of the zoo become loops, which the reader executes to the same spikes. Its package takes no
/// groups: convolutions of single channels have zeros for the others.
#[test]
fn networks_of_the_zoo_are_the_same_after_they_were_written_and_read() {
    let zoo = Zoo::shipped().unwrap();
    for (name, neurons) in [("resnet14-spiking", 13), ("mobilenet-spiking", 11)] {
        let ours = zoo.network(&zoo.choice(name).unwrap()).unwrap();
        let (network, steps) = (ours.network.network(), 4);
        let written = write(network, &ours.weights, steps).unwrap();
        // Everything that the format leaves open is in its metadata.
        let read = NirFile::from_bytes("read", written, &NirOptions::default()).unwrap();
        let said = read.metadata;
        assert_eq!((said.time_steps, said.options.fires), (Some(4), Some(Fires::From)));
        assert_eq!((said.options.dt, read.time_step.unwrap().is_inferred), (Some(TIME_STEP), false));
        let made = read.network.unwrap();
        let grouped = |operation| matches!(operation, Operation::Conv2d(conv) if conv.groups > 1);
        assert!(!made.network.layers.iter().any(|layer| grouped(layer.operation)), "{name}");
        let executable = Executable::new(&made.network, &made.weights).unwrap();
        let data = Dataset::fashion_mnist_test().unwrap();
        let splits = |network: &Network| network.split_points.len();
        assert!(splits(&made.network) >= splits(network));
        for index in 0..3 {
            let input = data.sample(index);
            let (scores, spikes_of_ours) = spikes(ours.network.executable(), &input, steps);
            let (scores_read, spikes_read) = spikes(&executable, &input, steps);
            assert_eq!(spikes_of_ours.len(), neurons, "{name}");
            for (layer, train) in &spikes_of_ours {
                assert_eq!(&spikes_read[layer], train, "{name}: {layer}");
            }
            assert_eq!(scores, scores_read, "{name}");
        }
    }
    let float = zoo.network(&zoo.choice("resnet14-float").unwrap()).unwrap();
    let error = write(float.network.network(), &float.weights, 1).unwrap_err().to_string();
    assert!(
        error.starts_with("the format cannot hold layer `stem.act`: the format has no activation functions"),
        "{error}"
    );
}
