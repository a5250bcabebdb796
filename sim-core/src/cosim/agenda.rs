//! What is still to happen, and what has happened.

use super::event::{Event, EventKind};
use super::timer::{Alarm, Timer};
use crate::kernel::{EventQueue, Fingerprint, Happening, SimTime, Ticket, TimeError};

/// The clock and the pending events, and which of these keep the run going.
#[derive(Debug)]
pub(super) struct Agenda {
    queue: EventQueue<Event>,
    /// Pending events without which a request cannot go on.
    needed: u64,
    /// Pending arrivals.
    arrivals: u64,
    /// Timers that are set.
    timers: u64,
    /// Events at the present time.
    events_now: u64,
    /// Time of the last event, or the horizon once it has ended the run.
    end: SimTime,
    fingerprint: Fingerprint,
    /// What the last event was; `None` if it was none.
    happening: Option<Happening<EventKind>>,
}

impl Agenda {
    pub(super) fn new() -> Self {
        Self {
            queue: EventQueue::new(),
            needed: 0,
            arrivals: 0,
            timers: 0,
            events_now: 0,
            end: SimTime::ZERO,
            fingerprint: Fingerprint::default(),
            happening: None,
        }
    }

    /// The clock.
    pub(super) fn now(&self) -> SimTime {
        self.queue.now()
    }

    /// Time of the last event, or the horizon if it ended the run.
    pub(super) fn end(&self) -> SimTime {
        self.end
    }

    /// The horizon ends the run.
    pub(super) fn end_at(&mut self, horizon: SimTime) {
        self.end = horizon;
    }

    /// Schedules an event `delay` from now.
    ///
    /// # Errors
    /// [`TimeError`] past the end of time.
    pub(super) fn schedule(&mut self, delay: SimTime, kind: EventKind, subject: u32) -> Result<Ticket, TimeError> {
        self.needed += u64::from(kind.keeps_running());
        self.arrivals += u64::from(kind == EventKind::Arrival);
        self.queue.schedule(delay, kind.priority(), Event { kind, subject })
    }

    /// Takes back an event of this kind.
    pub(super) fn cancel(&mut self, ticket: Ticket, kind: EventKind) {
        if self.queue.cancel(ticket) {
            self.needed -= u64::from(kind.keeps_running());
        }
    }

    /// Time of the next event; `None` if there is none, or only events that recur for ever (false alarms, autoscaling,
    /// batteries) and the run no longer `goes_on` for another reason.
    pub(super) fn next_time(&mut self, goes_on: bool) -> Option<SimTime> {
        let is_over = self.needed == 0 && self.timers == 0 && !goes_on;
        if is_over { None } else { self.queue.next_time() }
    }

    /// Whether an arrival is pending.
    pub(super) fn awaits_arrivals(&self) -> bool {
        self.arrivals > 0
    }

    /// Counts an event at `time`; gives how many there have been at this time.
    pub(super) fn count_event(&mut self, time: SimTime) -> u64 {
        self.events_now = if time > self.now() { 1 } else { self.events_now + 1 };
        self.events_now
    }

    /// Moves the clock to the next event.
    pub(super) fn pop(&mut self) -> Option<Event> {
        let event = self.queue.pop()?;
        self.needed -= u64::from(event.kind.keeps_running());
        self.arrivals -= u64::from(event.kind == EventKind::Arrival);
        self.happening = None;
        Some(event)
    }

    /// The present event happens to `subject`, a number that does not depend on slots.
    pub(super) fn happens(&mut self, kind: EventKind, subject: u64) {
        self.end = self.now();
        self.fingerprint.add(self.end, kind as u64, subject);
        self.happening = Some(Happening { time: self.end, kind, subject });
    }

    /// What the last event was; `None` if it was a timer that was set anew or switched off, or an arrival after the last
    /// request.
    pub(super) fn happening(&self) -> Option<Happening<EventKind>> {
        self.happening
    }

    /// Summary of everything that happened.
    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint.value()
    }

    /// Sets a timer, anew if it is set: it runs out `after` from now, in an event of this kind.
    ///
    /// # Errors
    /// [`TimeError`] past the end of time.
    pub(super) fn set_timer(
        &mut self,
        timer: &mut Timer,
        after: SimTime,
        kind: EventKind,
        subject: u32,
    ) -> Result<(), TimeError> {
        self.timers += u64::from(!timer.is_armed());
        if let Some(delay) = timer.arm(self.now(), after)? {
            self.schedule(delay, kind, subject)?;
        }
        Ok(())
    }

    /// Switches a timer off, if it is set.
    pub(super) fn stop_timer(&mut self, timer: &mut Timer) {
        if timer.is_armed() {
            timer.disarm();
            self.timers -= 1;
        }
    }

    /// The event of a timer has come. True if the timer has run out; if not, nothing happens.
    ///
    /// # Errors
    /// [`TimeError`] past the end of time.
    pub(super) fn ring(&mut self, timer: &mut Timer, kind: EventKind, subject: u32) -> Result<bool, TimeError> {
        match timer.ring(self.now()) {
            Alarm::Off => Ok(false),
            Alarm::Later(delay) => self.schedule(delay, kind, subject).map(|_| false),
            Alarm::Due => {
                self.happens(kind, subject.into());
                self.timers -= 1;
                Ok(true)
            }
        }
    }
}
