//! The device's processor runs heads, step by step.

use super::{Edge, ProcessorState};
use crate::cosim::context::{Answered, Context};
use crate::cosim::demand::Asked;
use crate::cosim::event::EventKind;
use crate::cosim::observer::{DropReason, Observer, QueueAt, ServerAt};
use crate::cosim::phase::Phase;
use crate::cosim::requests::Request;
use crate::cosim::{CosimError, Head, HeadStep};
use crate::edge::{DropPolicy, SpeedLevel};
use crate::energy::ComputeEnergy;
use crate::kernel::{SimTime, not_negative};

/// What a head step came to.
#[derive(Clone, Copy, Debug)]
pub(in crate::cosim) enum HeadStepDone {
    /// Nothing more is to be done for the request at the edge.
    Over,
    /// The device has answered by itself.
    Answered(Answered),
    /// The request goes on: `packets` packets from the `first` on can be sent, and then the head with its next step, if
    /// this was not the last.
    Made {
        /// Index of the first packet.
        first: u32,
        packets: u32,
        is_last: bool,
    },
}

impl Edge<'_> {
    /// A request comes to its device.
    pub(in crate::cosim) fn arrival<O: Observer>(
        &mut self,
        asked: Asked,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let (Asked { number, device, sample, deadline }, now) = (asked, context.now());
        if !self.is_alive(device) {
            context.refuse(number, device, DropReason::BatteryEmpty);
            return Ok(());
        }
        if self.processors.is_busy(device) && !self.profile.admits(self.processors.waiting(device)) {
            if self.profile.when_full == DropPolicy::Newest {
                context.refuse(number, device, DropReason::QueueFull);
                return Ok(());
            }
            if let Some(oldest) = self.processors.turn_away(device, &mut context.requests, now)? {
                context.drop_request(oldest, DropReason::QueueFull);
                context.leave(oldest, Phase::EdgeWait);
            }
        }
        let slot = context.requests.insert(number, device, sample, now, deadline);
        context.observer.phase(now, number, device, Phase::EdgeWait);
        let is_served = self.processors.enter(device, slot, &mut context.requests, now)?;
        self.observe_queue(device, context);
        if is_served { self.begin_head(slot, context) } else { Ok(()) }
    }

    /// The processor, which is free, begins with a request.
    fn begin_head<O: Observer>(&mut self, slot: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let request = context.requests.get_mut(slot);
        let (device, sample, number) = (request.device, request.sample, request.number);
        let design = self.profile.design.design(self.devices[device as usize].uplink_estimate);
        request.design = design;
        request.level = self.profile.governor.level(self.processors.waiting(device));
        check_head(&context.computation.head(design, sample), design, sample)?;
        let is_awake = self.wake(device, context)?;
        context.go_on(slot, Phase::EdgeWait, Phase::EdgeCompute);
        context.observer.chosen(context.agenda.now(), number, device, design);
        context.observer.begin_service(context.agenda.now(), ServerAt::Edge { device }, number);
        if is_awake {
            return self.begin_step(slot, context);
        }
        context.agenda.schedule(self.times.wake, EventKind::ProcessorAwake, slot)?;
        Ok(())
    }

    /// The processor has woken up for a request, if the device still lives.
    pub(in crate::cosim) fn processor_awake<O: Observer>(
        &mut self,
        slot: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let device = context.requests.get(slot).device;
        if !self.is_alive(device) {
            context.drop_request(slot, DropReason::BatteryEmpty);
            return self.end_head(slot, context);
        }
        self.set_processor(device, ProcessorState::Computing, context)?;
        self.begin_step(slot, context)
    }

    /// The next step of a head begins.
    fn begin_step<O: Observer>(&self, slot: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let request = context.requests.get(slot);
        let made = usize::from(request.made);
        let seconds = self.nominal_seconds(made, &context.head(slot).steps[made]);
        let time = SimTime::from_seconds(seconds / self.level(request.level).rate_factor)?;
        context.agenda.schedule(time, EventKind::HeadDone, slot)?;
        Ok(())
    }

    /// Seconds of step number `made` of a head at the nominal speed.
    fn nominal_seconds(&self, made: usize, step: &HeadStep) -> f64 {
        let processor = &self.profile.processor;
        let operations = processor.operation_seconds(&step.counts);
        if made == 0 { processor.with_overhead(operations) } else { operations }
    }

    /// Energy of step number `made` of a head at the nominal speed: what its operations cost, or what a device draws meanwhile
    /// that was measured as a whole.
    fn nominal_energy(&self, made: usize, step: &HeadStep) -> ComputeEnergy {
        let measured =
            |watts| ComputeEnergy { other: watts * self.nominal_seconds(made, step), ..ComputeEnergy::default() };
        self.profile.measured_watts.map_or(step.energy, measured)
    }

    fn level(&self, level: u8) -> SpeedLevel {
        self.profile.levels[usize::from(level)]
    }

    /// The processor has made a step of a head. If the request goes on, [`Edge::go_on`] is to follow.
    pub(in crate::cosim) fn head_done<O: Observer>(
        &mut self,
        slot: u32,
        context: &mut Context<'_, O>,
    ) -> Result<HeadStepDone, CosimError> {
        let device = context.requests.get(slot).device;
        if !self.is_alive(device) {
            context.drop_request(slot, DropReason::BatteryEmpty);
            self.end_head(slot, context)?;
            return Ok(HeadStepDone::Over);
        }
        let request = context.requests.get(slot);
        let (made, level) = (usize::from(request.made), self.level(request.level));
        let head = context.head(slot);
        let step = head.steps[made];
        let (is_last, sends) = (made + 1 == head.steps.len(), !head.packets.is_empty());
        let first = head.steps[..made].iter().map(|step| step.packets).sum();
        context.requests.get_mut(slot).made += 1;
        let energy = self.nominal_energy(made, &step);
        self.device_mut(device).ledger.charge(&energy, level.energy_factor());
        self.power_changed(device, context)?;
        let request = context.requests.get(slot);
        if request.has_ended() {
            // Its answer came while this step was made.
            self.end_head(slot, context)?;
            return Ok(HeadStepDone::Over);
        }
        if let Some(answer) = self.own_answer(&step, request.messages > 0, is_last, sends) {
            context.tally.requests.answered_at_edge += 1;
            let answered = context.complete(slot, answer, 0);
            self.end_head(slot, context)?;
            return Ok(HeadStepDone::Answered(answered));
        }
        Ok(HeadStepDone::Made { first, packets: step.packets, is_last })
    }

    /// A request whose step was made, and what there was to send of it handed over, goes on with its next step, unless that
    /// was the last.
    pub(in crate::cosim) fn go_on<O: Observer>(
        &mut self,
        slot: u32,
        is_last: bool,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        if is_last { self.end_head(slot, context) } else { self.begin_step(slot, context) }
    }

    /// The edge's own answer, if it is sure enough and nothing was sent, or if there is nothing to send at all.
    pub(super) fn own_answer(&self, step: &HeadStep, was_sent: bool, is_last: bool, sends: bool) -> Option<u32> {
        let guess = step.guess?;
        let is_sure = self.profile.exit_entropy.is_some_and(|most| guess.entropy <= most);
        (is_sure && !was_sent || is_last && !sends).then_some(guess.answer)
    }

    /// The processor is done with a request: it goes on with the next one, or rests.
    fn end_head<O: Observer>(&mut self, slot: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let (&Request { device, arrived, .. }, now) = (context.requests.get(slot), context.now());
        self.computed.add(now.since(arrived));
        context.leave(slot, Phase::EdgeCompute);
        context.observer.end_service(now, ServerAt::Edge { device });
        while let Some(next) = self.processors.leave(device, &mut context.requests, now)? {
            self.observe_queue(device, context);
            if self.is_alive(device) {
                return self.begin_head(next, context);
            }
            context.drop_request(next, DropReason::BatteryEmpty);
            context.leave(next, Phase::EdgeWait);
        }
        if self.is_alive(device) { self.rest_processor(device, context) } else { Ok(()) }
    }

    /// Makes the processor compute, or wake up first if it sleeps. True if it computes.
    fn wake<O: Observer>(&mut self, device: u32, context: &mut Context<'_, O>) -> Result<bool, CosimError> {
        if !self.times.has_states {
            context.observer.processor(context.agenda.now(), device, ProcessorState::Computing);
            return Ok(true);
        }
        let at = &mut self.devices[device as usize];
        context.agenda.stop_timer(&mut at.sleep);
        let is_awake = at.processor != ProcessorState::Asleep || self.times.wake == SimTime::ZERO;
        let state = if is_awake { ProcessorState::Computing } else { ProcessorState::Waking };
        self.set_processor(device, state, context).map(|()| is_awake)
    }

    fn rest_processor<O: Observer>(&mut self, device: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        if !self.times.has_states {
            context.observer.processor(context.agenda.now(), device, ProcessorState::Idle);
            return Ok(());
        }
        if self.profile.standby.sleep.is_none() {
            return self.set_processor(device, ProcessorState::Idle, context);
        }
        let after = self.times.sleep_after;
        if after == SimTime::ZERO {
            return self.set_processor(device, ProcessorState::Asleep, context);
        }
        self.set_processor(device, ProcessorState::Idle, context)?;
        let at = &mut self.devices[device as usize];
        at.idles_since_past = false;
        Ok(context.agenda.set_timer(&mut at.sleep, after, EventKind::SleepTimer, device)?)
    }

    /// The timer of an idle processor has rung.
    pub(in crate::cosim) fn sleep_timer<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let at = &mut self.devices[device as usize];
        if !context.agenda.ring(&mut at.sleep, EventKind::SleepTimer, device)? {
            return Ok(());
        }
        // It has been idle since the head was done, later than the request by a time that is not known.
        if std::mem::take(&mut at.idles_since_past)
            && let Some(longer) = self.computed.mean()
        {
            return Ok(context.agenda.set_timer(&mut at.sleep, longer, EventKind::SleepTimer, device)?);
        }
        self.set_processor(device, ProcessorState::Asleep, context)
    }

    pub(super) fn set_processor<O: Observer>(
        &mut self,
        device: u32,
        state: ProcessorState,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let (part, watts) = state.power(&self.profile.standby);
        let now = context.now();
        let at = self.device_mut(device);
        at.processor = state;
        at.ledger.set_processor(now, part, watts);
        context.observer.processor(now, device, state);
        self.power_changed(device, context)
    }

    fn observe_queue<O: Observer>(&self, device: u32, context: &mut Context<'_, O>) {
        let waiting = self.processors.waiting(device);
        context.observer.queue(context.agenda.now(), QueueAt::Edge { device }, waiting);
    }
}

/// Checks that a head has steps, says what is sent in them, and either sends something or answers.
fn check_head(head: &Head<'_>, design: u8, sample: u32) -> Result<(), CosimError> {
    let (steps, packets) = (head.steps.len(), head.packets.len());
    let in_steps = head.steps.iter().map(|step| u64::from(step.packets)).sum::<u64>();
    if steps == 0 || steps > Head::MOST_STEPS || in_steps != packets as u64 {
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
