//! The requests under way, and the lanes that they are shown in.

use cospike_sim_core::cosim::Phase;
use cospike_sim_core::kernel::SimTime;
use std::collections::BTreeMap;

/// A request under way.
pub(super) struct Request {
    pub(super) device: u32,
    pub(super) lane: u32,
    /// Where it is, since when; the first when it arrived.
    pub(super) phases: Vec<(Phase, SimTime)>,
}

/// By number.
#[derive(Default)]
pub(super) struct Requests {
    under_way: BTreeMap<u64, Request>,
    /// The lanes of each device that are taken.
    lanes: BTreeMap<u32, Vec<bool>>,
}

impl Requests {
    /// A request is in `phase` from `now` on. A new one gets the first free lane of its device.
    pub(super) fn phase(&mut self, number: u64, device: u32, phase: Phase, now: SimTime) {
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

    /// A request ends; `None` if it never was anywhere.
    pub(super) fn end(&mut self, number: u64) -> Option<Request> {
        let request = self.under_way.remove(&number)?;
        if let Some(lanes) = self.lanes.get_mut(&request.device) {
            lanes[request.lane as usize] = false;
        }
        Some(request)
    }

    /// All that are under way.
    pub(super) fn take_all(&mut self) -> BTreeMap<u64, Request> {
        std::mem::take(&mut self.under_way)
    }
}

impl Request {
    /// Its phases with their begin and end, the last one ending at `end`.
    pub(super) fn slices(&self, end: SimTime) -> impl Iterator<Item = (Phase, SimTime, SimTime)> + '_ {
        let ends = self.phases.iter().skip(1).map(|&(_, since)| since).chain([end]);
        self.phases.iter().zip(ends).map(|(&(phase, since), until)| (phase, since, until))
    }
}
