//! The air: messages go through the uplink to the cloud, and answers back.

mod cell;

use super::CosimError;
use super::answers::Answer;
use super::context::Context;
use super::event::EventKind;
use super::messages::Message;
use super::observer::{Observer, QueueAt, ServerAt};
use super::outcome::PlaceUse;
use super::phase::Phase;
use super::stations::Stations;
use super::usage::Extent;
use crate::kernel::{SimTime, StreamFamily, Streams, TimeError};
use crate::link::{Capacity, Carried, Link, Medium, Rate, Round, Sharing, Transport};
use cell::Cell;
use rand::RngExt;

/// The link between the devices and the cloud.
pub(super) struct Air<'a> {
    link: &'a Link,
    /// The queues of the uplinks: one of each device, or one of the cell that sends one message at a time.
    uplinks: Stations,
    /// The cell, if all send at the same time.
    cell: Option<Cell>,
    capacity: Capacity,
    /// Capacity used at each uplink, if its rate comes from a trace.
    used: Vec<Carried>,
    medium: Medium,
    propagation: SimTime,
    uplink_jitter: StreamFamily,
    downlink_jitter: StreamFamily,
}

/// A message that has left its device.
#[derive(Clone, Copy, Debug)]
pub(super) struct SentMessage {
    pub(super) device: u32,
    pub(super) station: u32,
    /// Bits on the wire, copies and headers included.
    pub(super) bits: f64,
    /// Packets, copies included.
    pub(super) frames: u32,
    /// When it joined the queue of the uplink.
    pub(super) joined: SimTime,
}

impl<'a> Air<'a> {
    /// The air of a checked link before the run.
    pub(super) fn new(link: &'a Link, devices: u32, streams: &Streams) -> Result<Self, CosimError> {
        let uplinks = match link.sharing {
            Sharing::Dedicated | Sharing::SharedCell { .. } => devices,
            Sharing::Cell => 1,
        };
        let is_traced = !matches!(link.uplink, Rate::Constant { .. });
        Ok(Self {
            link,
            uplinks: Stations::new(uplinks, |uplink| QueueAt::Uplink { uplink }),
            cell: matches!(link.sharing, Sharing::SharedCell { .. }).then(Cell::new),
            capacity: Capacity::new(&link.uplink)?,
            used: if is_traced { vec![Carried::default(); uplinks as usize] } else { Vec::new() },
            medium: Medium::new(link, devices, streams),
            propagation: SimTime::from_seconds(link.propagation_seconds)?,
            uplink_jitter: streams.family("uplink-jitter"),
            downlink_jitter: streams.family("downlink-jitter"),
        })
    }

    /// Whether the channel can do damage.
    pub(super) fn can_do_damage(&self) -> bool {
        !self.medium.is_clean()
    }

    /// Number of the uplink of a device.
    fn station(&self, device: u32) -> u32 {
        match self.link.sharing {
            Sharing::Dedicated | Sharing::SharedCell { .. } => device,
            Sharing::Cell => 0,
        }
    }

    /// A message joins the queue of its uplink; gives the uplink if it is free to send the message.
    pub(super) fn join<O: Observer>(
        &mut self,
        device: u32,
        message: u32,
        context: &mut Context<'_, O>,
    ) -> Result<Option<u32>, CosimError> {
        let (now, station) = (context.now(), self.station(device));
        context.messages.get_mut(message).joined = now;
        if self.uplinks.enter(station, message, &mut context.messages, now)? {
            return Ok(Some(station));
        }
        self.observe_queue(station, context);
        Ok(None)
    }

    /// The uplink is done with a message; gives the next of its queue.
    pub(super) fn next<O: Observer>(
        &mut self,
        station: u32,
        context: &mut Context<'_, O>,
    ) -> Result<Option<u32>, CosimError> {
        let now = context.now();
        let next = self.uplinks.leave(station, &mut context.messages, now)?;
        if next.is_some() {
            self.observe_queue(station, context);
        }
        Ok(next)
    }

    /// The uplink, which is free, begins to send a message.
    pub(super) fn transmit<O: Observer>(
        &mut self,
        station: u32,
        message: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let now = context.now();
        let (bytes, frames) = self.plan_round(message, context);
        let at = context.messages.get_mut(message);
        (at.bytes, at.frames, at.begun, at.tries) = (bytes, frames, now, at.tries.saturating_add(1));
        let (slot, is_first) = (at.request, at.tries == 1);
        let request = context.requests.get_mut(slot);
        request.sent += u16::from(is_first);
        context.tally.traffic.steps_sent += u64::from(is_first);
        let (device, number) = (request.device, request.number);
        context.go_on(slot, Phase::UplinkWait, Phase::Uplink);
        context.observer.begin_service(now, ServerAt::Uplink { uplink: station }, number);
        let bits = bytes as f64 * 8.0;
        let overhead = f64::from(frames) * self.link.frame.overhead_seconds;
        if let (Rate::Constant { bits_per_second }, None) = (&self.link.uplink, &self.cell) {
            let time = SimTime::from_seconds(bits / bits_per_second + overhead)?;
            context.agenda.schedule(time, EventKind::Sent, message)?;
            return Ok(());
        }
        // The overhead takes from the link what it could have carried meanwhile.
        let bits = bits + self.capacity.bits_within(now, overhead)?;
        if let Some(cell) = &mut self.cell {
            let weight = self.link.sharing.weight(device);
            cell.enter(message, bits, weight, &self.capacity, now);
            return self.await_cell(context);
        }
        let time = match self.used.get_mut(station as usize) {
            Some(used) => self.capacity.send(now, bits, used)?,
            None => self.capacity.send(now, bits, &mut Carried::default())?,
        };
        context.agenda.schedule(time, EventKind::Sent, message)?;
        Ok(())
    }

    /// Plans which packets the next round of a message sends; gives its bytes on the wire, and how many packets they are. On a
    /// clean channel that is all of them.
    fn plan_round<O: Observer>(&self, message: u32, context: &mut Context<'_, O>) -> (u64, u32) {
        let Message { request, first, packets, tries, .. } = *context.messages.get(message);
        let request = context.requests.get(request);
        let all = context.computation.head(request.design, request.sample).packets;
        let (once, frames): (u64, u32) = if self.medium.is_clean() {
            (self.link.bytes(&all[first as usize..(first + packets) as usize]), packets)
        } else {
            context.messages.plan_round(message, tries);
            let round = &context.messages.round;
            let bytes = round.iter().map(|&packet| self.link.bytes(&all[packet as usize..packet as usize + 1]));
            (bytes.sum(), round.len() as u32)
        };
        let copies = self.link.transport.copies();
        // Fewer packets than there are bytes in the largest payload, and at most 64 copies.
        (once * u64::from(copies), frames.saturating_mul(copies.into()))
    }

    /// Schedules when the cell, whose membership has changed, has sent its next message.
    pub(super) fn await_cell<O: Observer>(&mut self, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let Some(cell) = &mut self.cell else { return Ok(()) };
        if let Some(ticket) = cell.event.take() {
            context.agenda.cancel(ticket, EventKind::CellSent);
        }
        if let Some(delay) = cell.next(&self.capacity, context.now())? {
            cell.event = Some(context.agenda.schedule(delay, EventKind::CellSent, 0)?);
        }
        Ok(())
    }

    /// The cell has sent its next message; gives it. [`Air::await_cell`] is to follow.
    pub(super) fn cell_sent<O: Observer>(&mut self, context: &mut Context<'_, O>) -> Option<u32> {
        let cell = self.cell.as_mut()?;
        cell.event = None;
        cell.leave(&self.capacity, context.now())
    }

    /// The last bit of a message has left its device.
    pub(super) fn end_sending<O: Observer>(&self, message: u32, context: &mut Context<'_, O>) -> SentMessage {
        let Message { bytes, frames, joined, .. } = *context.messages.get(message);
        let device = context.request_of(message).device;
        let station = self.station(device);
        context.observer.end_service(context.agenda.now(), ServerAt::Uplink { uplink: station });
        SentMessage { device, station, bits: bytes as f64 * 8.0, frames, joined }
    }

    /// Counts what was sent of a message and draws what became of it. True if there is nothing to send again.
    pub(super) fn count_round<O: Observer>(&mut self, message: u32, context: &mut Context<'_, O>) -> bool {
        let Message { request: slot, first, packets, tries, begun, bytes, .. } = *context.messages.get(message);
        let (request, copies) = (context.requests.get(slot), u64::from(self.link.transport.copies()));
        let all = context.computation.head(request.design, request.sample).packets;
        let tally = &mut context.tally;
        tally.sent_bytes += bytes;
        let mut count = |packet: u32| {
            tally.traffic.packets_sent += copies;
            tally.payload_bytes += copies * u64::from(all[packet as usize]);
            tally.traffic.retransmissions += u64::from(tries > 1);
        };
        if self.medium.is_clean() {
            (first..first + packets).for_each(count);
            return true;
        }
        context.messages.plan_round(message, tries - 1);
        let (damage, sent) = context.messages.round_of(message);
        sent.iter().for_each(|&packet| count(packet));
        let (owner, device, ended) = (request.number, request.device, context.agenda.now());
        let round = Round { owner, device, packets: all, sent, tries, begun, ended };
        context.tally.traffic.packets_lost += self.medium.send(&round, damage);
        match self.link.transport {
            Transport::Retransmit { tries: most, .. } => damage.lost.is_empty() || tries >= most,
            Transport::Datagram | Transport::Repeat { .. } => true,
        }
    }

    /// A message that was sent propagates to the cloud, or waits to be sent again if it is not `complete`.
    pub(super) fn carry<O: Observer>(
        &self,
        message: u32,
        complete: bool,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        if let Transport::Retransmit { timeout_seconds, .. } = self.link.transport
            && !complete
        {
            context.go_on(context.messages.get(message).request, Phase::Uplink, Phase::UplinkWait);
            context.agenda.schedule(SimTime::from_seconds(timeout_seconds)?, EventKind::Retry, message)?;
            return Ok(());
        }
        self.propagate(message, context)
    }

    /// A message is on its way through the air; it does not overtake an earlier one of its request.
    fn propagate<O: Observer>(&self, message: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let now = context.now();
        let Message { request: slot, index, tries, .. } = *context.messages.get(message);
        let request = context.requests.get_mut(slot);
        let jitter = self.jitter(&self.uplink_jitter, request.number, u32::from(index) << 8 | u32::from(tries))?;
        let at = now.after(self.propagation)?.after(jitter)?.max(request.delivered);
        request.delivered = at;
        context.agenda.schedule(at.since(now), EventKind::Delivered, message)?;
        Ok(())
    }

    /// An answer goes from the cloud to its device; it does not overtake an earlier one of its request.
    pub(super) fn send_answer<O: Observer>(&self, answer: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let now = context.now();
        let Answer { request: slot, index, .. } = *context.answers.get(answer);
        context.go_on(slot, Phase::CloudService, Phase::Downlink);
        let request = context.requests.get_mut(slot);
        let jitter = self.jitter(&self.downlink_jitter, request.number, index.into())?;
        let at = now.after(self.propagation)?.after(jitter)?.max(request.answered_at);
        request.answered_at = at;
        context.agenda.schedule(at.since(now), EventKind::AnswerBegins, answer)?;
        Ok(())
    }

    /// Draw `number` of a request's jitter.
    fn jitter(&self, streams: &StreamFamily, owner: u64, number: u32) -> Result<SimTime, TimeError> {
        let most = self.link.jitter_seconds;
        if most == 0.0 {
            return Ok(SimTime::ZERO);
        }
        SimTime::from_seconds(streams.draw(owner, number.into()).random::<f64>() * most)
    }

    fn observe_queue<O: Observer>(&self, station: u32, context: &mut Context<'_, O>) {
        let at = QueueAt::Uplink { uplink: station };
        context.observer.queue(context.agenda.now(), at, self.uplinks.waiting(station));
    }

    /// Little's law from time zero to `end`.
    pub(super) fn check(&self, end: SimTime) -> Result<(), CosimError> {
        self.uplinks.check_all(end)
    }

    /// How the uplinks were used in `run`. A cell that all share at the same time is one server.
    pub(super) fn usage(&self, run: Extent) -> PlaceUse {
        match &self.cell {
            Some(cell) => self.uplinks.usage_of_one(run, cell.busy.area_until(run.end)),
            None => self.uplinks.usage(run, 0),
        }
    }

    /// The queues, to be broken by a test.
    #[cfg(test)]
    pub(super) fn queues(&mut self) -> &mut Stations {
        &mut self.uplinks
    }
}
