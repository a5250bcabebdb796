//! Losses on class scores, with their gradients.

use crate::kernels::Maps;
use cospike_sim_core::inference::argmax;

/// Probability that label smoothing takes from the true class and spreads over all (Szegedy et al., CVPR 2016).
const SMOOTHING: f32 = 0.05;

/// Mean over time of class scores: `[samples, classes]`.
pub(crate) fn mean_scores(scores: &Maps, samples: usize) -> Vec<f32> {
    let len = samples * scores.shape.channels;
    let steps = (scores.frames / samples) as f32;
    let mut mean = vec![0.0; len];
    for step in scores.data.chunks_exact(len) {
        mean.iter_mut().zip(step).for_each(|(m, s)| *m += s / steps);
    }
    mean
}

/// Class probabilities that the network is trained towards.
pub(crate) struct Targets {
    /// Number of classes.
    classes: usize,
    /// `[samples, classes]`, each row a distribution.
    probabilities: Vec<f32>,
    /// Factor of mean scores over time before the softmax.
    gain: f32,
}

impl Targets {
    /// Targets from labels, smoothed.
    pub(crate) fn labels(labels: &[u16], classes: usize) -> Self {
        let mut probabilities = vec![SMOOTHING / classes as f32; labels.len() * classes];
        for (row, &label) in probabilities.chunks_exact_mut(classes).zip(labels) {
            row[usize::from(label)] += 1.0 - SMOOTHING;
        }
        Self { classes, probabilities, gain: 1.0 }
    }

    /// The same for scores of which `gain` times their mean over time is the logit.
    pub(crate) fn with_gain(self, gain: f32) -> Self {
        Self { gain, ..self }
    }

    /// Mixes in the class probabilities of a teacher, given by its scores, with weight `share` (distillation, Hinton et al.
    /// 2015, temperature 1).
    pub(crate) fn taught(mut self, teacher: &[f32], share: f32) -> Self {
        let rows = self.probabilities.chunks_exact_mut(self.classes).zip(teacher.chunks_exact(self.classes));
        for (target, teacher) in rows {
            for (t, p) in target.iter_mut().zip(softmax(teacher, self.gain)) {
                *t += share * (p - *t);
            }
        }
        self
    }

    /// Mean cross-entropy of the mean scores over time, and its gradient with respect to the scores of every step.
    pub(crate) fn cross_entropy(&self, scores: &Maps) -> (f64, Maps) {
        let samples = self.probabilities.len() / self.classes;
        let mut gradient = scores.clone();
        let share = self.gain / (samples as f32 * (scores.frames / samples) as f32);
        let mut loss = 0.0;
        let mean = mean_scores(scores, samples);
        let rows = mean.chunks_exact(self.classes).zip(self.probabilities.chunks_exact(self.classes));
        for (sample, (scores, target)) in rows.enumerate() {
            let answer = softmax(scores, self.gain);
            loss -= target.iter().zip(&answer).map(|(t, p)| f64::from(t * p.max(f32::MIN_POSITIVE).ln())).sum::<f64>();
            for step in gradient.data.chunks_exact_mut(samples * self.classes) {
                let row = &mut step[sample * self.classes..][..self.classes];
                row.iter_mut().zip(answer.iter().zip(target)).for_each(|(g, (p, t))| *g = (p - t) * share);
            }
        }
        (loss / samples as f64, gradient)
    }
}

/// Probabilities whose logits are `gain` times the scores.
fn softmax(scores: &[f32], gain: f32) -> Vec<f32> {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = scores.iter().map(|s| (gain * (s - top)).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.iter().map(|p| p / sum).collect()
}

/// Number of samples whose largest score is that of their label.
pub(crate) fn correct(mean_scores: &[f32], labels: &[u16]) -> usize {
    let classes = mean_scores.len() / labels.len();
    mean_scores.chunks_exact(classes).zip(labels).filter(|(row, label)| argmax(row) == usize::from(**label)).count()
}
