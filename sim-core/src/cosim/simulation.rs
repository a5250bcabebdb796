//! The event loop of one run.

use super::event::{Event, EventKind, Fingerprint};
use super::outcome::{Dropped, LatencyTally, Outcome};
use super::place::Place;
use super::requests::{Part, Requests};
use super::{CoInference, CosimError, Received, Stranded, System};
use crate::energy::{Energy, EnergyLedger, RadioWatts};
use crate::kernel::{EventQueue, SimTime, StreamFamily, Streams, not_negative};
use crate::link::{Capacity, Link, PacketLoss, Rate, Sharing};
use crate::workload::{Arrivals, Samples};
use rand::RngExt;

/// Events at one point of time after which it is held to stand still. Far more than a fleet has at once by chance:
/// arrivals are continuous and a request has seven events.
const STANDSTILL: u64 = 1_000_000;

/// Requests that an error names.
const NAMED: usize = 10;

/// A device's own state; its queues are in the [`Place`]s.
#[derive(Clone, Copy, Debug)]
struct Device {
    ledger: EnergyLedger,
    sending: bool,
    /// Answers being received; they may overlap.
    receiving: u32,
}

/// A request that has been answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) sample: u32,
    pub(super) answer: u32,
}

/// What is counted on the way.
#[derive(Debug, Default)]
struct Tally {
    generated: u64,
    completed: u64,
    dropped: Dropped,
    sent_bytes: u64,
    payload_bytes: u64,
    packets_sent: u64,
    packets_lost: u64,
    events: u64,
    /// Events at the present time.
    events_now: u64,
}

/// One run in progress.
pub(super) struct Simulation<'a, C: ?Sized> {
    system: &'a System,
    computation: &'a mut C,
    queue: EventQueue<Event>,
    arrivals: Arrivals,
    samples: Samples,
    capacity: Capacity,
    losses: StreamFamily,
    requests: Requests,
    devices: Vec<Device>,
    edge: Place,
    uplink: Place,
    cloud: Place,
    /// Which packets of the message at hand were lost.
    lost: Vec<bool>,
    horizon: Option<SimTime>,
    propagation: SimTime,
    answer_time: SimTime,
    end: SimTime,
    tally: Tally,
    latency: LatencyTally,
    fingerprint: Fingerprint,
    scheduled_arrivals: u64,
}

impl<'a, C: CoInference + ?Sized> Simulation<'a, C> {
    /// A run of a checked `system` over `samples` (at least one) samples, before its first event.
    pub(super) fn new(
        system: &'a System,
        computation: &'a mut C,
        samples: u32,
        streams: &Streams,
    ) -> Result<Self, CosimError> {
        let link = &system.link;
        let uplinks = match link.sharing {
            Sharing::Dedicated | Sharing::SharedCell { .. } => system.devices,
            Sharing::Cell => 1,
        };
        let ledger = EnergyLedger::new(system.edge.static_watts, radio_watts(link, false, false));
        let mut simulation = Self {
            system,
            computation,
            queue: EventQueue::new(),
            arrivals: Arrivals::new(&system.workload.arrivals, system.devices, streams),
            samples: Samples::new(system.workload.samples, samples, system.devices, streams),
            capacity: Capacity::new(&link.uplink),
            losses: streams.family("packet-loss"),
            requests: Requests::new(),
            devices: vec![Device { ledger, sending: false, receiving: 0 }; system.devices as usize],
            edge: Place::new(system.devices, 1, Part::EdgeWait, Part::EdgeCompute),
            uplink: Place::new(uplinks, 1, Part::UplinkWait, Part::Uplink),
            cloud: Place::new(1, system.cloud.servers, Part::CloudWait, Part::CloudService),
            lost: Vec::new(),
            horizon: system.workload.horizon_seconds.map(SimTime::from_seconds).transpose()?,
            propagation: SimTime::from_seconds(link.propagation_seconds)?,
            answer_time: link.downlink_time(link.bytes(&[system.cloud.answer_bytes]))?,
            end: SimTime::ZERO,
            tally: Tally::default(),
            latency: LatencyTally::new(),
            fingerprint: Fingerprint::default(),
            scheduled_arrivals: 0,
        };
        for source in 0..simulation.arrivals.sources() {
            simulation.schedule_arrival(source)?;
        }
        Ok(simulation)
    }

    /// Moves the clock to the next event; `None` when the run has ended.
    pub(super) fn next_event(&mut self) -> Result<Option<Event>, CosimError> {
        let Some(time) = self.queue.next_time() else {
            return if self.requests.in_flight() == 0 { Ok(None) } else { Err(self.nothing_left()) };
        };
        if let Some(horizon) = self.horizon.filter(|&horizon| time > horizon) {
            self.end = horizon;
            return Ok(None);
        }
        self.tally.events_now = if time > self.end { 1 } else { self.tally.events_now + 1 };
        if self.tally.events_now > STANDSTILL {
            return Err(self.standstill());
        }
        self.end = time;
        self.tally.events += 1;
        Ok(self.queue.pop())
    }

    /// Does what the event says; gives the request if that answered it.
    pub(super) fn handle(&mut self, event: Event) -> Result<Option<Answered>, CosimError> {
        let number = match event.kind {
            EventKind::Arrival => self.tally.generated,
            _ => self.requests.get(event.subject).number,
        };
        self.fingerprint.add(self.queue.now(), event.kind, number);
        match event.kind {
            EventKind::Arrival => self.arrival(event.subject).map(|()| None),
            EventKind::HeadDone => self.head_done(event.subject),
            EventKind::Sent => self.sent(event.subject).map(|()| None),
            EventKind::Delivered => self.delivered(event.subject).map(|()| None),
            EventKind::TailDone => self.tail_done(event.subject).map(|()| None),
            EventKind::AnswerBegins => self.answer_begins(event.subject).map(|()| None),
            EventKind::AnswerReceived => Ok(Some(self.answer_received(event.subject))),
        }
    }

    fn schedule(&mut self, delay: SimTime, kind: EventKind, subject: u32) -> Result<(), CosimError> {
        self.queue.schedule(delay, kind.priority(), Event { kind, subject })?;
        Ok(())
    }

    fn schedule_arrival(&mut self, device: u32) -> Result<(), CosimError> {
        if self.scheduled_arrivals == self.system.workload.requests {
            return Ok(());
        }
        self.scheduled_arrivals += 1;
        match self.arrivals.next(device, self.queue.now())? {
            Some(next) => self.schedule(next.delay, EventKind::Arrival, next.device),
            None => Ok(()),
        }
    }

    fn arrival(&mut self, device: u32) -> Result<(), CosimError> {
        let number = self.tally.generated;
        self.tally.generated += 1;
        // The card is dealt even if the request is then dropped: the next request's sample must not depend on that.
        let sample = self.samples.next(device);
        self.schedule_arrival(device)?;
        let waiting = self.edge.queue(device as usize);
        if waiting.is_some_and(|waiting| !self.system.edge.admits(waiting)) {
            self.tally.dropped.queue_full += 1;
            return Ok(());
        }
        let now = self.queue.now();
        let slot = self.requests.insert(number, device, sample, now);
        if self.edge.enter(device as usize, slot, &mut self.requests, now) { self.begin_head(slot) } else { Ok(()) }
    }

    fn begin_head(&mut self, slot: u32) -> Result<(), CosimError> {
        let head = self.computation.head(0, self.requests.get(slot).sample);
        let time = self.system.edge.processor.time(&head.steps[0].counts)?;
        self.schedule(time, EventKind::HeadDone, slot)
    }

    fn head_done(&mut self, slot: u32) -> Result<Option<Answered>, CosimError> {
        let now = self.queue.now();
        let (device, sample) = (self.requests.get(slot).device, self.requests.get(slot).sample);
        if let Some(next) = self.edge.leave(device as usize, &mut self.requests, now) {
            self.begin_head(next)?;
        }
        let head = self.computation.head(0, sample);
        if head.steps.len() != 1 {
            return Err(CosimError::NotYetSimulated { feature: "a head of several steps" });
        }
        not_negative("energy", head.steps[0].energy.total())?;
        self.devices[device as usize].ledger.charge(&head.steps[0].energy);
        if let (Some(guess), true) = (head.steps[0].guess, head.packets.is_empty()) {
            self.requests.get_mut(slot).answer = guess.answer;
            return Ok(Some(self.complete(slot)));
        }
        if head.packets.is_empty() {
            return Err(CosimError::NothingToSend { sample });
        }
        let station = self.uplink_of(device);
        if self.uplink.enter(station, slot, &mut self.requests, now) {
            self.begin_sending(slot)?;
        }
        Ok(None)
    }

    fn begin_sending(&mut self, slot: u32) -> Result<(), CosimError> {
        let request = self.requests.get(slot);
        let device = request.device;
        let packets = self.computation.head(0, request.sample).packets;
        let bits = self.system.link.bytes(packets) as f64 * 8.0;
        let time = self.capacity.send(self.queue.now(), bits, &mut 0.0)?;
        self.devices[device as usize].sending = true;
        self.set_radio(device);
        self.schedule(time, EventKind::Sent, slot)
    }

    fn sent(&mut self, slot: u32) -> Result<(), CosimError> {
        let request = self.requests.get(slot);
        let device = request.device;
        let packets = self.computation.head(0, request.sample).packets;
        self.tally.packets_sent += packets.len() as u64;
        self.tally.payload_bytes += packets.iter().map(|&bytes| u64::from(bytes)).sum::<u64>();
        self.tally.sent_bytes += self.system.link.bytes(packets);
        self.devices[device as usize].sending = false;
        self.set_radio(device);
        let station = self.uplink_of(device);
        if let Some(next) = self.uplink.leave(station, &mut self.requests, self.queue.now()) {
            self.begin_sending(next)?;
        }
        self.schedule(self.propagation, EventKind::Delivered, slot)
    }

    fn delivered(&mut self, slot: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        let request = self.requests.get(slot);
        let (number, sample) = (request.number, request.sample);
        self.lost.resize(self.computation.head(0, sample).packets.len(), false);
        draw_losses(&self.system.link, &self.losses, number, &mut self.lost);
        let lost = self.lost.iter().filter(|&&lost| lost).count();
        self.tally.packets_lost += lost as u64;
        if lost == self.lost.len() {
            self.requests.remove(slot, now);
            self.tally.dropped.all_packets_lost += 1;
            return Ok(());
        }
        let lost: Vec<u32> = (0..self.lost.len()).filter(|&i| self.lost[i]).map(|i| i as u32).collect();
        let received = Received { steps: 1, lost: &lost, flipped: &[], erased: &[] };
        let tail = self.computation.tail(0, sample, &received);
        let request = self.requests.get_mut(slot);
        request.answer = tail.guess.answer;
        request.service = self.system.cloud.processor.time(&tail.counts)?;
        if self.cloud.enter(0, slot, &mut self.requests, now) { self.begin_tail(slot) } else { Ok(()) }
    }

    fn begin_tail(&mut self, slot: u32) -> Result<(), CosimError> {
        self.schedule(self.requests.get(slot).service, EventKind::TailDone, slot)
    }

    fn tail_done(&mut self, slot: u32) -> Result<(), CosimError> {
        let now = self.queue.now();
        if let Some(next) = self.cloud.leave(0, &mut self.requests, now) {
            self.begin_tail(next)?;
        }
        self.requests.go_on(slot, Part::Downlink, now);
        self.schedule(self.propagation, EventKind::AnswerBegins, slot)
    }

    fn answer_begins(&mut self, slot: u32) -> Result<(), CosimError> {
        let device = self.requests.get(slot).device;
        self.devices[device as usize].receiving += 1;
        self.set_radio(device);
        self.schedule(self.answer_time, EventKind::AnswerReceived, slot)
    }

    fn answer_received(&mut self, slot: u32) -> Answered {
        let device = self.requests.get(slot).device;
        self.devices[device as usize].receiving -= 1;
        self.set_radio(device);
        self.complete(slot)
    }

    fn complete(&mut self, slot: u32) -> Answered {
        let now = self.queue.now();
        let request = self.requests.remove(slot, now);
        self.tally.completed += 1;
        if request.number >= self.system.workload.warmup {
            self.latency.record(&request, now);
        }
        Answered { sample: request.sample, answer: request.answer }
    }

    fn uplink_of(&self, device: u32) -> usize {
        match self.system.link.sharing {
            Sharing::Dedicated | Sharing::SharedCell { .. } => device as usize,
            Sharing::Cell => 0,
        }
    }

    fn set_radio(&mut self, device: u32) {
        let device = &mut self.devices[device as usize];
        let watts = radio_watts(&self.system.link, device.sending, device.receiving > 0);
        device.ledger.set_radio(self.queue.now(), watts);
    }

    fn stranded(&self) -> Vec<Stranded> {
        let all = self.requests.whereabouts().into_iter().take(NAMED);
        all.map(|(request, device, part)| Stranded { request, device, part }).collect()
    }

    fn nothing_left(&self) -> CosimError {
        let in_flight = self.requests.in_flight();
        CosimError::NothingLeftToHappen { at: self.queue.now(), in_flight, first: self.stranded() }
    }

    fn standstill(&self) -> CosimError {
        let (at, in_flight) = (self.queue.now(), self.requests.in_flight());
        CosimError::TimeStandsStill { at, events: STANDSTILL, in_flight, first: self.stranded() }
    }

    /// The outcome at the end, `correct` requests having been answered right.
    pub(super) fn outcome(&self, correct: u64) -> Outcome {
        let mut energy = Energy::default();
        // In the order of the devices, so that rounding is the same every time.
        self.devices.iter().for_each(|device| energy += device.ledger.until(self.end));
        let tally = &self.tally;
        Outcome {
            generated: tally.generated,
            completed: tally.completed,
            dropped: tally.dropped,
            in_flight: self.requests.in_flight(),
            correct,
            latency: self.latency.summary(),
            energy,
            sent_bytes: tally.sent_bytes,
            payload_bytes: tally.payload_bytes,
            packets_sent: tally.packets_sent,
            packets_lost: tally.packets_lost,
            edge: self.edge.usage(self.end),
            uplink: self.uplink.usage(self.end),
            cloud: self.cloud.usage(self.end),
            simulated: self.end,
            events: tally.events,
            fingerprint: self.fingerprint.value(),
        }
    }
}

fn radio_watts(link: &Link, sending: bool, receiving: bool) -> RadioWatts {
    let Rate::Constant { bits_per_second } = link.uplink else { return RadioWatts::default() };
    let power = &link.radio.power;
    let up = power.up_watts_per_mbps * bits_per_second * 1e-6;
    let down = power.down_watts_per_mbps * link.downlink_bits_per_second * 1e-6;
    let beta = power.active_watts;
    match (sending, receiving) {
        (false, false) => RadioWatts { tx: 0.0, rx: 0.0, idle: link.radio.standby_watts() },
        (true, false) => RadioWatts { tx: up + beta, rx: 0.0, idle: 0.0 },
        (false, true) => RadioWatts { tx: 0.0, rx: down + beta, idle: 0.0 },
        (true, true) => RadioWatts { tx: up + beta, rx: down, idle: 0.0 },
    }
}

fn draw_losses(link: &Link, streams: &StreamFamily, owner: u64, lost: &mut [bool]) {
    let PacketLoss::Independent { probability } = link.channel.packet_loss else { return };
    if probability == 0.0 {
        lost.fill(false);
        return;
    }
    let mut draws = streams.of(owner);
    lost.fill_with(|| draws.random::<f64>() < probability);
}

#[cfg(test)]
mod tests;
