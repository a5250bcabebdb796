//! A timer that is set again much more often than it runs out.

use crate::kernel::{SimTime, TimeError};

/// A timer. It has one event pending at most: setting it later moves no event, the event finds out when it comes. 16 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    due: SimTime,
    armed: bool,
    pending: bool,
}

/// Meaning of a timer's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// The timer ran out.
    Due,
    /// Nothing yet: the event is to come again after this time.
    Later(SimTime),
    /// Nothing: the timer was switched off.
    Off,
}

impl Timer {
    pub(super) const NEW: Self = Self { due: SimTime::ZERO, armed: false, pending: false };

    /// It runs out `after` from now; gives the delay of the event to schedule, if one is needed.
    ///
    /// # Errors
    /// [`TimeError`] past the end of time.
    pub(super) fn arm(&mut self, now: SimTime, after: SimTime) -> Result<Option<SimTime>, TimeError> {
        self.due = now.after(after)?;
        self.armed = true;
        Ok(if std::mem::replace(&mut self.pending, true) { None } else { Some(after) })
    }

    pub(super) fn disarm(&mut self) {
        self.armed = false;
    }

    pub(super) fn is_armed(&self) -> bool {
        self.armed
    }

    /// Its event has come.
    pub(super) fn ring(&mut self, now: SimTime) -> Alarm {
        if self.armed && self.due > now {
            return Alarm::Later(self.due.since(now));
        }
        self.pending = false;
        match std::mem::replace(&mut self.armed, false) {
            true => Alarm::Due,
            false => Alarm::Off,
        }
    }
}
