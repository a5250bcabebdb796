//! AdamW (Loshchilov and Hutter, ICLR 2019).

use crate::model::Model;
use crate::pass::Gradients;
use std::collections::BTreeMap;

/// Decoupled weight decay of kernels and matrices, per unit of learning rate; gains, shifts and biases do not decay.
const WEIGHT_DECAY: f32 = 5e-4;
/// Decay of the first moment per step.
const DECAY_FIRST: f32 = 0.9;
/// Decay of the second moment per step.
const DECAY_SECOND: f32 = 0.999;
/// Added to the root of the second moment, against division by zero.
const EPSILON: f32 = 1e-8;

/// State of the optimiser: first and second moment of every parameter's gradient, by tensor name, and steps taken.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AdamW {
    pub(crate) steps: i32,
    pub(crate) moments: BTreeMap<String, [Vec<f32>; 2]>,
}

impl AdamW {
    /// Takes one step at learning rate `rate`, and moves the running statistics towards those of the batch.
    pub(crate) fn step(&mut self, model: &mut Model, gradients: &Gradients, rate: f32) {
        self.steps += 1;
        let unbias = [DECAY_FIRST, DECAY_SECOND].map(|decay| 1.0 / (1.0 - decay.powi(self.steps)));
        for (name, gradient) in &gradients.parameters {
            let tensor = model.tensors.get_mut(name).expect("gradients are of the model's tensors");
            let decay = if tensor.shape.len() > 1 { 1.0 - rate * WEIGHT_DECAY } else { 1.0 };
            let zero = || [vec![0.0; gradient.len()], vec![0.0; gradient.len()]];
            let [first, second] = self.moments.entry(name.clone()).or_insert_with(zero);
            for (((w, g), m), v) in tensor.data.iter_mut().zip(gradient).zip(first).zip(second) {
                *m += (1.0 - DECAY_FIRST) * (g - *m);
                *v += (1.0 - DECAY_SECOND) * (g * g - *v);
                *w = *w * decay - rate * (*m * unbias[0]) / ((*v * unbias[1]).sqrt() + EPSILON);
            }
        }
        model.follow(&gradients.statistics);
    }
}
