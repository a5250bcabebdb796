//! Eight floats at a time.
//!
//! Plain loops over arrays were tried first: the compiler made vectors of some and, after harmless changes elsewhere,
//! scalars of the same ones. So the kernels are written for a [`Vector`], which is a register of the CPU where it has
//! such and an array elsewhere. This is the only module with instructions of a CPU.

/// Lanes of a [`Vector`].
pub(super) const WIDTH: usize = 8;

/// Eight floats. Each operation rounds as the same operation of `f32` does, but [`Vector::multiply_add`].
pub(super) trait Vector: Copy {
    fn splat(x: f32) -> Self;
    fn load(lanes: &[f32; WIDTH]) -> Self;
    fn store(self, lanes: &mut [f32; WIDTH]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// `a * b + self`, rounded once where the CPU can, else twice.
    fn multiply_add(self, a: Self, b: Self) -> Self;
    /// Its lanes that `bits` says, 0 in the others.
    fn keep(self, bits: u8) -> Self;
    /// Lanes of `yes` where `self >= bound`, else of `no`; and which these are, as bits.
    fn choose(self, bound: Self, yes: Self, no: Self) -> (Self, u8);
}

/// For CPUs without the instructions below.
#[derive(Clone, Copy)]
pub(super) struct Portable([f32; WIDTH]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| f(self.0[lane], other.0[lane])))
    }
}

impl Vector for Portable {
    #[inline(always)]
    fn splat(x: f32) -> Self {
        Self([x; WIDTH])
    }
    #[inline(always)]
    fn load(lanes: &[f32; WIDTH]) -> Self {
        Self(*lanes)
    }
    #[inline(always)]
    fn store(self, lanes: &mut [f32; WIDTH]) {
        *lanes = self.0;
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    fn multiply_add(self, a: Self, b: Self) -> Self {
        self.add(a.mul(b))
    }
    #[inline(always)]
    fn keep(self, bits: u8) -> Self {
        Self(std::array::from_fn(|lane| if bits >> lane & 1 == 1 { self.0[lane] } else { 0.0 }))
    }
    #[inline(always)]
    fn choose(self, bound: Self, yes: Self, no: Self) -> (Self, u8) {
        let is = |lane: usize| self.0[lane] >= bound.0[lane];
        let chosen = std::array::from_fn(|lane| if is(lane) { yes.0[lane] } else { no.0[lane] });
        (Self(chosen), (0..WIDTH).fold(0, |bits, lane| bits | u8::from(is(lane)) << lane))
    }
}

/// A computation that can be done with any [`Vector`].
pub(super) trait Vectorised {
    type Output;
    /// Does it. `#[inline(always)]`, as is all that it calls in its loops, and these are loops, no closures for an
    /// iterator to call: what is not inlined is compiled for the oldest CPU.
    fn run<V: Vector>(self) -> Self::Output;
}

/// Does `work` with the widest vectors that this CPU has.
pub(super) fn vectorise<W: Vectorised>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if x86::is_supported() {
        // SAFETY: the CPU has just said that it knows the instructions.
        return unsafe { x86::run(work) };
    }
    work.run::<Portable>()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Vector, Vectorised, WIDTH};
    use std::arch::x86_64::*;

    /// x86-64-v3, short of what no kernel uses: Intel CPUs since 2013, AMD CPUs since 2015.
    pub(super) fn is_supported() -> bool {
        std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma")
            && std::is_x86_feature_detected!("bmi1")
            && std::is_x86_feature_detected!("popcnt")
    }

    #[target_feature(enable = "avx2,fma,bmi1,popcnt")]
    pub(super) fn run<W: Vectorised>(work: W) -> W::Output {
        work.run::<Avx>()
    }

    /// Private to this module and handed to nobody but by [`run`], so whoever holds one is inside of it, and the
    /// instructions of its methods are known to the CPU: that is what makes every `unsafe` here sound.
    #[derive(Clone, Copy)]
    struct Avx(__m256);

    /// The sign bits of all lanes. `_mm256_movemask_ps` means the same, but the compiler merges two of them whose bits are put
    /// side by side, into four times as many instructions.
    #[inline]
    #[target_feature(enable = "avx")]
    fn signs(lanes: __m256) -> u8 {
        let signs: u32;
        // SAFETY: reads one register and writes another.
        unsafe {
            std::arch::asm!(
                "vmovmskps {signs:e}, {lanes}",
                signs = lateout(reg) signs,
                lanes = in(ymm_reg) lanes,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        signs as u8
    }

    impl Vector for Avx {
        #[inline(always)]
        fn splat(x: f32) -> Self {
            Self(unsafe { _mm256_set1_ps(x) })
        }
        #[inline(always)]
        fn load(lanes: &[f32; WIDTH]) -> Self {
            // In bounds by type; any alignment.
            Self(unsafe { _mm256_loadu_ps(lanes.as_ptr()) })
        }
        #[inline(always)]
        fn store(self, lanes: &mut [f32; WIDTH]) {
            unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), self.0) }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Self(unsafe { _mm256_sub_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Self(unsafe { _mm256_mul_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn div(self, other: Self) -> Self {
            Self(unsafe { _mm256_div_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn multiply_add(self, a: Self, b: Self) -> Self {
            Self(unsafe { _mm256_fmadd_ps(a.0, b.0, self.0) })
        }
        #[inline(always)]
        fn keep(self, bits: u8) -> Self {
            unsafe {
                let own = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
                let set = _mm256_and_si256(_mm256_set1_epi32(i32::from(bits)), own);
                Self(_mm256_and_ps(self.0, _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, own))))
            }
        }
        #[inline(always)]
        fn choose(self, bound: Self, yes: Self, no: Self) -> (Self, u8) {
            unsafe {
                let is = _mm256_cmp_ps::<_CMP_GE_OQ>(self.0, bound.0);
                (Self(_mm256_blendv_ps(no.0, yes.0, is)), signs(is))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation on numbers whose results are exact, so that rounding once or twice is the same.
    struct Operations;

    impl Vectorised for Operations {
        type Output = (Vec<[f32; WIDTH]>, u8);

        #[inline(always)]
        fn run<V: Vector>(self) -> Self::Output {
            let a = V::load(&[1.0, -2.0, 3.5, 0.0, 8.0, -0.25, 2.0, f32::NAN]);
            let b = V::load(&[2.0, -2.0, 0.5, 1.0, 4.0, 0.25, 2.0, 1.0]);
            let (chosen, bits) = a.choose(b, V::splat(1.0), V::splat(-1.0));
            let results = [a.add(b), a.sub(b), a.mul(b), a.div(b), a.multiply_add(a, b), chosen, b.keep(0b0101_0010)];
            let stored = results.map(|result| {
                let mut lanes = [0.0; WIDTH];
                result.store(&mut lanes);
                lanes[WIDTH - 1] = 0.0;
                lanes
            });
            (stored.to_vec(), bits)
        }
    }

    #[test]
    fn every_vector_computes_the_same() {
        let (results, bits) = Operations.run::<Portable>();
        assert_eq!(results[4], [3.0, 2.0, 5.25, 0.0, 40.0, -0.3125, 6.0, 0.0]);
        assert_eq!(results[6], [0.0, -2.0, 0.0, 0.0, 4.0, 0.0, 2.0, 0.0]);
        assert_eq!(bits, 0b0101_0110, "equal counts, what is no number does not");
        assert_eq!(vectorise(Operations), (results, bits));
    }
}
