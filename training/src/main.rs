//! Trains the networks of CoSpike's zoo.
//!
//! ```text
//! cospike-training train --data DIR     # trains all missing networks; can be stopped and resumed
//! cospike-training measure              # then: accuracy on the test images, by the inference engine
//! ```
//!
//! `docs/training-gpu.md` says how to train on a GPU.

mod backbone;
mod data;
mod fit;
mod frozen;
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
use cospike_models::file::{TEXT_LIMIT, read_text};
use cospike_models::zoo::{MeasureError, Zoo};
use data::Samples;
use job::Factory;
use pass::DeviceName;
use plan::Plan;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Trains the networks of CoSpike's zoo.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of the weight files
    #[arg(long, default_value = "models/zoo", global = true)]
    zoo: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List the jobs of the plan with their numbers
    List(WhichJobs),
    /// Train every network of the plan whose weight file is missing; resume where training was interrupted
    Train {
        /// Folder of the data set, see docs/data.md
        #[arg(long)]
        data: PathBuf,
        /// Folder of the checkpoints
        #[arg(long, default_value = "out/training")]
        checkpoints: PathBuf,
        /// Resume checkpoints of older versions, which do not say what they were made of, as made of this plan, data and zoo
        #[arg(long)]
        adopt: bool,
        /// Device that computes the passes
        #[arg(long, value_enum, default_value_t = DeviceName::Cpu)]
        device: DeviceName,
        #[command(flatten)]
        which: WhichJobs,
    },
    /// Measure the training speed of the plan's backbones, in samples per second
    Speed {
        /// Device that computes the passes
        #[arg(long, value_enum, default_value_t = DeviceName::Cpu)]
        device: DeviceName,
        #[command(flatten)]
        which: WhichJobs,
    },
    /// Measure the test accuracy of the networks that have none yet and write it into their files
    Measure {
        /// Folder of the data set whose test images to use [default: the built-in Fashion-MNIST]
        #[arg(long)]
        data: Option<PathBuf>,
        /// Plan that names the files of networks to which units belong; units of other files cannot be measured
        #[arg(long)]
        plan: Option<PathBuf>,
    },
}

#[derive(Args)]
struct WhichJobs {
    /// Plan file
    #[arg(long, default_value = "training/plan.toml")]
    plan: PathBuf,
    /// Only networks whose name contains this text
    #[arg(long, default_value = "")]
    only: String,
    /// Only the job with this number, from `list`
    #[arg(long)]
    job: Option<usize>,
}

fn main() -> ExitCode {
    let Err(Failure { error, code }) = run(Arguments::parse()) else { return ExitCode::SUCCESS };
    eprintln!("error: {error}");
    error.chain().skip(1).for_each(|cause| eprintln!("{cause}"));
    ExitCode::from(code)
}

/// Error that ends the program, with its exit code.
struct Failure {
    error: anyhow::Error,
    code: u8,
}

/// A failure during the work: exit code 1.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { error, code: 1 }
    }
}

/// Wrong input, found before anything was done: exit code 2.
fn wrong_input(error: impl Into<anyhow::Error>) -> Failure {
    Failure { error: error.into(), code: 2 }
}

fn run(Arguments { zoo, verb }: Arguments) -> Result<(), Failure> {
    match verb {
        Verb::Measure { data, plan } => {
            let networks = Zoo::from_folder(&zoo).map_err(wrong_input)?;
            let plan = plan.as_deref().map(read_plan).transpose().map_err(wrong_input)?;
            let networks = measure::with_files(networks, plan.as_ref()).map_err(wrong_input)?;
            let images = match data {
                Some(data) => Dataset::from_folder(&data, Subset::Test),
                None => Dataset::fashion_mnist_test(),
            };
            measure::measure(&zoo, &networks, &images.map_err(wrong_input)?).map_err(|error| {
                match error.downcast_ref() {
                    Some(MeasureError::Zoo(_) | MeasureError::Unsuitable { .. }) => wrong_input(error),
                    _ => error.into(),
                }
            })
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
        Verb::Train { data, checkpoints, adopt, device, which } => {
            let (device, plan) = (device.open().map_err(wrong_input)?, which.plan().map_err(wrong_input)?);
            let jobs = which.jobs(&plan).map_err(wrong_input)?;
            let images = Dataset::from_folder(&data, Subset::Training).map_err(wrong_input)?;
            let samples = Samples::new(images, plan.validation_images, SPLIT_SEED).map_err(wrong_input)?;
            let samples = if plan.augmentation { samples } else { samples.unchanged() };
            for folder in [&zoo, &checkpoints] {
                std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            }
            let factory = Factory {
                plan: &plan,
                zoo: &zoo,
                checkpoints: &checkpoints,
                samples: &samples,
                device: &device,
                adopt,
                frozen: RefCell::default(),
            };
            jobs.iter().try_for_each(|(_, job)| factory.check(job)).map_err(wrong_input)?;
            for (_, job) in jobs {
                factory.run(&job).with_context(|| job.name())?;
            }
            Ok(())
        }
    }
}

/// Seed of the choice of validation images: the same for every network, so that units are judged on images that no head
/// has learned from.
const SPLIT_SEED: u64 = 1;

/// Reads the plan at `path`, and the files that it names.
fn read_plan(path: &Path) -> Result<Plan> {
    let text = read_text(path, TEXT_LIMIT)?;
    Plan::read(&text, path.parent().unwrap_or(Path::new(""))).with_context(|| path.display().to_string())
}

impl WhichJobs {
    fn plan(&self) -> Result<Plan> {
        read_plan(&self.plan)
    }

    /// The selected jobs with their numbers, counted from 0.
    fn jobs(&self, plan: &Plan) -> Result<Vec<(usize, plan::Job)>> {
        let wanted = |number: usize, job: &plan::Job| {
            self.job.is_none_or(|only| only == number) && job.name().contains(&self.only)
        };
        let jobs: Vec<_> = plan.jobs().into_iter().enumerate().filter(|(number, job)| wanted(*number, job)).collect();
        ensure!(!jobs.is_empty(), "no job of the plan matches `--only` and `--job`; `list` shows all jobs");
        Ok(jobs)
    }
}
