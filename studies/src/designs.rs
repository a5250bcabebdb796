//! The designs of a point, as the event loop asks for them: looked up where a payload arrived whole, executed where it was
//! damaged.

use crate::inference::PreparedNetwork;
use crate::plan::{DesignPoint, Packets};
use crate::prices::{Priced, PricedNetwork, PricedNetworks, PricedSample, PricedStep, UsedLists};
use cospike_results::index::{NetworkIndex, PriceIndex};
use cospike_sim_core::cosim::{CoInference, Guess, Head, HeadStep, Received, TailStep};
use cospike_sim_core::inference::Convention;
use cospike_sim_core::kernel::{StreamFamily, Streams};
use cospike_sim_core::link::{Channel, noise_deviation, symbol_bits};
use cospike_sim_core::payload::{Codec, Damage, Missing, Payload};
use cospike_sim_core::split::SplitError;
use rand::RngExt;
use rand_distr::StandardNormal;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// What the heads and packets of a design depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct HeadsKey {
    network: NetworkIndex,
    /// Network that the device executes first.
    local: Option<NetworkIndex>,
    packets: Packets,
    /// Price list of the device.
    prices: Option<PriceIndex>,
    /// Operations on zeros that the device executes.
    convention: Convention,
    /// Bit pattern of the ratio of signal to noise, on which the length of analogue symbols depends.
    peak_snr_db: Option<u64>,
}

/// Heads and packets of every sample.
pub(crate) struct Heads {
    /// Steps of each sample's head.
    steps: Vec<Vec<HeadStep>>,
    /// Number of steps of the local network, which precede those of the split one.
    local: u32,
    /// Byte ranges of the packets in each sample's payload.
    ranges: Vec<Vec<Range<usize>>>,
    /// Length of each packet, in bytes.
    bytes: Vec<Vec<u32>>,
}

impl Heads {
    fn new(key: HeadsKey, networks: &PricedNetworks, lists: &UsedLists) -> Self {
        let network = &networks[&key.network];
        let payloads = network.samples.iter().map(|sample| sample.payload.as_ref());
        let symbols = key.peak_snr_db.filter(|_| network.codec == Codec::Symbols).map(f64::from_bits).map(symbol_bits);
        let cut = |payload: Option<&Payload>| payload.map_or(vec![], |payload| packets(payload, key.packets, symbols));
        let (ranges, bytes): (Vec<Vec<_>>, Vec<Vec<_>>) =
            payloads.map(|payload| cut(payload).into_iter().unzip()).unzip();
        let samples = network.samples.iter().zip(&ranges);
        let steps_of = |(sample, packets): (&PricedSample, &Vec<Range<usize>>)| head_steps(sample, packets, key, lists);
        let mut steps: Vec<Vec<HeadStep>> = samples.map(steps_of).collect();
        let local = key.local.map(|local| &networks[&local]);
        if let Some(local) = local {
            for (steps, sample) in steps.iter_mut().zip(&local.samples) {
                let first = sample.steps.iter().map(|step| HeadStep {
                    counts: step.head.counts(key.convention),
                    energy: step.head.energy(lists, key.prices, key.convention),
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

/// Byte ranges of the packets of `payload`, and the bytes of each on the link; `symbols` are the bits that take as long as one of its
/// analogue symbols, if it consists of them.
fn packets(payload: &Payload, cut: Packets, symbols: Option<f64>) -> Vec<(Range<usize>, u32)> {
    let Packets { packetise, payload_bytes } = cut;
    match symbols {
        Some(bits) => payload.symbol_packets(payload_bytes, packetise, bits),
        None => {
            let ranges = payload.packets(payload_bytes, packetise).into_iter();
            ranges.map(|range| (range.clone(), range.len() as u32)).collect()
        }
    }
}

/// The steps of a sample's head, each with the packets that begin in its share of the payload.
fn head_steps(sample: &PricedSample, packets: &[Range<usize>], key: HeadsKey, lists: &UsedLists) -> Vec<HeadStep> {
    let ends = match &sample.payload {
        Some(payload) if sample.steps.len() > 1 => payload.step_ranges().map(|step| step.end).collect(),
        Some(payload) => vec![payload.bytes.len()],
        None => vec![0; sample.steps.len()],
    };
    let mut begin = 0;
    let step = |(step, end): (&PricedStep, usize)| {
        let sent = packets.iter().filter(|range| (begin..end).contains(&range.start)).count();
        begin = end;
        HeadStep {
            counts: step.head.counts(key.convention),
            energy: step.head.energy(lists, key.prices, key.convention),
            packets: sent as u32,
            guess: sample.payload.is_none().then_some(step.guess),
        }
    };
    sample.steps.iter().zip(ends).map(step).collect()
}

/// The heads of all designs of some points; points that agree in what these depend on share them. They are made when they are
/// first asked for: a point whose replications are all stored needs none.
pub(crate) struct AllHeads(HashMap<HeadsKey, OnceLock<Arc<Heads>>>);

impl AllHeads {
    pub(crate) fn new<'p>(points: impl Iterator<Item = &'p DesignPoint>) -> Self {
        Self(points.flat_map(keys).map(|key| (key, OnceLock::new())).collect())
    }

    /// The heads of each design of `point`, in order.
    fn point(&self, point: &DesignPoint, networks: &PricedNetworks, lists: &UsedLists) -> Vec<Arc<Heads>> {
        let heads = |key| self.0[&key].get_or_init(|| Arc::new(Heads::new(key, networks, lists))).clone();
        keys(point).map(heads).collect()
    }
}

fn keys(point: &DesignPoint) -> impl Iterator<Item = HeadsKey> {
    let DesignPoint { local, packets, prices, convention, .. } = *point;
    let peak_snr_db = point.system.link.channel.peak_snr_db.map(f64::to_bits);
    point.designs.iter().map(move |&network| HeadsKey { network, local, packets, prices, convention, peak_snr_db })
}

/// The networks of a study, and what they did.
#[derive(Clone, Copy)]
pub(crate) struct Networks<'a> {
    pub(crate) prepared: &'a [PreparedNetwork],
    pub(crate) priced: &'a PricedNetworks,
    pub(crate) lists: &'a UsedLists,
    pub(crate) heads: &'a AllHeads,
}

/// The designs of a point.
pub(crate) struct Designs<'a> {
    designs: Vec<Design<'a>>,
    /// Price list of the cloud.
    cloud_prices: Option<PriceIndex>,
    /// Operations on zeros that the cloud executes.
    cloud_convention: Convention,
    lists: &'a UsedLists,
    /// Tails that were executed on damaged payloads.
    damaged: BTreeMap<Delivery, DamagedTail>,
    noise: Option<Noise>,
    /// What stands in the place of what did not arrive.
    missing: Missing,
}

/// Noise on analogue symbols: that of each request is its own, and the same in every design point, but for its strength.
struct Noise {
    deviation: f64,
    draws: StreamFamily,
}

impl Noise {
    fn new(channel: &Channel, streams: &Streams) -> Option<Self> {
        let deviation = noise_deviation(channel.peak_snr_db?);
        Some(Self { deviation, draws: streams.family("symbol-noise") })
    }

    /// Draws what is added to each of the `count` symbols of `request`, in units of the largest amplitude.
    fn draw(&self, request: u64, count: usize) -> Vec<f32> {
        let mut draws = self.draws.stream(request);
        (0..count).map(|_| (self.deviation * draws.sample::<f64, _>(StandardNormal)) as f32).collect()
    }
}

/// One of the split networks among which a device chooses.
struct Design<'a> {
    prepared: &'a PreparedNetwork,
    priced: &'a PricedNetwork,
    heads: Arc<Heads>,
}

/// What arrived of a payload, not all of it or not as it was sent.
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

/// What a tail did on a damaged payload in all its steps.
#[derive(Clone)]
struct DamagedTail {
    priced: Priced,
    step: TailStep,
}

impl<'a> Designs<'a> {
    pub(crate) fn new(point: &DesignPoint, networks: Networks<'a>, streams: &Streams) -> Self {
        let design = |(&index, heads): (&NetworkIndex, Arc<Heads>)| {
            let prepared = &networks.prepared[index.position()];
            Design { prepared, priced: &networks.priced[&index], heads }
        };
        Self {
            designs: point
                .designs
                .iter()
                .zip(networks.heads.point(point, networks.priced, networks.lists))
                .map(design)
                .collect(),
            cloud_prices: point.cloud_prices,
            cloud_convention: point.cloud_convention,
            lists: networks.lists,
            damaged: BTreeMap::new(),
            noise: Noise::new(&point.system.link.channel, streams),
            missing: point.missing,
        }
    }

    /// Step number `step` of the split network's tail on a whole payload.
    fn whole(&self, design: u8, sample: u32, step: usize) -> TailStep {
        let step = &self.designs[usize::from(design)].priced.samples[sample as usize].steps[step];
        self.tail_step(&step.tail, step.guess)
    }

    /// What the tail does in the last step of a delivery: all of it, less what it did on the steps before.
    fn last_step(&mut self, delivery: Delivery) -> Result<TailStep, SplitError> {
        let whole = self.execute(delivery.clone())?;
        if delivery.steps == 1 {
            return Ok(whole.step);
        }
        let before = self.execute(self.without_last_step(delivery))?;
        Ok(self.tail_step(&whole.priced.beyond(&before.priced), whole.step.guess))
    }

    /// What the cloud executes of a step, and at what cost.
    fn tail_step(&self, priced: &Priced, guess: Guess) -> TailStep {
        let convention = self.cloud_convention;
        TailStep {
            counts: priced.counts(convention),
            energy: priced.energy(self.lists, self.cloud_prices, convention),
            guess,
        }
    }

    /// Executes the tail on what arrived, unless that was done before.
    fn execute(&mut self, delivery: Delivery) -> Result<DamagedTail, SplitError> {
        if let Some(known) = self.damaged.get(&delivery) {
            return Ok(known.clone());
        }
        let tail = self.execute_anew(&delivery, &[])?;
        self.damaged.insert(delivery, tail.clone());
        Ok(tail)
    }

    /// Executes the tail on what arrived, with `noise` on its analogue symbols.
    fn execute_anew(&self, delivery: &Delivery, noise: &[f32]) -> Result<DamagedTail, SplitError> {
        let design = &self.designs[delivery.design as usize];
        let sample = &design.priced.samples[delivery.sample as usize];
        let payload = sample.payload.as_ref().ok_or(SplitError::NoTail)?;
        let stages = design.prepared.stages()?;
        let payload = if stages.len() > 1 { first_parts(payload, delivery.steps) } else { payload.clone() };
        let ranges = &design.heads.ranges[delivery.sample as usize];
        let lost: Vec<Range<usize>> = delivery.lost.iter().map(|&packet| ranges[packet as usize].clone()).collect();
        let damage = Damage { lost: &lost, flipped: &delivery.flipped, erased: &delivery.erased, noise };
        let stage = stages[delivery.steps - 1].clone().with_missing(self.missing);
        let tail = stage.tail(&payload, &damage)?;
        let priced = Priced::new(stage.network(), design.prepared.matched_steps, &tail.layers, self.lists);
        let step = self.tail_step(&priced, Guess::from_scores(&tail.scores));
        Ok(DamagedTail { priced, step })
    }

    /// The noise on the symbols that `request` sends of `sample`; `None` if they are bits.
    fn noise(&self, design: u8, sample: u32, request: u64) -> Option<Vec<f32>> {
        let network = self.designs[design as usize].priced;
        let noise = self.noise.as_ref().filter(|_| network.codec == Codec::Symbols)?;
        let payload = network.samples[sample as usize].payload.as_ref()?;
        Some(noise.draw(request, payload.symbols()))
    }

    fn without_last_step(&self, delivery: Delivery) -> Delivery {
        let design = &self.designs[delivery.design as usize];
        let sample = delivery.sample as usize;
        let steps = delivery.steps - 1;
        let payload = design.priced.samples[sample].payload.as_ref();
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
        // A plan with more designs is refused.
        self.designs.len() as u8
    }

    fn head(&self, design: u8, sample: u32) -> Head<'_> {
        let heads = &self.designs[design as usize].heads;
        Head { steps: &heads.steps[sample as usize], packets: &heads.bytes[sample as usize] }
    }

    fn tail(&mut self, design: u8, sample: u32, received: &Received<'_>) -> Result<TailStep, SplitError> {
        let local = self.designs[design as usize].heads.local;
        let steps = received.steps.saturating_sub(local).max(1) as usize;
        let noise = self.noise(design, sample, received.request);
        if received.is_whole() && noise.is_none() {
            return Ok(self.whole(design, sample, steps - 1));
        }
        let delivery = Delivery {
            design,
            sample,
            steps,
            lost: received.lost.to_vec(),
            flipped: received.flipped.to_vec(),
            erased: received.erased.to_vec(),
        };
        match noise {
            // No two requests meet the same noise, so nothing is kept; only float networks, of one step, emit values.
            Some(noise) => Ok(self.execute_anew(&delivery, &noise)?.step),
            None => self.last_step(delivery),
        }
    }
}
