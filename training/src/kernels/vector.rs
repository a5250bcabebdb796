//! Use of the vector instructions that the machine has.

/// Calls `work`, compiled for 256-bit vectors with fused multiply-add where the machine has them. `work` and every function in
/// which it spends time must be `#[inline(always)]`, or they are compiled for the smallest machine.
///
/// The result does not depend on the machine: `mul_add` rounds once everywhere and is only slower without the
/// instruction. (`FnMut`, because a closure called as `FnOnce` goes through a function that is not inlined.)
#[inline(always)]
pub(super) fn vectorised<R>(mut work: impl FnMut() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn wide<R>(mut work: impl FnMut() -> R) -> R {
            work()
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: `wide` needs AVX2 and FMA, and the line above has found both on this machine.
            return unsafe { wide(work) };
        }
    }
    work()
}
