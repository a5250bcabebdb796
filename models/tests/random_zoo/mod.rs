//! A zoo of random weights, for tests of everything but accuracy.

use cospike_models::zoo::Zoo;
use cospike_sim_core::network::{
    Activation, Bottleneck, BottleneckKind, Network, Neuron, Nonlinearity, Operation, ResNet,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, TensorView};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::RangeFrom;

/// Backbones and units of widths 2, 4 and 8 at all stages, and at the last one binary units and a noisy one, all random.
pub(crate) fn random_zoo() -> Zoo {
    random_zoo_for("fashion-mnist")
}

/// The same for this task.
pub(crate) fn random_zoo_for(task: &str) -> Zoo {
    let families = [
        ("spiking", "4", Nonlinearity::Spiking(Neuron::INTEGRATE_AND_FIRE)),
        ("float", "1", Nonlinearity::Float(Activation::Relu)),
        ("quantised", "1", Nonlinearity::Float(Activation::Quantise { levels: 4 })),
    ];
    let mut files = vec![];
    for (family, steps, nonlinearity) in families {
        let backbone = ResNet::ZOO.build(nonlinearity);
        let common = [
            ("backbone", "resnet14"),
            ("family", family),
            ("time_steps", steps),
            ("task", task),
            ("cospike_version", "0.1.0"),
        ];
        let levels: &[_] = if family == "quantised" { &[("levels", "4")] } else { &[] };
        let common = [common.as_slice(), levels].concat();
        let metadata = [common.as_slice(), &[("kind", "backbone")]].concat();
        files.push((format!("resnet14-{family}"), weight_file(&backbone, 0.., &metadata)));
        let mut units: Vec<_> = ["stage1", "stage2", "stage3"]
            .into_iter()
            .flat_map(|split| {
                ["2", "4", "8"].map(|width| (BottleneckKind::default_for(backbone.family()), split, width, ""))
            })
            .collect();
        units.extend(match family {
            "float" => vec![
                (BottleneckKind::Binary, "stage3", "4", "binary"),
                (BottleneckKind::Binary, "stage3", "8", "binary"),
            ],
            "spiking" => vec![(BottleneckKind::Spiking, "stage3", "4", "noisy")],
            _ => vec![],
        });
        for (kind, split, width, variant) in units {
            let unit = Bottleneck { kind, width: width.parse().unwrap(), stride: 2 };
            let (network, _) = backbone.with_bottleneck(split, unit).unwrap();
            let after = backbone.split(split).unwrap() + 1;
            let kind = format!("{kind:?}").to_lowercase();
            let own =
                [("split", split), ("width", width), ("stride", "2"), ("variant", variant), ("bottleneck", &kind)];
            let quality: &[_] = if unit.kind == BottleneckKind::Float { &[("jpeg_quality", "90")] } else { &[] };
            let metadata = [common.as_slice(), &own, quality, &[("kind", "unit")]].concat();
            let name = format!("resnet14-{family}-{split}-w{width}-{variant}");
            files.push((name.trim_end_matches('-').into(), weight_file(&network, after.., &metadata)));
        }
    }
    Zoo::from_files(files).unwrap()
}

/// Random weights of the given layers, scaled so that activity neither dies nor explodes.
fn weight_file(network: &Network, layers: RangeFrom<usize>, metadata: &[(&str, &str)]) -> Cow<'static, [u8]> {
    let mut rng = ChaCha8Rng::seed_from_u64(layers.start as u64);
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = network.layers[layers]
        .iter()
        .flat_map(|layer| {
            let shape = match layer.operation {
                Operation::Conv2d(c) => vec![c.output.channels, c.input.channels, c.rows.size, c.columns.size],
                Operation::ConvTranspose2d(c) => vec![c.input.channels, c.output.channels, c.rows.size, c.columns.size],
                Operation::Linear => vec![layer.output.len(), network.layers[layer.inputs[0]].output.len()],
                _ => return vec![],
            };
            let values: usize = shape.iter().product();
            let scale = 3.0 / (values as f32 / layer.output.channels as f32).sqrt();
            let values = (0..values).flat_map(|_| (scale * (rng.random::<f32>() - 0.4)).to_le_bytes()).collect();
            let outs = layer.output.channels;
            let bias = (0..outs).flat_map(|_| 0.0_f32.to_le_bytes()).collect();
            vec![(format!("{}.weight", layer.name), shape, values), (format!("{}.bias", layer.name), vec![outs], bias)]
        })
        .collect();
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    let metadata: HashMap<String, String> =
        metadata.iter().map(|&(key, value)| (key.to_string(), value.to_string())).collect();
    Cow::Owned(safetensors::serialize(views, Some(metadata)).unwrap())
}
