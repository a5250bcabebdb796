//! Whether samples are of the kind that a network was made for.

use super::Dataset;
use cospike_sim_core::network::{Network, Shape};

/// Samples that a network cannot be executed on, or not to any purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsuitable {
    /// The images have another shape than the network's input.
    #[error("the images have the shape {images}, the network takes {input}")]
    Shape {
        /// Shape of the images.
        images: Shape,
        /// Shape of the network's input.
        input: Shape,
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
    #[error("{file} was trained for the task `{trained}`, the images are those of `{images}`")]
    Task {
        /// Path of the weight file.
        file: String,
        /// Task in the file's metadata.
        trained: String,
        /// Task that the images pose.
        images: &'static str,
    },
}

impl Dataset {
    /// Checks that `network` can answer these samples: their shape is that of its input, and every label is one of its
    /// classes, though it may have more.
    ///
    /// # Errors
    /// [`Unsuitable::Shape`] and [`Unsuitable::Label`].
    pub fn check_for(&self, network: &Network) -> Result<(), Unsuitable> {
        let (images, input, classes) = (self.shape, network.input(), network.classes());
        if images != input {
            return Err(Unsuitable::Shape { images, input });
        }
        match self.labels.iter().enumerate().find(|&(_, &label)| usize::from(label) >= classes) {
            Some((index, &label)) => Err(Unsuitable::Label { record: self.describe_record(index), label, classes }),
            None => Ok(()),
        }
    }
}
