//! Content keys of what a plan executes: equal keys, equal results.
//!
//! A key covers values and hashes of content, never names, labels or paths: a renamed weight file or another label gives the
//! same key, other weights under the same name another one. An inference's key holds no price, link or cloud, so other
//! prices need no other inference.

use crate::plan::{DesignPoint, Packets, Plan, PlannedNetwork, Provenance};
use crate::shared::SharedSystem;
use cospike_models::zoo::{CodecChoice, NetworkChoice};
use cospike_results::index::{NetworkIndex, PointIndex, PriceIndex};
use cospike_results::key::{ContentKey, KeyError};
use cospike_sim_core::energy::PriceList;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::network::{BottleneckKind, Family, Readout};
use cospike_sim_core::payload::Missing;
use rayon::prelude::*; // a large study has as many keys as design points
use serde::Serialize;

/// Version of everything that turns weights and samples into an inference. It grows with every change after which an equal
/// network gives other spikes, counts or payloads on equal samples, and with every change of the form in which inferences are
/// stored; with no other change, so that a new version of CoSpike finds what older ones have computed.
pub const INFERENCE_SCHEMA: u32 = 9;

/// Version of everything that turns inferences and a design point into a replication's numbers, and of the form in which these
/// are stored. It grows with such changes, and with no other. An inference does not depend on it.
pub const SIMULATION_SCHEMA: u32 = 12;

/// Version of the form of the summaries that are stored beside inferences, from which they can be made again.
const SUMMARY_SCHEMA: u32 = 2;

/// What an inference depends on.
#[derive(Serialize)]
struct InferenceContent<'a> {
    schema: u32,
    backbone: &'a str,
    family: Family,
    split: &'a str,
    unit: Option<(BottleneckKind, u32)>,
    codec: Option<CodecChoice>,
    time_steps: Option<u32>,
    readout: Option<Readout>,
    weights: Vec<&'a str>,
    stepwise: bool,
    samples: (&'a str, u32),
}

/// What all replications of a design point depend on.
#[derive(Serialize)]
struct PointContent<'a> {
    schema: u32,
    seed: u64,
    system: &'a SharedSystem,
    packets: Packets,
    missing: Missing,
    prices: Option<&'a PriceList>,
    cloud_prices: Option<&'a PriceList>,
    conventions: [Convention; 2],
    designs: Vec<(ContentKey, Option<u32>)>,
    local: Option<(ContentKey, Option<u32>)>,
}

impl Plan {
    /// Key of the inference of a network: its weights, cut, unit, codec, time steps, readout and samples.
    ///
    /// # Errors
    /// [`KeyError`], which a checked plan does not give.
    ///
    /// # Panics
    /// If the plan has no such network, see [`Plan::check`].
    pub fn inference_key(&self, network: NetworkIndex) -> Result<ContentKey, KeyError> {
        let PlannedNetwork { choice, weights, stepwise, samples, .. } = &self.networks[network.position()];
        let NetworkChoice { backbone, family, split, unit, codec, time_steps, readout } = choice;
        let content = InferenceContent {
            schema: INFERENCE_SCHEMA,
            backbone,
            family: *family,
            split,
            unit: unit.as_ref().map(|unit| (unit.kind, unit.width)),
            codec: *codec,
            time_steps: *time_steps,
            readout: *readout,
            weights: weights.iter().map(|file| file.blake3.as_str()).collect(),
            stepwise: *stepwise,
            samples: (&samples.blake3, samples.count),
        };
        ContentKey::from_json("inference", &content)
    }

    /// Key of the study that has this plan, or of which it is a part; `first` is the first design point of the study, and `points` are
    /// all of them. Notes on a study are found by it, and no result: so it covers the text that the plan was compiled from in
    /// the place of a million design points, and the first of them, for what stands in other files. Of a plan without text it covers all.
    ///
    /// # Errors
    /// [`KeyError`], which a checked plan does not give.
    pub(crate) fn study_key(&self, first: &DesignPoint) -> Result<ContentKey, KeyError> {
        let networks = (0..self.networks.len() as u32).map(|index| self.inference_key(NetworkIndex(index)));
        let networks = networks.collect::<Result<Vec<_>, _>>()?;
        let key = |point: &DesignPoint| self.key_of(point, |network| Ok(networks[network.position()]));
        let Provenance { scenario, settings, selected, .. } = &self.provenance;
        let points = match scenario.is_empty() && !self.points.is_empty() {
            true => self.points.par_iter().map(key).collect::<Result<Vec<_>, _>>()?,
            false => vec![key(first)?],
        };
        let counts = (self.replications, self.precision, &self.decision);
        ContentKey::from_json("study", &(&networks, points, counts, (scenario, settings, selected)))
    }

    /// Key of a design point: everything that its replications depend on but their number.
    ///
    /// # Errors
    /// [`KeyError`], which a checked plan does not give.
    ///
    /// # Panics
    /// If the plan has no such point, or the point no such price list, see [`Plan::check`].
    pub fn point_key(&self, point: PointIndex) -> Result<ContentKey, KeyError> {
        self.key_of(&self.points[point.position()], |network| self.inference_key(network))
    }

    /// The key of a design point, given those of the inferences.
    fn key_of(
        &self,
        point: &DesignPoint,
        inference_key: impl Fn(NetworkIndex) -> Result<ContentKey, KeyError>,
    ) -> Result<ContentKey, KeyError> {
        let DesignPoint { system, packets, missing, prices, cloud_prices, designs, local, .. } = point;
        let DesignPoint { convention, cloud_convention, .. } = point;
        let network = |index: NetworkIndex| Ok((inference_key(index)?, self.networks[index.position()].matched_steps));
        let list = |prices: PriceIndex| &self.prices[prices.position()].list;
        let content = PointContent {
            schema: SIMULATION_SCHEMA,
            seed: self.seed,
            system,
            packets: *packets,
            missing: *missing,
            prices: prices.map(list),
            cloud_prices: cloud_prices.map(list),
            conventions: [*convention, *cloud_convention],
            designs: designs.iter().map(|&design| network(design)).collect::<Result<_, _>>()?,
            local: local.map(network).transpose()?,
        };
        ContentKey::from_json("design point", &content)
    }
}

/// Key of the summary of the inference with the key `inference`, which is stored beside it.
///
/// # Errors
/// [`KeyError`], which keys do not give.
pub fn summary_key(inference: &ContentKey) -> Result<ContentKey, KeyError> {
    ContentKey::from_json("summary", &(SUMMARY_SCHEMA, inference))
}

/// Key under which the reason is stored for which there is no piece with the key `piece`. A listing of keys alone tells failures
/// from results.
///
/// # Errors
/// [`KeyError`], which keys do not give.
pub fn failure_key(piece: &ContentKey) -> Result<ContentKey, KeyError> {
    ContentKey::from_json("failure", piece)
}

/// Key of one replication of the design point with the key `point`.
///
/// # Errors
/// [`KeyError`], which whole numbers do not give.
pub fn replication_key(point: &ContentKey, replication: u32) -> Result<ContentKey, KeyError> {
    ContentKey::from_json("replication", &(point, replication))
}

/// A part of a study that is computed and stored as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// What a network did on its samples.
    Inference(NetworkIndex),
    /// A replication of a design point, by its number from 0.
    Replication(PointIndex, u32),
}

/// Keys of the pieces of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceKeys {
    networks: Vec<ContentKey>,
    points: Vec<ContentKey>,
}

impl PieceKeys {
    /// The keys of the pieces of `plan`.
    ///
    /// # Errors
    /// [`KeyError`], which a checked plan does not give.
    pub fn new(plan: &Plan) -> Result<Self, KeyError> {
        Self::of_points(plan, &plan.points)
    }

    /// The keys of the inferences of `plan` and of some design points that have its networks.
    ///
    /// # Errors
    /// [`KeyError`], which a checked plan does not give.
    pub fn of_points(plan: &Plan, points: &[DesignPoint]) -> Result<Self, KeyError> {
        let networks = (0..plan.networks.len() as u32).map(|index| plan.inference_key(NetworkIndex(index)));
        let networks = networks.collect::<Result<Vec<_>, _>>()?;
        let key = |point: &DesignPoint| plan.key_of(point, |network| Ok(networks[network.position()]));
        let points = points.par_iter().map(key).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { networks, points })
    }

    /// Adds the keys of the design points that follow.
    pub fn append(&mut self, next: Self) {
        self.points.extend(next.points);
    }

    /// Keys of the inferences, in the order of the plan.
    pub fn networks(&self) -> &[ContentKey] {
        &self.networks
    }

    /// Keys of the design points, from which those of their replications are made, in the order of the plan.
    pub fn points(&self) -> &[ContentKey] {
        &self.points
    }

    /// Key under which a piece is stored.
    ///
    /// # Errors
    /// [`KeyError`], which whole numbers do not give.
    ///
    /// # Panics
    /// If the plan has no such network or design point.
    pub fn key(&self, piece: Piece) -> Result<ContentKey, KeyError> {
        match piece {
            Piece::Inference(network) => Ok(self.networks[network.position()]),
            Piece::Replication(point, number) => replication_key(&self.points[point.position()], number),
        }
    }
}
