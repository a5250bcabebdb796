//! Steps arrive at the cloud, and its servers run tails.

use super::Simulation;
use crate::cosim::event::EventKind;
use crate::cosim::messages::Message;
use crate::cosim::observer::{DropReason, Observer, QueueAt, ServerAt};
use crate::cosim::requests::Part;
use crate::cosim::servers::{Next, Scaling};
use crate::cosim::{CosimError, Head, Received};
use crate::kernel::{SimTime, not_negative};

impl<O: Observer> Simulation<'_, O> {
    /// The last bit of a message has reached the cloud, or would have.
    pub(super) fn delivered(&mut self, message: u32) -> Result<(), CosimError> {
        let Message { request: slot, index, .. } = *self.messages.get(message);
        if self.requests.get(slot).has_ended() {
            return self.discard(message, Part::Uplink);
        }
        let now = self.queue.now();
        let request = self.requests.get_mut(slot);
        if index != request.due {
            // An earlier message is still being repeated.
            request.early.push(message, &mut self.messages, now);
            return Ok(());
        }
        let mut released = 0;
        let mut next = Some(message);
        while let Some(message) = next {
            self.take_in(slot, message);
            released += 1;
            let (due, mut early) = (self.requests.get(slot).due, self.requests.get(slot).early);
            let messages = &mut self.messages;
            next = early.take(messages, |message, messages| messages.get(message).index == due);
            self.requests.get_mut(slot).early = early;
        }
        self.go_on_in_cloud(slot)?;
        let request = self.requests.get(slot);
        if !request.known && usize::from(request.due) == messages_of(&self.head(slot)) {
            self.drop_request(slot, DropReason::AllPacketsLost)?;
        }
        (0..released).for_each(|_| self.leave(slot, Part::Uplink));
        Ok(())
    }

    /// A message whose turn it is becomes part of what the cloud has of a request.
    fn take_in(&mut self, slot: u32, message: u32) {
        let packets = self.messages.get(message).packets;
        let mut arrived = packets;
        if let Some(damage) = self.messages.damage(message) {
            arrived -= damage.lost.len() as u32;
            self.received[slot as usize].extend(damage);
            self.tally.bits_flipped += damage.flipped.len() as u64;
            self.tally.bits_erased += damage.erased.len() as u64;
        }
        self.messages.remove(message);
        let request = self.requests.get_mut(slot);
        request.due += 1;
        request.known |= arrived > 0;
    }

    /// The cloud begins with the next step of a request, if it has one, nothing else to do for it, and knows of it.
    fn go_on_in_cloud(&mut self, slot: u32) -> Result<(), CosimError> {
        let request = self.requests.get(slot);
        if request.at_work || request.exited || !request.known || request.served == request.due {
            return Ok(());
        }
        let (design, sample, deadline) = (request.design, request.sample, request.deadline);
        let (steps, packets) = prefix(&self.head(slot), request.served);
        let whole = crate::link::PacketDamage::default();
        let damage = self.received.get(slot as usize).unwrap_or(&whole);
        // Damage of steps that have arrived but are not run yet is left out.
        let lost = &damage.lost[..damage.lost.partition_point(|&packet| packet < packets)];
        let bytes = |head: Head<'_>| head.packets[..packets as usize].iter().map(|&b| u64::from(b)).sum::<u64>();
        let (flipped, erased) = if damage.flipped.is_empty() && damage.erased.is_empty() {
            (&damage.flipped[..], &damage.erased[..])
        } else {
            let bits = bytes(self.computation.head(design, sample)) * 8;
            let before = |marks: &[u32]| marks.partition_point(|&bit| u64::from(bit) < bits);
            (&damage.flipped[..before(&damage.flipped)], &damage.erased[..before(&damage.erased)])
        };
        let tail = self.computation.tail(design, sample, &Received { steps, lost, flipped, erased });
        not_negative("energy of a tail step", tail.energy.total())?;
        let request = self.requests.get_mut(slot);
        request.at_work = true;
        request.answer = tail.guess.answer;
        request.tail_entropy = tail.guess.entropy;
        request.tail_seconds = self.system.cloud.processor.operation_seconds(&tail.counts);
        request.tail_joules = tail.energy.total();
        self.enter(slot, Part::CloudWait);
        self.cloud.enter(slot, deadline, &mut self.requests, self.queue.now())?;
        self.serve()
    }

    /// Lets the servers take what they can.
    fn serve(&mut self) -> Result<(), CosimError> {
        let now = self.queue.now();
        loop {
            match self.cloud.next(&mut self.requests, now)? {
                Next::Batch(batch) => self.begin_batch(batch)?,
                Next::Wait(until) => {
                    self.set_batch_timer(Some(until))?;
                    break;
                }
                Next::Nothing => {
                    self.set_batch_timer(None)?;
                    break;
                }
            }
        }
        self.observer.queue(now, QueueAt::Cloud, self.cloud.waiting());
        Ok(())
    }

    fn begin_batch(&mut self, batch: u32) -> Result<(), CosimError> {
        let (mut seconds, mut joules) = (0.0, 0.0);
        for index in 0..self.cloud.batch(batch).len() {
            let slot = self.cloud.batch(batch)[index];
            let request = self.requests.get(slot);
            seconds += request.tail_seconds;
            joules += request.tail_joules;
            let number = request.number;
            // There are never more slots of batches than servers at work, so they number the servers.
            self.observer.begin_service(self.queue.now(), ServerAt::Cloud { server: batch }, number);
            self.go_on(slot, Part::CloudWait, Part::CloudService);
        }
        let time = self.cloud.begin(batch, seconds, joules)?;
        self.schedule(time, EventKind::TailDone, batch).map(|_| ())
    }

    fn set_batch_timer(&mut self, until: Option<SimTime>) -> Result<(), CosimError> {
        if self.batch_event.map(|(_, at)| at) == until {
            return Ok(());
        }
        if let Some((ticket, _)) = self.batch_event.take() {
            self.cancel(ticket);
        }
        if let Some(at) = until {
            let ticket = self.schedule(at.since(self.queue.now()), EventKind::BatchTimer, 0)?;
            self.batch_event = Some((ticket, at));
        }
        Ok(())
    }

    pub(super) fn batch_timer(&mut self) -> Result<(), CosimError> {
        self.batch_event = None;
        self.serve()
    }

    pub(super) fn tail_done(&mut self, batch: u32) -> Result<(), CosimError> {
        let mut done = std::mem::take(&mut self.done);
        self.cloud.finish(batch, &mut done, self.queue.now());
        self.observer.end_service(self.queue.now(), ServerAt::Cloud { server: batch });
        for &slot in &done {
            self.step_served(slot)?;
        }
        done.clear();
        self.done = done;
        self.serve()
    }

    /// The cloud has run a step: it answers, goes on with the next step, or waits for it.
    fn step_served(&mut self, slot: u32) -> Result<(), CosimError> {
        let all = messages_of(&self.head(slot));
        let exit = self.system.cloud.exit_entropy;
        let request = self.requests.get_mut(slot);
        request.at_work = false;
        request.served += 1;
        let is_sure = exit.is_some_and(|most| request.tail_entropy <= most);
        if request.has_ended() {
            self.leave(slot, Part::CloudService);
        } else if is_sure || usize::from(request.served) == all {
            request.exited = true;
            let owner = request.number;
            self.go_on(slot, Part::CloudService, Part::Downlink);
            let jitter = self.jitter(&self.constants.downlink_jitter, owner, 0)?;
            let delay = self.constants.propagation.after(jitter)?;
            self.schedule(delay, EventKind::AnswerBegins, slot)?;
        } else {
            self.go_on_in_cloud(slot)?;
            self.leave(slot, Part::CloudService);
        }
        Ok(())
    }

    pub(super) fn schedule_scale_look(&mut self) -> Result<(), CosimError> {
        match &self.system.cloud.scaling {
            Some(scaling) => {
                let period = SimTime::from_seconds(scaling.period_seconds)?;
                self.schedule(period, EventKind::ScaleLook, 0).map(|_| ())
            }
            None => Ok(()),
        }
    }

    pub(super) fn scale_look(&mut self) -> Result<(), CosimError> {
        let Some(scaling) = &self.system.cloud.scaling else { return Ok(()) };
        let now = self.queue.now();
        match self.cloud.scale(scaling, now) {
            Scaling::Start => {
                let startup = SimTime::from_seconds(scaling.startup_seconds)?;
                self.schedule(startup, EventKind::ServerStarted, 0)?;
            }
            Scaling::Stop => self.observer.servers(now, self.cloud.running()),
            Scaling::Keep => {}
        }
        self.schedule_scale_look()
    }

    pub(super) fn server_started(&mut self) -> Result<(), CosimError> {
        let now = self.queue.now();
        self.cloud.started(now);
        self.observer.servers(now, self.cloud.running());
        self.serve()
    }
}

/// Messages that a head sends: one for each step with packets.
pub(super) fn messages_of(head: &Head<'_>) -> usize {
    head.steps.iter().filter(|step| step.packets > 0).count()
}

/// Steps made, and packets there are, once message `index` of a head is sent.
fn prefix(head: &Head<'_>, index: u16) -> (u32, u32) {
    let (mut packets, mut messages) = (0, 0);
    for (step, made) in head.steps.iter().zip(1..) {
        packets += step.packets;
        messages += u16::from(step.packets > 0);
        if messages > index {
            return (made, packets);
        }
    }
    (head.steps.len() as u32, packets)
}
