//! Which outputs each input reaches along one axis: [`Axis`] seen from the other side.

use super::taps::Axis;

/// Neighbouring outputs that an input reaches through kernel elements in neighbouring places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Index of the first output.
    pub(super) output: usize,
    /// Place of the kernel element that leads to the first output.
    pub(super) place: usize,
    /// Number of outputs.
    pub(super) len: usize,
}

/// For every input its [`Run`]s, ordered by output.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    starts: Vec<usize>,
    runs: Vec<Run>,
    /// For every place its kernel element: those that lead from one input to neighbouring outputs are neighbours. So with
    /// stride 1 they lie in reversed order, and with stride 2 first the even and then the odd ones, each reversed.
    pub(super) elements: Vec<usize>,
}

impl Reach {
    pub(super) fn new(axis: &Axis) -> Self {
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
    pub(super) fn runs(&self, input: usize) -> &[Run] {
        &self.runs[self.starts[input]..self.starts[input + 1]]
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

#[cfg(test)]
mod tests {
    use super::super::taps::Taps;
    use super::*;
    use crate::network::{Conv2d, Shape};

    /// (first output, its kernel element, length) of what `input` of 5 reaches under a kernel of 3.
    fn runs(stride: usize, input: usize) -> Vec<(usize, usize, usize)> {
        let conv = Conv2d::plain(Shape::new(1, 5, 5), 1, 3, stride, 1);
        let reach = Reach::new(&Taps::plain(conv).axes[0]);
        reach.runs(input).iter().map(|run| (run.output, reach.elements[run.place], run.len)).collect()
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
