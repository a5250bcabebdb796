//! What the weight file of a bottleneck unit has to hold, whoever trains it.

use crate::failure::Failure;
use crate::output::{CellAlignment, print_json, printable, say, table};
use clap::Args;
use cospike_models::zoo::{PLAIN, WeightFile, neuron_text};
use cospike_scenarios::diagnostic::did_you_mean;
use cospike_sim_core::network::{Bottleneck, BottleneckKind, Family, Network, NetworkError, Operation, Weights};
use serde_json::{Map, Value, json};

/// A bottleneck unit to describe.
#[derive(Args)]
pub(crate) struct GivenUnit {
    /// Split point of a bottleneck unit; prints the tensors and metadata that its weight file has to hold, whoever trains it
    #[arg(long, value_name = "SPLIT", requires = "width")]
    unit_at: Option<String>,
    /// Number of channels that the encoder of the unit emits
    #[arg(long, requires = "unit_at", value_parser = clap::value_parser!(u32).range(1..))]
    width: Option<u32>,
    /// Kind of the unit: spiking, float, binary, jscc or quantised [default: that of the network's family]
    #[arg(long, requires = "unit_at", value_parser = kind)]
    bottleneck: Option<BottleneckKind>,
    /// Stride of the unit's encoder
    #[arg(long, requires = "unit_at", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..))]
    stride: u32,
}

fn kind(word: &str) -> Result<BottleneckKind, String> {
    let names = || BottleneckKind::ALL.into_iter().map(BottleneckKind::name);
    let found = BottleneckKind::ALL.into_iter().find(|kind| kind.name() == word);
    found.ok_or_else(|| format!("there is no such kind; {}", did_you_mean(word, names())))
}

/// JPEG quality that is shown of a unit of the float kind: that of CoSpike's own.
const JPEG_QUALITY: &str = "90";

/// Tensors and metadata of a unit's file.
pub(crate) struct UnitForm {
    title: String,
    tensors: Vec<(String, Vec<usize>)>,
    metadata: Vec<(&'static str, String)>,
}

impl GivenUnit {
    /// Whether a unit is to be described.
    pub(crate) fn is_given(&self) -> bool {
        self.unit_at.is_some()
    }

    /// The form of the unit in `network`, which is called `name`; of a network that is not one of the catalogue's, `file` is the backbone.
    pub(crate) fn form(&self, network: &Network, name: &str, file: Option<&WeightFile>) -> Result<UnitForm, Failure> {
        let split = self.unit_at.as_deref().unwrap_or_default();
        let (width, stride) = (self.width.unwrap_or(1), self.stride);
        let family = network.family();
        let kind = self.bottleneck.unwrap_or(BottleneckKind::default_for(family));
        let shape = Bottleneck { kind, width: width as usize, stride: stride as usize };
        let (whole, cut) = network.with_bottleneck(split, shape).map_err(|error| unknown_split(&error))?;
        let at = network.split(split).map_err(Failure::mistake)?;
        let added = &whole.layers[at + 1..at + 1 + whole.layers.len() - network.layers.len()];
        let is_added = |tensor: &str| added.iter().any(|layer| tensor.starts_with(&format!("{}.", layer.name)));
        let mut metadata = vec![("kind", "unit".to_string()), ("backbone", name.to_string())];
        match file {
            Some(file) => metadata.push(("backbone_blake3", file.content().into())),
            None => metadata.push(("network", network.name.clone())),
        }
        metadata.extend([
            ("family", family.name().into()),
            ("time_steps", if family == Family::Spiking { "T".into() } else { "1".into() }),
            ("split", split.into()),
            ("bottleneck", kind.name().into()),
            ("width", width.to_string()),
            ("stride", stride.to_string()),
            ("variant", String::new()),
            ("tail", "of the backbone".into()),
        ]);
        metadata.extend(network.levels().map(|levels| ("levels", levels.to_string())));
        if kind == BottleneckKind::Float {
            metadata.push(("jpeg_quality", JPEG_QUALITY.into()));
        }
        if let Operation::Neuron(neuron) = whole.layers[cut].operation {
            metadata.push(("neuron", neuron_text(&neuron)));
        }
        if file.is_none() {
            metadata.extend([("coding", "direct".to_string()), ("normalisation", "none".to_string())]);
        }
        Ok(UnitForm {
            title: format!("{} unit of width {width} at `{}` of {}", kind.name(), printable(split), printable(name)),
            tensors: Weights::shapes(&whole).into_iter().filter(|(tensor, _)| is_added(tensor)).collect(),
            metadata,
        })
    }
}

/// The failure of a place where no such unit can stand.
fn unknown_split(error: &NetworkError) -> Failure {
    match error {
        NetworkError::UnknownSplit { name, known } => Failure::mistake(format_args!(
            "no split point is called `{}`\nhelp: {}",
            printable(name),
            did_you_mean(name, known.iter().map(String::as_str))
        )),
        error => Failure::mistake(error),
    }
}

impl UnitForm {
    pub(crate) fn print(&self, as_json: bool) {
        if as_json {
            let metadata: Map<String, Value> =
                self.metadata.iter().map(|(key, value)| ((*key).into(), value.clone().into())).collect();
            print_json(&json!({ "tensors": tensors_json(&self.tensors), "metadata": metadata }));
            return;
        }
        say!("{}; its file holds these tensors of float32 or float16\n", self.title);
        print_tensors(&self.tensors);
        say!(
            "\nin the place of a bias, or beside it, a layer may have a batch normalisation: NAME.norm.weight, .norm.bias, .norm.running_mean \
             and .norm.running_var, of the bias's shape\n\nand these metadata, all of them texts\n"
        );
        self.metadata.iter().for_each(|(key, value)| say!("{key} = {}", printable(value)));
        say!(
            "\n`variant` may be any name of letters, digits and -_., and is left empty for `{PLAIN}`; docs/networks.md has the lines that write \
             such a file"
        );
    }
}

/// Says what the file of a unit holds, whose backbone is in another file.
pub(crate) fn print_present(file: &WeightFile, as_json: bool) {
    let tensors: Vec<_> = file.tensors().iter().map(|(name, tensor)| (name.clone(), tensor.shape.clone())).collect();
    if as_json {
        print_json(&json!({
            "file": file.path(),
            "blake3": file.blake3,
            "tensors": tensors_json(&tensors),
            "metadata": file.metadata.all,
        }));
        return;
    }
    print_tensors(&tensors);
    let Some(unit) = &file.metadata.unit else { return };
    say!(
        "\n{}: {} at `{}` of the network in {}, with whose file `--unit` executes it",
        file.path(),
        unit.choice,
        printable(&unit.split),
        printable(&file.metadata.backbone)
    );
}

fn print_tensors(tensors: &[(String, Vec<usize>)]) {
    let mut rows = table(&["tensor", "shape"]);
    rows.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Left));
    for (name, shape) in tensors {
        rows.add_row([printable(name), sizes(shape)]);
    }
    say!("{rows}");
}

fn tensors_json(tensors: &[(String, Vec<usize>)]) -> Map<String, Value> {
    tensors.iter().map(|(name, shape)| (name.clone(), json!(shape))).collect()
}

fn sizes(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join("x")
}
