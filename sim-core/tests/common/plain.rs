//! A network executed as its definition reads: dense loops over `[channel][row][column]`, every layer in every step,
//! nothing fused, shared or skipped.

use cospike_sim_core::inference::Feature;
use cospike_sim_core::network::{
    Activation, Conv2d, Fires, Leak, Network, Neuron, Operation, Pool2d, Reduction, Reset, Shape, TensorStore,
};

/// Values of one step, `[channel][row][column]`.
pub(crate) type Map = Vec<f32>;

/// The output of every layer in every step, `[layer][step]`, given the input of every step. Weights by name, without
/// normalisation.
pub(crate) fn run(network: &Network, store: &TensorStore, input: &[Map]) -> Vec<Vec<Map>> {
    let mut outputs: Vec<Vec<Map>> = vec![];
    for (i, layer) in network.layers.iter().enumerate() {
        let read: Vec<&Vec<Map>> = layer.inputs.iter().map(|&input| &outputs[input]).collect();
        let of_each_step = |f: &dyn Fn(&Map) -> Map| read[0].iter().map(f).collect();
        let output = match layer.operation {
            Operation::Input => input.to_vec(),
            Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Linear => {
                let synapses = synapses(network, i);
                let (weight, bias) =
                    (&store[&format!("{}.weight", layer.name)], store.get(&format!("{}.bias", layer.name)));
                of_each_step(&|map| {
                    let bias = |o: usize| bias.map_or(0.0, |bias| bias.data[o / layer.output.area()]);
                    let mut sums: Map = (0..layer.output.len()).map(bias).collect();
                    synapses.iter().for_each(|&(i, o, w)| sums[o] += map[i] * weight.data[w]);
                    sums
                })
            }
            Operation::Neuron(neuron) => {
                let share = store.get(&format!("{}.w", layer.name)).map(|w| 1.0 / (1.0 + (-w.data[0]).exp()));
                spikes(neuron, share, read[0])
            }
            Operation::Activation(f) => of_each_step(&|map| map.iter().map(|&x| activate(f, x)).collect()),
            Operation::Add => {
                let sum = |(a, b): (&Map, &Map)| a.iter().zip(b).map(|(a, b)| a + b).collect();
                read[0].iter().zip(read[1]).map(sum).collect()
            }
            Operation::Pool(pool) => of_each_step(&|map| pooled(pool, map)),
            Operation::Flatten => read[0].clone(),
            Operation::Concat => {
                (0..read[0].len()).map(|t| read.iter().flat_map(|maps| &maps[t]).copied().collect()).collect()
            }
            Operation::Scale => {
                let factors = &store[&format!("{}.scale", layer.name)].data;
                of_each_step(&|map| map.iter().zip(factors).map(|(x, factor)| x * factor).collect())
            }
            Operation::Cells(_) | Operation::Previous => panic!("`cells.rs` has a loop for these"),
        };
        outputs.push(output);
    }
    outputs
}

/// Every (input, output, weight) of a weighted layer as flat indices `[channel][row][column]` and into its tensor.
pub(crate) fn synapses(network: &Network, layer: usize) -> Vec<(usize, usize, usize)> {
    let layer = &network.layers[layer];
    let input = network.layers[layer.inputs[0]].output;
    match layer.operation {
        Operation::Conv2d(conv) => {
            let swap = |(narrow, wide, weight)| (wide, narrow, weight);
            slides(conv, conv.output, conv.input).into_iter().map(swap).collect()
        }
        Operation::ConvTranspose2d(conv) => slides(conv, conv.input, conv.output),
        _ => {
            let outputs = 0..layer.output.len();
            outputs.flat_map(|o| (0..input.len()).map(move |i| (i, o, o * input.len() + i))).collect()
        }
    }
}

/// Every (narrow, wide, weight) of a kernel that slides over the wide side, one stride for every narrow position.
fn slides(conv: Conv2d, narrow: Shape, wide: Shape) -> Vec<(usize, usize, usize)> {
    let (rows, columns) = (conv.rows, conv.columns);
    let (narrow_group, wide_group) = (narrow.channels / conv.groups, wide.channels / conv.groups);
    let mut synapses = vec![];
    for (n, w) in pairs(narrow.channels, wide_group) {
        for ((y, x), (ky, kx)) in
            pairs(narrow.height, narrow.width).flat_map(|at| pairs(rows.size, columns.size).map(move |k| (at, k)))
        {
            let (row, column) = (y * rows.stride + ky * rows.dilation, x * columns.stride + kx * columns.dilation);
            if row < rows.padding.0 || column < columns.padding.0 {
                continue;
            }
            let (row, column) = (row - rows.padding.0, column - columns.padding.0);
            if row >= wide.height || column >= wide.width {
                continue;
            }
            let channel = n / narrow_group * wide_group + w;
            let wide_at = (channel * wide.height + row) * wide.width + column;
            let narrow_at = (n * narrow.height + y) * narrow.width + x;
            synapses.push((narrow_at, wide_at, ((n * wide_group + w) * rows.size + ky) * columns.size + kx));
        }
    }
    synapses
}

pub(crate) fn pairs(a: usize, b: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..a).flat_map(move |a| (0..b).map(move |b| (a, b)))
}

/// The spikes of neurons in every step; `share` is what they leak if that was learned.
fn spikes(n: Neuron, share: Option<f32>, currents: &[Map]) -> Vec<Map> {
    let mut v = vec![n.initial; currents[0].len()];
    let rest = if let Reset::Hard(rest) = n.reset { rest } else { 0.0 };
    let share = match n.leak {
        Leak::Learned => share.unwrap(),
        Leak::Share(share) => share,
        _ => 0.0,
    };
    let mut step = |current: &Map| {
        let fire = |(v, &x): (&mut f32, &f32)| {
            *v = match (n.leak, n.decay_input) {
                (Leak::None, _) => *v + x,
                (Leak::Tau(tau), true) => *v + (x - (*v - rest)) / tau,
                (Leak::Tau(tau), false) => *v - (*v - rest) / tau + x,
                (_, true) => *v + (x - (*v - rest)) * share,
                (_, false) => *v - (*v - rest) * share + x,
            };
            let fires = if n.fires == Fires::Above { *v > n.threshold } else { *v >= n.threshold };
            if fires {
                *v = if let Reset::Hard(rest) = n.reset { rest } else { *v - n.threshold };
            }
            f32::from(u8::from(fires))
        };
        v.iter_mut().zip(current).map(fire).collect()
    };
    currents.iter().map(&mut step).collect()
}

fn activate(f: Activation, x: f32) -> f32 {
    match f {
        Activation::Relu => x.max(0.0),
        Activation::Clip { max } => x.clamp(0.0, max),
        Activation::Quantise { levels } => (x.clamp(0.0, 1.0) * levels as f32 + 0.5).floor() / levels as f32,
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Round { step, low, high } => {
            let (below, above) = ((x / step).floor(), x / step - (x / step).floor());
            let is_up = above > 0.5 || above == 0.5 && below % 2.0 != 0.0;
            (below + f32::from(u8::from(is_up))).clamp(low as f32, high as f32) * step
        }
    }
}

fn pooled(pool: Pool2d, map: &Map) -> Map {
    let (rows, columns) = (pool.rows, pool.columns);
    let value = |o: usize| {
        let (c, y, x) = (o / pool.output.area(), o % pool.output.area() / pool.output.width, o % pool.output.width);
        let inside = pairs(rows.size, columns.size).filter_map(|(ky, kx)| {
            let row = (y * rows.stride + ky).checked_sub(rows.padding.0).filter(|&row| row < pool.input.height)?;
            let column =
                (x * columns.stride + kx).checked_sub(columns.padding.0).filter(|&column| column < pool.input.width)?;
            Some(map[(c * pool.input.height + row) * pool.input.width + column])
        });
        match pool.reduction {
            Reduction::Max => inside.fold(f32::NEG_INFINITY, f32::max),
            Reduction::Sum => inside.sum(),
            Reduction::Average => inside.sum::<f32>() / pool.elements() as f32,
        }
    };
    (0..pool.output.len()).map(value).collect()
}

/// The values of a feature, `[step]`.
pub(crate) fn maps(feature: &Feature) -> Vec<Map> {
    let shape = feature.shape();
    let value = |t: usize, i: usize| {
        let (c, p) = (i / shape.area(), i % shape.area());
        match feature {
            Feature::Real(real) => real.step(t)[p * shape.channels + c],
            Feature::Spikes(train) => f32::from(u8::from(train.get(t, p, c))),
            Feature::Graded(graded) => graded.get(t, p, c) as f32,
        }
    };
    (0..feature.steps()).map(|t| (0..shape.len()).map(|i| value(t, i)).collect()).collect()
}
