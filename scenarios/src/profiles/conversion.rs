//! What profiles say, as the values that are simulated.

use super::{CloudProfile, DeviceProfile, LinkProfile, Quantity};
use cospike_sim_core::cloud::CloudPower;
use cospike_sim_core::compute::Processor;
use cospike_sim_core::edge;
use cospike_sim_core::energy::Form;
use cospike_sim_core::inference::Convention;
use cospike_sim_core::link::{self, Frame, Radio, RadioPower, WakeUpRadio};

fn processor(ac: &Quantity, mac: &Quantity, neuron_updates: &Quantity, overhead: &Quantity) -> Processor {
    Processor {
        ac_per_second: ac.get(),
        mac_per_second: mac.get(),
        neuron_updates_per_second: neuron_updates.get(),
        overhead_seconds: overhead.get() * 1e-6,
    }
}

/// The value of an optional quantity, in the profile's unit; 0 if the profile leaves it out.
fn or_zero(quantity: &Option<Quantity>) -> f64 {
    quantity.as_ref().map_or(0.0, Quantity::get)
}

/// Operations that a processor executes.
fn convention(skips_zeros: &Option<Quantity>) -> Convention {
    if or_zero(skips_zeros) == 1.0 { Convention::NonZero } else { Convention::Inside }
}

/// A quantity that the scenario needs.
///
/// # Errors
/// Its key, if the profile leaves it out.
fn needed<'a>(key: &'static str, quantity: &'a Option<Quantity>) -> Result<&'a Quantity, &'static str> {
    quantity.as_ref().ok_or(key)
}

impl DeviceProfile {
    /// Quantities that say what computing takes.
    pub(crate) const COMPUTING: [&'static str; 5] =
        ["ac_per_second", "mac_per_second", "neuron_updates_per_second", "overhead", "computing_power"];

    /// Rates and overhead of the device's processor.
    pub fn processor(&self) -> Processor {
        processor(&self.ac_per_second, &self.mac_per_second, &self.neuron_updates_per_second, &self.overhead)
    }

    /// Operations that the device's processor executes: all, or all but those on zeros.
    pub fn convention(&self) -> Convention {
        convention(&self.skips_zeros)
    }

    /// Power that the device draws at all times, in watts.
    pub fn static_watts(&self) -> f64 {
        self.static_power.get() * 1e-3
    }

    /// Power of a device that was measured as a whole while it computes, in watts.
    ///
    /// # Errors
    /// The key of that power, if the profile leaves it out.
    pub fn measured_watts(&self) -> Result<f64, &'static str> {
        Ok(needed("computing_power", &self.computing_power)?.get() * 1e-3)
    }

    /// Power of the processor besides its operations, which are priced by a list of `form`, or are contained in the power of a
    /// device that was measured as a whole (`None`). It falls asleep after `sleep_after_seconds` without work, never if this
    /// is `None`.
    ///
    /// # Errors
    /// The key of a quantity that sleeping needs and the profile leaves out.
    pub fn standby(&self, sleep_after_seconds: Option<f64>, form: Option<Form>) -> Result<edge::Standby, &'static str> {
        let sleep = |after_seconds| -> Result<edge::Sleep, &'static str> {
            Ok(edge::Sleep {
                after_seconds,
                watts: needed("sleep_power", &self.sleep_power)?.get() * 1e-3,
                wake_seconds: needed("wake_time", &self.wake_time)?.get() * 1e-3,
                wake_watts: needed("wake_power", &self.wake_power)?.get() * 1e-3,
            })
        };
        let sleep = sleep_after_seconds.map(sleep).transpose()?;
        let idle_watts = or_zero(&self.idle_power) * 1e-3;
        // The price of an all-in list, and the power of a device measured as a whole, is that of all of it at work.
        let computing_watts = if form.is_none_or(Form::is_all_in) { 0.0 } else { idle_watts };
        Ok(edge::Standby { idle_watts, computing_watts, sleep })
    }
}

impl LinkProfile {
    /// What a packet costs on the air besides its bits.
    pub fn frame(&self) -> Frame {
        Frame {
            overhead_seconds: or_zero(&self.frame_time) * 1e-6,
            header_bytes: or_zero(&self.frame_header) as u32, // checked to be a whole number of 32 bits
            sent_joules: or_zero(&self.frame_energy) * 1e-6,
        }
    }

    /// Time from a message to the permission to send it, in seconds.
    pub fn grant_seconds(&self) -> f64 {
        or_zero(&self.grant_delay) * 1e-3
    }

    /// The radio of a device, in standby between messages: it always listens for answers itself.
    pub fn radio(&self) -> Radio {
        let power = RadioPower {
            up_watts_per_mbps: self.alpha_up.get() * 1e-3,
            down_watts_per_mbps: self.alpha_down.get() * 1e-3,
            active_watts: self.beta.get() * 1e-3,
        };
        let milli_or = |quantity: &Option<Quantity>, other: f64| quantity.as_ref().map_or(other, |q| q.get() * 1e-3);
        let idle_watts = self.idle.get() * 1e-3;
        let tail_watts = milli_or(&self.tail_power, idle_watts);
        Radio {
            promotion_seconds: or_zero(&self.promotion_time) * 1e-3,
            promotion_watts: milli_or(&self.promotion_power, tail_watts),
            tail_seconds: or_zero(&self.tail_time) * 1e-3,
            tail_watts,
            standby: link::Standby::Listening { watts: idle_watts },
            ..Radio::always_ready(power)
        }
    }

    /// Standby of a radio that is off between messages, while a wake-up radio listens for answers: for the share `duty` of each
    /// period. A signal that it misses is repeated after `retry_seconds`, up to `tries` signals in all.
    ///
    /// # Errors
    /// The key of a quantity that a wake-up radio needs and the profile leaves out.
    pub fn asleep(
        &self,
        duty: f64,
        period_seconds: f64,
        tries: u8,
        retry_seconds: f64,
    ) -> Result<link::Standby, &'static str> {
        let wake_up = WakeUpRadio {
            watts: needed("wake_up_power", &self.wake_up_power)?.get() * 1e-6,
            duty,
            period_seconds,
            signal_seconds: needed("wake_up_signal", &self.wake_up_signal)?.get() * 1e-3,
            miss_probability: needed("wake_up_miss", &self.wake_up_miss)?.get(),
            tries,
            retry_seconds,
            false_alarms_per_second: needed("wake_up_false_alarms", &self.wake_up_false_alarms)?.get(),
        };
        Ok(link::Standby::Asleep { watts: needed("off_power", &self.off_power)?.get() * 1e-3, wake_up })
    }
}

impl CloudProfile {
    /// Rates and overhead of the processor of one server.
    pub fn processor(&self) -> Processor {
        processor(&self.ac_per_second, &self.mac_per_second, &self.neuron_updates_per_second, &self.overhead)
    }

    /// Operations that a server's processor executes: all, or all but those on zeros.
    pub fn convention(&self) -> Convention {
        convention(&self.skips_zeros)
    }

    /// Power of one server, in addition to what its operations cost.
    pub fn power(&self) -> CloudPower {
        CloudPower { idle_watts: or_zero(&self.idle_power), busy_watts: or_zero(&self.busy_power) }
    }
}
