//! Executing each distinct network once on each of its samples.

use crate::error::{Failure, StudyError};
use crate::plan::{PlannedNetwork, SampleSet};
use cospike_models::dataset::{Dataset, Feed};
use cospike_models::zoo::{Blueprint, NetworkChoice, Zoo};
use cospike_results::manifest::FileUsed;
use cospike_sim_core::cosim::Guess;
use cospike_sim_core::inference::{Feature, LayerCounts};
use cospike_sim_core::payload::{Damage, Payload};
use cospike_sim_core::split::{HeadOutput, SplitError, SplitNetwork};
use rayon::prelude::*; // threads are spent on samples
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A network of a plan, ready to be executed.
#[derive(Clone, Debug)]
pub(crate) struct PreparedNetwork {
    pub(crate) choice: NetworkChoice,
    /// T of the spiking network or twin, see [`PlannedNetwork::matched_steps`].
    pub(crate) matched_steps: Option<usize>,
    pub(crate) samples: SampleSet,
    /// Whether each time step is evaluated on its own.
    pub(crate) stepwise: bool,
    pub(crate) blueprint: Blueprint,
    /// How samples reach the network.
    feed: Feed,
    zoo: Zoo,
    /// See [`PreparedNetwork::stages`].
    pub(crate) stages: OnceLock<Vec<SplitNetwork>>,
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
        datasets: &BTreeMap<String, Arc<Dataset>>,
    ) -> Result<Self, StudyError> {
        let dataset = samples(&planned.samples, datasets)?;
        let blueprint = zoo.blueprint(dataset.feed(), &planned.choice)?;
        check_weights(planned, &blueprint)?;
        check_samples(planned, &blueprint, dataset)?;
        Ok(Self {
            choice: planned.choice.clone(),
            matched_steps: planned.matched_steps.map(|steps| steps as usize),
            samples: planned.samples.clone(),
            stepwise: planned.stepwise,
            blueprint,
            feed: dataset.feed(),
            zoo: zoo.clone(),
            stages: OnceLock::new(),
        })
    }

    /// Names of its weight files.
    pub(crate) fn name(&self) -> String {
        self.blueprint.name()
    }

    /// The network for 1, 2, ... time steps if it is evaluated step by step, else for all of them at once. It is made when it is asked for
    /// the first time: a study whose results are stored never asks.
    pub(crate) fn stages(&self) -> Result<&[SplitNetwork], SplitError> {
        if let Some(stages) = self.stages.get() {
            return Ok(stages);
        }
        let made = self
            .zoo
            .network_fed(self.feed, &self.choice)
            .map_err(|error| SplitError::Unready { reason: error.to_string() });
        let split = made?.network;
        let stages = match self.stepwise {
            true => (1..=split.steps()).map(|steps| split.for_steps(steps)).collect::<Result<_, _>>()?,
            false => vec![split],
        };
        Ok(self.stages.get_or_init(|| stages))
    }

    /// Executes the network on its samples of `dataset`, on the threads of the current rayon pool; `tick` is called after
    /// each sample.
    pub(crate) fn infer(&self, dataset: &Dataset, tick: &(dyn Fn() + Sync)) -> Result<NetworkInference, Failure> {
        let failed = |sample, error| Failure::Inference { network: self.name(), sample, error: Box::new(error) };
        let stages = self.stages().map_err(|error| failed(0, error))?;
        let on_sample = |sample: u32| {
            let inference = infer_sample(stages, &dataset.sample(sample as usize));
            tick();
            inference.map_err(|error| failed(sample, error))
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
}

/// Executes the stages of a network on a sample.
fn infer_sample(stages: &[SplitNetwork], sample: &Feature) -> Result<SampleInference, SplitError> {
    let (mut executed, mut payload) = (vec![], None);
    for network in stages {
        let head = network.head_on(&sample.first_steps(network.steps()))?;
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
        executed.push(StageInference { head: layers, tail, guess: Guess::from_scores(&scores) });
    }
    let answer = executed.last().map_or(0, |stage| stage.guess.answer);
    Ok(SampleInference { stages: executed, payload, answer })
}

fn names<'a>(files: impl Iterator<Item = &'a str>) -> String {
    files.collect::<Vec<_>>().join(" with ")
}

/// The weights must have the content that the plan names; their names may differ.
fn check_weights(planned: &PlannedNetwork, blueprint: &Blueprint) -> Result<(), StudyError> {
    let wanted: Vec<&str> = planned.weights.iter().map(|file: &FileUsed| file.blake3.as_str()).collect();
    let found: Vec<&str> = blueprint.files.iter().map(|(_, blake3)| blake3.as_str()).collect();
    if wanted == found {
        return Ok(());
    }
    let network = names(planned.weights.iter().map(|file| file.name.as_str()));
    Err(StudyError::OtherWeights { network, wanted: wanted.join(" + "), found: found.join(" + ") })
}

/// The data set of a plan's samples, of which there must be enough.
fn samples<'a>(
    SampleSet { dataset: name, blake3, count }: &SampleSet,
    datasets: &'a BTreeMap<String, Arc<Dataset>>,
) -> Result<&'a Dataset, StudyError> {
    let dataset =
        datasets.get(blake3).ok_or_else(|| StudyError::NoDataset { dataset: name.clone(), blake3: blake3.clone() })?;
    if *count as usize > dataset.len() {
        return Err(StudyError::TooFewSamples { dataset: name.clone(), wanted: *count, found: dataset.len() });
    }
    Ok(dataset)
}

/// The samples must be such that the network was made for.
fn check_samples(planned: &PlannedNetwork, blueprint: &Blueprint, dataset: &Dataset) -> Result<(), StudyError> {
    blueprint.check_samples(dataset).map_err(|error| {
        let network = names(planned.weights.iter().map(|file| file.name.as_str()));
        StudyError::Unsuitable { dataset: planned.samples.dataset.clone(), network, error }
    })
}
