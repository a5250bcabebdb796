//! From a graph of ONNX to a network.

use super::error::OnnxError;
use super::graph::Checked;
use super::node::{self, Attributes};
use super::proto::Node;
use super::tensor::Array;
use crate::import::imported::{Ending, Imported, NodeReport, Runs, mark_splits};
use cospike_sim_core::network::{INPUT, Network, OUTPUT, Operation, Shape, Tensor, TensorStore};
use std::collections::{BTreeMap, BTreeSet};

/// What a layer emits, as a later node reads it.
#[derive(Clone, Debug)]
pub(super) struct Emitted {
    pub(super) layer: usize,
    /// Sizes behind the axis of the batch.
    pub(super) sizes: Vec<usize>,
    /// Whether no more than one node reads what the layer emits, so that this node can be folded into its weights.
    pub(super) is_exclusive: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Constant(Array),
    Emitted(Emitted),
    /// Values as whole numbers of steps, which only what turns them back can read; the layer emits what comes of that.
    Quantised(Emitted, Quantiser),
    /// That of a node that is not supported.
    Unknown,
}

/// The real number that a whole number `q` stands for, `(q - zero) step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantiser {
    pub(super) step: f32,
    pub(super) zero: i64,
}

/// Shape and values of a constant of real numbers.
pub(super) type Reals = (Vec<usize>, Vec<f32>);

/// What becomes of a node.
pub(super) enum Done {
    /// It is the layer with this index, and emits values of these sizes.
    Layer(usize, Vec<usize>),
    /// It is the layer with this index, whose values come next as whole numbers.
    Quantised(usize, Vec<usize>, Quantiser),
    /// It changes nothing about the values that come in but their sizes.
    Same(Emitted, Vec<usize>),
    /// It is in the weights of the layer whose values come in.
    Folded(Emitted),
    Constant(Array),
}

pub(super) struct Builder<'a> {
    pub(super) checked: &'a Checked,
    values: BTreeMap<&'a str, Value>,
    /// Number of nodes that read each value; the output is read once.
    readers: BTreeMap<&'a str, usize>,
    names: BTreeSet<String>,
    pub(super) network: Network,
    pub(super) store: TensorStore,
    /// Index of the layer that emits what the file calls so.
    emitted: BTreeMap<String, usize>,
    pub(super) ending: Ending,
    approximations: Vec<String>,
    /// Nodes that are not supported, but those that only read one of them, with the reasons.
    failed: Vec<(String, String)>,
}

/// The verdict on each node of a graph, and the network that they make.
pub(super) fn convert(name: &str, checked: &Checked) -> (Vec<NodeReport>, Result<Imported, OnnxError>) {
    let input = Shape::new(1, 1, 1);
    let mut builder = Builder {
        checked,
        values: checked.constants.iter().map(|(name, array)| (name.as_str(), Value::Constant(array.clone()))).collect(),
        readers: readers(checked),
        names: BTreeSet::new(),
        network: Network::new(name, input),
        store: TensorStore::new(),
        emitted: BTreeMap::new(),
        ending: Ending::None,
        approximations: vec![],
        failed: vec![],
    };
    match map(&checked.sizes) {
        Ok(shape) => builder.network.layers[0].output = shape,
        Err(reason) => return (vec![], Err(OnnxError::Graph(reason))),
    }
    let is_exclusive = builder.readers.get(checked.input.as_str()) == Some(&1);
    let emitted = Emitted { layer: 0, sizes: checked.sizes.clone(), is_exclusive };
    builder.values.insert(&checked.input, Value::Emitted(emitted));
    let needed = checked.needed();
    let nodes = checked.graph.node.iter().zip(needed);
    let reports: Vec<_> = nodes.map(|(node, is_needed)| builder.report(node, is_needed)).collect();
    let network = match std::mem::take(&mut builder.failed) {
        failed if failed.is_empty() => builder.finish(),
        nodes => Err(OnnxError::Unsupported { nodes }),
    };
    (reports, network)
}

/// Number of nodes that read each value.
fn readers(checked: &Checked) -> BTreeMap<&str, usize> {
    let mut readers = BTreeMap::from([(checked.output.as_str(), 1)]);
    let needed = checked.graph.node.iter().zip(checked.needed()).filter(|(_, is_needed)| *is_needed);
    for name in needed.flat_map(|(node, _)| &node.input) {
        *readers.entry(name.as_str()).or_insert(0) += 1;
    }
    readers
}

/// `sizes` as a feature map; the reason if they are none.
pub(super) fn map(sizes: &[usize]) -> Result<Shape, String> {
    let shape = match *sizes {
        [features] => Shape::vector(features),
        [channels, columns] => Shape::new(channels, 1, columns),
        [channels, rows, columns] => Shape::new(channels, rows, columns),
        _ => return Err(format!("values of {} axes behind the batch are not executed", sizes.len())),
    };
    let len = sizes.iter().try_fold(1_usize, |len, &size| len.checked_mul(size));
    match len.filter(|&len| len > 0 && u32::try_from(len).is_ok()) {
        Some(_) => Ok(shape),
        None => Err(format!("values of shape {sizes:?} are none, or too many")),
    }
}

impl<'a> Builder<'a> {
    fn report(&mut self, node: &'a Node, is_needed: bool) -> NodeReport {
        let is_unknown = |name: &&String| matches!(self.values.get(name.as_str()), Some(Value::Unknown));
        let done = match node.input.iter().find(is_unknown) {
            _ if !is_needed => Ok(None),
            Some(name) => Err(format!("it reads `{}`, which is not supported", name.escape_debug())),
            None => self.done(node).map(Some).inspect_err(|reason| {
                self.failed.push((node::shown(node), reason.clone()));
            }),
        };
        let approximations = std::mem::take(&mut self.approximations);
        let (emits, runs) = match done {
            Ok(None) => (None, Runs::InAdvance("left out: nothing that the network emits depends on it".into())),
            Ok(Some(done)) => {
                let runs = self.runs(&done);
                (self.settle(node, done), runs)
            }
            Err(reason) => {
                node.output.iter().for_each(|output| drop(self.values.insert(output, Value::Unknown)));
                (None, Runs::NotSupported(reason))
            }
        };
        NodeReport { name: node::name(node).into(), kind: node.op_type.clone(), emits, runs, approximations }
    }

    fn done(&mut self, node: &'a Node) -> Result<Done, String> {
        if !(node.domain.is_empty() || node.domain == "ai.onnx") {
            return Err(format!("operators of the domain `{}` are not known", node.domain.escape_debug()));
        }
        if node.output.iter().skip(1).any(|output| self.readers.contains_key(output.as_str())) {
            return Err("only the first of its outputs is computed, but others are read".into());
        }
        let mut attributes = Attributes::new(node);
        let done = self.operator(node, &mut attributes)?;
        attributes.finish()?;
        Ok(done)
    }

    fn runs(&self, done: &Done) -> Runs {
        match done {
            Done::Layer(..) | Done::Quantised(..) => Runs::AsRealValues,
            Done::Same(..) => Runs::InAdvance("passes on what comes in".into()),
            Done::Constant(_) => Runs::InAdvance("a constant".into()),
            Done::Folded(Emitted { layer, .. }) => {
                Runs::InAdvance(format!("folded into the weights of `{}`", self.network.layers[*layer].name))
            }
        }
    }

    /// Notes what the node emits, and returns its sizes.
    fn settle(&mut self, node: &'a Node, done: Done) -> Option<Vec<usize>> {
        let output = node.output.first()?;
        let is_read_once = self.readers.get(output.as_str()) == Some(&1);
        let (layer, sizes, is_exclusive) = match done {
            Done::Constant(array) => {
                self.values.insert(output, Value::Constant(array));
                return None;
            }
            Done::Quantised(layer, sizes, quantiser) => {
                let emitted = Emitted { layer, sizes: sizes.clone(), is_exclusive: is_read_once };
                self.values.insert(output, Value::Quantised(emitted, quantiser));
                return Some(sizes);
            }
            Done::Layer(layer, sizes) => (layer, sizes, is_read_once),
            Done::Same(from, sizes) => (from.layer, sizes, from.is_exclusive && is_read_once),
            Done::Folded(from) => {
                // What the layer emitted before is not computed any more.
                self.emitted.retain(|_, layer| *layer != from.layer);
                (from.layer, from.sizes, is_read_once)
            }
        };
        self.emitted.insert(output.clone(), layer);
        self.emitted.insert(node::name(node).into(), layer);
        self.values.insert(output, Value::Emitted(Emitted { layer, sizes: sizes.clone(), is_exclusive }));
        Some(sizes)
    }

    /// Adds a layer that is the node, and whose shape is that of `sizes`.
    pub(super) fn push(
        &mut self,
        node: &Node,
        operation: Operation,
        from: &[usize],
        sizes: Vec<usize>,
    ) -> Result<Done, String> {
        let (name, output) = (self.unique(node::name(node)), map(&sizes)?);
        Ok(Done::Layer(self.network.push(name, operation, from, output), sizes))
    }

    /// Adds a layer of the node with these weights, named by the end of their tensors' names.
    pub(super) fn push_weighted(
        &mut self,
        node: &Node,
        operation: Operation,
        from: usize,
        sizes: Vec<usize>,
        tensors: [(&str, Vec<usize>, Vec<f32>); 2],
    ) -> Result<Done, String> {
        let done = self.push(node, operation, &[from], sizes)?;
        let layer = self.network.layers.len() - 1;
        for (ending, shape, data) in tensors {
            self.store_tensor(layer, ending, shape, data);
        }
        Ok(done)
    }

    pub(super) fn store_tensor(&mut self, layer: usize, ending: &str, shape: Vec<usize>, data: Vec<f32>) {
        let name = format!("{}.{ending}", self.network.layers[layer].name);
        self.store.insert(name, Tensor { shape, data });
    }

    fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_string();
        // These are the names of split points, whatever lies there.
        while unique == INPUT || unique == OUTPUT || !self.names.insert(unique.clone()) {
            unique.push('_');
        }
        unique
    }

    /// Input number `index`, if the node has it.
    pub(super) fn input(&self, node: &Node, index: usize) -> Option<&Value> {
        node.input.get(index).filter(|name| !name.is_empty()).and_then(|name| self.values.get(name.as_str()))
    }

    /// Input number `index`, which a layer has to emit.
    pub(super) fn emitted(&self, node: &Node, index: usize) -> Result<Emitted, String> {
        match self.input(node, index) {
            Some(Value::Emitted(emitted)) => Ok(emitted.clone()),
            Some(Value::Quantised(..)) => Err(format!(
                "its input number {} are whole numbers to which values were quantised, which only a DequantizeLinear reads",
                index + 1
            )),
            Some(_) => Err(format!("its input number {} is a constant", index + 1)),
            None => Err(format!("it has no input number {}", index + 1)),
        }
    }

    /// Input number `index`, its `what`, if it has one. It has to be a constant.
    pub(super) fn constant(&self, node: &Node, index: usize, what: &str) -> Result<Option<&Array>, String> {
        match self.input(node, index) {
            None => Ok(None),
            Some(Value::Constant(array)) => Ok(Some(array)),
            Some(_) => Err(format!("its {what} is computed from the sample; only a constant is executed")),
        }
    }

    /// The real numbers of input number `index`, its `what`, with their shape, if it has one.
    pub(super) fn reals(&mut self, node: &Node, index: usize, what: &str) -> Result<Option<Reals>, String> {
        let Some(array) = self.constant(node, index, what)? else { return Ok(None) };
        let values =
            array.finite().map_err(|reason| format!("its {what} `{}` {reason}", node.input[index].escape_debug()))?;
        let (shape, is_rounded) = (array.shape.clone(), array.is_rounded());
        let remark = "weights of float64 are rounded to float32";
        if is_rounded && !self.approximations.iter().any(|known| known == remark) {
            self.approximations.push(remark.into());
        }
        Ok(Some((shape, values)))
    }

    fn finish(mut self) -> Result<Imported, OnnxError> {
        let wrong = |reason: &str| Err(OnnxError::Graph(reason.into()));
        let last = self.network.layers.len() - 1;
        match self.values.get(self.checked.output.as_str()) {
            Some(Value::Emitted(emitted)) if emitted.layer == last && last > 0 => {}
            _ => return wrong("nothing is computed between its input and its output"),
        }
        let output = self.network.layers[last].output;
        if output.area() != 1 {
            return Err(OnnxError::Graph(format!(
                "it emits values of shape {output} instead of one score for each class"
            )));
        }
        mark_splits(&mut self.network);
        Ok(Imported::new(self.network, self.store, self.emitted, self.ending)?)
    }
}
