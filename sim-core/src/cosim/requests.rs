//! The requests on their way.

use super::Stranded;
use super::line::{Line, Link, Linked};
use super::phase::Phase;
use super::pool::Pool;
use crate::kernel::SimTime;
use crate::link::PacketDamage;

/// State of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    InFlight,
    /// Ended, but some of its steps are still on their way.
    Ended,
    Free,
}

/// A request, and the slot it lives in. At most 208 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// Number by arrival, from 0.
    pub(super) number: u64,
    pub(super) arrived: SimTime,
    /// Time by which it should be answered.
    pub(super) deadline: Option<SimTime>,
    /// Nanoseconds spent in each phase so far.
    pub(super) spent: [u64; Phase::COUNT],
    /// Time since when it is in `phase`.
    since: SimTime,
    /// When the last of its messages reached the cloud.
    pub(super) delivered: SimTime,
    /// When the last of its answers reached the device, or will.
    pub(super) answered_at: SimTime,
    /// Seconds that the operations of its present tail step take, their energy in joules, and what comes out.
    pub(super) tail_seconds: f64,
    pub(super) tail_joules: f64,
    pub(super) tail_entropy: f64,
    pub(super) tail_answer: u32,
    /// Messages that came before one that was sent earlier.
    pub(super) early: Line,
    pub(super) device: u32,
    pub(super) sample: u32,
    link: Link,
    /// Number of its steps, messages and answers in each phase. If there are none, it is between two phases, or has ended
    /// and holds no slot any more.
    at: [u16; Phase::COUNT],
    /// Number of head steps made.
    pub(super) made: u16,
    /// Messages handed to the radio; messages of which the first bit was sent; messages that reached the cloud or never
    /// will, in order; tail steps done.
    pub(super) messages: u16,
    pub(super) sent: u16,
    pub(super) due: u16,
    pub(super) served: u16,
    pub(super) design: u8,
    /// Speed level of the head.
    pub(super) level: u8,
    /// Whether anything of it has reached the cloud.
    pub(super) known: bool,
    /// Whether the cloud has sent its last answer.
    pub(super) exited: bool,
    /// Whether a step of it waits for a server or is being served.
    pub(super) at_work: bool,
    /// Whether it ended with an answer.
    pub(super) answered: bool,
    phase: Phase,
    state: State,
}

/// The requests on their way.
#[derive(Debug)]
pub(super) struct Requests {
    pool: Pool<Request>,
    in_flight: u64,
    /// PacketDamage to what the cloud has of each request, by slot, if the channel can do damage.
    damage: Vec<PacketDamage>,
    with_damage: bool,
}

impl Linked for Requests {
    fn link(&mut self, slot: u32) -> &mut Link {
        &mut self.pool.get_mut(slot).link
    }
}

impl Requests {
    pub(super) fn new(with_damage: bool) -> Self {
        Self { pool: Pool::new(), in_flight: 0, damage: Vec::new(), with_damage }
    }

    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// Number of slots, used or free.
    pub(super) fn slots(&self) -> usize {
        self.pool.slots()
    }

    /// A new request at the edge; gives its slot.
    pub(super) fn insert(
        &mut self,
        number: u64,
        device: u32,
        sample: u32,
        now: SimTime,
        deadline: Option<SimTime>,
    ) -> u32 {
        let mut at = [0; Phase::COUNT];
        at[Phase::EdgeWait as usize] = 1;
        let request = Request {
            number,
            arrived: now,
            deadline,
            spent: [0; Phase::COUNT],
            since: now,
            delivered: SimTime::ZERO,
            answered_at: SimTime::ZERO,
            tail_seconds: 0.0,
            tail_joules: 0.0,
            tail_entropy: 0.0,
            tail_answer: 0,
            early: Line::EMPTY,
            device,
            sample,
            link: Link::LOOSE,
            at,
            made: 0,
            messages: 0,
            sent: 0,
            due: 0,
            served: 0,
            design: 0,
            level: 0,
            known: false,
            exited: false,
            at_work: false,
            answered: false,
            phase: Phase::EdgeWait,
            state: State::InFlight,
        };
        self.in_flight += 1;
        let slot = self.pool.insert(request);
        if self.with_damage && self.damage.len() < self.pool.slots() {
            self.damage.push(PacketDamage::default());
        }
        slot
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.pool.used()
    }

    pub(super) fn get(&self, slot: u32) -> &Request {
        self.pool.get(slot)
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Request {
        self.pool.get_mut(slot)
    }

    /// PacketDamage to what the cloud has of a request; `None` on a clean channel.
    pub(super) fn damage(&self, slot: u32) -> Option<&PacketDamage> {
        self.damage.get(slot as usize)
    }

    /// The damage to a message adds to that of its request.
    pub(super) fn add_damage(&mut self, slot: u32, damage: &PacketDamage) {
        self.damage[slot as usize].extend(damage);
    }

    /// A step, message or answer of the request comes to `phase`; gives the phase of the request if that is another now.
    pub(super) fn enter(&mut self, slot: u32, phase: Phase, now: SimTime) -> Option<Phase> {
        let request = self.get_mut(slot);
        request.at[phase as usize] += 1;
        request.update(now)
    }

    /// A step, message or answer of the request goes from one phase to another; gives the phase of the request if that is
    /// another now.
    pub(super) fn go_on(&mut self, slot: u32, from: Phase, to: Phase, now: SimTime) -> Option<Phase> {
        let request = self.get_mut(slot);
        request.at[from as usize] -= 1;
        request.at[to as usize] += 1;
        request.update(now)
    }

    /// A step, message or answer of the request comes to nothing or has done its duty. True if nothing is left of a
    /// request that has ended: its slot is free.
    pub(super) fn leave(&mut self, slot: u32, phase: Phase, now: SimTime) -> bool {
        let request = self.get_mut(slot);
        request.at[phase as usize] -= 1;
        request.update(now);
        self.free_if_over(slot)
    }

    /// The request ends; gives what it was.
    pub(super) fn end(&mut self, slot: u32, answered: bool, now: SimTime) -> Request {
        let request = self.get_mut(slot);
        request.spent[request.phase as usize] += now.since(request.since).nanoseconds();
        request.state = State::Ended;
        request.answered = answered;
        self.in_flight -= 1;
        *self.get(slot)
    }

    fn free_if_over(&mut self, slot: u32) -> bool {
        let request = self.get_mut(slot);
        let over = request.has_ended() && request.at == [0; Phase::COUNT];
        if over {
            request.state = State::Free;
            self.pool.remove(slot);
            if let Some(damage) = self.damage.get_mut(slot as usize) {
                damage.clear();
            }
        }
        over
    }

    /// Every request in flight, by number.
    pub(super) fn by_number(&self) -> Vec<&Request> {
        let mut found: Vec<_> = self.pool.values().filter(|r| r.state == State::InFlight).collect();
        found.sort_unstable_by_key(|request| request.number);
        found
    }

    /// When the oldest request in flight arrived. Looks at every slot.
    pub(super) fn oldest(&self) -> Option<SimTime> {
        self.pool.values().filter(|r| r.state == State::InFlight).map(|r| r.arrived).min()
    }
}

impl Request {
    pub(super) fn has_ended(&self) -> bool {
        self.state != State::InFlight
    }

    /// Whether it has ended, and the cloud has no more to do for it. Where the device decides that the answer after a step
    /// stands, the cloud does not get to know, and goes on with what reaches it.
    pub(super) fn is_closed(&self) -> bool {
        self.has_ended() && (self.exited || !self.answered)
    }

    /// Whether nothing of it is on its way to the cloud any more but what waits there for an earlier message.
    pub(super) fn awaits_none_early(&self) -> bool {
        let under_way = self.at[Phase::UplinkWait as usize] + self.at[Phase::Uplink as usize];
        u32::from(under_way) == self.early.len()
    }

    /// Number of its next message, which is counted.
    pub(super) fn next_message(&mut self) -> u16 {
        self.messages += 1;
        self.messages - 1
    }

    /// The request as an error names it.
    pub(super) fn stranded(&self) -> Stranded {
        Stranded { request: self.number, device: self.device, phase: self.phase }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// The phase of the foremost step; the phase before, if there is none at the moment.
    fn update(&mut self, now: SimTime) -> Option<Phase> {
        if self.has_ended() {
            return None;
        }
        let foremost = Phase::ALL.into_iter().rfind(|&phase| self.at[phase as usize] > 0)?;
        if foremost == self.phase {
            return None;
        }
        self.spent[self.phase as usize] += now.since(self.since).nanoseconds();
        (self.since, self.phase) = (now, foremost);
        Some(foremost)
    }
}
