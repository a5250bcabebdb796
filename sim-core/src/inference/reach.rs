//! Which output positions each input position reaches: [`Taps`] seen from the other side.

use super::taps::Taps;
use std::ops::Range;

/// Neighbouring output positions of one row that an input position reaches, through kernel elements in neighbouring
/// places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// First output position.
    pub(super) output: u32,
    /// Place of its kernel element.
    pub(super) place: u32,
    /// Number of output positions.
    pub(super) len: u32,
}

/// For every input position its [`Span`]s, ordered by output position.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    starts: Vec<usize>,
    spans: Vec<Span>,
    /// For every place its kernel element. A convolution with stride 1 has the elements of a row in reversed order, one
    /// with stride 2 first the even and then the odd ones.
    pub(super) elements: Vec<u32>,
    /// Output positions in a row.
    pub(super) width: usize,
    /// For every row of the output the input positions from the first to the last that reach it.
    inputs: Vec<Range<u32>>,
}

impl Reach {
    pub(super) fn new(taps: &Taps) -> Self {
        let (width, outputs) = (taps.width, taps.outputs());
        let mut pairs: Vec<(u32, u32, u32)> = (0..outputs)
            .flat_map(|output| taps.of(output).iter().map(move |tap| (tap.position, output as u32, tap.kernel)))
            .collect();
        pairs.sort_unstable();
        let elements = places(&pairs, taps.kernel, width);
        let mut place = vec![0; taps.kernel];
        elements.iter().zip(0..).for_each(|(&element, i)| place[element as usize] = i);
        let (mut starts, mut spans) = (vec![0], Vec::<Span>::new());
        let mut pairs = pairs.into_iter().peekable();
        for input in 0..taps.fan_out.len() as u32 {
            while let Some((_, output, kernel)) = pairs.next_if(|pair| pair.0 == input) {
                let place = place[kernel as usize];
                match spans[starts[input as usize]..].last_mut() {
                    Some(span) if continues(span, output, place, width) => span.len += 1,
                    _ => spans.push(Span { output, place, len: 1 }),
                }
            }
            starts.push(spans.len());
        }
        let rows = (0..outputs).step_by(width);
        Self { starts, spans, elements, width, inputs: rows.map(|first| inputs(taps, first..first + width)).collect() }
    }

    /// The spans of `input` position.
    #[inline(always)]
    pub(super) fn of(&self, input: usize) -> &[Span] {
        &self.spans[self.starts[input]..self.starts[input + 1]]
    }

    /// The input positions, from first to last, that reach the rows with the output positions `band`.
    pub(super) fn inputs(&self, band: &Range<usize>) -> Range<usize> {
        let rows = &self.inputs[band.start / self.width..band.end.div_ceil(self.width)];
        let reached = rows.iter().filter(|inputs| !inputs.is_empty());
        let first = reached.clone().map(|inputs| inputs.start).min().unwrap_or(0);
        let end = reached.map(|inputs| inputs.end).max().unwrap_or(0);
        first as usize..end as usize
    }
}

fn continues(span: &Span, output: u32, place: u32, width: usize) -> bool {
    output == span.output + span.len && place == span.place + span.len && !(output as usize).is_multiple_of(width)
}

/// Kernel elements in an order in which those that lead from one input position to neighbouring output positions are
/// neighbours. `pairs` are (input position, output position, kernel element), sorted.
fn places(pairs: &[(u32, u32, u32)], kernel: usize, width: usize) -> Vec<u32> {
    let mut next = vec![None; kernel];
    let mut follows = vec![false; kernel];
    for pair in pairs.windows(2) {
        let [(input, output, element), (same_input, neighbour, following)] = [pair[0], pair[1]];
        let in_row = neighbour == output + 1 && !(neighbour as usize).is_multiple_of(width);
        if input == same_input && in_row && !follows[following as usize] && next[element as usize].is_none() {
            next[element as usize] = Some(following);
            follows[following as usize] = true;
        }
    }
    let heads = (0..kernel as u32).filter(|&element| !follows[element as usize]);
    heads.flat_map(|head| std::iter::successors(Some(head), |&element| next[element as usize])).collect()
}

/// The input positions from the first to the last that reach `outputs`.
fn inputs(taps: &Taps, outputs: Range<usize>) -> Range<u32> {
    let positions = || outputs.clone().flat_map(|output| taps.of(output)).map(|tap| tap.position);
    positions().min().map_or(0..0, |first| first..positions().max().unwrap_or(first) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Conv2d, Shape};

    /// Spans of the input position in the middle of a 5x5 map under a 3x3 kernel.
    fn spans(stride: usize, position: usize) -> Vec<(u32, u32, u32)> {
        let conv = Conv2d::plain(Shape::new(1, 5, 5), 1, 3, stride, 1);
        let reach = Reach::new(&Taps::plain(conv));
        let element = |span: &Span| reach.elements[span.place as usize];
        reach.of(position).iter().map(|span| (span.output, element(span), span.len)).collect()
    }

    #[test]
    fn neighbouring_outputs_of_a_row_are_one_span() {
        // The last element of the kernel leads to the first output.
        assert_eq!(spans(1, 12), [(6, 8, 3), (11, 5, 3), (16, 2, 3)]);
        assert_eq!(spans(1, 0), [(0, 4, 2), (5, 1, 2)]);
        // With stride 2, an input in the middle is under the kernel's centre only, its neighbours under two columns.
        assert_eq!(spans(2, 12), [(4, 4, 1)]);
        assert_eq!(spans(2, 13), [(4, 5, 2)]);
    }
}
