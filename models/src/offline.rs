//! Offline inference: a network of the zoo on a data set, without devices.

use crate::dataset::Dataset;
use crate::npz;
use crate::zoo::ZooNetwork;
use cospike_sim_core::inference::{Coding, CodingError, Feature, LayerCounts, LayerObservation, Observation, argmax};
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::split::{SplitError, WholeExecution};
use rayon::prelude::*;
use std::fs::File;
use std::io;

/// Number of samples that are executed in parallel before their results are summed, which is done in the order of the samples.
const CHUNK: usize = 256;

/// Input coding of the samples.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Coding; the network must have been made for its kind of signal, see [`crate::zoo::Zoo::network_on`].
    pub coding: Coding,
    /// Seed of the random streams, one per sample, from which rate coding draws.
    pub seed: u64,
}

/// Result of an inference on the first samples of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct OfflineInference {
    /// Class that was answered, for each sample.
    pub answers: Vec<usize>,
    /// Class scores of each sample.
    pub scores: Vec<Vec<f32>>,
    /// Sum of the payloads of all samples, in bits.
    pub payload_bits: u64,
    /// Operation counts of each layer except the input, summed over the samples.
    pub layers: Vec<LayerCounts>,
    /// Observation of what each layer read, the input included, over all samples; empty if none was asked for.
    pub observed: Vec<LayerObservation>,
}

/// Failure of the inference on a sample.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The sample cannot be coded.
    #[error("sample {sample}: {error}")]
    Coding {
        /// Index of the sample, from 0.
        sample: usize,
        /// Cause of the failure.
        error: CodingError,
    },
    /// The network cannot be executed on the sample.
    #[error("{network} on sample {sample}: {error}")]
    Execution {
        /// Names of the weight files.
        network: String,
        /// Index of the sample, from 0.
        sample: usize,
        /// Cause of the failure.
        error: Box<SplitError>,
    },
}

impl OfflineInference {
    /// Number of samples that were answered correctly, given the `labels` of the data set.
    pub fn correct(&self, labels: &[u16]) -> u32 {
        self.answers.iter().zip(labels).filter(|&(&answer, &label)| answer == usize::from(label)).count() as u32
    }
}

/// Executes `network` on the first `samples` samples of `dataset`, on the threads of the current rayon pool, and observes
/// what its layers read if `observe` is set. `tick` is called after each sample.
///
/// # Errors
/// [`OfflineError`], naming the sample.
pub fn infer(
    network: &ZooNetwork,
    input: Input,
    (dataset, samples): (&Dataset, usize),
    observe: bool,
    tick: &(dyn Fn() + Sync),
) -> Result<OfflineInference, OfflineError> {
    let split = &network.network;
    let nothing = Observation::new(split.executable(), &network.weights, split.steps());
    let random = Streams::new(input.seed, 0).family("input coding");
    let on_sample = |sample: usize| -> Result<(WholeExecution, Option<Observation>), OfflineError> {
        let failed = |error| OfflineError::Execution { network: network.name(), sample, error: Box::new(error) };
        let coded = match dataset.sample(sample) {
            Feature::Real(values) if dataset.kind.steps().is_none() => {
                (input.coding.encode(&values, split.steps(), &mut random.stream(sample as u64)))
                    .map_err(|error| OfflineError::Coding { sample, error })?
            }
            // Frames lie in time already.
            frames => frames,
        };
        let mut observation = observe.then(|| nothing.clone());
        let execution = split.run(&coded, |layers, feature| match &mut observation {
            Some(observation) => observation.run(layers, feature),
            None => split.executable().run(layers, feature, split.steps()),
        });
        tick();
        Ok((execution.map_err(failed)?, observation))
    };
    let mut all =
        OfflineInference { answers: vec![], scores: vec![], payload_bits: 0, layers: vec![], observed: vec![] };
    let mut observed = nothing.clone();
    for first in (0..samples).step_by(CHUNK) {
        let chunk = (first..samples.min(first + CHUNK)).into_par_iter();
        let executions: Vec<_> = chunk.map(on_sample).collect();
        for execution in executions {
            // Of several failures the first in the order of the samples, whichever thread came first.
            let (execution, observation) = execution?;
            all.add(execution);
            observation.into_iter().for_each(|observation| observed.merge(observation));
        }
    }
    if observe {
        all.observed = observed.layers().to_vec();
    }
    Ok(all)
}

impl OfflineInference {
    /// Writes a NumPy archive: the class scores (`scores`, float32, samples x classes), the answers (`answers`, uint32) and the labels
    /// (`labels`, uint16).
    ///
    /// # Errors
    /// Those of writing to `file`.
    pub fn write_scores(&self, file: &File, labels: &[u16]) -> io::Result<()> {
        let classes = self.scores.first().map_or(0, Vec::len);
        let scores = self.scores.iter().flatten().flat_map(|score| score.to_le_bytes()).collect();
        let answers = self.answers.iter().flat_map(|&answer| (answer as u32).to_le_bytes()).collect();
        let samples = self.answers.len();
        let labels = labels.iter().take(samples).flat_map(|label| label.to_le_bytes()).collect();
        npz::write(
            file,
            &[
                ("scores", "<f4", &[samples, classes], scores),
                ("answers", "<u4", &[samples], answers),
                ("labels", "<u2", &[samples], labels),
            ],
        )
    }

    /// Adds the execution on the next sample.
    fn add(&mut self, execution: WholeExecution) {
        self.answers.push(argmax(&execution.scores));
        self.scores.push(execution.scores);
        self.payload_bits += execution.payload.map_or(0, |payload| 8 * payload.bytes.len() as u64);
        match self.layers.is_empty() {
            true => self.layers = execution.layers,
            false => self.layers.iter_mut().zip(execution.layers).for_each(|(sum, layer)| *sum += layer),
        }
    }
}
