//! Requests end, and so does the run: as it should or not.

use super::cloud::messages_of;
use super::{Answered, STANDSTILL, Simulation};
use crate::cosim::counters::Counters;
use crate::cosim::observer::{DropReason, End, Observer};
use crate::cosim::outcome::{Depletion, Outcome};
use crate::cosim::phase::Phase;
use crate::cosim::requests::Request;
use crate::cosim::{CosimError, Stranded};
use crate::energy::Energy;
use crate::kernel::SimTime;

/// Requests that an error names.
const NAMED: usize = 10;

/// Events between two looks at starvation, at least; a look goes over all slots, so there are as many events as slots.
const LOOK_EVERY: u64 = 4_096;

impl<O: Observer> Simulation<'_, O> {
    /// A request is answered.
    pub(super) fn complete(&mut self, slot: u32) -> Result<Answered, CosimError> {
        let now = self.queue.now();
        let request = self.end_request(slot, true, End::Answered)?;
        let late = request.deadline.is_some_and(|deadline| now > deadline);
        self.tally.counters.completed += 1;
        self.tally.late += u64::from(late);
        if request.number >= self.system.workload.warmup {
            self.latency.record(&request, now);
        }
        Ok(Answered { sample: request.sample, answer: request.answer, late })
    }

    /// A request is given up.
    pub(super) fn drop_request(&mut self, slot: u32, reason: DropReason) -> Result<(), CosimError> {
        if !self.requests.get(slot).has_ended() {
            self.end_request(slot, false, End::Dropped(reason))?;
            self.tally.counters.count_drop(reason);
        }
        Ok(())
    }

    fn end_request(&mut self, slot: u32, answered: bool, end: End) -> Result<Request, CosimError> {
        let now = self.queue.now();
        let request = self.requests.end(slot, answered, now);
        self.observer.end(now, request.number, request.device, end);
        // Messages that wait at the cloud for an earlier one wait no more.
        let mut early = request.early;
        while let Some((message, _)) = early.pop(&mut self.messages, now) {
            self.messages.remove(message);
            self.leave(slot, Phase::Uplink);
        }
        if self.arrivals.waits_for_the_end() && self.is_alive(request.device) {
            self.schedule_arrival(request.device)?;
        }
        Ok(request)
    }

    /// A step, message or answer of a request comes to nothing or has done its duty.
    pub(super) fn leave(&mut self, slot: u32, phase: Phase) {
        let (was, now) = (self.requests.get(slot).phase(), self.queue.now());
        if self.requests.leave(slot, phase, now) {
            if let Some(damage) = self.received.get_mut(slot as usize) {
                damage.clear();
            }
            let request = self.requests.get(slot);
            if request.answered && request.exited {
                let all = messages_of(&self.head(slot)) as u64;
                self.tally.counters.steps_saved += all - u64::from(request.sent);
            }
            return;
        }
        let request = self.requests.get(slot);
        if !request.has_ended() && request.phase() != was {
            self.observer.phase(now, request.number, request.device, request.phase());
        }
    }

    /// Looks, now and then, for requests that are too old while others are answered.
    pub(super) fn look_for_starvation(&mut self) -> Result<(), CosimError> {
        let Some(bound) = self.constants.starvation.filter(|_| self.tally.counters.events >= self.look_at_event) else {
            return Ok(());
        };
        self.look_at_event = self.tally.counters.events + LOOK_EVERY.max(self.requests.slots() as u64);
        let answered = self.tally.counters.completed - self.answered_before;
        self.answered_before = self.tally.counters.completed;
        let now = self.queue.now();
        let is_starving = |arrived: SimTime| now.since(arrived) > bound;
        if answered == 0 || !self.requests.oldest().is_some_and(is_starving) {
            return Ok(());
        }
        let all = self.requests.by_number();
        let starving: Vec<&&Request> = all.iter().filter(|request| is_starving(request.arrived)).collect();
        let first = starving.iter().take(NAMED).map(|request| stranded(request)).collect();
        Err(CosimError::Starvation { at: now, bound, starving: starving.len() as u64, answered, first })
    }

    fn first_stranded(&self) -> Vec<Stranded> {
        self.requests.by_number().into_iter().take(NAMED).map(stranded).collect()
    }

    pub(super) fn nothing_left(&self) -> CosimError {
        let in_flight = self.requests.in_flight();
        CosimError::NothingLeftToHappen { at: self.queue.now(), in_flight, first: self.first_stranded() }
    }

    pub(super) fn standstill(&self) -> CosimError {
        let (at, in_flight) = (self.queue.now(), self.requests.in_flight());
        CosimError::TimeStandsStill { at, events: STANDSTILL, in_flight, first: self.first_stranded() }
    }

    /// Requests that missed a deadline.
    fn deadline_misses(&self) -> u64 {
        if self.system.workload.deadlines_seconds.is_empty() {
            return 0;
        }
        let is_over = |request: &&Request| request.deadline.is_some_and(|deadline| self.end > deadline);
        let in_flight = self.requests.by_number().into_iter().filter(is_over).count() as u64;
        self.tally.late + self.tally.counters.dropped() + in_flight
    }

    /// The outcome at the end, `correct` requests having been answered right, some of them by their deadline.
    pub(in crate::cosim) fn outcome(&self, correct: u64, correct_in_time: u64) -> Outcome {
        let mut energy = Energy::default();
        // In the order of the devices, so that rounding is the same every time.
        self.devices.iter().for_each(|device| energy += device.ledger.energy_until(self.end));
        let tally = &self.tally;
        let depleted = tally.counters.depleted_devices;
        let lifetime = tally.lifetime_nanoseconds as f64 / 1e9;
        Outcome {
            counters: Counters {
                in_flight: self.requests.in_flight(),
                correct,
                correct_in_time,
                deadline_misses: self.deadline_misses(),
                ..tally.counters
            },
            latency: self.latency.summary(),
            energy,
            sent_bytes: tally.sent_bytes,
            payload_bytes: tally.payload_bytes,
            depletion: Depletion {
                first: tally.first_depletion,
                mean_seconds: (depleted > 0).then(|| lifetime / depleted as f64),
            },
            cloud_energy: self.cloud.energy(self.end),
            mean_servers: self.cloud.mean_running(self.end),
            edge: self.edge.usage(self.end),
            uplink: self.uplink.usage(self.end),
            cloud: self.cloud.usage(self.end),
            simulated: self.end,
            fingerprint: self.fingerprint.value(),
        }
    }
}

fn stranded(request: &Request) -> Stranded {
    Stranded { request: request.number, device: request.device, phase: request.phase() }
}
