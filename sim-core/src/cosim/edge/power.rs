//! What devices draw, and batteries that run empty.

use super::Edge;
use crate::cosim::CosimError;
use crate::cosim::context::Context;
use crate::cosim::event::EventKind;
use crate::cosim::observer::{DropReason, Observer};
use crate::cosim::phase::Phase;
use crate::kernel::SimTime;

/// A battery that would last longer is looked at after half that time: what inferences and bits cost at once then moves no
/// event, and a whole life takes some thirty looks.
const EXACT_SECONDS: f64 = 1.0;

/// Resolution of simulated time: what is left of a battery for less than this is nothing.
const RESOLUTION_SECONDS: f64 = 1e-9;

impl Edge<'_> {
    /// A device draws another power, or has drawn some energy at once.
    pub(super) fn power_changed<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let now = context.now();
        let ledger = &self.device(device).ledger;
        context.observer.power(now, device, ledger.watts(), ledger.spent(now));
        match self.profile.battery_joules {
            Some(joules) => self.watch_battery(device, joules, context),
            None => Ok(()),
        }
    }

    /// Makes sure that a battery is looked at before it is empty.
    fn watch_battery<O: Observer>(
        &mut self,
        device: u32,
        joules: f64,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let now = context.now();
        let at = self.device_mut(device);
        if !at.is_alive() {
            return Ok(());
        }
        let left = (joules - at.ledger.spent(now)) / at.ledger.watts();
        // Without power or beyond the end of time there is nothing to wait for.
        let Ok(exact) = SimTime::from_seconds(left.max(0.0)) else { return Ok(()) };
        let Ok(empty_at) = now.after(exact) else { return Ok(()) };
        let battery = &mut at.battery;
        if battery.look.is_some() && battery.looked_at <= empty_at {
            return Ok(());
        }
        if let Some(ticket) = battery.look {
            context.agenda.cancel(ticket, EventKind::BatteryLook);
        }
        let delay = if left > EXACT_SECONDS { SimTime::from_seconds(left / 2.0)? } else { exact };
        battery.look = Some(context.agenda.schedule(delay, EventKind::BatteryLook, device)?);
        battery.looked_at = now.after(delay)?;
        Ok(())
    }

    /// Looks whether a battery is empty.
    pub(in crate::cosim) fn battery_look<O: Observer>(
        &mut self,
        device: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let Some(joules) = self.profile.battery_joules else { return Ok(()) };
        let now = context.now();
        let at = self.device_mut(device);
        at.battery.look = None;
        let left = joules - at.ledger.spent(now);
        if left > at.ledger.watts() * RESOLUTION_SECONDS {
            return self.watch_battery(device, joules, context);
        }
        self.die(device, context);
        Ok(())
    }

    /// A device stops for good. What it has to do is dropped where it is found: at once what waits for its radio, later what
    /// its processor, its uplink, the air and the cloud still have.
    fn die<O: Observer>(&mut self, device: u32, context: &mut Context<'_, O>) {
        let now = context.now();
        let at = self.device_mut(device);
        at.battery.is_empty = true;
        at.ledger.shut_down(now);
        context.observer.power(now, device, at.ledger.watts(), at.ledger.spent(now));
        context.observer.depleted(now, device);
        context.tally.count_depletion(now);
        context.agenda.stop_timer(&mut at.radio.tail);
        context.agenda.stop_timer(&mut at.sleep);
        while let Some(message) = self.next_held(device, context) {
            context.discard(message, Phase::UplinkWait);
        }
        while let Some(answer) = self.next_answer(device, context) {
            context.discard_answer(answer, Some(DropReason::BatteryEmpty));
        }
    }
}
