//! Requests that are too old while others are answered (invariant 12).

use crate::cosim::context::Context;
use crate::cosim::error::{CosimError, MAX_NAMED};
use crate::cosim::observer::Observer;
use crate::cosim::requests::Request;
use crate::kernel::{SimTime, TimeError};

/// Events between two looks, at least; a look goes over all slots, so there are as many events as slots.
const LOOK_EVERY: u64 = 4_096;

/// Looks for starving requests now and then.
pub(super) struct StarvationWatch {
    /// Age from which a request starves; `None`: no request is too old.
    bound: Option<SimTime>,
    /// Number of the event at which to look next.
    next_look: u64,
    /// Requests answered before the last look.
    answered_before: u64,
}

impl StarvationWatch {
    pub(super) fn new(bound_seconds: Option<f64>) -> Result<Self, TimeError> {
        let bound = bound_seconds.map(SimTime::from_seconds).transpose()?;
        Ok(Self { bound, next_look: 0, answered_before: 0 })
    }

    /// Looks, if it is time to.
    ///
    /// # Errors
    /// [`CosimError::Starvation`].
    pub(super) fn look<O: Observer>(&mut self, context: &Context<'_, O>) -> Result<(), CosimError> {
        let tally = &context.tally;
        let Some(bound) = self.bound.filter(|_| tally.events >= self.next_look) else { return Ok(()) };
        self.next_look = tally.events + LOOK_EVERY.max(context.requests.slots() as u64);
        let answered = tally.requests.completed - self.answered_before;
        self.answered_before = tally.requests.completed;
        let now = context.now();
        let is_starving = |arrived: SimTime| now.since(arrived) > bound;
        if answered == 0 || !context.requests.oldest().is_some_and(is_starving) {
            return Ok(());
        }
        let all = context.requests.by_number();
        let starving: Vec<&Request> = all.into_iter().filter(|request| is_starving(request.arrived)).collect();
        let first = starving.iter().take(MAX_NAMED).map(|request| request.stranded()).collect();
        Err(CosimError::Starvation { at: now, bound, starving: starving.len() as u64, answered, first })
    }
}
