//! What devices draw, and batteries that run empty.

use super::Simulation;
use crate::cosim::CosimError;
use crate::cosim::event::EventKind;
use crate::cosim::observer::{DropReason, Observer};
use crate::cosim::phase::Phase;
use crate::kernel::SimTime;

/// A battery that would last longer is looked at after half that time: what inferences and bits cost at once then moves no
/// event, and a whole life takes some thirty looks.
const EXACT_SECONDS: f64 = 1.0;

impl<O: Observer> Simulation<'_, O> {
    /// A device begins to draw power.
    pub(super) fn begin_power(&mut self, device: u32) -> Result<(), CosimError> {
        self.schedule_false_alarm(device)?;
        self.observer.radio(SimTime::ZERO, device, self.devices[device as usize].radio.state());
        self.power_changed(device)
    }

    /// A device draws another power, or has drawn some energy at once.
    pub(super) fn power_changed(&mut self, device: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        let ledger = &self.devices[device as usize].ledger;
        self.observer.power(now, device, ledger.watts(), ledger.spent(now));
        match self.system.edge.battery_joules {
            Some(joules) => self.watch_battery(device, joules),
            None => Ok(()),
        }
    }

    /// Makes sure that a battery is looked at before it is empty.
    fn watch_battery(&mut self, device: u32, joules: f64) -> Result<(), CosimError> {
        let now = self.queue.now();
        let at = &self.devices[device as usize];
        if !at.is_alive() {
            return Ok(());
        }
        let left = (joules - at.ledger.spent(now)) / at.ledger.watts();
        // Without power or beyond the end of time there is nothing to wait for.
        let Ok(exact) = SimTime::from_seconds(left.max(0.0)) else { return Ok(()) };
        let Ok(empty_at) = now.after(exact) else { return Ok(()) };
        let battery = at.battery;
        if battery.look.is_some() && battery.looked_at <= empty_at {
            return Ok(());
        }
        if let Some(ticket) = battery.look {
            self.queue.cancel(ticket);
        }
        let delay = if left > EXACT_SECONDS { SimTime::from_seconds(left / 2.0)? } else { exact };
        let ticket = self.schedule(delay, EventKind::BatteryLook, device)?;
        let battery = &mut self.devices[device as usize].battery;
        (battery.look, battery.looked_at) = (Some(ticket), now.after(delay)?);
        Ok(())
    }

    pub(super) fn battery_look(&mut self, device: u32) -> Result<(), CosimError> {
        let Some(joules) = self.system.edge.battery_joules else { return Ok(()) };
        let now = self.queue.now();
        let at = &mut self.devices[device as usize];
        at.battery.look = None;
        // What is left within the resolution of time is nothing.
        let left = joules - at.ledger.spent(now);
        if left > at.ledger.watts() * 1e-9 {
            return self.watch_battery(device, joules);
        }
        self.die(device)
    }

    /// A device stops for good. What it has to do is dropped where it is found: at once what waits for its radio, later what
    /// its processor, its uplink, the air and the cloud still have.
    fn die(&mut self, device: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        let at = &mut self.devices[device as usize];
        at.battery.is_empty = true;
        at.ledger.shut_down(now);
        let watts = at.ledger.watts();
        let joules = at.ledger.spent(now);
        self.observer.power(now, device, watts, joules);
        self.observer.depleted(now, device);
        self.tally.counters.depleted_devices += 1;
        self.tally.first_depletion.get_or_insert(now);
        self.tally.lifetime_nanoseconds += u128::from(now.nanoseconds());
        self.switch_off(device, |device| &mut device.radio.tail);
        self.switch_off(device, |device| &mut device.sleep);
        while let Some((message, _)) = self.devices[device as usize].radio.held.pop(&mut self.messages, now) {
            self.discard(message, Phase::UplinkWait)?;
        }
        while let Some((slot, _)) = self.devices[device as usize].radio.answers.pop(&mut self.requests, now) {
            self.drop_request(slot, DropReason::BatteryEmpty)?;
            self.leave(slot, Phase::Downlink);
        }
        Ok(())
    }
}
