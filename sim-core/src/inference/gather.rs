//! The event-driven kernel: outputs gather the rows of weights of the spikes that they see.
//!
//! The input is walked row by row. What an output column sees of a row is collected once ([`Windows`]), and each spike adds
//! its weights to all output rows that the input row reaches, up to three side by side in registers. Only output rows
//! that are not complete are kept, for some columns at a time and one line of channels (more where fewer rows are
//! reached), so that these and the weights stay in the first-level cache. Every sum is in the order of the kernel. There is
//! no dense fall-back: work is proportional to spikes.

use super::SpikeTrain;
use super::lines::{LANES, Line, fill};
use super::reach::Reach;
use super::taps::{Axis, Taps};
use super::tile::Tile;
use super::vector::{Vector, Vectorised, vectorise};
use super::windows::{ReceptiveField, Windows};
use crate::network::Affine;

/// Weights of a layer with binary input.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// `[line][slot of the column][input channel][place of the row]`, places as of `rows`, slots as of `field` and channels in
    /// whole lines.
    weight: Vec<Line>,
    /// Lines of weights for a line of outputs.
    of_line: usize,
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
        let longest_run = (0..rows.inputs).flat_map(|input| reach.runs(input)).map(|run| run.len).max().unwrap_or(1);
        let bias = Line::pack(&affine.bias).collect();
        let of_line = reach.elements.len() * field.elements.len() * channels;
        Self { weight: lines, of_line, bias, rows: reach, field, complete, open, slots, longest_run }
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
    /// Number of input rows walked so far.
    walked: usize,
}

/// Buffers reused between walks.
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
        let (rows, len) = (self.rows, self.steps * tile.len());
        let bias = &rows.bias[tile.lines.clone()];
        match tile.row.checked_sub(1) {
            None => self.begin(tile),
            // It has been taken.
            Some(before) => fill(&mut self.scratch.sums[rows.slots[before] * len..][..len], bias),
        }
        while self.walked < rows.complete[tile.row] {
            self.add(self.walked, tile);
            self.walked += 1;
        }
        &mut self.scratch.sums[rows.slots[tile.row] * len..][..len]
    }

    /// Begins with the first row of the lines of `tile`, and with its columns if these are the first lines.
    fn begin(&mut self, tile: &Tile) {
        let WalkScratch { windows, sums } = &mut self.scratch;
        if tile.lines.start == 0 {
            windows.collect(&self.rows.field, self.planes, tile.columns.clone(), self.steps);
        }
        sums.resize(self.rows.open * self.steps * tile.len(), Line::ZERO);
        fill(sums, &self.rows.bias[tile.lines.clone()]);
        self.walked = 0;
    }

    /// Adds the weights of the spikes of the `input` row to all output rows that it reaches.
    fn add(&mut self, input: usize, tile: &Tile) {
        let (rows, len) = (self.rows, self.steps * tile.len());
        let WalkScratch { windows, sums } = &mut self.scratch;
        let weight = &rows.weight[tile.lines.start * rows.of_line..tile.lines.end * rows.of_line];
        for run in rows.rows.runs(input) {
            for done in (0..run.len).step_by(3) {
                let outputs = (run.len - done).min(3);
                let mut slots = [0; 3];
                for (slot, of_row) in slots.iter_mut().zip(&rows.slots[run.output + done..][..outputs]) {
                    *slot = of_row * len;
                }
                let (places, place) = (rows.rows.elements.len(), run.place + done);
                Add { windows, input, weight, places, place, sums, slots }.dispatch(outputs, tile.lines.len());
            }
        }
    }
}

/// Adds the weights of a row's spikes to up to three output rows.
struct Add<'a> {
    windows: &'a Windows,
    input: usize,
    /// Weights of the lines of a tile.
    weight: &'a [Line],
    /// Number of kernel rows.
    places: usize,
    /// Place of the kernel row that leads to the first output row.
    place: usize,
    sums: &'a mut [Line],
    /// Where the output rows begin in `sums`.
    slots: [usize; 3],
}

impl Add<'_> {
    /// Runs the [`AddTo`] made for this number of kernel rows, `outputs` and `lines` of each output.
    fn dispatch(self, outputs: usize, lines: usize) {
        match self.places {
            1 => self.dispatch_shape::<1>(outputs, lines),
            3 => self.dispatch_shape::<3>(outputs, lines),
            _ => self.dispatch_shape::<0>(outputs, lines),
        }
    }

    /// Runs the [`AddTo`] made for `PLACES` kernel rows (0: any number), `outputs` and `lines` of each output.
    fn dispatch_shape<const PLACES: usize>(self, outputs: usize, lines: usize) {
        match (outputs, lines, self.windows.one_word) {
            (3, 1, true) => vectorise(AddTo::<PLACES, 3, 1, true>(self)),
            (3, 1, false) => vectorise(AddTo::<PLACES, 3, 1, false>(self)),
            (2, 1, true) => vectorise(AddTo::<PLACES, 2, 1, true>(self)),
            (2, 1, false) => vectorise(AddTo::<PLACES, 2, 1, false>(self)),
            (2, 2, true) => vectorise(AddTo::<PLACES, 2, 2, true>(self)),
            (2, 2, false) => vectorise(AddTo::<PLACES, 2, 2, false>(self)),
            (1, 1, true) => vectorise(AddTo::<PLACES, 1, 1, true>(self)),
            (1, 1, false) => vectorise(AddTo::<PLACES, 1, 1, false>(self)),
            (1, 2, true) => vectorise(AddTo::<PLACES, 1, 2, true>(self)),
            (1, 2, false) => vectorise(AddTo::<PLACES, 1, 2, false>(self)),
            (1, 4, true) => vectorise(AddTo::<PLACES, 1, 4, true>(self)),
            (1, 4, false) => vectorise(AddTo::<PLACES, 1, 4, false>(self)),
            other => unreachable!("{other:?} output rows and lines, see `Rows::lines_at_once`"),
        }
    }
}

/// [`Add`], compiled as a separate function for each shape: in a single function the constants of the loops would not
/// stay in registers.
struct AddTo<'a, const PLACES: usize, const OUTPUTS: usize, const LINES: usize, const ONE_WORD: bool>(Add<'a>);

impl<const PLACES: usize, const OUTPUTS: usize, const LINES: usize, const ONE_WORD: bool> Vectorised
    for AddTo<'_, PLACES, OUTPUTS, LINES, ONE_WORD>
{
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Add { windows, input, weight, places, place, sums, slots } = self.0;
        let places = if PLACES > 0 { PLACES } else { places };
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
        for (of_plane, heads) in windows.row(input) {
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
