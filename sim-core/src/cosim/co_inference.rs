//! The interface between the event loop and the split network.

use crate::energy::ComputeEnergy;
use crate::inference::{Counts, argmax};
use crate::split::SplitError;
use serde::{Deserialize, Serialize};

/// An answer and how sure the network is of it, from its class scores alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// Class with the highest score.
    pub answer: u32,
    /// Normalised entropy of the softmax of the scores, `-sum p ln p / ln n` over `n` classes: 0 is certain, 1 is no idea.
    /// ECC-SNN (Yu et al., IJCAI 2025) offloads, and DT-SNN (Li et al., DAC 2023) stops, by this measure.
    pub entropy: f64,
}

impl Guess {
    /// From class scores, read out of the time steps so far: the answer is their [`argmax`].
    /// Without scores, or with one that is not finite, the entropy is 1.
    pub fn from_scores(scores: &[f32]) -> Self {
        let answer = argmax(scores);
        let highest = scores.get(answer).copied().unwrap_or(f32::NEG_INFINITY);
        Self { answer: answer as u32, entropy: normalised_entropy(scores, highest) }
    }
}

/// With `z = sum exp(s - max)`: `H = ln z - sum (s - max) exp(s - max) / z`, which no score can overflow.
fn normalised_entropy(scores: &[f32], max: f32) -> f64 {
    if scores.len() < 2 {
        return if scores.is_empty() { 1.0 } else { 0.0 };
    }
    let (mut z, mut weighted) = (0.0, 0.0);
    for &score in scores {
        let below = f64::from(score) - f64::from(max);
        z += below.exp();
        weighted += below * below.exp();
    }
    let entropy = (z.ln() - weighted / z) / (scores.len() as f64).ln();
    if entropy.is_nan() { 1.0 } else { entropy.clamp(0.0, 1.0) }
}

/// One step of a head. A design that does not stream has one step, which is the whole of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadStep {
    /// Operations of this step, from which its time follows.
    pub counts: Counts,
    /// Energy of the operations at the nominal speed of the device; whoever knows the layers has priced them.
    pub energy: ComputeEnergy,
    /// Number of packets that can be sent once the step is done; they follow those of the earlier steps in
    /// [`Head::packets`].
    pub packets: u32,
    /// The edge's own answer after this step, from all steps so far, if the design has a classifier at the edge.
    pub guess: Option<Guess>,
}

/// The work of the edge for a sample. Either there are packets, or the last step has a guess: then the whole network runs
/// on the edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head<'a> {
    /// The steps in the order in which they are made; from one to [`Head::MOST_STEPS`].
    pub steps: &'a [HeadStep],
    /// Payload bytes of each packet, in the order of sending, over all steps.
    pub packets: &'a [u32],
}

impl Head<'_> {
    /// Most steps of a head: steps and messages of a request are counted in 16 bits.
    pub const MOST_STEPS: usize = u16::MAX as usize;

    /// Number of messages that the head sends: one for each step with packets.
    pub(super) fn messages(&self) -> usize {
        self.steps.iter().filter(|step| step.packets > 0).count()
    }

    /// Numbers of steps made and of packets sent when message `index` has been sent.
    pub(super) fn sent_with(&self, index: u16) -> (u32, u32) {
        let (mut packets, mut messages) = (0, 0);
        for (step, made) in self.steps.iter().zip(1..) {
            packets += step.packets;
            messages += u16::from(step.packets > 0);
            if messages > index {
                return (made, packets);
            }
        }
        (self.steps.len() as u32, packets)
    }
}

/// The state in which the first steps of a request have reached the cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// Number of the request by arrival, from 0. Where noise is added to what it sends, that is its own.
    pub request: u64,
    /// Number of head steps that are there or will never be; the tail is to run the last of them.
    pub steps: u32,
    /// Packets that did not arrive, by their index in [`Head::packets`], ascending.
    pub lost: &'a [u32],
    /// Inverted bits of packets that did, by their position in the payload, ascending: bit `b` is bit `b % 8`, counted from
    /// the least significant, of byte `b / 8` of all packets in the order of sending.
    pub flipped: &'a [u32],
    /// Bits of packets that arrived that the receiver could not tell, by the same position, ascending.
    pub erased: &'a [u32],
}

impl Received<'_> {
    /// Whether no packet was lost and no bit damaged.
    pub fn is_whole(&self) -> bool {
        self.lost.is_empty() && self.flipped.is_empty() && self.erased.is_empty()
    }
}

/// The work of the cloud for one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailStep {
    /// Operations of this step, from which its time follows.
    pub counts: Counts,
    /// Energy of the operations at the server.
    pub energy: ComputeEnergy,
    /// The answer after this step, from all steps so far.
    pub guess: Guess,
}

/// Greatest number of split designs: they are numbered, and counted, in a byte.
pub const MAX_DESIGNS: usize = u8::MAX as usize;

/// The split network at work, in one or several split designs.
///
/// Every method returns the same for the same arguments every time. Most deliveries are alike (with a clean channel, all of
/// a sample are): an implementation that keeps what it computed by its arguments runs each distinct one once.
pub trait CoInference {
    /// Number of designs, at most [`MAX_DESIGNS`]; they are numbered from 0.
    fn designs(&self) -> u8 {
        1
    }

    /// Runs the head of `design` on `sample`. It is asked at each step of a request, so it should look up what it has
    /// computed before.
    fn head(&self, design: u8, sample: u32) -> Head<'_>;

    /// Runs step `received.steps - 1` of the tail of `design` on what arrived of `sample` up to then. For a design that does
    /// not stream that is the whole tail.
    ///
    /// # Errors
    /// A tail that cannot be run. The event loop stops there, with [`CosimError::Tail`](super::CosimError::Tail).
    fn tail(&mut self, design: u8, sample: u32, received: &Received<'_>) -> Result<TailStep, SplitError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Softmax of ln 1, ln 2, ln 5 is 1/8, 2/8, 5/8, whose entropy is 0.9002561 nats; ln 3 is 1.0986123.
    #[test]
    fn a_guess_has_the_entropy_of_its_softmax() {
        let guess = Guess::from_scores(&[0.0, 2.0_f32.ln(), 5.0_f32.ln()]);
        assert_eq!(guess.answer, 2);
        assert!((guess.entropy - 0.900_256_1 / 1.098_612_3).abs() < 1e-6, "{}", guess.entropy);
        assert_eq!(Guess::from_scores(&[7.0; 4]), Guess { answer: 0, entropy: 1.0 });
        assert_eq!(Guess::from_scores(&[-1e30, 1e30]), Guess { answer: 1, entropy: 0.0 });
        assert_eq!(Guess::from_scores(&[1.0, f32::NAN]), Guess { answer: 0, entropy: 1.0 });
    }
}
