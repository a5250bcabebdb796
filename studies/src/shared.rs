//! Values that many design points of a plan have in common, and hold together: a plan may have a million design points.

use cospike_sim_core::cloud::Cloud;
use cospike_sim_core::cosim::System;
use cospike_sim_core::edge::EdgeDevice;
use cospike_sim_core::link::Link;
use cospike_sim_core::workload::Workload;
use serde::{Deserialize, Serialize};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A value that several owners may hold together. Whoever changes it has one of their own from then on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shared<T>(Arc<T>);

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

/// A [`System`] whose parts may be those of other design points, too. Its JSON is that of a [`System`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "those of the fields of `System`")]
pub struct SharedSystem {
    pub devices: u32,
    pub edge: Shared<EdgeDevice>,
    pub link: Shared<Link>,
    pub cloud: Shared<Cloud>,
    pub workload: Shared<Workload>,
    pub starvation_seconds: Option<f64>,
}

impl From<System> for SharedSystem {
    fn from(system: System) -> Self {
        let System { devices, edge, link, cloud, workload, starvation_seconds } = system;
        Self {
            devices,
            edge: edge.into(),
            link: link.into(),
            cloud: cloud.into(),
            workload: workload.into(),
            starvation_seconds,
        }
    }
}

impl SharedSystem {
    /// The system, with parts of its own.
    pub fn to_system(&self) -> System {
        System {
            devices: self.devices,
            edge: (*self.edge).clone(),
            link: (*self.link).clone(),
            cloud: *self.cloud,
            workload: (*self.workload).clone(),
            starvation_seconds: self.starvation_seconds,
        }
    }

    /// Takes for each part one that is equal and was seen lately, if there is one.
    pub fn share(&mut self, seen: &mut SeenParts) {
        seen.edge.share(&mut self.edge);
        seen.link.share(&mut self.link);
        seen.cloud.share(&mut self.cloud);
        seen.workload.share(&mut self.workload);
    }
}

/// Parts of the systems that were seen lately.
#[derive(Debug, Default)]
pub struct SeenParts {
    edge: Seen<EdgeDevice>,
    link: Seen<Link>,
    cloud: Seen<Cloud>,
    workload: Seen<Workload>,
}

/// Values that were seen lately, of which a sweep repeats some again and again.
#[derive(Debug)]
pub struct Seen<T> {
    values: Vec<Shared<T>>,
    /// Index of the one that is forgotten next.
    oldest: usize,
}

/// Number of values that are remembered: each new one is compared with all.
const REMEMBERED: usize = 32;

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self { values: vec![], oldest: 0 }
    }
}

impl<T: Clone + PartialEq> Seen<T> {
    /// Replaces `value` by an equal one that was seen lately; otherwise remembers it.
    pub fn share(&mut self, value: &mut Shared<T>) {
        match self.values.iter().find(|seen| *seen == value) {
            Some(seen) => *value = seen.clone(),
            None if self.values.len() < REMEMBERED => self.values.push(value.clone()),
            None => {
                self.values[self.oldest] = value.clone();
                self.oldest = (self.oldest + 1) % REMEMBERED;
            }
        }
    }
}
