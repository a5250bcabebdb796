//! Running each distinct network once on each sample.

use super::{NamedPrices, StudyError};
use crate::scenario::DatasetName;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{NetworkChoice, ZooNetwork};
use cospike_sim_core::cosim::Guess;
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::inference::{Counts, LayerCounts, Real};
use cospike_sim_core::network::Network;
use cospike_sim_core::payload::{Damage, Payload};
use cospike_sim_core::split::{HeadOutput, SplitError, SplitNetwork};
use rayon::prelude::*;

/// What an inference depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InferenceKey {
    /// The network, its time steps resolved.
    pub choice: NetworkChoice,
    /// Whether each time step is looked at on its own, because it is sent, or may be answered, before the next.
    pub stepwise: bool,
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
    /// The network run for 1, 2, ... time steps if [`InferenceKey::stepwise`], else for all of them at once.
    pub(super) stages: Vec<SplitNetwork>,
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
    /// Its steps: each time step if [`InferenceKey::stepwise`], else one that is the whole.
    pub steps: Vec<StepRun>,
    /// What is sent; `None` if all ran on the edge.
    pub payload: Option<Payload>,
    /// The class answered.
    pub answer: u32,
}

/// What a network did in one step. Energies are by price list, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRun {
    /// Operations of the head.
    pub head: Counts,
    /// What they cost.
    pub head_energies: Box<[ComputeEnergy]>,
    /// Operations of the tail.
    pub tail: Counts,
    /// What they cost.
    pub tail_energies: Box<[ComputeEnergy]>,
    /// The answer from the steps so far.
    pub guess: Guess,
}

impl InferenceRun {
    /// Samples answered right, given the classes of the dataset's samples.
    pub fn correct(&self, labels: &[u16]) -> u32 {
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
    /// `network` as `key` asks for it.
    ///
    /// # Errors
    /// [`SplitError`], which a network that could be made does not give.
    pub fn new(key: InferenceKey, network: ZooNetwork) -> Result<Self, SplitError> {
        let split = &network.network;
        let stages = match key.stepwise {
            true => (1..=split.steps()).map(|steps| split.for_steps(steps)).collect::<Result<_, _>>()?,
            false => vec![split.clone()],
        };
        Ok(Self { key, network, stages })
    }

    /// Runs the network on the samples of `dataset`, on the threads of the current rayon pool, and prices heads and tails
    /// by each of `prices`; `tick` is called after each sample.
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
            let run = self.run_sample(&dataset.sample(sample as usize), prices);
            let run =
                run.map_err(|error| StudyError::Inference { network: self.name(), sample, error: Box::new(error) })?;
            tick();
            Ok(run)
        };
        let runs: Vec<_> = (0..self.key.samples).into_par_iter().map(on_sample).collect::<Result<_, StudyError>>()?;
        let mut layers: Vec<LayerCounts> = vec![];
        let mut samples = Vec::with_capacity(runs.len());
        for (run, counts) in runs {
            match layers.is_empty() {
                true => layers = counts,
                false => layers.iter_mut().zip(counts).for_each(|(sum, more)| *sum += more),
            }
            samples.push(run);
        }
        Ok(InferenceRun { samples, layers })
    }

    pub(super) fn name(&self) -> String {
        self.network.files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" with ")
    }

    /// What the network does on a sample, and the counts of its layers in all steps.
    fn run_sample(&self, pixels: &[u8], prices: &[NamedPrices]) -> Result<(SampleRun, Vec<LayerCounts>), SplitError> {
        let mut steps: Vec<StepRun> = vec![];
        let (mut before, mut payload, mut layers) = (Whole::nothing(prices), None, vec![]);
        for stage in &self.stages {
            let (whole, sent, counts) = Whole::run(stage, self.network.matched_steps, pixels, prices)?;
            steps.push(whole.beyond(&before));
            (before, payload, layers) = (whole, sent, counts);
        }
        Ok((SampleRun { steps, payload, answer: before.guess.answer }, layers))
    }
}

/// What a network did in all steps up to some.
struct Whole {
    head: Priced,
    tail: Priced,
    guess: Guess,
}

/// Operations and what they cost by each price list.
#[derive(Clone)]
pub(super) struct Priced {
    pub(super) counts: Counts,
    pub(super) energies: Box<[ComputeEnergy]>,
}

impl Priced {
    /// What `layers` of `network` did; `matched_steps` as in [`ZooNetwork`].
    pub(super) fn new(
        network: &Network,
        matched_steps: Option<usize>,
        layers: &[LayerCounts],
        prices: &[NamedPrices],
    ) -> Self {
        let counts = layers.iter().map(|layer| layer.counts).sum();
        let energy = |prices: &NamedPrices| prices.list.account(network, matched_steps, layers).energy();
        Self { counts, energies: prices.iter().map(energy).collect() }
    }

    pub(super) fn beyond(&self, earlier: &Self) -> Self {
        let energies = self.energies.iter().zip(&earlier.energies).map(|(later, earlier)| later.beyond(earlier));
        Self { counts: self.counts.beyond(&earlier.counts), energies: energies.collect() }
    }
}

impl Whole {
    fn nothing(prices: &[NamedPrices]) -> Self {
        let nothing =
            Priced { counts: Counts::default(), energies: vec![ComputeEnergy::default(); prices.len()].into() };
        Self { head: nothing.clone(), tail: nothing, guess: Guess::from_scores(&[]) }
    }

    fn run(
        network: &SplitNetwork,
        matched_steps: Option<usize>,
        pixels: &[u8],
        prices: &[NamedPrices],
    ) -> Result<(Self, Option<Payload>, Vec<LayerCounts>), SplitError> {
        let head = network.head(pixels)?;
        let mut layers = head.layers;
        let priced = |layers: &[LayerCounts]| Priced::new(network.network(), matched_steps, layers, prices);
        let head_priced = priced(&layers);
        let (payload, scores, tail) = match head.output {
            HeadOutput::Scores(scores) => (None, scores, vec![]),
            HeadOutput::Payload(payload) => {
                let tail = network.tail(&payload, &Damage::NONE)?;
                (Some(payload), tail.scores, tail.layers)
            }
        };
        let whole = Self { head: head_priced, tail: priced(&tail), guess: guess(&scores) };
        layers.extend(tail);
        Ok((whole, payload, layers))
    }

    fn beyond(&self, before: &Self) -> StepRun {
        let (head, tail) = (self.head.beyond(&before.head), self.tail.beyond(&before.tail));
        StepRun {
            head: head.counts,
            head_energies: head.energies,
            tail: tail.counts,
            tail_energies: tail.energies,
            guess: self.guess,
        }
    }
}

/// The answer that class scores give, as the network itself would.
pub(super) fn guess(scores: &Real) -> Guess {
    Guess { answer: scores.answer() as u32, ..Guess::from_scores(&scores.means()) }
}
