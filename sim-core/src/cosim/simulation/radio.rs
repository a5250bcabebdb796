//! The radio connects when it is needed and goes to rest when it is not.

use super::Simulation;
use crate::cosim::CosimError;
use crate::cosim::device::{Connection, Device, RadioState};
use crate::cosim::event::EventKind;
use crate::cosim::observer::Observer;
use crate::cosim::timer::{Alarm, Timer};
use crate::kernel::SimTime;
use crate::link::Standby;
use rand::RngExt;
use rand_distr::Exp1;

impl<O: Observer> Simulation<'_, O> {
    /// Makes sure that the radio is connected, or becomes so. True if it is.
    pub(super) fn connect(&mut self, device: u32) -> Result<bool, CosimError> {
        match self.devices[device as usize].radio.connection() {
            Connection::Connected => {
                self.switch_off(device, |device| &mut device.radio.tail);
                Ok(true)
            }
            Connection::Promoting => Ok(false),
            Connection::Standby if self.constants.promotion == SimTime::ZERO => {
                self.devices[device as usize].radio.set_connection(Connection::Connected);
                self.radio_changed(device).map(|()| true)
            }
            Connection::Standby => {
                self.devices[device as usize].radio.set_connection(Connection::Promoting);
                self.schedule(self.constants.promotion, EventKind::RadioReady, device)?;
                self.radio_changed(device)?;
                Ok(false)
            }
        }
    }

    pub(super) fn radio_ready(&mut self, device: u32) -> Result<(), CosimError> {
        if !self.is_alive(device) {
            return Ok(());
        }
        let now = self.queue.now();
        self.devices[device as usize].radio.set_connection(Connection::Connected);
        self.radio_changed(device)?;
        while let Some((message, _)) = self.devices[device as usize].radio.held.pop(&mut self.messages, now) {
            self.join_uplink(message)?;
        }
        while let Some((slot, _)) = self.devices[device as usize].radio.answers.pop(&mut self.requests, now) {
            self.receive(slot)?;
        }
        self.rest_radio(device)
    }

    /// Something that the radio did is over.
    pub(super) fn rest_radio(&mut self, device: u32) -> Result<(), CosimError> {
        let (now, tail) = (self.queue.now(), self.constants.tail);
        let at = &mut self.devices[device as usize];
        if at.is_alive() && at.radio.connection() == Connection::Connected && at.radio.has_nothing_to_do() {
            if tail == SimTime::ZERO {
                at.radio.set_connection(Connection::Standby);
            } else {
                self.pending.timers += u64::from(!at.radio.tail.is_armed());
                if let Some(delay) = at.radio.tail.arm(now, tail)? {
                    self.schedule(delay, EventKind::TailTimer, device)?;
                }
            }
        }
        self.radio_changed(device)
    }

    pub(super) fn tail_timer(&mut self, device: u32) -> Result<(), CosimError> {
        match self.devices[device as usize].radio.tail.ring(self.queue.now()) {
            Alarm::Off => Ok(()),
            Alarm::Later(delay) => self.schedule(delay, EventKind::TailTimer, device).map(|_| ()),
            Alarm::Due => {
                self.happens(EventKind::TailTimer, device);
                self.pending.timers -= 1;
                self.devices[device as usize].radio.set_connection(Connection::Standby);
                self.radio_changed(device)
            }
        }
    }

    /// What the radio does has changed.
    pub(super) fn radio_changed(&mut self, device: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        let at = &mut self.devices[device as usize];
        if !at.is_alive() {
            return Ok(());
        }
        let (part, watts) = at.radio.power(&self.system.link.radio);
        at.ledger.set_radio(now, part, watts);
        let state: RadioState = at.radio.state();
        self.observer.radio(now, device, state);
        self.power_changed(device)
    }

    /// Switches a timer off, if it is set.
    pub(super) fn switch_off(&mut self, device: u32, timer: fn(&mut Device) -> &mut Timer) {
        let timer = timer(&mut self.devices[device as usize]);
        if timer.is_armed() {
            timer.disarm();
            self.pending.timers -= 1;
        }
    }

    /// The next false alarm comes. Alarms are a Poisson process of the device that goes on whatever the radio does; those
    /// while the main radio is on find the wake-up radio off. That is as if it listened only in standby, for the process
    /// has no memory.
    pub(super) fn schedule_false_alarm(&mut self, device: u32) -> Result<(), CosimError> {
        let Standby::Asleep { wake_up, .. } = self.system.link.radio.standby else { return Ok(()) };
        if wake_up.false_alarms_per_second == 0.0 {
            return Ok(());
        }
        let alarms = &mut self.devices[device as usize].radio.alarms;
        let mut draws = self.constants.false_alarms.draw(device.into(), (*alarms).into());
        *alarms += 1;
        let gap = draws.sample::<f64, _>(Exp1) / wake_up.false_alarms_per_second;
        self.schedule(SimTime::from_seconds(gap)?, EventKind::FalseAlarm, device).map(|_| ())
    }

    pub(super) fn false_alarm(&mut self, device: u32) -> Result<(), CosimError> {
        // After the last request, alarms would keep the run going for ever.
        if !self.is_alive(device) || self.has_no_request_left() {
            return Ok(());
        }
        if self.devices[device as usize].radio.connection() == Connection::Standby {
            self.tally.counters.false_alarms += 1;
            if self.connect(device)? {
                self.rest_radio(device)?;
            }
        }
        self.schedule_false_alarm(device)
    }
}
