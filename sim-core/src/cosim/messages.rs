//! The messages that carry steps up.

use super::line::{Link, Linked};
use super::pool::Pool;
use crate::kernel::SimTime;
use crate::link::PacketDamage;

/// The packets of one step of a request, or those of them that have to be sent again. At most 64 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message {
    /// Slot of the request.
    pub(super) request: u32,
    /// Number of messages of the request before it.
    pub(super) index: u16,
    /// Index of its first packet.
    pub(super) first: u32,
    /// Number of its packets.
    pub(super) packets: u32,
    /// Number of rounds of sending that have begun.
    pub(super) tries: u8,
    /// Time at which it joined the queue of the uplink.
    pub(super) joined: SimTime,
    /// Time at which the present round began to be sent.
    pub(super) begun: SimTime,
    /// Bytes on the wire of the present round, copies and headers included.
    pub(super) bytes: u64,
    /// Packets of the present round, copies included.
    pub(super) frames: u32,
    link: Link,
}

/// The messages on their way.
#[derive(Debug)]
pub(super) struct Messages {
    pool: Pool<Message>,
    /// PacketDamage by slot, after the rounds so far, if the channel can do damage. The packets that are lost are those that
    /// the next round sends.
    damage: Vec<PacketDamage>,
    with_damage: bool,
    /// Packets of the round that was planned last; a buffer that is used again.
    pub(super) round: Vec<u32>,
}

impl Linked for Messages {
    fn link(&mut self, slot: u32) -> &mut Link {
        &mut self.pool.get_mut(slot).link
    }
}

impl Messages {
    pub(super) fn new(with_damage: bool) -> Self {
        Self { pool: Pool::new(), damage: Vec::new(), with_damage, round: Vec::new() }
    }

    /// A new message; gives its slot.
    pub(super) fn insert(&mut self, request: u32, index: u16, first: u32, packets: u32) -> u32 {
        let message = Message {
            request,
            index,
            first,
            packets,
            tries: 0,
            joined: SimTime::ZERO,
            begun: SimTime::ZERO,
            bytes: 0,
            frames: 0,
            link: Link::LOOSE,
        };
        let slot = self.pool.insert(message);
        if self.with_damage && self.damage.len() < self.pool.slots() {
            self.damage.push(PacketDamage::default());
        }
        slot
    }

    pub(super) fn remove(&mut self, slot: u32) {
        if self.with_damage {
            self.damage[slot as usize].clear();
        }
        self.pool.remove(slot);
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.pool.used()
    }

    pub(super) fn get(&self, slot: u32) -> &Message {
        self.pool.get(slot)
    }

    pub(super) fn get_mut(&mut self, slot: u32) -> &mut Message {
        self.pool.get_mut(slot)
    }

    /// PacketDamage to a message after the rounds so far; `None` on a clean channel.
    pub(super) fn damage(&self, slot: u32) -> Option<&PacketDamage> {
        self.damage.get(slot as usize)
    }

    /// Puts the packets of a round into `round`, after `tries` rounds before it: all of the message at first, then those
    /// that were lost.
    pub(super) fn plan_round(&mut self, slot: u32, tries: u8) {
        let Message { first, packets, .. } = *self.pool.get(slot);
        self.round.clear();
        match self.damage.get(slot as usize) {
            Some(damage) if tries > 0 => self.round.extend_from_slice(&damage.lost),
            _ => self.round.extend(first..first + packets),
        }
    }

    /// Where the damage of the round that was planned last goes, and the packets of the round.
    pub(super) fn round_of(&mut self, slot: u32) -> (&mut PacketDamage, &[u32]) {
        let damage = &mut self.damage[slot as usize];
        damage.clear();
        (damage, &self.round)
    }
}
