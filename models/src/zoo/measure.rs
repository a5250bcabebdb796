//! Accuracy and payload of the networks of a zoo: measured on a data set, or claimed by their files.

use super::{Metadata, WeightFile, Zoo, ZooError};
use crate::dataset::{Dataset, Unsuitable};
use cospike_sim_core::inference::Feature;
use cospike_sim_core::split::{SplitError, SplitNetwork};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// Accuracy and payload of a network on a data set, measured or claimed. Two are equal if they are printed alike, because
/// files claim the payload to a tenth of a bit.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// Number of samples that were answered correctly.
    pub correct: u64,
    /// Number of samples.
    pub samples: u64,
    /// Mean payload of a sample, in bits; 0 for an uncut network.
    pub payload_bits: f64,
}

/// Failure to measure networks.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The zoo cannot make one of the networks.
    #[error(transparent)]
    Zoo(#[from] ZooError),
    /// The samples are not of the kind that the network was made for.
    #[error("{network}: {error}")]
    Unsuitable {
        /// Name of the network's weight file.
        network: String,
        /// What does not fit.
        error: Unsuitable,
    },
    /// A network cannot be executed on a sample.
    #[error("{network} on sample {sample}: {error}")]
    Inference {
        /// Name of the network's weight file.
        network: String,
        /// Index of the sample, from 0.
        sample: usize,
        /// Cause of the failure.
        error: SplitError,
    },
}

/// A network, and the last of the layers that it has in common with its backbone.
struct Member {
    network: SplitNetwork,
    shared: usize,
}

impl Zoo {
    /// Weight files grouped by backbone, family and time steps.
    pub fn backbone_groups(&self) -> Vec<Vec<&WeightFile>> {
        let mut groups: BTreeMap<_, Vec<&WeightFile>> = BTreeMap::new();
        for file in self.weight_files() {
            let Metadata { backbone, family, time_steps, .. } = &file.metadata;
            groups.entry((backbone, family, time_steps)).or_default().push(file);
        }
        groups.into_values().collect()
    }

    /// Measures networks of one group of [`Zoo::backbone_groups`] on all of `dataset`, each cut in two, on the threads of the
    /// current rayon pool. The layers before the split points are executed once for all of them, which changes no answer:
    /// an inference cut in two equals the uncut one bit for bit. `tick` is called after each sample.
    ///
    /// # Errors
    /// [`MeasureError`]: a network that cannot be made, was made for other samples, or cannot be executed on a sample.
    pub fn measure(
        &self,
        files: &[&WeightFile],
        dataset: &Dataset,
        tick: &(dyn Fn() + Sync),
    ) -> Result<Vec<Measurement>, MeasureError> {
        let members = files.iter().map(|file| self.member(file, dataset)).collect::<Result<Vec<_>, _>>()?;
        let on_sample = |sample: usize| {
            let failed = |(member, error): (usize, _)| MeasureError::Inference {
                network: files[member].name.clone(),
                sample,
                error,
            };
            let sums = answers(&members, dataset, sample).map_err(failed);
            tick();
            sums
        };
        let nothing = || vec![(0, 0); members.len()];
        let add = |one: Vec<(u64, u64)>, other: Vec<(u64, u64)>| {
            one.into_iter().zip(other).map(|((correct, bits), more)| (correct + more.0, bits + more.1)).collect()
        };
        let samples = dataset.len();
        let sums = (0..samples).into_par_iter().map(on_sample).try_reduce(nothing, |one, other| Ok(add(one, other)))?;
        let measurement = |(correct, bits): (u64, u64)| Measurement {
            correct,
            samples: samples as u64,
            payload_bits: bits as f64 / samples as f64,
        };
        Ok(sums.into_iter().map(measurement).collect())
    }

    fn member(&self, file: &WeightFile, dataset: &Dataset) -> Result<Member, MeasureError> {
        let network = self.network(&self.choice(&file.name)?)?;
        let unsuitable = |error| MeasureError::Unsuitable { network: file.name.clone(), error };
        network.check_samples(dataset).map_err(unsuitable)?;
        let network = network.network;
        let split = file.metadata.unit.as_ref().map(|unit| network.network().split(&unit.split));
        let shared = split.transpose().map_err(ZooError::from)?.unwrap_or(0);
        Ok(Member { network, shared })
    }
}

/// For each network, whether it answers the sample correctly (1 or 0), and its payload in bits. The error is that of the network
/// with this index.
fn answers(members: &[Member], dataset: &Dataset, sample: usize) -> Result<Vec<(u64, u64)>, (usize, SplitError)> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&index| members[index].shared);
    let mut found = vec![(0, 0); members.len()];
    let (mut feature, mut done) = (None, 0);
    for index in order {
        let Member { network, shared } = &members[index];
        let failed = |error| (index, error);
        let mut before = match feature.take() {
            Some(feature) => feature,
            None => Feature::Real(network.sample(&dataset.sample(sample)).map_err(failed)?),
        };
        if *shared > done {
            let run = network.executable().run(done + 1..shared + 1, &before, network.steps());
            before = run.map_err(|error| failed(error.into()))?.output;
            done = *shared;
        }
        let execution = network.run(&before, |layers, feature| {
            network.executable().run(layers.start.max(shared + 1)..layers.end, feature, network.steps())
        });
        let execution = execution.map_err(failed)?;
        let right = execution.scores.answer() == usize::from(dataset.labels[sample]);
        found[index] = (right.into(), execution.payload.map_or(0, |payload| 8 * payload.bytes.len() as u64));
        feature = Some(before);
    }
    Ok(found)
}

impl Metadata {
    /// Accuracy and payload on the test set as the file claims them; `None` if the network was never measured.
    pub fn claim(&self) -> Option<Measurement> {
        let number = |key: &str| self.all.get(key);
        Some(Measurement {
            correct: number("test_correct")?.parse().ok()?,
            samples: number("test_images")?.parse().ok()?,
            payload_bits: number("payload_bits")?.parse().ok()?,
        })
    }
}

impl Measurement {
    /// Share of the samples that were answered correctly, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples as f64
    }
}

impl PartialEq for Measurement {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Display for Measurement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}, {:.1} bit", self.correct, self.samples, self.payload_bits)
    }
}
