//! The event-driven kernel: outputs gather the rows of weights of the spikes that they see.
//!
//! The input is walked row by row. What an output column sees of a row is collected once ([`Windows`]), and each spike adds
//! its weights to all output rows that the input row reaches, up to three side by side in registers. Only output rows
//! that are not complete are kept, for some columns at a time and one line of channels, so that these and the weights stay in
//! the first-level cache. Every sum is in the order of the kernel. There is no dense fall-back: work is proportional to
//! spikes.

use super::SpikeTrain;
use super::lines::{Fill, LANES, Line, fill};
use super::reach::Reach;
use super::taps::{Axis, Taps};
use super::tile::Tile;
use super::vector::{Vector, Vectorised, vectorise};
use super::windows::{ReceptiveField, Windows};
use crate::network::Affine;
use std::ops::Range;

/// Weights of a layer with binary input.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// `[line][slot of the column][input channel][place of the row]`, places as of `rows`, slots as of `field` and channels in
    /// whole lines.
    weight: Vec<Line>,
    /// `[line]`
    bias: Vec<Line>,
    /// How input rows reach output rows.
    rows: Reach,
    /// How output columns see input columns.
    field: ReceptiveField,
    /// For every output row how many input rows must have been walked until it is complete.
    complete: Vec<usize>,
    /// Output rows that are begun before the first of them is complete, at most.
    open: usize,
    /// For every output row its slot among these.
    slots: Vec<usize>,
    /// Neighbouring output rows that an input row reaches, at most.
    longest_run: usize,
}

impl Rows {
    /// `weight(output, input, kernel element)` gives the weights.
    pub(super) fn new(
        affine: &Affine,
        taps: &Taps,
        in_channels: usize,
        weight: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let [rows, columns] = &taps.axes;
        let reach = Reach::new(rows);
        let field = ReceptiveField::new(&taps.axes, in_channels);
        let outs = affine.bias.len();
        let mut lines = vec![];
        let channels = Line::count(in_channels) * LANES;
        let sources = || field.elements.iter().flat_map(|column| (0..channels).map(move |i| (column, i)));
        for first in (0..outs).step_by(LANES) {
            for (column, i) in sources() {
                for row in &reach.elements {
                    let mut line = Line::ZERO;
                    for (lane, o) in line.0.iter_mut().zip(first..outs).filter(|_| i < in_channels) {
                        *lane = weight(o, i, row * columns.kernel + column);
                    }
                    lines.push(line);
                }
            }
        }
        let (complete, open) = completion(rows);
        let slots = (0..rows.outputs).map(|output| output % open).collect();
        let longest_run = (0..rows.inputs).flat_map(|input| reach.of(input)).map(|run| run.len).max().unwrap_or(1);
        let bias = Line::of(&affine.bias).collect();
        Self { weight: lines, bias, rows: reach, field, complete, open, slots, longest_run }
    }

    /// Lines of channels that are computed side by side, a divisor of all: the fewer output rows an input row reaches, the
    /// more, so that as many registers are busy.
    pub(super) fn lines_at_once(&self) -> usize {
        let most = match self.longest_run {
            1 => 4,
            2 => 2,
            _ => 1,
        };
        [4, 2, 1].into_iter().find(|lines| *lines <= most && self.bias.len().is_multiple_of(*lines)).unwrap_or(1)
    }
}

/// For every output row how many input rows must have been walked until it and those before it are complete, and how many
/// output rows are begun before the first of them is, at most.
fn completion(rows: &Axis) -> (Vec<usize>, usize) {
    let mut complete = vec![0; rows.outputs];
    rows.taps.iter().for_each(|&(output, input, _)| complete[output] = complete[output].max(input + 1));
    for output in 1..complete.len() {
        complete[output] = complete[output].max(complete[output - 1]);
    }
    let open = rows.taps.iter().map(|&(output, input, _)| {
        let first = complete.partition_point(|&walked| walked <= input);
        output + 1 - first.min(output)
    });
    let open = open.max().unwrap_or(1);
    (complete, open)
}

/// A walk through the input that makes the currents of a strip of output columns, row by row.
pub(super) struct Walk<'a> {
    rows: &'a Rows,
    planes: &'a [SpikeTrain],
    steps: usize,
    scratch: WalkScratch,
    /// Input rows walked.
    walked: usize,
}

/// Memory that one walk leaves to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct WalkScratch {
    windows: Windows,
    /// `[output row, modulo the number of open ones][step][column][line]`: bias, and what has been added.
    sums: Vec<Line>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(rows: &'a Rows, planes: &'a [SpikeTrain], steps: usize, scratch: WalkScratch) -> Self {
        Self { rows, planes, steps, scratch, walked: 0 }
    }

    pub(super) fn into_scratch(self) -> WalkScratch {
        self.scratch
    }

    /// The currents into `tile`, `[step][column][line]`. Tiles of the same columns and lines must follow each other, from
    /// the first row on, and so must those of the same columns.
    pub(super) fn currents(&mut self, tile: &Tile) -> &mut [Line] {
        let len = self.steps * tile.len();
        if tile.row == 0 {
            if tile.lines.start == 0 {
                self.scratch.windows.collect(&self.rows.field, self.planes, tile.columns.clone(), self.steps);
            }
            self.scratch.sums.resize(self.rows.open * len, Line::ZERO);
            fill(&mut self.scratch.sums, &self.rows.bias[tile.lines.clone()]);
            self.walked = 0;
        }
        let rows = self.rows;
        let inputs = self.walked..rows.complete[tile.row].max(self.walked);
        self.walked = inputs.end;
        let WalkScratch { windows, sums } = &mut self.scratch;
        vectorise(Advance { rows, tile, len, inputs, windows, sums });
        &mut self.scratch.sums[rows.slots[tile.row] * len..][..len]
    }
}

/// Walks some input rows until the output row of a tile is complete.
struct Advance<'a> {
    rows: &'a Rows,
    tile: &'a Tile,
    /// Lines of the tile in all steps.
    len: usize,
    inputs: Range<usize>,
    windows: &'a Windows,
    sums: &'a mut [Line],
}

impl Vectorised for Advance<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { rows, tile, len, inputs, windows, sums } = self;
        if let Some(before) = tile.row.checked_sub(1) {
            // It has been taken.
            let lines = &mut sums[rows.slots[before] * len..][..len];
            Fill { lines, pattern: &rows.bias[tile.lines.clone()] }.run::<V>();
        }
        let (places, lines) = (rows.rows.elements.len(), tile.lines.len());
        let per_line = rows.weight.len() / rows.bias.len();
        let weight = &rows.weight[tile.lines.start * per_line..tile.lines.end * per_line];
        for input in inputs {
            for run in rows.rows.of(input) {
                let mut done = 0;
                while done < run.len {
                    let outputs = (run.len - done).min(3);
                    let mut slots = [0; 3];
                    for (slot, of_row) in slots.iter_mut().zip(&rows.slots[run.output + done..][..outputs]) {
                        *slot = of_row * len;
                    }
                    let place = run.place + done;
                    Add { windows, input, weight, places, place, sums: &mut *sums, slots }.any::<V>(outputs, lines);
                    done += outputs;
                }
            }
        }
    }
}

/// Adds the weights of a row's spikes to up to three output rows.
struct Add<'a> {
    windows: &'a Windows,
    input: usize,
    /// Of the lines of a tile.
    weight: &'a [Line],
    /// Kernel rows.
    places: usize,
    /// The first one's.
    place: usize,
    sums: &'a mut [Line],
    /// Where the output rows begin in `sums`.
    slots: [usize; 3],
}

impl Add<'_> {
    #[inline(always)]
    fn any<V: Vector>(self, outputs: usize, lines: usize) {
        match (outputs, lines, self.windows.one_word) {
            (3, 1, true) => self.add::<V, 3, 1, true>(),
            (3, 1, false) => self.add::<V, 3, 1, false>(),
            (2, 1, true) => self.add::<V, 2, 1, true>(),
            (2, 1, false) => self.add::<V, 2, 1, false>(),
            (2, 2, true) => self.add::<V, 2, 2, true>(),
            (2, 2, false) => self.add::<V, 2, 2, false>(),
            (1, 1, true) => self.add::<V, 1, 1, true>(),
            (1, 1, false) => self.add::<V, 1, 1, false>(),
            (1, 2, true) => self.add::<V, 1, 2, true>(),
            (1, 2, false) => self.add::<V, 1, 2, false>(),
            (1, 4, true) => self.add::<V, 1, 4, true>(),
            (1, 4, false) => self.add::<V, 1, 4, false>(),
            other => unreachable!("{other:?} output rows and lines, see `Rows::lines_at_once`"),
        }
    }

    #[inline(always)]
    fn add<V: Vector, const OUTPUTS: usize, const LINES: usize, const ONE_WORD: bool>(self) {
        let Self { windows, input, weight, places, place, sums, slots } = self;
        // Those of one line, to begin with the first place. All slices are equally long, which spares checks.
        let spikes = weight.len() / LINES - (places - 1);
        let mut weights = [[weight; LINES]; OUTPUTS];
        for (output, weights) in weights.iter_mut().enumerate() {
            for (line, weights) in weights.iter_mut().enumerate() {
                *weights = &weight[line * (weight.len() / LINES) + place + output..][..spikes];
            }
        }
        let len = windows.cells * LINES;
        let rows = std::array::from_fn(|output| slots[output]..slots[output] + len);
        let Ok(rows) = sums.get_disjoint_mut::<_, OUTPUTS>(rows) else {
            unreachable!("open output rows have slots of their own")
        };
        let mut rows = rows.map(|row| row.as_chunks_mut::<LINES>().0);
        for (of_plane, heads) in windows.of(input) {
            rows = rows.map(|row| &mut row[..of_plane.len()]);
            for &head in heads {
                let mut next = head;
                while let Some(window) = of_plane.get(next as usize) {
                    let mut sums = [[V::splat(0.0); LINES]; OUTPUTS];
                    for (sums, row) in sums.iter_mut().zip(&rows) {
                        for line in 0..LINES {
                            sums[line] = row[next as usize][line].vector();
                        }
                    }
                    if ONE_WORD {
                        let mut bits = window.bits();
                        for _ in 0..window.len {
                            add_rows(&mut sums, &weights, bits.trailing_zeros() as usize * places);
                            bits &= bits.wrapping_sub(1);
                        }
                    } else {
                        let (spikes, first) = windows.spikes(window);
                        for &spike in spikes {
                            add_rows(&mut sums, &weights, spike.wrapping_sub(first) as usize * places);
                        }
                    }
                    for (sums, row) in sums.iter().zip(&mut rows) {
                        for line in 0..LINES {
                            row[next as usize][line].set(sums[line]);
                        }
                    }
                    next = window.next;
                }
            }
        }
    }
}

/// Adds the weights of a `spike` to all output rows and lines.
#[inline(always)]
fn add_rows<V: Vector, const OUTPUTS: usize, const LINES: usize>(
    sums: &mut [[V; LINES]; OUTPUTS],
    weight: &[[&[Line]; LINES]; OUTPUTS],
    spike: usize,
) {
    for output in 0..OUTPUTS {
        for line in 0..LINES {
            sums[output][line] = sums[output][line].add(weight[output][line][spike].vector());
        }
    }
}
