//! Writing of networks in the NIR format.

use super::error::{NirError, at_node};
use super::read::METADATA;
use cospike_sim_core::network::{
    Affine, Conv2d, Layer, Leak, Network, Neuron, Operation, Reduction, Reset, Shape, Slide, Tensor, Weights,
};
use hdf5_pure::{FileBuilder, GroupBuilder};

/// Version of NIR whose files these are.
const VERSION: &str = "1.0.8";
/// Length of a time step in the files, in seconds: what SpikingJelly and snnTorch write.
pub const TIME_STEP: f64 = 1e-4;
/// Name of the output node.
const OUTPUT: &str = "output";

/// The bytes of a `.nir` file with `network`, whose `weights` have their normalisation folded in. Spikes fire from the threshold on, which
/// its metadata say, as they do [`TIME_STEP`], the number of `time_steps` and the readout.
///
/// The format has no soft reset. Neurons that have it are written as an integrator without reset, a threshold, and a loop by which each
/// spike takes the threshold off the integrator one step later, which is the same; so are membranes that do not begin at rest, by a
/// threshold that is lower by as much. The threshold has the name of the layer.
///
/// # Errors
/// [`NirError::NotWritten`] with every layer that the format cannot hold: maximum pools, activation functions, transposed
/// convolutions, leaks with a soft reset.
pub fn write(network: &Network, weights: &Weights, time_steps: usize) -> Result<Vec<u8>, NirError> {
    check_names(network)?;
    let mut builder = FileBuilder::new();
    builder.create_dataset("version").with_vlen_strings(&[VERSION]).with_shape(&[]);
    let mut top = builder.create_group("node");
    text(&mut top, "type", "NIRGraph");
    let mut writer = Writer { network, weights, nodes: top.create_group("nodes"), edges: vec![] };
    let written = (0..network.layers.len()).filter_map(|i| {
        let reason = writer.layer(i).err()?;
        Some((network.layers[i].name.clone(), reason))
    });
    let refused: Vec<_> = written.collect();
    if !refused.is_empty() {
        return Err(NirError::NotWritten { layers: refused });
    }
    let last = network.layers.len() - 1;
    let sizes = writer.sizes(last);
    writer.node(OUTPUT, "Output", |node| whole(node, "shape", &sizes));
    writer.edges_from(last, OUTPUT);
    let names: Vec<&str> = writer.edges.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    top.create_dataset("edges").with_vlen_strings(&names).with_shape(&[writer.edges.len() as u64, 2]);
    let mut metadata = top.create_group(METADATA);
    metadata.create_dataset("dt").with_f64_data(&[TIME_STEP]).with_shape(&[]);
    text(&mut metadata, "fire", "ge");
    single(&mut metadata, "time_steps", time_steps as i64);
    text(&mut metadata, "readout", network.effective_readout().name());
    top.add_group(metadata.finish());
    top.add_group(writer.nodes.finish());
    builder.add_group(top.finish());
    builder.finish().map_err(|error| NirError::Hdf5(error.to_string()))
}

struct Writer<'a> {
    network: &'a Network,
    weights: &'a Weights,
    nodes: GroupBuilder,
    edges: Vec<(String, String)>,
}

impl Writer<'_> {
    fn node(&mut self, name: &str, kind: &str, fill: impl FnOnce(&mut GroupBuilder)) {
        let mut node = self.nodes.create_group(name);
        text(&mut node, "type", kind);
        fill(&mut node);
        self.nodes.add_group(node.finish());
    }

    /// Edges to node `to` from everything whose sum layer `from` emits. Edges into one node are summed.
    fn edges_from(&mut self, from: usize, to: &str) {
        let layer = &self.network.layers[from];
        match layer.operation {
            Operation::Add => layer.inputs.iter().for_each(|&input| self.edges_from(input, to)),
            _ => self.edges.push((layer.name.clone(), to.into())),
        }
    }

    /// Whether layer `index` emits channels by rows by columns, and not a vector.
    fn is_map(&self, index: usize) -> bool {
        let layer = &self.network.layers[index];
        match layer.operation {
            Operation::Input => layer.output.area() > 1,
            Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Pool(_) => true,
            Operation::Linear | Operation::Flatten => false,
            _ => layer.inputs.first().is_some_and(|&input| self.is_map(input)),
        }
    }

    fn sizes(&self, index: usize) -> Vec<usize> {
        let Shape { channels, height, width } = self.network.layers[index].output;
        if self.is_map(index) { vec![channels, height, width] } else { vec![channels] }
    }

    /// Adds the nodes of layer `index`; the reason if the format has none.
    fn layer(&mut self, index: usize) -> Result<(), String> {
        let (network, weights) = (self.network, self.weights);
        let layer = &network.layers[index];
        let (name, sizes, input) = (layer.name.as_str(), self.sizes(index), layer.inputs.first().copied());
        match layer.operation {
            Operation::Input => self.node(name, "Input", |node| whole(node, "shape", &sizes)),
            Operation::Conv2d(conv) => {
                let affine = affine(weights, index, layer)?;
                self.node(name, "Conv2d", |node| convolution(node, conv, affine));
            }
            Operation::Linear => {
                let Affine { weight, bias, .. } = affine(weights, index, layer)?;
                self.node(name, "Affine", |node| {
                    floats(node, "weight", &weight.shape, &weight.data);
                    floats(node, "bias", &[bias.len()], bias);
                });
                if let Some(input) = input.filter(|&input| self.is_map(input)) {
                    let flat = format!("{name}.flatten");
                    self.flatten(&flat, input);
                    self.edges.push((flat, name.into()));
                    return Ok(());
                }
            }
            Operation::Pool(pool) => {
                let kind = match pool.reduction {
                    Reduction::Average => "AvgPool2d",
                    Reduction::Sum => "SumPool2d",
                    Reduction::Max => return Err("the format has no maximum pools".into()),
                };
                self.node(name, kind, |node| {
                    let both = |of: fn(Slide) -> usize| [of(pool.rows), of(pool.columns)];
                    whole(node, "kernel_size", &both(|slide| slide.size));
                    whole(node, "stride", &both(|slide| slide.stride));
                    whole(node, "padding", &both(|slide| slide.padding.0));
                });
            }
            Operation::Flatten => {
                input.into_iter().for_each(|input| self.flatten(name, input));
                return Ok(());
            }
            Operation::Neuron(neuron) => self.neuron(index, neuron, &sizes)?,
            Operation::Scale => {
                let factors = weights.scale(index).ok_or("its factors are missing")?;
                let factor = |i| f64::from(factors[if factors.len() == 1 { 0 } else { i }]);
                self.node(name, "Scale", |node| per_value(node, "scale", &sizes, factor));
            }
            Operation::Add => return Ok(()),
            Operation::Concat => return Err("the format has no concatenation".into()),
            Operation::Activation(_) => return Err("the format has no activation functions".into()),
            Operation::ConvTranspose2d(_) => return Err("the format has no transposed convolutions".into()),
            Operation::Cells(_) | Operation::Previous => {
                return Err("it is from a file of another framework: that file is already in the format".into());
            }
        }
        if !matches!(layer.operation, Operation::Neuron(Neuron { reset: Reset::Soft, .. })) {
            layer.inputs.iter().for_each(|&input| self.edges_from(input, name));
        }
        Ok(())
    }

    fn flatten(&mut self, name: &str, input: usize) {
        let sizes = self.sizes(input);
        self.node(name, "Flatten", |node| {
            whole(node, "input_type", &sizes);
            single(node, "start_dim", 0);
            single(node, "end_dim", -1);
        });
        self.edges_from(input, name);
    }

    /// Adds neurons, with values so that one step of the forward Euler method is one of theirs.
    fn neuron(&mut self, index: usize, neuron: Neuron, sizes: &[usize]) -> Result<(), String> {
        let layer = &self.network.layers[index];
        let tau = match neuron.leak {
            Leak::None => None,
            Leak::Tau(tau) => Some(f64::from(tau)),
            Leak::Share(share) => Some(1.0 / f64::from(share)),
            Leak::Learned => return Err("its leak is learned and not known".into()),
        };
        let reset = match neuron.reset {
            Reset::Hard(reset) => reset,
            Reset::Soft if tau.is_some() => {
                return Err("it leaks, and has a soft reset, which the format does not know".into());
            }
            Reset::Soft => {
                self.soft_reset(index, neuron, sizes);
                return Ok(());
            }
        };
        if neuron.initial != reset {
            return Err(format!("its membranes begin at {}, and not where they are after a spike", neuron.initial));
        }
        self.node(&layer.name, if tau.is_some() { "LIF" } else { "IF" }, |node| {
            let mut value = |name: &str, value: f64| per_value(node, name, sizes, |_| value);
            value("v_threshold", neuron.threshold.into());
            value("v_reset", reset.into());
            let gain = if neuron.decay_input { 1.0 } else { tau.unwrap_or(1.0) };
            value("r", if tau.is_some() { gain } else { 1.0 / TIME_STEP });
            if let Some(tau) = tau {
                value("tau", tau * TIME_STEP);
                value("v_leak", reset.into());
            }
        });
        Ok(())
    }

    /// Adds neurons without leak whose spikes take the threshold off: an integrator, a threshold, and the loop from this to that.
    fn soft_reset(&mut self, index: usize, neuron: Neuron, sizes: &[usize]) {
        let layer = &self.network.layers[index];
        let (membrane, back) = (format!("{}.membrane", layer.name), format!("{}.reset", layer.name));
        self.node(&membrane, "I", |node| per_value(node, "r", sizes, |_| 1.0 / TIME_STEP));
        // The integrator begins at 0.
        let threshold = f64::from(neuron.threshold - neuron.initial);
        self.node(&layer.name, "Threshold", |node| per_value(node, "threshold", sizes, |_| threshold));
        self.node(&back, "Scale", |node| per_value(node, "scale", sizes, |_| -f64::from(neuron.threshold)));
        layer.inputs.iter().for_each(|&input| self.edges_from(input, &membrane));
        for (from, to) in [(&membrane, &layer.name), (&layer.name, &back), (&back, &membrane)] {
            self.edges.push((from.clone(), to.clone()));
        }
    }
}

fn affine<'a>(weights: &'a Weights, index: usize, layer: &Layer) -> Result<&'a Affine, String> {
    weights.layer(index).ok_or_else(|| format!("the weights of `{}` are missing", layer.name))
}

/// A convolution of one group: the official package takes no other, so the weights between groups are there as zeros.
fn convolution(node: &mut GroupBuilder, conv: Conv2d, Affine { weight, bias, .. }: &Affine) {
    whole(node, "input_shape", &[conv.input.height, conv.input.width]);
    let (shape, data) = ungrouped(weight, conv.groups);
    floats(node, "weight", &shape, &data);
    floats(node, "bias", &[bias.len()], bias);
    let both = |of: fn(Slide) -> usize| [of(conv.rows), of(conv.columns)];
    whole(node, "stride", &both(|slide| slide.stride));
    whole(node, "padding", &both(|slide| slide.padding.0));
    whole(node, "dilation", &both(|slide| slide.dilation));
    single(node, "groups", 1);
}

/// Weights of the shape `[outputs, inputs / groups, ...]` for all inputs.
fn ungrouped(weight: &Tensor, groups: usize) -> (Vec<usize>, Vec<f32>) {
    let (outputs, inputs) = (weight.shape[0], weight.shape[1]);
    let kernel: usize = weight.shape[2..].iter().product();
    let shape = [&[outputs, inputs * groups], &weight.shape[2..]].concat();
    let mut data = vec![0.0; outputs * inputs * groups * kernel];
    for (output, of_output) in weight.data.chunks(inputs * kernel).enumerate() {
        let group = output / (outputs / groups);
        let from = (output * groups + group) * inputs * kernel;
        data[from..from + of_output.len()].copy_from_slice(of_output);
    }
    (shape, data)
}

fn text(node: &mut GroupBuilder, name: &str, value: &str) {
    node.create_dataset(name).with_vlen_strings(&[value]).with_shape(&[]);
}

fn whole(node: &mut GroupBuilder, name: &str, values: &[usize]) {
    let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
    node.create_dataset(name).with_i64_data(&values).with_shape(&[values.len() as u64]);
}

fn single(node: &mut GroupBuilder, name: &str, value: i64) {
    node.create_dataset(name).with_i64_data(&[value]).with_shape(&[]);
}

fn floats(node: &mut GroupBuilder, name: &str, shape: &[usize], values: &[f32]) {
    let shape: Vec<u64> = shape.iter().map(|&size| size as u64).collect();
    node.create_dataset(name).with_f32_data(values).with_shape(&shape);
}

/// One value for each of `sizes`, in the order `[channel][row][column]`.
fn per_value(node: &mut GroupBuilder, name: &str, sizes: &[usize], value: impl Fn(usize) -> f64) {
    let values: Vec<f64> = (0..sizes.iter().product()).map(value).collect();
    let sizes: Vec<u64> = sizes.iter().map(|&size| size as u64).collect();
    node.create_dataset(name).with_f64_data(&values).with_shape(&sizes).with_chunks(&sizes).with_deflate(4);
}

/// The error of a network whose layers have names that HDF5 takes for paths.
fn check_names(network: &Network) -> Result<(), NirError> {
    match network.layers.iter().find(|layer| layer.name.contains('/') || layer.name == OUTPUT) {
        Some(layer) => Err(at_node(&layer.name, "the format cannot hold a node of this name")),
        None => Ok(()),
    }
}
