//! How places are used, and Little's law.

use super::CosimError;
use super::observer::QueueAt;
use super::outcome::PlaceUse;
use crate::kernel::SimTime;
use crate::stats::TimeWeighted;

/// Two lengths of a run, both from time zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Up to the last event or the horizon.
    pub(super) end: SimTime,
    /// Up to the last request, or to the horizon if others would have come.
    pub(super) asking: SimTime,
}

/// How a place is used, all its queues taken together.
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

    /// Number that wait now.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting.level()
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

    /// How the place was used from time zero to the end of `run`, in which its servers, so many of them, were busy for the `busy`
    /// nanoseconds together, and `turned_away` more came but were not let in.
    pub(super) fn over(&self, run: Extent, busy: u128, servers: f64, turned_away: u64) -> PlaceUse {
        let share = |time: SimTime| (time > SimTime::ZERO).then(|| busy as f64 / (servers * time.nanoseconds() as f64));
        let brought = (self.entered + turned_away) as f64 / self.left as f64;
        let end = run.end;
        PlaceUse {
            utilisation: share(end),
            load: share(run.asking).filter(|_| self.left > 0).map(|served| served * brought),
            mean_queue_length: self.waiting.mean(end),
            entered: self.entered,
            mean_wait_seconds: (self.left > 0).then(|| self.waited_nanoseconds as f64 / 1e9 / self.left as f64),
        }
    }
}
