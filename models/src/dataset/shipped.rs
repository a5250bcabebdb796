//! The data set that ships with CoSpike.

use super::{Dataset, DatasetError};

impl Dataset {
    /// The 10,000 test images of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; MIT licence), which are part of the program.
    ///
    /// # Errors
    /// Only if the embedded files are damaged.
    pub fn fashion_mnist_test() -> Result<Self, DatasetError> {
        let images = include_bytes!("../../data/fashion-mnist/t10k-images-idx3-ubyte.gz");
        let labels = include_bytes!("../../data/fashion-mnist/t10k-labels-idx1-ubyte.gz");
        Ok(Self { task: Some("fashion-mnist"), ..Self::from_idx(&images[..], &labels[..])? })
    }
}
