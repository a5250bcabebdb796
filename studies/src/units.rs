//! A study divided into units, which processes on one machine or on many may execute in any order.
//!
//! The division depends on the plan alone, so every process makes the same one, whatever is stored and whoever else is at work.

use crate::demand::Demand;
use crate::inference::PreparedNetwork;
use crate::keys::{Piece, PieceKeys};
use crate::plan::DesignPoint;
use crate::study::Study;
use cospike_models::zoo::CodecChoice;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::key::{ContentKey, KeyError};
use cospike_sim_core::network::Family;
use std::collections::BTreeMap;
use std::ops::Range;

/// About as many units of simulation are made at most. Each costs a few small files or requests to the store, and each is
/// executed by one process.
const UNITS: u64 = 4096;

/// Nanoseconds of one thread for a dense multiply-accumulate of a network.
const NANOSECONDS_PER_MAC: f64 = 0.2;
/// The same for a step of a spiking network, of whose multiply-accumulates most meet no spike.
const NANOSECONDS_PER_SPIKING_MAC: f64 = 0.05;
/// Nanoseconds of one thread for a request in the event loop.
const NANOSECONDS_PER_REQUEST: f64 = 2_000.0;
/// Nanoseconds of one thread for storing a piece.
const NANOSECONDS_PER_PIECE: f64 = 500_000.0;

/// Design points that are never divided among units of which one has other points: they need the same networks.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Their numbers, ascending.
    pub points: Vec<PointIndex>,
    /// The first of them, by which the cost of all is estimated.
    pub first: DesignPoint,
}

/// Design points of a bundle, in a study of so many: few enough for as many units as are made at most.
pub fn bundle_size(points: usize) -> usize {
    points.div_ceil(UNITS as usize).max(1)
}

/// A part of a study that one process executes at a time, by the numbers of its networks or design points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Expected time on one thread, in nanoseconds; only the ratio of two of them means something.
    pub cost: u64,
    /// What is executed.
    pub task: Task,
}

/// A [`Portion`] whose pieces are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Key of its content: units of equal keys, whichever study they belong to, have the same pieces.
    pub key: ContentKey,
    /// Expected time on one thread, in nanoseconds; only the ratio of two of them means something.
    pub cost: u64,
    /// What is executed.
    pub task: Task,
}

/// What is executed as one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// A network on all its samples.
    Inference(NetworkIndex),
    /// Replications of design points that need the same networks.
    Simulation {
        /// The networks that must be executed before.
        networks: Vec<NetworkIndex>,
        /// The design points.
        points: Vec<PointIndex>,
        /// Numbers of the replications of each of them; with a precision target up to the maximum, of which not all may be
        /// needed.
        replications: Range<u32>,
    },
}

impl Task {
    /// The design points that are simulated.
    pub fn points(&self) -> &[PointIndex] {
        match self {
            Self::Simulation { points, .. } => points,
            Self::Inference(_) => &[],
        }
    }

    /// The pieces that may come of it.
    pub fn pieces(&self) -> Vec<Piece> {
        match self {
            Self::Inference(network) => vec![Piece::Inference(*network)],
            Self::Simulation { points, replications, .. } => {
                let of_point = |&point| replications.clone().map(move |number| Piece::Replication(point, number));
                points.iter().flat_map(of_point).collect()
            }
        }
    }
}

impl Portion {
    /// The unit that it is in the study with these `keys`.
    ///
    /// # Errors
    /// [`KeyError`], which keys do not give.
    ///
    /// # Panics
    /// If there is no key of one of its networks or design points.
    pub fn with_key(self, keys: &PieceKeys) -> Result<Unit, KeyError> {
        let key = match &self.task {
            Task::Inference(network) => keys.networks()[network.position()],
            Task::Simulation { points, replications, .. } => simulation_key(keys, points, replications)?,
        };
        Ok(Unit { key, cost: self.cost, task: self.task })
    }
}

/// Bundles of design points that need the same networks, each with the expected cost of a replication of all its points.
type Group = Vec<(Vec<PointIndex>, u64)>;

impl Study {
    /// The units of a study whose design points are all in its plan, see [`Study::divide`].
    ///
    /// # Errors
    /// [`KeyError`], which a checked plan does not give.
    pub fn units(&self, keys: &PieceKeys) -> Result<Vec<Unit>, KeyError> {
        let points = (0..).map(PointIndex).zip(&self.plan().points);
        let bundles = points.map(|(index, point)| Bundle { points: vec![index], first: point.clone() });
        self.divide(bundles).into_iter().map(|portion| portion.with_key(keys)).collect()
    }

    /// Divides the study, whose design points are those of all `bundles`, into units: inferences first, in the order of the plan, then
    /// simulations, those that need the same networks together. A bundle with more to simulate than others is divided by
    /// replications, unless there is a precision target; several with little are one unit.
    pub fn divide(&self, bundles: impl IntoIterator<Item = Bundle>) -> Vec<Portion> {
        let inferences = (0..).map(NetworkIndex).zip(&self.networks[..]).map(|(index, network)| Portion {
            cost: whole(network.inference_nanoseconds()),
            task: Task::Inference(index),
        });
        let mut portions: Vec<Portion> = inferences.collect();
        let (mut groups, mut total): (BTreeMap<Vec<NetworkIndex>, Group>, u64) = Default::default();
        for Bundle { points, first } in bundles {
            let mut networks: Vec<_> = first.networks().collect();
            networks.sort();
            networks.dedup();
            let cost = self.replication_cost(&first).saturating_mul(points.len() as u64);
            total = total.saturating_add(cost);
            groups.entry(networks).or_default().push((points, cost));
        }
        let most = total.saturating_mul(self.plan().replications.into()) / UNITS;
        for (networks, bundles) in groups {
            self.divide_group(&bundles, most, |bundles, replications, cost| {
                let points = bundles.iter().flat_map(|(points, _)| points).copied().collect();
                let task = Task::Simulation { networks: networks.clone(), points, replications };
                portions.push(Portion { cost, task });
            });
        }
        portions
    }

    /// Divides bundles that need the same networks into units that cost about `most` each.
    fn divide_group(
        &self,
        bundles: &[(Vec<PointIndex>, u64)],
        most: u64,
        mut unit: impl FnMut(&[(Vec<PointIndex>, u64)], Range<u32>, u64),
    ) {
        let first = self.plan().replications;
        let all = 0..self.plan().most_replications();
        let mut rest = bundles;
        while let Some((_, cost)) = rest.first() {
            let at_once = u32::try_from(most / cost.max(&1)).unwrap_or(u32::MAX).max(1);
            if !self.plan().is_sequential() && at_once < first {
                for from in all.clone().step_by(at_once as usize) {
                    let replications = from..first.min(from.saturating_add(at_once));
                    let cost = cost.saturating_mul(replications.len() as u64);
                    unit(&rest[..1], replications, cost);
                }
                rest = &rest[1..];
                continue;
            }
            let (mut number, mut sum) = (0, 0_u64);
            while let Some((_, cost)) = rest.get(number) {
                let more = cost.saturating_mul(first.into());
                if number > 0 && sum.saturating_add(more) > most {
                    break;
                }
                (number, sum) = (number + 1, sum.saturating_add(more));
            }
            unit(&rest[..number], all.clone(), sum);
            rest = &rest[number..];
        }
    }

    /// Expected nanoseconds of a replication of `point`.
    fn replication_cost(&self, point: &DesignPoint) -> u64 {
        let mut demand = Demand::default();
        demand.add(point);
        whole(self.cost_of(point.network(), &demand))
    }

    /// Expected nanoseconds of one replication of all design points of a `demand`, whose first design is this network.
    pub(crate) fn cost_of(&self, network: NetworkIndex, demand: &Demand) -> f64 {
        let Demand { points, timed, damaged, .. } = *demand;
        let is_noisy = self.plan().networks[network.position()].choice.codec == Some(CodecChoice::Symbols);
        let damaged = if is_noisy { timed } else { damaged };
        let tail = damaged * self.networks[network.position()].tail_nanoseconds();
        timed * NANOSECONDS_PER_REQUEST + tail + points as f64 * NANOSECONDS_PER_PIECE
    }
}

impl PreparedNetwork {
    /// Nanoseconds for all samples.
    pub(crate) fn inference_nanoseconds(&self) -> f64 {
        self.executed_nanoseconds() * f64::from(self.samples.count)
    }

    /// Nanoseconds for all that is executed for a sample.
    fn executed_nanoseconds(&self) -> f64 {
        let steps = self.blueprint.steps;
        // Step by step, the network is executed for one step, then for two, and so on.
        let steps = if self.stepwise { steps * (steps + 1) / 2 } else { steps };
        self.nanoseconds(steps, 0)
    }

    /// Nanoseconds for all steps behind the cut.
    fn tail_nanoseconds(&self) -> f64 {
        self.nanoseconds(self.blueprint.steps, self.blueprint.cut + 1)
    }

    /// Nanoseconds for some time steps of the layers from one on.
    fn nanoseconds(&self, steps: usize, from: usize) -> f64 {
        let per_mac = match self.choice.family {
            Family::Spiking => NANOSECONDS_PER_SPIKING_MAC,
            Family::Float | Family::Quantised => NANOSECONDS_PER_MAC,
        };
        let network = &self.blueprint.network;
        network.dense_macs(from..network.layers.len()) as f64 * steps as f64 * per_mac
    }
}

fn simulation_key(keys: &PieceKeys, points: &[PointIndex], replications: &Range<u32>) -> Result<ContentKey, KeyError> {
    let points: Vec<ContentKey> = points.iter().map(|point| keys.points()[point.position()]).collect();
    ContentKey::from_json("unit of simulation", &(points, replications))
}

/// The whole number next to a positive one.
fn whole(nanoseconds: f64) -> u64 {
    nanoseconds as u64 + 1
}
