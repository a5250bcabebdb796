//! Executing each distinct network once on each of its samples.

use crate::error::{Failure, StudyError};
use crate::plan::{PlannedNetwork, SampleSet};
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{NetworkChoice, Zoo, ZooError, ZooNetwork};
use cospike_results::manifest::FileUsed;
use cospike_sim_core::cosim::Guess;
use cospike_sim_core::inference::LayerCounts;
use cospike_sim_core::payload::{Damage, Payload};
use cospike_sim_core::split::{HeadOutput, SplitError, SplitNetwork};
use rayon::prelude::*; // threads are spent on samples
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A network of a plan, ready to be executed.
#[derive(Clone, Debug)]
pub(crate) struct PreparedNetwork {
    pub(crate) choice: NetworkChoice,
    /// T of the spiking network or twin, see [`PlannedNetwork::matched_steps`].
    pub(crate) matched_steps: Option<usize>,
    pub(crate) samples: SampleSet,
    pub(crate) zoo: ZooNetwork,
    /// The network for 1, 2, ... time steps if it is evaluated step by step, else for all of them at once.
    pub(crate) stages: Vec<SplitNetwork>,
}

/// Counts, answers and payloads of a network on its samples, nothing lost. No price enters here: another price list needs
/// no other inference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NetworkInference {
    /// One per sample, in the order of the data set.
    pub(crate) samples: Vec<SampleInference>,
    /// Counts of each layer but the input, summed over the samples.
    pub(crate) layers: Vec<LayerCounts>,
}

/// What a network did on one sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SampleInference {
    /// One per stage of the network.
    pub(crate) stages: Vec<StageInference>,
    /// Payload of all stages together; `None` if everything is executed on the edge.
    pub(crate) payload: Option<Payload>,
    /// Class answered.
    pub(crate) answer: u32,
}

impl SampleInference {
    /// Entropy of the scores after all steps, from 0 (certain) to 1.
    pub(crate) fn entropy(&self) -> f64 {
        self.stages.last().map_or(1.0, |stage| stage.guess.entropy)
    }
}

/// What a network did from its first time step up to some.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StageInference {
    /// Counts of the head's layers, and of coding its output, if that takes operations.
    pub(crate) head: Vec<LayerCounts>,
    /// Counts of the tail's layers.
    pub(crate) tail: Vec<LayerCounts>,
    /// Answer from these steps.
    pub(crate) guess: Guess,
}

impl PreparedNetwork {
    /// Makes the network that is `planned`; its samples are among `datasets`, by hash.
    pub(crate) fn new(
        planned: &PlannedNetwork,
        zoo: &Zoo,
        datasets: &BTreeMap<String, Dataset>,
    ) -> Result<Self, StudyError> {
        let network = zoo.network(&planned.choice)?;
        check_weights(planned, &network)?;
        check_samples(planned, &network, datasets)?;
        let split = &network.network;
        let stages = match planned.stepwise {
            true => (1..=split.steps()).map(|steps| split.for_steps(steps)).collect::<Result<_, _>>(),
            false => Ok(vec![split.clone()]),
        };
        Ok(Self {
            choice: planned.choice.clone(),
            matched_steps: planned.matched_steps.map(|steps| steps as usize),
            samples: planned.samples.clone(),
            stages: stages.map_err(ZooError::from)?,
            zoo: network,
        })
    }

    /// Names of its weight files.
    pub(crate) fn name(&self) -> String {
        self.zoo.name()
    }

    /// Executes the network on its samples of `dataset`, on the threads of the current rayon pool; `tick` is called after
    /// each sample.
    pub(crate) fn infer(&self, dataset: &Dataset, tick: &(dyn Fn() + Sync)) -> Result<NetworkInference, Failure> {
        let on_sample = |sample: u32| {
            let inference = self.infer_sample(&dataset.sample(sample as usize));
            tick();
            inference.map_err(|error| Failure::Inference { network: self.name(), sample, error: Box::new(error) })
        };
        let samples: Vec<_> = (0..self.samples.count).into_par_iter().map(on_sample).collect();
        // Of several failures the first in the order of the samples, whichever thread came first.
        let samples = samples.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut layers: Vec<LayerCounts> = vec![];
        for stage in samples.iter().filter_map(|sample| sample.stages.last()) {
            let counts = stage.head.iter().chain(&stage.tail).copied();
            match layers.is_empty() {
                true => layers = counts.collect(),
                false => layers.iter_mut().zip(counts).for_each(|(sum, more)| *sum += more),
            }
        }
        Ok(NetworkInference { samples, layers })
    }

    fn infer_sample(&self, pixels: &[u8]) -> Result<SampleInference, SplitError> {
        let (mut stages, mut payload) = (vec![], None);
        for network in &self.stages {
            let head = network.head(pixels)?;
            let (scores, tail);
            (payload, scores, tail) = match head.output {
                HeadOutput::Scores(scores) => (None, scores, vec![]),
                HeadOutput::Payload(sent) => {
                    let tail = network.tail(&sent, &Damage::NONE)?;
                    (Some(sent), tail.scores, tail.layers)
                }
            };
            let mut layers = head.layers;
            layers.extend(head.codec);
            stages.push(StageInference { head: layers, tail, guess: Guess::of(&scores) });
        }
        let answer = stages.last().map_or(0, |stage| stage.guess.answer);
        Ok(SampleInference { stages, payload, answer })
    }
}

fn names<'a>(files: impl Iterator<Item = &'a str>) -> String {
    files.collect::<Vec<_>>().join(" with ")
}

/// The weights must have the content that the plan names; their names may differ.
fn check_weights(planned: &PlannedNetwork, network: &ZooNetwork) -> Result<(), StudyError> {
    let wanted: Vec<&str> = planned.weights.iter().map(|file: &FileUsed| file.blake3.as_str()).collect();
    let found: Vec<&str> = network.files.iter().map(|(_, blake3)| blake3.as_str()).collect();
    if wanted == found {
        return Ok(());
    }
    let network = names(planned.weights.iter().map(|file| file.name.as_str()));
    Err(StudyError::OtherWeights { network, wanted: wanted.join(" + "), found: found.join(" + ") })
}

/// The samples must be there, enough of them, and such that the network was made for.
fn check_samples(
    planned: &PlannedNetwork,
    network: &ZooNetwork,
    datasets: &BTreeMap<String, Dataset>,
) -> Result<(), StudyError> {
    let SampleSet { dataset: name, blake3, count } = &planned.samples;
    let dataset =
        datasets.get(blake3).ok_or_else(|| StudyError::NoDataset { dataset: name.clone(), blake3: blake3.clone() })?;
    if *count as usize > dataset.len() {
        return Err(StudyError::TooFewSamples { dataset: name.clone(), wanted: *count, found: dataset.len() });
    }
    network.check_samples(dataset).map_err(|error| {
        let network = names(planned.weights.iter().map(|file| file.name.as_str()));
        StudyError::Unsuitable { dataset: name.clone(), network, error }
    })
}
