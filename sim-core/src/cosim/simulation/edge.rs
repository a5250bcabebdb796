//! The device's processor runs heads, step by step.

use super::{Answered, Simulation};
use crate::cosim::device::ProcessorState;
use crate::cosim::event::EventKind;
use crate::cosim::observer::{DropReason, Observer, ServerAt};
use crate::cosim::phase::Phase;
use crate::cosim::timer::Alarm;
use crate::cosim::{CosimError, Head, HeadStep};
use crate::edge::SpeedLevel;
use crate::kernel::{SimTime, not_negative};

impl<O: Observer> Simulation<'_, O> {
    /// The processor, which is free, begins with a request.
    pub(super) fn begin_head(&mut self, slot: u32) -> Result<(), CosimError> {
        let device = self.requests.get(slot).device;
        let waiting = self.edge.waiting(device);
        let edge = &self.system.edge;
        let design = edge.design.design(self.devices[device as usize].uplink_estimate);
        let request = self.requests.get_mut(slot);
        request.design = design;
        // There are at most 256 levels, for a fixed one is named by a byte, and thresholds beyond are never reached.
        request.level = edge.governor.level(waiting).min(usize::from(u8::MAX)) as u8;
        let sample = request.sample;
        check_head(&self.head(slot), design, sample)?;
        let wake_seconds = self.wake(device)?;
        self.go_on(slot, Phase::EdgeWait, Phase::EdgeCompute);
        let number = self.requests.get(slot).number;
        self.observer.begin_service(self.queue.now(), ServerAt::Edge { device }, number);
        self.begin_step(slot, wake_seconds)
    }

    /// The next step of a head begins, `after_seconds` from now.
    fn begin_step(&mut self, slot: u32, after_seconds: f64) -> Result<(), CosimError> {
        let processor = &self.system.edge.processor;
        let made = usize::from(self.requests.get(slot).made);
        let operations = processor.operation_seconds(&self.head(slot).steps[made].counts);
        let seconds = if made == 0 { processor.with_overhead(operations) } else { operations };
        let time = SimTime::from_seconds(after_seconds + seconds / self.level(slot).rate_factor)?;
        self.schedule(time, EventKind::HeadDone, slot)?;
        Ok(())
    }

    fn level(&self, slot: u32) -> SpeedLevel {
        self.system.edge.levels[usize::from(self.requests.get(slot).level)]
    }

    pub(super) fn head_done(&mut self, slot: u32) -> Result<Option<Answered>, CosimError> {
        let device = self.requests.get(slot).device;
        if !self.is_alive(device) {
            self.drop_request(slot, DropReason::BatteryEmpty)?;
            self.leave(slot, Phase::EdgeCompute);
            return self.free_processor(device).map(|()| None);
        }
        let made = usize::from(self.requests.get(slot).made);
        let head = self.head(slot);
        let step = head.steps[made];
        let (is_last, sends) = (made + 1 == head.steps.len(), !head.packets.is_empty());
        let first = head.steps[..made].iter().map(|step| step.packets).sum();
        self.requests.get_mut(slot).made += 1;
        let factor = self.level(slot).energy_factor();
        self.devices[device as usize].ledger.charge(&step.energy, factor);
        self.power_changed(device)?;
        if self.requests.get(slot).has_ended() {
            // The cloud's answer came while this step was made.
            self.leave(slot, Phase::EdgeCompute);
            return self.free_processor(device).map(|()| None);
        }
        if let Some(answer) = self.own_answer(slot, &step, is_last, sends) {
            return self.answer_at_edge(slot, answer).map(Some);
        }
        if step.packets > 0 {
            self.send_step(slot, first, step.packets)?;
        }
        if !is_last {
            return self.begin_step(slot, 0.0).map(|()| None);
        }
        self.leave(slot, Phase::EdgeCompute);
        self.free_processor(device).map(|()| None)
    }

    /// The edge's own answer, if it is sure enough and nothing was sent, or if there is nothing to send at all.
    fn own_answer(&self, slot: u32, step: &HeadStep, is_last: bool, sends: bool) -> Option<u32> {
        let guess = step.guess?;
        let is_sure = self.system.edge.exit_entropy.is_some_and(|most| guess.entropy <= most);
        let was_sent = self.requests.get(slot).messages > 0;
        (is_sure && !was_sent || is_last && !sends).then_some(guess.answer)
    }

    fn answer_at_edge(&mut self, slot: u32, answer: u32) -> Result<Answered, CosimError> {
        let request = self.requests.get_mut(slot);
        request.answer = answer;
        let device = request.device;
        self.tally.counters.answered_at_edge += 1;
        let answered = self.complete(slot)?;
        self.leave(slot, Phase::EdgeCompute);
        self.free_processor(device)?;
        Ok(answered)
    }

    /// The processor goes on with the next request, or rests.
    fn free_processor(&mut self, device: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        self.observer.end_service(now, ServerAt::Edge { device });
        while let Some(slot) = self.edge.leave(device, &mut self.requests, now)? {
            self.observe_edge_queue(device);
            if self.is_alive(device) {
                return self.begin_head(slot);
            }
            self.drop_request(slot, DropReason::BatteryEmpty)?;
            self.leave(slot, Phase::EdgeWait);
        }
        if self.is_alive(device) { self.rest_processor(device) } else { Ok(()) }
    }

    /// Makes the processor compute; gives the seconds until it is awake.
    fn wake(&mut self, device: u32) -> Result<f64, CosimError> {
        if !self.constants.has_standby {
            self.observer.processor(self.queue.now(), device, ProcessorState::Computing);
            return Ok(0.0);
        }
        let was = self.devices[device as usize].processor;
        self.switch_off(device, |device| &mut device.sleep);
        let mut seconds = 0.0;
        if let (ProcessorState::Asleep, Some(sleep)) = (was, self.system.edge.standby.sleep) {
            seconds = sleep.wake_seconds;
            self.devices[device as usize].ledger.charge_wake_up(sleep.wake_watts * seconds);
        }
        self.set_processor(device, ProcessorState::Computing)?;
        Ok(seconds)
    }

    fn rest_processor(&mut self, device: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        if !self.constants.has_standby {
            self.observer.processor(now, device, ProcessorState::Idle);
            return Ok(());
        }
        if self.system.edge.standby.sleep.is_none() {
            return self.set_processor(device, ProcessorState::Idle);
        }
        let after = self.constants.sleep_after;
        if after == SimTime::ZERO {
            return self.set_processor(device, ProcessorState::Asleep);
        }
        self.set_processor(device, ProcessorState::Idle)?;
        if let Some(delay) = self.devices[device as usize].sleep.arm(now, after)? {
            self.schedule(delay, EventKind::SleepTimer, device)?;
        }
        self.pending.timers += 1;
        Ok(())
    }

    pub(super) fn sleep_timer(&mut self, device: u32) -> Result<(), CosimError> {
        match self.devices[device as usize].sleep.ring(self.queue.now()) {
            Alarm::Off => {}
            Alarm::Later(delay) => {
                self.schedule(delay, EventKind::SleepTimer, device)?;
            }
            Alarm::Due => {
                self.happens(EventKind::SleepTimer, device);
                self.pending.timers -= 1;
                self.set_processor(device, ProcessorState::Asleep)?;
            }
        }
        Ok(())
    }

    fn set_processor(&mut self, device: u32, state: ProcessorState) -> Result<(), CosimError> {
        let standby = &self.system.edge.standby;
        let watts = match state {
            ProcessorState::Idle => standby.idle_watts,
            ProcessorState::Asleep => standby.sleep.map_or(standby.idle_watts, |sleep| sleep.watts),
            ProcessorState::Computing => 0.0,
        };
        let now = self.queue.now();
        let at = &mut self.devices[device as usize];
        at.processor = state;
        at.ledger.set_standby(now, watts);
        self.observer.processor(now, device, state);
        self.power_changed(device)
    }
}

/// A head has steps, says what is sent in them, and either sends something or answers.
fn check_head(head: &Head<'_>, design: u8, sample: u32) -> Result<(), CosimError> {
    let (steps, packets) = (head.steps.len(), head.packets.len());
    let in_steps = head.steps.iter().map(|step| u64::from(step.packets)).sum::<u64>();
    if steps == 0 || steps > usize::from(u16::MAX) || in_steps != packets as u64 {
        return Err(CosimError::BrokenHead { design, sample, steps, in_steps, packets });
    }
    for step in head.steps {
        not_negative("energy of a head step", step.energy.total())?;
    }
    if packets == 0 && head.steps[steps - 1].guess.is_none() {
        return Err(CosimError::NothingToSend { design, sample });
    }
    Ok(())
}
