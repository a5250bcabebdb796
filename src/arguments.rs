//! What can be written on the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
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
    Check {
        /// Scenario file, or the name of a built-in one
        scenario: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Measure accuracy and operations of a network of the zoo, without simulating devices
    Infer(Infer),
    /// List the network architectures, or show one of them layer by layer: what a cut would cost where
    Networks(Networks),
    /// List the trained networks that are built in
    Zoo {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
pub(crate) struct Run {
    /// Scenario file, or the name of a built-in one, such as `quickstart`
    pub(crate) scenario: String,
    /// Folder to write [default: out/NAME, the name of the study]
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Print JSON instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Infer {
    /// Network, as `cospike zoo` names it
    pub(crate) network: String,
    /// Use only the first so many test images
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) samples: Option<u32>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Networks {
    /// Network to show: ARCHITECTURE[-WIDTH][@SIDE][:CLASSES], such as `resnet50`, `mobilenetv2-0.5@32` or `vgg16@32:100`
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
pub(crate) enum Family {
    /// Spiking neurons, run for T time steps
    Spiking,
    /// Float activations, run once
    Float,
}
