//! Queues with one server each: the devices, and the uplinks.

use super::line::{Line, Linked};
use super::outcome::PlaceUse;
use crate::kernel::SimTime;
use crate::stats::TimeWeighted;

/// One line in front of one server. 16 bytes.
#[derive(Clone, Copy, Debug)]
struct Station {
    line: Line,
    busy: bool,
}

/// Stations of one kind, and how they were used, all taken together.
#[derive(Debug)]
pub(super) struct Place {
    stations: Vec<Station>,
    usage: Usage,
}

impl Place {
    pub(super) fn new(stations: u32) -> Self {
        Self { stations: vec![Station { line: Line::EMPTY, busy: false }; stations as usize], usage: Usage::default() }
    }

    pub(super) fn is_busy(&self, station: u32) -> bool {
        self.stations[station as usize].busy
    }

    /// How many wait at `station`.
    pub(super) fn waiting(&self, station: u32) -> u32 {
        self.stations[station as usize].line.len()
    }

    /// `slot` comes to `station`. True if it is served at once.
    pub(super) fn enter(&mut self, station: u32, slot: u32, pool: &mut impl Linked, now: SimTime) -> bool {
        self.usage.enter();
        let at = &mut self.stations[station as usize];
        if at.busy {
            at.line.push(slot, pool, now);
            self.usage.wait(now);
            return false;
        }
        at.busy = true;
        self.usage.begin(SimTime::ZERO);
        self.usage.serving.increase(now);
        true
    }

    /// The server of `station` is free again; gives what it serves next.
    pub(super) fn leave(&mut self, station: u32, pool: &mut impl Linked, now: SimTime) -> Option<u32> {
        let next = self.turn_away(station, pool, now);
        if next.is_none() {
            self.stations[station as usize].busy = false;
            self.usage.serving.decrease(now);
        }
        next
    }

    /// The first of the line leaves it.
    pub(super) fn turn_away(&mut self, station: u32, pool: &mut impl Linked, now: SimTime) -> Option<u32> {
        let (slot, waited) = self.stations[station as usize].line.pop(pool, now)?;
        self.usage.stop_waiting(now);
        self.usage.begin(waited);
        Some(slot)
    }

    /// How the place was used from time zero to `end`.
    pub(super) fn usage(&self, end: SimTime) -> PlaceUse {
        let servers = self.stations.len() as f64;
        self.usage.until(end, self.usage.serving.mean(end).map(|serving| serving / servers))
    }
}

/// How a place was used.
#[derive(Debug, Default)]
pub(super) struct Usage {
    waiting: TimeWeighted,
    pub(super) serving: TimeWeighted,
    entered: u64,
    left: u64,
    waited_nanoseconds: u128,
}

impl Usage {
    /// One comes.
    pub(super) fn enter(&mut self) {
        self.entered += 1;
    }

    /// One begins to wait.
    pub(super) fn wait(&mut self, now: SimTime) {
        self.waiting.increase(now);
    }

    /// One no longer waits.
    pub(super) fn stop_waiting(&mut self, now: SimTime) {
        self.waiting.decrease(now);
    }

    /// One that waited so long, or not at all, is served or turned away.
    pub(super) fn begin(&mut self, waited: SimTime) {
        self.left += 1;
        self.waited_nanoseconds += u128::from(waited.nanoseconds());
    }

    pub(super) fn until(&self, end: SimTime, utilisation: Option<f64>) -> PlaceUse {
        PlaceUse {
            utilisation,
            mean_queue_length: self.waiting.mean(end),
            entered: self.entered,
            mean_wait_seconds: (self.left > 0).then(|| self.waited_nanoseconds as f64 / 1e9 / self.left as f64),
        }
    }
}
