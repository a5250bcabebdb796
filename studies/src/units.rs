//! A study divided into units, which processes on one machine or on many may execute in any order.
//!
//! The division depends on the plan alone, so every process makes the same one, whatever is stored and whoever else is at work.

use crate::estimate::requests;
use crate::inference::PreparedNetwork;
use crate::keys::{Piece, PieceKeys};
use crate::plan::DesignPoint;
use crate::study::Study;
use cospike_models::zoo::CodecChoice;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::key::{ContentKey, KeyError};
use cospike_sim_core::link::{Channel, PacketLoss};
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
/// Packets, and bits, of a message of which one that is lost or damaged has the tail executed anew: in the middle of what is usual.
const PACKETS_AND_BITS: [f64; 2] = [4.0, 4_000.0];
/// Nanoseconds of one thread for a request in the event loop.
const NANOSECONDS_PER_REQUEST: f64 = 2_000.0;
/// Nanoseconds of one thread for storing a piece.
const NANOSECONDS_PER_PIECE: f64 = 500_000.0;

/// A part of a study that one process executes at a time.
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

impl Study {
    /// The units of the study: inferences first, in the order of the plan, then simulations, those that need the same networks
    /// together. A design point with more to simulate than others is divided by replications, unless it has a precision
    /// target; several with little are one unit.
    ///
    /// # Errors
    /// [`KeyError`], which a checked plan does not give.
    pub fn units(&self, keys: &PieceKeys) -> Result<Vec<Unit>, KeyError> {
        let inferences = (0..).map(NetworkIndex).zip(&self.networks).map(|(index, network)| {
            let cost = whole(network.inference_nanoseconds());
            Unit { key: keys.networks()[index.position()], cost, task: Task::Inference(index) }
        });
        let mut units: Vec<Unit> = inferences.collect();
        let mut groups: BTreeMap<Vec<NetworkIndex>, Vec<PointIndex>> = BTreeMap::new();
        for (index, point) in (0..).map(PointIndex).zip(&self.plan().points) {
            let mut networks: Vec<_> = point.networks().collect();
            networks.sort();
            networks.dedup();
            groups.entry(networks).or_default().push(index);
        }
        let costs: Vec<u64> = self.plan().points.iter().map(|point| self.replication_cost(point)).collect();
        let total: u64 = costs.iter().fold(0, |sum, cost| sum.saturating_add(*cost));
        let most = total.saturating_mul(self.plan().replications.into()) / UNITS;
        for (networks, points) in groups {
            self.divide(&points, &costs, most, |points, replications, cost| {
                let points: Vec<_> = points.to_vec();
                let (networks, task_points) = (networks.clone(), points.clone());
                let task = Task::Simulation { networks, points: task_points, replications: replications.clone() };
                units.push(Unit { key: simulation_key(keys, &points, &replications)?, cost, task });
                Ok(())
            })?;
        }
        Ok(units)
    }

    /// Divides design points that need the same networks into units that cost about `most` each.
    fn divide(
        &self,
        points: &[PointIndex],
        costs: &[u64],
        most: u64,
        mut unit: impl FnMut(&[PointIndex], Range<u32>, u64) -> Result<(), KeyError>,
    ) -> Result<(), KeyError> {
        let first = self.plan().replications;
        let all = 0..self.plan().most_replications();
        let cost = |point: &PointIndex| costs[point.position()];
        let mut rest = points;
        while let Some(point) = rest.first() {
            let at_once = u32::try_from(most / cost(point).max(1)).unwrap_or(u32::MAX).max(1);
            if !self.plan().is_sequential() && at_once < first {
                for from in all.clone().step_by(at_once as usize) {
                    let replications = from..first.min(from.saturating_add(at_once));
                    let cost = cost(point).saturating_mul(replications.len() as u64);
                    unit(&rest[..1], replications, cost)?;
                }
                rest = &rest[1..];
                continue;
            }
            let (mut number, mut sum) = (0, 0_u64);
            while let Some(next) = rest.get(number) {
                let more = cost(next).saturating_mul(first.into());
                if number > 0 && sum.saturating_add(more) > most {
                    break;
                }
                (number, sum) = (number + 1, sum.saturating_add(more));
            }
            unit(&rest[..number], all.clone(), sum)?;
            rest = &rest[number..];
        }
        Ok(())
    }

    /// Expected nanoseconds of a replication of `point`.
    pub(crate) fn replication_cost(&self, point: &DesignPoint) -> u64 {
        let requests = match requests(point) {
            // Not known beforehand: at most these.
            0.0 => point.system.workload.requests as f64,
            requests => requests,
        };
        let channel = &point.system.link.channel;
        let is_noisy = self.plan().networks[point.network().position()].choice.codec == Some(CodecChoice::Symbols);
        let damaged = if is_noisy { 1.0 } else { damaged_share(channel) };
        let tail = damaged * self.networks[point.network().position()].tail_nanoseconds();
        whole(requests * (NANOSECONDS_PER_REQUEST + tail) + NANOSECONDS_PER_PIECE)
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

/// Share of the payloads that do not arrive as they were sent.
fn damaged_share(channel: &Channel) -> f64 {
    let loss = match channel.packet_loss {
        PacketLoss::Independent { probability } => probability,
        PacketLoss::GilbertElliott { mean_good_seconds, mean_bad_seconds, good_probability, bad_probability } => {
            let lost = mean_good_seconds * good_probability + mean_bad_seconds * bad_probability;
            lost / (mean_good_seconds + mean_bad_seconds)
        }
    };
    let [packets, bits] = PACKETS_AND_BITS;
    (packets * loss + bits * (channel.bit_error_probability + channel.bit_erasure_probability)).min(1.0)
}

fn simulation_key(keys: &PieceKeys, points: &[PointIndex], replications: &Range<u32>) -> Result<ContentKey, KeyError> {
    let points: Vec<ContentKey> = points.iter().map(|point| keys.points()[point.position()]).collect();
    ContentKey::from_json("unit of simulation", &(points, replications))
}

/// The whole number next to a positive one.
fn whole(nanoseconds: f64) -> u64 {
    nanoseconds as u64 + 1
}
