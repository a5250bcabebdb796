//! Layers that depend on their own earlier steps: executed step by step instead of layer by layer.

use super::cells::CellState;
use super::executable::Work;
use super::execution::Running;
use super::{Feature, LayerCounts, Real, SpikeTrain};
use crate::network::Signal;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

impl Running<'_> {
    /// Runs the layers of `stretch`, which depend on their earlier steps, and returns their counts.
    pub(super) fn run_loop(
        &mut self,
        stretch: Range<usize>,
        observe: &mut impl FnMut(usize, &[(usize, Option<&Feature>)], Option<&Feature>),
    ) -> Vec<LayerCounts> {
        let emitted = self.step_by_step(stretch.clone());
        for (i, steps) in stretch.clone().zip(emitted) {
            let output = (!self.is_deferred(i)).then(|| Cow::Owned(Feature::join(&steps)));
            self.outputs.push(output);
        }
        let counts = stretch.clone().map(|i| self.counted(i, self.output_if_any(i), observe)).collect();
        for i in stretch {
            if self.output_if_any(i).is_some() {
                self.release(i);
            }
        }
        counts
    }

    /// What each layer of `stretch` emits in every step.
    fn step_by_step(&mut self, stretch: Range<usize>) -> Vec<Vec<Feature>> {
        let executable = self.executable;
        let mut states: BTreeMap<usize, CellState> = BTreeMap::new();
        let mut emitted: Vec<Vec<Feature>> = vec![vec![]; stretch.len()];
        for step in 0..self.steps {
            let before =
                (self.first..stretch.start).map(|i| self.output_if_any(i).map(|all| Cow::Owned(all.step(step))));
            let mut now = Running {
                executable,
                first: self.first,
                end: stretch.end,
                steps: 1,
                outputs: before.collect(),
                unread: vec![],
                scratch: std::mem::take(&mut self.scratch),
                membranes: None,
            };
            for i in stretch.clone() {
                let layer = &executable.network.layers[i];
                let output = match &executable.plans[i].work {
                    Work::Previous => match emitted[layer.inputs[0] - stretch.start].get(step.wrapping_sub(1)) {
                        Some(last) => last.clone(),
                        None => nothing(executable.signal(i), layer.output),
                    },
                    Work::Cells(cells) => {
                        let state = states.entry(i).or_insert_with(|| cells.at_rest(executable.keeps_membranes(i)));
                        let currents = now.currents(i);
                        cells.step(&currents.data, state)
                    }
                    _ => now.compute(i),
                };
                emitted[i - stretch.start].push(output.clone());
                now.outputs.push(Some(Cow::Owned(output)));
            }
            self.scratch = now.scratch;
        }
        for (i, state) in states {
            self.keep(executable.network.layers[i].output, state);
        }
        emitted
    }
}

/// One step of `signal` in which nothing is emitted.
fn nothing(signal: Signal, shape: crate::network::Shape) -> Feature {
    match signal {
        Signal::Real => Feature::Real(Real::zeros(shape, 1)),
        Signal::Spikes { .. } => Feature::Spikes(SpikeTrain::silent(shape, 1)),
    }
}
