//! Trains the networks of CoSpike's zoo.
//!
//! ```text
//! cospike-training train --data DIR     # all that is missing; stop and start it as you like
//! cospike-training measure              # once at the end: accuracy on the test images, by the inference engine
//! ```

mod backbone;
mod data;
mod fit;
mod measure;
mod model;
mod nonlinearity;
mod plan;
#[cfg(test)]
mod tests;
mod unit;
mod weight_file;

use anyhow::{Context, Result};
use backbone::Workshop;
use burn::tensor::Device;
use clap::{Parser, Subcommand};
use cospike_scenarios::dataset::Dataset;
use data::Samples;
use plan::{Job, VALIDATION_IMAGES};
use std::path::{Path, PathBuf};

/// Trains the networks of CoSpike's zoo.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Folder of the weight files.
    #[arg(long, default_value = "scenarios/zoo", global = true)]
    zoo: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Trains every network of the plan whose weight file is missing; resumes what was interrupted.
    Train {
        /// Folder with `train-images-idx3-ubyte.gz` and `train-labels-idx1-ubyte.gz`.
        #[arg(long)]
        data: PathBuf,
        /// Folder for checkpoints.
        #[arg(long, default_value = "out/training")]
        checkpoints: PathBuf,
        /// Only networks whose name contains this.
        #[arg(long, default_value = "")]
        only: String,
        /// Seed of every random choice.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measures the test accuracy of the networks that have none yet and writes it into their files.
    Measure,
}

fn main() -> Result<()> {
    let Arguments { zoo, verb } = Arguments::parse();
    match verb {
        Verb::Measure => measure::measure(&zoo),
        Verb::Train { data, checkpoints, only, seed } => {
            let samples = Samples::new(training_set(&data)?, VALIDATION_IMAGES, seed);
            for folder in [&zoo, &checkpoints] {
                std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            }
            let device = Device::flex().autodiff();
            let workshop = Workshop { samples: &samples, checkpoints: &checkpoints, seed, device };
            for job in Job::all().iter().filter(|job| job.name().contains(&only)) {
                job.run(&workshop, &zoo).with_context(|| job.name())?;
            }
            Ok(())
        }
    }
}

fn training_set(folder: &Path) -> Result<Dataset> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| path.display().to_string())
    };
    let (images, labels) = (read("train-images-idx3-ubyte.gz")?, read("train-labels-idx1-ubyte.gz")?);
    Dataset::from_idx(&images, &labels).with_context(|| folder.display().to_string())
}
