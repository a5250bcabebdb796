//! Trace of a run in Chrome's Trace Event Format, which <https://ui.perfetto.dev> displays.
//!
//! Each device, the cell and the cloud is a process of the trace. A process has a track for everything that serves requests
//! there (processor, uplink, servers), tracks of a device's requests with their phases, and counters.

mod file;
mod observer;
mod requests;

use cospike_sim_core::cosim::{Phase, ServerAt, System};
use cospike_sim_core::kernel::SimTime;
use cospike_sim_core::link::Sharing;
use file::{EventFile, Place};
use requests::{Request, Requests};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;

/// Number of events after which a trace ends. The file then has 100 to 150 MB, which a browser still opens.
const MAX_EVENTS: u64 = 1_000_000;

/// Process number of the cloud.
const CLOUD: u64 = 1;
/// Process number of the cell.
const CELL: u64 = 2;
/// Process number of device 0; those of the other devices follow.
const FIRST_DEVICE: u64 = 3;

/// The part of a run that is traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Devices that are shown. The cloud and the cell are always shown, with their work for all devices.
    pub devices: Range<u32>,
    /// Simulated time that is shown. Slices that begin before it or end after it are cut off.
    pub time: Range<SimTime>,
}

/// Size of a finished trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traced {
    /// Number of events in the file.
    pub events: u64,
    /// Simulated time at which the trace ended because it had reached its maximum size; `None` if it did not.
    pub cut: Option<SimTime>,
}

/// Track on which slices are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Track {
    /// The work of a processor, an uplink or a server of the cloud.
    Server(ServerAt),
    /// Requests of a device. Those that overlap are shown in several lanes.
    Requests { device: u32, lane: u32 },
    /// Requests of a device that found the queue full or the battery empty.
    Refused { device: u32 },
}

/// Quantity whose value is shown over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Counter {
    EdgeQueue { device: u32 },
    UplinkQueue { uplink: u32 },
    CloudQueue,
    Servers,
    Radio { device: u32 },
    Power { device: u32 },
    Energy { device: u32 },
    Battery { device: u32 },
}

/// Observer of a run that writes its trace. Slices are written when they end, so only those under way are held in memory.
pub struct Trace<W> {
    file: EventFile<W>,
    scope: Scope,
    /// Whether all devices send through one uplink.
    has_cell: bool,
    max_events: u64,
    /// Energy of a full battery; `None` on mains power.
    battery_joules: Option<f64>,
    /// Processes whose names have been written.
    processes: BTreeSet<u64>,
    /// Tracks whose names have been written.
    threads: BTreeMap<Track, Place>,
    /// Number of the first thread. Lower numbers are those of processes: some viewers confuse equal numbers of the two.
    first_thread: u64,
    /// For each busy server, the time since which it is busy and the requests that it serves.
    serving: BTreeMap<ServerAt, (SimTime, Vec<u64>)>,
    requests: Requests,
    /// Last value of every counter, shown or not.
    levels: BTreeMap<Counter, f64>,
    /// Time of the last event.
    now: SimTime,
    /// Whether the time shown has begun.
    has_begun: bool,
    /// Whether the time shown is over, or the trace has reached its maximum size.
    has_ended: bool,
    cut: Option<SimTime>,
}

impl<W: Write> Trace<W> {
    /// Begins the trace of a run of `system` in `file`. `about` describes the run and is written into the file.
    pub fn new(file: W, system: &System, scope: Scope, about: &Value) -> Self {
        Self {
            file: EventFile::new(file, about),
            has_cell: system.link.sharing == Sharing::Cell,
            max_events: MAX_EVENTS,
            battery_joules: system.edge.battery_joules,
            processes: BTreeSet::new(),
            threads: BTreeMap::new(),
            first_thread: FIRST_DEVICE + u64::from(scope.devices.end.min(system.devices)),
            scope,
            serving: BTreeMap::new(),
            requests: Requests::default(),
            levels: BTreeMap::new(),
            now: SimTime::ZERO,
            has_begun: false,
            has_ended: false,
            cut: None,
        }
    }

    /// Ends the trace; slices that are still under way end at the last event.
    ///
    /// # Errors
    /// The first error of writing.
    pub fn finish(mut self) -> io::Result<Traced> {
        if !self.has_ended {
            self.end_at(self.now);
        }
        let traced = Traced { events: self.file.written(), cut: self.cut };
        self.file.finish().map(|()| traced)
    }

    /// Whether an event at `now` comes before the end of the time shown. The first event inside writes the values that the
    /// counters begin with; the first event after the end cuts off the slices under way.
    fn is_open(&mut self, now: SimTime) -> bool {
        if self.has_ended {
            return false;
        }
        if !self.has_begun && now >= self.scope.time.start {
            self.has_begun = true;
            for (counter, value) in self.levels.clone() {
                self.show_level(self.scope.time.start, counter, value);
            }
        }
        if now >= self.scope.time.end {
            self.end_at(self.scope.time.end);
        } else if self.file.written() >= self.max_events {
            self.cut = Some(now);
            self.end_at(now);
        }
        self.now = now;
        !self.has_ended
    }

    /// Ends all slices under way at `end`.
    fn end_at(&mut self, end: SimTime) {
        self.has_ended = true;
        for (server, (since, requests)) in std::mem::take(&mut self.serving) {
            self.show_service(server, since, end, &requests);
        }
        for (number, request) in self.requests.take_all() {
            self.show_request(number, &request, end, "under way");
        }
    }

    fn shows_device(&self, device: u32) -> bool {
        self.scope.devices.contains(&device)
    }

    fn shows_server(&self, at: ServerAt) -> bool {
        match at {
            ServerAt::Edge { device } => self.shows_device(device),
            ServerAt::Uplink { uplink } => self.has_cell || self.shows_device(uplink),
            ServerAt::Cloud { .. } => true,
        }
    }

    /// The part of `from..to` that lies in the time shown; `None` if all of it lies before.
    fn visible_part(&self, from: SimTime, to: SimTime) -> Option<(SimTime, SimTime)> {
        let start = self.scope.time.start;
        (from >= start || to > start).then(|| (from.max(start), to))
    }

    /// Writes a slice in which `server` serves `requests`.
    fn show_service(&mut self, server: ServerAt, from: SimTime, to: SimTime, requests: &[u64]) {
        let Some((from, to)) = self.visible_part(from, to) else { return };
        let at = self.place(Track::Server(server));
        let name = match requests {
            [only] => format!("request {only}"),
            several => format!("{} requests", several.len()),
        };
        self.file.begin(at, from, &name, &json!({ "requests": requests }));
        self.file.end(at, to);
    }

    /// Writes a request with its phases inside; phases of no duration are left out.
    fn show_request(&mut self, number: u64, request: &Request, now: SimTime, end: &str) {
        let arrived = request.phases.first().map_or(now, |&(_, since)| since);
        let Some((from, to)) = self.visible_part(arrived, now) else { return };
        let at = self.place(Track::Requests { device: request.device, lane: request.lane });
        let age_ms = now.since(arrived).seconds() * 1e3;
        let about = json!({ "request": number, "end": end, "arrived_s": arrived.seconds(), "age_ms": age_ms });
        self.file.begin(at, from, &format!("request {number}"), &about);
        for (phase, from, to) in request.slices(now) {
            if let Some((from, to)) = self.visible_part(from, to).filter(|(from, to)| from < to) {
                self.file.begin(at, from, phase_name(phase), &json!({ "request": number }));
                self.file.end(at, to);
            }
        }
        self.file.end(at, to);
    }

    /// Records that a counter has `value` from `now` on, and writes it if it is new and inside the time shown.
    fn set(&mut self, now: SimTime, counter: Counter, value: f64) {
        if self.levels.insert(counter, value) != Some(value) && self.has_begun {
            self.show_level(now, counter, value);
        }
    }

    /// Writes the value of a counter.
    fn show_level(&mut self, now: SimTime, counter: Counter, value: f64) {
        let (process, name, unit) = match counter {
            Counter::EdgeQueue { device } => (self.device(device), "edge queue", "length"),
            Counter::UplinkQueue { uplink } => (self.uplink(uplink), "uplink queue", "length"),
            Counter::CloudQueue => (self.cloud(), "cloud queue", "length"),
            Counter::Servers => (self.cloud(), "servers", "running"),
            Counter::Radio { device } => {
                (self.device(device), "radio: 0 standby, 1 promotion, 2 connected, 3 active;", "state")
            }
            Counter::Power { device } => (self.device(device), "power", "W"),
            Counter::Energy { device } => (self.device(device), "energy", "J"),
            Counter::Battery { device } => (self.device(device), "battery", "J"),
        };
        self.file.count(process, now, name, unit, value);
    }

    /// Process of the cloud.
    fn cloud(&mut self) -> u64 {
        self.process(CLOUD, || "cloud".into())
    }

    /// Process of an uplink: the cell, or its device.
    fn uplink(&mut self, uplink: u32) -> u64 {
        match self.has_cell {
            true => self.process(CELL, || "cell".into()),
            false => self.device(uplink),
        }
    }

    /// Process of a device.
    fn device(&mut self, device: u32) -> u64 {
        self.process(FIRST_DEVICE + u64::from(device), || format!("device {device}"))
    }

    /// Writes the name of a process the first time that something is shown there.
    fn process(&mut self, process: u64, name: impl Fn() -> String) -> u64 {
        if self.processes.insert(process) {
            self.file.name_process(process, &name());
        }
        process
    }

    /// Place of a track, whose name is written the first time that something is shown there.
    fn place(&mut self, track: Track) -> Place {
        if let Some(place) = self.threads.get(&track) {
            return *place;
        }
        let (process, name) = match track {
            Track::Server(ServerAt::Edge { device }) => (self.device(device), "processor".into()),
            Track::Server(ServerAt::Uplink { uplink }) => (self.uplink(uplink), "uplink".into()),
            Track::Server(ServerAt::Cloud { server }) => (self.cloud(), format!("server {server}")),
            Track::Requests { device, lane } => (self.device(device), format!("requests {lane}")),
            Track::Refused { device } => (self.device(device), "refused".into()),
        };
        let place = Place { process, thread: self.first_thread + self.threads.len() as u64 };
        self.file.name_thread(place, &name);
        self.threads.insert(track, place);
        place
    }
}

/// Name of a phase in the trace.
fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::EdgeWait => "edge wait",
        Phase::EdgeCompute => "head",
        Phase::UplinkWait => "uplink wait",
        Phase::Uplink => "uplink",
        Phase::CloudWait => "cloud wait",
        Phase::CloudService => "tail",
        Phase::Downlink => "downlink",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::study;
    use cospike_sim_core::cosim::{Observer, QueueAt};

    fn trace_of_a_queue<W: Write>(file: W, max_events: u64) -> io::Result<Traced> {
        let study = study();
        let scope = Scope { devices: 0..8, time: SimTime::ZERO..SimTime::MAX };
        let mut trace = Trace::new(file, &study.plan().points[0].system.to_system(), scope, &json!({}));
        trace.max_events = max_events;
        trace.begin_service(SimTime::ZERO, ServerAt::Cloud { server: 0 }, 7);
        (0..20).for_each(|second| trace.queue(SimTime::from_nanoseconds(second), QueueAt::Cloud, second as u32));
        trace.finish()
    }

    #[test]
    fn a_trace_of_maximum_size_ends_with_the_slices_under_way() {
        let mut file = vec![];
        let traced = trace_of_a_queue(&mut file, 10).unwrap();
        // The name of the cloud and the queue lengths 0 to 8; then the name of the server, and its slice until the end.
        assert_eq!(traced, Traced { events: 13, cut: Some(SimTime::from_nanoseconds(9)) });
        let trace: Value = serde_json::from_slice(&file).unwrap();
        let last = trace["traceEvents"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["ph"], &last["ts"]), (&json!("E"), &json!(0.009)));
        assert_eq!(trace_of_a_queue(io::sink(), 1_000).unwrap().cut, None);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error() {
        let mut small = [0; 100];
        assert!(trace_of_a_queue(&mut small[..], 1_000).is_err());
    }
}
