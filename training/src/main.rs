//! Trains the networks of CoSpike's zoo.
//!
//! ```text
//! cospike-training train --data DIR     # all that is missing; stop and start it as you like
//! cospike-training measure              # once at the end: accuracy on the test images, by the inference engine
//! ```
//!
//! `docs/training-gpu.md` says how to train on a GPU.

mod backbone;
mod data;
mod fit;
mod job;
mod kernels;
mod loss;
mod measure;
mod model;
mod optimizer;
mod pass;
mod plan;
mod random;
mod speed;
#[cfg(test)]
mod tests;
mod unit;
mod weight_file;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand};
use cospike_models::dataset::{Dataset, Subset};
use cospike_models::zoo::Zoo;
use data::Samples;
use job::Factory;
use pass::DeviceName;
use plan::Plan;
use std::cell::RefCell;
use std::path::PathBuf;
use std::process::ExitCode;

/// Trains the networks of CoSpike's zoo.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of the weight files.
    #[arg(long, default_value = "models/zoo", global = true)]
    zoo: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Lists the jobs of the plan, with their numbers.
    List(WhichJobs),
    /// Trains every network of the plan whose weight file is missing; resumes what was interrupted.
    Train {
        /// Folder with the dataset: four IDX files, CIFAR in its binary version, or `train.npz` and `test.npz`.
        #[arg(long)]
        data: PathBuf,
        /// Folder for checkpoints.
        #[arg(long, default_value = "out/training")]
        checkpoints: PathBuf,
        /// What computes.
        #[arg(long, value_enum, default_value_t = DeviceName::Cpu)]
        device: DeviceName,
        #[command(flatten)]
        which: WhichJobs,
    },
    /// Measures how many samples per second the backbones of the plan are trained with.
    Speed {
        /// What computes.
        #[arg(long, value_enum, default_value_t = DeviceName::Cpu)]
        device: DeviceName,
        #[command(flatten)]
        which: WhichJobs,
    },
    /// Measures the test accuracy of the networks that have none yet and writes it into their files.
    Measure {
        /// Folder of the dataset whose test images to use [default: Fashion-MNIST, built in].
        #[arg(long)]
        data: Option<PathBuf>,
    },
}

#[derive(Args)]
struct WhichJobs {
    /// The plan.
    #[arg(long, default_value = "training/plan.toml")]
    plan: PathBuf,
    /// Only networks whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Only the job of this number.
    #[arg(long)]
    job: Option<usize>,
}

fn main() -> ExitCode {
    let Err(Failure { error, code }) = run(Arguments::parse()) else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    error.chain().skip(1).for_each(|cause| eprintln!("{cause}"));
    ExitCode::from(code)
}

/// Why the program ends, and with which exit code.
struct Failure {
    error: anyhow::Error,
    code: u8,
}

/// Something went wrong in the work.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { error, code: 1 }
    }
}

/// What was given is wrong, and nothing was begun.
fn wrong_input(error: impl Into<anyhow::Error>) -> Failure {
    Failure { error: error.into(), code: 2 }
}

fn run(Arguments { zoo, verb }: Arguments) -> Result<(), Failure> {
    match verb {
        Verb::Measure { data } => {
            let networks = Zoo::from_folder(&zoo).map_err(wrong_input)?;
            let images = match data {
                Some(data) => Dataset::from_folder(&data, Subset::Test),
                None => Dataset::fashion_mnist_test(),
            };
            Ok(measure::measure(&zoo, &networks, &images.map_err(wrong_input)?)?)
        }
        Verb::List(which) => {
            let plan = which.plan().map_err(wrong_input)?;
            for (number, job) in which.jobs(&plan).map_err(wrong_input)? {
                let done = zoo.join(format!("{}.safetensors", job.name())).exists();
                println!("{number:4} {} {}", if done { "done   " } else { "missing" }, job.name());
            }
            Ok(())
        }
        Verb::Speed { device, which } => {
            let (device, plan) = (device.open().map_err(wrong_input)?, which.plan().map_err(wrong_input)?);
            for (_, job) in which.jobs(&plan).map_err(wrong_input)? {
                if let plan::Job::Backbone(backbone) = &job {
                    speed::measure(backbone, &job.network()?, &device)?;
                }
            }
            Ok(())
        }
        Verb::Train { data, checkpoints, device, which } => {
            let (device, plan) = (device.open().map_err(wrong_input)?, which.plan().map_err(wrong_input)?);
            let jobs = which.jobs(&plan).map_err(wrong_input)?;
            let images = Dataset::from_folder(&data, Subset::Training).map_err(wrong_input)?;
            let samples = Samples::new(images, plan.validation_images, SPLIT_SEED);
            for folder in [&zoo, &checkpoints] {
                std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            }
            let factory = Factory {
                plan: &plan,
                zoo: &zoo,
                checkpoints: &checkpoints,
                samples: &samples,
                device: &device,
                frozen: RefCell::default(),
            };
            for (_, job) in jobs {
                factory.run(&job).with_context(|| job.name())?;
            }
            Ok(())
        }
    }
}

/// Which images are held out, the same for every network, so that units are judged on images that no head has seen.
const SPLIT_SEED: u64 = 1;

impl WhichJobs {
    fn plan(&self) -> Result<Plan> {
        let name = || self.plan.display().to_string();
        Plan::read(&std::fs::read_to_string(&self.plan).with_context(name)?).with_context(name)
    }

    /// The jobs asked for, with their numbers from 0.
    fn jobs(&self, plan: &Plan) -> Result<Vec<(usize, plan::Job)>> {
        let wanted = |number: usize, job: &plan::Job| {
            self.job.is_none_or(|only| only == number) && job.name().contains(&self.only)
        };
        let jobs: Vec<_> = plan.jobs().into_iter().enumerate().filter(|(number, job)| wanted(*number, job)).collect();
        ensure!(!jobs.is_empty(), "the plan has no such job; `list` shows what it has");
        Ok(jobs)
    }
}
