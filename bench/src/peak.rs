//! The limit of the machine's arithmetic.

use crate::timing::shortest;
use cospike_sim_core::bench_support::{Arithmetic, register_loop};
use serde::Serialize;

/// Highest rate of float32 arithmetic that one core reaches, measured by loops that touch registers only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Peak {
    /// Additions per second.
    pub adds_per_second: f64,
    /// Multiply-adds per second, each one operation.
    pub multiply_adds_per_second: f64,
}

impl Peak {
    /// Measures this machine, on one core.
    pub fn measure() -> Self {
        const ROUNDS: u64 = 100_000;
        let rate = |arithmetic| {
            let operations = register_loop(arithmetic, ROUNDS);
            operations as f64
                / shortest(50, || {
                    register_loop(arithmetic, ROUNDS);
                })
        };
        Self { adds_per_second: rate(Arithmetic::Add), multiply_adds_per_second: rate(Arithmetic::MultiplyAdd) }
    }
}
