//! Products of small matrices whose left factor lies in memory as overlapping rows, as the patches of an image do.

/// A stretch of the inner dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Where it begins in the left factor, counted from the first row.
    pub(super) left: usize,
    /// Its first row in the right factor.
    pub(super) right: usize,
    pub(super) len: usize,
}

/// Appends a run, or prolongs the last one if this one goes on where it ends on both sides.
pub(super) fn push_run(runs: &mut Vec<Run>, next: Run, inner: usize) {
    match runs.last_mut() {
        Some(last) if last.left + last.len * inner == next.left && last.right + last.len == next.right => {
            last.len += next.len;
        }
        _ => runs.push(next),
    }
}

/// The left factor: row `i`, column `k` of a run is `data[run.left + i * row + k * inner]`.
#[derive(Clone, Copy)]
pub(super) struct Left<'a> {
    pub(super) data: &'a [f32],
    pub(super) row: usize,
    pub(super) inner: usize,
}

/// The right factor, its columns padded to a whole number of [`LANES`].
#[derive(Clone, Copy)]
pub(super) enum Right<'a> {
    /// Panels of [`PANEL`] columns (the last may have [`LANES`]), each row by row.
    Packed { data: &'a [f32], rows: usize },
    /// Row by row, `columns` apart.
    Plain { data: &'a [f32], columns: usize },
}

/// Columns that are computed together at least: the width of a vector register.
pub(super) const LANES: usize = 8;
/// Columns that are computed together at most.
pub(super) const PANEL: usize = 2 * LANES;
/// Rows that are computed together: 6 x 16 sums fill twelve vector registers, enough to hide the latency of the
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

/// Packs `rows x columns` values, given by `value(row, column)`, for [`Right::Packed`].
pub(super) fn pack(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
    let mut packed = Vec::with_capacity(rows * padded(columns));
    for (first, width) in panels(padded(columns)) {
        for row in 0..rows {
            packed.extend((first..first + width).map(|c| if c < columns { value(row, c) } else { 0.0 }));
        }
    }
    packed
}

/// Where the product goes: element (i, j) to `data[i * row + j]` for `columns` columns; padded columns are dropped.
pub(super) struct Output<'a> {
    pub(super) data: &'a mut [f32],
    pub(super) row: usize,
    pub(super) columns: usize,
    /// Whether to add to what is there.
    pub(super) add: bool,
}

/// `rows` rows of left times right. To be inlined where the vector instructions of the machine are switched on.
#[inline(always)]
pub(super) fn multiply(left: Left, right: Right, runs: &[Run], rows: usize, output: &mut Output) {
    for (first, width) in panels(padded(output.columns)) {
        let (data, inner) = match right {
            Right::Packed { data, rows } => (&data[first * rows..], width),
            Right::Plain { data, columns } => (&data[first..], columns),
        };
        let tiles = rows.div_ceil(ROWS);
        for tile in 0..tiles {
            // Tiles of even height: 14 rows are 5 + 5 + 4, not 6 + 6 + 2.
            let (start, end) = (tile * rows / tiles, (tile + 1) * rows / tiles);
            let part = Part { left, right: data, right_row: inner, runs, first_row: start };
            match width {
                PANEL => part.rows::<PANEL>(end - start, first, output),
                _ => part.rows::<LANES>(end - start, first, output),
            }
        }
    }
}

/// A few rows times one panel.
struct Part<'a> {
    left: Left<'a>,
    right: &'a [f32],
    right_row: usize,
    runs: &'a [Run],
    first_row: usize,
}

impl Part<'_> {
    #[inline(always)]
    fn rows<const N: usize>(&self, rows: usize, first_column: usize, output: &mut Output) {
        match rows {
            1 => self.store(self.tile::<1, N>(), first_column, output),
            2 => self.store(self.tile::<2, N>(), first_column, output),
            3 => self.store(self.tile::<3, N>(), first_column, output),
            4 => self.store(self.tile::<4, N>(), first_column, output),
            5 => self.store(self.tile::<5, N>(), first_column, output),
            _ => self.store(self.tile::<ROWS, N>(), first_column, output),
        }
    }

    #[inline(always)]
    fn tile<const M: usize, const N: usize>(&self) -> [[f32; N]; M] {
        let Left { data, row, inner } = self.left;
        let mut sums = [[0.0; N]; M];
        for run in self.runs {
            let left = &data[run.left + self.first_row * row..];
            let right = &self.right[run.right * self.right_row..];
            assert!((M - 1) * row + (run.len - 1) * inner < left.len());
            assert!((run.len - 1) * self.right_row + N <= right.len());
            for k in 0..run.len {
                // SAFETY: the largest index of either side was compared with its length just above.
                let right: &[f32; N] = unsafe { &*right.as_ptr().add(k * self.right_row).cast() };
                for i in 0..M {
                    // SAFETY: as above.
                    let value = unsafe { *left.get_unchecked(i * row + k * inner) };
                    for j in 0..N {
                        sums[i][j] = value.mul_add(right[j], sums[i][j]);
                    }
                }
            }
        }
        sums
    }

    #[inline(always)]
    fn store<const M: usize, const N: usize>(&self, sums: [[f32; N]; M], first_column: usize, output: &mut Output) {
        let width = N.min(output.columns - first_column);
        for (i, sums) in sums.iter().enumerate() {
            let at = (self.first_row + i) * output.row + first_column;
            let target = &mut output.data[at..at + width];
            match (output.add, width == N) {
                (false, true) => target.copy_from_slice(sums),
                (false, false) => target.copy_from_slice(&sums[..width]),
                (true, _) => target.iter_mut().zip(sums).for_each(|(t, s)| *t += s),
            }
        }
    }
}
