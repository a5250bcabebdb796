//! The spikes that an output sees in a row of the input.
//!
//! The spikes of a row are listed once, and the spikes that an output column sees are neighbours in that list.
//! Collecting them has no branches that depend on single spikes, which a CPU would mispredict. The windows of a row are
//! ordered by their numbers of spikes, so that loops over successive windows end after the same number of iterations,
//! which a CPU predicts well.

use super::SpikeTrain;
use super::lines::{LANES, LINES_PER_WORD, Line};
use super::taps::Axis;
use super::vector::{Vector, Vectorised, vectorise};
use std::ops::Range;

/// Bytes that the bits of a line fill.
const LINE_BYTES: usize = LANES / 8;

/// Marks an absent cell or column.
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
    /// The receptive fields of all outputs on an input with this number of `channels`.
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

/// The spikes that an output column sees in one row of an input plane in one step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Number of spikes.
    pub(super) len: u32,
    /// The cell (`step * columns + column`, of those looked through) of the next window of the row with as many, or [`NONE`].
    pub(super) next: u32,
    /// The bits of the word that it sees, or else where its spikes are listed, as of [`Listed`].
    place: u64,
}

impl Window {
    /// Its spikes as a bit mask, if it sees one word.
    #[inline(always)]
    pub(super) fn bits(&self) -> u64 {
        self.place
    }
}

/// Where the spikes of a window are listed.
#[derive(Clone, Copy)]
struct Listed {
    /// Index in the list at which they start.
    start: u32,
    /// What its first slot adds to what is listed.
    first: u32,
}

impl Listed {
    #[inline(always)]
    fn packed(self) -> u64 {
        u64::from(self.first) << 32 | u64::from(self.start)
    }

    #[inline(always)]
    fn unpack(window: &Window) -> Self {
        Self { start: window.place as u32, first: (window.place >> 32) as u32 }
    }
}

/// Numbers of spikes that are told apart when windows are put in order. All larger ones are taken together: walking those
/// takes much longer than guessing wrong once.
const LENGTHS: usize = 64;

/// The [`Window`]s of all rows of all planes of an input.
#[derive(Clone, Debug, Default)]
pub(super) struct Windows {
    /// `[row][plane][cell]`, and anything behind the last.
    windows: Vec<Window>,
    /// `[row][plane]`
    orders: Vec<Order>,
    /// Number of planes of the input.
    planes: usize,
    /// Number of windows of a row of a plane.
    pub(super) cells: usize,
    /// `slot * channels + channel`, with channels in whole lines, of every spike of a row, in order, one step, plane and row
    /// after the other, and anything behind the last; nothing if windows see one word.
    list: Vec<u32>,
    /// Whether the spikes of a window are never in more than one word, which is as good as a list.
    pub(super) one_word: bool,
}

impl Windows {
    /// Collects the windows of the output `columns` on all `planes` in `steps` steps.
    pub(super) fn collect(
        &mut self,
        field: &ReceptiveField,
        planes: &[SpikeTrain],
        columns: Range<usize>,
        steps: usize,
    ) {
        self.one_word = field.elements.len() * field.lines <= LINES_PER_WORD;
        (self.planes, self.cells) = (planes.len(), steps * columns.len());
        match field.lines {
            1 => vectorise(Collect::<1> { windows: self, field, planes, columns, steps }),
            2 => vectorise(Collect::<2> { windows: self, field, planes, columns, steps }),
            4 => vectorise(Collect::<4> { windows: self, field, planes, columns, steps }),
            _ => vectorise(Collect::<0> { windows: self, field, planes, columns, steps }),
        }
    }

    /// The windows of a `row` of the input, and the first cell with each number of spikes from one up; plane by plane.
    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = (&[Window], &[u32])> {
        (row * self.planes..(row + 1) * self.planes).map(|i| {
            let order = &self.orders[i];
            (&self.windows[i * self.cells..][..self.cells], &order.heads[1..=order.longest])
        })
    }

    /// The spikes of a `window`, if it may see more than one word: what is listed, and what to subtract from that so that its
    /// first slot is 0.
    #[inline(always)]
    pub(super) fn spikes(&self, window: &Window) -> (&[u32], u32) {
        let Listed { start, first } = Listed::unpack(window);
        (&self.list[start as usize..][..window.len as usize], first)
    }
}

/// Collects the windows of all rows; a slot holds `LINES` lines of channels, or any number if that is 0.
struct Collect<'a, const LINES: usize> {
    windows: &'a mut Windows,
    field: &'a ReceptiveField,
    planes: &'a [SpikeTrain],
    /// Output columns to collect for.
    columns: Range<usize>,
    steps: usize,
}

impl<const LINES: usize> Vectorised for Collect<'_, LINES> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { windows: Windows { windows, orders, list, one_word, .. }, field, planes, columns, steps } = self;
        let &ReceptiveField { step: slots_between, lines, ref elements, .. } = field;
        let (cells, rows) = (steps * columns.len(), field.rows.len() * planes.len());
        let slots = &field.slots[columns.start * slots_between..(columns.end - 1) * slots_between + elements.len()];
        let runs = contiguous(slots);
        let seen = Seen { between: slots_between, elements: elements.len(), lines };
        let mut bytes = vec![0; (slots.len() * lines * LINE_BYTES).next_multiple_of(8) + 8];
        let mut starts = vec![0; slots.len() + 1];
        // What is there from another time is overwritten.
        windows.resize(windows.len().max(rows * cells), Window { len: 0, next: NONE, place: 0 });
        orders.clear();
        let mut end = 0;
        for (i, windows) in windows.chunks_exact_mut(cells).take(rows).enumerate() {
            let (y, plane) = (i / planes.len(), &planes[i % planes.len()]);
            let mut order = Order { heads: [NONE; LENGTHS], longest: 0 };
            if field.rows[y] {
                let width = plane.shape().width * plane.words();
                for (step, windows) in windows.chunks_exact_mut(columns.len()).enumerate() {
                    let words = &plane.step(step)[y * width..][..width];
                    runs.iter().for_each(|run| run.copy::<LINES>(&mut bytes, lines, words));
                    if *one_word {
                        seen.one_word(&bytes, windows);
                    } else {
                        list.resize(list.len().max(end + bytes.len() * 8), 0);
                        end = list_spikes::<V, LINES>(&bytes, lines, list, end, &mut starts);
                        seen.listed(&starts, windows);
                    }
                }
                windows.iter_mut().zip(0..).for_each(|(window, cell)| window.next = order.put(cell, window.len));
            }
            orders.push(order);
        }
    }
}

/// The windows of a row of a plane by their numbers of spikes.
#[derive(Clone, Debug)]
struct Order {
    /// The first cell with each number, or [`NONE`].
    heads: [u32; LENGTHS],
    /// Largest number of spikes of a window.
    longest: usize,
}

impl Order {
    /// Puts `cell`, with `len` spikes, before those with as many; returns the first of these.
    #[inline(always)]
    fn put(&mut self, cell: u32, len: u32) -> u32 {
        let len = (len as usize).min(LENGTHS - 1);
        self.longest = self.longest.max(len);
        std::mem::replace(&mut self.heads[len], cell)
    }
}

/// What output columns see of a row.
struct Seen {
    /// Slots from what a column sees first to what the next does.
    between: usize,
    /// Slots that a column sees.
    elements: usize,
    /// Lines of channels in a slot.
    lines: usize,
}

impl Seen {
    /// Sets the `windows` of a step, which see one word each.
    #[inline(always)]
    fn one_word(&self, bytes: &[u8], windows: &mut [Window]) {
        let seen = u64::MAX >> ((LINES_PER_WORD - self.elements * self.lines) * LANES);
        let words = bytes.windows(8).step_by(self.between * self.lines * LINE_BYTES);
        for (window, word) in windows.iter_mut().zip(words) {
            let bits = word.try_into().map_or(0, u64::from_le_bytes) & seen;
            let len = bits.count_ones();
            *window = Window { len, next: NONE, place: bits };
        }
    }

    /// As [`Seen::one_word`], of windows of whose slots the spikes are listed from `starts` on.
    #[inline(always)]
    fn listed(&self, starts: &[u32], windows: &mut [Window]) {
        let channels = (self.lines * LANES) as u32;
        let seen = starts.windows(self.elements + 1).step_by(self.between).zip((0..).step_by(self.between));
        for (window, (seen, slot)) in windows.iter_mut().zip(seen) {
            let (start, end) = (seen[0], seen[self.elements]);
            let place = Listed { start, first: slot * channels }.packed();
            *window = Window { len: end - start, next: NONE, place };
        }
    }
}

/// Lists the spikes of all slots of a row from `end` on, which is returned anew, and says where those of each slot start.
#[inline(always)]
fn list_spikes<V: Vector, const LINES: usize>(
    bytes: &[u8],
    lines: usize,
    list: &mut [u32],
    end: usize,
    starts: &mut [u32],
) -> usize {
    let mut listed = end;
    for (word, first) in bytes.as_chunks().0.iter().zip((0..).step_by(64)) {
        let bits = u64::from_le_bytes(*word);
        // As long as there are bits, or longer.
        if let Some(list) = list[listed..].first_chunk_mut() {
            V::places(bits, first, list);
        }
        listed += bits.count_ones() as usize;
    }
    let lines = if LINES > 0 { LINES } else { lines };
    let mut start = end as u32;
    let Some((all, of_slots)) = starts.split_last_mut() else { return listed };
    for (slot, bytes) in of_slots.iter_mut().zip(bytes.chunks_exact(lines * LINE_BYTES)) {
        *slot = start;
        for line in bytes.as_chunks().0 {
            start += u16::from_le_bytes(*line).count_ones();
        }
    }
    *all = start;
    listed
}

/// Slots in which lie neighbouring input columns.
struct Run {
    slot: usize,
    column: usize,
    len: usize,
}

/// All [`Run`]s of `slots`.
fn contiguous(slots: &[u32]) -> Vec<Run> {
    let mut runs: Vec<Run> = vec![];
    for (slot, &column) in slots.iter().enumerate().filter(|(_, column)| **column != NONE) {
        let column = column as usize;
        match runs.last_mut() {
            Some(run) if (slot, column) == (run.slot + run.len, run.column + run.len) => run.len += 1,
            _ => runs.push(Run { slot, column, len: 1 }),
        }
    }
    runs
}

impl Run {
    /// Copies the `words` of a row into slots of `lines` lines, see [`Collect`].
    #[inline(always)]
    fn copy<const LINES: usize>(&self, bytes: &mut [u8], lines: usize, words: &[u64]) {
        let slot_bytes = if LINES > 0 { LINES } else { lines } * LINE_BYTES;
        let words_of_position = if LINES > 0 { 1 } else { lines.div_ceil(LINES_PER_WORD) };
        let words = &words[self.column * words_of_position..][..self.len * words_of_position];
        let bytes = &mut bytes[self.slot * slot_bytes..][..self.len * slot_bytes];
        if LINES > 0 {
            for (bytes, word) in bytes.chunks_exact_mut(slot_bytes).zip(words) {
                bytes.copy_from_slice(&word.to_le_bytes()[..slot_bytes]);
            }
            return;
        }
        for (bytes, words) in bytes.chunks_exact_mut(slot_bytes).zip(words.chunks_exact(words_of_position)) {
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
    use crate::network::{Conv2d, Shape, Slide};

    /// So every sum is in the order of the input, whatever the geometry, and does not change with the layout.
    #[test]
    fn an_output_sees_input_columns_in_order() {
        let conv = Conv2d::plain(Shape::new(1, 7, 7), 1, 3, 2, 1);
        let transposed = Conv2d { input: conv.output, output: conv.input, ..conv };
        let dilated = {
            let slide = Slide { dilation: 2, ..Slide::new(3, 1, 2) };
            Conv2d::sliding(conv.input, 1, slide, slide)
        };
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
