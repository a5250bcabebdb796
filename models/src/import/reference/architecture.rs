//! The layer graph of a reference, derived from the shapes of its arrays.

use super::arrays::{Archive, Spikes};
use super::error::{ReferenceError, wrong};
use super::meta::Meta;
use cospike_sim_core::network::{
    Conv2d, Leak, Network, OUTPUT, Operation, Pool2d, Reduction, Shape, Tensor, TensorStore, Weights,
};
use std::collections::BTreeMap;
use std::io::{Read, Seek};

/// Builds the network and its weights. Layers have the names of the PyTorch modules; pool and sums, which are not modules,
/// are named `pool` and `BLOCK.add`.
pub(super) fn build(
    archive: &mut Archive<impl Read + Seek>,
    meta: &Meta,
    input: Shape,
    recorded: &BTreeMap<String, Spikes>,
) -> Result<(Network, Weights), ReferenceError> {
    let store = tensors(archive)?;
    let mut builder = Builder { network: Network::new("reference", input), store: &store, meta, recorded };
    let mut at = builder.weighted("conv", 0, "lif")?;
    at = builder.neuron("lif", at)?;
    for block in builder.blocks() {
        at = builder.block(&block, at)?;
    }
    builder.classifier(at)?;
    let network = builder.network;
    let weights = Weights::with_norm_epsilon(&network, &store, meta.norm_epsilon)?;
    Ok((network, weights))
}

/// Tensors by this project's names: `NAME.norm.*` for the batch normalisation behind `NAME`.
fn tensors(archive: &mut Archive<impl Read + Seek>) -> Result<TensorStore, ReferenceError> {
    let (raw, fused) = (archive.names("w/"), archive.names("fused/"));
    // Raw weights are those that the framework executed, so folded ones are used only in their absence.
    let use_raw = raw.iter().any(|name| name == "conv.weight");
    let folded = fused.iter().filter(|_| !use_raw).map(|name| (format!("fused/{name}"), name));
    let others = raw.iter().filter(|name| use_raw || !fused.contains(name));
    let keys = folded.chain(others.map(|name| (format!("w/{name}"), name)));
    let mut store = TensorStore::new();
    for (key, torch) in keys.filter(|(key, _)| !key.ends_with(".num_batches_tracked")) {
        let (shape, data) = archive.floats(&key)?;
        if store.insert(name(torch), Tensor { shape, data }).is_some() {
            return Err(wrong(&key, "another array stands for the same tensor of the network".into()));
        }
    }
    Ok(store)
}

/// This project's name for a PyTorch tensor: `bn2.weight` normalises `conv2`, `down.1` normalises `down.0`.
fn name(torch: &str) -> String {
    let (module, tensor) = torch.rsplit_once('.').unwrap_or(("", torch));
    let (path, last) = module.rsplit_once('.').map_or(("", module), |(path, last)| (path, last));
    let normalised = match last.strip_prefix("bn") {
        Some(number) => format!("conv{number}"),
        None if last == "1" => "0".into(),
        None => return torch.into(),
    };
    let path = if path.is_empty() { String::new() } else { format!("{path}.") };
    format!("{path}{normalised}.norm.{tensor}")
}

/// A network under construction, with what it is derived from.
struct Builder<'a> {
    network: Network,
    store: &'a TensorStore,
    meta: &'a Meta,
    recorded: &'a BTreeMap<String, Spikes>,
}

impl Builder<'_> {
    /// Names of the residual blocks, in order: numbers count as numbers.
    fn blocks(&self) -> Vec<String> {
        let firsts = self.store.keys().filter_map(|name| name.strip_suffix(".conv1.weight"));
        let mut blocks: Vec<String> = firsts.map(str::to_owned).collect();
        blocks.sort_by_key(|block| {
            block.split('.').map(|part| (part.parse::<u64>().ok(), part.to_owned())).collect::<Vec<_>>()
        });
        blocks
    }

    /// Adds a residual block: convolutions with neurons behind them, and a shortcut around them. Returns its last layer.
    fn block(&mut self, name: &str, from: usize) -> Result<usize, ReferenceError> {
        let count = (1..).take_while(|k| self.store.contains_key(&format!("{name}.conv{k}.weight"))).count();
        let last_neuron = format!("{name}.lif{count}");
        let mut at = from;
        for k in 1..=count {
            at = self.weighted(&format!("{name}.conv{k}"), at, &format!("{name}.lif{k}"))?;
            if k < count || self.meta.sew {
                at = self.neuron(&format!("{name}.lif{k}"), at)?;
            }
        }
        let mut shortcut = from;
        if self.store.contains_key(&format!("{name}.down.0.weight")) {
            shortcut = self.weighted(&format!("{name}.down.0"), from, &last_neuron)?;
            let neuron = format!("{name}.lifs");
            if self.recorded.contains_key(&neuron) {
                shortcut = self.neuron(&neuron, shortcut)?;
            }
        }
        let shape = self.network.layers[at].output;
        at = self.network.push(format!("{name}.add"), Operation::Add, &[at, shortcut], shape);
        if !self.meta.sew {
            at = self.neuron(&last_neuron, at)?;
        }
        Ok(at)
    }

    /// Adds the convolution `name`, whose output has the shape of the spikes recorded of `neuron`.
    fn weighted(&mut self, name: &str, from: usize, neuron: &str) -> Result<usize, ReferenceError> {
        let (input, output) = (self.network.layers[from].output, self.shape(neuron)?);
        let key = format!("{name}.weight");
        let weight = self.store.get(&key).ok_or_else(|| ReferenceError::Missing { name: format!("w/{key}") })?;
        let &[outs, ins, kernel, columns] = weight.shape.as_slice() else {
            return Err(wrong(&format!("w/{key}"), format!("{:?} is not [out, in, k, k]", weight.shape)));
        };
        if kernel != columns || ins == 0 || input.channels % ins != 0 || outs != output.channels {
            let reason = format!("{:?} does not lead from {input} to {output}", weight.shape);
            return Err(wrong(&format!("w/{key}"), reason));
        }
        let plain =
            |(padding, stride)| Conv2d::plain(input, outs, kernel, stride, padding).grouped(input.channels / ins);
        // The usual padding first, which keeps the size at stride 1.
        let paddings = std::iter::once(kernel / 2).chain(0..kernel);
        let strides = |padding| (1..=input.height.max(input.width)).map(move |stride| (padding, stride));
        let fits = paddings.flat_map(strides).map(plain).find(|conv| conv.output == output);
        let conv = fits.ok_or_else(|| {
            let reason = format!("no stride and padding of a {kernel}x{kernel} kernel turn {input} into {output}");
            wrong(&format!("spike_shape/{neuron}"), reason)
        })?;
        Ok(self.network.conv(name, from, conv))
    }

    /// Adds the neuron layer `name`.
    fn neuron(&mut self, name: &str, from: usize) -> Result<usize, ReferenceError> {
        let shape = self.shape(name)?;
        let mut neuron = self.meta.neuron;
        if self.store.contains_key(&format!("{name}.w")) {
            neuron.leak = Leak::Learned;
        }
        Ok(self.network.push(name, Operation::Neuron(neuron), &[from], shape))
    }

    /// Shape of the spikes recorded of `neuron`.
    fn shape(&self, neuron: &str) -> Result<Shape, ReferenceError> {
        let missing = || ReferenceError::Missing { name: format!("spike_bits/{neuron}") };
        let [channels, rows, columns] = self.recorded.get(neuron).ok_or_else(missing)?.shape;
        Ok(Shape::new(channels, rows, columns))
    }

    /// Adds the classifier, behind a global average unless it reads every position.
    fn classifier(&mut self, from: usize) -> Result<(), ReferenceError> {
        let missing = || ReferenceError::Missing { name: "w/fc.weight".into() };
        let weight = self.store.get("fc.weight").ok_or_else(missing)?;
        let &[classes, features] = weight.shape.as_slice() else {
            return Err(wrong("w/fc.weight", format!("{:?} is not [classes, features]", weight.shape)));
        };
        let shape = self.network.layers[from].output;
        let at = match features == shape.len() {
            true => from,
            false => self.network.pool("pool", from, Pool2d::global(Reduction::Average, shape)),
        };
        self.network.push("fc", Operation::Linear, &[at], Shape::vector(classes));
        self.network.mark_split(OUTPUT);
        Ok(())
    }
}
