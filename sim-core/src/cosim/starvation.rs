//! Requests that are too old while others are answered (invariant 12).

use super::Stranded;
use super::error::{CosimError, MAX_NAMED};
use super::requests::{Request, Requests};
use crate::kernel::{SimTime, TimeError};

/// Events between two looks at the requests in flight, at least; a look goes over all slots, so there are as many events as
/// slots.
const LOOK_EVERY: u64 = 4_096;

/// Looks for starving requests: now and then at those in flight, at each one when it ends, and at the rest when the run does. So
/// none is overlooked, however short the run is.
pub(super) struct StarvationWatch {
    /// Age from which a request starves; `None`: no request is too old.
    bound: Option<SimTime>,
    /// Number of the event at which to look next.
    next_look: u64,
    /// Requests answered so far, and the time of the last answer.
    answered: u64,
    last_answer: SimTime,
    /// Requests that had starved when they ended, and the first of them.
    ended: u64,
    first_ended: Option<Stranded>,
}

impl StarvationWatch {
    pub(super) fn new(bound_seconds: Option<f64>) -> Result<Self, TimeError> {
        let bound = bound_seconds.map(SimTime::from_seconds).transpose()?;
        let (next_look, last_answer) = (0, SimTime::ZERO);
        Ok(Self { bound, next_look, answered: 0, last_answer, ended: 0, first_ended: None })
    }

    /// Takes note of a request that ends `now`.
    pub(super) fn end(&mut self, request: &Request, answered: bool, now: SimTime) {
        if self.is_starving(request.arrived, now) {
            self.ended += 1;
            self.first_ended.get_or_insert(request.stranded());
            self.next_look = 0;
        }
        if answered {
            self.answered += 1;
            self.last_answer = now;
        }
    }

    /// Looks, if it is time to after so many `events`.
    ///
    /// # Errors
    /// [`CosimError::Starvation`].
    pub(super) fn look(&mut self, events: u64, requests: &Requests, now: SimTime) -> Result<(), CosimError> {
        if self.bound.is_none() || events < self.next_look {
            return Ok(());
        }
        self.next_look = events + LOOK_EVERY.max(requests.slots() as u64);
        self.look_at_all(requests, now)
    }

    /// Looks at all requests in flight.
    ///
    /// # Errors
    /// [`CosimError::Starvation`].
    pub(super) fn look_at_all(&self, requests: &Requests, now: SimTime) -> Result<(), CosimError> {
        let Some(bound) = self.bound else { return Ok(()) };
        let is_waiting = requests.oldest().is_some_and(|arrived| self.is_starving(arrived, now));
        if self.ended == 0 && !is_waiting {
            return Ok(());
        }
        let all = requests.by_number();
        let waiting: Vec<&Request> = all.into_iter().filter(|request| self.is_starving(request.arrived, now)).collect();
        let named = self.first_ended.into_iter().chain(waiting.iter().map(|request| request.stranded()));
        Err(CosimError::Starvation {
            at: now,
            bound,
            starving: self.ended + waiting.len() as u64,
            answered: self.answered,
            first: named.take(MAX_NAMED).collect(),
        })
    }

    /// Whether a request that `arrived` then is too old `now`, and another was answered meanwhile.
    fn is_starving(&self, arrived: SimTime, now: SimTime) -> bool {
        self.bound.is_some_and(|bound| now.since(arrived) > bound) && self.last_answer > arrived
    }
}
