//! The cloud: steps arrive, and servers run the tails.

mod servers;

use super::answers::Answer;
use super::context::Context;
use super::event::EventKind;
use super::messages::Message;
use super::observer::{DropReason, Observer, QueueAt, ServerAt};
use super::outcome::{CloudEnergy, PlaceUse};
use super::phase::Phase;
use super::usage::Extent;
use super::{CosimError, Guess, Received, TailStep};
use crate::cloud::ExitAt;
use crate::kernel::{SimTime, Ticket, not_negative};
use crate::link::PacketDamage;
use servers::{Next, Scaling, Servers};

/// The servers and the queue in front of them.
pub(super) struct Cloud<'a> {
    profile: &'a crate::cloud::Cloud,
    servers: Servers,
    /// The pending event at which a request has waited long enough for others to share its batch, and its time.
    batch_event: Option<(Ticket, SimTime)>,
    /// Requests of the batch that was done last; a buffer that is used again.
    served: Vec<u32>,
}

impl<'a> Cloud<'a> {
    /// The cloud of a checked profile before the run.
    pub(super) fn new(profile: &'a crate::cloud::Cloud) -> Result<Self, CosimError> {
        Ok(Self { profile, servers: Servers::new(profile)?, batch_event: None, served: Vec::new() })
    }

    /// The servers of the start run.
    pub(super) fn begin<O: Observer>(&self, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        context.observer.servers(SimTime::ZERO, self.servers.running());
        self.schedule_scale_look(context)
    }

    /// The last bit of a message has reached the cloud, or would have.
    pub(super) fn delivered<O: Observer>(
        &mut self,
        message: u32,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        let Message { request: slot, index, .. } = *context.messages.get(message);
        let now = context.now();
        let request = context.requests.get_mut(slot);
        if request.is_closed() {
            context.discard(message, Phase::Uplink);
            return Ok(());
        }
        if index != request.due {
            // An earlier message is still being repeated.
            request.early.push(message, &mut context.messages, now);
            context.release_early(slot);
            return Ok(());
        }
        let released = take_in_order(slot, message, context);
        self.go_on(slot, context)?;
        let request = context.requests.get(slot);
        if !request.known && usize::from(request.due) == context.head(slot).messages() {
            context.drop_request(slot, DropReason::AllPacketsLost);
        }
        (0..released).for_each(|_| context.leave(slot, Phase::Uplink));
        context.release_early(slot);
        Ok(())
    }

    /// The cloud begins with the next step of a request, if it has one, nothing else to do for it, and knows of it.
    pub(super) fn go_on<O: Observer>(&mut self, slot: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let request = context.requests.get(slot);
        if request.at_work || request.exited || !request.known || request.served == request.due {
            return Ok(());
        }
        let deadline = request.deadline;
        let tail = run_tail(slot, context)?;
        let request = context.requests.get_mut(slot);
        request.at_work = true;
        request.tail_answer = tail.guess.answer;
        request.tail_entropy = tail.guess.entropy;
        request.tail_seconds = self.profile.processor.operation_seconds(&tail.counts);
        request.tail_joules = tail.energy.total();
        context.enter(slot, Phase::CloudWait);
        self.servers.enter(slot, deadline, &mut context.requests, context.agenda.now())?;
        self.serve(context)
    }

    /// Lets the servers take what they can.
    pub(super) fn serve<O: Observer>(&mut self, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let now = context.now();
        let until = loop {
            match self.servers.next(&mut context.requests, now)? {
                Next::Batch(batch) => self.begin_batch(batch, context)?,
                Next::Wait(until) => break Some(until),
                Next::Nothing => break None,
            }
        };
        self.set_batch_timer(until, context)?;
        context.observer.queue(now, QueueAt::Cloud, self.servers.waiting());
        Ok(())
    }

    fn begin_batch<O: Observer>(&mut self, batch: u32, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let (mut seconds, mut joules) = (0.0, 0.0);
        for &slot in self.servers.batch(batch) {
            let request = context.requests.get(slot);
            seconds += request.tail_seconds;
            joules += request.tail_joules;
            // There are never more slots of batches than servers at work, so they number the servers.
            let server = ServerAt::Cloud { server: batch };
            context.observer.begin_service(context.agenda.now(), server, request.number);
            context.go_on(slot, Phase::CloudWait, Phase::CloudService);
        }
        let time = self.servers.begin(batch, seconds, joules)?;
        context.agenda.schedule(time, EventKind::TailDone, batch)?;
        Ok(())
    }

    fn set_batch_timer<O: Observer>(
        &mut self,
        until: Option<SimTime>,
        context: &mut Context<'_, O>,
    ) -> Result<(), CosimError> {
        if self.batch_event.map(|(_, at)| at) == until {
            return Ok(());
        }
        if let Some((ticket, _)) = self.batch_event.take() {
            context.agenda.cancel(ticket, EventKind::BatchTimer);
        }
        if let Some(at) = until {
            let ticket = context.agenda.schedule(at.since(context.now()), EventKind::BatchTimer, 0)?;
            self.batch_event = Some((ticket, at));
        }
        Ok(())
    }

    /// A request has waited long enough for others.
    pub(super) fn batch_timer<O: Observer>(&mut self, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        self.batch_event = None;
        self.serve(context)
    }

    /// A server has run the tails of a batch; gives its requests, each for [`Cloud::step_served`], and then the buffer back to
    /// [`Cloud::reuse`].
    pub(super) fn tail_done<O: Observer>(&mut self, batch: u32, context: &mut Context<'_, O>) -> Vec<u32> {
        let mut served = std::mem::take(&mut self.served);
        self.servers.finish(batch, &mut served, context.now());
        context.observer.end_service(context.agenda.now(), ServerAt::Cloud { server: batch });
        served
    }

    /// Takes back the buffer that [`Cloud::tail_done`] gave.
    pub(super) fn reuse(&mut self, mut served: Vec<u32>) {
        served.clear();
        self.served = served;
    }

    /// The cloud has run a step of a request: it answers, or goes on with the next step, or waits for it. Gives the answer, which is
    /// then still in the phase of cloud service; [`Cloud::go_on`] is to follow once it has been sent.
    pub(super) fn step_served<O: Observer>(
        &mut self,
        slot: u32,
        context: &mut Context<'_, O>,
    ) -> Result<Option<u32>, CosimError> {
        let all = context.head(slot).messages();
        let request = context.requests.get_mut(slot);
        request.at_work = false;
        request.served += 1;
        if request.is_closed() {
            context.leave(slot, Phase::CloudService);
            return Ok(None);
        }
        let exit_at = |place| self.profile.exit.and_then(|exit| exit.entropy_at(place));
        let is_sure = exit_at(ExitAt::Cloud).is_some_and(|most| request.tail_entropy <= most);
        let is_last = is_sure || usize::from(request.served) == all;
        let asks_device = exit_at(ExitAt::Edge).is_some();
        if is_last || asks_device {
            request.exited = is_last;
            let guess = Guess { answer: request.tail_answer, entropy: request.tail_entropy };
            let before = if asks_device { request.served - 1 } else { 0 };
            let answer = Answer::new(slot, request.served, before, guess, is_last);
            return Ok(Some(context.answers.insert(answer)));
        }
        self.go_on(slot, context)?;
        context.leave(slot, Phase::CloudService);
        Ok(None)
    }

    fn schedule_scale_look<O: Observer>(&self, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        if let Some(scaling) = &self.profile.scaling {
            let period = SimTime::from_seconds(scaling.period_seconds)?;
            context.agenda.schedule(period, EventKind::ScaleLook, 0)?;
        }
        Ok(())
    }

    /// The autoscaling looks at the queue.
    pub(super) fn scale_look<O: Observer>(&mut self, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let Some(scaling) = &self.profile.scaling else { return Ok(()) };
        let now = context.now();
        match self.servers.scale(scaling, now) {
            Scaling::Start => {
                let startup = SimTime::from_seconds(scaling.startup_seconds)?;
                context.agenda.schedule(startup, EventKind::ServerStarted, 0)?;
            }
            Scaling::Stop => context.observer.servers(now, self.servers.running()),
            Scaling::Keep => {}
        }
        self.schedule_scale_look(context)
    }

    /// A server that was started can serve.
    pub(super) fn server_started<O: Observer>(&mut self, context: &mut Context<'_, O>) -> Result<(), CosimError> {
        let now = context.now();
        self.servers.started(now);
        context.observer.servers(now, self.servers.running());
        self.serve(context)
    }

    /// Little's law from time zero to `end`.
    pub(super) fn check(&self, end: SimTime) -> Result<(), CosimError> {
        self.servers.check(end)
    }

    /// How the servers were used in `run`.
    pub(super) fn usage(&self, run: Extent) -> PlaceUse {
        self.servers.usage(run)
    }

    /// Mean number of servers that draw power from time zero to `end`.
    pub(super) fn mean_powered(&self, end: SimTime) -> Option<f64> {
        self.servers.mean_powered(end)
    }

    /// Energy of the servers from time zero to `end`.
    pub(super) fn energy(&self, end: SimTime) -> CloudEnergy {
        self.servers.energy(end)
    }

    /// The servers, to be broken by a test.
    #[cfg(test)]
    pub(super) fn servers(&mut self) -> &mut Servers {
        &mut self.servers
    }
}

/// A message whose turn it is, and those that came early and follow it, become part of what the cloud has of a request;
/// gives how many there are.
fn take_in_order<O: Observer>(slot: u32, message: u32, context: &mut Context<'_, O>) -> u32 {
    let mut released = 0;
    let mut next = Some(message);
    while let Some(message) = next {
        take_in(slot, message, context);
        released += 1;
        let request = context.requests.get_mut(slot);
        let due = request.due;
        next = request.early.take(&mut context.messages, |message, messages| messages.get(message).index == due);
    }
    released
}

fn take_in<O: Observer>(slot: u32, message: u32, context: &mut Context<'_, O>) {
    let mut arrived = context.messages.get(message).packets;
    if let Some(damage) = context.messages.damage(message) {
        arrived -= damage.lost.len() as u32;
        context.requests.add_damage(slot, damage);
        context.tally.traffic.bits_flipped += damage.flipped.len() as u64;
        context.tally.traffic.bits_erased += damage.erased.len() as u64;
    }
    context.messages.remove(message);
    let request = context.requests.get_mut(slot);
    request.due += 1;
    request.known |= arrived > 0;
}

/// Runs the next step of a request's tail on what has arrived of it.
fn run_tail<O: Observer>(slot: u32, context: &mut Context<'_, O>) -> Result<TailStep, CosimError> {
    let request = context.requests.get(slot);
    let (design, sample) = (request.design, request.sample);
    let head = context.computation.head(design, sample);
    let (steps, packets) = head.sent_with(request.served);
    let whole = PacketDamage::default();
    let damage = context.requests.damage(slot).unwrap_or(&whole);
    // PacketDamage of steps that have arrived but are not run yet is left out.
    let lost = &damage.lost[..damage.lost.partition_point(|&packet| packet < packets)];
    let (flipped, erased) = if damage.flipped.is_empty() && damage.erased.is_empty() {
        (&damage.flipped[..], &damage.erased[..])
    } else {
        let bytes: u64 = head.packets[..packets as usize].iter().map(|&bytes| u64::from(bytes)).sum();
        let before = |marks: &[u32]| marks.partition_point(|&bit| u64::from(bit) < bytes * 8);
        (&damage.flipped[..before(&damage.flipped)], &damage.erased[..before(&damage.erased)])
    };
    let tail = context
        .computation
        .tail(design, sample, &Received { request: request.number, steps, lost, flipped, erased })
        .map_err(|error| CosimError::Tail { design, sample, error: Box::new(error) })?;
    not_negative("energy of a tail step", tail.energy.total())?;
    Ok(tail)
}
