//! Weights of a network from named tensors: what normalisation makes of them, and what is refused.

use cospike_sim_core::network::{
    Conv2d, Leak, Network, NetworkError, Neuron, Operation, Shape, Tensor, TensorStore, Weights,
};

/// A convolution of one weight, with batch normalisation, and a neuron with a learned leak.
fn network() -> Network {
    let mut network = Network::new("small", Shape::new(1, 1, 1));
    let conv = network.conv("conv", 0, Conv2d::plain(network.input(), 1, 1, 1, 0));
    let neuron = Neuron { leak: Leak::Learned, ..Neuron::INTEGRATE_AND_FIRE };
    network.push("neuron", Operation::Neuron(neuron), &[conv], Shape::new(1, 1, 1));
    network
}

fn store() -> TensorStore {
    let values = [
        ("weight", 8.0),
        ("norm.weight", 0.5),
        ("norm.bias", 1.0),
        ("norm.running_mean", 2.0),
        ("norm.running_var", 3.0),
    ];
    let mut store: TensorStore = values
        .into_iter()
        .map(|(name, value)| {
            let shape = if name == "weight" { vec![1, 1, 1, 1] } else { vec![1] };
            (format!("conv.{name}"), Tensor { shape, data: vec![value] })
        })
        .collect();
    store.insert("neuron.w".into(), Tensor { shape: vec![], data: vec![0.0] });
    store
}

/// With a constant of 1 the deviation is sqrt(3 + 1) = 2: w' = 8 * 0.5 / 2, b' = (0 - 2) * 0.5 / 2 + 1.
#[test]
fn normalisation_is_folded_in_with_the_constant_that_is_given() {
    let weights = Weights::with_norm_epsilon(&network(), &store(), 1.0).unwrap();
    let conv = weights.layer(1).unwrap();
    assert_eq!((conv.weight.data[0], conv.bias[0], conv.has_bias, conv.is_folded), (2.0, 0.5, false, true));
    assert_eq!(weights.leak(2), Some(0.5));
}

#[test]
fn values_that_are_no_weights_are_refused_by_name() {
    let with = |tensor: &str, value: f32| {
        let mut store = store();
        store.get_mut(tensor).unwrap().data[0] = value;
        Weights::from_store(&network(), &store)
    };
    for tensor in store().keys() {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let error = with(tensor, value).unwrap_err().to_string();
            assert_eq!(error, format!("tensor `{tensor}` holds {value} at position 0: weights must be finite numbers"));
        }
    }
    let negative = with("conv.norm.running_var", -1e-6).unwrap_err();
    assert!(matches!(negative, NetworkError::TensorValue { needed: "a variance cannot be negative", .. }));
    assert!(with("conv.norm.running_var", 0.0).is_ok());
    let overflow = NetworkError::FoldedWeights { layer: "conv".into() };
    let mut large = store();
    for tensor in ["conv.weight", "conv.norm.weight"] {
        large.get_mut(tensor).unwrap().data[0] = 3e38;
    }
    assert_eq!(Weights::from_store(&network(), &large), Err(overflow));
}

/// Part of a network's layers, as a file that holds a tail does.
#[test]
fn the_tensors_of_some_layers_can_be_checked_alone() {
    let (network, mut store) = (network(), store());
    assert_eq!(Weights::check(&network, 0..3, &store), Ok(()));
    let leak = store.remove("neuron.w").unwrap();
    assert_eq!(Weights::check(&network, 0..2, &store), Ok(()));
    let missing = NetworkError::MissingTensor { name: "neuron.w".into(), shape: vec![] };
    assert_eq!(Weights::check(&network, 0..3, &store), Err(missing));
    let unused = store.keys().cloned().collect();
    store.insert("neuron.w".into(), leak);
    assert_eq!(Weights::check(&network, 2..3, &store), Err(NetworkError::UnusedTensors { names: unused }));
}

/// With 3 bits a channel has the steps -3 to 3, of which the largest weight is one end.
#[test]
fn rounded_weights_are_steps_of_the_largest_of_their_channel() {
    let mut net = Network::new("three", Shape::new(2, 1, 1));
    let conv = net.conv("conv", 0, Conv2d::plain(net.input(), 2, 1, 1, 0));
    let up = Conv2d::transposed(net.layers[conv].output, Shape::new(2, 1, 1), 1, 1, 0);
    let up = net.push("up", Operation::ConvTranspose2d(up), &[conv], up.output);
    net.push("fc", Operation::Linear, &[up], Shape::vector(2));
    let data = vec![3.0, -0.6, 0.0, 0.75];
    let tensor = |name: &str| {
        let shape = if name == "fc" { vec![2, 2] } else { vec![2, 2, 1, 1] };
        (format!("{name}.weight"), Tensor { shape, data: data.clone() })
    };
    let store: TensorStore = ["conv", "up", "fc"].into_iter().map(tensor).collect();
    let weights = Weights::from_store(&net, &store).unwrap();
    let rounded = weights.rounded(&net, |layer| (layer != 3).then_some(3));
    let of = |weights: &Weights, layer| weights.layer(layer).unwrap().weight.data.clone();
    // The rows of `conv` are (3, -0.6) and (0, 0.75): steps of 1 and of 0.25.
    assert_eq!(of(&rounded, 1), [3.0, -1.0, 0.0, 0.75]);
    // An output channel of `up` is a column: (3, 0) and (-0.6, 0.75).
    assert_eq!(of(&rounded, 2), [3.0, -0.5, 0.0, 0.75]);
    assert_eq!(of(&rounded, 3), of(&weights, 3));
    assert_eq!(rounded.rounded(&net, |_| Some(3)).layer(1), rounded.layer(1), "what is rounded stays");
}
