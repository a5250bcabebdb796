//! A summary of the values of a feature, by which tools tell spikes from real values.

use crate::inference::Feature;

/// Statistics of observed values, over any number of samples and steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// Number of values.
    pub count: u64,
    /// Number of nonzero values.
    pub nonzero: u64,
    /// Sum of the values.
    pub sum: f64,
    /// The different values seen; none if they are more than [`Values::FEW`] or unknown.
    few: Option<Vec<f32>>,
}

impl Values {
    /// Number of different values told apart: enough to say whether there are others than -1, 0 and 1.
    const FEW: usize = 3;

    /// `count` real values that were never kept: currents that were added up in membranes.
    pub(super) fn unknown(count: u64) -> Self {
        Self { count, nonzero: count, sum: f64::NAN, few: None }
    }

    /// The values of `feature` over `steps` steps, also if it holds only one.
    pub(super) fn from_feature(feature: &Feature, steps: usize) -> Self {
        let mut values = Self { few: Some(vec![]), ..Self::default() };
        match feature {
            Feature::Real(real) => real.data.iter().for_each(|&value| values.add(value, 1)),
            spikes => {
                // Each plane says where the number is larger than its index.
                let mut at_least = (feature.shape().len() * feature.steps()) as u64;
                for (number, plane) in spikes.planes().iter().enumerate() {
                    values.add(number as f32, at_least - plane.spikes());
                    at_least = plane.spikes();
                }
                values.add(spikes.planes().len() as f32, at_least);
            }
        }
        let repeats = (steps / feature.steps()) as u64;
        Self {
            count: values.count * repeats,
            nonzero: values.nonzero * repeats,
            sum: values.sum * repeats as f64,
            few: values.few,
        }
    }

    fn add(&mut self, value: f32, times: u64) {
        if times == 0 {
            return;
        }
        self.count += times;
        self.nonzero += if value == 0.0 { 0 } else { times };
        self.sum += f64::from(value) * times as f64;
        self.keep(value);
    }

    fn keep(&mut self, value: f32) {
        let Some(few) = &mut self.few else { return };
        if !few.contains(&value) {
            few.push(value);
            if few.len() > Self::FEW {
                self.few = None;
            }
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.nonzero += other.nonzero;
        self.sum += other.sum;
        match other.few {
            Some(few) => few.into_iter().for_each(|value| self.keep(value)),
            None => self.few = None,
        }
    }

    /// Whether each value is one of `allowed`.
    pub(super) fn are_in(&self, allowed: &[f32]) -> bool {
        self.few.as_ref().is_some_and(|few| few.iter().all(|value| allowed.contains(value)))
    }

    /// Whether they are at most two different values, both from 0 to 1.
    pub(super) fn are_two_in_unit_range(&self) -> bool {
        self.few.as_ref().is_some_and(|few| few.len() <= 2 && few.iter().all(|value| (0.0..=1.0).contains(value)))
    }

    /// The mean value.
    pub(super) fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}
