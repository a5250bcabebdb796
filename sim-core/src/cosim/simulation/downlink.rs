//! Answers come down; a radio that is off has to be woken first.

use super::{Answered, Simulation};
use crate::cosim::CosimError;
use crate::cosim::device::Phase;
use crate::cosim::event::EventKind;
use crate::cosim::observer::{DropReason, Observer};
use crate::cosim::requests::Part;
use crate::kernel::SimTime;
use crate::link::{Standby, WakeUpRadio};
use rand::RngExt;

impl<O: Observer> Simulation<'_, O> {
    /// An answer could be received now.
    pub(super) fn answer_begins(&mut self, slot: u32) -> Result<(), CosimError> {
        if self.gives_up(slot)? {
            return Ok(());
        }
        let device = self.requests.get(slot).device;
        match (self.devices[device as usize].radio.phase(), self.system.link.radio.standby) {
            (Phase::Standby, Standby::Asleep { wake_up, .. }) => self.signal(slot, &wake_up, SimTime::ZERO),
            _ => self.receive_when_connected(slot),
        }
    }

    fn receive_when_connected(&mut self, slot: u32) -> Result<(), CosimError> {
        let device = self.requests.get(slot).device;
        if self.connect(device)? {
            return self.receive(slot);
        }
        let now = self.queue.now();
        self.devices[device as usize].radio.answers.push(slot, &mut self.requests, now);
        Ok(())
    }

    /// The radio, which is connected, begins to receive an answer.
    pub(super) fn receive(&mut self, slot: u32) -> Result<(), CosimError> {
        let device = self.requests.get(slot).device;
        self.devices[device as usize].radio.receiving += 1;
        self.radio_changed(device)?;
        self.schedule(self.constants.answer_time, EventKind::AnswerReceived, slot).map(|_| ())
    }

    pub(super) fn answer_received(&mut self, slot: u32) -> Result<Option<Answered>, CosimError> {
        let device = self.requests.get(slot).device;
        self.devices[device as usize].radio.receiving -= 1;
        if self.gives_up(slot)? {
            return Ok(None);
        }
        let joules = self.system.link.radio.power.down_joules(self.constants.answer_bits);
        self.devices[device as usize].ledger.charge_bits(0.0, joules);
        self.rest_radio(device)?;
        let answered = self.complete(slot)?;
        self.leave(slot, Part::Downlink);
        Ok(Some(answered))
    }

    /// Ends a request whose device has died.
    fn gives_up(&mut self, slot: u32) -> Result<bool, CosimError> {
        let request = self.requests.get(slot);
        let (device, has_ended) = (request.device, request.has_ended());
        if self.is_alive(device) && !has_ended {
            return Ok(false);
        }
        if !has_ended {
            self.drop_request(slot, DropReason::BatteryEmpty)?;
        }
        self.leave(slot, Part::Downlink);
        Ok(true)
    }

    /// Sends a wake-up signal when the device next listens, `after` from now.
    fn signal(&mut self, slot: u32, wake_up: &WakeUpRadio, after: SimTime) -> Result<(), CosimError> {
        let request = self.requests.get_mut(slot);
        request.signals = request.signals.saturating_add(1);
        let device = request.device;
        let earliest = self.queue.now().after(after)?;
        let listens = self.listens_at(device, wake_up, earliest)?;
        let ends = listens.after(SimTime::from_seconds(wake_up.signal_seconds)?)?;
        self.schedule(ends.since(self.queue.now()), EventKind::WakeSignal, slot).map(|_| ())
    }

    /// When the wake-up radio of a device listens, at `earliest` or after.
    fn listens_at(&self, device: u32, wake_up: &WakeUpRadio, earliest: SimTime) -> Result<SimTime, CosimError> {
        if wake_up.duty >= 1.0 {
            return Ok(earliest);
        }
        let period = wake_up.period_seconds;
        let phase = self.constants.wake_up_phases.stream(device.into()).random::<f64>() * period;
        let into = (earliest.seconds() - phase).rem_euclid(period);
        let wait = if into < wake_up.duty * period { 0.0 } else { period - into };
        Ok(earliest.after(SimTime::from_seconds(wait)?)?)
    }

    pub(super) fn wake_signal(&mut self, slot: u32) -> Result<(), CosimError> {
        if self.gives_up(slot)? {
            return Ok(());
        }
        let request = self.requests.get(slot);
        let (device, owner, signals) = (request.device, request.number, request.signals);
        let is_off = self.devices[device as usize].radio.phase() == Phase::Standby;
        if let Standby::Asleep { wake_up, .. } = self.system.link.radio.standby
            && is_off
            && self.constants.wake_up_misses.draw(owner, signals.into()).random::<f64>() < wake_up.miss_probability
        {
            self.tally.missed_signals += 1;
            if signals < wake_up.tries {
                return self.signal(slot, &wake_up, SimTime::from_seconds(wake_up.retry_seconds)?);
            }
            self.drop_request(slot, DropReason::Unreachable)?;
            self.leave(slot, Part::Downlink);
            return Ok(());
        }
        self.receive_when_connected(slot)
    }
}
