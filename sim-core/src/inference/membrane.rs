//! Neurons: from currents to membranes to spikes.

use super::lines::Line;
use super::vector::{Vector, Vectorised, vectorise};
use crate::network::{Leak, Neuron, Reset};

/// Charges `membranes` with `currents` and sets who fires, as bits of each line; see [`Neuron`] for the equations.
pub(super) fn charge(neuron: &Neuron, membranes: &mut [Line], currents: &[Line], fired: &mut [u16]) {
    vectorise(Charge { neuron, membranes, currents, fired });
}

struct Charge<'a> {
    neuron: &'a Neuron,
    membranes: &'a mut [Line],
    currents: &'a [Line],
    fired: &'a mut [u16],
}

impl Vectorised for Charge<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let rest = V::splat(match self.neuron.reset {
            Reset::Hard(rest) => rest,
            Reset::Soft => 0.0,
        });
        // One loop per equation, so that no lane asks which it is.
        match (exact_share(self.neuron.leak), self.neuron.decay_input) {
            (Leak::Tau(tau), true) => self.update(Decay::<V, true, true> { rest, by: V::splat(tau) }),
            (Leak::Tau(tau), false) => self.update(Decay::<V, true, false> { rest, by: V::splat(tau) }),
            (Leak::Share(share), true) => self.update(Decay::<V, false, true> { rest, by: V::splat(share) }),
            (Leak::Share(share), false) => self.update(Decay::<V, false, false> { rest, by: V::splat(share) }),
            // `Executable` knows what was learned, and has put the share in its place.
            (Leak::None | Leak::Learned, _) => self.update::<V>(Integrate),
        }
    }
}

impl Charge<'_> {
    #[inline(always)]
    fn update<V: Vector>(self, equation: impl Equation<V>) {
        let threshold = V::splat(self.neuron.threshold);
        let lines = self.membranes.iter_mut().zip(self.currents).zip(self.fired);
        match self.neuron.reset {
            Reset::Hard(value) => {
                let value = V::splat(value);
                for ((v, x), fired) in lines {
                    let [low, high] = charged(&equation, v, x);
                    *fired = fire(v, [low, high], [value, value], threshold);
                }
            }
            Reset::Soft => {
                for ((v, x), fired) in lines {
                    let [low, high] = charged(&equation, v, x);
                    *fired = fire(v, [low, high], [low.sub(threshold), high.sub(threshold)], threshold);
                }
            }
        }
    }
}

/// The membranes `v` after taking `x`.
#[inline(always)]
fn charged<V: Vector>(equation: &impl Equation<V>, v: &Line, x: &Line) -> [V; 2] {
    let ([v0, v1], [x0, x1]) = (v.vectors::<V>(), x.vectors::<V>());
    [equation.charged(v0, x0), equation.charged(v1, x1)]
}

/// Division by a power of two as the multiplication that gives the same floats in a tenth of the time.
fn exact_share(leak: Leak) -> Leak {
    match leak {
        Leak::Tau(tau) if tau.abs().log2().fract() == 0.0 && (1.0 / tau).is_normal() => Leak::Share(1.0 / tau),
        _ => leak,
    }
}

/// How a membrane takes a current.
trait Equation<V> {
    fn charged(&self, v: V, x: V) -> V;
}

/// Without leak.
struct Integrate;

impl<V: Vector> Equation<V> for Integrate {
    #[inline(always)]
    fn charged(&self, v: V, x: V) -> V {
        v.add(x)
    }
}

/// With a leak that divides or multiplies, and the input leaks too or does not.
struct Decay<V, const DIVIDE: bool, const INPUT: bool> {
    rest: V,
    by: V,
}

impl<V: Vector, const DIVIDE: bool, const INPUT: bool> Equation<V> for Decay<V, DIVIDE, INPUT> {
    #[inline(always)]
    fn charged(&self, v: V, x: V) -> V {
        let above = v.sub(self.rest);
        let difference = if INPUT { x.sub(above) } else { above };
        let part = if DIVIDE { difference.div(self.by) } else { difference.mul(self.by) };
        if INPUT { v.add(part) } else { v.sub(part).add(x) }
    }
}

/// Sets `membrane` to `charged`, or where that fires to `reset`; returns where it does.
#[inline(always)]
fn fire<V: Vector>(membrane: &mut Line, charged: [V; 2], reset: [V; 2], threshold: V) -> u16 {
    let (low, fired_low) = charged[0].choose(threshold, reset[0], charged[0]);
    let (high, fired_high) = charged[1].choose(threshold, reset[1], charged[1]);
    membrane.set([low, high]);
    u16::from_le_bytes([fired_low, fired_high])
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
