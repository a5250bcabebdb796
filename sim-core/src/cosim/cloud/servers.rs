//! The servers of the cloud and the queue in front of them.

use crate::cloud::{Autoscaling, Cloud, Order};
use crate::cosim::CosimError;
use crate::cosim::line::{Line, Linked};
use crate::cosim::observer::QueueAt;
use crate::cosim::outcome::{CloudEnergy, PlaceUse};
use crate::cosim::usage::{Extent, Usage};
use crate::kernel::{SimTime, TimeError};
use crate::stats::TimeWeighted;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What the servers can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A server takes this batch.
    Batch(u32),
    /// A server waits for more requests until then.
    Wait(SimTime),
    /// There is no free server, or no request.
    Nothing,
}

/// Decision of the autoscaling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scaling {
    Start,
    Stop,
    Keep,
}

/// The servers, and the requests that wait for one.
#[derive(Debug)]
pub(in crate::cosim) struct Servers {
    profile: Cloud,
    max_wait: SimTime,
    /// Requests that wait, in the order of their coming, for [`Order::FirstCome`].
    first_come: Line,
    /// Requests that wait, for [`Order::EarliestDeadline`]: deadline, sequence, slot, since when.
    by_deadline: BinaryHeap<Reverse<(SimTime, u64, u32, SimTime)>>,
    came: u64,
    running: u32,
    starting: u32,
    busy: u32,
    /// The requests of each batch being served, in slots that are used again.
    batches: Vec<Vec<u32>>,
    free_batches: Vec<u32>,
    usage: Usage,
    running_time: TimeWeighted,
    powered_time: TimeWeighted,
    operation_joules: f64,
}

impl Servers {
    pub(super) fn new(profile: &Cloud) -> Result<Self, TimeError> {
        let mut running_time = TimeWeighted::default();
        running_time.set(SimTime::ZERO, profile.servers.into());
        Ok(Self {
            profile: *profile,
            max_wait: SimTime::from_seconds(profile.batching.max_wait_seconds)?,
            first_come: Line::EMPTY,
            by_deadline: BinaryHeap::new(),
            came: 0,
            running: profile.servers,
            starting: 0,
            busy: 0,
            batches: Vec::new(),
            free_batches: Vec::new(),
            usage: Usage::default(),
            powered_time: running_time,
            running_time,
            operation_joules: 0.0,
        })
    }

    pub(in crate::cosim) fn waiting(&self) -> u32 {
        match self.profile.order {
            Order::FirstCome => self.first_come.len(),
            Order::EarliestDeadline => self.by_deadline.len() as u32,
        }
    }

    /// A request comes, wanted by `deadline`.
    pub(super) fn enter(
        &mut self,
        slot: u32,
        deadline: Option<SimTime>,
        pool: &mut impl Linked,
        now: SimTime,
    ) -> Result<(), CosimError> {
        self.usage.wait(now);
        self.came += 1;
        match self.profile.order {
            Order::FirstCome => self.first_come.push(slot, pool, now),
            Order::EarliestDeadline => {
                self.by_deadline.push(Reverse((deadline.unwrap_or(SimTime::MAX), self.came, slot, now)));
            }
        }
        self.check(now)
    }

    /// Little's law from time zero to `end`.
    pub(super) fn check(&self, end: SimTime) -> Result<(), CosimError> {
        self.usage.check(QueueAt::Cloud, self.waiting().into(), end)
    }

    /// What can be done now. A batch that is given is being served from now on.
    pub(super) fn next(&mut self, pool: &mut impl Linked, now: SimTime) -> Result<Next, CosimError> {
        let (waiting, most) = (self.waiting(), self.profile.batching.max_size);
        if waiting == 0 || self.busy >= self.running {
            return Ok(Next::Nothing);
        }
        if waiting < most && self.max_wait > SimTime::ZERO {
            let until = self.oldest(pool).after(self.max_wait)?;
            if until > now {
                return Ok(Next::Wait(until));
            }
        }
        let batch = self.free_batches.pop().unwrap_or_else(|| {
            self.batches.push(Vec::new());
            (self.batches.len() - 1) as u32
        });
        for _ in 0..waiting.min(most) {
            let Some((slot, waited)) = self.take(pool, now) else { break };
            self.usage.stop_waiting(waited, now);
            self.batches[batch as usize].push(slot);
        }
        self.check(now)?;
        self.busy += 1;
        self.usage.serving.increase(now);
        Ok(Next::Batch(batch))
    }

    fn take(&mut self, pool: &mut impl Linked, now: SimTime) -> Option<(u32, SimTime)> {
        match self.profile.order {
            Order::FirstCome => self.first_come.pop(pool, now),
            Order::EarliestDeadline => {
                self.by_deadline.pop().map(|Reverse((_, _, slot, since))| (slot, now.since(since)))
            }
        }
    }

    /// Time since when the first of the waiting requests waits. There is one, and fewer than fill a batch.
    fn oldest(&self, pool: &mut impl Linked) -> SimTime {
        match self.profile.order {
            Order::FirstCome => self.first_come.oldest(pool),
            Order::EarliestDeadline => self.by_deadline.iter().map(|entry| entry.0.3).min().unwrap_or(SimTime::ZERO),
        }
    }

    /// The requests of a batch.
    pub(super) fn batch(&self, batch: u32) -> &[u32] {
        &self.batches[batch as usize]
    }

    /// Time that a batch takes whose operations take `operation_seconds` and `joules`, which are booked.
    pub(super) fn begin(&mut self, batch: u32, operation_seconds: f64, joules: f64) -> Result<SimTime, TimeError> {
        self.operation_joules += joules;
        let size = self.batches[batch as usize].len() as u32;
        self.profile.batching.time.time(&self.profile.processor, operation_seconds, size)
    }

    /// A batch is done; its requests go to `done`.
    pub(super) fn finish(&mut self, batch: u32, done: &mut Vec<u32>, now: SimTime) {
        done.append(&mut self.batches[batch as usize]);
        self.free_batches.push(batch);
        self.busy -= 1;
        self.usage.serving.decrease(now);
    }

    /// Looks at the queue, and starts or stops a server if that is needed.
    pub(super) fn scale(&mut self, scaling: &Autoscaling, now: SimTime) -> Scaling {
        let servers = self.running + self.starting;
        let load = f64::from(self.waiting()) / f64::from(servers);
        if load > scaling.up_above && servers < scaling.max_servers {
            self.starting += 1;
            self.powered_time.increase(now);
            return Scaling::Start;
        }
        // Only running servers count here: those that start cannot serve yet.
        if load < scaling.down_below && self.running > scaling.min_servers && self.busy < self.running {
            self.running -= 1;
            self.running_time.decrease(now);
            self.powered_time.decrease(now);
            return Scaling::Stop;
        }
        Scaling::Keep
    }

    /// A server that was started can serve.
    pub(super) fn started(&mut self, now: SimTime) {
        self.starting -= 1;
        self.running += 1;
        self.running_time.increase(now);
    }

    /// Number of running servers.
    pub(super) fn running(&self) -> u32 {
        self.running
    }

    /// How the servers were used in `run`: of those that were running, and offered load of all that may be.
    pub(super) fn usage(&self, run: Extent) -> PlaceUse {
        let busy = self.usage.serving.area_until(run.end);
        let share = self.usage.serving.mean(run.end).zip(self.running_time.mean(run.end));
        let most = self.profile.scaling.as_ref().map_or(self.profile.servers, |scaling| scaling.max_servers);
        PlaceUse { utilisation: share.map(|(busy, all)| busy / all), ..self.usage.over(run, busy, f64::from(most), 0) }
    }

    /// Mean number of servers that draw power: those that run and those that are starting.
    pub(super) fn mean_powered(&self, end: SimTime) -> Option<f64> {
        self.powered_time.mean(end)
    }

    pub(super) fn energy(&self, end: SimTime) -> CloudEnergy {
        let seconds = |level: &TimeWeighted| level.area_until(end) as f64 / 1e9;
        CloudEnergy {
            idle: self.profile.power.idle_watts * seconds(&self.powered_time),
            busy: self.profile.power.busy_watts * seconds(&self.usage.serving),
            operations: self.operation_joules,
        }
    }

    /// Counts a nanosecond too many, for the test of invariant 8.
    #[cfg(test)]
    pub(in crate::cosim) fn miscount(&mut self) {
        self.usage.miscount();
    }

    /// Occupies every server with nobody, for the test of invariant 12.
    #[cfg(test)]
    pub(in crate::cosim) fn jam(&mut self) {
        self.busy = self.running;
    }
}
