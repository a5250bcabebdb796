//! Queues with servers: the devices, the uplink and the cloud are three of them.

use super::outcome::PlaceUse;
use super::requests::{Line, Part, Requests};
use crate::kernel::SimTime;
use crate::stats::TimeWeighted;

/// One line of waiting requests in front of equal servers.
#[derive(Clone, Copy, Debug)]
struct Station {
    line: Line,
    busy: u32,
}

/// Stations of one kind, and how they were used, all taken together.
#[derive(Debug)]
pub(super) struct Place {
    stations: Vec<Station>,
    /// Servers of each station.
    servers: u32,
    wait: Part,
    service: Part,
    waiting: TimeWeighted,
    serving: TimeWeighted,
    entered: u64,
    started: u64,
    waited_nanoseconds: u128,
}

impl Place {
    /// `stations` stations of `servers` servers; requests wait in part `wait` and are served in part `service`.
    pub(super) fn new(stations: u32, servers: u32, wait: Part, service: Part) -> Self {
        Self {
            stations: vec![Station { line: Line::EMPTY, busy: 0 }; stations as usize],
            servers,
            wait,
            service,
            waiting: TimeWeighted::default(),
            serving: TimeWeighted::default(),
            entered: 0,
            started: 0,
            waited_nanoseconds: 0,
        }
    }

    /// Whether a request that comes now to `station` would have to wait, and behind how many.
    pub(super) fn queue(&self, station: usize) -> Option<u32> {
        let station = &self.stations[station];
        (station.busy >= self.servers).then(|| station.line.len())
    }

    /// The request comes to `station`. True if it is served at once.
    pub(super) fn enter(&mut self, station: usize, slot: u32, requests: &mut Requests, now: SimTime) -> bool {
        requests.go_on(slot, self.wait, now);
        self.entered += 1;
        let at = &mut self.stations[station];
        if at.busy < self.servers {
            at.busy += 1;
            self.serving.increase(now);
            self.start(slot, requests, now);
            return true;
        }
        requests.push(&mut at.line, slot);
        self.waiting.increase(now);
        false
    }

    /// A server of `station` is free again; gives the request that it serves next.
    pub(super) fn leave(&mut self, station: usize, requests: &mut Requests, now: SimTime) -> Option<u32> {
        let at = &mut self.stations[station];
        let next = requests.pop(&mut at.line);
        match next {
            Some(slot) => {
                self.waiting.decrease(now);
                self.start(slot, requests, now);
            }
            None => {
                at.busy -= 1;
                self.serving.decrease(now);
            }
        }
        next
    }

    fn start(&mut self, slot: u32, requests: &mut Requests, now: SimTime) {
        let waited = requests.go_on(slot, self.service, now);
        self.started += 1;
        self.waited_nanoseconds += u128::from(waited.nanoseconds());
    }

    /// How the place was used from time zero to `end`.
    pub(super) fn usage(&self, end: SimTime) -> PlaceUse {
        let servers = self.stations.len() as f64 * f64::from(self.servers);
        PlaceUse {
            utilisation: self.serving.mean(end).map(|serving| serving / servers),
            mean_queue_length: self.waiting.mean(end),
            entered: self.entered,
            mean_wait_seconds: (self.started > 0).then(|| self.waited_nanoseconds as f64 / 1e9 / self.started as f64),
        }
    }

    /// Occupies every server with nobody: the broken place of the test of invariant 12.
    #[cfg(test)]
    pub(super) fn jam(&mut self) {
        for station in &mut self.stations {
            station.busy = self.servers;
        }
    }
}
