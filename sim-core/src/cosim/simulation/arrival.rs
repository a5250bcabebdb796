//! Requests come.

use super::Simulation;
use crate::cosim::CosimError;
use crate::cosim::event::EventKind;
use crate::cosim::observer::{DropReason, End, Observer};
use crate::cosim::requests::Part;
use crate::edge::DropPolicy;
use crate::link::PacketDamage;

impl<O: Observer> Simulation<'_, O> {
    /// Lets the next arrival of `source` come.
    pub(super) fn schedule_arrival(&mut self, source: u32) -> Result<(), CosimError> {
        if self.tally.generated < self.system.workload.requests
            && let Some(next) = self.arrivals.next(source, self.queue.now())?
        {
            self.pending.arrivals += 1;
            self.schedule(next.delay, EventKind::Arrival, next.device)?;
        }
        Ok(())
    }

    pub(super) fn arrival(&mut self, device: u32) -> Result<(), CosimError> {
        let (number, now) = (self.tally.generated, self.queue.now());
        self.tally.generated += 1;
        // The card is dealt even if the request is then dropped: the next request's sample must not depend on that.
        let sample = self.samples.next(device);
        if !self.arrivals.waits_for_the_end() {
            self.schedule_arrival(device)?;
        }
        if !self.is_alive(device) {
            return self.refuse(number, device, DropReason::BatteryEmpty);
        }
        if self.edge.is_busy(device) && !self.system.edge.admits(self.edge.waiting(device)) {
            if self.system.edge.when_full == DropPolicy::Newest {
                return self.refuse(number, device, DropReason::QueueFull);
            }
            if let Some(oldest) = self.edge.turn_away(device, &mut self.requests, now)? {
                self.drop_request(oldest, DropReason::QueueFull)?;
                self.leave(oldest, Part::EdgeWait);
            }
        }
        let deadline = match self.system.workload.deadline(device)? {
            Some(within) => Some(now.after(within)?),
            None => None,
        };
        let slot = self.requests.insert(number, device, sample, now, deadline);
        if !self.medium.is_clean() && self.received.len() < self.requests.slots() {
            self.received.resize_with(self.requests.slots(), PacketDamage::default);
        }
        self.observer.part(now, number, device, Part::EdgeWait);
        let served = self.edge.enter(device, slot, &mut self.requests, now)?;
        self.observe_edge_queue(device);
        if served { self.begin_head(slot) } else { Ok(()) }
    }

    /// The request ends as it comes.
    fn refuse(&mut self, number: u64, device: u32, reason: DropReason) -> Result<(), CosimError> {
        self.tally.dropped.count(reason);
        self.observer.end(self.queue.now(), number, device, End::Dropped(reason));
        if self.arrivals.waits_for_the_end() && self.is_alive(device) {
            self.schedule_arrival(device)?;
        }
        Ok(())
    }
}
