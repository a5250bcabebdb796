//! Neurons with values of their own: from currents to membranes, and to spikes.

use super::{Feature, Real, SpikeTrain};
use crate::network::{CellOutput, CellReset, CellValues, Cells, Fires, Membrane, NetworkError, Shape};

/// A layer of cells with their values, in the order `[row][column][channel]`; values that they do not have are empty.
#[derive(Clone, Debug)]
pub(super) struct CellLayer {
    cells: Cells,
    shape: Shape,
    synapse_share: Vec<f32>,
    synapse_gain: Vec<f32>,
    gain: Vec<f32>,
    initial: Vec<f32>,
    share: Vec<f32>,
    rest: Vec<f32>,
    threshold: Vec<f32>,
    reset: Vec<f32>,
}

/// What a layer of cells keeps from step to step.
#[derive(Clone, Debug)]
pub(super) struct CellState {
    /// Synaptic currents; empty without synapses.
    currents: Vec<f32>,
    membranes: Vec<f32>,
    /// Membranes of every step so far, before spikes reset them; none if they are not recorded.
    pub(super) charged: Option<Vec<f32>>,
}

impl CellLayer {
    /// `name` is the layer's.
    pub(super) fn new(
        name: &str,
        cells: Cells,
        shape: Shape,
        values: Option<&CellValues>,
    ) -> Result<Self, NetworkError> {
        let names = cells.values();
        let take = |value: &'static str| {
            if !names.contains(&value) {
                return Ok(vec![]);
            }
            let missing = || NetworkError::MissingTensor {
                name: format!("{name}.{value}"),
                shape: vec![shape.channels, shape.height, shape.width],
            };
            channels_last(values.and_then(|values| values.get(value)).ok_or_else(missing)?, shape).ok_or_else(missing)
        };
        Ok(Self {
            cells,
            shape,
            synapse_share: take("synapse_share")?,
            synapse_gain: take("synapse_gain")?,
            gain: take("gain")?,
            initial: take("initial")?,
            share: take("share")?,
            rest: take("rest")?,
            threshold: take("threshold")?,
            reset: take("reset")?,
        })
    }

    /// The state before the first step, which records membranes if `is_recorded`.
    pub(super) fn at_rest(&self, is_recorded: bool) -> CellState {
        let membranes = if self.initial.is_empty() { vec![0.0; self.shape.len()] } else { self.initial.clone() };
        let charged = is_recorded.then(Vec::new);
        CellState { currents: vec![0.0; self.synapse_share.len()], membranes, charged }
    }

    /// What the layer emits over all steps of `input`.
    pub(super) fn run(&self, input: &Real, state: &mut CellState) -> Feature {
        let steps: Vec<_> = (0..input.steps).map(|step| self.step(input.step(step), state)).collect();
        Feature::join(&steps)
    }

    /// What the layer emits in one step with `input`.
    pub(super) fn step(&self, input: &[f32], state: &mut CellState) -> Feature {
        let CellState { currents, membranes, charged } = state;
        if self.cells.synapse {
            let values = self.synapse_share.iter().zip(&self.synapse_gain);
            for ((current, &x), (share, gain)) in currents.iter_mut().zip(input).zip(values) {
                *current += gain * x - share * *current;
            }
            self.charge(currents, membranes);
        } else {
            self.charge(input, membranes);
        }
        charged.iter_mut().for_each(|charged| charged.extend_from_slice(membranes));
        match self.cells.output {
            CellOutput::Membrane => Feature::Real(Real { shape: self.shape, steps: 1, data: membranes.clone() }),
            CellOutput::Spikes { fires, reset } => Feature::Spikes(self.fire(membranes, fires, reset)),
        }
    }

    fn charge(&self, input: &[f32], membranes: &mut [f32]) {
        match self.cells.membrane {
            Membrane::Direct => membranes.copy_from_slice(input),
            Membrane::Integrating => {
                for ((v, x), gain) in membranes.iter_mut().zip(input).zip(&self.gain) {
                    *v += gain * x;
                }
            }
            Membrane::Leaky => {
                let values = self.gain.iter().zip(&self.share).zip(&self.rest);
                for ((v, x), ((gain, share), rest)) in membranes.iter_mut().zip(input).zip(values) {
                    *v += share * (rest - *v) + gain * x;
                }
            }
        }
    }

    fn fire(&self, membranes: &mut [f32], fires: Fires, reset: CellReset) -> SpikeTrain {
        let mut spikes = SpikeTrain::silent(self.shape, 1);
        for (i, (v, &threshold)) in membranes.iter_mut().zip(&self.threshold).enumerate() {
            let has_fired = match fires {
                Fires::From => *v >= threshold,
                Fires::Above => *v > threshold,
            };
            if has_fired {
                spikes.fire(0, i / self.shape.channels, i % self.shape.channels);
                *v = match reset {
                    CellReset::Hard => self.reset[i],
                    CellReset::Soft => *v - threshold,
                };
            }
        }
        spikes
    }
}

/// One value for each of `shape`, in the order `[row][column][channel]`, of `values` in the order `[channel][row][column]` or of
/// a single one; `None` if their number is another.
pub(super) fn channels_last(values: &[f32], shape: Shape) -> Option<Vec<f32>> {
    let area = shape.area();
    match values {
        &[value] => Some(vec![value; shape.len()]),
        values if values.len() == shape.len() => {
            Some((0..area).flat_map(|p| (0..shape.channels).map(move |c| values[c * area + p])).collect())
        }
        _ => None,
    }
}
