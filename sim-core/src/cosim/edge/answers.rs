//! Answers come down; a radio that is off has to be woken first. Where the device decides about an early exit, each answer holds the
//! scores of the steps so far, and one that is certain enough ends its request; those that were on their way behind it are
//! received like any other, and come to nothing.

use super::Edge;
use super::device::Connection;
use crate::cosim::CosimError;
use crate::cosim::answers::Answer;
use crate::cosim::context::{Answered, Context};
use crate::cosim::event::EventKind;
use crate::cosim::observer::{DropReason, Observer};
use crate::cosim::phase::Phase;
use crate::cosim::requests::Request;
use crate::kernel::SimTime;
use crate::link::{Standby, WakeUpRadio};
use rand::RngExt;

impl Edge<'_> {
    /// The first bit of an answer reaches its device.
    pub(in crate::cosim) fn answer_begins<O: Observer>(
        &mut self,
        answer: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let Some(device) = self.recipient(answer, context) else { return Ok(()) };
        match (self.device(device).radio.connection, self.radio.standby) {
            (Connection::Standby, Standby::Asleep { wake_up, .. }) => {
                self.signal(answer, device, &wake_up, SimTime::ZERO, context)
            }
            _ => self.receive_when_connected(answer, device, context),
        }
    }

    fn receive_when_connected<O: Observer>(
        &mut self,
        answer: u32,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        if self.connect(device, context)? {
            return self.receive(answer, device, context);
        }
        let now = context.now();
        self.device_mut(device).radio.answers.push(answer, &mut context.answers, now);
        Ok(())
    }

    /// The radio, which is connected, begins to receive an answer.
    fn receive<O: Observer>(
        &mut self,
        answer: u32,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        self.device_mut(device).radio.receiving += 1;
        self.radio_changed(device, context)?;
        context.agenda.schedule(self.times.answer, EventKind::AnswerReceived, answer)?;
        Ok(())
    }

    /// The radio, which has just connected, begins to receive the answers that waited for it, and rests if there is
    /// nothing to do.
    pub(in crate::cosim) fn receive_held<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        while let Some(answer) = self.next_answer(device, context) {
            self.receive(answer, device, context)?;
        }
        self.rest_radio(device, context)
    }

    /// Takes the next answer that waits for the radio to connect.
    pub(super) fn next_answer<O>(&mut self, device: u32, context: &mut Context<'_, O>) -> Option<u32> {
        let now = context.agenda.now();
        self.device_mut(device).radio.answers.pop(&mut context.answers, now).map(|(answer, _)| answer)
    }

    /// The last bit of an answer has reached its device: the answer stands, or comes to nothing.
    pub(in crate::cosim) fn answer_received<O: Observer>(
        &mut self,
        answer: u32,
        context: &mut Context<'_, O>,
    ) -> Result<Option<Answered>, CosimError> {
        let Answer { request: slot, steps, guess, is_last, .. } = *context.answers.get(answer);
        let &Request { device, arrived, .. } = context.requests.get(slot);
        self.device_mut(device).radio.receiving -= 1;
        if self.recipient(answer, context).is_none() {
            return Ok(None);
        }
        context.answers.remove(answer);
        context.tally.traffic.answers_received += 1;
        let joules = self.radio.power.down_joules(self.times.answer_bits);
        self.device_mut(device).ledger.charge_bits(0.0, joules);
        self.rest_radio(device, context)?;
        let stands = is_last || self.exit_entropy.is_some_and(|most| guess.entropy <= most);
        let answered = (stands && !context.requests.get(slot).has_ended()).then(|| {
            self.received.add(context.now().since(arrived));
            context.complete(slot, guess.answer, steps)
        });
        context.leave(slot, Phase::Downlink);
        Ok(answered)
    }

    /// The device that an answer goes to. If it has died, or the request was dropped, the answer is put away.
    fn recipient<O: Observer>(&self, answer: u32, context: &mut Context<'_, O>) -> Option<u32> {
        let request = context.request_answered_by(answer);
        if self.is_alive(request.device) && (request.answered || !request.has_ended()) {
            return Some(request.device);
        }
        context.discard_answer(answer, Some(DropReason::BatteryEmpty));
        None
    }

    /// Sends a wake-up signal when the device next listens, `after` from now or later.
    fn signal<O: Observer>(
        &self,
        answer: u32,
        device: u32,
        wake_up: &WakeUpRadio,
        after: SimTime,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let now = context.now();
        let signals = &mut context.answers.get_mut(answer).signals;
        *signals = signals.saturating_add(1);
        let listens = self.listens_at(device, wake_up, now.after(after)?)?;
        let ends = listens.after(SimTime::from_seconds(wake_up.signal_seconds)?)?;
        context.agenda.schedule(ends.since(now), EventKind::WakeSignal, answer)?;
        Ok(())
    }

    /// When the wake-up radio of a device listens, at `earliest` or after.
    pub(super) fn listens_at(
        &self,
        device: u32,
        wake_up: &WakeUpRadio,
        earliest: SimTime,
    ) -> Result<SimTime, CosimError> {
        if wake_up.duty >= 1.0 {
            return Ok(earliest);
        }
        // In whole nanoseconds, because seconds in floats grow coarse late in a long run.
        let period = SimTime::from_seconds(wake_up.period_seconds)?.nanoseconds().max(1);
        let phase = self.draws.wake_up_phases.stream(device.into()).random_range(0..period);
        let into = (u128::from(earliest.nanoseconds()) + u128::from(period - phase)) % u128::from(period);
        let into = into as u64;
        let listening = (wake_up.duty * period as f64) as u64;
        let wait = if into < listening.max(1) { 0 } else { period - into };
        Ok(earliest.after(SimTime::from_nanoseconds(wait))?)
    }

    /// A wake-up signal for an answer has ended.
    pub(in crate::cosim) fn wake_signal<O: Observer>(
        &mut self,
        answer: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let Some(device) = self.recipient(answer, context) else { return Ok(()) };
        let number = context.request_answered_by(answer).number;
        let Answer { index, signals, is_last, .. } = *context.answers.get(answer);
        let is_off = self.device(device).radio.connection == Connection::Standby;
        let draw = u64::from(index) << 8 | u64::from(signals);
        if let Standby::Asleep { wake_up, .. } = self.radio.standby
            && is_off
            && self.draws.wake_up_misses.draw(number, draw).random::<f64>() < wake_up.miss_probability
        {
            context.tally.traffic.missed_signals += 1;
            if signals < wake_up.tries {
                return self.signal(answer, device, &wake_up, SimTime::from_seconds(wake_up.retry_seconds)?, context);
            }
            context.discard_answer(answer, is_last.then_some(DropReason::Unreachable));
            return Ok(());
        }
        self.receive_when_connected(answer, device, context)
    }
}
