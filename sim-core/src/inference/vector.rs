//! Sixteen floats at a time.
//!
//! Plain loops over arrays were tried first: the compiler made vectors of some and, after harmless changes elsewhere,
//! scalars of the same ones. So the kernels are written for a [`Vector`], which is one or two registers of the CPU where
//! it has such and an array elsewhere. This is the only module with instructions of a CPU.

/// Number of lanes of a [`Vector`].
pub(super) const WIDTH: usize = 16;

/// Sixteen floats. Each operation rounds as the same operation of `f32` does, but [`Vector::multiply_add`].
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
    /// The lanes whose bit is set in `bits`; 0 in the others.
    fn keep(self, bits: u16) -> Self;
    /// Lanes of `yes` where `self >= bound`, of `no` elsewhere; and a bit mask of the lanes where it is.
    fn choose(self, bound: Self, yes: Self, no: Self) -> (Self, u16);
    /// Sets the beginning of `list` to `first` plus the position of every set bit, lowest first; the rest of `list` holds
    /// unspecified values afterwards. Optimised for few set bits, and without a branch per bit: their count would be
    /// mispredicted.
    #[inline(always)]
    fn places(mut bits: u64, first: u32, list: &mut [u32; 64]) {
        for four in list.as_chunks_mut::<4>().0 {
            for place in four {
                *place = first + bits.trailing_zeros();
                bits &= bits.wrapping_sub(1);
            }
            if bits == 0 {
                break;
            }
        }
    }
}

/// A vector as a plain array, for CPUs without the instructions below.
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
    fn keep(self, bits: u16) -> Self {
        Self(std::array::from_fn(|lane| if bits >> lane & 1 == 1 { self.0[lane] } else { 0.0 }))
    }
    #[inline(always)]
    fn choose(self, bound: Self, yes: Self, no: Self) -> (Self, u16) {
        let is = |lane: usize| self.0[lane] >= bound.0[lane];
        let chosen = std::array::from_fn(|lane| if is(lane) { yes.0[lane] } else { no.0[lane] });
        (Self(chosen), (0..WIDTH).fold(0, |bits, lane| bits | u16::from(is(lane)) << lane))
    }
}

/// A computation that is generic over the [`Vector`] type.
pub(super) trait Vectorised {
    type Output;
    /// Runs the computation. Implementations are `#[inline(always)]`, and so is everything they call in their loops; they use
    /// plain loops instead of iterator closures. Code that is not inlined is compiled for the baseline CPU, without wide vectors.
    fn run<V: Vector>(self) -> Self::Output;
}

/// Runs `work` with the widest vectors that this CPU supports.
#[inline]
pub(super) fn vectorise<W: Vectorised>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    match *x86::LEVEL {
        // SAFETY: `LEVEL` is this only if the CPU has reported all that `run_avx512` enables (`has_avx2`, `has_avx512`).
        x86::Level::Avx512 => return unsafe { x86::run_avx512(work) },
        // SAFETY: `LEVEL` is this only if the CPU has reported all that `run_avx2` enables (`has_avx2`).
        x86::Level::Avx2 => return unsafe { x86::run_avx2(work) },
        x86::Level::None => {}
    }
    work.run::<Portable>()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    //! # Safety
    //!
    //! `Avx2` and `Avx512` are private and only used as the type argument of `Vectorised::run` in `run_avx2` and `run_avx512`,
    //! which are called only after the CPU has reported their instruction sets. So every method of theirs runs on a CPU that
    //! has the instructions it uses.

    use super::{Vector, Vectorised, WIDTH};
    use std::arch::x86_64::*;
    use std::sync::LazyLock;

    /// Widest vectors that the CPU supports.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub(super) enum Level {
        None,
        Avx2,
        Avx512,
    }

    /// The level of this CPU, detected once.
    pub(super) static LEVEL: LazyLock<Level> = LazyLock::new(|| match (has_avx2(), has_avx512()) {
        (true, true) => Level::Avx512,
        (true, false) => Level::Avx2,
        (false, _) => Level::None,
    });

    /// x86-64-v3, short of what no kernel uses: Intel CPUs since 2013, AMD CPUs since 2015.
    fn has_avx2() -> bool {
        std::is_x86_feature_detected!("avx2")
            && std::is_x86_feature_detected!("fma")
            && std::is_x86_feature_detected!("bmi1")
            && std::is_x86_feature_detected!("popcnt")
    }

    /// Intel servers since 2021, AMD CPUs since 2022.
    fn has_avx512() -> bool {
        std::is_x86_feature_detected!("avx512f")
            && std::is_x86_feature_detected!("avx512bw")
            && std::is_x86_feature_detected!("avx512vbmi2")
    }

    #[target_feature(enable = "avx2,fma,bmi1,popcnt")]
    pub(super) fn run_avx2<W: Vectorised>(work: W) -> W::Output {
        work.run::<Avx2>()
    }

    #[target_feature(enable = "avx2,fma,bmi1,popcnt,avx512f,avx512bw,avx512vbmi2")]
    pub(super) fn run_avx512<W: Vectorised>(work: W) -> W::Output {
        work.run::<Avx512>()
    }

    #[derive(Clone, Copy)]
    struct Avx2 {
        low: __m256,
        high: __m256,
    }

    /// The sign bits of all lanes. `_mm256_movemask_ps` means the same, but the compiler merges two of them whose bits are put
    /// side by side, into four times as many instructions.
    #[inline]
    #[target_feature(enable = "avx")]
    fn signs(lanes: __m256) -> u16 {
        let signs: u32;
        // SAFETY: the instruction is part of AVX, which this function enables; it reads one register and writes another.
        unsafe {
            std::arch::asm!(
                "vmovmskps {signs:e}, {lanes}",
                signs = lateout(reg) signs,
                lanes = in(ymm_reg) lanes,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        signs as u16
    }

    /// All ones in the lanes whose bit is set in `bits`, zeros in the others.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn mask(bits: u16) -> __m256 {
        let own = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        let set = _mm256_and_si256(_mm256_set1_epi32(i32::from(bits)), own);
        _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, own))
    }

    impl Vector for Avx2 {
        #[inline(always)]
        fn splat(x: f32) -> Self {
            // SAFETY: the CPU has AVX2 and FMA (see the module).
            let half = unsafe { _mm256_set1_ps(x) };
            Self { low: half, high: half }
        }
        #[inline(always)]
        fn load(lanes: &[f32; WIDTH]) -> Self {
            // SAFETY: the CPU has AVX2 and FMA (see the module); reads 16 floats of an array of 16, at any alignment.
            unsafe { Self { low: _mm256_loadu_ps(lanes.as_ptr()), high: _mm256_loadu_ps(lanes.as_ptr().add(8)) } }
        }
        #[inline(always)]
        fn store(self, lanes: &mut [f32; WIDTH]) {
            // SAFETY: the CPU has AVX2 and FMA (see the module); writes 16 floats of an array of 16, at any alignment.
            unsafe {
                _mm256_storeu_ps(lanes.as_mut_ptr(), self.low);
                _mm256_storeu_ps(lanes.as_mut_ptr().add(8), self.high);
            }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: the CPU has AVX2 and FMA (see the module).
            unsafe { Self { low: _mm256_add_ps(self.low, other.low), high: _mm256_add_ps(self.high, other.high) } }
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: the CPU has AVX2 and FMA (see the module).
            unsafe { Self { low: _mm256_sub_ps(self.low, other.low), high: _mm256_sub_ps(self.high, other.high) } }
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: the CPU has AVX2 and FMA (see the module).
            unsafe { Self { low: _mm256_mul_ps(self.low, other.low), high: _mm256_mul_ps(self.high, other.high) } }
        }
        #[inline(always)]
        fn div(self, other: Self) -> Self {
            // SAFETY: the CPU has AVX2 and FMA (see the module).
            unsafe { Self { low: _mm256_div_ps(self.low, other.low), high: _mm256_div_ps(self.high, other.high) } }
        }
        #[inline(always)]
        fn multiply_add(self, a: Self, b: Self) -> Self {
            // SAFETY: the CPU has AVX2 and FMA (see the module).
            unsafe {
                Self { low: _mm256_fmadd_ps(a.low, b.low, self.low), high: _mm256_fmadd_ps(a.high, b.high, self.high) }
            }
        }
        #[inline(always)]
        fn keep(self, bits: u16) -> Self {
            // SAFETY: the CPU has AVX2 and FMA (see the module).
            unsafe {
                Self { low: _mm256_and_ps(self.low, mask(bits)), high: _mm256_and_ps(self.high, mask(bits >> 8)) }
            }
        }
        #[inline(always)]
        fn choose(self, bound: Self, yes: Self, no: Self) -> (Self, u16) {
            // SAFETY: the CPU has AVX2 and FMA (see the module).
            unsafe {
                let low = _mm256_cmp_ps::<_CMP_GE_OQ>(self.low, bound.low);
                let high = _mm256_cmp_ps::<_CMP_GE_OQ>(self.high, bound.high);
                let chosen = Self {
                    low: _mm256_blendv_ps(no.low, yes.low, low),
                    high: _mm256_blendv_ps(no.high, yes.high, high),
                };
                (chosen, signs(low) | signs(high) << 8)
            }
        }
    }

    #[derive(Clone, Copy)]
    struct Avx512(__m512);

    impl Vector for Avx512 {
        #[inline(always)]
        fn splat(x: f32) -> Self {
            // SAFETY: the CPU has AVX-512 (see the module).
            Self(unsafe { _mm512_set1_ps(x) })
        }
        #[inline(always)]
        fn load(lanes: &[f32; WIDTH]) -> Self {
            // SAFETY: the CPU has AVX-512 (see the module); reads 16 floats of an array of 16, at any alignment.
            Self(unsafe { _mm512_loadu_ps(lanes.as_ptr()) })
        }
        #[inline(always)]
        fn store(self, lanes: &mut [f32; WIDTH]) {
            // SAFETY: the CPU has AVX-512 (see the module); writes 16 floats of an array of 16, at any alignment.
            unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), self.0) }
        }
        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: the CPU has AVX-512 (see the module).
            Self(unsafe { _mm512_add_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: the CPU has AVX-512 (see the module).
            Self(unsafe { _mm512_sub_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: the CPU has AVX-512 (see the module).
            Self(unsafe { _mm512_mul_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn div(self, other: Self) -> Self {
            // SAFETY: the CPU has AVX-512 (see the module).
            Self(unsafe { _mm512_div_ps(self.0, other.0) })
        }
        #[inline(always)]
        fn multiply_add(self, a: Self, b: Self) -> Self {
            // SAFETY: the CPU has AVX-512 (see the module).
            Self(unsafe { _mm512_fmadd_ps(a.0, b.0, self.0) })
        }
        #[inline(always)]
        fn keep(self, bits: u16) -> Self {
            // SAFETY: the CPU has AVX-512 (see the module).
            Self(unsafe { _mm512_maskz_mov_ps(bits, self.0) })
        }
        #[inline(always)]
        fn choose(self, bound: Self, yes: Self, no: Self) -> (Self, u16) {
            // SAFETY: the CPU has AVX-512 (see the module).
            unsafe {
                let is = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(self.0, bound.0);
                (Self(_mm512_mask_blend_ps(is, no.0, yes.0)), is)
            }
        }
        #[inline(always)]
        fn places(bits: u64, first: u32, list: &mut [u32; 64]) {
            let count = bits.count_ones() as usize;
            // SAFETY: the CPU has AVX-512 (see the module); reads the 64 bytes of `BYTES` and writes within the 64 numbers of
            // `list`, at any alignment.
            unsafe {
                let all = _mm512_loadu_si512(BYTES.as_ptr().cast());
                let places = _mm512_maskz_compress_epi8(bits, all);
                let sixteen = |places| _mm512_add_epi32(_mm512_cvtepu8_epi32(places), _mm512_set1_epi32(first as i32));
                let list = list.as_mut_ptr();
                _mm512_storeu_si512(list.cast(), sixteen(_mm512_castsi512_si128(places)));
                if count > 16 {
                    _mm512_storeu_si512(list.add(16).cast(), sixteen(_mm512_extracti32x4_epi32::<1>(places)));
                    _mm512_storeu_si512(list.add(32).cast(), sixteen(_mm512_extracti32x4_epi32::<2>(places)));
                    _mm512_storeu_si512(list.add(48).cast(), sixteen(_mm512_extracti32x4_epi32::<3>(places)));
                }
            }
        }
    }

    /// The bytes 0 to 63: the positions of a word's bits.
    static BYTES: [u8; 64] = {
        let mut bytes = [0; 64];
        let mut i = 0;
        while i < 64 {
            bytes[i] = i as u8;
            i += 1;
        }
        bytes
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation on numbers whose results are exact, so that rounding once or twice is the same.
    struct Operations;

    impl Vectorised for Operations {
        type Output = (Vec<[f32; WIDTH]>, u16, Vec<Vec<u32>>);

        #[inline(always)]
        fn run<V: Vector>(self) -> Self::Output {
            let eight = [1.0, -2.0, 3.5, 0.0, 8.0, -0.25, 2.0, f32::NAN];
            let other = [2.0, -2.0, 0.5, 1.0, 4.0, 0.25, 2.0, 1.0];
            let a = V::load(&std::array::from_fn(|lane| eight[lane % 8] * if lane < 8 { 1.0 } else { 2.0 }));
            let b = V::load(&std::array::from_fn(|lane| other[lane % 8]));
            let (chosen, bits) = a.choose(b, V::splat(1.0), V::splat(-1.0));
            let kept = b.keep(0b0000_1111_0101_0010);
            let results = [a.add(b), a.sub(b), a.mul(b), a.div(b), a.multiply_add(a, b), chosen, kept];
            let stored = results.map(|result| {
                let mut lanes = [0.0; WIDTH];
                result.store(&mut lanes);
                [lanes[7], lanes[15]] = [0.0; 2];
                lanes
            });
            let list = |bits: u64| {
                let mut list = [0; 64];
                V::places(bits, 100, &mut list);
                list[..bits.count_ones() as usize].to_vec()
            };
            (stored.to_vec(), bits, [13, 1 << 63, 0, 0xffff_0000_ffff_0001, 0x5555, u64::MAX].map(list).to_vec())
        }
    }

    #[test]
    fn every_vector_computes_the_same() {
        let portable = Operations.run::<Portable>();
        let (results, bits, lists) = &portable;
        assert_eq!(results[4][..8], [3.0, 2.0, 5.25, 0.0, 40.0, -0.3125, 6.0, 0.0]);
        assert_eq!(results[4][8..], [6.0, 4.0, 10.5, 0.0, 80.0, -0.625, 12.0, 0.0]);
        assert_eq!(results[6][..8], [0.0, -2.0, 0.0, 0.0, 4.0, 0.0, 2.0, 0.0]);
        assert_eq!(results[6][8..], [2.0, -2.0, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(*bits, 0b0101_0101_0101_0110, "equal counts, what is no number does not");
        assert_eq!(lists[..3], [vec![100, 102, 103], vec![163], vec![]], "13 is 0b1101");
        assert_eq!(lists[5], (100..164).collect::<Vec<u32>>());
        assert_eq!(vectorise(Operations), portable);
        #[cfg(target_arch = "x86_64")]
        if *x86::LEVEL != x86::Level::None {
            // SAFETY: `LEVEL` is above `None` only if the CPU has reported all that `run_avx2` enables.
            assert_eq!(unsafe { x86::run_avx2(Operations) }, portable);
        }
    }
}
