//! From a graph of NIR to a network.

use super::discrete::{Discrete, TimeStep, discrete, each};
use super::error::{NirError, at_node};
use super::flat::{Edge, Flat, FlatNode};
use super::graph::{Array, Neurons, Node, SpikeValues};
use super::options::NirOptions;
use super::shapes::{self, Sizes, broadcast};
use crate::import::imported::{NodeReport, Runs, mark_splits};
use cospike_sim_core::network::{
    CellOutput, CellReset, Cells, Fires, INPUT, Leak, Membrane, Network, Neuron, OUTPUT, Operation, Reset, Shape,
    Tensor, TensorStore,
};
use std::collections::BTreeSet;

/// A network that was made of a graph.
pub(super) struct Made {
    pub(super) network: Network,
    pub(super) store: TensorStore,
    /// For every layer the index of the node that it was made of.
    pub(super) nodes: Vec<usize>,
}

/// The sizes of what every node emits, or the reason why they cannot be told.
pub(super) fn sizes(flat: &Flat) -> Vec<Result<Sizes, String>> {
    let mut all: Vec<Result<Sizes, String>> = vec![];
    all.resize(flat.nodes.len(), Err(String::new()));
    // Nodes that read only one step late take the sizes of what comes after them.
    for _ in 0..flat.nodes.len() {
        let mut is_changed = false;
        for (i, node) in flat.nodes.iter().enumerate() {
            if all[i].is_ok() {
                continue;
            }
            let emitted = emitted(node, &flat.nodes, &all);
            is_changed |= emitted != all[i];
            all[i] = emitted;
        }
        if !is_changed {
            break;
        }
    }
    // Once everything is known, what is read one step late is compared too.
    for i in 0..all.len() {
        let node = &flat.nodes[i];
        if let Some(edge) = node.reads.iter().find(|edge| all[i].is_ok() && all[edge.from] != input_of(node, &all)) {
            let from = &flat.nodes[edge.from].name;
            all[i] = match &all[edge.from] {
                Ok(other) => {
                    Err(format!("what it reads of `{from}` has shape {other:?}, which its other inputs do not have"))
                }
                Err(_) => Err(format!("it reads `{from}`, which is not supported")),
            };
        }
    }
    all
}

/// Sizes of the first input of `node` that is known.
fn input_of(node: &FlatNode, all: &[Result<Sizes, String>]) -> Result<Sizes, String> {
    node.reads.iter().find_map(|edge| all[edge.from].clone().ok()).ok_or(String::new())
}

fn emitted(node: &FlatNode, nodes: &[FlatNode], all: &[Result<Sizes, String>]) -> Result<Sizes, String> {
    if let Node::Input { shape } = &node.node {
        return shapes::map(shape).map(|_| shape.clone());
    }
    if let Node::Unknown(_) = &node.node {
        return shapes::emitted(&node.node, &[1]);
    }
    match input_of(node, all) {
        Ok(sizes) => shapes::emitted(&node.node, &sizes),
        Err(_) => {
            let names: Vec<_> = node.reads.iter().map(|edge| format!("`{}`", nodes[edge.from].name)).collect();
            Err(format!("it reads {}, which is not supported", names.join(", ")))
        }
    }
}

/// How each node is executed.
pub(super) fn reports(
    flat: &Flat,
    sizes: &[Result<Sizes, String>],
    time_step: Option<TimeStep>,
    options: &NirOptions,
) -> Vec<NodeReport> {
    let emits = emit_spikes(flat);
    let report = |(i, node): (usize, &FlatNode)| {
        let failed = sizes[i].clone().err().or_else(|| {
            let Node::Neurons(neurons) = &node.node else { return None };
            let input = input_of(node, sizes).ok()?;
            discrete(neurons, &input, time_step?.dt, options).err()
        });
        NodeReport {
            name: node.name.clone(),
            kind: node.node.kind().into(),
            emits: sizes[i].clone().ok(),
            runs: match failed {
                Some(reason) => Runs::NotSupported(reason),
                None if emits[i] || node.reads.iter().any(|edge| emits[edge.from]) => Runs::AsSpikes,
                None => Runs::AsRealValues,
            },
            approximations: approximations(&node.node, time_step),
        }
    };
    flat.nodes.iter().enumerate().map(report).collect()
}

/// Whether each node emits spikes, on an input of real values.
fn emit_spikes(flat: &Flat) -> Vec<bool> {
    let spike = |node: &Node| matches!(node, Node::Threshold(_) | Node::Neurons(Neurons { spikes: Some(_), .. }));
    let mut emits: Vec<bool> = flat.nodes.iter().map(|node| spike(&node.node)).collect();
    for (i, node) in flat.nodes.iter().enumerate() {
        if let Node::Flatten { .. } = node.node {
            emits[i] = node.reads.iter().all(|edge| emits[edge.from]);
        }
    }
    emits
}

fn approximations(node: &Node, time_step: Option<TimeStep>) -> Vec<String> {
    let mut found = vec![];
    let arrays: Vec<&Array> = match node {
        Node::Linear { weight, bias } => std::iter::once(weight).chain(bias).collect(),
        Node::Convolution(conv) => vec![&conv.weight, &conv.bias],
        Node::Scale(values) => vec![values],
        _ => vec![],
    };
    if arrays.iter().flat_map(|array| &array.data).any(|&value| f64::from(value as f32) != value) {
        found.push("weights of float64 are rounded to float32".into());
    }
    let has_time = matches!(node, Node::Neurons(Neurons { leak, synapse, .. }) if leak.is_some() || synapse.is_some());
    if let Some(TimeStep { dt, .. }) = time_step.filter(|_| has_time) {
        found.push(format!("continuous time in steps of {dt:e}, by the forward Euler method"));
    }
    found
}

/// Makes the network of a graph, all of whose nodes are supported.
pub(super) fn convert(
    name: &str,
    flat: &Flat,
    sizes: &[Result<Sizes, String>],
    time_step: Option<TimeStep>,
    options: &NirOptions,
) -> Result<Made, NirError> {
    let failed = |i: usize| sizes[i].clone().err().map(|reason| (flat.nodes[i].name.clone(), reason));
    let failed: Vec<_> = (0..sizes.len()).filter_map(failed).collect();
    if !failed.is_empty() {
        return Err(NirError::Unsupported { nodes: failed });
    }
    check_output(flat, sizes)?;
    let known: Vec<&[usize]> = sizes.iter().map(|sizes| sizes.as_deref().unwrap_or_default()).collect();
    let input = shapes::map(known[0]).map_err(NirError::Graph)?;
    let made = Made { network: Network::new(name, input), store: TensorStore::new(), nodes: vec![0] };
    let layers = vec![Some(0)];
    let dt = time_step.map_or(1.0, |time_step| time_step.dt);
    let late = vec![None; flat.nodes.len()];
    let names = flat.nodes.iter().map(|node| node.name.clone()).collect();
    let mut builder = Builder { flat, sizes: known, dt, options, made, layers, late, names, in_loop: flat.in_loop() };
    builder.layers.resize(flat.nodes.len(), None);
    for node in 1..flat.nodes.len() {
        builder
            .add(node)
            .map_err(|reason| NirError::Unsupported { nodes: vec![(flat.nodes[node].name.clone(), reason)] })?;
    }
    builder.finish()
}

/// Refuses an output that has another shape than the file says. Axes of length 1 mean nothing.
fn check_output(flat: &Flat, sizes: &[Result<Sizes, String>]) -> Result<(), NirError> {
    let (name, said) = &flat.output;
    let long = |sizes: &[usize]| sizes.iter().copied().filter(|&size| size != 1).collect::<Vec<_>>();
    match (said, &sizes[flat.last]) {
        (Some(said), Ok(emitted)) if long(said) != long(emitted) => {
            Err(at_node(name, format!("the file says that the network emits {said:?}, but it emits {emitted:?}")))
        }
        _ => Ok(()),
    }
}

struct Builder<'a> {
    flat: &'a Flat,
    /// Sizes of what every node emits.
    sizes: Vec<&'a [usize]>,
    dt: f64,
    options: &'a NirOptions,
    made: Made,
    /// For every node the layer that emits what it does.
    layers: Vec<Option<usize>>,
    /// For every node the layer that emits what it did one step earlier.
    late: Vec<Option<usize>>,
    /// Names that are taken.
    names: BTreeSet<String>,
    /// Whether each node lies in a loop. These are executed step by step, which of neurons only cells are.
    in_loop: Vec<bool>,
}

impl Builder<'_> {
    /// Adds the layers of node `index`.
    fn add(&mut self, index: usize) -> Result<(), String> {
        let flat = self.flat;
        let FlatNode { name, node, reads } = &flat.nodes[index];
        let first = reads.first().map_or(0, |edge| edge.from);
        let (sizes, from) = (self.sizes[first], self.sum(index, name, reads)?);
        let output = shapes::map(self.sizes[index])?;
        match node {
            Node::Linear { weight, bias } => {
                self.weights(index, weight, bias.as_ref());
                self.push(index, Operation::Linear, from, output);
            }
            Node::Convolution(conv) => {
                let geometry = shapes::convolution(conv, sizes)?;
                let shape = vec![output.channels, conv.weight.shape[1], geometry.rows.size, geometry.columns.size];
                self.weights(index, &Array { shape, data: conv.weight.data.clone() }, Some(&conv.bias));
                self.push(index, Operation::Conv2d(geometry), from, output);
            }
            Node::Pool(pool) => {
                self.push(index, Operation::Pool(shapes::pool(pool, sizes)?), from, output);
            }
            Node::Flatten { .. } if self.made.network.layers[from].output == output => self.layers[index] = Some(from),
            Node::Flatten { .. } if output.area() == 1 => {
                self.push(index, Operation::Flatten, from, output);
            }
            Node::Flatten { .. } => return Err("only a Flatten of all axes is executed".into()),
            Node::Scale(values) => {
                self.values(index, "scale", broadcast(values, sizes)?, output);
                self.push(index, Operation::Scale, from, output);
            }
            Node::Threshold(values) => {
                let fires = self.fires();
                let output_kind = CellOutput::Spikes { fires, reset: CellReset::Soft };
                let cells = Cells { synapse: false, membrane: Membrane::Direct, output: output_kind };
                self.values(index, "threshold", broadcast(values, sizes)?, output);
                self.push(index, Operation::Cells(cells), from, output);
            }
            Node::Neurons(neurons) => {
                let values = discrete(neurons, sizes, self.dt, self.options)?;
                match self.uniform(neurons, &values).filter(|_| !self.in_loop[index]) {
                    Some(neuron) => {
                        self.push(index, Operation::Neuron(neuron), from, output);
                    }
                    None => self.cells(index, neurons, values, from, output),
                }
            }
            Node::Input { .. } | Node::Output { .. } | Node::Graph(_) | Node::Unknown(_) => {
                return Err(format!("a {} in the middle of the graph is not executed", node.kind()));
            }
        }
        Ok(())
    }

    /// The layer that emits the sum of what is read.
    fn sum(&mut self, index: usize, name: &str, reads: &[Edge]) -> Result<usize, String> {
        let mut sources = vec![];
        for edge in reads {
            let layer = if edge.is_late { Some(self.one_step_late(edge.from)?) } else { self.layers[edge.from] };
            sources.push(layer.ok_or("it reads a node that comes later")?);
        }
        sources.sort_unstable();
        let (&first, others) = sources.split_first().ok_or("it reads nothing")?;
        let shape = self.made.network.layers[first].output;
        let mut at = first;
        for (number, &other) in others.iter().enumerate() {
            let ending = if number == 0 { String::new() } else { (number + 1).to_string() };
            let unique = self.unique(&format!("{name}.sum{ending}"));
            at = self.made.network.push(unique, Operation::Add, &[at, other], shape);
            self.made.nodes.push(index);
        }
        Ok(at)
    }

    /// The layer that emits what node `from` did one step earlier.
    fn one_step_late(&mut self, from: usize) -> Result<usize, String> {
        if let Some(layer) = self.late[from] {
            return Ok(layer);
        }
        let shape = shapes::map(self.sizes[from])?;
        let name = self.unique(&format!("{}.previous", self.flat.nodes[from].name));
        // Its input is set once that layer is there.
        let layer = self.made.network.push(name, Operation::Previous, &[], shape);
        self.made.nodes.push(from);
        self.late[from] = Some(layer);
        Ok(layer)
    }

    fn push(&mut self, node: usize, operation: Operation, from: usize, output: Shape) {
        let name = self.layer_name(node);
        self.layers[node] = Some(self.made.network.push(name, operation, &[from], output));
        self.made.nodes.push(node);
    }

    fn layer_name(&self, node: usize) -> String {
        let name = &self.flat.nodes[node].name;
        // These are the names of split points, whatever lies there.
        if name == INPUT || name == OUTPUT { format!("{name}_") } else { name.clone() }
    }

    fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_string();
        while !self.names.insert(unique.clone()) {
            unique.push('_');
        }
        unique
    }

    fn weights(&mut self, node: usize, weight: &Array, bias: Option<&Array>) {
        let name = self.layer_name(node);
        let tensor = |array: &Array| Tensor {
            shape: array.shape.clone(),
            data: array.data.iter().map(|&value| value as f32).collect(),
        };
        self.made.store.insert(format!("{name}.weight"), tensor(weight));
        if let Some(bias) = bias {
            let flat = Array { shape: vec![bias.data.len()], data: bias.data.clone() };
            self.made.store.insert(format!("{name}.bias"), tensor(&flat));
        }
    }

    /// Values of the layer, a single one or one for each value of `shape`.
    fn values(&mut self, node: usize, value: &str, values: Vec<f64>, shape: Shape) {
        let is_uniform = values.iter().all(|&value| value == values[0]);
        let data: Vec<f32> =
            values.iter().take(if is_uniform { 1 } else { values.len() }).map(|&value| value as f32).collect();
        let shape = if is_uniform { vec![1] } else { vec![shape.channels, shape.height, shape.width] };
        self.made.store.insert(format!("{}.{value}", self.layer_name(node)), Tensor { shape, data });
    }

    fn fires(&self) -> Fires {
        self.options.fires()
    }

    /// The neuron that all of them are, if they have the same values and no more than [`Neuron`] knows.
    fn uniform(&self, neurons: &Neurons, values: &Discrete) -> Option<Neuron> {
        let SpikeValues { .. } = neurons.spikes.as_ref()?;
        if values.synapse.is_some() {
            return None;
        }
        let one = |values: &[f64]| values.iter().all(|&value| value == values[0]).then(|| values[0]);
        let (gain, reset) = (one(&values.gain)?, one(&values.reset)?);
        let is_soft = self.options.reset() == CellReset::Soft;
        let resting = if is_soft { 0.0 } else { reset };
        let (leak, decay_input) = match &values.leak {
            None if gain == 1.0 => (Leak::None, false),
            None => return None,
            Some(leak) => {
                let tau = one(&leak.tau)?;
                let decays_input = (gain * tau - 1.0).abs() < 1e-12;
                if one(&leak.rest)? != resting || !(decays_input || gain == 1.0) {
                    return None;
                }
                (Leak::Tau(tau as f32), decays_input)
            }
        };
        Some(Neuron {
            leak,
            decay_input,
            threshold: one(&values.threshold)? as f32,
            fires: self.fires(),
            initial: one(&values.initial)? as f32,
            reset: if is_soft { Reset::Soft } else { Reset::Hard(reset as f32) },
        })
    }

    fn cells(&mut self, node: usize, neurons: &Neurons, values: Discrete, from: usize, shape: Shape) {
        let reset = self.options.reset();
        let cells = Cells {
            synapse: values.synapse.is_some(),
            membrane: if values.leak.is_some() { Membrane::Leaky } else { Membrane::Integrating },
            output: match neurons.spikes {
                Some(_) => CellOutput::Spikes { fires: self.fires(), reset },
                None => CellOutput::Membrane,
            },
        };
        let share = |tau: &[f64]| each(tau, &[1.0], |tau, one| one / tau);
        for name in cells.values() {
            let (leak, synapse) = (values.leak.as_ref(), values.synapse.as_ref());
            let own = match name {
                "synapse_share" => synapse.map(|synapse| share(&synapse.tau)),
                "synapse_gain" => synapse.map(|synapse| synapse.gain.clone()),
                "gain" => Some(values.gain.clone()),
                "initial" => Some(values.initial.clone()),
                "share" => leak.map(|leak| share(&leak.tau)),
                "rest" => leak.map(|leak| leak.rest.clone()),
                "threshold" => Some(values.threshold.clone()),
                _ => Some(values.reset.clone()),
            };
            self.values(node, name, own.unwrap_or_default(), shape);
        }
        self.push(node, Operation::Cells(cells), from, shape);
    }

    /// Closes the loops, ends the network at its output, and marks every layer as a split point through which alone values flow.
    fn finish(mut self) -> Result<Made, NirError> {
        for (node, late) in self.late.iter().enumerate() {
            let (Some(late), Some(source)) = (late, self.layers[node]) else { continue };
            self.made.network.layers[*late].inputs = vec![source];
        }
        let last = self.made.network.layers.len() - 1;
        if self.layers[self.flat.last] != Some(last) || last == 0 {
            return Err(NirError::Graph("nothing is computed between input and output, or behind the output".into()));
        }
        mark_splits(&mut self.made.network);
        Ok(self.made)
    }
}
