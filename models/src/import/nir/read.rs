//! Reading of NIR's HDF5 files. Nothing in them is believed: sizes are checked before anything is read.

use super::error::{NirError, at_node};
use super::graph::{
    Array, Convolution, Graph, LeakValues, Neurons, Node, Padding, Pool, Said, SpikeValues, SynapseValues,
};
use crate::file::DATA_LIMIT;
use crate::misspelt::{MISSPELT_AMONG_NOTES, nearest};
use hdf5_pure::{DType, Dataset, File, Group, VlenStringReadOptions}; // reads and writes HDF5 without a system library
use std::collections::BTreeMap;

/// Most nodes of a file, and most edges of a graph.
const MOST_NODES: usize = 10_000;
const MOST_EDGES: usize = 100_000;
/// Deepest nesting of graphs.
const DEEPEST: usize = 16;
/// Longest name or other text, in bytes.
const LONGEST_TEXT: usize = 4096;

/// Most bytes that one byte of a file can stand for: Deflate's limit, and float64 read from float32.
const EXPANSION: u64 = 2 * 1032;

/// The content of a file.
pub(super) struct Content {
    pub(super) graph: Graph,
    /// What its metadata say.
    pub(super) said: Said,
    /// Version of NIR that wrote it, if it says so.
    pub(super) version: Option<String>,
    /// What is there without a meaning, and what is taken for what is not there, in sentences.
    pub(super) notes: Vec<String>,
}

/// Reads what is in a file.
pub(super) fn read(bytes: Vec<u8>) -> Result<Content, NirError> {
    let room = DATA_LIMIT.min((bytes.len() as u64).saturating_mul(EXPANSION));
    let file = File::from_bytes(bytes).map_err(|error| NirError::Hdf5(error.to_string()))?;
    let root = Branch::open(&file.root(), String::new())?;
    let mut reader = Reader { room, nodes: 0, notes: vec![], absent: BTreeMap::new() };
    let version = root.has("version").then(|| root.text("version")).transpose()?;
    let top = root.child("node").map_err(|_| NirError::Graph(NO_NODE.into()))?;
    let said = reader.said(&top)?;
    match reader.node(&top, 0)? {
        Node::Graph(graph) => {
            let absent = std::mem::take(&mut reader.absent);
            reader.notes.extend(absent.iter().map(|(value, nodes)| taken(value, nodes)));
            Ok(Content { graph, said, version, notes: reader.notes })
        }
        other => Err(NirError::Graph(format!("it holds a single {} instead of a graph of nodes", other.kind()))),
    }
}

/// Name of the group in which a node says more of itself.
pub(super) const METADATA: &str = "metadata";

/// Keys of the metadata of a graph that have a meaning.
const SAID: [&str; 6] = ["dt", "time_steps", "fire", "reset", "initial", "readout"];

const NO_NODE: &str = "there is no group `node` in it, so it is not a network in the NIR format";

/// Names that are listed one by one.
const MOST_NAMED: usize = 3;

/// Says what is taken in the place of values that are not there.
fn taken((value, instead): &(&str, &str), nodes: &[String]) -> String {
    let named: Vec<String> = nodes.iter().take(MOST_NAMED).map(|name| format!("`{}`", name.escape_debug())).collect();
    let more = nodes.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named = named.join(", ");
    format!(
        "`{value}` is not there in {named}{more}, so {instead} is taken; if it is behind an HDF5 link, write the value itself, because links are not followed"
    )
}

struct Reader {
    /// Bytes that may still be read.
    room: u64,
    /// Number of nodes read.
    nodes: usize,
    /// What is there without a meaning, in sentences.
    notes: Vec<String>,
    /// Names of the nodes in which a value is not there that may be left out, by its name and what is taken instead.
    absent: BTreeMap<(&'static str, &'static str), Vec<String>>,
}

/// A group of the file, which is a node or a part of one. What it holds is listed once, because a look by name walks the whole group.
struct Branch {
    datasets: BTreeMap<String, Dataset>,
    groups: BTreeMap<String, Group>,
    /// Name of the node in messages.
    name: String,
}

impl Branch {
    fn open(group: &Group, name: String) -> Result<Self, NirError> {
        let wrong = |error: hdf5_pure::Error| at_node(&name, error.to_string());
        let datasets = group.iter_datasets().map_err(wrong)?.collect();
        let groups = group.iter_groups().map_err(wrong)?.collect();
        Ok(Self { datasets, groups, name })
    }

    fn wrong(&self, reason: impl std::fmt::Display) -> NirError {
        at_node(&self.name, reason.to_string())
    }

    fn has(&self, dataset: &str) -> bool {
        self.datasets.contains_key(dataset)
    }

    fn dataset(&self, name: &str) -> Result<&Dataset, NirError> {
        self.datasets.get(name).ok_or_else(|| self.missing(name))
    }

    fn child(&self, name: &str) -> Result<Self, NirError> {
        Self::open(self.groups.get(name).ok_or_else(|| self.missing(name))?, self.name.clone())
    }

    fn missing(&self, name: &str) -> NirError {
        self.wrong(format!("`{name}` is missing (links are not followed)"))
    }

    /// The text in a dataset of a single one.
    fn text(&self, name: &str) -> Result<String, NirError> {
        let texts = self.texts(name, 1)?;
        texts.into_iter().next().ok_or_else(|| self.wrong(format!("`{name}` holds no text")))
    }

    fn texts(&self, name: &str, most: usize) -> Result<Vec<String>, NirError> {
        let dataset = self.dataset(name)?;
        let wrong = |error: hdf5_pure::Error| self.wrong(format!("`{name}`: {error}"));
        let shape = dataset.shape().map_err(wrong)?;
        let count =
            shape.iter().try_fold(1_u64, |count, &n| count.checked_mul(n)).filter(|&count| count <= most as u64);
        let Some(count) = count else { return Err(self.wrong(format!("`{name}` holds more than {most} texts"))) };
        let texts = match dataset.dtype().map_err(wrong)? {
            DType::VariableLengthString => {
                let options = VlenStringReadOptions::new()
                    .with_max_elements(most)
                    .with_max_payload_bytes(LONGEST_TEXT.saturating_mul(most));
                dataset.read_vlen_strings(options).map_err(wrong)?
            }
            DType::String if dataset.element_size().map_err(wrong)? <= LONGEST_TEXT as u64 => {
                dataset.read_string().map_err(wrong)?
            }
            other => return Err(self.wrong(format!("`{name}` is {other} instead of text"))),
        };
        match texts.len() as u64 == count && texts.iter().all(|text| text.len() <= LONGEST_TEXT) {
            true => Ok(texts),
            false => Err(self.wrong(format!("`{name}` does not hold the texts that its shape promises"))),
        }
    }
}

impl Reader {
    /// The node in `branch`, `depth` graphs deep.
    fn node(&mut self, branch: &Branch, depth: usize) -> Result<Node, NirError> {
        self.nodes += 1;
        if self.nodes > MOST_NODES || depth > DEEPEST {
            let limit = format!("at most {MOST_NODES} nodes, and graphs nested {DEEPEST} deep, are read");
            return Err(NirError::Graph(limit));
        }
        let kind = branch.text("type")?;
        let known: &[&str] = match kind.as_str() {
            "Input" | "Output" => &["shape"],
            "Affine" => &["weight", "bias"],
            "Linear" => &["weight"],
            "Conv1d" | "Conv2d" => &["input_shape", "weight", "stride", "padding", "dilation", "groups", "bias"],
            "SumPool2d" | "AvgPool2d" => &["kernel_size", "stride", "padding"],
            "Flatten" => &["start_dim", "end_dim"],
            "Scale" => &["scale"],
            "Threshold" => &["threshold"],
            "I" => &["r"],
            "IF" => &["r", "v_threshold", "v_reset"],
            "LI" => &["tau", "r", "v_leak"],
            "LIF" => &["tau", "r", "v_leak", "v_threshold", "v_reset"],
            "CubaLI" => &["tau_syn", "tau_mem", "r", "v_leak", "w_in"],
            "CubaLIF" => &["tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"],
            "NIRGraph" => &["edges"],
            _ => return Ok(Node::Unknown(kind)),
        };
        // What it holds besides could change what the node does.
        let beside = ["type", "input_type", "output_type", "name"];
        let is_known = |name: &String| known.contains(&name.as_str()) || beside.contains(&name.as_str());
        if let Some(other) = branch.datasets.keys().find(|name| !is_known(name)) {
            return Err(branch.wrong(format!("a {kind} with `{}`, which has no meaning here", other.escape_debug())));
        }
        let is_known_group =
            |name: &String| name == METADATA || kind == "NIRGraph" && name == "nodes" || is_known(name);
        if let Some(other) = branch.groups.keys().find(|name| !is_known_group(name)) {
            let other = other.escape_debug();
            return Err(branch.wrong(format!("a {kind} with the group `{other}`, which has no meaning here")));
        }
        if depth > 0 && branch.groups.contains_key(METADATA) {
            self.note_metadata(&branch.child(METADATA)?);
        }
        Ok(match kind.as_str() {
            "Input" => Node::Input { shape: self.sizes(branch, "shape")? },
            "Output" => Node::Output { shape: branch.has("shape").then(|| self.sizes(branch, "shape")).transpose()? },
            "Affine" => Node::Linear { weight: self.array(branch, "weight")?, bias: Some(self.array(branch, "bias")?) },
            "Linear" => Node::Linear { weight: self.array(branch, "weight")?, bias: None },
            "Conv1d" | "Conv2d" => Node::Convolution(self.convolution(branch, if kind == "Conv1d" { 1 } else { 2 })?),
            "SumPool2d" | "AvgPool2d" => Node::Pool(Pool {
                is_mean: kind == "AvgPool2d",
                window: self.pair(branch, "kernel_size", 2)?,
                stride: self.pair(branch, "stride", 2)?,
                padding: self.pair(branch, "padding", 2)?,
            }),
            "Flatten" => {
                Node::Flatten { start: self.number(branch, "start_dim")?, end: self.number(branch, "end_dim")? }
            }
            "Scale" => Node::Scale(self.array(branch, "scale")?),
            "Threshold" => Node::Threshold(self.array(branch, "threshold")?),
            "NIRGraph" => Node::Graph(self.graph(branch, depth)?),
            _ => Node::Neurons(self.neurons(branch, &kind)?),
        })
    }

    /// Notes what the metadata of a node say as only those of the graph can.
    fn note_metadata(&mut self, metadata: &Branch) {
        let (node, name) = (metadata.name.escape_debug(), |key: &&String| SAID.contains(&key.as_str()));
        let notes =
            metadata.datasets.keys().filter(name).map(|key| {
                format!("the metadata of `{node}` say `{key}`, which has a meaning only in those of the graph")
            });
        self.notes.extend(notes);
    }

    /// What the metadata of a graph say, of the keys that have a meaning. One that is like these is taken for a mistake, because it would change
    /// what the network does, and any other for a record, which is noted.
    fn said(&mut self, branch: &Branch) -> Result<Said, NirError> {
        let mut said = Said::default();
        if !branch.groups.contains_key(METADATA) {
            return Ok(said);
        }
        let metadata = branch.child(METADATA)?;
        let groups = metadata.groups.keys();
        for name in metadata.datasets.keys().chain(groups.filter(|name| !metadata.has(name))) {
            let shown = name.escape_debug();
            match name.as_str() {
                "dt" | "time_steps" => match self.array(&metadata, name)?.data.as_slice() {
                    &[number] => drop(said.numbers.insert(name.clone(), number)),
                    numbers => {
                        return Err(branch.wrong(format!("its metadata have {} numbers `{name}`", numbers.len())));
                    }
                },
                "fire" | "reset" | "initial" | "readout" => {
                    let text = metadata.text(name)?;
                    said.texts.insert(name.clone(), text);
                }
                _ => match nearest(name, SAID, MISSPELT_AMONG_NOTES) {
                    Some(known) => {
                        return Err(
                            branch.wrong(format!("its metadata say `{shown}`, which has no meaning: is it `{known}`?"))
                        );
                    }
                    None => self.notes.push(format!("its metadata say `{shown}`, which has no meaning here")),
                },
            }
        }
        Ok(said)
    }

    fn graph(&mut self, branch: &Branch, depth: usize) -> Result<Graph, NirError> {
        let all = branch.child("nodes")?;
        let mut nodes = BTreeMap::new();
        for (name, group) in &all.groups {
            let path = if branch.name.is_empty() { name.clone() } else { format!("{}.{name}", branch.name) };
            if name.is_empty() || name.len() > LONGEST_TEXT || name.chars().any(char::is_control) {
                return Err(branch.wrong("a node's name is empty, too long, or no text"));
            }
            let node = self.node(&Branch::open(group, path)?, depth + 1)?;
            nodes.insert(name.clone(), node);
        }
        let edges = branch.texts("edges", 2 * MOST_EDGES)?;
        let shape = branch.dataset("edges")?.shape().map_err(|error| branch.wrong(error))?;
        let edges = match shape.as_slice() {
            [_, 2] => edges.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect(),
            _ if edges.is_empty() => vec![],
            _ => return Err(branch.wrong(format!("`edges` has shape {shape:?} instead of pairs of names"))),
        };
        Ok(Graph { nodes, edges })
    }

    fn neurons(&mut self, branch: &Branch, kind: &str) -> Result<Neurons, NirError> {
        let is_current_based = kind.starts_with("Cuba");
        let is_spiking = kind.ends_with("IF");
        let tau = match kind {
            "LI" | "LIF" => Some("tau"),
            "CubaLI" | "CubaLIF" => Some("tau_mem"),
            _ => None,
        };
        let mut or_single = |is_used: bool, name: &'static str, value: f64, text: &'static str| {
            if branch.has(name) {
                return self.array(branch, name);
            }
            if is_used {
                self.absent.entry((name, text)).or_default().push(branch.name.clone());
            }
            Ok(Array::single(value))
        };
        let w_in = or_single(is_current_based, "w_in", 1.0, "1")?;
        let v_reset = or_single(is_spiking, "v_reset", 0.0, "0")?;
        let leak = |reader: &mut Self, tau| -> Result<_, NirError> {
            Ok(LeakValues { tau: reader.positive(branch, tau)?, v_leak: reader.array(branch, "v_leak")? })
        };
        Ok(Neurons {
            r: self.array(branch, "r")?,
            leak: tau.map(|tau| leak(self, tau)).transpose()?,
            synapse: match is_current_based {
                true => Some(SynapseValues { tau: self.positive(branch, "tau_syn")?, w_in }),
                false => None,
            },
            spikes: match is_spiking {
                true => Some(SpikeValues { v_threshold: self.array(branch, "v_threshold")?, v_reset }),
                false => None,
            },
        })
    }

    fn convolution(&mut self, branch: &Branch, axes: usize) -> Result<Convolution, NirError> {
        let weight = self.array(branch, "weight")?;
        if weight.shape.len() != axes + 2 {
            return Err(branch.wrong(format!("`weight` has shape {:?}", weight.shape)));
        }
        let bias = self.array(branch, "bias")?;
        let is_text = branch.dataset("padding")?.dtype().map_err(|error| branch.wrong(error))?;
        let padding = match is_text {
            DType::String | DType::VariableLengthString => match branch.text("padding")?.as_str() {
                "same" => Padding::Same,
                "valid" => Padding::Zeros(vec![0; axes]),
                other => {
                    let other = other.escape_debug();
                    return Err(
                        branch.wrong(format!("`padding` is \"{other}\" instead of numbers, \"same\" or \"valid\""))
                    );
                }
            },
            _ => Padding::Zeros(self.pair(branch, "padding", axes)?),
        };
        let groups = match branch.has("groups") {
            true => usize::try_from(self.number(branch, "groups")?).ok().filter(|&groups| groups > 0),
            false => {
                self.absent.entry(("groups", "1")).or_default().push(branch.name.clone());
                Some(1)
            }
        };
        let says_input = branch.has("input_shape");
        Ok(Convolution {
            weight,
            bias,
            stride: self.pair(branch, "stride", axes)?,
            padding,
            dilation: self.pair(branch, "dilation", axes)?,
            groups: groups.ok_or_else(|| branch.wrong("`groups` must be a whole number from 1 on"))?,
            input: if says_input { Some(self.pair(branch, "input_shape", axes)?) } else { None },
        })
    }

    /// Whole numbers, one for each axis; a single one is that of all axes.
    fn pair(&mut self, branch: &Branch, name: &str, axes: usize) -> Result<Vec<usize>, NirError> {
        let sizes = self.sizes(branch, name)?;
        match sizes.len() {
            1 => Ok(vec![sizes[0]; axes]),
            n if n == axes => Ok(sizes),
            n => Err(branch.wrong(format!("`{name}` has {n} values for {axes} axes"))),
        }
    }

    fn number(&mut self, branch: &Branch, name: &str) -> Result<i64, NirError> {
        match self.whole(branch, name)?.as_slice() {
            &[number] => Ok(number),
            numbers => Err(branch.wrong(format!("`{name}` has {} values instead of one", numbers.len()))),
        }
    }

    fn sizes(&mut self, branch: &Branch, name: &str) -> Result<Vec<usize>, NirError> {
        // Larger than anything that is executed, and small enough that sums and products of two do not overflow.
        const LARGEST: i64 = u32::MAX as i64;
        let size = |&n: &i64| usize::try_from(n).ok().filter(|_| n <= LARGEST);
        let numbers = self.whole(branch, name)?;
        let sizes: Option<Vec<_>> = numbers.iter().map(size).collect();
        sizes.ok_or_else(|| branch.wrong(format!("`{name}` holds a negative or too large number")))
    }

    fn whole(&mut self, branch: &Branch, name: &str) -> Result<Vec<i64>, NirError> {
        let array = self.array(branch, name)?;
        let whole = |&n: &f64| (n.fract() == 0.0 && n.abs() <= 2_f64.powi(53)).then_some(n as i64);
        let numbers: Option<Vec<_>> = array.data.iter().map(whole).collect();
        numbers.ok_or_else(|| branch.wrong(format!("`{name}` must be whole numbers")))
    }

    /// Time constants.
    fn positive(&mut self, branch: &Branch, name: &str) -> Result<Array, NirError> {
        let array = self.array(branch, name)?;
        match array.data.iter().position(|&value| value <= 0.0) {
            None => Ok(array),
            Some(at) => {
                let value = array.data[at];
                Err(branch.wrong(format!("`{name}` holds {value} at position {at}: a time constant is above 0")))
            }
        }
    }

    /// Finite numbers of any type.
    fn array(&mut self, branch: &Branch, name: &str) -> Result<Array, NirError> {
        let dataset = branch.dataset(name)?;
        let wrong = |error: hdf5_pure::Error| branch.wrong(format!("`{name}`: {error}"));
        let shape = dataset.shape().map_err(wrong)?;
        let count = shape.iter().try_fold(1_u64, |count, &n| count.checked_mul(n));
        let bytes = count.and_then(|count| count.checked_mul(size_of::<f64>() as u64));
        let Some(bytes) = bytes.filter(|&bytes| bytes <= self.room) else {
            return Err(branch.wrong(format!("`{name}` has shape {shape:?}, more than such a file can hold")));
        };
        self.room -= bytes;
        match dataset.dtype().map_err(wrong)? {
            DType::F32 | DType::F64 | DType::I8 | DType::I16 | DType::I32 | DType::I64 => {}
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => {}
            DType::Other(_) => {
                let bytes = dataset.element_size().map_err(wrong)?;
                return Err(branch.wrong(format!(
                    "`{name}` holds values of {bytes} bytes of a type that is not read, such as float16: write float32"
                )));
            }
            other => return Err(branch.wrong(format!("`{name}` is {other} instead of numbers"))),
        }
        let data = dataset.read_f64().map_err(wrong)?;
        if Some(data.len() as u64) != count {
            return Err(branch.wrong(format!("`{name}` does not hold the values that its shape promises")));
        }
        if let Some(at) = data.iter().position(|value| !value.is_finite()) {
            let value = data[at];
            return Err(branch.wrong(format!("`{name}` holds {value} at position {at}: values must be finite numbers")));
        }
        Ok(Array { shape: shape.iter().map(|&n| n as usize).collect(), data })
    }
}
