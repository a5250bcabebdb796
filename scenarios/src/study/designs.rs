//! The split networks of a design point as the event loop asks for them.

use super::inference::{InferenceRun, Priced, SampleRun, guess};
use super::{DesignPoint, Inference, NamedPrices};
use cospike_sim_core::cosim::{CoInference, Head, HeadStep, Received, TailStep};
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::payload::{Damage, Missing, Packetise, Payload};
use cospike_sim_core::split::{SplitError, SplitNetwork};
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;

/// What heads and packets of a design depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// Number of the inference.
    inference: usize,
    /// Number of the inference of the network that is asked on the device first.
    local: Option<usize>,
    payload: NonZeroUsize,
    packetise: Packetise,
    /// Number of the device's price list.
    prices: usize,
}

/// Heads and packets of every sample.
pub(super) struct Heads {
    steps: Vec<Vec<HeadStep>>,
    /// Steps of the local network, which come before those of the split one.
    local: u32,
    /// Byte ranges of the packets in the sample's payload.
    ranges: Vec<Vec<Range<usize>>>,
    /// Their lengths.
    bytes: Vec<Vec<u32>>,
}

impl Heads {
    fn new(key: Key, runs: &[InferenceRun]) -> Self {
        let run = &runs[key.inference];
        let payloads = run.samples.iter().map(|sample| sample.payload.as_ref());
        let cut = |payload: Option<&Payload>| payload.map_or(vec![], |p| p.packets(key.payload, key.packetise));
        let ranges: Vec<Vec<Range<usize>>> = payloads.map(cut).collect();
        let bytes = ranges.iter().map(|packets| packets.iter().map(|range| range.len() as u32).collect()).collect();
        let mut steps: Vec<Vec<HeadStep>> =
            run.samples.iter().zip(&ranges).map(|(sample, packets)| head_steps(sample, packets, key.prices)).collect();
        let local = key.local.map(|local| &runs[local]);
        if let Some(local) = local {
            for (steps, sample) in steps.iter_mut().zip(&local.samples) {
                let first = sample.steps.iter().map(|step| HeadStep {
                    counts: step.head,
                    energy: step.head_energies[key.prices],
                    packets: 0,
                    guess: Some(step.guess),
                });
                steps.splice(0..0, first);
            }
        }
        let local = local.and_then(|local| local.samples.first()).map_or(0, |sample| sample.steps.len() as u32);
        Self { steps, local, ranges, bytes }
    }
}

fn head_steps(sample: &SampleRun, packets: &[Range<usize>], prices: usize) -> Vec<HeadStep> {
    let ends = match &sample.payload {
        Some(payload) if sample.steps.len() > 1 => payload.step_ranges().map(|step| step.end).collect(),
        Some(payload) => vec![payload.bytes.len()],
        None => vec![0; sample.steps.len()],
    };
    let mut begin = 0;
    let step = |(step, end): (&super::inference::StepRun, usize)| {
        let sent = packets.iter().filter(|range| (begin..end).contains(&range.start)).count();
        begin = end;
        HeadStep {
            counts: step.head,
            energy: step.head_energies[prices],
            packets: sent as u32,
            guess: sample.payload.is_none().then_some(step.guess),
        }
    };
    sample.steps.iter().zip(ends).map(step).collect()
}

/// The heads of all designs of all points; points that agree in what these depend on share them.
pub(super) struct AllHeads(HashMap<Key, Arc<Heads>>);

impl AllHeads {
    pub(super) fn new(points: &[DesignPoint], runs: &[InferenceRun]) -> Self {
        let mut all = HashMap::new();
        for key in points.iter().flat_map(keys) {
            all.entry(key).or_insert_with(|| Arc::new(Heads::new(key, runs)));
        }
        Self(all)
    }

    /// Of each design of `point`, in order.
    fn of(&self, point: &DesignPoint) -> Vec<Arc<Heads>> {
        keys(point).map(|key| self.0[&key].clone()).collect()
    }
}

fn keys(point: &DesignPoint) -> impl Iterator<Item = Key> {
    point.designs.iter().map(|&inference| Key {
        inference,
        local: point.local,
        payload: point.packet_payload,
        packetise: point.packetise,
        prices: point.prices,
    })
}

/// What the networks of a study did, and what they are.
#[derive(Clone, Copy)]
pub(super) struct Networks<'a> {
    pub(super) inferences: &'a [Inference],
    pub(super) runs: &'a [InferenceRun],
    pub(super) prices: &'a [NamedPrices],
    pub(super) heads: &'a AllHeads,
}

/// The designs of a point: looked up where nothing was lost, run where something was.
pub(super) struct Designs<'a> {
    designs: Vec<Design<'a>>,
    /// Number of the cloud's price list.
    cloud_prices: Option<usize>,
    prices: &'a [NamedPrices],
    /// Tails that ran on damaged payloads.
    damaged: BTreeMap<Delivery, Damaged>,
    /// The first tail that could not run: number of the inference, sample, and why.
    pub(super) failed: Option<(usize, u32, SplitError)>,
}

struct Design<'a> {
    /// Number of the inference.
    number: usize,
    inference: &'a Inference,
    /// The network run for 1, 2, ... of its steps.
    stages: Vec<SplitNetwork>,
    run: &'a InferenceRun,
    heads: Arc<Heads>,
}

/// A delivery that is not whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery {
    design: u8,
    sample: u32,
    /// Steps of the split network.
    steps: usize,
    lost: Vec<u32>,
    flipped: Vec<u32>,
    erased: Vec<u32>,
}

/// What the tail did on a damaged payload in all its steps.
#[derive(Clone)]
struct Damaged {
    priced: Priced,
    step: TailStep,
}

impl<'a> Designs<'a> {
    pub(super) fn new(point: &DesignPoint, networks: Networks<'a>) -> Self {
        let with_missing = |stage: &SplitNetwork| stage.clone().with_missing(point.missing);
        let design = |(&inference, heads)| Design {
            number: inference,
            inference: &networks.inferences[inference],
            stages: networks.inferences[inference].stages.iter().map(with_missing).collect(),
            run: &networks.runs[inference],
            heads,
        };
        Self {
            designs: point.designs.iter().zip(networks.heads.of(point)).map(design).collect(),
            cloud_prices: point.cloud_prices,
            prices: networks.prices,
            damaged: BTreeMap::new(),
            failed: None,
        }
    }

    /// Step number `step` of the split network on a whole payload.
    fn whole(&self, design: u8, sample: u32, step: usize) -> TailStep {
        let step = &self.designs[design as usize].run.samples[sample as usize].steps[step];
        TailStep { counts: step.tail, energy: self.cost(&step.tail_energies), guess: step.guess }
    }

    /// What operations cost in the cloud.
    fn cost(&self, energies: &[ComputeEnergy]) -> ComputeEnergy {
        self.cloud_prices.map_or_else(ComputeEnergy::default, |prices| energies[prices])
    }

    /// What the tail does in the last step of a delivery: all of it, less what it did on the steps before.
    fn last_step(&mut self, delivery: Delivery) -> Result<TailStep, SplitError> {
        let whole = self.run(delivery.clone())?;
        if delivery.steps == 1 {
            return Ok(whole.step);
        }
        let before = self.run(self.without_last_step(delivery))?;
        let step = whole.priced.beyond(&before.priced);
        Ok(TailStep { counts: step.counts, energy: self.cost(&step.energies), guess: whole.step.guess })
    }

    fn run(&mut self, delivery: Delivery) -> Result<Damaged, SplitError> {
        if let Some(known) = self.damaged.get(&delivery) {
            return Ok(known.clone());
        }
        let design = &self.designs[delivery.design as usize];
        let sample = &design.run.samples[delivery.sample as usize];
        let payload = sample.payload.as_ref().ok_or(SplitError::NoTail)?;
        let payload = if design.stages.len() > 1 { first_parts(payload, delivery.steps) } else { payload.clone() };
        let ranges = &design.heads.ranges[delivery.sample as usize];
        let lost: Vec<Range<usize>> = delivery.lost.iter().map(|&packet| ranges[packet as usize].clone()).collect();
        let damage = Damage { lost: &lost, flipped: &delivery.flipped, erased: &delivery.erased };
        let stage = &design.stages[delivery.steps - 1];
        let tail = stage.tail(&payload, &damage)?;
        let steps = design.inference.network.matched_steps;
        let priced = Priced::new(stage.network(), steps, &tail.layers, self.prices);
        let energy = self.cost(&priced.energies);
        let step = TailStep { counts: priced.counts, energy, guess: guess(&tail.scores) };
        let run = Damaged { priced, step };
        self.damaged.insert(delivery, run.clone());
        Ok(run)
    }

    fn without_last_step(&self, delivery: Delivery) -> Delivery {
        let design = &self.designs[delivery.design as usize];
        let sample = delivery.sample as usize;
        let steps = delivery.steps - 1;
        let payload = design.run.samples[sample].payload.as_ref();
        let bytes = payload.map_or(0, |payload| first_parts(payload, steps).bytes.len());
        let bits = |bits: &[u32]| bits.iter().copied().filter(|&bit| (bit as usize) < bytes * 8).collect();
        let ranges = &design.heads.ranges[sample];
        let lost = delivery.lost.iter().copied().filter(|&packet| ranges[packet as usize].start < bytes).collect();
        let (flipped, erased) = (bits(&delivery.flipped), bits(&delivery.erased));
        Delivery { steps, lost, flipped, erased, ..delivery }
    }
}

/// The beginning of `payload` that holds its first `parts` parts.
fn first_parts(payload: &Payload, parts: usize) -> Payload {
    let end = payload.step_starts.get(parts).copied().unwrap_or(payload.bytes.len());
    Payload {
        bytes: payload.bytes[..end].to_vec(),
        step_starts: payload.step_starts.iter().copied().take(parts).collect(),
    }
}

impl CoInference for Designs<'_> {
    fn designs(&self) -> u8 {
        // A scenario with more alternatives is refused.
        self.designs.len() as u8
    }

    fn head(&self, design: u8, sample: u32) -> Head<'_> {
        let heads = &self.designs[design as usize].heads;
        Head { steps: &heads.steps[sample as usize], packets: &heads.bytes[sample as usize] }
    }

    fn tail(&mut self, design: u8, sample: u32, received: &Received<'_>) -> TailStep {
        let local = self.designs[design as usize].heads.local;
        let steps = received.steps.saturating_sub(local).max(1) as usize;
        if received.is_whole() {
            return self.whole(design, sample, steps - 1);
        }
        let delivery = Delivery {
            design,
            sample,
            steps,
            lost: received.lost.to_vec(),
            flipped: received.flipped.to_vec(),
            erased: received.erased.to_vec(),
        };
        self.last_step(delivery).unwrap_or_else(|error| {
            // The event loop cannot stop here; the replication fails once it has ended.
            let inference = self.designs[design as usize].number;
            self.failed.get_or_insert((inference, sample, error));
            self.whole(design, sample, steps - 1)
        })
    }
}

/// What becomes of what is missing.
pub(super) fn missing(word: crate::scenario::Missing) -> Missing {
    match word {
        crate::scenario::Missing::Zero => Missing::Zero,
        crate::scenario::Missing::Last => Missing::Last,
        crate::scenario::Missing::DropStep => Missing::DropStep,
    }
}
