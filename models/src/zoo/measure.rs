//! Measuring networks of a zoo on a dataset, and what their files claim.

use super::{Entry, Metadata, Zoo, ZooError};
use crate::dataset::Dataset;
use cospike_sim_core::inference::Feature;
use cospike_sim_core::network::Shape;
use cospike_sim_core::split::{SplitError, SplitNetwork};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// What a network did on a dataset, measured or claimed. Equal if it reads equal.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Samples answered right.
    pub correct: u64,
    /// Samples in all.
    pub samples: u64,
    /// Mean payload of a sample in bits, to a tenth.
    pub payload_bits: f64,
}

/// Why networks could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The zoo cannot make a network.
    #[error(transparent)]
    Zoo(#[from] ZooError),
    /// The images are not what the network takes.
    #[error("the test images are of shape {images}, `{network}` takes {input}")]
    Shape {
        /// The network.
        network: String,
        /// Shape of the images.
        images: Shape,
        /// Shape that the network takes.
        input: Shape,
    },
    /// A network cannot run on a sample.
    #[error("sample {sample}: {error}")]
    Run {
        /// Index of the sample.
        sample: usize,
        /// Why.
        error: SplitError,
    },
}

/// A network and the layer up to which it is its backbone.
struct Member {
    network: SplitNetwork,
    shared: usize,
}

impl Zoo {
    /// The weight files, those of one backbone together.
    pub fn by_backbone(&self) -> Vec<Vec<&Entry>> {
        let mut groups: BTreeMap<_, Vec<&Entry>> = BTreeMap::new();
        for entry in self.entries() {
            let Metadata { backbone, family, time_steps, .. } = &entry.metadata;
            groups.entry((backbone, family, time_steps)).or_default().push(entry);
        }
        groups.into_values().collect()
    }

    /// Runs networks of one backbone on all of `dataset`, each as it runs cut in two, on the threads of the current rayon
    /// pool. What lies before the split points is run once for all of them, which changes no answer (invariant 6).
    /// `tick` is called after each sample.
    ///
    /// # Errors
    /// [`MeasureError`].
    pub fn measure(
        &self,
        entries: &[&Entry],
        dataset: &Dataset,
        tick: &(dyn Fn() + Sync),
    ) -> Result<Vec<Outcome>, MeasureError> {
        let members = entries.iter().map(|entry| self.member(entry, dataset)).collect::<Result<Vec<_>, _>>()?;
        let on_sample = |sample: usize| {
            let sums = answers(&members, dataset, sample).map_err(|error| MeasureError::Run { sample, error });
            tick();
            sums
        };
        let nothing = || vec![(0, 0); members.len()];
        let add = |one: Vec<(u64, u64)>, other: Vec<(u64, u64)>| {
            one.into_iter().zip(other).map(|((correct, bits), more)| (correct + more.0, bits + more.1)).collect()
        };
        let samples = dataset.len();
        let sums = (0..samples).into_par_iter().map(on_sample).try_reduce(nothing, |one, other| Ok(add(one, other)))?;
        let outcome = |(correct, bits): (u64, u64)| Outcome {
            correct,
            samples: samples as u64,
            payload_bits: bits as f64 / samples as f64,
        };
        Ok(sums.into_iter().map(outcome).collect())
    }

    fn member(&self, entry: &Entry, dataset: &Dataset) -> Result<Member, MeasureError> {
        let network = self.network(&self.choice(&entry.name)?)?.network;
        let (images, input) = (dataset.shape, network.network().input());
        if images != input {
            return Err(MeasureError::Shape { network: entry.name.clone(), images, input });
        }
        let split = entry.metadata.unit.as_ref().map(|unit| network.network().split(&unit.split));
        let shared = split.transpose().map_err(ZooError::from)?.unwrap_or(0);
        Ok(Member { network, shared })
    }
}

/// Of each network: 1 if it answers the sample right, and its payload bits.
fn answers(members: &[Member], dataset: &Dataset, sample: usize) -> Result<Vec<(u64, u64)>, SplitError> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&index| members[index].shared);
    let mut found = vec![(0, 0); members.len()];
    let (mut feature, mut done) = (None, 0);
    for index in order {
        let Member { network, shared } = &members[index];
        let mut before = match feature.take() {
            Some(feature) => feature,
            None => Feature::Real(network.sample(&dataset.sample(sample))?),
        };
        if *shared > done {
            before = network.executable().run(done + 1..shared + 1, &before, network.steps())?.output;
            done = *shared;
        }
        let run = network.run(&before, |layers, feature| {
            network.executable().run(layers.start.max(shared + 1)..layers.end, feature, network.steps())
        })?;
        let right = run.scores.answer() == usize::from(dataset.labels[sample]);
        found[index] = (right.into(), run.payload.map_or(0, |payload| 8 * payload.bytes.len() as u64));
        feature = Some(before);
    }
    Ok(found)
}

impl Metadata {
    /// What the file says that the network does on its test set; `None` if it was not measured.
    pub fn claim(&self) -> Option<Outcome> {
        let number = |key: &str| self.all.get(key);
        Some(Outcome {
            correct: number("test_correct")?.parse().ok()?,
            samples: number("test_images")?.parse().ok()?,
            payload_bits: number("payload_bits")?.parse().ok()?,
        })
    }
}

impl Outcome {
    /// Share answered right.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples as f64
    }
}

impl PartialEq for Outcome {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}, {:.1} bit", self.correct, self.samples, self.payload_bits)
    }
}
