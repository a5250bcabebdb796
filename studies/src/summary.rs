//! What the results need of an inference once its replications are simulated: a hundredth of its bytes.

use crate::inference::{NetworkInference, SampleInference};
use cospike_sim_core::inference::LayerCounts;
use serde::{Deserialize, Serialize};

/// What a network did on its samples, without what only simulations need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct InferenceSummary {
    /// Class answered, one per sample in the order of the data set.
    pub(crate) answers: Vec<u32>,
    /// Entropy of the scores of each sample, from 0 (certain) to 1.
    pub(crate) entropies: Vec<f64>,
    /// Payload of each sample in bytes; 0 if nothing is sent.
    pub(crate) payload_bytes: Vec<u32>,
    /// Counts of each layer but the input, summed over the samples.
    pub(crate) layers: Vec<LayerCounts>,
}

impl InferenceSummary {
    pub(crate) fn new(inference: &NetworkInference) -> Self {
        let samples = || inference.samples.iter();
        let bytes = samples().map(|sample| sample.payload.as_ref().map_or(0, |payload| payload.bytes.len() as u32));
        Self {
            answers: samples().map(|sample| sample.answer).collect(),
            entropies: samples().map(SampleInference::entropy).collect(),
            payload_bytes: bytes.collect(),
            layers: inference.layers.clone(),
        }
    }

    /// Number of samples.
    pub(crate) fn samples(&self) -> usize {
        self.answers.len()
    }

    /// Samples that were answered with their label.
    pub(crate) fn correct(&self, labels: &[u16]) -> u32 {
        self.answers.iter().zip(labels).filter(|&(answer, &label)| *answer == u32::from(label)).count() as u32
    }

    /// Mean payload of a sample, in bits.
    pub(crate) fn payload_bits(&self) -> f64 {
        self.payload_bytes.iter().map(|&bytes| u64::from(bytes) * 8).sum::<u64>() as f64 / self.samples() as f64
    }
}
