//! The demand: who asks when, for which sample.

use super::CosimError;
use super::context::Context;
use super::event::EventKind;
use super::observer::Observer;
use crate::kernel::{SimTime, Streams};
use crate::workload::{Arrivals, Past, Pasts, Samples, Workload};

/// Makes the requests of the devices.
pub(super) struct Demand<'a> {
    profile: &'a Workload,
    arrivals: Arrivals,
    pasts: Pasts,
    samples: Samples,
}

/// A request that a device makes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// Number by arrival, from 0.
    pub(super) number: u64,
    pub(super) device: u32,
    pub(super) sample: u32,
    /// Time by which it should be answered.
    pub(super) deadline: Option<SimTime>,
}

impl<'a> Demand<'a> {
    pub(super) fn new(profile: &'a Workload, samples: u32, devices: u32, streams: &Streams) -> Self {
        Self {
            profile,
            arrivals: Arrivals::new(&profile.arrivals, devices, streams),
            pasts: Pasts::new(&profile.arrivals, streams),
            samples: Samples::new(profile.samples, samples, devices, streams),
        }
    }

    /// Schedules the first arrival of every source.
    pub(super) fn begin<O: Observer>(&mut self, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        (0..self.arrivals.sources()).try_for_each(|source| self.schedule_arrival(source, context))
    }

    /// The requests that a device made before the run.
    pub(super) fn past(&self, device: u32) -> Past {
        self.pasts.draw(device, self.arrivals.phase_seconds(device))
    }

    fn schedule_arrival<O: Observer>(&mut self, source: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        if !self.is_exhausted(context)
            && let Some(next) = self.arrivals.next(source, context.now())?
        {
            context.agenda.schedule(next.delay, EventKind::Arrival, next.device)?;
        }
        Ok(())
    }

    /// Whether all requests of the run have been made.
    pub(super) fn is_exhausted<O>(&self, context: &Context<'_, O>) -> bool {
        context.tally.requests.generated == self.profile.requests
    }

    /// Whether another request may come.
    pub(super) fn goes_on<O>(&self, context: &Context<'_, O>) -> bool {
        context.agenda.awaits_arrivals() && !self.is_exhausted(context)
    }

    /// A device asks.
    pub(super) fn arrival<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<Asked, CosimError> {
        let number = context.tally.requests.generated;
        context.tally.requests.generated += 1;
        context.tally.last_asked = context.now();
        // The card is dealt even if the request is then dropped: the next request's sample must not depend on that.
        let sample = self.samples.next(device);
        if !self.arrivals.waits_for_the_end() {
            self.schedule_arrival(device, context)?;
        }
        let deadline = match self.profile.deadline(device)? {
            Some(within) => Some(context.now().after(within)?),
            None => None,
        };
        Ok(Asked { number, device, sample, deadline })
    }

    /// Lets the devices whose requests have ended ask again, if they wait for that and `is_alive`.
    pub(super) fn ask_again<O: Observer>(
        &mut self,
        context: &mut Context<'_, O>,
        is_alive: impl Fn(u32) -> bool,
    ) -> Result<(), CosimError> {
        if self.arrivals.waits_for_the_end() {
            for index in 0..context.ended.len() {
                let device = context.ended[index];
                if is_alive(device) {
                    self.schedule_arrival(device, context)?;
                }
            }
        }
        context.ended.clear();
        Ok(())
    }
}
