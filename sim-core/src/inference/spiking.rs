//! Layers of neurons: the currents from all layers that feed them, and what is computed from these.
//!
//! The output is computed in [`Tile`]s, row by row: a row of some columns and lines of channels over all T steps, small
//! enough that currents and membranes stay in the nearer caches; neither currents nor membranes of a convolution that feeds
//! a neuron are kept.

use super::depthwise::Depthwise;
use super::gather::{Rows, Walk, WalkScratch};
use super::grouped::Grouped;
use super::lines::{LANES, Line, add, bits_of_line};
use super::membrane::{MembraneScratch, charge};
use super::taps::Taps;
use super::tile::Tile;
use super::vector::{Vector, Vectorised, vectorise};
use super::{Real, SpikeTrain};
use crate::network::{Neuron, Shape};

/// One addend of the current into a layer's outputs.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// Weighted spikes, all planes of them: made row after row, by a walk through the input.
    Weighted { rows: &'a Rows, planes: &'a [SpikeTrain] },
    /// Currents computed for each tile independently.
    Direct(Direct<'a>),
}

/// Source of currents that are computed for each tile independently.
#[derive(Clone, Copy)]
pub(super) enum Direct<'a> {
    /// Spikes, all planes of them, through a grouped convolution.
    Grouped { taps: &'a Taps, weights: &'a Grouped, planes: &'a [SpikeTrain] },
    /// Spikes of all planes through a depthwise convolution.
    Depthwise { taps: &'a Taps, weights: &'a Depthwise, planes: &'a [SpikeTrain] },
    /// The spikes themselves, as ones, of every step or of the only one.
    Spikes(&'a SpikeTrain),
    /// Real values, of every step or of the only one.
    Real(&'a Real),
}

impl<'a> Source<'a> {
    fn feed(self, steps: usize, scratch: &mut Scratch) -> Feed<'a> {
        match self {
            Self::Weighted { rows, planes } => {
                Feed::Walked(Walk::new(rows, planes, steps, scratch.walks.pop().unwrap_or_default()))
            }
            Self::Direct(direct) => Feed::Direct { direct, steps, sums: vec![] },
        }
    }

    /// Whether the currents are the same in every step.
    fn is_constant(&self) -> bool {
        match self {
            Self::Weighted { .. } | Self::Direct(Direct::Grouped { .. } | Direct::Depthwise { .. }) => false,
            Self::Direct(Direct::Spikes(train)) => train.steps() == 1,
            Self::Direct(Direct::Real(real)) => real.steps == 1,
        }
    }
}

impl Direct<'_> {
    /// Sets `sums` to the currents into `tile`, `[step][column][line]`.
    fn set(&self, tile: &Tile, sums: &mut [Line]) {
        match self {
            Self::Grouped { taps, weights, planes } => weights.currents(taps, planes, tile, sums),
            Self::Depthwise { taps, weights, planes } => weights.currents(taps, planes, tile, sums),
            Self::Spikes(train) => {
                sums.fill(Line::ZERO);
                add_ones(train, tile, sums);
            }
            Self::Real(real) => vectorise(SetReal { real, tile, sums }),
        }
    }
}

/// Buffers reused between layers.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    walks: Vec<WalkScratch>,
    membranes: MembraneScratch,
}

/// A [`Source`] during an execution.
enum Feed<'a> {
    Walked(Walk<'a>),
    Direct { direct: Direct<'a>, steps: usize, sums: Vec<Line> },
}

impl Feed<'_> {
    /// The currents into `tile`, `[step][column][line]`. Tiles must come in the order of [`run`].
    fn currents(&mut self, tile: &Tile) -> &mut [Line] {
        match self {
            Self::Walked(walk) => walk.currents(tile),
            Self::Direct { direct, steps, sums } => {
                sums.resize(*steps * tile.len(), Line::ZERO);
                direct.set(tile, sums);
                sums
            }
        }
    }

    /// Adds the currents into `tile` to `sums`.
    fn add(&mut self, tile: &Tile, sums: &mut [Line]) {
        match self {
            Self::Direct { direct: Direct::Spikes(train), .. } => add_ones(train, tile, sums),
            _ => add(sums, self.currents(tile)),
        }
    }
}

/// Sets currents to real values.
struct SetReal<'a> {
    real: &'a Real,
    tile: &'a Tile,
    sums: &'a mut [Line],
}

impl Vectorised for SetReal<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { real, tile, sums } = self;
        let Shape { width, channels, .. } = real.shape;
        for (step, sums) in sums.chunks_exact_mut(tile.len()).enumerate() {
            let values = real.step(step.min(real.steps - 1));
            for (position, sums) in tile.positions(width).zip(sums.chunks_exact_mut(tile.lines.len())) {
                let values = &values[position * channels..][..channels][tile.lines.start * LANES..];
                for (sum, values) in sums.iter_mut().zip(values.chunks(LANES)) {
                    sum.copy(values);
                }
            }
        }
    }
}

/// Adds the spikes of `train` into `tile` to `sums`, as ones.
fn add_ones(train: &SpikeTrain, tile: &Tile, sums: &mut [Line]) {
    vectorise(AddOnes { train, tile, sums });
}

struct AddOnes<'a> {
    train: &'a SpikeTrain,
    tile: &'a Tile,
    sums: &'a mut [Line],
}

impl Vectorised for AddOnes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { train, tile, sums } = self;
        let (one, words) = (V::splat(1.0), train.words());
        let positions = tile.positions(train.shape().width);
        for (step, sums) in sums.chunks_exact_mut(tile.len()).enumerate() {
            let bits = &train.step(step.min(train.steps() - 1))[positions.start * words..positions.end * words];
            if words == 1 && tile.lines.len() == 1 {
                for (word, sum) in bits.iter().zip(sums) {
                    sum.set(sum.vector::<V>().add(one.keep((word >> (tile.lines.start * LANES)) as u16)));
                }
                continue;
            }
            for (words, sums) in bits.chunks_exact(words).zip(sums.chunks_exact_mut(tile.lines.len())) {
                for (line, sum) in tile.lines.clone().zip(sums) {
                    sum.set(sum.vector::<V>().add(one.keep(bits_of_line(words, line))));
                }
            }
        }
    }
}

/// Consumer of the currents of a pass.
trait Pass {
    /// Takes the currents into `tile`, `[step][column][line]`, of every step or of the only one.
    fn take(&mut self, tile: &Tile, currents: &[Line]);
}

/// Feeds the currents to neurons.
struct Fire<'a> {
    neuron: &'a Neuron,
    membranes: MembraneScratch,
    spikes: SpikeTrain,
}

impl Pass for Fire<'_> {
    fn take(&mut self, tile: &Tile, currents: &[Line]) {
        charge(self.neuron, tile, currents, &mut self.membranes, &mut self.spikes);
    }
}

/// Stores the currents.
struct Keep {
    sums: Real,
}

impl Pass for Keep {
    fn take(&mut self, tile: &Tile, currents: &[Line]) {
        let Shape { width, channels, .. } = self.sums.shape;
        let (steps, held) = (self.sums.data.chunks_exact_mut(self.sums.shape.len()), currents.len() / tile.len());
        for (step, kept) in steps.enumerate() {
            let currents = &currents[step.min(held - 1) * tile.len()..][..tile.len()];
            for (position, lines) in tile.positions(width).zip(currents.chunks_exact(tile.lines.len())) {
                let kept = &mut kept[position * channels..][..channels][tile.lines.start * LANES..];
                for (kept, line) in kept.chunks_mut(LANES).zip(lines) {
                    line.store(kept);
                }
            }
        }
    }
}

/// The spikes of `neuron`s of `shape` over `steps` steps, fed with the sum of `sources`.
pub(super) fn fire(
    sources: Vec<Source>,
    neuron: &Neuron,
    shape: Shape,
    steps: usize,
    scratch: &mut Scratch,
) -> SpikeTrain {
    let membranes = std::mem::take(&mut scratch.membranes);
    let mut pass = Fire { neuron, membranes, spikes: SpikeTrain::silent(shape, steps) };
    run(&mut pass, sources, shape, steps, scratch);
    scratch.membranes = pass.membranes;
    pass.spikes
}

/// The sum of `sources` for every step.
pub(super) fn sum(sources: Vec<Source>, shape: Shape, steps: usize, scratch: &mut Scratch) -> Real {
    let mut pass = Keep { sums: Real::zeros(shape, steps) };
    run(&mut pass, sources, shape, steps, scratch);
    pass.sums
}

/// Lines of a tile, over all steps, if a walk makes its currents: three output rows of them take 24 KB of the first-level
/// cache. With half as many it would hold the weights too, but putting windows in order pays less; that was slower.
const WALKED_LINES: usize = 128;

/// Lines of any other tile: currents and membranes of one take 128 KB, which the second-level cache holds.
const DIRECT_LINES: usize = 1024;

/// Passes over all tiles.
fn run(pass: &mut impl Pass, sources: Vec<Source>, shape: Shape, steps: usize, scratch: &mut Scratch) {
    let lines = Line::count(shape.channels);
    let at_once = sources.iter().filter_map(|source| match source {
        Source::Weighted { rows, .. } => Some(rows.lines_at_once()),
        _ => None,
    });
    let (at_once, most) = at_once.min().map_or((lines, DIRECT_LINES), |at_once| (at_once, WALKED_LINES));
    // Currents that do not change are computed once.
    let held = if sources.iter().all(Source::is_constant) { 1 } else { steps };
    let strips = shape.width.div_ceil((most / (steps * at_once)).max(1));
    let columns = shape.width.div_ceil(strips);
    let mut feeds: Vec<Feed> = sources.into_iter().map(|source| source.feed(held, scratch)).collect();
    for first in (0..shape.width).step_by(columns) {
        for line in (0..lines).step_by(at_once) {
            for row in 0..shape.height {
                let columns = first..(first + columns).min(shape.width);
                let tile = Tile { row, columns, lines: line..line + at_once };
                match feeds.split_first_mut() {
                    Some((first, others)) => {
                        let sums = first.currents(&tile);
                        others.iter_mut().for_each(|feed| feed.add(&tile, sums));
                        pass.take(&tile, sums);
                    }
                    None => pass.take(&tile, &vec![Line::ZERO; tile.len()]),
                }
            }
        }
    }
    scratch.walks.extend(feeds.into_iter().filter_map(|feed| match feed {
        Feed::Walked(walk) => Some(walk.into_scratch()),
        Feed::Direct { .. } => None,
    }));
}
