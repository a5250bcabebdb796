//! The data set that ships with CoSpike.

use super::{Dataset, DatasetError};

impl Dataset {
    /// The 10,000 test images of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; MIT licence), which are part of the program.
    ///
    /// # Errors
    /// Only if the embedded files are damaged.
    pub fn fashion_mnist_test() -> Result<Self, DatasetError> {
        let images = include_bytes!(concat!(env!("OUT_DIR"), "/t10k-images-idx3-ubyte"));
        let labels = include_bytes!(concat!(env!("OUT_DIR"), "/t10k-labels-idx1-ubyte"));
        Ok(Self { task: Some("fashion-mnist"), ..Self::from_idx(&images[..], &labels[..])? })
    }
}
