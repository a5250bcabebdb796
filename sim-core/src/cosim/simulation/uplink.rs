//! Messages go up: through the radio, the uplink and the air to the cloud.

use super::Simulation;
use crate::cosim::CosimError;
use crate::cosim::event::EventKind;
use crate::cosim::messages::Message;
use crate::cosim::observer::{DropReason, Observer, QueueAt, ServerAt};
use crate::cosim::phase::Phase;
use crate::edge::DesignChoice;
use crate::kernel::{SimTime, StreamFamily, TimeError};
use crate::link::{Round, Sharing, Transport};
use rand::RngExt;

impl<O: Observer> Simulation<'_, O> {
    /// A head step that was just made is handed to the radio: its packets, of which `first` is the first.
    pub(super) fn send_step(&mut self, slot: u32, first: u32, packets: u32) -> Result<(), CosimError> {
        let request = self.requests.get_mut(slot);
        let index = request.messages;
        request.messages += 1;
        let message = self.messages.insert(slot, index, first, packets);
        self.enter(slot, Phase::UplinkWait);
        self.submit(message)
    }

    /// A message is handed to the radio, for the first time or again.
    pub(super) fn submit(&mut self, message: u32) -> Result<(), CosimError> {
        let device = self.requests.get(self.messages.get(message).request).device;
        if !self.is_wanted(message) {
            return self.discard(message, Phase::UplinkWait);
        }
        if self.connect(device)? {
            return self.join_uplink(message);
        }
        let now = self.queue.now();
        self.devices[device as usize].radio.held.push(message, &mut self.messages, now);
        Ok(())
    }

    /// A message joins the queue of the uplink; the radio is connected.
    pub(super) fn join_uplink(&mut self, message: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        let device = self.requests.get(self.messages.get(message).request).device;
        self.devices[device as usize].radio.queued += 1;
        self.messages.get_mut(message).joined = now;
        let station = self.station(device);
        if self.uplink.enter(station, message, &mut self.messages, now)? {
            return self.begin_sending(station, message);
        }
        self.observe_uplink_queue(station);
        Ok(())
    }

    /// The uplink, which is free, sends the message, or the next one that is still wanted.
    fn begin_sending(&mut self, station: u32, first: u32) -> Result<(), CosimError> {
        let mut next = Some(first);
        while let Some(message) = next {
            if self.is_wanted(message) {
                return self.transmit(station, message);
            }
            let device = self.requests.get(self.messages.get(message).request).device;
            self.devices[device as usize].radio.queued -= 1;
            self.discard(message, Phase::UplinkWait)?;
            self.rest_radio(device)?;
            next = self.uplink.leave(station, &mut self.messages, self.queue.now())?;
            self.observe_uplink_queue(station);
        }
        Ok(())
    }

    fn transmit(&mut self, station: u32, message: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        let bytes = self.plan(message);
        let at = self.messages.get_mut(message);
        (at.bytes, at.begun, at.tries) = (bytes, now, at.tries.saturating_add(1));
        let (slot, is_first) = (at.request, at.tries == 1);
        let request = self.requests.get_mut(slot);
        request.sent += u16::from(is_first);
        self.tally.counters.steps_sent += u64::from(is_first);
        let (device, number) = (request.device, request.number);
        self.go_on(slot, Phase::UplinkWait, Phase::Uplink);
        self.observer.begin_service(now, ServerAt::Uplink { uplink: station }, number);
        self.devices[device as usize].radio.sending = true;
        self.radio_changed(device)?;
        let bits = bytes as f64 * 8.0;
        if let Some(cell) = &mut self.cell {
            let weight = self.system.link.sharing.weight(device);
            cell.enter(message, bits, weight, &self.capacity, now);
            return self.await_cell();
        }
        let time = match self.used.get_mut(station as usize) {
            Some(used) => self.capacity.send(now, bits, used)?,
            None => self.capacity.send(now, bits, &mut 0.0)?,
        };
        self.schedule(time, EventKind::Sent, message).map(|_| ())
    }

    /// Which packets the next round of a message sends; gives its bytes on the wire. On a clean channel that is all of them.
    fn plan(&mut self, message: u32) -> u64 {
        let Message { request, first, packets, tries, .. } = *self.messages.get(message);
        let (all, link) = (self.head(request).packets, &self.system.link);
        let once = if self.medium.is_clean() {
            link.bytes(&all[first as usize..(first + packets) as usize])
        } else {
            let request = self.requests.get(request);
            let all = self.computation.head(request.design, request.sample).packets;
            self.messages.plan_round(message, tries);
            self.messages.round.iter().map(|&packet| link.bytes(&all[packet as usize..packet as usize + 1])).sum()
        };
        once * u64::from(link.transport.copies())
    }

    /// When the cell, whose membership has changed, has sent its next message.
    fn await_cell(&mut self) -> Result<(), CosimError> {
        if let Some(ticket) = self.cell_event.take() {
            self.cancel(ticket);
        }
        if let Some(cell) = &self.cell
            && let Some(delay) = cell.next(&self.capacity, self.queue.now())?
        {
            self.cell_event = Some(self.schedule(delay, EventKind::CellSent, 0)?);
        }
        Ok(())
    }

    pub(super) fn cell_sent(&mut self) -> Result<(), CosimError> {
        self.cell_event = None;
        let now = self.queue.now();
        if let Some(message) = self.cell.as_mut().and_then(|cell| cell.leave(&self.capacity, now)) {
            self.sent(message)?;
        }
        self.await_cell()
    }

    /// The last bit of a message has left the device.
    pub(super) fn sent(&mut self, message: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        let Message { request: slot, bytes, joined, .. } = *self.messages.get(message);
        let device = self.requests.get(slot).device;
        let station = self.station(device);
        self.observer.end_service(now, ServerAt::Uplink { uplink: station });
        let bits = bytes as f64 * 8.0;
        let at = &mut self.devices[device as usize];
        at.radio.sending = false;
        at.radio.queued -= 1;
        if at.is_alive() {
            at.ledger.charge_bits(self.system.link.radio.power.up_joules(bits), 0.0);
            if let DesignChoice::ByRate { smoothing, .. } = self.system.edge.design
                && now > joined
            {
                at.uplink_estimate += smoothing * (bits / now.since(joined).seconds() - at.uplink_estimate);
            }
        }
        self.rest_radio(device)?;
        let is_due = self.count_round(message);
        if let Some(next) = self.uplink.leave(station, &mut self.messages, now)? {
            self.observe_uplink_queue(station);
            self.begin_sending(station, next)?;
        }
        if !self.is_wanted(message) {
            return self.discard(message, Phase::Uplink);
        }
        match self.system.link.transport {
            Transport::Retransmit { timeout_seconds, .. } if !is_due => {
                self.go_on(slot, Phase::Uplink, Phase::UplinkWait);
                self.schedule(SimTime::from_seconds(timeout_seconds)?, EventKind::Retry, message).map(|_| ())
            }
            _ => self.propagate(message),
        }
    }

    /// Counts what was sent and draws what became of it. True if there is nothing to send again.
    fn count_round(&mut self, message: u32) -> bool {
        let Message { request: slot, first, packets, tries, begun, bytes, .. } = *self.messages.get(message);
        let (request, copies) = (self.requests.get(slot), u64::from(self.system.link.transport.copies()));
        let all = self.computation.head(request.design, request.sample).packets;
        self.tally.sent_bytes += bytes;
        let count = |tally: &mut super::Tally, sent: &mut dyn Iterator<Item = u32>| {
            for packet in sent {
                tally.counters.packets_sent += copies;
                tally.payload_bytes += copies * u64::from(all[packet as usize]);
                tally.counters.retransmissions += u64::from(tries > 1);
            }
        };
        if self.medium.is_clean() {
            count(&mut self.tally, &mut (first..first + packets));
            return true;
        }
        self.messages.plan_round(message, tries - 1);
        let (damage, sent) = self.messages.round_of(message);
        count(&mut self.tally, &mut sent.iter().copied());
        let (owner, device, ended) = (request.number, request.device, self.queue.now());
        let round = Round { owner, device, packets: all, sent, tries, begun, ended };
        self.tally.counters.packets_lost += self.medium.send(&round, damage);
        match self.system.link.transport {
            Transport::Retransmit { tries: most, .. } => damage.lost.is_empty() || tries >= most,
            Transport::Datagram | Transport::Repeat { .. } => true,
        }
    }

    /// A message is on its way through the air; it does not overtake an earlier one of its request.
    fn propagate(&mut self, message: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        let Message { request: slot, index, tries, .. } = *self.messages.get(message);
        let owner = self.requests.get(slot).number;
        let jitter = self.jitter(&self.constants.uplink_jitter, owner, u32::from(index) << 8 | u32::from(tries))?;
        let request = self.requests.get_mut(slot);
        let at = now.after(self.constants.propagation)?.after(jitter)?.max(request.delivered);
        request.delivered = at;
        self.schedule(at.since(now), EventKind::Delivered, message).map(|_| ())
    }

    /// Draw `number` of a request's jitter.
    pub(super) fn jitter(&self, streams: &StreamFamily, owner: u64, number: u32) -> Result<SimTime, TimeError> {
        let most = self.system.link.jitter_seconds;
        if most == 0.0 {
            return Ok(SimTime::ZERO);
        }
        SimTime::from_seconds(streams.draw(owner, number.into()).random::<f64>() * most)
    }

    /// Whether a message is worth sending on: its request has not ended, and its device lives.
    fn is_wanted(&self, message: u32) -> bool {
        let request = self.requests.get(self.messages.get(message).request);
        !request.has_ended() && self.is_alive(request.device)
    }

    /// A message that is not wanted any more is put away. If its device has died before its request ended, that ends now.
    pub(super) fn discard(&mut self, message: u32, phase: Phase) -> Result<(), CosimError> {
        let slot = self.messages.get(message).request;
        self.messages.remove(message);
        if !self.requests.get(slot).has_ended() {
            self.drop_request(slot, DropReason::BatteryEmpty)?;
        }
        self.leave(slot, phase);
        Ok(())
    }

    fn station(&self, device: u32) -> u32 {
        match self.system.link.sharing {
            Sharing::Dedicated | Sharing::SharedCell { .. } => device,
            Sharing::Cell => 0,
        }
    }

    fn observe_uplink_queue(&mut self, station: u32) {
        let at = QueueAt::Uplink { uplink: station };
        self.observer.queue(self.queue.now(), at, self.uplink.waiting(station));
    }
}
