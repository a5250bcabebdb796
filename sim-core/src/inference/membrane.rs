//! Neurons: from currents to membranes to spikes.

use super::lines::{LANES, LINES_PER_WORD, Line};
use super::tile::Tile;
use super::vector::{Vector, Vectorised, vectorise};
use super::{Real, SpikeTrain};
use crate::network::{Fires, Leak, Neuron, Reset};

/// Charges the neurons of a `tile` with its `currents`, `[step][column][line]`, of every step or of the only one, and adds
/// who fires to `spikes`; see [`Neuron`] for the equations. `scratch` is overwritten.
pub(super) fn charge(
    neuron: &Neuron,
    tile: &Tile,
    currents: &[Line],
    scratch: &mut MembraneScratch,
    spikes: &mut SpikeTrain,
) {
    scratch.membranes.resize(tile.len(), Line::ZERO);
    scratch.fired.resize(tile.len(), 0);
    let MembraneScratch { membranes, fired } = scratch;
    vectorise(Charge { neuron, tile, currents, membranes, fired, spikes });
}

/// Membranes of neurons in each of `steps`, before spikes reset them, on `currents` of every step or of the only one; see [`Neuron`].
pub(super) fn charged(neuron: &Neuron, currents: &Real, steps: usize) -> Real {
    let (rest, leak) = (resting(neuron), exact_share(neuron.leak));
    let mut membranes = vec![neuron.initial; currents.shape.len()];
    let mut all = Real { shape: currents.shape, steps, data: Vec::with_capacity(steps * membranes.len()) };
    for step in 0..steps {
        for (v, &x) in membranes.iter_mut().zip(currents.step(step % currents.steps)) {
            let part = |difference: f32| match leak {
                Leak::Tau(tau) => difference / tau,
                Leak::Share(share) => difference * share,
                Leak::None | Leak::Learned => 0.0,
            };
            let h = match leak {
                Leak::None | Leak::Learned => *v + x,
                _ if neuron.decay_input => *v + part(x - (*v - rest)),
                _ => *v - part(*v - rest) + x,
            };
            let has_fired = match neuron.fires {
                Fires::From => h >= neuron.threshold,
                Fires::Above => h > neuron.threshold,
            };
            all.data.push(h);
            *v = match neuron.reset {
                Reset::Hard(value) if has_fired => value,
                Reset::Soft if has_fired => h - neuron.threshold,
                _ => h,
            };
        }
    }
    all
}

/// Potential to which membranes decay.
fn resting(neuron: &Neuron) -> f32 {
    match neuron.reset {
        Reset::Hard(rest) => rest,
        Reset::Soft => 0.0,
    }
}

/// Buffers for the neurons of one tile, reused between layers.
#[derive(Clone, Debug, Default)]
pub(super) struct MembraneScratch {
    membranes: Vec<Line>,
    /// Neurons that fire in a step, as a bit mask for each line.
    fired: Vec<u16>,
}

struct Charge<'a> {
    neuron: &'a Neuron,
    tile: &'a Tile,
    currents: &'a [Line],
    membranes: &'a mut [Line],
    fired: &'a mut [u16],
    spikes: &'a mut SpikeTrain,
}

impl Vectorised for Charge<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let rest = resting(self.neuron);
        // One loop per equation, so that no lane asks which it is.
        match (exact_share(self.neuron.leak), self.neuron.decay_input) {
            (Leak::Tau(tau), true) => self.decay::<V, true, true>(rest, tau),
            (Leak::Tau(tau), false) => self.decay::<V, true, false>(rest, tau),
            (Leak::Share(share), true) => self.decay::<V, false, true>(rest, share),
            (Leak::Share(share), false) => self.decay::<V, false, false>(rest, share),
            // `Executable` knows what was learned, and has put the share in its place.
            (Leak::None | Leak::Learned, _) => self.update::<V>(Integrate),
        }
    }
}

impl Charge<'_> {
    #[inline(always)]
    fn decay<V: Vector, const DIVIDE: bool, const INPUT: bool>(self, rest: f32, by: f32) {
        let by = V::splat(by);
        if rest == 0.0 {
            self.update(Decay::<V, DIVIDE, INPUT> { rest: None, by });
        } else {
            self.update(Decay::<V, DIVIDE, INPUT> { rest: Some(V::splat(rest)), by });
        }
    }

    #[inline(always)]
    fn update<V: Vector>(self, equation: impl Equation<V>) {
        let Self { neuron, tile, currents, membranes, fired, spikes } = self;
        let (threshold, initial) = (V::splat(neuron.threshold), V::splat(neuron.initial));
        // Above a number is from the next one on.
        let firing = match neuron.fires {
            Fires::From => threshold,
            Fires::Above => V::splat(neuron.threshold.next_up()),
        };
        for membrane in membranes.iter_mut() {
            membrane.set(initial);
        }
        let constant = currents.len() == tile.len();
        for step in 0..spikes.steps() {
            let currents = &currents[if constant { 0 } else { step * tile.len() }..][..tile.len()];
            let lines = membranes.iter_mut().zip(currents).zip(fired.iter_mut());
            match neuron.reset {
                Reset::Hard(value) => {
                    let value = V::splat(value);
                    for ((membrane, current), fired) in lines {
                        let charged = equation.charged(membrane.vector(), current.vector());
                        *fired = fire(membrane, charged, value, firing);
                    }
                }
                Reset::Soft => {
                    for ((membrane, current), fired) in lines {
                        let charged = equation.charged(membrane.vector(), current.vector());
                        *fired = fire(membrane, charged, charged.sub(threshold), firing);
                    }
                }
            }
            pack(fired, tile, step, spikes);
        }
    }
}

/// Sets `membrane` to `charged`, or to `reset` where it fires, from `firing` on; returns where it does.
#[inline(always)]
fn fire<V: Vector>(membrane: &mut Line, charged: V, reset: V, firing: V) -> u16 {
    let (after, fired) = charged.choose(firing, reset, charged);
    membrane.set(after);
    fired
}

/// Adds the neurons that fire in `step`, a bit mask for each line of `tile`, to `spikes`.
#[inline(always)]
fn pack(fired: &[u16], tile: &Tile, step: usize, spikes: &mut SpikeTrain) {
    let (words, channels) = (spikes.words(), spikes.shape().channels);
    let positions = tile.positions(spikes.shape().width);
    let bits = &mut spikes.step_mut(step)[positions.start * words..positions.end * words];
    // Neurons that do not exist may fire too.
    let existing = |line: usize| u16::MAX >> (LANES - (channels - line * LANES).min(LANES));
    if words == 1 && tile.lines.len() == 1 {
        let (line, exist) = (tile.lines.start, existing(tile.lines.start));
        for (bits, &fired) in bits.iter_mut().zip(fired) {
            *bits |= u64::from(fired & exist) << (line * LANES);
        }
        return;
    }
    for (bits, fired) in bits.chunks_exact_mut(words).zip(fired.chunks_exact(tile.lines.len())) {
        for (line, &fired) in tile.lines.clone().zip(fired) {
            bits[line / LINES_PER_WORD] |= u64::from(fired & existing(line)) << (line % LINES_PER_WORD * LANES);
        }
    }
}

/// Division by a power of two as the multiplication that gives the same floats in a tenth of the time.
fn exact_share(leak: Leak) -> Leak {
    match leak {
        // All bits of the fraction are zero.
        Leak::Tau(tau) if tau.to_bits() & 0x7f_ffff == 0 && tau.is_normal() && (1.0 / tau).is_normal() => {
            Leak::Share(1.0 / tau)
        }
        _ => leak,
    }
}

/// Equation by which a membrane integrates a current.
trait Equation<V> {
    fn charged(&self, v: V, x: V) -> V;
}

/// Integration without leak.
struct Integrate;

impl<V: Vector> Equation<V> for Integrate {
    #[inline(always)]
    fn charged(&self, v: V, x: V) -> V {
        v.add(x)
    }
}

/// Integration with a leak by division or by multiplication, with or without decay of the input.
struct Decay<V, const DIVIDE: bool, const INPUT: bool> {
    /// Resting potential; none for zero, which need not be subtracted.
    rest: Option<V>,
    by: V,
}

impl<V: Vector, const DIVIDE: bool, const INPUT: bool> Equation<V> for Decay<V, DIVIDE, INPUT> {
    #[inline(always)]
    fn charged(&self, v: V, x: V) -> V {
        let above = self.rest.map_or(v, |rest| v.sub(rest));
        let difference = if INPUT { x.sub(above) } else { above };
        let part = if DIVIDE { difference.div(self.by) } else { difference.mul(self.by) };
        if INPUT { v.add(part) } else { v.sub(part).add(x) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x / 2^k` and `x * 2^-k` are the same number rounded once; 3 has no exact inverse.
    #[test]
    fn only_powers_of_two_are_multiplied_by_their_inverse() {
        assert_eq!(exact_share(Leak::Tau(2.0)), Leak::Share(0.5));
        assert_eq!(exact_share(Leak::Tau(0.25)), Leak::Share(4.0));
        for tau in [3.0, 2.000_000_2, 0.1] {
            assert_eq!(exact_share(Leak::Tau(tau)), Leak::Tau(tau));
        }
    }
}
