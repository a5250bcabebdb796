//! Layers that depend on their own earlier steps.

use super::{Network, Operation};
use std::ops::Range;

impl Network {
    /// The stretches of layers that depend on their own earlier steps, in order: each from a [`Operation::Previous`] to the layer
    /// it reads, or over several such that overlap. They are executed step by step, and cannot be cut.
    pub fn loops(&self) -> Vec<Range<usize>> {
        let mut loops: Vec<Range<usize>> = vec![];
        for (i, layer) in self.layers.iter().enumerate() {
            if layer.operation != Operation::Previous {
                continue;
            }
            let end = layer.inputs.first().map_or(i, |&source| source.max(i)) + 1;
            match loops.last_mut() {
                Some(last) if i < last.end => last.end = last.end.max(end),
                _ => loops.push(i..end),
            }
        }
        loops
    }
}
