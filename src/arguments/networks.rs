//! Options of the commands about networks without devices.

use super::numbers::{at_least, whole};
use super::readout::readout;
use crate::given::{GivenData, GivenZoo};
use crate::network_file::GivenFile;
use crate::unit_form::GivenUnit;
use clap::{Args, Subcommand, ValueEnum};
use cospike_models::zoo::{MAX_LEVELS, MAX_TIME_STEPS, Normalisation, short_neuron};
use cospike_sim_core::inference::Tool;
use cospike_sim_core::network::{Neuron, Readout};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Infer {
    /// Name of the network, or its file (.nir, .onnx, .safetensors); `cospike zoo --json` lists all names
    #[arg(required_unless_present = "reference")]
    pub(crate) network: Option<String>,
    #[command(flatten)]
    pub(crate) file: GivenFile,
    /// Bottleneck unit to execute the network of a file with: its weight file, or the name of one beside the network or in the zoo
    #[arg(long, value_name = "FILE|NAME", conflicts_with_all = ["reference", "compare"])]
    pub(crate) unit: Option<String>,
    /// Compare what the nodes of a network of another framework emit with what was recorded of them in this NumPy archive (.npz); the
    /// exit code is 1 if a spike differs, or a value by more than rounding
    #[arg(long, value_name = "FILE", conflicts_with_all = ["reference", "coding", "seed", "zoo", "data", "count"])]
    pub(crate) compare: Option<PathBuf>,
    /// Compare spike for spike with what another framework recorded in this NumPy archive (.npz); the exit code is 1 if a spike or
    /// a score differs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["network", "coding", "seed", "zoo", "data"])]
    pub(crate) reference: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    #[command(flatten)]
    pub(crate) data: GivenData,
    /// Number of images to use, from the first on [default: all]
    #[arg(long, value_parser = at_least(1_u32))]
    pub(crate) samples: Option<u32>,
    /// Number of time steps of a spiking network [default: that of its training; a .nir file says none]
    #[arg(long, value_parser = whole(1..=MAX_TIME_STEPS), conflicts_with_all = ["reference", "compare"])]
    pub(crate) time_steps: Option<u32>,
    /// How class scores are read out of the time steps of a spiking network [default: what its file says; otherwise `spike-count` if its
    /// last node emits spikes, else `mean`]
    #[arg(long, value_parser = readout(), conflicts_with_all = ["reference", "compare"])]
    pub(crate) readout: Option<Readout>,
    /// Also write the class scores of each sample to this NumPy archive (.npz): `scores`, `answers`,
    /// `labels`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["reference", "compare"])]
    pub(crate) scores: Option<PathBuf>,
    /// Coding of the images
    #[arg(long, value_enum, default_value = "direct")]
    pub(crate) coding: Coding,
    /// Seed of the random spikes of rate coding [default: 0]
    #[arg(long, value_parser = at_least(0_u64))]
    pub(crate) seed: Option<u64>,
    /// Tool by whose rules operations are counted [default: CoSpike's counts, without the column of those on zero weights]
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(crate) count: Option<Count>,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Import {
    /// Weights as PyTorch names them, a `state_dict` saved as safetensors
    pub(crate) file: PathBuf,
    /// Architecture: `ARCHITECTURE[-WIDTH][@SIDE][:CLASSES]`, such as `resnet18@32`; `cospike networks` lists them
    #[arg(long = "as", value_name = "NETWORK")]
    pub(crate) network: String,
    /// Names of the modules: those of a framework's own networks, `torchvision` or `spikingjelly`, or a JSON file that says them, such as
    /// {"conv1": "stem.conv", "bn1": "stem.conv.norm"}
    #[arg(long, value_name = "FRAMEWORK|FILE")]
    pub(crate) map: Map,
    /// Normalisation of the samples that it was trained on, of which pixels are 0 to 1: `none`, or a mean and a standard deviation for each
    /// channel or for all, such as mean=0.485/0.456/0.406,std=0.229/0.224/0.225; with `,scale=255` if pixels of 0 to 255 were meant
    #[arg(long, value_name = "none|mean=M,std=S")]
    pub(crate) normalise: Normalise,
    /// Neuron of a spiking network, such as lif:tau=2,reset=hard:0 or if:reset=soft. What is left out of decay_input=true, threshold=1,
    /// fire=ge and initial=0 is so [default: a float network]
    #[arg(long, value_parser = short_neuron)]
    pub(crate) neuron: Option<Neuron>,
    /// Number of time steps of a spiking network
    #[arg(long, value_parser = whole(1..=MAX_TIME_STEPS))]
    pub(crate) time_steps: Option<u32>,
    /// Data set that it was trained for, such as cifar10; samples that are known to be another's are refused
    #[arg(long, value_name = "NAME")]
    pub(crate) task: Option<String>,
    /// Weight file to write, NAME.safetensors; a file that is there already is not replaced [default: STEM-cospike.safetensors, in
    /// the current folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Which names PyTorch's modules have.
#[derive(Clone)]
pub(crate) enum Map {
    Torchvision,
    SpikingJelly,
    File(PathBuf),
}

impl std::str::FromStr for Map {
    type Err = std::convert::Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            "torchvision" => Self::Torchvision,
            "spikingjelly" => Self::SpikingJelly,
            path => Self::File(path.into()),
        })
    }
}

/// A normalisation, or that there is none.
#[derive(Clone)]
pub(crate) struct Normalise(pub(crate) Option<Normalisation>);

impl std::str::FromStr for Normalise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" { Ok(Self(None)) } else { text.parse().map(|found| Self(Some(found))) }
    }
}

#[derive(Args)]
pub(crate) struct Export {
    /// Name of the network; `cospike zoo --json` lists all names
    pub(crate) network: String,
    /// File to write, in the NIR format: NAME.nir
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
}

#[derive(Args)]
pub(crate) struct Networks {
    /// Name of the network to show: `ARCHITECTURE[-WIDTH][@SIDE][:CLASSES]`, such as `resnet50`, `mobilenetv2-0.5@32` or `vgg16@32:100`
    pub(crate) name: Option<String>,
    /// Family of the network to show
    #[arg(long, value_enum, default_value = "spiking", requires = "name")]
    pub(crate) family: Family,
    /// Number of time steps of the spiking network [default: 4]
    #[arg(long, value_parser = whole(1..=MAX_TIME_STEPS), requires = "name")]
    pub(crate) time_steps: Option<u32>,
    /// Number of levels of the quantised network [default: 4]
    #[arg(long, value_parser = whole(2..=MAX_LEVELS), requires = "name")]
    pub(crate) levels: Option<u32>,
    #[command(flatten)]
    pub(crate) unit: GivenUnit,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Coding {
    /// The pixel values, the same in every step
    Direct,
    /// In every step a random spike, whose probability is the pixel value
    Rate,
    /// One spike in all, the earlier the larger the pixel value
    Latency,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Count {
    /// Operations as executed, and how many of them fall on weights of zero
    Cospike,
    /// NeuroBench 2.3.0; also prints its table of metrics
    Neurobench,
    /// SpikingJelly 2.0.0
    Spikingjelly,
    /// syops 0.0.5
    Syops,
}

impl Count {
    /// The tool whose rules are meant; `None` for CoSpike itself.
    pub(crate) fn tool(self) -> Option<Tool> {
        match self {
            Self::Cospike => None,
            Self::Neurobench => Some(Tool::NeuroBench),
            Self::Spikingjelly => Some(Tool::SpikingJelly),
            Self::Syops => Some(Tool::Syops),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Family {
    /// Spiking neurons, executed for T time steps
    Spiking,
    /// Float activations, executed once
    Float,
    /// Quantisers in place of the neurons, executed once
    Quantised,
}

impl Family {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Spiking => "spiking",
            Self::Float => "float",
            Self::Quantised => "quantised",
        }
    }
}

#[derive(Args)]
pub(crate) struct Energy {
    /// Name of a backbone, such as `resnet14`, or of a unit, such as `resnet14-stage3-w4`, without the family: both are priced. Of
    /// a network with a unit only the head is, which is executed on the edge. A file (.nir, .onnx, .safetensors) is priced alone
    pub(crate) network: String,
    #[command(flatten)]
    pub(crate) file: GivenFile,
    /// Bottleneck unit of the network of a file, of which the head is priced then: its weight file, or the name of one beside the network
    /// or in the zoo
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) unit: Option<String>,
    /// Number of time steps of a spiking network in a file [default: that of its training; a .nir file says none]
    #[arg(long, value_parser = whole(1..=MAX_TIME_STEPS))]
    pub(crate) time_steps: Option<u32>,
    /// How class scores, and so the accuracy, are read out of the time steps of a spiking network [default: see `cospike infer`]
    #[arg(long, value_parser = readout())]
    pub(crate) readout: Option<Readout>,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    #[command(flatten)]
    pub(crate) data: GivenData,
    /// Price list: `all` built-in ones, the name of one of them, or a file
    #[arg(long, default_value = "all")]
    pub(crate) prices: String,
    /// Number of test samples to use, from the first on [default: 1000, or all if there are fewer]
    #[arg(long, value_parser = at_least(1_u32))]
    pub(crate) samples: Option<u32>,
    /// Also show the energies if the zeros of the borders are computed too, in both families
    #[arg(long)]
    pub(crate) borders: bool,
    /// Print every line of the energy accounts; needs `--prices NAME`
    #[arg(long)]
    pub(crate) ledger: bool,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Measure inference, beside the machine's peak rates of float arithmetic
    Inference(BenchInference),
}

#[derive(Args)]
pub(crate) struct BenchInference {
    /// Also compare event-driven with dense convolution over densities of spikes
    #[arg(long)]
    pub(crate) density: bool,
    /// Draw the sweep over densities into this SVG file
    #[arg(long, value_name = "FILE", requires = "density")]
    pub(crate) svg: Option<PathBuf>,
    /// Also execute the spiking ResNet-50 on 224x224 pixels
    #[arg(long)]
    pub(crate) resnet50: bool,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}
