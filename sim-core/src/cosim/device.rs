//! The state of a device that all its places share.

use super::line::Line;
use super::timer::Timer;
use crate::energy::{EnergyLedger, PowerPart};
use crate::kernel::{SimTime, Ticket};
use crate::link::Radio;

/// What the processor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessorState {
    /// Nothing, ready to begin.
    Idle,
    /// Nothing, and it has to wake up first.
    Asleep,
    /// An inference, after waking up if it slept.
    Computing,
}

/// What the radio does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RadioState {
    /// It listens, or is off with a wake-up radio listening.
    Standby,
    /// It is becoming connected.
    Promotion,
    /// It is connected, but neither sends nor receives.
    Connected,
    /// It sends, receives, or both.
    Active,
}

/// The radio of a device. 64 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct RadioSide {
    connection: Connection,
    pub(super) sending: bool,
    /// Answers being received; they may overlap.
    pub(super) receiving: u16,
    /// Messages in the uplink's queue or being sent.
    pub(super) queued: u16,
    pub(super) tail: Timer,
    /// Messages, and requests with an answer, that wait for the radio to connect.
    pub(super) held: Line,
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
        receiving: 0,
        queued: 0,
        tail: Timer::NEW,
        held: Line::EMPTY,
        answers: Line::EMPTY,
        alarms: 0,
    };

    pub(super) fn connection(&self) -> Connection {
        self.connection
    }

    pub(super) fn set_connection(&mut self, connection: Connection) {
        self.connection = connection;
    }

    /// Whether nothing keeps it connected.
    pub(super) fn has_nothing_to_do(&self) -> bool {
        !self.sending && self.receiving == 0 && self.queued == 0
    }

    pub(super) fn state(&self) -> RadioState {
        match self.connection {
            Connection::Standby => RadioState::Standby,
            Connection::Promoting => RadioState::Promotion,
            Connection::Connected if self.sending || self.receiving > 0 => RadioState::Active,
            Connection::Connected => RadioState::Connected,
        }
    }

    /// The part of the device's energy that it draws power for, and how much, in watts. `beta` is drawn once even if it both
    /// sends and receives; it is then booked under sending.
    pub(super) fn power(&self, profile: &Radio) -> (PowerPart, f64) {
        match self.state() {
            RadioState::Promotion => (PowerPart::RadioPromotion, profile.promotion_watts),
            RadioState::Active if self.sending => (PowerPart::RadioTx, profile.power.active_watts),
            RadioState::Active => (PowerPart::RadioRx, profile.power.active_watts),
            // A radio without promotion and tail is connected only in name while it waits for the cell.
            RadioState::Connected if !profile.is_always_ready() => (PowerPart::RadioTail, profile.tail_watts),
            RadioState::Connected | RadioState::Standby => (PowerPart::RadioIdle, profile.standby_watts()),
        }
    }
}

/// A device; its queues are in the [`Place`](super::place::Place)s. 360 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    pub(super) ledger: EnergyLedger,
    pub(super) radio: RadioSide,
    pub(super) processor: ProcessorState,
    pub(super) sleep: Timer,
    /// Estimate of the uplink's rate, in bit/s.
    pub(super) uplink_estimate: f64,
    pub(super) battery: Battery,
}

/// What is pending for a battery. 32 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Battery {
    /// The next look at it, and when.
    pub(super) look: Option<Ticket>,
    pub(super) looked_at: SimTime,
    pub(super) is_empty: bool,
}

impl Device {
    pub(super) fn new(ledger: EnergyLedger, radio: RadioSide, processor: ProcessorState, uplink_estimate: f64) -> Self {
        Self { ledger, radio, processor, sleep: Timer::NEW, uplink_estimate, battery: Battery::default() }
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&self) -> bool {
        !self.battery.is_empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cosim::messages::Message;
    use crate::cosim::requests::Request;

    /// A million devices must fit in a gigabyte with everything that is kept elsewhere: two stations of 16 bytes, the
    /// arrivals' and the channel's 24 each, samples' 4, pending events.
    #[test]
    fn devices_requests_and_messages_are_as_small_as_stated() {
        assert!(size_of::<Device>() <= 360, "{} bytes", size_of::<Device>());
        assert!(size_of::<Request>() <= 208, "{} bytes", size_of::<Request>());
        assert!(size_of::<Message>() <= 64, "{} bytes", size_of::<Message>());
    }
}
