//! What the places of the system share.

use super::agenda::Agenda;
use super::answers::Answers;
use super::co_inference::{CoInference, Head};
use super::line::Line;
use super::messages::Messages;
use super::observer::{DropReason, End, Observer};
use super::phase::Phase;
use super::requests::{Request, Requests};
use super::starvation::StarvationWatch;
use super::tally::Tally;
use crate::kernel::SimTime;

/// A request that has been answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) request: u64,
    pub(super) sample: u32,
    pub(super) answer: u32,
    /// Whether the answer came after the deadline.
    pub(super) late: bool,
}

/// What a place works with besides its own fields: the clock, the network, the requests, messages and answers on their way, and
/// who counts and watches. The life of a request, from phase to phase, is written here.
pub(super) struct Context<'a, O> {
    pub(super) computation: &'a mut dyn CoInference,
    pub(super) observer: &'a mut O,
    pub(super) agenda: Agenda,
    pub(super) requests: Requests,
    pub(super) messages: Messages,
    pub(super) answers: Answers,
    pub(super) tally: Tally,
    pub(super) starvation: StarvationWatch,
    /// Devices of the requests that have ended in the present event, in order.
    pub(super) ended: Vec<u32>,
}

impl<O: Observer> Context<'_, O> {
    pub(super) fn now(&self) -> SimTime {
        self.agenda.now()
    }

    /// The head of a request's design on its sample.
    pub(super) fn head(&self, slot: u32) -> Head<'_> {
        let request = self.requests.get(slot);
        self.computation.head(request.design, request.sample)
    }

    /// The request that a message belongs to.
    pub(super) fn request_of(&self, message: u32) -> &Request {
        self.requests.get(self.messages.get(message).request)
    }

    /// The request that an answer belongs to.
    pub(super) fn request_answered_by(&self, answer: u32) -> &Request {
        self.requests.get(self.answers.get(answer).request)
    }

    /// A step, message or answer of a request comes to `phase`.
    pub(super) fn enter(&mut self, slot: u32, phase: Phase) {
        let change = self.requests.enter(slot, phase, self.now());
        self.observe_phase(slot, change);
    }

    /// A step, message or answer of a request goes from one phase to another.
    pub(super) fn go_on(&mut self, slot: u32, from: Phase, to: Phase) {
        let change = self.requests.go_on(slot, from, to, self.now());
        self.observe_phase(slot, change);
    }

    /// A step, message or answer of a request comes to nothing or has done its duty.
    pub(super) fn leave(&mut self, slot: u32, phase: Phase) {
        let (was, now) = (self.requests.get(slot).phase(), self.now());
        let is_over = self.requests.leave(slot, phase, now);
        let request = self.requests.get(slot);
        if !is_over {
            let is_seen = !request.has_ended() && request.phase() != was;
            return self.observe_phase(slot, is_seen.then(|| request.phase()));
        }
        if request.answered && request.known {
            let sent = u64::from(request.sent);
            self.tally.traffic.steps_saved += self.head(slot).messages() as u64 - sent;
        }
    }

    fn observe_phase(&mut self, slot: u32, change: Option<Phase>) {
        if let Some(phase) = change {
            let request = self.requests.get(slot);
            self.observer.phase(self.agenda.now(), request.number, request.device, phase);
        }
    }

    /// A request is answered, by what came of its first `steps` messages.
    pub(super) fn complete(&mut self, slot: u32, answer: u32, steps: u16) -> Answered {
        let request = self.end_request(slot, true, End::Answered);
        // No sending begins after the end.
        self.tally.traffic.steps_wasted += u64::from(request.sent - steps);
        let late = self.tally.count_answer(&request, self.agenda.now());
        Answered { request: request.number, sample: request.sample, answer, late }
    }

    /// A request is given up, unless it has ended before.
    pub(super) fn drop_request(&mut self, slot: u32, reason: DropReason) {
        if !self.requests.get(slot).has_ended() {
            self.end_request(slot, false, End::Dropped(reason));
            self.tally.requests.count_drop(reason);
        }
    }

    /// A request is given up as it comes, before it has a slot.
    pub(super) fn refuse(&mut self, number: u64, device: u32, reason: DropReason) {
        self.tally.requests.count_drop(reason);
        self.tally.count_end(number);
        self.observer.end(self.agenda.now(), number, device, End::Dropped(reason));
        self.ended.push(device);
    }

    /// A message that is not wanted any more is put away. If its device has died before its request ended, that ends now.
    pub(super) fn discard(&mut self, message: u32, phase: Phase) {
        let slot = self.messages.get(message).request;
        self.messages.remove(message);
        self.drop_request(slot, DropReason::BatteryEmpty);
        self.leave(slot, phase);
        self.release_early(slot);
    }

    /// An answer that does not reach its device is put away. If that leaves its request without one, this is the `reason` for
    /// giving it up.
    pub(super) fn discard_answer(&mut self, answer: u32, reason: Option<DropReason>) {
        let slot = self.answers.get(answer).request;
        self.answers.remove(answer);
        if let Some(reason) = reason {
            self.drop_request(slot, reason);
        }
        self.leave(slot, Phase::Downlink);
    }

    fn end_request(&mut self, slot: u32, answered: bool, end: End) -> Request {
        let now = self.now();
        let request = self.requests.end(slot, answered, now);
        self.tally.count_end(request.number);
        self.starvation.end(&request, answered, now);
        self.observer.end(now, request.number, request.device, end);
        self.release_early(slot);
        self.ended.push(request.device);
        request
    }

    /// Messages of a request that has ended wait no more at the cloud for an earlier one, if the cloud is done with the request or
    /// the earlier one will never come.
    pub(super) fn release_early(&mut self, slot: u32) {
        let now = self.now();
        let request = self.requests.get_mut(slot);
        if !request.has_ended() || !(request.is_closed() || request.awaits_none_early()) {
            return;
        }
        let mut early = std::mem::replace(&mut request.early, Line::EMPTY);
        while let Some((message, _)) = early.pop(&mut self.messages, now) {
            self.messages.remove(message);
            self.leave(slot, Phase::Uplink);
        }
    }
}
