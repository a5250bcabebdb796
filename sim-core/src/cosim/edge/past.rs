//! Devices begin as if they had been running before time zero: their radios and processors are as the requests before left
//! them.

use super::device::Connection;
use super::{Edge, ProcessorState};
use crate::cosim::CosimError;
use crate::cosim::context::Context;
use crate::cosim::event::EventKind;
use crate::cosim::observer::Observer;
use crate::kernel::SimTime;
use crate::workload::Past;
use rand::RngExt;

impl Edge<'_> {
    /// Puts every device into the state that its `past` implies, each of so many `samples` being equally likely to have been
    /// asked for.
    pub(super) fn resume<O: Observer>(
        &mut self,
        past: impl Fn(u32) -> Past,
        samples: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let tail = self.radio.tail_seconds;
        let idle = self.profile.standby.sleep.map_or(0.0, |sleep| sleep.after_seconds);
        let sent = if tail > 0.0 { self.share_sent(samples, context) } else { 0.0 };
        if sent == 0.0 && idle == 0.0 {
            return Ok(());
        }
        let limit = if sent > 0.0 { idle.max(tail) } else { idle };
        for device in 0..self.devices.len() as u32 {
            let mut past = past(device);
            // A negative age is that of a request which is still to come.
            let mut next = || std::iter::from_fn(|| past.next(limit)).find(|&age| age >= 0.0);
            let mut age = next();
            if let Some(age) = age.filter(|&age| age < idle) {
                self.resume_idling(device, idle - age, context)?;
            }
            let mut samples = (sent < 1.0).then(|| self.draws.past_samples.stream(device.into()));
            while let (Some(_), Some(samples)) = (age, &mut samples)
                && samples.random::<f64>() >= sent
            {
                age = next();
            }
            if let Some(age) = age.filter(|&age| age < tail && sent > 0.0) {
                self.resume_tail(device, tail - age, context)?;
            }
        }
        Ok(())
    }

    /// Share of the samples of which a device sends anything, rather than answering by itself.
    fn share_sent<O: Observer>(&self, samples: u32, context: &Context<'_, O>) -> f64 {
        let design = self.profile.design.design(self.device(0).uplink_estimate);
        let is_sent = |sample: &u32| {
            let head = context.computation.head(design, *sample);
            let answers = |index: usize| {
                let (step, is_last) = (&head.steps[index], index + 1 == head.steps.len());
                self.own_answer(step, false, is_last, !head.packets.is_empty()).is_some()
            };
            let decisive = (0..head.steps.len()).find(|&index| answers(index) || head.steps[index].packets > 0);
            decisive.is_some_and(|index| !answers(index))
        };
        (0..samples).filter(is_sent).count() as f64 / f64::from(samples)
    }

    /// The processor of a device is idle for so long before it falls asleep.
    fn resume_idling<O: Observer>(
        &mut self,
        device: u32,
        seconds: f64,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        self.set_processor(device, ProcessorState::Idle, context)?;
        let at = self.device_mut(device);
        at.idles_since_past = true;
        let left = SimTime::from_seconds(seconds)?;
        Ok(context.agenda.set_timer(&mut at.sleep, left, EventKind::SleepTimer, device)?)
    }

    /// The radio of a device stays connected for so long.
    fn resume_tail<O: Observer>(
        &mut self,
        device: u32,
        seconds: f64,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let radio = &mut self.device_mut(device).radio;
        radio.connection = Connection::Connected;
        radio.tail_since_past = true;
        let left = SimTime::from_seconds(seconds)?;
        context.agenda.set_timer(&mut radio.tail, left, EventKind::TailTimer, device)?;
        self.radio_changed(device, context)
    }
}
