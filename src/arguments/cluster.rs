//! Options of the commands that share a study among processes, and look after what they finished.

use super::numbers::at_least;
use crate::given::{GivenScenario, GivenStore};
use clap::{ArgGroup, Args, Subcommand};
use cospike_cluster::Shard;
use std::path::PathBuf;

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
    #[arg(long, value_name = "DAYS", value_parser = at_least(0_u32))]
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
    #[arg(long, value_name = "N", value_parser = at_least(1_u32), conflicts_with = "shard")]
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
    #[arg(long, conflicts_with_all = ["hq", "kubernetes"])]
    pub(crate) partition: Option<String>,
    /// Account of Slurm that pays
    #[arg(long, conflicts_with_all = ["hq", "kubernetes"])]
    pub(crate) account: Option<String>,
    /// Time limit of each share, as Slurm takes it, such as 2:00:00
    #[arg(long, conflicts_with_all = ["hq", "kubernetes"])]
    pub(crate) time: Option<String>,
    /// Memory of each share: megabytes, or a number with K, M, G or T
    #[arg(long, value_name = "SIZE", conflicts_with = "hq")]
    pub(crate) mem: Option<String>,
    /// Processors of each share [default: that of Slurm, 1 for the others]
    #[arg(long, value_name = "N", value_parser = at_least(1_u32))]
    pub(crate) cpus: Option<u32>,
    /// Most shares; Slurm's own limit holds besides
    #[arg(long, value_name = "N", value_parser = at_least(1_u32))]
    pub(crate) max_array: Option<u32>,
    /// Number of shares [default: as many as make about a minute of work each, by an estimate]
    #[arg(long, value_name = "N", value_parser = at_least(1_u32))]
    pub(crate) shards: Option<u32>,
    /// Image for Kubernetes that has `cospike` in its path
    #[arg(long, conflicts_with_all = ["slurm", "hq"])]
    pub(crate) image: Option<String>,
    /// Folder for the script and the logs, which all nodes see [default: cospike-jobs/NAME-ID]
    #[arg(long, value_name = "DIR", conflicts_with = "kubernetes")]
    pub(crate) jobs: Option<PathBuf>,
    /// Print what would be submitted, and neither write nor submit anything
    #[arg(long)]
    pub(crate) dry_run: bool,
}
