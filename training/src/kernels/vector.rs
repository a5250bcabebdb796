//! Use of the vector instructions that the machine has.

use pulp::{Arch, Simd, WithSimd}; // detects the instructions and enters functions that are compiled for them

/// Calls `work`, compiled for 256-bit vectors with fused multiply-add where the machine has them. `work` and every function in
/// which it spends time must be `#[inline(always)]`, or they are compiled for the smallest machine.
///
/// The result does not depend on the machine: `mul_add` rounds once everywhere and is only slower without the
/// instruction.
#[inline(always)]
pub(super) fn vectorised<R>(work: impl FnMut() -> R) -> R {
    Arch::new().dispatch(Work(work))
}

/// `FnMut`, because a closure that is called as `FnOnce`, as pulp itself calls closures, goes through a function that is not
/// inlined: that costs up to three quarters of the speed.
struct Work<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Work<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}
