//! Queues with one server each: the devices, and the uplinks.

use super::CosimError;
use super::line::{Line, Linked};
use super::observer::QueueAt;
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
    /// What the queue of a station is called.
    queue: fn(u32) -> QueueAt,
    usage: Usage,
}

impl Place {
    pub(super) fn new(stations: u32, queue: fn(u32) -> QueueAt) -> Self {
        let stations = vec![Station { line: Line::EMPTY, busy: false }; stations as usize];
        Self { stations, queue, usage: Usage::default() }
    }

    pub(super) fn is_busy(&self, station: u32) -> bool {
        self.stations[station as usize].busy
    }

    /// How many wait at `station`.
    pub(super) fn waiting(&self, station: u32) -> u32 {
        self.stations[station as usize].line.len()
    }

    /// `slot` comes to `station`. True if it is served at once.
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
        self.usage.check((self.queue)(station), self.usage.waiting.level(), now)
    }

    /// Counts a nanosecond too many: the broken place of a test of invariant 8.
    #[cfg(test)]
    pub(super) fn miscount(&mut self) {
        self.usage.miscount();
    }

    /// Loses the first of a line: the broken place of another. False if nobody stands there.
    #[cfg(test)]
    pub(super) fn lose(&mut self, station: u32, pool: &mut impl Linked, now: SimTime) -> bool {
        self.stations[station as usize].line.pop(pool, now).is_some()
    }

    /// How the place was used from time zero to `end`.
    pub(super) fn usage(&self, end: SimTime) -> PlaceUse {
        let servers = self.stations.len() as f64;
        self.usage.until(end, self.usage.serving.mean(end).map(|serving| serving / servers))
    }
}

/// How a place was used, all its queues taken together.
#[derive(Debug, Default)]
pub(super) struct Usage {
    waiting: TimeWeighted,
    pub(super) serving: TimeWeighted,
    entered: u64,
    left: u64,
    /// Time waited by those that wait no more.
    waited_nanoseconds: u128,
    /// Sum of the times since when those wait that still do.
    since_nanoseconds: u128,
}

impl Usage {
    /// One comes and begins to wait.
    pub(super) fn wait(&mut self, now: SimTime) {
        self.entered += 1;
        self.waiting.increase(now);
        self.since_nanoseconds += u128::from(now.nanoseconds());
    }

    /// One comes and is served at once.
    pub(super) fn serve_at_once(&mut self) {
        self.entered += 1;
        self.left += 1;
    }

    /// One that waited so long is served or turned away.
    pub(super) fn stop_waiting(&mut self, waited: SimTime, now: SimTime) {
        self.left += 1;
        self.waiting.decrease(now);
        self.waited_nanoseconds += u128::from(waited.nanoseconds());
        self.since_nanoseconds = self.since_nanoseconds.wrapping_sub(u128::from(now.since(waited).nanoseconds()));
    }

    /// Little's law (invariant 8) from time zero to `now`, `waiting` standing in line: the area under the length of the queue
    /// is the time waited by all. With the time waited so far by those that still wait that holds at any moment, in
    /// whole nanoseconds.
    ///
    /// The length is counted as requests come and go, the waits are what each request remembers: a request that is put
    /// in two lines, overwritten in its slot or counted twice breaks the law. It is looked at at every change of a queue, so
    /// that the queue at which it breaks is the one to name.
    pub(super) fn check(&self, queue: QueueAt, waiting: u64, now: SimTime) -> Result<(), CosimError> {
        let area = self.waiting.area_until(now);
        let waiting_so_far = (u128::from(waiting) * u128::from(now.nanoseconds())).wrapping_sub(self.since_nanoseconds);
        let waited = self.waited_nanoseconds.wrapping_add(waiting_so_far);
        let (entered, left) = (self.entered, self.left);
        if area == waited && entered == left + waiting {
            return Ok(());
        }
        Err(CosimError::LittlesLaw { at: now, queue, area, waited, entered, left, waiting })
    }

    #[cfg(test)]
    pub(super) fn miscount(&mut self) {
        self.waited_nanoseconds += 1;
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
