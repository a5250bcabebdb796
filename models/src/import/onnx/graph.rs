//! The graph of a file: one input, one output, and the nodes between them.

use super::error::{OLDEST_OPSET, OnnxError};
use super::node;
use super::proto::{Graph, Model, ValueInfo};
use super::tensor::{Array, REAL};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Newest version of the operators that this was written for.
const NEWEST_OPSET: i64 = 24;

/// A graph with one input and one output.
pub(super) struct Checked {
    pub(super) graph: Graph,
    pub(super) constants: BTreeMap<String, Array>,
    pub(super) input: String,
    /// Sizes of the input behind the axis of the batch.
    pub(super) sizes: Vec<usize>,
    /// Size of the batch, if it is fixed.
    pub(super) batch: Option<i64>,
    pub(super) output: String,
    /// Name and version of the program that wrote the file.
    pub(super) producer: String,
    pub(super) opset: i64,
    pub(super) notes: Vec<String>,
}

impl Checked {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, OnnxError> {
        let model = Model::decode(bytes).map_err(|error| OnnxError::Format(error.to_string()))?;
        let graph = model.graph.ok_or_else(|| OnnxError::Format("it holds no graph".into()))?;
        let is_default = |domain: &str| domain.is_empty() || domain == "ai.onnx";
        let opset = model.opset_import.iter().find(|set| is_default(&set.domain));
        let opset =
            opset.map(|set| set.version).ok_or_else(|| graph_is("it does not say its version of the operators"))?;
        if opset < OLDEST_OPSET {
            return Err(OnnxError::Opset { found: opset });
        }
        if let Some(tensor) = graph.sparse_initializer.first() {
            let name = tensor.values.as_ref().map_or("", |values| &values.name).into();
            return Err(OnnxError::Tensor {
                name,
                reason: "sparse tensors are not read: store it as a dense one".into(),
            });
        }
        let constants = constants(&graph)?;
        let inputs: Vec<_> = graph.input.iter().filter(|input| !constants.contains_key(&input.name)).collect();
        let input = single(&inputs, "inputs")?;
        let output = single(&graph.output.iter().collect::<Vec<_>>(), "outputs")?;
        let (batch, sizes) = sizes(input)?;
        check_names(&graph, &constants)?;
        let newer = (opset > NEWEST_OPSET).then(|| {
            format!("its operators are of version {opset}; they are executed as those of version {NEWEST_OPSET}")
        });
        Ok(Self {
            constants,
            input: input.name.clone(),
            sizes,
            batch,
            output: output.name.clone(),
            producer: [model.producer_name, model.producer_version].join(" ").trim().into(),
            opset,
            notes: newer.into_iter().collect(),
            graph,
        })
    }

    /// Whether each node is needed for the output.
    pub(super) fn needed(&self) -> Vec<bool> {
        let mut wanted = BTreeSet::from([self.output.as_str()]);
        let mut needed = vec![false; self.graph.node.len()];
        for (node, needed) in self.graph.node.iter().zip(&mut needed).rev() {
            *needed = node.output.iter().any(|output| wanted.contains(output.as_str()));
            if *needed {
                wanted.extend(node.input.iter().map(String::as_str));
            }
        }
        needed
    }
}

fn constants(graph: &Graph) -> Result<BTreeMap<String, Array>, OnnxError> {
    let read = |tensor: &super::proto::Tensor| {
        let wrong = |reason| OnnxError::Tensor { name: tensor.name.escape_debug().to_string(), reason };
        Ok((tensor.name.clone(), Array::read(tensor).map_err(wrong)?))
    };
    graph.initializer.iter().map(read).collect()
}

fn single<'a>(values: &[&'a ValueInfo], what: &str) -> Result<&'a ValueInfo, OnnxError> {
    match values {
        [one] => Ok(one),
        [] => Err(graph_is(&format!("it has no {what}"))),
        _ => {
            let names: Vec<_> = values.iter().map(|value| format!("`{}`", value.name.escape_debug())).collect();
            Err(graph_is(&format!("it has {} {what}, {}; one is executed", names.len(), names.join(", "))))
        }
    }
}

/// Size of the batch, if it is fixed, and the other sizes of the input.
fn sizes(input: &ValueInfo) -> Result<(Option<i64>, Vec<usize>), OnnxError> {
    let name = input.name.escape_debug();
    let tensor = input.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| graph_is(&format!("its input `{name}` is no tensor")))?;
    if !REAL.contains(&tensor.elem_type) {
        return Err(graph_is(&format!("its input `{name}` does not take real numbers; they are all that is fed in")));
    }
    let shape = tensor.shape.as_ref().ok_or_else(|| graph_is(&format!("its input `{name}` has no shape")))?;
    let words = shape.dim.iter().map(|dim| match dim.dim_value {
        Some(size) => size.to_string(),
        None if dim.dim_param.is_empty() => "?".into(),
        None => dim.dim_param.escape_debug().to_string(),
    });
    let words = words.collect::<Vec<_>>().join(", ");
    let (batch, others) = match shape.dim.as_slice() {
        [batch, others @ ..] if (1..=3).contains(&others.len()) => (batch, others),
        _ => {
            return Err(graph_is(&format!(
                "its input `{name}` has the shape [{words}]; [batch, features], [batch, channels, columns] and [batch, channels, rows, \
                 columns] are executed"
            )));
        }
    };
    let size = |dim: &super::proto::Dimension| usize::try_from(dim.dim_value?).ok().filter(|&size| size > 0);
    match others.iter().map(size).collect::<Option<Vec<_>>>() {
        Some(sizes) => Ok((batch.dim_value.filter(|&size| size > 0), sizes)),
        None => Err(graph_is(&format!(
            "its input `{name}` has the shape [{words}]: only the first size, that of the batch, may be left open; export it with the \
             sizes of a sample"
        ))),
    }
}

/// Refuses a value that two nodes emit, and one that is read before any node emits it.
fn check_names(graph: &Graph, constants: &BTreeMap<String, Array>) -> Result<(), OnnxError> {
    let mut known: BTreeSet<&str> = constants.keys().map(String::as_str).collect();
    known.extend(graph.input.iter().map(|input| input.name.as_str()));
    for node in &graph.node {
        if let Some(name) = node.input.iter().find(|name| !name.is_empty() && !known.contains(name.as_str())) {
            let name = name.escape_debug();
            return Err(graph_is(&format!("node {} reads `{name}`, which no node before it emits", node::shown(node))));
        }
        for output in node.output.iter().filter(|output| !output.is_empty()) {
            if !known.insert(output) {
                let output = output.escape_debug();
                return Err(graph_is(&format!("node {} emits `{output}`, which is there already", node::shown(node))));
            }
        }
    }
    match graph.output.iter().find(|output| !known.contains(output.name.as_str())) {
        Some(output) => Err(graph_is(&format!("no node emits its output `{}`", output.name.escape_debug()))),
        None => Ok(()),
    }
}

fn graph_is(reason: &str) -> OnnxError {
    OnnxError::Graph(reason.into())
}
