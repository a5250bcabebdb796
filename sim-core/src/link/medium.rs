//! Transmission of a message: the damage done by the channel, and the repair by the transport.

use super::bursts::Bursts;
use super::{Channel, Link, PacketLoss, Transport};
use crate::kernel::{SimTime, StreamFamily, Streams};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Exp1;

/// Words of a random stream reserved for one try or copy of a request's packets, and for the bits of one packet.
const WORDS_PER_LANE: u128 = 1 << 52;
const WORDS_PER_PACKET: u128 = 1 << 24;

/// What the channel did to the packets of one message: [`Received`](crate::cosim::Received) documents the fields.
///
/// It names lost *packets*, because packets are what a channel loses. [`payload::Damage`](crate::payload::Damage) describes
/// the same event to the decoder, which knows no packets: there the lost packets have become ranges of payload bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct PacketDamage {
    pub(crate) lost: Vec<u32>,
    pub(crate) flipped: Vec<u32>,
    pub(crate) erased: Vec<u32>,
}

impl PacketDamage {
    pub(crate) fn clear(&mut self) {
        self.lost.clear();
        self.flipped.clear();
        self.erased.clear();
    }

    /// Appends the damage of later packets.
    pub(crate) fn extend(&mut self, later: &Self) {
        self.lost.extend_from_slice(&later.lost);
        self.flipped.extend_from_slice(&later.flipped);
        self.erased.extend_from_slice(&later.erased);
    }
}

/// One transmission of some packets of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Round<'a> {
    /// Owner of the random draws: the request's number.
    pub(crate) owner: u64,
    pub(crate) device: u32,
    /// Payload bytes of all packets of the request.
    pub(crate) packets: &'a [u32],
    /// Indices of the packets that are sent, ascending.
    pub(crate) sent: &'a [u32],
    /// Number of this try, from 1; all copies of a transmission are one try.
    pub(crate) tries: u8,
    pub(crate) begun: SimTime,
    pub(crate) ended: SimTime,
}

/// The uplink's channel and transport for all devices: decides which packets and bits arrive.
#[derive(Clone, Debug)]
pub(crate) struct Medium {
    channel: Channel,
    transport: Transport,
    /// Bytes of all headers of a packet.
    headers: u64,
    losses: StreamFamily,
    errors: StreamFamily,
    erasures: StreamFamily,
    bursts: Option<Bursts>,
    /// For each packet of the current round a bit mask of the copies that arrived. Buffer reused between calls.
    arrived: Vec<u64>,
    /// Bits of the current packet that are wrong or missing in a copy: position, copy, whether erased. Buffer reused between
    /// calls.
    marks: Vec<(u32, u8, bool)>,
}

impl Medium {
    pub(crate) fn new(link: &Link, devices: u32, streams: &Streams) -> Self {
        let bursts = match link.channel.packet_loss {
            PacketLoss::Independent { .. } => None,
            PacketLoss::GilbertElliott { mean_good_seconds, mean_bad_seconds, .. } => {
                Some(Bursts::new(streams.family("channel-bursts"), mean_good_seconds, mean_bad_seconds, devices))
            }
        };
        Self {
            channel: link.channel,
            transport: link.transport,
            headers: link.headers(),
            losses: streams.family("packet-loss"),
            errors: streams.family("bit-errors"),
            erasures: streams.family("bit-erasures"),
            bursts,
            arrived: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// Whether no message can be damaged.
    pub(crate) fn is_clean(&self) -> bool {
        self.channel.is_clean()
    }

    /// Sends a round and adds what happened to `damage`, which must be empty. Returns the number of packets lost on the
    /// way, every copy counted.
    pub(crate) fn send(&mut self, round: &Round<'_>, damage: &mut PacketDamage) -> u64 {
        let copies = self.transport.copies();
        let lane = round.tries.max(1) - 1;
        let wire: u64 = round.sent.iter().map(|&index| self.wire_bytes(round, index)).sum();
        let mut lost_on_the_way = 0;
        let mut arrived = std::mem::take(&mut self.arrived);
        arrived.clear();
        arrived.resize(round.sent.len(), 0);
        for copy in 0..copies {
            let mut draws = self.losses.stream(round.owner);
            let mut at = u64::from(copy) * wire;
            let mut expected = None;
            for (place, &index) in round.sent.iter().enumerate() {
                at += self.wire_bytes(round, index);
                if expected != Some(index) {
                    let lane = u128::from(lane) + u128::from(copy);
                    // Two words a draw.
                    draws.set_word_pos(lane * WORDS_PER_LANE + 2 * u128::from(index));
                }
                expected = Some(index + 1);
                let time = share_of(round.begun, round.ended, at, u64::from(copies) * wire);
                if draws.random::<f64>() < self.loss_probability(round.device, time) {
                    lost_on_the_way += 1;
                } else {
                    arrived[place] |= 1 << copy;
                }
            }
        }
        let mut start = 0;
        let mut summed = 0;
        for (place, &index) in round.sent.iter().enumerate() {
            start += round.packets[summed..index as usize].iter().map(|&bytes| u64::from(bytes) * 8).sum::<u64>();
            summed = index as usize;
            if arrived[place] == 0 {
                damage.lost.push(index);
            } else {
                self.damage_bits(round, index, start as u32, arrived[place], damage);
            }
        }
        self.arrived = arrived;
        lost_on_the_way
    }

    fn wire_bytes(&self, round: &Round<'_>, index: u32) -> u64 {
        u64::from(round.packets[index as usize]) + self.headers
    }

    fn loss_probability(&mut self, device: u32, time: SimTime) -> f64 {
        match (self.channel.packet_loss, &mut self.bursts) {
            (PacketLoss::GilbertElliott { good_probability, bad_probability, .. }, Some(bursts)) => {
                if bursts.is_bad(device, time) { bad_probability } else { good_probability }
            }
            (PacketLoss::Independent { probability }, _) => probability,
            // Bursts are made for every such channel.
            (PacketLoss::GilbertElliott { good_probability, .. }, None) => good_probability,
        }
    }

    /// Damages the bits of packet `index`, whose first bit is bit `start` of the payload, in its `arrived` copies.
    fn damage_bits(&mut self, round: &Round<'_>, index: u32, start: u32, arrived: u64, damage: &mut PacketDamage) {
        let Channel { bit_error_probability: errors, bit_erasure_probability: erasures, .. } = self.channel;
        if errors == 0.0 && erasures == 0.0 {
            return;
        }
        let bits = round.packets[index as usize] * 8;
        self.marks.clear();
        for copy in (0..u64::BITS as u8).filter(|&copy| arrived >> copy & 1 == 1) {
            let lane = u128::from(round.tries.max(1) - 1) + u128::from(copy);
            let position = lane * WORDS_PER_LANE + u128::from(index) * WORDS_PER_PACKET;
            for (family, probability, erased) in [(&self.errors, errors, false), (&self.erasures, erasures, true)] {
                let mut draws = family.stream(round.owner);
                draws.set_word_pos(position);
                let places = Struck { draws, rate: -(-probability).ln_1p(), next: 0, bits };
                self.marks.extend(places.map(|bit| (start + bit, copy, erased)));
            }
        }
        if let Transport::Retransmit { .. } = self.transport {
            // The checksum fails.
            if !self.marks.is_empty() {
                damage.lost.push(index);
            }
            return;
        }
        self.marks.sort_unstable();
        for bit in self.marks.chunk_by(|a, b| a.0 == b.0) {
            match vote(arrived, bit) {
                Vote::Right => {}
                Vote::Wrong => damage.flipped.push(bit[0].0),
                Vote::Unknown => damage.erased.push(bit[0].0),
            }
        }
    }
}

/// The time at which the share `part / whole` of the span from `begun` to `ended` has passed.
fn share_of(begun: SimTime, ended: SimTime, part: u64, whole: u64) -> SimTime {
    let span = u128::from(ended.since(begun).nanoseconds());
    let offset = span * u128::from(part) / u128::from(whole.max(1));
    SimTime::from_nanoseconds(begun.nanoseconds() + offset as u64)
}

/// Positions below `bits` that are struck independently: gaps between them are geometric, that is
/// `floor(E / -ln(1 - p))` for exponential `E`.
struct Struck {
    draws: ChaCha8Rng,
    rate: f64,
    next: u32,
    bits: u32,
}

impl Iterator for Struck {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.rate == 0.0 {
            return None;
        }
        let gap = self.draws.sample::<f64, _>(Exp1) / self.rate;
        let left = self.bits - self.next;
        if gap >= f64::from(left) {
            self.next = self.bits;
            self.rate = 0.0;
            return None;
        }
        let bit = self.next + gap as u32;
        self.next = bit + 1;
        Some(bit)
    }
}

enum Vote {
    Right,
    Wrong,
    Unknown,
}

/// Majority vote of the copies that arrived on a bit that is marked in some of them.
fn vote(arrived: u64, marks: &[(u32, u8, bool)]) -> Vote {
    let (mut flipped, mut erased) = (0_u64, 0_u64);
    for &(_, copy, is_erased) in marks {
        *(if is_erased { &mut erased } else { &mut flipped }) |= 1 << copy;
    }
    let shown = arrived & !erased;
    let wrong = (flipped & shown).count_ones();
    let right = shown.count_ones() - wrong;
    let first_is_wrong = flipped >> shown.trailing_zeros().min(u64::BITS - 1) & 1 == 1;
    match wrong.cmp(&right) {
        _ if shown == 0 => Vote::Unknown,
        std::cmp::Ordering::Greater => Vote::Wrong,
        std::cmp::Ordering::Equal if first_is_wrong => Vote::Wrong,
        _ => Vote::Right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::RadioPower;

    fn medium(channel: Channel, transport: Transport) -> Medium {
        let power = RadioPower { up_watts_per_mbps: 0.0, down_watts_per_mbps: 0.0, active_watts: 0.0 };
        let link = Link { channel, transport, ..Link::plain(1e6, 1e6, power) };
        Medium::new(&link, 3, &Streams::new(4, 0))
    }

    /// What two packets of 250 bytes meet, for each of `owners` requests.
    fn send(medium: &mut Medium, owners: u64, tries: u8) -> Vec<PacketDamage> {
        let round = |owner| Round {
            owner,
            device: (owner % 3) as u32,
            packets: &[250, 250],
            sent: &[0, 1],
            tries,
            begun: SimTime::from_nanoseconds(owner * 1_000_000),
            ended: SimTime::from_nanoseconds(owner * 1_000_000 + 500_000),
        };
        let mut all = Vec::new();
        for owner in 0..owners {
            let mut damage = PacketDamage::default();
            medium.send(&round(owner), &mut damage);
            all.push(damage);
        }
        all
    }

    /// Whether `count` of `of` trials per request is within four standard errors of `probability`.
    fn is_rate(all: &[PacketDamage], count: impl Fn(&PacketDamage) -> usize, of: usize, probability: f64) -> bool {
        let trials = (all.len() * of) as f64;
        let found = all.iter().map(count).sum::<usize>() as f64;
        (found - trials * probability).abs() < 4.0 * (trials * probability * (1.0 - probability)).sqrt()
    }

    fn with_bits(errors: f64, erasures: f64) -> Channel {
        Channel { bit_error_probability: errors, bit_erasure_probability: erasures, ..Channel::CLEAN }
    }

    #[test]
    fn a_binary_symmetric_channel_flips_each_bit_with_its_probability() {
        let mut medium = medium(with_bits(0.01, 0.003), Transport::Datagram);
        let all = send(&mut medium, 500, 1);
        // A bit that is both erased and flipped is erased.
        assert!(is_rate(&all, |damage| damage.flipped.len(), 4_000, 0.01 * 0.997));
        assert!(is_rate(&all, |damage| damage.erased.len(), 4_000, 0.003));
        let half = |low: u32, high: u32| {
            let inside =
                |damage: &PacketDamage| damage.flipped.iter().filter(|&&bit| (low..high).contains(&bit)).count();
            is_rate(&all, inside, 2_000, 0.00997)
        };
        assert!(half(0, 2_000) && half(2_000, 4_000));
        assert!(all.iter().all(|damage| damage.flipped.is_sorted() && damage.flipped.iter().all(|&bit| bit < 4_000)));
        let certain = send(&mut super::tests::medium(with_bits(1.0, 0.0), Transport::Datagram), 1, 1);
        assert_eq!(certain[0].flipped, (0..4_000).collect::<Vec<_>>());
    }

    /// A packet passes the checksum with probability `(1 - p)^2000`.
    #[test]
    fn a_checksum_turns_bit_errors_into_losses() {
        let all =
            send(&mut medium(with_bits(5e-4, 0.0), Transport::Retransmit { timeout_seconds: 0.0, tries: 3 }), 3_000, 1);
        assert!(is_rate(&all, |damage| damage.lost.len(), 2, 1.0 - (1.0_f64 - 5e-4).powi(2_000)));
        assert!(all.iter().all(|damage| damage.flipped.is_empty()));
    }

    /// Of three copies two must be wrong, `3 p^2 - 2 p^3`; of two, both, or the first alone: `p^2 + p (1 - p) = p`. With
    /// losses `q`, all copies must be lost: `q^3`.
    #[test]
    fn copies_outvote_damage_and_fill_in_for_losses() {
        let p: f64 = 0.05;
        for (copies, expected) in [(3, 3.0 * p.powi(2) - 2.0 * p.powi(3)), (2, p), (1, p)] {
            let all = send(&mut medium(with_bits(p, 0.0), Transport::Repeat { copies }), 300, 1);
            assert!(is_rate(&all, |damage| damage.flipped.len(), 4_000, expected), "{copies} copies");
        }
        let all = send(&mut medium(Channel::losing(0.4), Transport::Repeat { copies: 3 }), 4_000, 1);
        assert!(is_rate(&all, |damage| damage.lost.len(), 2, 0.4_f64.powi(3)));
        let all = send(&mut medium(with_bits(0.0, 0.1), Transport::Repeat { copies: 2 }), 300, 1);
        assert!(is_rate(&all, |damage| damage.erased.len(), 4_000, 0.01));
    }

    #[test]
    fn invariant_3_losses_belong_to_the_request_and_grow_with_the_probability() {
        let all =
            |probability, tries| send(&mut medium(Channel::losing(probability), Transport::Datagram), 2_000, tries);
        let (low, high) = (all(0.1, 1), all(0.3, 1));
        assert!(is_rate(&low, |damage| damage.lost.len(), 2, 0.1));
        assert!(low.iter().zip(&high).all(|(low, high)| low.lost.iter().all(|packet| high.lost.contains(packet))));
        assert!(low.iter().zip(all(0.1, 2)).any(|(first, second)| first.lost != second.lost), "a try draws anew");
    }
}
