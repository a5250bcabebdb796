//! What has to be known of all design points of a study before the first is simulated, without any of them: a study may have a million.

use crate::demand::Demand;
use crate::plan::{DesignPoint, Plan};
use crate::prices::{Use, uses};
use cospike_results::index::NetworkIndex;
use std::collections::{BTreeMap, BTreeSet};

/// Sums over design points.
#[derive(Clone, Debug, Default)]
pub struct Census {
    /// Number of design points.
    pub(crate) points: usize,
    /// The first of them.
    pub(crate) first: Option<Box<DesignPoint>>,
    /// Devices of the largest fleet.
    pub(crate) most_devices: u32,
    has_battery: bool,
    /// Price lists that are used.
    pub(crate) lists: BTreeSet<Use>,
    /// What the points ask for that need the same networks, which are in the order of the point.
    pub(crate) demand: BTreeMap<Vec<NetworkIndex>, Demand>,
}

impl Census {
    /// The census of the design points of `plan`.
    pub fn new(plan: &Plan) -> Self {
        let mut census = Self::default();
        plan.points.iter().for_each(|point| census.add(point));
        census
    }

    /// Adds the design point that follows.
    pub fn add(&mut self, point: &DesignPoint) {
        self.points += 1;
        self.first.get_or_insert_with(|| Box::new(point.clone()));
        self.most_devices = self.most_devices.max(point.system.devices);
        self.has_battery |= point.system.edge.battery_joules.is_some();
        self.lists.extend(uses(point));
        self.demand.entry(point.networks().collect()).or_default().add(point);
    }

    /// The census of so many design points of which only some were counted: their networks are those of all.
    #[must_use]
    pub fn standing_for(self, points: usize) -> Self {
        Self { points, ..self }
    }

    /// Whether the devices of a design point have a battery.
    pub fn has_battery(&self) -> bool {
        self.has_battery
    }

    /// Number of design points.
    pub fn points(&self) -> usize {
        self.points
    }
}
