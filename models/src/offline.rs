//! A network of the zoo on a dataset, without devices: what it answers and what it does.

use crate::dataset::Dataset;
use crate::zoo::ZooNetwork;
use cospike_sim_core::inference::{Coding, CodingError, Feature, LayerCounts, LayerObservation, Observation};
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::split::{SplitError, WholeExecution};
use rayon::prelude::*;

/// Samples whose observations are kept at once, to be summed in order.
const CHUNK: usize = 256;

/// How the samples are given to the network.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Their coding; the network must have been made for it, see [`crate::zoo::Zoo::network_on`].
    pub coding: Coding,
    /// Seed of the stream that rate coding draws from, one per sample.
    pub seed: u64,
}

/// What a network did on the first samples of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct OfflineRun {
    /// The class answered, of each sample.
    pub answers: Vec<usize>,
    /// Payload bits, summed over the samples.
    pub payload_bits: u64,
    /// Counts of each layer but the input, summed over the samples.
    pub layers: Vec<LayerCounts>,
    /// What each layer, the input included, read, over all samples; nothing if that was not asked for.
    pub observed: Vec<LayerObservation>,
}

/// Why a sample could not be run.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// It could not be coded.
    #[error("sample {sample}: {error}")]
    Coding {
        /// Its index.
        sample: usize,
        /// Why.
        error: CodingError,
    },
    /// It could not be executed.
    #[error("sample {sample}: {error}")]
    Run {
        /// Its index.
        sample: usize,
        /// Why.
        error: SplitError,
    },
}

impl OfflineRun {
    /// Samples answered right, given the classes of the dataset's samples.
    pub fn correct(&self, labels: &[u16]) -> u32 {
        self.answers.iter().zip(labels).filter(|&(&answer, &label)| answer == usize::from(label)).count() as u32
    }
}

/// Runs `network` on the first `samples` samples of `dataset`, on the threads of the current rayon pool; observes what its
/// layers read if `observe`. `tick` is called after each sample.
///
/// # Errors
/// [`OfflineError`] with the sample.
pub fn run(
    network: &ZooNetwork,
    input: Input,
    (dataset, samples): (&Dataset, usize),
    observe: bool,
    tick: &(dyn Fn() + Sync),
) -> Result<OfflineRun, OfflineError> {
    let split = &network.network;
    let nothing = Observation::new(split.executable(), &network.weights, split.steps());
    let random = Streams::new(input.seed, 0).family("input coding");
    let on_sample = |sample: usize| -> Result<(WholeExecution, Option<Observation>), OfflineError> {
        let failed = |error| OfflineError::Run { sample, error };
        let pixels = split.sample(&dataset.sample(sample)).map_err(failed)?;
        let coded: Feature = (input.coding.encode(&pixels, split.steps(), &mut random.stream(sample as u64)))
            .map_err(|error| OfflineError::Coding { sample, error })?;
        let mut observation = observe.then(|| nothing.clone());
        let run = split.run(&coded, |layers, feature| match &mut observation {
            Some(observation) => observation.run(layers, feature),
            None => split.executable().run(layers, feature, split.steps()),
        });
        tick();
        Ok((run.map_err(failed)?, observation))
    };
    let mut all = OfflineRun { answers: vec![], payload_bits: 0, layers: vec![], observed: vec![] };
    let mut observed = nothing.clone();
    for first in (0..samples).step_by(CHUNK) {
        let chunk = (first..samples.min(first + CHUNK)).into_par_iter();
        let runs: Vec<_> = chunk.map(on_sample).collect::<Result<_, _>>()?;
        for (run, observation) in runs {
            all.add(run);
            observation.into_iter().for_each(|observation| observed.merge(observation));
        }
    }
    if observe {
        all.observed = observed.layers().to_vec();
    }
    Ok(all)
}

impl OfflineRun {
    fn add(&mut self, run: WholeExecution) {
        self.answers.push(run.scores.answer());
        self.payload_bits += run.payload.map_or(0, |payload| 8 * payload.bytes.len() as u64);
        match self.layers.is_empty() {
            true => self.layers = run.layers,
            false => self.layers.iter_mut().zip(run.layers).for_each(|(sum, layer)| *sum += layer),
        }
    }
}
