//! The verdict on each node of a file, as a table or as JSON.

use crate::failure::Failure;
use crate::output::{print_json, printable, say, say_wrapped, table, warn};
use comfy_table::CellAlignment;
use cospike_models::import::onnx::OnnxFile;
use cospike_models::import::{NodeReport, Runs};
use cospike_models::zoo::{WeightFile, neuron_text};
use cospike_sim_core::network::{Network, Readout};
use serde_json::{Map, Value, json};

/// Verdicts on the nodes of a file.
pub(super) struct Verdicts<'a> {
    pub(super) path: &'a str,
    pub(super) blake3: &'a str,
    pub(super) nodes: Vec<NodeReport>,
    /// What the file says of itself, and how what it leaves open is taken, in sentences.
    pub(super) says: Vec<String>,
    /// The same as JSON.
    pub(super) fields: Value,
    pub(super) warnings: &'a [String],
    /// `None` of a file that makes no network.
    pub(super) network: Option<Network>,
}

impl<'a> Verdicts<'a> {
    pub(super) fn of_onnx(file: &'a OnnxFile) -> Self {
        let producer = if file.producer.is_empty() { "an unnamed program" } else { &file.producer };
        Self {
            path: &file.path,
            blake3: &file.blake3,
            nodes: file.nodes.clone(),
            says: vec![
                format!("{}: ONNX, operators of version {}, written by {}", file.path, file.opset, printable(producer)),
                "samples are fed in as they are, pixels as 0 to 1; `--normalise` changes that".into(),
            ],
            fields: json!({ "producer": file.producer, "opset": file.opset }),
            warnings: &file.notes,
            network: file.network.as_ref().ok().map(|made| made.network.clone()),
        }
    }

    pub(super) fn of_weights(file: &'a WeightFile) -> Result<Self, Failure> {
        let (metadata, network) = (&file.metadata, file.network().map_err(Failure::mistake)?);
        let mut says = vec![format!("{}: weights of {}, {}", file.path(), metadata.network, metadata.family.name())];
        if metadata.family.has_steps() {
            says.push(format!("T = {}, neuron {}", metadata.time_steps, neuron_text(&metadata.neuron)));
        }
        if let Some(unit) = &metadata.unit {
            let rest = match (&unit.tuned_behind, unit.has_tail) {
                (None, false) => String::new(),
                (None, true) => " and what follows it".into(),
                (Some(behind), false) => format!(" and what lies between `{behind}` and it"),
                (Some(behind), true) => format!(", what lies between `{behind}` and it, and what follows it"),
            };
            says.push(format!("it holds the {} at `{}`{rest}", unit.choice, unit.split));
        }
        let normalisation = metadata.normalisation.as_ref().map(ToString::to_string);
        says.push(match &normalisation {
            Some(normalisation) => format!("samples, of which pixels are 0 to 1, are normalised by {normalisation}"),
            None => "samples are fed in as they are, pixels as 0 to 1".into(),
        });
        Ok(Self {
            path: file.path(),
            blake3: &file.blake3,
            nodes: file.reports().map_err(Failure::mistake)?,
            says,
            fields: json!({
                "network": metadata.network,
                "family": metadata.family.name(),
                "time_steps": metadata.time_steps,
                "neuron": metadata.family.has_steps().then(|| neuron_text(&metadata.neuron)),
                "normalisation": normalisation,
            }),
            warnings: &[],
            network: Some(network),
        })
    }

    /// These verdicts on the network if it is read out by `readout`, if one was asked for.
    pub(super) fn read_out(mut self, readout: Option<Readout>) -> Self {
        if let Some(network) = &mut self.network {
            network.readout = readout.or(network.readout);
        }
        self
    }

    /// Prints the verdicts. Fails if the network cannot be read out as it was asked for.
    pub(super) fn print(&self, as_json: bool) -> Result<(), Failure> {
        match as_json {
            true => print_json(&self.json()),
            false => self.print_table(),
        }
        self.network.as_ref().map_or(Ok(()), Network::check).map_err(Failure::mistake)
    }

    fn print_table(&self) {
        let mut nodes = table(&["node", "type", "emits", "runs", ""]);
        nodes.column_iter_mut().for_each(|column| {
            column.set_cell_alignment(CellAlignment::Left);
        });
        for node in &self.nodes {
            let (runs, remark) = (runs(node), remarks(node).join("; "));
            nodes.add_row([printable(&node.name), printable(&node.kind), emits(node), runs.into(), printable(&remark)]);
        }
        say!("{nodes}");
        say!();
        self.says.iter().for_each(|line| say_wrapped!("{line}"));
        if let Some(network) = &self.network {
            if let Some(readout) = readout(network) {
                say_wrapped!("score of a class: {} (`--readout {}`)", readout.meaning(), readout.name());
            }
            let names: Vec<_> = splits(network).into_iter().map(printable).collect();
            say_wrapped!("split points: {}", names.join(", "));
        }
        self.warnings.iter().for_each(|text| warn(&printable(text)));
    }

    fn json(&self) -> Value {
        let node = |node: &NodeReport| {
            json!({
                "node": node.name,
                "type": node.kind,
                "emits": node.emits,
                "runs": runs(node),
                "remarks": remarks(node),
            })
        };
        let mut all = Map::new();
        all.insert("file".into(), self.path.into());
        all.insert("blake3".into(), self.blake3.into());
        all.extend(self.fields.as_object().cloned().unwrap_or_default());
        all.insert("nodes".into(), self.nodes.iter().map(node).collect());
        all.insert("warnings".into(), self.warnings.into());
        let network = self.network.as_ref();
        all.insert("readout".into(), network.and_then(readout).map(Readout::name).into());
        all.insert("split_points".into(), json!(network.map(splits)));
        all.insert("runnable".into(), network.is_some().into());
        Value::Object(all)
    }
}

fn splits(network: &Network) -> Vec<&str> {
    network.split_points.iter().map(|split| split.name.as_str()).collect()
}

/// How class scores are read out; `None` of a network that is executed once.
fn readout(network: &Network) -> Option<Readout> {
    network.is_spiking().then(|| network.effective_readout())
}

/// How the node is executed, in a word or two.
fn runs(node: &NodeReport) -> &'static str {
    match node.runs {
        Runs::NotSupported(_) => "not supported",
        Runs::AsSpikes => "as spikes",
        Runs::AsRealValues => "as real values",
        Runs::InAdvance(_) => "in advance",
    }
}

fn remarks(node: &NodeReport) -> Vec<String> {
    match &node.runs {
        Runs::NotSupported(reason) => vec![reason.clone()],
        Runs::InAdvance(what) => [vec![what.clone()], node.approximations.clone()].concat(),
        _ => node.approximations.clone(),
    }
}

fn emits(node: &NodeReport) -> String {
    let sizes = node.emits.as_ref().map(|sizes| sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("x"));
    sizes.unwrap_or_else(|| "-".into())
}
