//! Whether samples are of the kind that a network was made for.

use super::Dataset;
use cospike_sim_core::network::{Network, Shape};

/// Samples that a network cannot be executed on, or not to any purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsuitable {
    /// The samples have another shape than the network's input.
    #[error("the samples have the shape {samples}, the network takes {input}")]
    Shape {
        /// Shape of the samples; of frames, of one of them.
        samples: Shape,
        /// Shape of the network's input.
        input: Shape,
    },
    /// The samples have another number of frames than the network has time steps.
    #[error(
        "each sample has {frames} frames, one for each time step, but the network is executed for {time_steps}: frames are neither \
         repeated nor left out"
    )]
    TimeSteps {
        /// Frames of a sample.
        frames: usize,
        /// Time steps of the network.
        time_steps: usize,
    },
    /// A label is not a class of the network.
    #[error("{record} has the label {label}; the network has {classes} classes, numbered from 0")]
    Label {
        /// The record, with the path of its file.
        record: String,
        /// Its label.
        label: u16,
        /// Number of classes of the network.
        classes: usize,
    },
    /// The weights were trained for another task.
    #[error("{file} was trained for the task `{trained}`, the samples are those of `{samples}`")]
    Task {
        /// Path of the weight file.
        file: String,
        /// Task in the file's metadata.
        trained: String,
        /// Task that the samples pose.
        samples: &'static str,
    },
}

impl Dataset {
    /// Checks that a network which is executed for `time_steps` has one of them for each frame, if the samples have frames.
    ///
    /// # Errors
    /// [`Unsuitable::TimeSteps`].
    pub fn check_time_steps(&self, time_steps: usize) -> Result<(), Unsuitable> {
        match self.kind.steps() {
            Some(frames) if frames != time_steps => Err(Unsuitable::TimeSteps { frames, time_steps }),
            _ => Ok(()),
        }
    }

    /// Checks that `network` can answer these samples: their shape is that of its input, and every label is one of its
    /// classes, though it may have more.
    ///
    /// # Errors
    /// [`Unsuitable::Shape`] and [`Unsuitable::Label`].
    pub fn check_for(&self, network: &Network) -> Result<(), Unsuitable> {
        let (samples, input, classes) = (self.shape, network.input(), network.classes());
        if samples != input {
            return Err(Unsuitable::Shape { samples, input });
        }
        match self.labels.iter().enumerate().find(|&(_, &label)| usize::from(label) >= classes) {
            Some((index, &label)) => Err(Unsuitable::Label { record: self.describe_record(index), label, classes }),
            None => Ok(()),
        }
    }
}
