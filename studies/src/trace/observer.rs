//! Events of a run, turned into slices, instants and counters of the trace.

use super::{Counter, Trace, Track};
use cospike_sim_core::cosim::{End, Observer, Phase, QueueAt, RadioState, ServerAt};
use cospike_sim_core::kernel::SimTime;
use std::io::Write;

impl<W: Write> Observer for Trace<W> {
    fn phase(&mut self, now: SimTime, request: u64, device: u32, phase: Phase) {
        if self.is_open(now) && self.shows_device(device) {
            self.requests.begin_phase(request, device, phase, now);
        }
    }

    fn end(&mut self, now: SimTime, request: u64, device: u32, end: End) {
        if !self.is_open(now) || !self.shows_device(device) {
            return;
        }
        let end = match end {
            End::Answered => "answered".into(),
            End::Dropped(reason) => format!("dropped: {reason}"),
        };
        if let Some(ended) = self.requests.end(request) {
            self.show_request(request, &ended, now, &end);
        } else if self.visible_part(now, now).is_some() {
            let at = self.place(Track::Refused { device });
            self.file.instant(at, now, &format!("request {request} {end}"));
        }
    }

    fn queue(&mut self, now: SimTime, at: QueueAt, length: u32) {
        let counter = match at {
            QueueAt::Edge { device } if self.shows_device(device) => Counter::EdgeQueue { device },
            QueueAt::Uplink { uplink } if self.has_cell || self.shows_device(uplink) => Counter::UplinkQueue { uplink },
            QueueAt::Cloud => Counter::CloudQueue,
            QueueAt::Edge { .. } | QueueAt::Uplink { .. } => return,
        };
        if self.is_open(now) {
            self.set(now, counter, length.into());
        }
    }

    fn begin_service(&mut self, now: SimTime, at: ServerAt, request: u64) {
        if self.is_open(now) && self.shows_server(at) {
            self.serving.entry(at).or_insert_with(|| (now, vec![])).1.push(request);
        }
    }

    fn end_service(&mut self, now: SimTime, at: ServerAt) {
        if self.is_open(now)
            && let Some((since, requests)) = self.serving.remove(&at)
        {
            self.show_service(at, since, now, &requests);
        }
    }

    fn servers(&mut self, now: SimTime, running: u32) {
        if self.is_open(now) {
            self.set(now, Counter::Servers, running.into());
        }
    }

    fn radio(&mut self, now: SimTime, device: u32, state: RadioState) {
        if self.is_open(now) && self.shows_device(device) {
            let level = match state {
                RadioState::Standby => 0.0,
                RadioState::Promotion => 1.0,
                RadioState::Connected => 2.0,
                RadioState::Active => 3.0,
            };
            self.set(now, Counter::Radio { device }, level);
        }
    }

    fn power(&mut self, now: SimTime, device: u32, watts: f64, joules: f64) {
        if self.is_open(now) && self.shows_device(device) {
            self.set(now, Counter::Power { device }, watts);
            match self.battery_joules {
                // The energy of the last nanosecond may be rounded to more than the battery held.
                Some(full) => self.set(now, Counter::Battery { device }, (full - joules).max(0.0)),
                None => self.set(now, Counter::Energy { device }, joules),
            }
        }
    }
}
