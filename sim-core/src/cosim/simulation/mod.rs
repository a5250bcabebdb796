//! The event loop of one run: it alone connects the places.

use super::agenda::Agenda;
use super::air::Air;
use super::answers::Answers;
use super::cloud::Cloud;
use super::context::{Answered, Context};
use super::counters::{RequestCounters, Trajectory};
use super::demand::Demand;
use super::edge::{Edge, HeadStepDone};
use super::error::MAX_NAMED;
use super::event::{Event, EventKind, Subject};
use super::messages::Messages;
use super::meter::{Meter, Reading};
use super::observer::Observer;
use super::outcome::Outcome;
use super::phase::Phase;
use super::requests::{Request, Requests};
use super::starvation::StarvationWatch;
use super::tally::Tally;
use super::usage::Extent;
use super::{CoInference, CosimError, Stranded, System};
use crate::kernel::{Happening, SimTime, Streams};

/// Events at one point of time after which it is held to stand still. Far more than a fleet has at once by chance:
/// arrivals are continuous and a request has some ten events.
const STANDSTILL: u64 = 1_000_000;

/// One run in progress.
pub(super) struct Simulation<'a, O> {
    system: &'a System,
    context: Context<'a, O>,
    demand: Demand<'a>,
    edge: Edge<'a>,
    air: Air<'a>,
    cloud: Cloud<'a>,
    /// End of the run, even if requests are left or all have ended.
    horizon: Option<SimTime>,
    meter: Meter,
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
        let air = Air::new(&system.link, system.devices, streams)?;
        let horizon = system.workload.horizon_seconds.map(SimTime::from_seconds).transpose()?;
        let (edge, tally) = (Edge::new(system, streams)?, Tally::new(system.workload.warmup));
        let meter = Meter::new(tally.settling(), system.workload.requests, horizon, edge.memory());
        let mut simulation = Self {
            system,
            context: Context {
                computation,
                observer,
                agenda: Agenda::new(),
                requests: Requests::new(air.can_do_damage()),
                messages: Messages::new(air.can_do_damage()),
                answers: Answers::new(),
                tally,
                starvation: StarvationWatch::new(system.starvation_seconds)?,
                ended: Vec::new(),
            },
            demand: Demand::new(&system.workload, samples, system.devices, streams),
            edge,
            air,
            cloud: Cloud::new(&system.cloud)?,
            horizon,
            meter,
        };
        simulation.demand.begin(&mut simulation.context)?;
        let demand = &simulation.demand;
        simulation.edge.begin(|device| demand.past(device), samples, &mut simulation.context)?;
        simulation.cloud.begin(&mut simulation.context)?;
        Ok(simulation)
    }

    /// Moves the clock to the next event; `None` when the run has ended.
    pub(super) fn next_event(&mut self) -> Result<Option<Event>, CosimError> {
        // Nothing but what recurs for ever would be left for requests in flight, or for none, up to the horizon.
        let all_ended = self.context.requests.in_flight() == 0;
        let goes_on = self.demand.goes_on(&self.context) || (all_ended && self.horizon.is_some());
        let Some(time) = self.context.agenda.next_time(goes_on) else {
            if !all_ended {
                return Err(self.nothing_left());
            }
            if let Some(horizon) = self.horizon {
                self.context.agenda.end_at(horizon);
            }
            return self.end();
        };
        if let Some(horizon) = self.horizon.filter(|&horizon| time > horizon) {
            self.context.agenda.end_at(horizon);
            return self.end();
        }
        if self.context.agenda.count_event(time) > STANDSTILL {
            return Err(self.standstill());
        }
        self.context.tally.events += 1;
        let Context { starvation, tally, requests, agenda, .. } = &mut self.context;
        starvation.look(tally.events, requests, agenda.now())?;
        Ok(self.context.agenda.pop())
    }

    /// No event is left. No request may have starved, and Little's law must hold at every queue.
    fn end(&self) -> Result<Option<Event>, CosimError> {
        let end = self.context.agenda.end();
        self.edge.check(end)?;
        self.air.check(end)?;
        self.cloud.check(end)?;
        self.context.starvation.look_at_all(&self.context.requests, end)?;
        Ok(None)
    }

    /// Tells the observer what an answer is worth.
    pub(super) fn judged(&mut self, answered: &Answered, is_correct: bool) {
        let &Answered { request, sample, answer, .. } = answered;
        self.context.observer.judged(request, sample, answer, is_correct);
    }

    /// Does what the event says; gives the request if that answered it.
    pub(super) fn handle(&mut self, event: Event) -> Result<Option<Answered>, CosimError> {
        let Event { kind, subject } = event;
        match kind {
            // A timer that was set anew or switched off is no event: it happens only if it has run out.
            EventKind::TailTimer | EventKind::SleepTimer => {}
            EventKind::Arrival if self.demand.is_exhausted(&self.context) => return Ok(None),
            EventKind::Arrival => {
                self.read_meter();
                self.context.agenda.happens(kind, self.number_of(kind, subject));
            }
            _ => self.context.agenda.happens(kind, self.number_of(kind, subject)),
        }
        let answered = self.lead_on(kind, subject)?;
        if !self.context.ended.is_empty() {
            self.demand.ask_again(&mut self.context, |device| self.edge.is_alive(device))?;
        }
        Ok(answered)
    }

    /// Reads the energy that has been drawn, if that is due at this arrival.
    fn read_meter(&mut self) {
        let (number, now, tally) = (self.asked(), self.context.now(), &self.context.tally);
        if self.meter.is_due(number, now) && tally.is_settled() {
            self.meter.take(number, self.reading(now));
        }
    }

    fn reading(&self, now: SimTime) -> Reading {
        let answered = self.context.tally.requests.completed;
        Reading { at: now, answered, energy: self.edge.energy(now), cloud: self.cloud.energy(now) }
    }

    /// Leads an event to the place where it happens, and what follows from it to the next place.
    fn lead_on(&mut self, kind: EventKind, subject: u32) -> Result<Option<Answered>, CosimError> {
        let context = &mut self.context;
        match kind {
            EventKind::Arrival => {
                let asked = self.demand.arrival(subject, context)?;
                self.edge.arrival(asked, context)?;
            }
            EventKind::ProcessorAwake => self.edge.processor_awake(subject, context)?,
            EventKind::HeadDone => return self.head_done(subject),
            EventKind::RadioReady => self.radio_ready(subject)?,
            EventKind::Granted => self.granted(subject)?,
            EventKind::Retry => self.submit(subject)?,
            EventKind::Sent => self.sent(subject)?,
            EventKind::CellSent => self.cell_sent()?,
            EventKind::Delivered => self.cloud.delivered(subject, context)?,
            EventKind::BatchTimer => self.cloud.batch_timer(context)?,
            EventKind::TailDone => self.tail_done(subject)?,
            EventKind::AnswerBegins => self.edge.answer_begins(subject, context)?,
            EventKind::WakeSignal => self.edge.wake_signal(subject, context)?,
            EventKind::AnswerReceived => return self.edge.answer_received(subject, context),
            EventKind::FalseAlarm => self.false_alarm(subject)?,
            EventKind::BatteryLook => self.edge.battery_look(subject, context)?,
            EventKind::ServerStarted => self.cloud.server_started(context)?,
            EventKind::ScaleLook => self.cloud.scale_look(context)?,
            EventKind::TailTimer => self.edge.tail_timer(subject, context)?,
            EventKind::SleepTimer => self.edge.sleep_timer(subject, context)?,
        }
        Ok(None)
    }

    /// Number of an event's subject, which does not depend on slots.
    fn number_of(&self, kind: EventKind, subject: u32) -> u64 {
        match kind.subject() {
            Subject::Device if kind == EventKind::Arrival => self.context.tally.requests.generated,
            Subject::Device | Subject::Batch | Subject::None => subject.into(),
            Subject::Request => self.context.requests.get(subject).number,
            Subject::Message => self.context.request_of(subject).number,
            Subject::Answer => self.context.request_answered_by(subject).number,
        }
    }

    /// What the event that was handled last was, see [`Agenda::happening`].
    pub(super) fn happening(&self) -> Option<Happening<EventKind>> {
        self.context.agenda.happening()
    }

    /// The processor of a device has made a step of a head: what there is to send of it goes to the radio.
    fn head_done(&mut self, slot: u32) -> Result<Option<Answered>, CosimError> {
        match self.edge.head_done(slot, &mut self.context)? {
            HeadStepDone::Over => Ok(None),
            HeadStepDone::Answered(answered) => Ok(Some(answered)),
            HeadStepDone::Made { first, packets, is_last } => {
                if packets > 0 {
                    let index = self.context.requests.get_mut(slot).next_message();
                    let message = self.context.messages.insert(slot, index, first, packets);
                    self.context.enter(slot, Phase::UplinkWait);
                    self.submit(message)?;
                }
                self.edge.go_on(slot, is_last, &mut self.context).map(|()| None)
            }
        }
    }

    /// A message is handed to the radio, for the first time or again.
    fn submit(&mut self, message: u32) -> Result<(), CosimError> {
        let device = self.context.request_of(message).device;
        if !self.is_wanted(message) {
            self.context.discard(message, Phase::UplinkWait);
            return Ok(());
        }
        if self.edge.connect(device, &mut self.context)? && self.edge.ask(device, &mut self.context)? {
            return self.join_uplink(device, message);
        }
        self.edge.hold(device, message, &mut self.context);
        Ok(())
    }

    /// The radio of a device is connected: what it has held back goes on.
    fn radio_ready(&mut self, device: u32) -> Result<(), CosimError> {
        self.edge.radio_ready(device, &mut self.context)?;
        if self.edge.holds(device) && self.edge.ask(device, &mut self.context)? {
            self.send_held(device)?;
        }
        self.edge.receive_held(device, &mut self.context)
    }

    /// The radio of a device may send: what it has held back goes on.
    fn granted(&mut self, device: u32) -> Result<(), CosimError> {
        self.edge.granted(device);
        self.send_held(device)?;
        self.edge.rest_radio(device, &mut self.context)
    }

    fn send_held(&mut self, device: u32) -> Result<(), CosimError> {
        while let Some(message) = self.edge.next_held(device, &mut self.context) {
            self.join_uplink(device, message)?;
        }
        Ok(())
    }

    /// A message joins the queue of the uplink; the radio is connected.
    fn join_uplink(&mut self, device: u32, message: u32) -> Result<(), CosimError> {
        self.edge.message_queued(device);
        match self.air.join(device, message, &mut self.context)? {
            Some(station) => self.begin_sending(station, message),
            None => Ok(()),
        }
    }

    /// The uplink, which is free, sends the message, or the next one that is still wanted.
    fn begin_sending(&mut self, station: u32, first: u32) -> Result<(), CosimError> {
        let mut next = Some(first);
        while let Some(message) = next {
            let device = self.context.request_of(message).device;
            if self.is_wanted(message) {
                self.air.transmit(station, message, &mut self.context)?;
                return self.edge.begin_sending(device, &mut self.context);
            }
            self.context.discard(message, Phase::UplinkWait);
            self.edge.message_discarded(device, &mut self.context)?;
            next = self.air.next(station, &mut self.context)?;
        }
        Ok(())
    }

    /// The last bit of a message has left the device: the uplink goes on with the next one, and the message to the cloud.
    fn sent(&mut self, message: u32) -> Result<(), CosimError> {
        let context = &mut self.context;
        let sent = self.air.end_sending(message, context);
        self.edge.end_sending(sent, context)?;
        let complete = self.air.count_round(message, context);
        if let Some(next) = self.air.next(sent.station, context)? {
            self.begin_sending(sent.station, next)?;
        }
        let request = self.context.request_of(message);
        if request.is_closed() || !self.edge.is_alive(request.device) {
            self.context.discard(message, Phase::Uplink);
            return Ok(());
        }
        self.air.carry(message, complete, &mut self.context)
    }

    fn cell_sent(&mut self) -> Result<(), CosimError> {
        if let Some(message) = self.air.cell_sent(&mut self.context) {
            self.sent(message)?;
        }
        self.air.await_cell(&mut self.context)
    }

    /// A server has run the tails of a batch: answers go to the devices.
    fn tail_done(&mut self, batch: u32) -> Result<(), CosimError> {
        let served = self.cloud.tail_done(batch, &mut self.context);
        for &slot in &served {
            if let Some(answer) = self.cloud.step_served(slot, &mut self.context)? {
                self.air.send_answer(answer, &mut self.context)?;
                self.cloud.go_on(slot, &mut self.context)?;
            }
        }
        self.cloud.reuse(served);
        self.cloud.serve(&mut self.context)
    }

    fn false_alarm(&mut self, device: u32) -> Result<(), CosimError> {
        // After the last request, alarms would keep the run going for ever if there is no horizon.
        let goes_on = self.horizon.is_some() || self.demand.goes_on(&self.context);
        if self.context.requests.in_flight() == 0 && !goes_on {
            return Ok(());
        }
        self.edge.false_alarm(device, &mut self.context)
    }

    /// Whether a message is worth sending on: its request has not ended, and its device lives.
    fn is_wanted(&self, message: u32) -> bool {
        let request = self.context.request_of(message);
        !request.has_ended() && self.edge.is_alive(request.device)
    }

    fn nothing_left(&self) -> CosimError {
        let (at, in_flight) = (self.context.now(), self.context.requests.in_flight());
        CosimError::NothingLeftToHappen { at, in_flight, first: self.first_stranded() }
    }

    fn standstill(&self) -> CosimError {
        let (at, in_flight) = (self.context.now(), self.context.requests.in_flight());
        CosimError::TimeStandsStill { at, events: STANDSTILL, in_flight, first: self.first_stranded() }
    }

    fn first_stranded(&self) -> Vec<Stranded> {
        self.context.requests.by_number().into_iter().take(MAX_NAMED).map(Request::stranded).collect()
    }

    /// Requests that missed a deadline.
    fn deadline_misses(&self, end: SimTime) -> u64 {
        if self.system.workload.deadlines_seconds.is_empty() {
            return 0;
        }
        let is_over = |request: &&Request| request.deadline.is_some_and(|deadline| end > deadline);
        let in_flight = self.context.requests.by_number().into_iter().filter(is_over).count() as u64;
        self.context.tally.late + self.context.tally.requests.dropped() + in_flight
    }

    /// The outcome at the end, `correct` requests having been answered correctly, some of them by their deadline.
    pub(super) fn asked(&self) -> u64 {
        self.context.tally.requests.generated
    }

    pub(super) fn outcome(&self, correct: u64, correct_in_time: u64) -> Outcome {
        let (end, tally) = (self.context.agenda.end(), &self.context.tally);
        let reading = self.reading(end);
        // Without a request to come, the horizon only lets the rest of the run pass.
        let goes_on = self.horizon.is_some() && self.demand.goes_on(&self.context);
        let extent = Extent { end, asking: if goes_on { end } else { tally.last_asked } };
        let batteries = self.system.edge.battery_joules.map_or(0, |_| self.system.devices);
        Outcome {
            requests: RequestCounters {
                in_flight: self.context.requests.in_flight(),
                correct,
                correct_in_time,
                deadline_misses: self.deadline_misses(end),
                ..tally.requests
            },
            latency: tally.latency(),
            energy: reading.energy,
            window: self.meter.window(reading),
            sent_bytes: tally.sent_bytes,
            payload_bytes: tally.payload_bytes,
            traffic: tally.traffic,
            depletion: tally.depletion(batteries, end),
            cloud_energy: reading.cloud,
            mean_servers: self.cloud.mean_powered(end),
            edge: self.edge.usage(extent, tally.requests.dropped_queue_full),
            uplink: self.air.usage(extent),
            cloud: self.cloud.usage(extent),
            simulated: end,
            trajectory: Trajectory { events: tally.events, fingerprint: self.context.agenda.fingerprint() },
        }
    }
}

#[cfg(test)]
mod tests;
