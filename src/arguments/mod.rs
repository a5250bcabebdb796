//! The command line: verbs, options and their help.

mod cluster;
mod networks;
mod numbers;
mod readout;

pub(crate) use cluster::{
    Collect, CollectGarbage, ExportStore, ListStore, SharedStudy, Status, Store, Submit, VerifyStore, Work,
};
pub(crate) use networks::{Bench, BenchInference, Coding, Count, Energy, Export, Family, Import, Infer, Map, Networks};

pub(crate) use numbers::{at_least, whole};

use crate::data::Data;
use crate::figure::Figure;
use crate::given::{GivenData, GivenScenario, GivenStore, GivenZoo, range};
use crate::network_file::GivenFile;
use crate::unit_form::GivenUnit;
use clap::{Args, Parser, Subcommand};
use cospike_sim_core::kernel::SimTime;
use cospike_sim_core::network::Readout;
use std::ops::Range;
use std::path::PathBuf;

/// Simulates edge-cloud co-inference with spiking neural networks. The network is really executed: accuracy, energy and latency
/// come from the same requests
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Run a scenario: print a summary, write results and report
    Run(Run),
    /// Work on a share of a study until it is stored, beside any number of other processes. Exit code 1 if something of it failed, 3
    /// if it was stopped by a signal, 4 if it was stopped before anything was stored
    Work(Work),
    /// Say how far a study has come that processes work on, what failed, and how long the rest will take
    Status(Status),
    /// Make results and report of what is stored of a study. Exit code 1 if something failed or is missing
    Collect(Collect),
    /// Submit what is missing of a study to a scheduler, as an array of jobs that each work on a share
    Submit(Submit),
    /// Look after a store of finished work: what is there, of which study, and what can go
    #[command(subcommand)]
    Store(Store),
    /// Draw the report of a result folder again
    Report(Report),
    /// Draw one figure of a result folder for a paper or a slide, at its exact size, with its data beside it
    Figure(Figure),
    /// Compare the same design points of two or three result folders: what changed in their scenarios, and what came of it. Exit code 1
    /// if a metric of `--fail-if-worse` is worse than in the first
    Compare(Compare),
    /// Check a scenario: list its design points, how long it takes, and, from a trial of a few samples, what its places are asked for; or
    /// check the file of a network (.nir, .onnx, .safetensors): say of every node how it is executed. Exit code 2 if one is not
    Check(Check),
    /// Write a scenario file of your own, which begins as a copy of one that ships with CoSpike
    New(New),
    /// List the profiles of devices, links and clouds that scenarios can name
    Profiles(Profiles),
    /// Print the file of a profile, to make one of your own: `cospike profile wifi > my-wifi.toml`
    Profile(Profile),
    /// List the price lists, or print the file of one, to make one of your own
    Prices(Prices),
    /// Print the JSON Schema of a scenario file, with which an editor completes and checks keys
    Schema,
    /// Look at a data set of your own
    #[command(subcommand)]
    Data(Data),
    /// Measure accuracy and operations of a network, without simulating devices
    Infer(Infer),
    /// Make a weight file of what PyTorch has trained, for an architecture of `cospike networks`
    Import(Import),
    /// Write a network to a file that other frameworks read
    Export(Export),
    /// Compare the energy of a spiking network and of its float twin under each price list
    Energy(Energy),
    /// Measure how fast this machine executes networks, and how close that is to its limit
    #[command(subcommand)]
    Bench(Bench),
    /// List the network architectures, or show one layer by layer: what a cut would cost at each layer
    Networks(Networks),
    /// List the trained networks with their accuracies, or verify them
    Zoo(Zoo),
    /// Test what papers claim on the trained networks
    #[command(subcommand)]
    Paper(Paper),
}

#[derive(Subcommand)]
pub(crate) enum Paper {
    /// Write the documentation page about the claims: paper.md. Takes some minutes
    Page(Page),
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Zoo {
    #[command(subcommand)]
    pub(crate) verb: Option<ZooVerb>,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum ZooVerb {
    /// Measure every claimed accuracy and payload again; the exit code is 1 if one differs
    Verify(Verify),
    /// Write the documentation page about the zoo: zoo.md, and its figures in figures/
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
    /// Measure only networks whose name contains this text, such as `resnet14-spiking`
    #[arg(default_value = "")]
    pub(crate) filter: String,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    #[command(flatten)]
    pub(crate) data: GivenData,
}

#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) scenario: GivenScenario,
    #[command(flatten)]
    pub(crate) file: GivenFile,
    #[command(flatten)]
    pub(crate) unit: GivenUnit,
    /// How class scores are read out of the time steps of the network in a file [default: see `cospike infer`]
    #[arg(long, value_parser = readout::readout())]
    pub(crate) readout: Option<Readout>,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the plan that the scenario compiles to, as JSON: all design points, networks and prices
    #[arg(long, conflicts_with = "json")]
    pub(crate) plan: bool,
    /// Write a plan for the trainer of the networks that the scenario asks for and no file has, and say how to train them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "plan"])]
    pub(crate) training_plan: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct New {
    /// Scenario file to write, ending in .toml; the study gets its name
    pub(crate) file: PathBuf,
    /// Scenario that ships with CoSpike and is copied
    #[arg(long, value_name = "SCENARIO", default_value = "quickstart")]
    pub(crate) from: String,
}

#[derive(Args)]
pub(crate) struct Profiles {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Profile {
    /// Name of the profile; `cospike profiles` lists them
    pub(crate) name: String,
}

#[derive(Args)]
pub(crate) struct Prices {
    /// Name of the price list whose file is printed [default: all are listed]
    pub(crate) name: Option<String>,
    /// Print JSON instead of a table
    #[arg(long, conflicts_with = "name")]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) scenario: GivenScenario,
    /// Result folder to write: new, empty, or with older results, which are replaced; whatever else is in it stays [default:
    /// out/NAME, with the name of the study]
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: GivenStore,
    /// Run everything twice and compare the two event by event; print what was compared, and the first difference. The exit
    /// code is 1 if there is one. Nothing is written
    #[arg(long, conflicts_with_all = ["out", "store", "no_store", "trace", "requests"])]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) trace: Trace,
    #[command(flatten)]
    pub(crate) requests: Requests,
    /// Metrics to show of each design point instead of the usual columns, by their names, such as `correct,latency_p99_s`
    #[arg(long, value_name = "METRIC,...", value_delimiter = ',', conflicts_with = "json")]
    pub(crate) columns: Vec<String>,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Compare {
    /// Result folders: the first, and one or two that are compared with it
    #[arg(value_name = "DIR", num_args = 2..=3, required = true)]
    pub(crate) folders: Vec<PathBuf>,
    /// Metric that may not be worse in the others by more than this part of the first, in per cent (of a share: percentage points;
    /// without a number: not at all), such as `latency_p95_s:5`. It is worse if the interval of the difference, for all design points
    /// together with 95 % confidence, lies beyond that, or if there is a mean no longer. Can be given several times
    #[arg(long, value_name = "METRIC[:PERCENT]", value_parser = not_worse)]
    pub(crate) fail_if_worse: Vec<NotWorse>,
    /// Write a page (.html) with tables and figures of the differences, too. A page that `compare` or `run` wrote is replaced, another file is not
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

/// A metric that may be worse by so much only.
#[derive(Clone)]
pub(crate) struct NotWorse {
    /// Name of the metric.
    pub(crate) metric: String,
    /// Part of the first, in per cent; of a share, percentage points.
    pub(crate) percent: f64,
}

/// Parses `METRIC` or `METRIC:PERCENT`.
fn not_worse(text: &str) -> Result<NotWorse, String> {
    let (metric, percent) = text.split_once(':').unwrap_or((text, "0"));
    let percent = percent.trim_end_matches('%').parse::<f64>().ok().filter(|percent| (0.0..1e6).contains(percent));
    let percent = percent.ok_or("give a number of per cent from 0 behind the colon, such as latency_p95_s:5")?;
    Ok(NotWorse { metric: metric.into(), percent })
}

#[derive(Args)]
pub(crate) struct Report {
    /// Result folder that `cospike run` wrote
    pub(crate) folder: PathBuf,
    /// Write the page alone, which holds all figures, to this file, and nothing into the folder
    #[arg(long, value_name = "FILE")]
    pub(crate) page: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Trace {
    /// Also write a timeline of one replication to this file, to be opened in Perfetto (ui.perfetto.dev)
    #[arg(long = "trace", value_name = "FILE", id = "trace")]
    pub(crate) file: Option<PathBuf>,
    /// Devices shown in the trace, without the one numbered TO
    #[arg(
        long = "trace-devices",
        value_name = "FROM..TO",
        default_value = "0..8",
        requires = "trace",
        value_parser = devices
    )]
    pub(crate) devices: Range<u32>,
    /// Simulated time shown in the trace, in seconds
    #[arg(
        long = "trace-seconds",
        value_name = "FROM..TO",
        default_value = "0..10",
        requires = "trace",
        value_parser = seconds
    )]
    pub(crate) time: Range<SimTime>,
    /// Design point to trace, counted from 0 in the order of `cospike check` with the same scenario, `--set` and `--point`
    #[arg(long = "trace-point", value_name = "NUMBER", default_value_t = 0, requires = "trace", value_parser = at_least(0_usize))]
    pub(crate) point: usize,
    /// Replication to trace, counted from 0
    #[arg(long = "trace-replication", value_name = "NUMBER", default_value_t = 0, requires = "trace", value_parser = at_least(0_u32))]
    pub(crate) replication: u32,
}

#[derive(Args)]
pub(crate) struct Requests {
    /// Also write each request of one replication as a line of this CSV file: times in each phase, how it ended, sample and answer
    #[arg(long = "requests", value_name = "FILE", id = "requests", conflicts_with = "trace")]
    pub(crate) file: Option<PathBuf>,
    /// Design point whose requests are written, counted from 0 in the order of `cospike check` with the same scenario, `--set` and
    /// `--point`
    #[arg(
        long = "requests-point",
        value_name = "NUMBER",
        id = "requests-point",
        default_value_t = 0,
        requires = "requests",
        value_parser = at_least(0_usize)
    )]
    pub(crate) point: usize,
    /// Replication whose requests are written, counted from 0
    #[arg(
        long = "requests-replication",
        value_name = "NUMBER",
        id = "requests-replication",
        default_value_t = 0,
        requires = "requests",
        value_parser = at_least(0_u32)
    )]
    pub(crate) replication: u32,
}

fn devices(text: &str) -> Result<Range<u32>, String> {
    range(text, |end| {
        end.parse().map_err(|_| format!("`{end}` is not a number of a device: give a whole number from 0"))
    })
}

fn seconds(text: &str) -> Result<Range<SimTime>, String> {
    range(text, |end| {
        let seconds = end.parse().map_err(|_| format!("`{end}` is not a number of seconds"))?;
        SimTime::from_seconds(seconds).map_err(|error| error.to_string())
    })
}
