//! The requests in flight, and the lines they wait in.

use crate::kernel::SimTime;
use std::fmt;

/// Where a request spends its time; the parts follow one another and sum to its latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Waiting for the device.
    EdgeWait,
    /// Its head is computed.
    EdgeCompute,
    /// Waiting for the uplink.
    UplinkWait,
    /// Being sent up: transmission and propagation.
    Uplink,
    /// Waiting for a server.
    CloudWait,
    /// Its tail is computed.
    CloudService,
    /// The answer comes down: propagation and transmission.
    Downlink,
}

/// Number of [`Part`]s.
pub(super) const PARTS: usize = 7;

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EdgeWait => "the edge queue",
            Self::EdgeCompute => "edge computation",
            Self::UplinkWait => "the uplink queue",
            Self::Uplink => "uplink transmission",
            Self::CloudWait => "the cloud queue",
            Self::CloudService => "cloud service",
            Self::Downlink => "the downlink",
        })
    }
}

/// No slot.
const NONE: u32 = u32::MAX;

/// One request in flight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    /// Its number by arrival.
    pub(super) number: u64,
    pub(super) arrived: SimTime,
    /// Time spent in each part that has ended.
    pub(super) spent: [SimTime; PARTS],
    /// Since when it is in `part`.
    since: SimTime,
    /// Time that the tail will take, once the tail is known.
    pub(super) service: SimTime,
    pub(super) device: u32,
    pub(super) sample: u32,
    /// The answer, once it is known.
    pub(super) answer: u32,
    /// The next in the same line or in the list of free slots: a slot is in one of them at most.
    next: u32,
    part: Part,
    in_flight: bool,
}

/// Requests that wait for the same server, first in first out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    first: u32,
    last: u32,
    length: u32,
}

impl Line {
    pub(super) const EMPTY: Self = Self { first: NONE, last: NONE, length: 0 };

    pub(super) fn len(&self) -> u32 {
        self.length
    }
}

/// The requests in flight, in slots that are used again: no allocation once the busiest moment has passed.
#[derive(Debug)]
pub(super) struct Requests {
    slots: Vec<Request>,
    free: u32,
    in_flight: u64,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: NONE, in_flight: 0 }
    }

    pub(super) fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// A new request at the edge; gives its slot.
    pub(super) fn insert(&mut self, number: u64, device: u32, sample: u32, now: SimTime) -> u32 {
        let request = Request {
            number,
            arrived: now,
            spent: [SimTime::ZERO; PARTS],
            since: now,
            service: SimTime::ZERO,
            device,
            sample,
            answer: 0,
            next: NONE,
            part: Part::EdgeWait,
            in_flight: true,
        };
        self.in_flight += 1;
        if self.free == NONE {
            self.slots.push(request);
            // 2^32 slots would take 500 GB, so the index fits.
            return (self.slots.len() - 1) as u32;
        }
        let slot = self.free;
        self.free = self.get(slot).next;
        *self.get_mut(slot) = request;
        slot
    }

    pub(super) fn get(&self, slot: u32) -> &Request {
        &self.slots[slot as usize]
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Request {
        &mut self.slots[slot as usize]
    }

    /// The request goes on to `part`; gives the time it spent in the part before.
    pub(super) fn go_on(&mut self, slot: u32, part: Part, now: SimTime) -> SimTime {
        let request = self.get_mut(slot);
        let spent = now.since(request.since);
        request.spent[request.part as usize] = spent;
        (request.since, request.part) = (now, part);
        spent
    }

    /// The request ends; gives what it was.
    pub(super) fn remove(&mut self, slot: u32, now: SimTime) -> Request {
        let last = self.get(slot).part;
        self.go_on(slot, last, now);
        let free = self.free;
        let request = self.get_mut(slot);
        request.in_flight = false;
        request.next = free;
        let ended = *request;
        self.free = slot;
        self.in_flight -= 1;
        ended
    }

    /// The request goes to the end of `line`.
    pub(super) fn push(&mut self, line: &mut Line, slot: u32) {
        self.get_mut(slot).next = NONE;
        if line.length == 0 {
            line.first = slot;
        } else {
            self.get_mut(line.last).next = slot;
        }
        line.last = slot;
        line.length += 1;
    }

    /// Takes the first of `line`.
    pub(super) fn pop(&mut self, line: &mut Line) -> Option<u32> {
        line.length = line.length.checked_sub(1)?;
        let slot = line.first;
        line.first = self.get(slot).next;
        Some(slot)
    }

    /// Number, device and part of every request in flight, by number.
    pub(super) fn whereabouts(&self) -> Vec<(u64, u32, Part)> {
        let mut found: Vec<_> =
            self.slots.iter().filter(|r| r.in_flight).map(|r| (r.number, r.device, r.part)).collect();
        found.sort_unstable_by_key(|&(number, ..)| number);
        found
    }
}
