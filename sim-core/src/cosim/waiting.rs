//! Which energies depend on how long requests wait.

use crate::cloud::Cloud;
use crate::edge::{DesignChoice, EdgeDevice, Governor};
use crate::link::{Link, Rate, Sharing};
use crate::workload::{ArrivalProcess, Workload};

/// Whether energies per request depend on how long requests wait for a place. Where one does not, a run that is too short for the queue of a
/// loaded place has it right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingEnergies {
    /// Energy and power of the devices. They do where the radio is promoted and stays connected while a message or an answer is waited for;
    /// where it draws power for as long as it sends, and sends for longer while others do, or at another rate later; where the queue decides
    /// about speed level, design, or permissions to send; and where what is asked or answered depends on the waiting: where devices wait for
    /// answers, queues are limited, or an early answer stops the sending.
    pub devices: bool,
    /// Energy and power of the cloud: by autoscaling and by batches, besides what is asked or answered.
    pub cloud: bool,
}

impl WaitingEnergies {
    /// Those of the system that has these parts.
    pub fn new(edge: &EdgeDevice, link: &Link, cloud: &Cloud, workload: &Workload) -> Self {
        let is_one_design = matches!(edge.design, DesignChoice::Fixed { .. });
        let waits_for_answers = matches!(workload.arrivals, ArrivalProcess::ClosedLoop { .. });
        let requests = waits_for_answers || edge.queue_capacity.is_some() || cloud.exit.is_some() || !is_one_design;
        let is_shared = matches!(link.sharing, Sharing::SharedCell { .. });
        let varies = !matches!(link.uplink, Rate::Constant { .. });
        let may_send_for_longer = is_shared || varies || link.grant_seconds > 0.0;
        let radio = !link.radio.is_always_ready() || link.radio.power.active_watts > 0.0 && may_send_for_longer;
        let is_one_level = matches!(edge.governor, Governor::Fixed { .. });
        Self {
            devices: requests || radio || !is_one_level,
            cloud: requests || cloud.scaling.is_some() || cloud.batching.max_size > 1,
        }
    }
}
