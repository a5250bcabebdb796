//! Requests under way, and the lanes in which they are shown.

use cospike_sim_core::cosim::Phase;
use cospike_sim_core::kernel::SimTime;
use std::collections::BTreeMap;

/// A request under way.
pub(super) struct Request {
    /// Device that asked.
    pub(super) device: u32,
    /// Lane of the device in which the request is shown.
    pub(super) lane: u32,
    /// Phases so far, each with its begin; the first began when the request arrived.
    pub(super) phases: Vec<(Phase, SimTime)>,
}

/// All requests under way.
#[derive(Default)]
pub(super) struct Requests {
    /// Requests by number.
    under_way: BTreeMap<u64, Request>,
    /// For each device, which of its lanes are taken.
    lanes: BTreeMap<u32, Vec<bool>>,
}

impl Requests {
    /// Records that a request is in `phase` from `now` on. A new request gets the first free lane of its device.
    pub(super) fn begin_phase(&mut self, number: u64, device: u32, phase: Phase, now: SimTime) {
        let lanes = &mut self.lanes;
        let request = self.under_way.entry(number).or_insert_with(|| {
            let lanes = lanes.entry(device).or_default();
            let lane = lanes.iter().position(|taken| !taken).unwrap_or(lanes.len());
            lanes.resize(lanes.len().max(lane + 1), false);
            lanes[lane] = true;
            // There are fewer lanes than requests under way in a run, which are numbered by 32 bits.
            Request { device, lane: lane as u32, phases: vec![] }
        });
        request.phases.push((phase, now));
    }

    /// Removes a request that has ended; `None` if it was refused on arrival and so never began a phase.
    pub(super) fn end(&mut self, number: u64) -> Option<Request> {
        let request = self.under_way.remove(&number)?;
        if let Some(lanes) = self.lanes.get_mut(&request.device) {
            lanes[request.lane as usize] = false;
        }
        Some(request)
    }

    /// Removes all requests under way and returns them by number.
    pub(super) fn take_all(&mut self) -> BTreeMap<u64, Request> {
        std::mem::take(&mut self.under_way)
    }
}

impl Request {
    /// The phases of the request with their begins and ends; the last phase ends at `end`.
    pub(super) fn slices(&self, end: SimTime) -> impl Iterator<Item = (Phase, SimTime, SimTime)> + '_ {
        let ends = self.phases.iter().skip(1).map(|&(_, since)| since).chain([end]);
        self.phases.iter().zip(ends).map(|(&(phase, since), until)| (phase, since, until))
    }
}
