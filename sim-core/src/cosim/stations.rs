//! Queues with one server each: the devices, and the uplinks.

use super::CosimError;
use super::line::{Line, Linked};
use super::observer::QueueAt;
use super::outcome::PlaceUse;
use super::usage::{Extent, Usage};
use crate::kernel::SimTime;

/// A line in front of a server. 16 bytes.
#[derive(Clone, Copy, Debug)]
struct Station {
    line: Line,
    busy: bool,
}

/// Stations of one kind, and how they were used, all taken together.
#[derive(Debug)]
pub(super) struct Stations {
    stations: Vec<Station>,
    /// Name of the queue of a station.
    queue: fn(u32) -> QueueAt,
    usage: Usage,
}

impl Stations {
    pub(super) fn new(stations: u32, queue: fn(u32) -> QueueAt) -> Self {
        let stations = vec![Station { line: Line::EMPTY, busy: false }; stations as usize];
        Self { stations, queue, usage: Usage::default() }
    }

    pub(super) fn is_busy(&self, station: u32) -> bool {
        self.stations[station as usize].busy
    }

    /// Number that wait at `station`.
    pub(super) fn waiting(&self, station: u32) -> u32 {
        self.stations[station as usize].line.len()
    }

    /// `slot` comes to `station`; true if it is served at once.
    pub(super) fn enter(
        &mut self,
        station: u32,
        slot: u32,
        pool: &mut impl Linked,
        now: SimTime,
    ) -> Result<bool, CosimError> {
        let at = &mut self.stations[station as usize];
        if at.busy {
            at.line.push(slot, pool, now);
            self.usage.wait(now);
            self.check(station, now)?;
            return Ok(false);
        }
        at.busy = true;
        self.usage.serve_at_once();
        self.usage.serving.increase(now);
        Ok(true)
    }

    /// The server of `station` is free again; gives what it serves next.
    pub(super) fn leave(
        &mut self,
        station: u32,
        pool: &mut impl Linked,
        now: SimTime,
    ) -> Result<Option<u32>, CosimError> {
        let next = self.turn_away(station, pool, now)?;
        if next.is_none() {
            self.stations[station as usize].busy = false;
            self.usage.serving.decrease(now);
        }
        Ok(next)
    }

    /// The first of the line leaves it.
    pub(super) fn turn_away(
        &mut self,
        station: u32,
        pool: &mut impl Linked,
        now: SimTime,
    ) -> Result<Option<u32>, CosimError> {
        let Some((slot, waited)) = self.stations[station as usize].line.pop(pool, now) else { return Ok(None) };
        self.usage.stop_waiting(waited, now);
        self.check(station, now)?;
        Ok(Some(slot))
    }

    /// Little's law from time zero to `end` for all that now stand in a line.
    pub(super) fn check_all(&self, end: SimTime) -> Result<(), CosimError> {
        let waiting = self.stations.iter().map(|station| u64::from(station.line.len())).sum();
        self.usage.check((self.queue)(0), waiting, end)
    }

    /// Little's law, now that `station` has changed.
    fn check(&self, station: u32, now: SimTime) -> Result<(), CosimError> {
        self.usage.check((self.queue)(station), self.usage.waiting(), now)
    }

    /// Counts a nanosecond too many, for a test of invariant 8.
    #[cfg(test)]
    pub(super) fn miscount(&mut self) {
        self.usage.miscount();
    }

    /// Loses the first of a line, for a test of invariant 8. False if nobody stands there.
    #[cfg(test)]
    pub(super) fn lose(&mut self, station: u32, pool: &mut impl Linked, now: SimTime) -> bool {
        self.stations[station as usize].line.pop(pool, now).is_some()
    }

    /// How the place was used in `run`; `turned_away` came but were not let in.
    pub(super) fn usage(&self, run: Extent, turned_away: u64) -> PlaceUse {
        self.usage.over(run, self.usage.serving.area_until(run.end), self.stations.len() as f64, turned_away)
    }

    /// The same, if all stations share one server, which was `busy` for so many nanoseconds.
    pub(super) fn usage_of_one(&self, run: Extent, busy: u128) -> PlaceUse {
        self.usage.over(run, busy, 1.0, 0)
    }
}
