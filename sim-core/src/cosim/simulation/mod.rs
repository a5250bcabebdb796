//! The event loop of one run: it alone connects the places.

mod arrival;
mod cloud;
mod downlink;
mod edge;
mod ending;
mod power;
mod radio;
mod uplink;

use super::cell::Cell;
use super::device::{Device, ProcessorState};
use super::event::{Event, EventKind, Subject};
use super::messages::Messages;
use super::observer::{Observer, QueueAt};
use super::outcome::{Dropped, LatencyTally};
use super::place::Place;
use super::requests::{Part, Requests};
use super::servers::Servers;
use super::{CoInference, CosimError, Head, System};
use crate::edge::DesignChoice;
use crate::energy::EnergyLedger;
use crate::kernel::{EventQueue, Fingerprint, Happening, SimTime, StreamFamily, Streams, Ticket};
use crate::link::{Capacity, Medium, PacketDamage, Rate, Sharing};
use crate::workload::{Arrivals, Samples};

/// Events at one point of time after which it is held to stand still. Far more than a fleet has at once by chance:
/// arrivals are continuous and a request has some ten events.
const STANDSTILL: u64 = 1_000_000;

/// A request that has been answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) sample: u32,
    pub(super) answer: u32,
    /// After its deadline.
    pub(super) late: bool,
}

/// What is counted on the way.
#[derive(Debug, Default)]
struct Tally {
    generated: u64,
    completed: u64,
    answered_at_edge: u64,
    late: u64,
    dropped: Dropped,
    sent_bytes: u64,
    payload_bytes: u64,
    packets_sent: u64,
    packets_lost: u64,
    retransmissions: u64,
    bits_flipped: u64,
    bits_erased: u64,
    steps_sent: u64,
    steps_saved: u64,
    false_alarms: u64,
    missed_signals: u64,
    depleted: u64,
    first_depletion: Option<SimTime>,
    lifetime_nanoseconds: u128,
    events: u64,
    /// Events at the present time.
    events_now: u64,
}

/// What keeps the run going.
#[derive(Debug, Default)]
struct Pending {
    /// Events without which a request cannot go on.
    events: u64,
    arrivals: u64,
    /// Timers that are set.
    timers: u64,
}

/// Times and streams that stay the same throughout a run.
struct Constants {
    horizon: Option<SimTime>,
    propagation: SimTime,
    answer_bits: f64,
    answer_time: SimTime,
    promotion: SimTime,
    tail: SimTime,
    sleep_after: SimTime,
    starvation: Option<SimTime>,
    /// Whether devices draw anything between inferences, or sleep.
    has_standby: bool,
    uplink_jitter: StreamFamily,
    downlink_jitter: StreamFamily,
    wake_up_phases: StreamFamily,
    wake_up_misses: StreamFamily,
    false_alarms: StreamFamily,
}

/// One run in progress.
pub(super) struct Simulation<'a, O> {
    system: &'a System,
    computation: &'a mut dyn CoInference,
    observer: &'a mut O,
    constants: Constants,
    queue: EventQueue<Event>,
    pending: Pending,
    arrivals: Arrivals,
    samples: Samples,
    medium: Medium,
    capacity: Capacity,
    requests: Requests,
    messages: Messages,
    /// What arrived of each request in flight, by slot, if the channel can do damage.
    received: Vec<PacketDamage>,
    devices: Vec<Device>,
    edge: Place,
    uplink: Place,
    /// The cell, if it is shared, and the event of the next message that it has sent.
    cell: Option<Cell>,
    cell_event: Option<Ticket>,
    /// Capacity used at each uplink, if its rate comes from a trace.
    used: Vec<f64>,
    cloud: Servers,
    batch_event: Option<(Ticket, SimTime)>,
    /// Requests of the batch that was just done.
    done: Vec<u32>,
    end: SimTime,
    tally: Tally,
    latency: LatencyTally,
    fingerprint: Fingerprint,
    /// What the last event was; `None` if it was none.
    happening: Option<Happening<EventKind>>,
    /// For the next look at starvation: at this event, and the requests answered before the last.
    look_at_event: u64,
    answered_before: u64,
}

impl<'a, O: Observer> Simulation<'a, O> {
    /// A run of a checked `system` over `samples` (at least one) samples, before its first event.
    pub(super) fn new(
        system: &'a System,
        computation: &'a mut dyn CoInference,
        observer: &'a mut O,
        samples: u32,
        streams: &Streams,
    ) -> Result<Self, CosimError> {
        let (link, devices) = (&system.link, system.devices);
        let uplinks = match link.sharing {
            Sharing::Dedicated | Sharing::SharedCell { .. } => devices,
            Sharing::Cell => 1,
        };
        let is_traced = !matches!(link.uplink, Rate::Constant { .. });
        let medium = Medium::new(link, devices, streams);
        let mut simulation = Self {
            system,
            computation,
            observer,
            constants: Constants::new(system, streams)?,
            queue: EventQueue::new(),
            pending: Pending::default(),
            arrivals: Arrivals::new(&system.workload.arrivals, devices, streams),
            samples: Samples::new(system.workload.samples, samples, devices, streams),
            messages: Messages::new(!medium.is_clean()),
            medium,
            capacity: Capacity::new(&link.uplink),
            requests: Requests::default(),
            received: Vec::new(),
            devices: vec![new_device(system); devices as usize],
            edge: Place::new(devices, |device| QueueAt::Edge { device }),
            uplink: Place::new(uplinks, |uplink| QueueAt::Uplink { uplink }),
            cell: matches!(link.sharing, Sharing::SharedCell { .. }).then(Cell::new),
            cell_event: None,
            used: if is_traced { vec![0.0; uplinks as usize] } else { Vec::new() },
            cloud: Servers::new(&system.cloud)?,
            batch_event: None,
            done: Vec::new(),
            end: SimTime::ZERO,
            tally: Tally::default(),
            latency: LatencyTally::new(),
            fingerprint: Fingerprint::default(),
            happening: None,
            look_at_event: 0,
            answered_before: 0,
        };
        simulation.begin()?;
        Ok(simulation)
    }

    fn begin(&mut self) -> Result<(), CosimError> {
        for source in 0..self.arrivals.sources() {
            self.schedule_arrival(source)?;
        }
        for device in 0..self.system.devices {
            self.begin_power(device)?;
        }
        self.observer.servers(SimTime::ZERO, self.cloud.running());
        self.schedule_scale_look()
    }

    /// Moves the clock to the next event; `None` when the run has ended.
    pub(super) fn next_event(&mut self) -> Result<Option<Event>, CosimError> {
        let next = if self.is_over() { None } else { self.queue.next_time() };
        let Some(time) = next else {
            return if self.requests.in_flight() == 0 { self.ends() } else { Err(self.nothing_left()) };
        };
        if let Some(horizon) = self.constants.horizon.filter(|&horizon| time > horizon) {
            self.end = horizon;
            return self.ends();
        }
        self.tally.events_now = if time > self.queue.now() { 1 } else { self.tally.events_now + 1 };
        if self.tally.events_now > STANDSTILL {
            return Err(self.standstill());
        }
        self.tally.events += 1;
        self.look_for_starvation()?;
        let event = self.queue.pop();
        match event {
            Some(event) if event.kind.keeps_running() => self.pending.events -= 1,
            Some(event) if event.kind == EventKind::Arrival => self.pending.arrivals -= 1,
            _ => {}
        }
        Ok(event)
    }

    /// No event is left; Little's law must hold at every queue.
    fn ends(&self) -> Result<Option<Event>, CosimError> {
        self.edge.check_all(self.end)?;
        self.uplink.check_all(self.end)?;
        self.cloud.check(self.end)?;
        Ok(None)
    }

    /// Whether nothing can happen any more but what goes on for ever: false alarms, autoscaling, batteries.
    fn is_over(&self) -> bool {
        self.pending.events == 0 && self.pending.timers == 0 && self.no_request_comes()
    }

    fn no_request_comes(&self) -> bool {
        self.pending.arrivals == 0 || self.tally.generated == self.system.workload.requests
    }

    fn has_no_request_left(&self) -> bool {
        self.requests.in_flight() == 0 && self.no_request_comes()
    }

    /// Does what the event says; gives the request if that answered it.
    pub(super) fn handle(&mut self, event: Event) -> Result<Option<Answered>, CosimError> {
        let Event { kind, subject } = event;
        self.happening = None;
        match kind {
            // A timer that was set anew or switched off is no event.
            EventKind::TailTimer => return self.tail_timer(subject).map(|()| None),
            EventKind::SleepTimer => return self.sleep_timer(subject).map(|()| None),
            EventKind::Arrival if self.tally.generated == self.system.workload.requests => return Ok(None),
            _ => self.happens(kind, subject),
        }
        match kind {
            EventKind::Arrival => self.arrival(subject)?,
            EventKind::HeadDone => return self.head_done(subject),
            EventKind::RadioReady => self.radio_ready(subject)?,
            EventKind::Retry => self.submit(subject)?,
            EventKind::Sent => self.sent(subject)?,
            EventKind::CellSent => self.cell_sent()?,
            EventKind::Delivered => self.delivered(subject)?,
            EventKind::BatchTimer => self.batch_timer()?,
            EventKind::TailDone => self.tail_done(subject)?,
            EventKind::AnswerBegins => self.answer_begins(subject)?,
            EventKind::WakeSignal => self.wake_signal(subject)?,
            EventKind::AnswerReceived => return self.answer_received(subject),
            EventKind::FalseAlarm => self.false_alarm(subject)?,
            EventKind::BatteryLook => self.battery_look(subject)?,
            EventKind::ServerStarted => self.server_started()?,
            EventKind::ScaleLook => self.scale_look()?,
            EventKind::TailTimer | EventKind::SleepTimer => {}
        }
        Ok(None)
    }

    /// What the event that was handled last was; `None` if it was a timer that was set anew or switched off, or an arrival
    /// after the last request.
    pub(super) fn happening(&self) -> Option<Happening<EventKind>> {
        self.happening
    }

    /// Something happens now.
    fn happens(&mut self, kind: EventKind, subject: u32) {
        self.end = self.queue.now();
        let subject = match kind.subject() {
            Subject::Device if kind == EventKind::Arrival => self.tally.generated,
            Subject::Device | Subject::Batch | Subject::None => subject.into(),
            Subject::Request => self.requests.get(subject).number,
            Subject::Message => self.requests.get(self.messages.get(subject).request).number,
        };
        self.fingerprint.add(self.end, kind as u64, subject);
        self.happening = Some(Happening { time: self.end, kind, subject });
    }

    fn schedule(&mut self, delay: SimTime, kind: EventKind, subject: u32) -> Result<Ticket, CosimError> {
        self.pending.events += u64::from(kind.keeps_running());
        Ok(self.queue.schedule(delay, kind.priority(), Event { kind, subject })?)
    }

    /// Takes back an event that keeps the run going.
    fn cancel(&mut self, ticket: Ticket) {
        if self.queue.cancel(ticket) {
            self.pending.events -= 1;
        }
    }

    fn head(&self, slot: u32) -> Head<'_> {
        let request = self.requests.get(slot);
        self.computation.head(request.design, request.sample)
    }

    fn is_alive(&self, device: u32) -> bool {
        self.devices[device as usize].is_alive()
    }

    /// A step, message or answer of a request comes to `part`.
    fn enter(&mut self, slot: u32, part: Part) {
        let change = self.requests.enter(slot, part, self.queue.now());
        self.observe_part(slot, change);
    }

    /// A step, message or answer of a request goes from one part to another.
    fn go_on(&mut self, slot: u32, from: Part, to: Part) {
        let change = self.requests.go_on(slot, from, to, self.queue.now());
        self.observe_part(slot, change);
    }

    fn observe_part(&mut self, slot: u32, change: Option<Part>) {
        if let Some(part) = change {
            let request = self.requests.get(slot);
            self.observer.part(self.queue.now(), request.number, request.device, part);
        }
    }

    fn observe_edge_queue(&mut self, device: u32) {
        self.observer.queue(self.queue.now(), QueueAt::Edge { device }, self.edge.waiting(device));
    }
}

impl Constants {
    fn new(system: &System, streams: &Streams) -> Result<Self, CosimError> {
        let (link, standby) = (&system.link, &system.edge.standby);
        let answer_bytes = link.bytes(&[system.cloud.answer_bytes]);
        Ok(Self {
            horizon: system.workload.horizon_seconds.map(SimTime::from_seconds).transpose()?,
            propagation: SimTime::from_seconds(link.propagation_seconds)?,
            answer_bits: answer_bytes as f64 * 8.0,
            answer_time: link.downlink_time(answer_bytes)?,
            promotion: SimTime::from_seconds(link.radio.promotion_seconds)?,
            tail: SimTime::from_seconds(link.radio.tail_seconds)?,
            sleep_after: SimTime::from_seconds(standby.sleep.map_or(0.0, |sleep| sleep.after_seconds))?,
            starvation: system.starvation_seconds.map(SimTime::from_seconds).transpose()?,
            has_standby: standby.idle_watts > 0.0 || standby.sleep.is_some(),
            uplink_jitter: streams.family("uplink-jitter"),
            downlink_jitter: streams.family("downlink-jitter"),
            wake_up_phases: streams.family("wake-up-phase"),
            wake_up_misses: streams.family("wake-up-miss"),
            false_alarms: streams.family("false-alarm"),
        })
    }
}

/// A device before the run: its radio in standby, its processor asleep if it can sleep.
fn new_device(system: &System) -> Device {
    let standby = &system.edge.standby;
    let (processor, watts) = match standby.sleep {
        Some(sleep) => (ProcessorState::Asleep, sleep.watts),
        None => (ProcessorState::Idle, standby.idle_watts),
    };
    let estimate = match system.edge.design {
        DesignChoice::Fixed { .. } => 0.0,
        DesignChoice::ByRate { initial_bits_per_second, .. } => initial_bits_per_second,
    };
    let mut device = Device::new(EnergyLedger::new(0.0, 0.0, Default::default()), processor, estimate);
    device.ledger = EnergyLedger::new(system.edge.static_watts, watts, device.radio.watts(&system.link.radio));
    device
}

#[cfg(test)]
mod tests;
