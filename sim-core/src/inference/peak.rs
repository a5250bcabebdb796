//! Upper limits of the kernels' speed, to be measured: arithmetic without memory accesses, and additions of rows of
//! weights alone.

use super::lines::{LANES, Line};
use super::vector::{Vector, Vectorised, WIDTH, vectorise};
use std::hint::black_box;

/// Arithmetic of a [`register_loop`].
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

/// Lines that are added at once, as by the kernel for spikes where an input row reaches three output rows.
const TOGETHER: usize = 3;

/// Number of rows added in one round.
const PICKS: usize = 4096;

/// Rows of weights to add up, each picked as spikes pick them: in no order that the CPU could foresee.
pub struct RowLoop {
    weight: Vec<[Line; TOGETHER]>,
    picks: Vec<u32>,
}

impl RowLoop {
    /// For the weights of a 3x3 convolution from `channels` input channels to 16 of its output channels, which are a row each for
    /// every input channel and kernel element.
    pub fn new(channels: usize) -> Self {
        let rows = (9 * channels / TOGETHER).max(1);
        // Multiplication by the golden ratio scatters (Knuth, The Art of Computer Programming 3, section 6.4).
        let pick = |i: u32| i.wrapping_mul(2_654_435_769) >> 7;
        let picks = (0..PICKS as u32).map(|i| pick(i) % rows as u32).collect();
        Self { weight: vec![[Line([1e-9; LANES]); TOGETHER]; rows], picks }
    }

    /// Adds all that is picked to sums on registers, `rounds` times, and returns how many additions that were. Whoever times it
    /// knows the most that a kernel which reads its weights from there can reach on one core.
    pub fn run(&self, rounds: u64) -> u64 {
        vectorise(AddRows { rows: self, rounds });
        rounds * (PICKS * TOGETHER * LANES) as u64
    }
}

struct AddRows<'a> {
    rows: &'a RowLoop,
    rounds: u64,
}

impl Vectorised for AddRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let mut sums = [V::splat(0.0); TOGETHER];
        for _ in 0..self.rounds {
            for &pick in &self.rows.picks {
                let row = &self.rows.weight[pick as usize];
                for (sum, line) in sums.iter_mut().zip(row) {
                    *sum = sum.add(line.vector());
                }
            }
        }
        let mut stored = [[0.0; WIDTH]; TOGETHER];
        for (sum, stored) in sums.iter().zip(&mut stored) {
            sum.store(stored);
        }
        black_box(stored);
    }
}
