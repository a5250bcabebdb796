//! Arithmetic without memory: the limit that the kernels are held against.

use super::vector::{Vector, Vectorised, WIDTH, vectorise};
use std::hint::black_box;

/// What a [`register_loop`] does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// Additions.
    Add,
    /// Multiply-adds, fused where the CPU can.
    MultiplyAdd,
}

/// Vectors that a round works on: enough to hide the latency of an operation, few enough for the registers, of which a
/// vector takes two where they hold eight floats.
const CHAINS: usize = 7;

/// Does `rounds` rounds of float `arithmetic` on registers alone, in the vectors that the kernels use, and returns how
/// many additions or multiply-adds that were. Whoever times it knows the most that a kernel on one core can reach.
pub fn register_loop(arithmetic: Arithmetic, rounds: u64) -> u64 {
    vectorise(RegisterLoop { arithmetic, rounds });
    rounds * (CHAINS * WIDTH) as u64
}

struct RegisterLoop {
    arithmetic: Arithmetic,
    rounds: u64,
}

impl Vectorised for RegisterLoop {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let x = V::splat(black_box(1e-9));
        let mut sums = [V::splat(1.0); CHAINS];
        match self.arithmetic {
            Arithmetic::Add => {
                for _ in 0..self.rounds {
                    for sum in &mut sums {
                        *sum = sum.add(x);
                    }
                }
            }
            Arithmetic::MultiplyAdd => {
                for _ in 0..self.rounds {
                    for sum in &mut sums {
                        *sum = sum.multiply_add(x, x);
                    }
                }
            }
        }
        let mut stored = [[0.0; WIDTH]; CHAINS];
        for (sum, stored) in sums.iter().zip(&mut stored) {
            sum.store(stored);
        }
        black_box(stored);
    }
}
