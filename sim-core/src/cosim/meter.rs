//! The window over which energy is measured, and what is drawn in it.

use super::outcome::{CloudEnergy, NoWindow, Window};
use crate::energy::Energy;
use crate::kernel::SimTime;
use crate::stats::{Interval, ratio_interval};

/// Number of batches into which the window is divided, for the interval of its energy.
const BATCHES: u64 = 10;

/// Fewest requests of a window with an interval: twenty for each batch.
const FEWEST_REQUESTS: u64 = 20 * BATCHES;

/// What was drawn and answered from time zero to a moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) at: SimTime,
    /// Requests answered.
    pub(super) answered: u64,
    pub(super) energy: Energy,
    pub(super) cloud: CloudEnergy,
}

/// Reads the energy of the whole system when the window opens, when it closes, and at the ends of its batches: some ten
/// times in a run. Each reading looks at all devices, and divides the state of each at that moment.
#[derive(Debug)]
pub(super) struct Meter {
    /// Requests that have to end before the window opens.
    warm_up: u64,
    /// Number of the last request, which closes the window.
    last: u64,
    horizon: Option<SimTime>,
    /// Longest time for which a device draws another power because of a request that is over.
    memory: SimTime,
    readings: Vec<Reading>,
    /// Number of the request that opened the window.
    first: u64,
    /// Number of a request, and time, from which on a reading is due: whichever comes first.
    due: (u64, SimTime),
}

impl Meter {
    pub(super) fn new(warm_up: u64, requests: u64, horizon: Option<SimTime>, memory: SimTime) -> Self {
        let due = (warm_up, SimTime::MAX);
        Self { warm_up, last: requests - 1, horizon, memory, readings: vec![], first: 0, due }
    }

    /// Whether a reading may be due now that the request `number` is made.
    pub(super) fn is_due(&self, number: u64, now: SimTime) -> bool {
        number >= self.due.0 || now >= self.due.1
    }

    /// Takes the reading at which the request `number` is made. The first one opens the window.
    pub(super) fn take(&mut self, number: u64, reading: Reading) {
        if self.readings.is_empty() {
            self.first = number;
        }
        self.readings.push(reading);
        self.due = if number >= self.last { (u64::MAX, SimTime::MAX) } else { self.next_due() };
    }

    /// When the next batch ends, by the share of the window's requests or of its time.
    fn next_due(&self) -> (u64, SimTime) {
        let (requests, opened) = (self.last - self.first, self.readings[0].at);
        if requests < FEWEST_REQUESTS {
            return (self.last, SimTime::MAX);
        }
        let batches = self.readings.len() as u64;
        let part = |whole: u64| (u128::from(whole) * u128::from(batches) / u128::from(BATCHES)) as u64;
        let end = self.horizon.map_or(SimTime::MAX, |horizon| {
            let into = part(horizon.nanoseconds().saturating_sub(opened.nanoseconds()));
            SimTime::from_nanoseconds(opened.nanoseconds() + into)
        });
        (self.first + part(requests), end)
    }

    /// The window of a run that has ended with the reading `end`.
    pub(super) fn window(&self, end: Reading) -> Result<Window, NoWindow> {
        let is_closed = self.due.0 == u64::MAX;
        let mut readings = self.readings.clone();
        readings.extend((!is_closed && !readings.is_empty()).then_some(end));
        let (Some(opened), Some(closed)) = (readings.first(), readings.last()) else {
            return Err(NoWindow::NeverOpened { warm_up: self.warm_up });
        };
        if closed.at <= opened.at {
            return Err(NoWindow::NoTime);
        }
        Ok(Window {
            from: opened.at,
            to: closed.at,
            answered: closed.answered - opened.answered,
            energy: closed.energy.since(&opened.energy),
            cloud_energy: closed.cloud.since(&opened.cloud),
            joules_per_answer: self.interval(&readings),
        })
    }

    /// Interval of the devices' energy per answer, if the window has batches, and each is longer than a device remembers.
    fn interval(&self, readings: &[Reading]) -> Option<Interval> {
        let batches = || readings.iter().zip(&readings[1..]);
        let is_long = |(from, to): (&Reading, &Reading)| to.at.since(from.at) > self.memory;
        let answered = readings.last()?.answered - readings.first()?.answered;
        if answered < FEWEST_REQUESTS || !batches().all(is_long) {
            return None;
        }
        let joules = |(from, to): (&Reading, &Reading)| {
            (to.energy.total - from.energy.total, (to.answered - from.answered) as f64)
        };
        ratio_interval(&batches().map(joules).collect::<Vec<_>>()).ok()
    }
}
