//! The spikes that an output sees in a row of the input.
//!
//! Collecting them is free of branches that depend on spikes, which are what a CPU cannot guess. The windows of a row are put
//! in the order of their numbers of spikes, so that whoever walks them ends each walk where the one before ended, which a
//! CPU can guess.

use super::SpikeTrain;
use super::lines::{LANES, LINES_PER_WORD, Line};
use super::taps::Axis;
use super::vector::{Vector, Vectorised, vectorise};
use std::ops::Range;

/// Bytes that the bits of a line fill.
const LINE_BYTES: usize = LANES / 8;

/// No cell, and no column.
const NONE: u32 = u32::MAX;

/// How output columns see the rows of an input: the receptive field of each.
///
/// A row is laid out as *slots*, so that what an output column sees are neighbouring ones, one for each kernel element, with
/// empty ones for padding.
#[derive(Clone, Debug)]
pub(super) struct ReceptiveField {
    /// For every slot the input column in it, or [`NONE`].
    slots: Vec<u32>,
    /// Slots from what an output column sees first to what the next does.
    step: usize,
    /// For every slot that an output column sees its kernel element, in the order of input columns.
    pub(super) elements: Vec<usize>,
    /// Lines of channels in a slot.
    lines: usize,
    /// For every input row whether any output sees it.
    rows: Vec<bool>,
}

impl ReceptiveField {
    /// How outputs see an input of so many `channels`.
    pub(super) fn new([rows, columns]: &[Axis; 2], channels: usize) -> Self {
        let mut reached = vec![false; rows.inputs];
        rows.taps.iter().for_each(|&(_, input, _)| reached[input] = true);
        // Inputs of a transposed convolution are in the opposite order.
        let (mut elements, mut pairs) = ((0..columns.kernel).collect::<Vec<_>>(), columns.taps.windows(2));
        if pairs.any(|pair| pair[0].0 == pair[1].0 && pair[0].1 > pair[1].1) {
            elements.reverse();
        }
        let (step, slots) = slots(columns, &elements);
        Self { slots, step, elements, lines: Line::count(channels), rows: reached }
    }

    /// Words that hold what an output column sees.
    fn words(&self) -> usize {
        (self.elements.len() * self.lines).div_ceil(LINES_PER_WORD)
    }
}

/// How many slots lie between neighbouring outputs, and the slots of a row, those of an output in the order of `elements`. A
/// sliding window shares them between outputs, also that of a transposed convolution, which slides over inputs with gaps;
/// a dilated one has all of them for each.
fn slots(columns: &Axis, elements: &[usize]) -> (usize, Vec<u32>) {
    let (outputs, kernel) = (columns.outputs, columns.kernel);
    let mut apart = vec![NONE; outputs * kernel];
    for &(output, input, element) in &columns.taps {
        // The order of elements is its own inverse.
        apart[output * kernel + elements[element]] = input as u32;
    }
    let pairs = || (0..outputs).flat_map(|output| (0..kernel).map(move |place| (output, place)));
    for step in 1..kernel {
        let mut shared = vec![NONE; (outputs - 1) * step + kernel];
        pairs().for_each(|(output, place)| shared[output * step + place] = apart[output * kernel + place]);
        if pairs().all(|(output, place)| shared[output * step + place] == apart[output * kernel + place]) {
            return (step, shared);
        }
    }
    (kernel, apart)
}

/// The spikes that an output column sees in one row of the input in one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// How many there are.
    pub(super) len: u32,
    /// The cell (`step * columns + column`, of those looked through) of the next window of the row with as many, or [`NONE`].
    pub(super) next: u32,
    /// The bits of the word that it sees, or else where its spikes begin in the list.
    place: u64,
}

/// Numbers of spikes that are told apart when windows are put in order. All larger ones are taken together: walking those
/// takes much longer than guessing wrong once.
const LENGTHS: usize = 64;

/// The [`Window`]s of all input rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows {
    /// `[row][cell]`, and anything behind the last.
    windows: Vec<Window>,
    /// For every row the first cell with each number of spikes, or [`NONE`], and the largest such number.
    heads: Vec<([u32; LENGTHS], usize)>,
    /// Cells of a row.
    cells: usize,
    /// `slot * channels + channel`, with channels in whole lines, of every spike, in order, one window
    /// after the other, and anything behind the last; nothing if windows see one word.
    list: Vec<u32>,
    /// Whether the spikes of a window are never in more than one word, which is as good as a list.
    pub(super) one_word: bool,
}

impl Windows {
    /// Looks for all that output `columns` see of all `planes` in `steps` steps.
    pub(super) fn collect(
        &mut self,
        field: &ReceptiveField,
        planes: &[SpikeTrain],
        columns: Range<usize>,
        steps: usize,
    ) {
        self.one_word = planes.len() * field.words() == 1;
        self.cells = steps * columns.len();
        vectorise(Collect { windows: self, field, planes, columns, steps });
    }

    /// The windows of a `row` of the input, and the first cell with each number of spikes from one up.
    #[inline(always)]
    pub(super) fn of(&self, row: usize) -> (&[Window], &[u32]) {
        let (heads, longest) = &self.heads[row];
        (&self.windows[row * self.cells..][..self.cells], &heads[1..=*longest])
    }

    /// The list of the spikes of a `window`, if it sees more than one word.
    #[inline(always)]
    pub(super) fn spikes(&self, window: &Window) -> &[u32] {
        &self.list[window.place as usize..][..window.len as usize]
    }
}

impl Window {
    /// Its spikes, if it sees one word.
    #[inline(always)]
    pub(super) fn bits(&self) -> u64 {
        self.place
    }
}

struct Collect<'a> {
    windows: &'a mut Windows,
    field: &'a ReceptiveField,
    planes: &'a [SpikeTrain],
    /// Of the output.
    columns: Range<usize>,
    steps: usize,
}

impl Vectorised for Collect<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { windows: Windows { windows, heads: heads_of_rows, list, .. }, field, planes, columns, steps } = self;
        let &ReceptiveField { step: slots_between, lines, ref elements, .. } = field;
        let kernel = elements.len();
        let (seen, cells) = (Seen::new(field, planes.len()), steps * columns.len());
        let slots = &field.slots[columns.start * slots_between..(columns.end - 1) * slots_between + kernel];
        let row_bytes = slots.len() * lines * LINE_BYTES + 8;
        let mut bytes = vec![0; steps * planes.len() * row_bytes];
        // What is there from another time is overwritten.
        if windows.len() < field.rows.len() * cells {
            windows.resize(field.rows.len() * cells, Window { len: 0, next: NONE, place: 0 });
        }
        heads_of_rows.clear();
        let mut end = 0;
        for (y, &reached) in field.rows.iter().enumerate() {
            let windows = &mut windows[y * cells..][..cells];
            let (mut heads, mut longest) = ([NONE; LENGTHS], 0);
            if reached {
                for (i, bytes) in bytes.chunks_exact_mut(row_bytes).enumerate() {
                    let (step, plane) = (i / planes.len(), &planes[i % planes.len()]);
                    let width = plane.shape().width * plane.words();
                    let words = &plane.step(step)[y * width..][..width];
                    match lines {
                        1 => fill_slots::<1>(bytes, slots, words),
                        2 => fill_slots::<2>(bytes, slots, words),
                        4 => fill_slots::<4>(bytes, slots, words),
                        _ => fill_any_slots(bytes, slots, lines, words),
                    }
                }
                if seen.words > 1 && list.len() < end + (cells * seen.words + 1) * 64 {
                    list.resize(end + (cells * seen.words + 1) * 64, 0);
                }
                let steps = windows.chunks_exact_mut(columns.len()).zip(bytes.chunks_exact(planes.len() * row_bytes));
                for (windows, bytes) in steps {
                    match seen.words {
                        1 => seen.one_word(bytes, windows),
                        _ => end = seen.list::<V>(bytes, row_bytes, windows, list, end),
                    }
                }
                for (window, cell) in windows.iter_mut().zip(0..) {
                    let length = (window.len as usize).min(LENGTHS - 1);
                    longest = longest.max(length);
                    window.next = std::mem::replace(&mut heads[length], cell);
                }
            }
            heads_of_rows.push((heads, longest));
        }
    }
}

/// What output columns see of a row.
struct Seen {
    /// Bytes from what a column sees first to what the next does.
    step: usize,
    /// Words of all planes.
    words: usize,
    /// Bits of the last word of a plane that it does see.
    last: u64,
}

impl Seen {
    fn new(field: &ReceptiveField, planes: usize) -> Self {
        let (lines, words) = (field.elements.len() * field.lines, field.words());
        Self {
            step: field.step * field.lines * LINE_BYTES,
            words: planes * words,
            last: u64::MAX >> ((words * LINES_PER_WORD - lines) * LANES),
        }
    }

    /// Sets the `windows` of a step, which see one word each.
    #[inline(always)]
    fn one_word(&self, bytes: &[u8], windows: &mut [Window]) {
        for (window, word) in windows.iter_mut().zip(bytes.windows(8).step_by(self.step)) {
            let bits = word.try_into().map_or(0, u64::from_le_bytes) & self.last;
            *window = Window { len: bits.count_ones(), next: NONE, place: bits };
        }
    }

    /// As [`Seen::one_word`] for any number of words, of planes of so many `row_bytes`: spikes are listed from `end` on.
    /// Returns the new end.
    #[inline(always)]
    fn list<V: Vector>(
        &self,
        bytes: &[u8],
        row_bytes: usize,
        windows: &mut [Window],
        list: &mut [u32],
        mut end: usize,
    ) -> usize {
        let of_plane = self.words / (bytes.len() / row_bytes);
        for (column, window) in windows.iter_mut().enumerate() {
            let place = end;
            for bytes in bytes.chunks_exact(row_bytes) {
                let bytes = &bytes[column * self.step..][..of_plane * 8];
                for (w, word) in bytes.as_chunks().0.iter().enumerate() {
                    let seen = if w + 1 == of_plane { self.last } else { u64::MAX };
                    let bits = u64::from_le_bytes(*word) & seen;
                    if let Some(list) = list[end..].first_chunk_mut() {
                        V::places(bits, (w * 64) as u32, list);
                    }
                    end += bits.count_ones() as usize;
                }
            }
            *window = Window { len: (end - place) as u32, next: NONE, place: place as u64 };
        }
        end
    }
}

/// Puts the `words` of a row into `slots` of `LINES` lines. Empty slots are not touched.
#[inline(always)]
fn fill_slots<const LINES: usize>(bytes: &mut [u8], slots: &[u32], words: &[u64]) {
    for (bytes, &column) in bytes.chunks_exact_mut(LINES * LINE_BYTES).zip(slots) {
        if let Some(word) = words.get(column as usize) {
            bytes.copy_from_slice(&word.to_le_bytes()[..LINES * LINE_BYTES]);
        }
    }
}

/// As [`fill_slots`] for any number of lines.
fn fill_any_slots(bytes: &mut [u8], slots: &[u32], lines: usize, words: &[u64]) {
    let words_of_position = lines.div_ceil(LINES_PER_WORD);
    for (bytes, &column) in bytes.chunks_exact_mut(lines * LINE_BYTES).zip(slots) {
        if let Some(words) = words.chunks_exact(words_of_position).nth(column as usize) {
            for (bytes, word) in bytes.chunks_mut(8).zip(words) {
                bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::taps::Taps;
    use super::*;
    use crate::network::{Conv2d, Shape};

    /// So every sum is in the order of the input, whatever the geometry, and does not change with the layout.
    #[test]
    fn an_output_sees_input_columns_in_order() {
        let conv = Conv2d::plain(Shape::new(1, 7, 7), 1, 3, 2, 1);
        let transposed = Conv2d { input: conv.output, output: conv.input, ..conv };
        let dilated = Conv2d { dilation: 2, padding: 2, stride: 1, output: conv.input, ..conv };
        let outputs = [(Taps::plain(conv), 4, 2), (Taps::plain(dilated), 7, 3), (Taps::transposed(transposed), 7, 1)];
        for (taps, outputs, step) in outputs {
            let field = ReceptiveField::new(&taps.axes, 1);
            assert_eq!(field.step, step);
            let mut seen = vec![];
            for output in 0..outputs {
                let slots = field.slots[output * step..][..3].iter().zip(&field.elements);
                let seen_by_one: Vec<_> = slots.filter(|(slot, _)| **slot != NONE).collect();
                assert!(seen_by_one.is_sorted_by_key(|(input, _)| **input));
                seen.extend(seen_by_one.into_iter().map(|(&input, &element)| (output, input as usize, element)));
            }
            let mut needed = taps.axes[1].taps.clone();
            seen.sort_unstable();
            needed.sort_unstable();
            assert_eq!(seen, needed);
        }
    }
}
