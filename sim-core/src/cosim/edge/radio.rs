//! The radio connects when it is needed and goes to rest when it is not.

use super::Edge;
use super::device::Connection;
use crate::cosim::CosimError;
use crate::cosim::air::SentMessage;
use crate::cosim::context::Context;
use crate::cosim::event::EventKind;
use crate::cosim::observer::Observer;
use crate::edge::DesignChoice;
use crate::kernel::SimTime;
use crate::link::Standby;
use rand::RngExt;
use rand_distr::Exp1;

impl Edge<'_> {
    /// Makes sure that the radio is connected, or becomes so. True if it is.
    pub(in crate::cosim) fn connect<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<bool, CosimError> {
        let radio = &mut self.devices[device as usize].radio;
        match radio.connection {
            Connection::Connected => {
                context.agenda.stop_timer(&mut radio.tail);
                Ok(true)
            }
            Connection::Promoting => Ok(false),
            Connection::Standby if self.times.promotion == SimTime::ZERO => {
                radio.connection = Connection::Connected;
                self.radio_changed(device, context).map(|()| true)
            }
            Connection::Standby => {
                radio.connection = Connection::Promoting;
                context.agenda.schedule(self.times.promotion, EventKind::RadioReady, device)?;
                self.radio_changed(device, context).map(|()| false)
            }
        }
    }

    /// The promotion of a radio is over. If the device lives, what the radio has held back is to follow
    /// ([`Edge::next_held`], [`Edge::receive_held`]).
    pub(in crate::cosim) fn radio_ready<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        if self.is_alive(device) {
            self.device_mut(device).radio.connection = Connection::Connected;
            self.radio_changed(device, context)?;
        }
        Ok(())
    }

    /// A message waits for the radio to connect.
    pub(in crate::cosim) fn hold<O>(&mut self, device: u32, message: u32, context: &mut Context<'_, O>) {
        let now = context.agenda.now();
        self.device_mut(device).radio.held.push(message, &mut context.messages, now);
    }

    /// Whether messages wait for the radio to connect. A device that is dead has none.
    pub(in crate::cosim) fn holds(&self, device: u32) -> bool {
        self.device(device).radio.held.len() > 0
    }

    /// Takes the next message that waits for the radio to connect, or to be permitted to send.
    pub(in crate::cosim) fn next_held<O>(&mut self, device: u32, context: &mut Context<'_, O>) -> Option<u32> {
        let now = context.agenda.now();
        self.device_mut(device).radio.held.pop(&mut context.messages, now).map(|(message, _)| message)
    }

    /// Makes sure that a connected radio may send, or asks for it. True if it may: none has to, or the permission for an earlier
    /// message that is still to be sent stands.
    pub(in crate::cosim) fn ask<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<bool, CosimError> {
        let radio = &mut self.devices[device as usize].radio;
        if self.times.grant == SimTime::ZERO || radio.queued > 0 {
            return Ok(true);
        }
        if !radio.asking {
            radio.asking = true;
            context.agenda.schedule(self.times.grant, EventKind::Granted, device)?;
            self.radio_changed(device, context)?;
        }
        Ok(false)
    }

    /// The radio of a device may send. What it has held back is to follow ([`Edge::next_held`]), then [`Edge::rest_radio`].
    pub(in crate::cosim) fn granted(&mut self, device: u32) {
        self.device_mut(device).radio.asking = false;
    }

    /// A message of the device joins the queue of the uplink.
    pub(in crate::cosim) fn message_queued(&mut self, device: u32) {
        self.device_mut(device).radio.queued += 1;
    }

    /// A message of the device has left the queue of the uplink without being sent.
    pub(in crate::cosim) fn message_discarded<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        self.device_mut(device).radio.queued -= 1;
        self.rest_radio(device, context)
    }

    /// The radio begins to send a message.
    pub(in crate::cosim) fn begin_sending<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        self.device_mut(device).radio.sending = true;
        self.radio_changed(device, context)
    }

    /// The radio has sent the last bit of a message.
    pub(in crate::cosim) fn end_sending<O: Observer>(
        &mut self,
        SentMessage { device, bits, frames, joined, .. }: SentMessage,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let joules = self.radio.power.up_joules(bits) + f64::from(frames) * self.frame_joules;
        let profile = self.profile;
        let at = self.device_mut(device);
        at.radio.sending = false;
        at.radio.queued -= 1;
        if at.is_alive() {
            at.ledger.charge_bits(joules, 0.0);
            if let DesignChoice::ByRate { smoothing, .. } = profile.design
                && context.now() > joined
            {
                let rate = bits / context.now().since(joined).seconds();
                at.uplink_estimate += smoothing * (rate - at.uplink_estimate);
            }
        }
        self.rest_radio(device, context)
    }

    /// Something that the radio did is over: it rests, if it has nothing else to do.
    pub(in crate::cosim) fn rest_radio<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let tail = self.times.tail;
        let at = self.device_mut(device);
        if at.is_alive() && at.radio.connection == Connection::Connected && at.radio.has_nothing_to_do() {
            if tail == SimTime::ZERO {
                at.radio.connection = Connection::Standby;
            } else {
                at.radio.tail_since_past = false;
                context.agenda.set_timer(&mut at.radio.tail, tail, EventKind::TailTimer, device)?;
            }
        }
        self.radio_changed(device, context)
    }

    /// The timer of a connected radio with nothing to do has rung.
    pub(in crate::cosim) fn tail_timer<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let radio = &mut self.devices[device as usize].radio;
        if !context.agenda.ring(&mut radio.tail, EventKind::TailTimer, device)? {
            return Ok(());
        }
        // The tail began with the answer, later than the request by a time that is not known.
        if std::mem::take(&mut radio.tail_since_past)
            && let Some(longer) = self.received.mean()
        {
            return Ok(context.agenda.set_timer(&mut radio.tail, longer, EventKind::TailTimer, device)?);
        }
        radio.connection = Connection::Standby;
        self.radio_changed(device, context)
    }

    /// The radio is in another state, or may be.
    pub(super) fn radio_changed<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let (now, profile) = (context.now(), self.radio);
        let at = self.device_mut(device);
        if !at.is_alive() {
            return Ok(());
        }
        let (part, watts) = at.radio.power(profile);
        at.ledger.set_radio(now, part, watts);
        context.observer.radio(now, device, at.radio.state());
        self.power_changed(device, context)
    }

    /// Schedules the next false alarm. Alarms are a Poisson process of the device that goes on whatever the radios do; those
    /// while the wake-up radio does not listen are not noticed. That is as if it were one of the time spent listening, for
    /// the process has no memory.
    pub(super) fn schedule_false_alarm<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let Standby::Asleep { wake_up, .. } = self.radio.standby else { return Ok(()) };
        if wake_up.false_alarms_per_second == 0.0 {
            return Ok(());
        }
        let alarms = &mut self.devices[device as usize].radio.alarms;
        let mut draws = self.draws.false_alarms.draw(device.into(), (*alarms).into());
        *alarms += 1;
        let gap = draws.sample::<f64, _>(Exp1) / wake_up.false_alarms_per_second;
        context.agenda.schedule(SimTime::from_seconds(gap)?, EventKind::FalseAlarm, device)?;
        Ok(())
    }

    /// The wake-up radio has taken noise for a signal. A device that is dead has no more alarms.
    pub(in crate::cosim) fn false_alarm<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        if !self.is_alive(device) {
            return Ok(());
        }
        if self.hears_alarm(device, context)? {
            context.tally.traffic.false_alarms += 1;
            if self.connect(device, context)? {
                self.rest_radio(device, context)?;
            }
        }
        self.schedule_false_alarm(device, context)
    }

    /// Whether the wake-up radio of a device listens now.
    fn hears_alarm<O: Observer>(&self, device: u32, context: &Context<'_, O>) -> Result<bool, CosimError> {
        let now = context.agenda.now();
        match self.radio.standby {
            Standby::Asleep { wake_up, .. } if self.device(device).radio.connection == Connection::Standby => {
                Ok(self.listens_at(device, &wake_up, now)? == now)
            }
            _ => Ok(false),
        }
    }
}
