//! Comparison of a reference's network, executed here, with what the other framework recorded.

use super::error::ReferenceError;
use super::{Recorded, Reference};
use cospike_sim_core::inference::{Feature, LayerCounts, Observation, Real};
use rayon::prelude::*;

/// Result of comparing the reference's network, executed here, with what was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Comparison of each neuron layer, in order.
    pub layers: Vec<LayerComparison>,
    /// Largest absolute difference between a score (of a step, or the mean over the steps) and the recorded one; `None` if no
    /// scores were recorded.
    pub score_error: Option<f64>,
    /// Operation counts of each layer, summed over the images.
    pub counts: Vec<LayerCounts>,
}

/// Comparison of the spikes of one layer, over all images and steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerComparison {
    /// Index of the layer.
    pub layer: usize,
    /// Number of spike positions (neuron and step) that were compared.
    pub compared: u64,
    /// Number of spikes that CoSpike computed.
    pub spikes: u64,
    /// Number of spikes that were recorded.
    pub recorded: u64,
    /// Number of positions at which only one of the two has a spike.
    pub flips: u64,
}

impl Comparison {
    /// Largest difference between scores that counts as rounding: scores are sums of floats, whose order is not known.
    pub const SCORE_TOLERANCE: f64 = 1e-5;

    /// Number of positions at which only one of the two has a spike, over all layers.
    pub fn flips(&self) -> u64 {
        self.layers.iter().map(|layer| layer.flips).sum()
    }

    /// Whether all spikes are equal, and all scores within [`Comparison::SCORE_TOLERANCE`].
    pub fn agrees(&self) -> bool {
        self.flips() == 0 && self.score_error.is_none_or(|error| error <= Self::SCORE_TOLERANCE)
    }
}

/// Comparison on one image.
struct ImageComparison {
    layers: Vec<LayerComparison>,
    score_error: Option<f64>,
    counts: Vec<LayerCounts>,
}

impl Reference {
    /// Executes the network on the first `images` images, on the threads of the current rayon pool, and compares its spikes and
    /// scores with the recorded ones.
    ///
    /// # Errors
    /// [`ReferenceError::Inference`], if the network cannot be executed.
    pub fn compare(&self, images: usize) -> Result<Comparison, ReferenceError> {
        let images = (0..images.min(self.images.len())).into_par_iter();
        let comparisons: Vec<_> = images.map(|image| self.compare_image(image)).collect::<Result<_, _>>()?;
        let mut comparisons = comparisons.into_iter();
        let first = comparisons.next().unwrap_or(ImageComparison { layers: vec![], score_error: None, counts: vec![] });
        let all = comparisons.fold(first, |mut sum, image| {
            sum.layers.iter_mut().zip(image.layers).for_each(|(sum, layer)| sum.add(&layer));
            sum.counts.iter_mut().zip(image.counts).for_each(|(sum, layer)| *sum += layer);
            sum.score_error = sum.score_error.zip(image.score_error).map(|(a, b)| a.max(b));
            sum
        });
        Ok(Comparison { layers: all.layers, score_error: all.score_error, counts: all.counts })
    }

    /// Observes what every layer reads on the first `images` images, from which other tools' counts follow.
    ///
    /// # Errors
    /// [`ReferenceError::Inference`], if the network cannot be executed.
    pub fn observe(&self, images: usize) -> Result<Observation<'_>, ReferenceError> {
        let nothing = Observation::new(&self.executable, &self.weights, self.steps);
        let layers = 1..self.network.layers.len();
        let observe = |image: &Real| {
            let mut observation = nothing.clone();
            observation.run(layers.clone(), &Feature::Real(image.clone()))?;
            Ok(observation)
        };
        let images = self.images.par_iter().take(images);
        let observations: Vec<_> = images.map(observe).collect::<Result<_, ReferenceError>>()?;
        // In order, because sums of floats are observed too.
        Ok(observations.into_iter().fold(nothing, |mut sum, observation| {
            sum.merge(observation);
            sum
        }))
    }

    fn compare_image(&self, image: usize) -> Result<ImageComparison, ReferenceError> {
        let mut layers = vec![];
        let input = Feature::Real(self.images[image].clone());
        let all = 1..self.network.layers.len();
        let execution = self.executable.run_observed(all, &input, self.steps, |layer, _, output| {
            let recorded = self.spikes.iter().find(|recorded| recorded.layer == layer);
            if let (Some(recorded), Some(output)) = (recorded, output) {
                layers.push(self.compare_layer(recorded, image, output));
            }
        })?;
        let score_error = match &execution.output {
            Feature::Real(scores) => self.score_error(image, scores),
            Feature::Spikes(_) | Feature::Graded(_) => None,
        };
        Ok(ImageComparison { layers, score_error, counts: execution.layers })
    }

    fn compare_layer(&self, recorded: &Recorded, image: usize, output: &Feature) -> LayerComparison {
        let (shape, images) = (output.shape(), self.images.len());
        let mut layer = LayerComparison { layer: recorded.layer, compared: 0, spikes: 0, recorded: 0, flips: 0 };
        for train in output.planes() {
            for (step, c) in (0..self.steps).flat_map(|step| (0..shape.channels).map(move |c| (step, c))) {
                let first = ((step * images + image) * shape.channels + c) * shape.area();
                for position in 0..shape.area() {
                    let i = first + position;
                    let (ours, theirs) = (train.get(step, position, c), recorded.bits[i / 8] >> (7 - i % 8) & 1 == 1);
                    layer.compared += 1;
                    layer.spikes += u64::from(ours);
                    layer.recorded += u64::from(theirs);
                    layer.flips += u64::from(ours != theirs);
                }
            }
        }
        layer
    }

    /// Largest absolute difference between the scores of an image and the recorded ones; infinite if one is not a number.
    fn score_error(&self, image: usize, scores: &Real) -> Option<f64> {
        let (classes, images) = (scores.shape.len(), self.images.len());
        let mean =
            |class| (0..scores.steps).map(|t| f64::from(scores.step(t)[class])).sum::<f64>() / scores.steps as f64;
        let mut errors = vec![];
        if let Some(recorded) = &self.scores {
            for (t, class) in (0..self.steps).flat_map(|t| (0..classes).map(move |class| (t, class))) {
                let theirs = recorded[(t * images + image) * classes + class];
                errors.push(f64::from(scores.step(t.min(scores.steps - 1))[class]) - f64::from(theirs));
            }
        }
        if let Some(recorded) = &self.mean_scores {
            errors.extend((0..classes).map(|class| mean(class) - f64::from(recorded[image * classes + class])));
        }
        // The larger of two numbers, one of them NaN, is the other: NaN must not go unnoticed.
        errors.into_iter().map(|error: f64| if error.is_nan() { f64::INFINITY } else { error.abs() }).reduce(f64::max)
    }
}

impl LayerComparison {
    fn add(&mut self, other: &Self) {
        self.compared += other.compared;
        self.spikes += other.spikes;
        self.recorded += other.recorded;
        self.flips += other.flips;
    }
}
