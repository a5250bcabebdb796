//! Neurons: from currents to membranes to spikes.

use super::lines::Line;
use super::vector::{Vector, WIDTH};
use crate::network::{Leak, Neuron, Reset};

/// Charges `membranes` with `currents` and hands the number of every line and who fires in it, as bits, to `fired`; see
/// [`Neuron`] for the equations.
#[inline(always)]
pub(super) fn charge<V: Vector>(
    neuron: &Neuron,
    membranes: &mut [Line],
    currents: &[Line],
    fired: impl FnMut(usize, u64),
) {
    let rest = V::splat(match neuron.reset {
        Reset::Hard(rest) => rest,
        Reset::Soft => 0.0,
    });
    let update = Update { neuron, membranes, currents };
    // One loop per equation, so that no lane asks which it is.
    match (exact_share(neuron.leak), neuron.decay_input) {
        (Leak::Tau(tau), true) => update.run(fired, |v: V, x| v.add(x.sub(v.sub(rest)).div(V::splat(tau)))),
        (Leak::Tau(tau), false) => update.run(fired, |v: V, x| v.sub(v.sub(rest).div(V::splat(tau))).add(x)),
        (Leak::Share(share), true) => update.run(fired, |v: V, x| v.add(x.sub(v.sub(rest)).mul(V::splat(share)))),
        (Leak::Share(share), false) => update.run(fired, |v: V, x| v.sub(v.sub(rest).mul(V::splat(share))).add(x)),
        // `Executable` knows what was learned, and has put the share in its place.
        (Leak::None | Leak::Learned, _) => update.run(fired, |v: V, x| v.add(x)),
    }
}

/// Division by a power of two as the multiplication that gives the same floats in a tenth of the time.
fn exact_share(leak: Leak) -> Leak {
    match leak {
        Leak::Tau(tau) if tau.abs().log2().fract() == 0.0 && (1.0 / tau).is_normal() => Leak::Share(1.0 / tau),
        _ => leak,
    }
}

struct Update<'a> {
    neuron: &'a Neuron,
    membranes: &'a mut [Line],
    currents: &'a [Line],
}

impl Update<'_> {
    #[inline(always)]
    fn run<V: Vector>(self, mut fired: impl FnMut(usize, u64), charged: impl Fn(V, V) -> V) {
        let threshold = V::splat(self.neuron.threshold);
        let fire = |v: V| match self.neuron.reset {
            Reset::Hard(value) => v.choose(threshold, V::splat(value), v),
            Reset::Soft => v.choose(threshold, v.sub(threshold), v),
        };
        for (i, (v, x)) in self.membranes.iter_mut().zip(self.currents).enumerate() {
            let ([v0, v1], [x0, x1]) = (v.vectors::<V>(), x.vectors::<V>());
            let ((low, fired_low), (high, fired_high)) = (fire(charged(v0, x0)), fire(charged(v1, x1)));
            v.set([low, high]);
            fired(i, u64::from(fired_low) | u64::from(fired_high) << WIDTH);
        }
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
