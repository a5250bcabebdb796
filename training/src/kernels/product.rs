//! Products of small matrices whose left factor lies in memory as overlapping rows, like the patches of an image.

/// A stretch of the inner dimension of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Offset of its first value in the left factor's first row.
    pub(super) left: usize,
    /// Index of its first row in the right factor.
    pub(super) right: usize,
    /// Number of terms.
    pub(super) len: usize,
}

/// Appends a run, or extends the last run if this one continues it in both factors.
pub(super) fn push_run(runs: &mut Vec<Run>, next: Run, inner: usize) {
    match runs.last_mut() {
        Some(last) if last.left + last.len * inner == next.left && last.right + last.len == next.right => {
            last.len += next.len;
        }
        _ => runs.push(next),
    }
}

/// The left factor, in which row `i`, column `k` of a run is `data[run.left + i * row + k * inner]`.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    pub(super) data: &'a [f32],
    pub(super) row: usize,
    pub(super) inner: usize,
}

/// The right factor, its columns padded to a whole number of [`LANES`].
#[derive(Clone, Copy)]
pub(super) enum Right<'a> {
    /// In panels of [`PANEL`] columns (the last may have [`LANES`]), each stored row by row.
    Packed { data: &'a [f32], rows: usize },
    /// Row by row, the rows `columns` values apart.
    Plain { data: &'a [f32], columns: usize },
}

/// Smallest number of columns that are computed together: the values in a vector register.
pub(super) const LANES: usize = 8;
/// Largest number of columns that are computed together.
pub(super) const PANEL: usize = 2 * LANES;
/// Largest number of rows that are computed together: 6 x 16 sums fill twelve vector registers, enough to hide the latency of the
/// fused multiply-add.
const ROWS: usize = 6;

/// `columns` rounded up to whole vectors.
pub(super) fn padded(columns: usize) -> usize {
    columns.next_multiple_of(LANES)
}

/// First column and width of each panel of a matrix with `columns` padded columns.
pub(super) fn panels(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..columns).step_by(PANEL).map(move |first| (first, PANEL.min(columns - first)))
}

/// Packs a matrix of `rows x columns` values, given by `value(row, column)`, for [`Right::Packed`].
pub(super) fn pack(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let mut packed = Vec::with_capacity(rows * padded(columns));
    for (first, width) in panels(padded(columns)) {
        for row in 0..rows {
            packed.extend((first..first + width).map(|c| if c < columns { value(row, c) } else { 0.0 }));
        }
    }
    packed
}

/// Destination of the product: element (i, j) goes to `data[i * row + j]`; the padding of the columns is dropped.
pub(super) struct Output<'a> {
    pub(super) data: &'a mut [f32],
    pub(super) row: usize,
    pub(super) columns: usize,
    /// Whether to add to the values in `data` instead of overwriting them.
    pub(super) add: bool,
}

/// Writes `rows` rows of the product of `left` and `right` to `output`.
pub(super) fn multiply(left: Left, right: Right, runs: &[Run], rows: usize, output: &mut Output) {
    for (first_column, width) in panels(padded(output.columns)) {
        let (data, right_row) = match right {
            Right::Packed { data, rows } => (&data[first_column * rows..], width),
            Right::Plain { data, columns } => (&data[first_column..], columns),
        };
        let tiles = rows.div_ceil(ROWS);
        for tile in 0..tiles {
            // Tiles of even height: 14 rows are 5 + 5 + 4, not 6 + 6 + 2.
            let (first_row, end) = (tile * rows / tiles, (tile + 1) * rows / tiles);
            let left = Left { data: &left.data[first_row * left.row..], ..left };
            let tile = Tile { left, right: data, right_row, runs, height: end - first_row, width };
            for (i, sums) in tile.sums()[..end - first_row].iter().enumerate() {
                let at = (first_row + i) * output.row + first_column;
                let columns = width.min(output.columns - first_column);
                let target = &mut output.data[at..at + columns];
                match output.add {
                    true => target.iter_mut().zip(sums).for_each(|(t, s)| *t += s),
                    false => target.copy_from_slice(&sums[..columns]),
                }
            }
        }
    }
}

/// A few rows of the left factor times one panel of the right one.
struct Tile<'a> {
    left: Left<'a>,
    right: &'a [f32],
    right_row: usize,
    runs: &'a [Run],
    height: usize,
    width: usize,
}

impl Tile<'_> {
    fn sums(&self) -> [[f32; PANEL]; ROWS] {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: `wide_sums` needs AVX2 and FMA, and the line above has found both on this machine.
            return unsafe { self.wide_sums() };
        }
        self.portable_sums()
    }

    /// Without vector instructions: the same sums in the same order, rounded alike, so to the same bits.
    fn portable_sums(&self) -> [[f32; PANEL]; ROWS] {
        let mut sums = [[0.0; PANEL]; ROWS];
        for run in self.runs {
            for k in 0..run.len {
                let right = &self.right[(run.right + k) * self.right_row..][..self.width];
                for (i, sums) in sums[..self.height].iter_mut().enumerate() {
                    let value = self.left.data[run.left + i * self.left.row + k * self.left.inner];
                    sums.iter_mut().zip(right).for_each(|(s, r)| *s = value.mul_add(*r, *s));
                }
            }
        }
        sums
    }
}

/// The sums by x86 intrinsics: without them, the compiler keeps the sums in memory instead of registers.
#[cfg(target_arch = "x86_64")]
mod wide {
    use super::{LANES, PANEL, ROWS, Tile};
    use std::arch::x86_64::{
        _mm256_broadcast_ss, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };

    impl Tile<'_> {
        #[target_feature(enable = "avx2,fma")]
        pub(super) fn wide_sums(&self) -> [[f32; PANEL]; ROWS] {
            match (self.height, self.width) {
                (1, LANES) => self.registers::<1, 1>(),
                (2, LANES) => self.registers::<2, 1>(),
                (3, LANES) => self.registers::<3, 1>(),
                (4, LANES) => self.registers::<4, 1>(),
                (5, LANES) => self.registers::<5, 1>(),
                (_, LANES) => self.registers::<ROWS, 1>(),
                (1, _) => self.registers::<1, 2>(),
                (2, _) => self.registers::<2, 2>(),
                (3, _) => self.registers::<3, 2>(),
                (4, _) => self.registers::<4, 2>(),
                (5, _) => self.registers::<5, 2>(),
                _ => self.registers::<ROWS, 2>(),
            }
        }

        /// Sums of `M` rows and `V` vectors, all in registers.
        #[target_feature(enable = "avx2,fma")]
        fn registers<const M: usize, const V: usize>(&self) -> [[f32; PANEL]; ROWS] {
            let (row, inner, right_row) = (self.left.row, self.left.inner, self.right_row);
            let mut sums = [[_mm256_setzero_ps(); V]; M];
            for run in self.runs {
                let left = &self.left.data[run.left..];
                let right = &self.right[run.right * right_row..];
                assert!((M - 1) * row + (run.len - 1) * inner < left.len());
                assert!((run.len - 1) * right_row + V * LANES <= right.len());
                let (mut left, mut right) = (left.as_ptr(), right.as_ptr());
                for _ in 0..run.len {
                    // SAFETY: in round k < run.len, `left` has advanced by k * inner and is read at up to (M - 1) * row
                    // from there, `right` by k * right_row and is read up to V * LANES values from there. The largest of
                    // these indices are those of the last round, which the assertions above hold against the lengths.
                    // No alignment is needed. The pointers advance past the last round by `wrapping_add` and are then
                    // not read.
                    unsafe {
                        let columns: [_; V] = std::array::from_fn(|v| _mm256_loadu_ps(right.add(v * LANES)));
                        for (i, sums) in sums.iter_mut().enumerate() {
                            let value = _mm256_broadcast_ss(&*left.add(i * row));
                            for (sum, column) in sums.iter_mut().zip(columns) {
                                *sum = _mm256_fmadd_ps(value, column, *sum);
                            }
                        }
                        left = left.wrapping_add(inner);
                        right = right.wrapping_add(right_row);
                    }
                }
            }
            let mut stored = [[0.0; PANEL]; ROWS];
            for (stored, sums) in stored.iter_mut().zip(sums) {
                for (stored, sum) in stored.chunks_exact_mut(LANES).zip(sums) {
                    // SAFETY: `chunks_exact_mut` yields slices of LANES values, which is one vector; no alignment is needed.
                    unsafe { _mm256_storeu_ps(stored.as_mut_ptr(), sum) };
                }
            }
            stored
        }
    }
}
