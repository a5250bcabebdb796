//! Running each distinct network once on each sample.

use super::{NamedPrices, StudyError};
use crate::dataset::Dataset;
use crate::scenario::DatasetName;
use crate::zoo::{NetworkChoice, ZooNetwork};
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::{Counts, LayerCounts};
use cospike_sim_core::payload::{Damage, Payload};
use cospike_sim_core::split::{HeadOutput, SplitError, SplitNetwork};
use rayon::prelude::*;

/// What an inference depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InferenceKey {
    /// The network, its time steps resolved.
    pub choice: NetworkChoice,
    /// The dataset.
    pub dataset: DatasetName,
    /// The first so many of its samples.
    pub samples: u32,
}

/// A network and the samples that it is run on.
#[derive(Clone, Debug)]
pub struct Inference {
    /// What it depends on.
    pub key: InferenceKey,
    /// The network.
    pub network: ZooNetwork,
}

/// What a network did, sample by sample, with nothing lost.
#[derive(Clone, Debug, PartialEq)]
pub struct InferenceRun {
    /// Each sample, in the order of the dataset.
    pub samples: Vec<SampleRun>,
    /// Counts of each layer but the input, summed over the samples.
    pub layers: Vec<LayerCounts>,
}

/// What a network did on one sample.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRun {
    /// Operations of the head.
    pub head: Counts,
    /// What they cost, by price list in the order given.
    pub energies: Box<[ComputeEnergy]>,
    /// Operations of the tail.
    pub tail: Counts,
    /// What is sent; `None` if all ran on the edge.
    pub payload: Option<Payload>,
    /// The class answered.
    pub answer: u32,
}

impl InferenceRun {
    /// Samples answered right, given the classes of the dataset's samples.
    pub fn correct(&self, labels: &[u8]) -> u32 {
        self.samples.iter().zip(labels).filter(|&(sample, &label)| sample.answer == u32::from(label)).count() as u32
    }

    /// Mean payload of a sample, in bits.
    pub fn payload_bits(&self) -> f64 {
        self.samples.iter().map(SampleRun::payload_bits).sum::<u64>() as f64 / self.samples.len() as f64
    }
}

impl SampleRun {
    /// Payload bits; 0 if nothing is sent.
    pub fn payload_bits(&self) -> u64 {
        self.payload.as_ref().map_or(0, |payload| payload.bytes.len() as u64 * 8)
    }
}

impl Inference {
    /// Runs the network on the samples of `dataset`, on the threads of the current rayon pool, and prices each head by
    /// each of `prices`; `tick` is called after each sample.
    ///
    /// # Errors
    /// [`StudyError::Inference`] with the sample.
    pub fn run(
        &self,
        dataset: &Dataset,
        prices: &[NamedPrices],
        tick: &(dyn Fn() + Sync),
    ) -> Result<InferenceRun, StudyError> {
        let on_sample = |sample: u32| {
            let run = run_sample(&self.network.network, dataset.image(sample as usize), prices);
            let run = run.map_err(|error| StudyError::Inference { network: self.name(), sample, error })?;
            tick();
            Ok(run)
        };
        let runs: Vec<_> = (0..self.key.samples).into_par_iter().map(on_sample).collect::<Result<_, StudyError>>()?;
        let mut layers: Vec<LayerCounts> = vec![];
        let mut samples = Vec::with_capacity(runs.len());
        for (run, counts) in runs {
            match layers.is_empty() {
                true => layers = counts,
                false => layers.iter_mut().zip(counts).for_each(|(sum, more)| add(sum, &more)),
            }
            samples.push(run);
        }
        Ok(InferenceRun { samples, layers })
    }

    fn name(&self) -> String {
        self.network.files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" with ")
    }
}

fn run_sample(
    network: &SplitNetwork,
    pixels: &[u8],
    prices: &[NamedPrices],
) -> Result<(SampleRun, Vec<LayerCounts>), SplitError> {
    let head = network.head(pixels)?;
    let mut layers = head.layers;
    let head_counts = layers.iter().map(|layer| layer.counts).sum();
    let energies = prices.iter().map(|prices| prices.list.energy(&head_counts)).collect();
    let (payload, answer, tail) = match head.output {
        HeadOutput::Scores(scores) => (None, scores.answer(), vec![]),
        HeadOutput::Payload(payload) => {
            let tail = network.tail(&payload, &Damage::NONE)?;
            (Some(payload), tail.answer, tail.layers)
        }
    };
    let tail_counts = tail.iter().map(|layer| layer.counts).sum();
    layers.extend(tail);
    let answer = answer as u32;
    Ok((SampleRun { head: head_counts, energies, tail: tail_counts, payload, answer }, layers))
}

fn add(sum: &mut LayerCounts, more: &LayerCounts) {
    sum.input_events += more.input_events;
    sum.output_events += more.output_events;
    sum.counts += more.counts;
}
