//! Networks of a zoo that share a backbone, executed on all samples of a data set.

use super::{NetworkChoice, Zoo, ZooError};
use crate::dataset::{Dataset, Unsuitable};
use cospike_sim_core::inference::{LayerCounts, argmax};
use cospike_sim_core::kernel::{StreamFamily, Streams};
use cospike_sim_core::link::noise_deviation;
use cospike_sim_core::network::Network;
use cospike_sim_core::payload::{Damage, Missing, Payload};
use cospike_sim_core::split::{SplitError, SplitNetwork};
use rand::RngExt;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Number of consecutive samples whose counts are kept as one sum; the last batch may have fewer.
pub const BATCH: usize = 200;

/// What a network of a zoo did on each sample of a data set.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The network as it was cut.
    pub choice: NetworkChoice,
    /// Its layers.
    pub network: Network,
    /// Index of the last layer of the head.
    pub cut: usize,
    /// T as price lists need it, see [`ZooNetwork::matched_steps`](super::ZooNetwork::matched_steps).
    pub matched_steps: Option<usize>,
    /// Whether each sample was answered with its label.
    pub right: Vec<bool>,
    /// For each disturbance that was asked for, whether each sample was answered with its label although its payload had met it; as
    /// `right` where nothing is sent.
    pub right_disturbed: Vec<Vec<bool>>,
    /// Payload of each sample in bits; 0 where nothing is sent.
    pub payload_bits: Vec<u32>,
    /// For each batch of [`BATCH`] samples, counts of each layer of the head but the input, summed over the batch.
    pub heads: Vec<Vec<LayerCounts>>,
}

/// Failure to execute or measure networks.
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
        error: Box<SplitError>,
    },
}

/// A network, and the last of the layers that it has in common with its backbone.
struct Member {
    /// Name of its weight file.
    name: String,
    choice: NetworkChoice,
    network: SplitNetwork,
    matched_steps: Option<usize>,
    shared: usize,
}

/// What a member did on one sample.
struct Answer {
    right: bool,
    right_disturbed: Vec<bool>,
    payload_bits: u32,
    head: Vec<LayerCounts>,
}

/// What a channel does to a payload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disturbance {
    /// Each bit is inverted with this probability.
    Errors(f64),
    /// Each bit is erased with this probability, and the receiver puts the middle in its place ([`Missing::Middle`]).
    Erasures(f64),
    /// Noise is added to each analogue symbol, at this ratio of powers in dB
    /// ([`Channel::peak_snr_db`](cospike_sim_core::link::Channel::peak_snr_db)).
    Noise(f64),
}

/// The disturbances that payloads meet.
struct Disturbances<'a> {
    all: &'a [Disturbance],
    bits: StreamFamily,
    noise: StreamFamily,
}

impl Zoo {
    /// Executes networks of the same backbone, family and time steps on the first `samples` samples of `dataset`, which has as
    /// many, each cut in two, on the threads of the
    /// current rayon pool. The layers before the split points are executed once for all of them, which changes no answer: an
    /// inference cut in two equals the uncut one bit for bit. `tick` is called after each sample.
    ///
    /// The tail is also executed on a payload that has met each of `disturbances`. The draws are a sample's own and the same for all
    /// networks.
    ///
    /// # Errors
    /// [`MeasureError`]: a network that cannot be made, was made for other samples, or cannot be executed on a sample.
    pub fn execute(
        &self,
        choices: &[NetworkChoice],
        (dataset, samples): (&Dataset, usize),
        disturbances: &[Disturbance],
        tick: &(dyn Fn() + Sync),
    ) -> Result<Vec<Executed>, MeasureError> {
        let members = choices.iter().map(|choice| self.member(choice, dataset)).collect::<Result<Vec<_>, _>>()?;
        let streams = Streams::new(0, 0);
        let (bits, noise) = (streams.family("bit-errors"), streams.family("symbol-noise"));
        let disturbances = Disturbances { all: disturbances, bits, noise };
        let on_sample = |sample: usize| {
            let answers = answers(&members, dataset, sample, &disturbances);
            tick();
            answers.map_err(|(member, error)| {
                let network = members[member].name.clone();
                MeasureError::Inference { network, sample, error: Box::new(error) }
            })
        };
        let mut all: Vec<Executed> =
            members.iter().map(|member| Executed::new(member, disturbances.all.len())).collect();
        for first in (0..samples).step_by(BATCH) {
            let batch = (first..samples.min(first + BATCH)).into_par_iter();
            let answers: Vec<_> = batch.map(on_sample).collect();
            all.iter_mut().for_each(|executed| executed.heads.push(vec![]));
            for answers in answers {
                // Of several failures the first in the order of the samples, whichever thread came first.
                all.iter_mut().zip(answers?).for_each(|(executed, answer)| executed.add(answer));
            }
        }
        Ok(all)
    }

    fn member(&self, choice: &NetworkChoice, dataset: &Dataset) -> Result<Member, MeasureError> {
        let made = self.network_fed(dataset.feed(), choice)?;
        let name = made.files.last().map_or_else(String::new, |(name, _)| name.clone());
        made.check_samples(dataset).map_err(|error| MeasureError::Unsuitable { network: name.clone(), error })?;
        let split = choice.unit.as_ref().map(|_| made.network.network().split(&choice.split));
        let shared = split.transpose().map_err(ZooError::from)?.unwrap_or(0);
        let (network, matched_steps) = (made.network, made.matched_steps);
        Ok(Member { name, choice: choice.clone(), network, matched_steps, shared })
    }
}

impl Executed {
    fn new(member: &Member, disturbances: usize) -> Self {
        Self {
            choice: member.choice.clone(),
            network: member.network.network().clone(),
            cut: member.network.cut(),
            matched_steps: member.matched_steps,
            right: vec![],
            right_disturbed: vec![vec![]; disturbances],
            payload_bits: vec![],
            heads: vec![],
        }
    }

    /// Adds what was done on the next sample, to the last batch.
    fn add(&mut self, answer: Answer) {
        self.right.push(answer.right);
        self.right_disturbed.iter_mut().zip(answer.right_disturbed).for_each(|(all, right)| all.push(right));
        self.payload_bits.push(answer.payload_bits);
        match self.heads.last_mut() {
            Some(sum) if sum.is_empty() => *sum = answer.head,
            Some(sum) => sum.iter_mut().zip(answer.head).for_each(|(sum, layer)| *sum += layer),
            None => {}
        }
    }
}

/// What each network does on the sample. The error is that of the network with this index.
fn answers(
    members: &[Member],
    dataset: &Dataset,
    sample: usize,
    disturbances: &Disturbances<'_>,
) -> Result<Vec<Answer>, (usize, SplitError)> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by_key(|&index| members[index].shared);
    let mut found: Vec<Option<Answer>> = members.iter().map(|_| None).collect();
    let (mut feature, mut done, mut before_split) = (None, 0, vec![]);
    for index in order {
        let Member { network, shared, .. } = &members[index];
        let failed = |error| (index, error);
        let mut before = match feature.take() {
            Some(feature) => feature,
            None => dataset.sample(sample),
        };
        if *shared > done {
            let execution = network.executable().run(done + 1..shared + 1, &before, network.steps());
            let execution = execution.map_err(|error| failed(error.into()))?;
            before = execution.output;
            before_split.extend(execution.layers);
            done = *shared;
        }
        let execution = network.run(&before, |layers, feature| {
            network.executable().run(layers.start.max(shared + 1)..layers.end, feature, network.steps())
        });
        let execution = execution.map_err(failed)?;
        let is_right = |answer: usize| answer == usize::from(dataset.labels[sample]);
        let right = is_right(argmax(&execution.scores));
        let own = execution.layers.iter().filter(|layer| layer.layer <= network.cut());
        let head = before_split.iter().filter(|layer| layer.layer <= *shared).chain(own).copied().collect();
        let mut right_disturbed = vec![right; disturbances.all.len()];
        if let Some(payload) = &execution.payload {
            for (right, &disturbance) in right_disturbed.iter_mut().zip(disturbances.all) {
                *right = is_right(disturbances.answer(network, payload, disturbance, sample).map_err(failed)?);
            }
        }
        let payload_bits = execution.payload.map_or(0, |payload| 8 * payload.bytes.len() as u32);
        found[index] = Some(Answer { right, right_disturbed, payload_bits, head });
        feature = Some(before);
    }
    Ok(found.into_iter().flatten().collect())
}

impl Disturbances<'_> {
    /// Answer of the tail of `network` on a `payload` that has met a disturbance.
    fn answer(
        &self,
        network: &SplitNetwork,
        payload: &Payload,
        disturbance: Disturbance,
        sample: usize,
    ) -> Result<usize, SplitError> {
        let tail = match disturbance {
            Disturbance::Errors(probability) => {
                let flipped = self.struck(payload, probability, sample);
                network.tail(payload, &Damage { flipped: &flipped, ..Damage::NONE })
            }
            Disturbance::Erasures(probability) => {
                let erased = self.struck(payload, probability, sample);
                let network = network.clone().with_missing(Missing::Middle);
                network.tail(payload, &Damage { erased: &erased, ..Damage::NONE })
            }
            Disturbance::Noise(ratio) => {
                let (deviation, mut draws) = (noise_deviation(ratio), self.noise.stream(sample as u64));
                let noise = (0..payload.symbols()).map(|_| (deviation * draws.sample::<f64, _>(StandardNormal)) as f32);
                network.tail(payload, &Damage { noise: &noise.collect::<Vec<f32>>(), ..Damage::NONE })
            }
        };
        Ok(tail?.answer)
    }

    /// Positions of the bits of `payload` that are struck.
    fn struck(&self, payload: &Payload, probability: f64, sample: usize) -> Vec<u32> {
        let mut draws = self.bits.stream(sample as u64);
        (0..8 * payload.bytes.len() as u32).filter(|_| draws.random_bool(probability)).collect()
    }
}
