//! The command line: verbs, options and their help.

use crate::data::Data;
use crate::figure::Figure;
use crate::given::{GivenData, GivenScenario, GivenStore, GivenZoo, range};
use crate::network_file::GivenFile;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use cospike_cluster::Shard;
use cospike_models::zoo::{Normalisation, short_neuron};
use cospike_sim_core::inference::Tool;
use cospike_sim_core::kernel::SimTime;
use cospike_sim_core::network::Neuron;
use std::ops::Range;
use std::path::PathBuf;

/// Greatest number of time steps that `cospike networks` takes.
const MAX_TIME_STEPS: i64 = 1024;
/// Most levels of a quantised network.
const MAX_LEVELS: i64 = 255;

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
    #[arg(long, conflicts_with_all = ["out", "store", "no_store", "trace"])]
    pub(crate) verify: bool,
    #[command(flatten)]
    pub(crate) trace: Trace,
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

/// A study that many processes work on.
#[derive(Args)]
pub(crate) struct SharedStudy {
    #[command(flatten)]
    pub(crate) scenario: GivenScenario,
    #[command(flatten)]
    pub(crate) store: GivenStore,
}

#[derive(Subcommand)]
pub(crate) enum Store {
    /// List the studies that have used the store
    Ls(ListStore),
    /// Print how much room each kind of piece takes
    Du(ListStore),
    /// Remove what was set aside as damaged, and what no study on record has and is older than a day
    Gc(CollectGarbage),
    /// Read every piece and compare its checksum; a damaged one is set aside, and the exit code is 1
    Verify(VerifyStore),
    /// Copy pieces into another store
    Export(ExportStore),
}

#[derive(Args)]
pub(crate) struct ListStore {
    #[command(flatten)]
    pub(crate) store: GivenStore,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct CollectGarbage {
    #[command(flatten)]
    pub(crate) store: GivenStore,
    /// Also forget the studies that have not used the store for so many days, and remove what only they have
    #[arg(long, value_name = "DAYS")]
    pub(crate) unused_days: Option<u32>,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args)]
pub(crate) struct VerifyStore {
    #[command(flatten)]
    pub(crate) store: GivenStore,
}

#[derive(Args)]
pub(crate) struct ExportStore {
    /// The other store: a folder, which is made if it is not there, or an address such as s3://bucket/folder
    #[arg(value_name = "DIR|URL")]
    pub(crate) destination: PathBuf,
    #[command(flatten)]
    pub(crate) store: GivenStore,
    /// Copy only what the studies of this name have [default: everything]
    #[arg(long, value_name = "NAME")]
    pub(crate) study: Option<String>,
}

#[derive(Args)]
pub(crate) struct Work {
    #[command(flatten)]
    pub(crate) study: SharedStudy,
    /// Share of the study, counted from 0: of eight shares 0/8 is the first and 7/8 the last [default: the element of the job array
    /// that Slurm, Kubernetes, AWS Batch, PBS, Grid Engine, LSF or HyperQueue has started, else all of the study]
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// Number of shares, where the scheduler says only which element of an array this is, counted from 0 [default: $COSPIKE_SHARDS]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "shard")]
    pub(crate) shards: Option<u32>,
    /// Take the shares that `cospike submit` has noted under this name
    #[arg(long, value_name = "ID", conflicts_with = "shards")]
    pub(crate) submission: Option<String>,
}

#[derive(Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) study: SharedStudy,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
    /// Print it again every few seconds, until everything is done
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Args)]
pub(crate) struct Collect {
    #[command(flatten)]
    pub(crate) study: SharedStudy,
    /// Result folder to write, as that of `cospike run` [default: out/NAME, with the name of the study]
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Metrics to show of each design point instead of the usual columns, by their names, such as `correct,latency_p99_s`
    #[arg(long, value_name = "METRIC,...", value_delimiter = ',', conflicts_with = "json")]
    pub(crate) columns: Vec<String>,
    /// Print JSON instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
#[command(group = ArgGroup::new("scheduler").required(true))]
pub(crate) struct Submit {
    #[command(flatten)]
    pub(crate) study: SharedStudy,
    /// Submit to Slurm: write a script and run `sbatch`
    #[arg(long, group = "scheduler")]
    pub(crate) slurm: bool,
    /// Submit to HyperQueue: print the `hq submit` command, and run it where `hq` is installed
    #[arg(long, group = "scheduler")]
    pub(crate) hq: bool,
    /// Print the manifest of an Indexed Job for `kubectl apply -f -`
    #[arg(long, group = "scheduler", requires = "image")]
    pub(crate) kubernetes: bool,
    /// Partition of Slurm
    #[arg(long, requires = "slurm")]
    pub(crate) partition: Option<String>,
    /// Account of Slurm that pays
    #[arg(long, requires = "slurm")]
    pub(crate) account: Option<String>,
    /// Time limit of each share, as Slurm takes it, such as 2:00:00
    #[arg(long, requires = "slurm")]
    pub(crate) time: Option<String>,
    /// Memory of each share: megabytes, or a number with K, M, G or T
    #[arg(long, value_name = "SIZE", conflicts_with = "hq")]
    pub(crate) mem: Option<String>,
    /// Processors of each share [default: that of Slurm, 1 for the others]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) cpus: Option<u32>,
    /// Most shares; Slurm's own limit holds besides
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_array: Option<u32>,
    /// Number of shares [default: as many as make about a minute of work each, by an estimate]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) shards: Option<u32>,
    /// Image for Kubernetes that has `cospike` in its path
    #[arg(long, requires = "kubernetes")]
    pub(crate) image: Option<String>,
    /// Folder for the script and the logs, which all nodes see [default: cospike-jobs/NAME-ID]
    #[arg(long, value_name = "DIR", conflicts_with = "kubernetes")]
    pub(crate) jobs: Option<PathBuf>,
    /// Print what would be submitted, and neither write nor submit anything
    #[arg(long)]
    pub(crate) dry_run: bool,
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
    #[arg(long = "trace-point", value_name = "NUMBER", default_value_t = 0, requires = "trace")]
    pub(crate) point: usize,
    /// Replication to trace, counted from 0
    #[arg(long = "trace-replication", value_name = "NUMBER", default_value_t = 0, requires = "trace")]
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

#[derive(Args)]
pub(crate) struct Infer {
    /// Name of the network, or its file (.nir, .onnx, .safetensors); `cospike zoo --json` lists all names
    #[arg(required_unless_present = "reference")]
    pub(crate) network: Option<String>,
    #[command(flatten)]
    pub(crate) file: GivenFile,
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
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) samples: Option<u32>,
    /// Number of time steps of a spiking network [default: that of its training; a .nir file says none]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MAX_TIME_STEPS), conflicts_with_all = ["reference", "compare"])]
    pub(crate) time_steps: Option<u32>,
    /// Also write the class scores of each sample, means over the time steps, to this NumPy archive (.npz): `scores`, `answers`,
    /// `labels`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["reference", "compare"])]
    pub(crate) scores: Option<PathBuf>,
    /// Coding of the images
    #[arg(long, value_enum, default_value = "direct")]
    pub(crate) coding: Coding,
    /// Seed of the random spikes of rate coding [default: 0]
    #[arg(long)]
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
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MAX_TIME_STEPS))]
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
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MAX_TIME_STEPS), requires = "name")]
    pub(crate) time_steps: Option<u32>,
    /// Number of levels of the quantised network [default: 4]
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=MAX_LEVELS), requires = "name")]
    pub(crate) levels: Option<u32>,
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
    /// Number of time steps of a spiking network in a file [default: that of its training; a .nir file says none]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MAX_TIME_STEPS))]
    pub(crate) time_steps: Option<u32>,
    #[command(flatten)]
    pub(crate) zoo: GivenZoo,
    #[command(flatten)]
    pub(crate) data: GivenData,
    /// Price list: `all` built-in ones, the name of one of them, or a file
    #[arg(long, default_value = "all")]
    pub(crate) prices: String,
    /// Number of test images to use, from the first on
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) samples: u32,
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
