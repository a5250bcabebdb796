//! The state of a device.

use crate::cosim::line::Line;
use crate::cosim::timer::Timer;
use crate::edge::Standby;
use crate::energy::{EnergyLedger, PowerPart};
use crate::kernel::{SimTime, Ticket};
use crate::link::Radio;

/// State of a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorState {
    /// Awake, with nothing to do.
    Idle,
    /// Asleep: it has to wake up before the next inference.
    Asleep,
    /// Waking up for an inference.
    Waking,
    /// Running an inference.
    Computing,
}

impl ProcessorState {
    /// The part of the device's energy that the processor draws power for in this state, and how much, in watts.
    pub(super) fn power(self, profile: &Standby) -> (PowerPart, f64) {
        match (self, profile.sleep) {
            (Self::Computing, _) => (PowerPart::Computing, profile.computing_watts),
            (Self::Asleep, Some(sleep)) => (PowerPart::Standby, sleep.watts),
            (Self::Waking, Some(sleep)) => (PowerPart::Standby, sleep.wake_watts),
            _ => (PowerPart::Standby, profile.idle_watts),
        }
    }
}

/// State of a radio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RadioState {
    /// Listening, or off with a wake-up radio listening.
    Standby,
    /// Becoming connected.
    Promotion,
    /// Connected, but neither sending nor receiving.
    Connected,
    /// Sending, receiving, or asking for permission to send.
    Active,
}

/// The radio of a device. 64 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RadioSide {
    pub(super) connection: Connection,
    pub(super) sending: bool,
    /// Whether it has asked for permission to send, and waits for it.
    pub(super) asking: bool,
    /// Number of answers being received; they may overlap.
    pub(super) receiving: u32,
    /// Number of messages in the queue of the uplink or being sent.
    pub(super) queued: u32,
    pub(super) tail: Timer,
    /// Whether its tail is that of a request made before the run.
    pub(super) tail_since_past: bool,
    /// Messages that wait for the radio to connect.
    pub(super) held: Line,
    /// Answers that wait for the radio to connect.
    pub(super) answers: Line,
    /// False alarms of the wake-up radio so far.
    pub(super) alarms: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    Standby,
    Promoting,
    Connected,
}

impl RadioSide {
    /// Before the run: in standby, with nothing to do.
    pub(super) const NEW: Self = Self {
        connection: Connection::Standby,
        sending: false,
        asking: false,
        receiving: 0,
        queued: 0,
        tail: Timer::NEW,
        tail_since_past: false,
        held: Line::EMPTY,
        answers: Line::EMPTY,
        alarms: 0,
    };

    /// Whether nothing keeps it connected.
    pub(super) fn has_nothing_to_do(&self) -> bool {
        !self.sending && !self.asking && self.receiving == 0 && self.queued == 0
    }

    /// Whether it sends, or asks for permission to.
    fn sends(&self) -> bool {
        self.sending || self.asking
    }

    pub(super) fn state(&self) -> RadioState {
        match self.connection {
            Connection::Standby => RadioState::Standby,
            Connection::Promoting => RadioState::Promotion,
            Connection::Connected if self.sends() || self.receiving > 0 => RadioState::Active,
            Connection::Connected => RadioState::Connected,
        }
    }

    /// The part of the device's energy that it draws power for, and how much, in watts. `beta` is drawn once even if it both
    /// sends and receives; it is then booked under sending.
    pub(super) fn power(&self, profile: &Radio) -> (PowerPart, f64) {
        match self.state() {
            RadioState::Promotion => (PowerPart::RadioPromotion, profile.promotion_watts),
            RadioState::Active if self.sends() => (PowerPart::RadioTx, profile.power.active_watts),
            RadioState::Active => (PowerPart::RadioRx, profile.power.active_watts),
            // A radio without promotion and tail is connected only in name while it waits for the cell.
            RadioState::Connected if !profile.is_always_ready() => (PowerPart::RadioTail, profile.tail_watts),
            RadioState::Connected | RadioState::Standby => (PowerPart::RadioIdle, profile.standby_watts()),
        }
    }
}

/// A device; its queues are in the [`Stations`](crate::cosim::stations::Stations). 384 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    pub(super) ledger: EnergyLedger,
    pub(super) radio: RadioSide,
    pub(super) processor: ProcessorState,
    pub(super) sleep: Timer,
    /// Whether it has been idle since a request made before the run.
    pub(super) idles_since_past: bool,
    /// Estimate of the uplink's rate, in bit/s.
    pub(super) uplink_estimate: f64,
    pub(super) battery: Battery,
}

/// State of a battery. 32 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Battery {
    /// The event of the next look at it, if one is pending.
    pub(super) look: Option<Ticket>,
    /// Time of that look.
    pub(super) looked_at: SimTime,
    pub(super) is_empty: bool,
}

impl Device {
    pub(super) fn new(ledger: EnergyLedger, radio: RadioSide, processor: ProcessorState, uplink_estimate: f64) -> Self {
        Self {
            ledger,
            radio,
            processor,
            sleep: Timer::NEW,
            idles_since_past: false,
            uplink_estimate,
            battery: Battery::default(),
        }
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&self) -> bool {
        !self.battery.is_empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosim::answers::Answer;
    use crate::cosim::messages::Message;
    use crate::cosim::requests::Request;

    /// A million devices must fit in a gigabyte with everything that is kept elsewhere: two stations of 16 bytes, the
    /// arrivals' and the channel's 24 each, samples' 4, pending events.
    #[test]
    fn devices_requests_messages_and_answers_are_as_small_as_stated() {
        assert!(size_of::<Device>() <= 384, "{} bytes", size_of::<Device>());
        assert!(size_of::<Request>() <= 208, "{} bytes", size_of::<Request>());
        assert!(size_of::<Message>() <= 64, "{} bytes", size_of::<Message>());
        assert!(size_of::<Answer>() <= 48, "{} bytes", size_of::<Answer>());
    }
}
