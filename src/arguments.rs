//! What can be written on the command line.

use crate::given::{GivenData, GivenZoo};
use clap::{Args, Parser, Subcommand, ValueEnum};
use cospike_sim_core::inference::Tool;
use cospike_sim_core::kernel::SimTime;
use std::ops::Range;
use std::path::PathBuf;

/// Simulates edge-cloud co-inference with spiking neural networks: the network really runs, and time, energy and
/// accuracy come out of the same request.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Run a scenario: prints a table, writes results and report
    Run(Run),
    /// Draw the report of a result folder again
    Report {
        /// Folder that `cospike run` wrote
        directory: PathBuf,
    },
    /// Check a scenario and say what it would run; runs and writes nothing
    Check(Check),
    /// Print the JSON Schema of a scenario file, with which an editor completes and checks keys
    Schema,
    /// Measure accuracy and operations of a network of the zoo, without simulating devices
    Infer(Infer),
    /// Price the inference of a spiking network and of its float twin, side by side
    Energy(Energy),
    /// Measure how fast this machine runs networks, and how near to its limit
    #[command(subcommand)]
    Bench(Bench),
    /// List the network architectures, or show one of them layer by layer: what a cut would cost where
    Networks(Networks),
    /// Show the trained networks with their accuracies, and verify them
    Zoo(Zoo),
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Zoo {
    #[command(subcommand)]
    pub(crate) verb: Option<ZooVerb>,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ZooVerb {
    /// Measure every claimed accuracy and payload again; exit code 1 if one differs
    Verify(Verify),
    /// Write the page about the zoo: zoo.md, and its figures into figures/
    Page(Page),
}

#[derive(Args)]
pub(crate) struct Page {
    /// Folder to write into
    pub(crate) folder: PathBuf,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// Only networks whose name contains this, such as `resnet14-spiking`
    #[arg(default_value = "")]
    pub(crate) filter: String,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    #[command(flatten)]
    pub(crate) data: GivenData,
}

#[derive(Args)]
pub(crate) struct Check {
    /// Scenario file, or the name of a built-in one
    pub(crate) scenario: String,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the plan that the scenario compiles to, as JSON: design points, networks and prices as plain data
    #[arg(long, conflicts_with = "json")]
    pub(crate) plan: bool,
}

#[derive(Args)]
pub(crate) struct Run {
    /// Scenario file, or the name of a built-in one, such as `quickstart`
    pub(crate) scenario: String,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    /// Folder to write [default: out/NAME, the name of the study]
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Run everything twice, side by side, and say what was compared and the first event in which two runs differ; exit
    /// code 1 if any does. Writes nothing
    #[arg(long, conflicts_with_all = ["out", "trace"])]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) trace: Trace,
    /// Print JSON instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Trace {
    /// Also write a trace of one replication, to look at in Perfetto (ui.perfetto.dev)
    #[arg(long = "trace", value_name = "FILE", id = "trace")]
    pub(crate) file: Option<PathBuf>,
    /// Devices in the trace, the last one not included
    #[arg(
        long = "trace-devices",
        value_name = "FROM..TO",
        default_value = "0..8",
        requires = "trace",
        value_parser = devices
    )]
    pub(crate) devices: Range<u32>,
    /// Simulated time in the trace, in seconds
    #[arg(
        long = "trace-seconds",
        value_name = "FROM..TO",
        default_value = "0..10",
        requires = "trace",
        value_parser = seconds
    )]
    pub(crate) time: Range<SimTime>,
    /// Design point of the trace, counted from 0 in the order of `cospike check`
    #[arg(long = "trace-point", value_name = "NUMBER", default_value_t = 0, requires = "trace")]
    pub(crate) point: usize,
    /// Replication of the trace, counted from 0
    #[arg(long = "trace-replication", value_name = "NUMBER", default_value_t = 0, requires = "trace")]
    pub(crate) replication: u32,
}

fn devices(text: &str) -> Result<Range<u32>, String> {
    range(text, |end| end.parse().map_err(|_| format!("`{end}` is no number of a device")))
}

fn seconds(text: &str) -> Result<Range<SimTime>, String> {
    range(text, |end| {
        let seconds = end.parse().map_err(|_| format!("`{end}` is no number of seconds"))?;
        SimTime::from_seconds(seconds).map_err(|error| error.to_string())
    })
}

/// `FROM..TO`, of which something must be left.
fn range<T: PartialOrd>(text: &str, end: impl Fn(&str) -> Result<T, String>) -> Result<Range<T>, String> {
    let (from, to) = text.split_once("..").ok_or("give FROM..TO, such as 0..8")?;
    let range = end(from)?..end(to)?;
    if range.is_empty() { Err("nothing lies between: give FROM..TO, FROM being less".into()) } else { Ok(range) }
}

#[derive(Args)]
pub(crate) struct Infer {
    /// Network, as `cospike zoo` names it
    #[arg(required_unless_present = "reference")]
    pub(crate) network: Option<String>,
    /// Compare spike for spike with what another framework recorded in this NumPy archive (.npz); exit code 1 if a spike or a
    /// score differs
    #[arg(long, value_name = "FILE", conflicts_with_all = ["network", "coding", "seed", "zoo", "data"])]
    pub(crate) reference: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    #[command(flatten)]
    pub(crate) data: GivenData,
    /// Use only the first so many images
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) samples: Option<u32>,
    /// How the images are given to the network
    #[arg(long, value_enum, default_value = "direct")]
    pub(crate) coding: Coding,
    /// Seed of rate coding [default: 0]
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Count operations as this tool does [default: as CoSpike does, without those on zero weights]
    #[arg(long, value_enum, value_name = "TOOL")]
    pub(crate) count: Option<Count>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Networks {
    /// Network to show: `ARCHITECTURE[-WIDTH][@SIDE][:CLASSES]`, such as `resnet50`, `mobilenetv2-0.5@32` or `vgg16@32:100`
    pub(crate) name: Option<String>,
    /// Which of the two
    #[arg(long, value_enum, default_value = "spiking", requires = "name")]
    pub(crate) family: Family,
    /// Time steps of the spiking network [default: 4]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1024), requires = "name")]
    pub(crate) time_steps: Option<u32>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Coding {
    /// Real values, the same in every step
    Direct,
    /// A spike with the value's probability, drawn in every step
    Rate,
    /// One spike, the larger the value the earlier
    Latency,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Count {
    /// As executed, and how many of the pairs fall on weights of zero
    Cospike,
    /// NeuroBench 2.3.0
    Neurobench,
    /// SpikingJelly 2.0.0
    Spikingjelly,
    /// syops 0.0.5
    Syops,
}

impl Count {
    /// The other tool, if it is one.
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
    /// Spiking neurons, run for T time steps
    Spiking,
    /// Float activations, run once
    Float,
}

#[derive(Args)]
pub(crate) struct Energy {
    /// Backbone, such as `resnet14`, or a unit, such as `resnet14-stage3-w4`: both families are priced. Of a network with
    /// a unit that is what runs on the edge
    pub(crate) network: String,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    #[command(flatten)]
    pub(crate) data: GivenData,
    /// Price list: `all`, the name of a built-in one, or a file
    #[arg(long, default_value = "all")]
    pub(crate) prices: String,
    /// Use only the first so many test images
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) samples: u32,
    /// Print every line of the account under one price list
    #[arg(long)]
    pub(crate) ledger: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Inference: the reference network beside the machine's peak rates of float arithmetic
    Inference(BenchInference),
}

#[derive(Args)]
pub(crate) struct BenchInference {
    /// Also sweep the density of spikes: event-driven against dense convolution
    #[arg(long)]
    pub(crate) density: bool,
    /// Draw that sweep into this SVG file
    #[arg(long, value_name = "FILE", requires = "density")]
    pub(crate) svg: Option<PathBuf>,
    /// Also run the spiking ResNet-50 on 224x224 pixels
    #[arg(long)]
    pub(crate) resnet50: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
