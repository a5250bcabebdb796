//! Which outputs each input reaches: [`Taps`] seen from the other side.

use super::taps::{Axis, Taps};
use std::ops::Range;

/// Neighbouring outputs that an input reaches through kernel elements in neighbouring places, along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// First output.
    pub(super) output: usize,
    /// Place of its kernel element.
    pub(super) place: usize,
    /// Number of outputs.
    pub(super) len: usize,
}

/// For every input along one axis its [`Run`]s, ordered by output.
#[derive(Clone, Debug)]
pub(super) struct Fan {
    starts: Vec<usize>,
    runs: Vec<Run>,
    /// For every place its kernel element: those that lead from one input to neighbouring outputs are neighbours. So with
    /// stride 1 they lie in reversed order, and with stride 2 first the even and then the odd ones, each reversed.
    pub(super) elements: Vec<usize>,
}

impl Fan {
    fn new(axis: &Axis) -> Self {
        let mut taps: Vec<_> = axis.taps.iter().map(|&(output, input, element)| (input, output, element)).collect();
        taps.sort_unstable();
        let elements = neighbours(&taps, axis.kernel);
        let mut place = vec![0; axis.kernel];
        elements.iter().enumerate().for_each(|(i, &element)| place[element] = i);
        let (mut starts, mut runs) = (vec![0], Vec::<Run>::new());
        let mut taps = taps.into_iter().peekable();
        for input in 0..axis.inputs {
            while let Some((_, output, element)) = taps.next_if(|tap| tap.0 == input) {
                let place = place[element];
                match runs[starts[input]..].last_mut() {
                    Some(run) if (output, place) == (run.output + run.len, run.place + run.len) => run.len += 1,
                    _ => runs.push(Run { output, place, len: 1 }),
                }
            }
            starts.push(runs.len());
        }
        Self { starts, runs, elements }
    }

    /// The runs of `input`.
    #[inline(always)]
    pub(super) fn of(&self, input: usize) -> &[Run] {
        &self.runs[self.starts[input]..self.starts[input + 1]]
    }

    /// (output, place) pairs of `input`.
    fn pairs(&self, input: usize) -> impl Iterator<Item = (usize, usize)> {
        self.of(input).iter().flat_map(|run| (0..run.len).map(|i| (run.output + i, run.place + i)))
    }
}

/// Kernel elements so that those which lead from an input to neighbouring outputs are neighbours. `taps` are (input,
/// output, kernel element), sorted.
fn neighbours(taps: &[(usize, usize, usize)], kernel: usize) -> Vec<usize> {
    let mut next = vec![None; kernel];
    let mut follows = vec![false; kernel];
    for pair in taps.windows(2) {
        let [(input, output, element), (same_input, neighbour, following)] = [pair[0], pair[1]];
        if input == same_input && neighbour == output + 1 && next[element].is_none() && !follows[following] {
            next[element] = Some(following);
            follows[following] = true;
        }
    }
    let heads = (0..kernel).filter(|&element| !follows[element]);
    heads.flat_map(|head| std::iter::successors(Some(head), |&element| next[element])).collect()
}

/// What the input positions reach: the product of what rows and columns do.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    pub(super) rows: Fan,
    pub(super) columns: Fan,
    /// Columns of the input and of the output.
    pub(super) input_width: usize,
    pub(super) output_width: usize,
}

impl Reach {
    pub(super) fn new(taps: &Taps) -> Self {
        let [rows, columns] = &taps.axes;
        Self {
            rows: Fan::new(rows),
            columns: Fan::new(columns),
            input_width: columns.inputs,
            output_width: columns.outputs,
        }
    }

    /// For every place its kernel element, rows first.
    pub(super) fn elements(&self) -> impl Iterator<Item = usize> {
        let columns = self.columns.elements.len();
        let row = move |row: usize| self.columns.elements.iter().map(move |column| row * columns + column);
        self.rows.elements.iter().flat_map(move |&element| row(element))
    }

    /// Rows of the input.
    pub(super) fn input_height(&self) -> usize {
        self.rows.starts.len() - 1
    }

    /// Whether input `row` reaches a row of `band`, output positions.
    pub(super) fn reaches(&self, row: usize, band: &Range<usize>) -> bool {
        let rows = band.start / self.output_width..band.end / self.output_width;
        self.rows.of(row).iter().any(|run| run.output < rows.end && rows.start < run.output + run.len)
    }

    /// (output position, kernel element) that `input` position reaches in the rows of `band`, output positions.
    pub(super) fn pairs(&self, input: usize, band: &Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let (y, x) = (input / self.input_width, input % self.input_width);
        let rows = self.rows.pairs(y).map(|(row, place)| (row * self.output_width, self.rows.elements[place]));
        rows.filter(|(first, _)| band.contains(first)).flat_map(move |(first, row)| {
            self.columns.pairs(x).map(move |(column, place)| {
                (first + column, row * self.columns.elements.len() + self.columns.elements[place])
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Conv2d, Shape};

    /// (first output, its kernel element, length) of what `input` of 5 reaches under a kernel of 3.
    fn runs(stride: usize, input: usize) -> Vec<(usize, usize, usize)> {
        let conv = Conv2d::plain(Shape::new(1, 5, 5), 1, 3, stride, 1);
        let fan = Reach::new(&Taps::plain(conv)).columns;
        fan.of(input).iter().map(|run| (run.output, fan.elements[run.place], run.len)).collect()
    }

    #[test]
    fn neighbouring_outputs_are_one_run() {
        // The last element of the kernel leads to the first output.
        assert_eq!(runs(1, 2), [(1, 2, 3)]);
        assert_eq!(runs(1, 0), [(0, 1, 2)]);
        // With stride 2, the input in the middle is under the kernel's centre only, its neighbours under both ends.
        assert_eq!(runs(2, 2), [(1, 1, 1)]);
        assert_eq!(runs(2, 3), [(1, 2, 2)]);
    }
}
