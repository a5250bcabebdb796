//! Measures how fast a machine runs networks, and how near to its limit.
//!
//! The results are plain data that serialise; `cospike bench inference` prints them, with `--json` for the scripts in
//! `benches/peers`.
//!
//! Every time is the shortest of several, because other programs on the machine can only make it longer. Measurements of
//! one kind take turns, so that one busy second does not hit the same of them in every repetition. What does not name a
//! number of threads uses one.
//!
//! ```no_run
//! use cospike_bench::{InferenceBench, Selection};
//!
//! let bench = InferenceBench::measure(Selection { density: false, large_network: false })?;
//! for batch in &bench.reference.spiking {
//!     println!("{} images on {} threads: {:.0} images/s", batch.batch, batch.threads, batch.images_per_second);
//! }
//! # Ok::<(), cospike_bench::BenchError>(())
//! ```

mod density;
mod error;
mod large;
mod layers;
mod peak;
mod throughput;
mod timing;

pub use density::DensitySweep;
pub use error::BenchError;
pub use large::LargeNetwork;
pub use layers::{KindSeconds, LayerTimes, WidthRates};
pub use peak::Peak;
pub use throughput::{BatchRate, Throughput};

use cospike_models::import::reference::Reference;
use serde::Serialize;

/// The network that SpikingJelly ran; `models/tests/reference.rs` compares its spikes. Its trained weights give the firing
/// rates that make the measurement mean something.
const REFERENCE: &[u8] = include_bytes!("../../sim-core/tests/data/ref_spiking_hard.npz");

/// Which of the longer measurements to take besides peak, reference network and layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Event-driven against dense convolution over the density of spikes; about a minute.
    pub density: bool,
    /// The spiking ResNet-50 on 224x224 pixels; about half a minute and 0.4 GB.
    pub large_network: bool,
}

/// Measurements of the inference kernels on this machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InferenceBench {
    /// Limit that the rates below are held against.
    pub peak: Peak,
    /// Images per second of the reference network.
    pub reference: Throughput,
    /// Time of the reference network's layers.
    pub layers: LayerTimes,
    /// Event-driven against dense convolution, an entry per shape; none if it was not selected.
    pub density: Option<Vec<DensitySweep>>,
    /// A large network; none if it was not selected.
    #[serde(rename = "resnet50")]
    pub large_network: Option<LargeNetwork>,
}

impl InferenceBench {
    /// Takes the measurements; one core is busy for 10 s and more, all cores for a part of them.
    ///
    /// # Errors
    /// [`BenchError`] if a network cannot be built or run, or the system refuses threads.
    pub fn measure(selection: Selection) -> Result<Self, BenchError> {
        let reference = Reference::from_reader(std::io::Cursor::new(REFERENCE))?;
        let peak = Peak::measure();
        Ok(Self {
            peak,
            reference: Throughput::measure(&reference, peak)?,
            layers: LayerTimes::measure(&reference, peak)?,
            density: selection.density.then(DensitySweep::measure_all).transpose()?,
            large_network: selection.large_network.then(LargeNetwork::measure).transpose()?,
        })
    }
}
