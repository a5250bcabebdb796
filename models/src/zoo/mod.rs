//! The model zoo: trained networks in weight files, and what their metadata say of them.
//!
//! A file `NAME.safetensors` holds a *backbone*, all weights of an unsplit network, or a *unit*: a bottleneck unit at
//! one split point and, unless its tail is that of the backbone, the tail that was trained with it, that is the weights of all layers
//! after the split point. The head of a network with a unit has the backbone's weights, unless its last layers were trained with the unit, too. The
//! file's metadata say which.
//!
//! A file is checked when it is read. Its tensors are exactly those of its layers, float32 or float16, all of their values finite
//! and no variance negative: `LAYER.weight`, and `LAYER.bias` or, of a convolution, the four of a batch normalisation
//! (`LAYER.norm.weight`, `.bias`, `.running_mean`, `.running_var`). These metadata have a meaning; of CoSpike's own files all others are records:
//!
//! | key | value |
//! |---|---|
//! | `kind` | `backbone` or `unit` |
//! | `backbone` | name of the backbone, by which its units find it |
//! | `backbone_blake3` | of a unit: hash of the backbone that it was trained for ([`WeightFile::content`]), the only one that it belongs to, whatever its name; without it units are found by name. A unit of a network that is no architecture of the catalogue needs it |
//! | `network` | name of its architecture, see [`NetworkName`](cospike_sim_core::network::NetworkName); that of the backbone if it is left out |
//! | `family` | `spiking`, `float` or `quantised` |
//! | `time_steps` | time steps that it was trained with, 1 to 10,000; 1 if it is not spiking; a unit has those of its backbone |
//! | `levels` | of a quantised network: levels of its activations, 2 to 255 |
//! | `split`, `width`, `stride` | of a unit: its split point, channels that the encoder emits, stride of the encoder |
//! | `bottleneck` | of a unit: `spiking`, `float`, `binary` or `quantised` |
//! | `variant` | of a unit: mark of its training, may be empty |
//! | `jpeg_quality` | of a float unit, and of no other: 1 to 100 |
//! | `tail` | of a unit: `tuned` (also if it is left out), the file holds the tail that was trained with it; `of the backbone`, it holds no tail |
//! | `head` | of a unit: `of the backbone` (also if it is left out); `tuned behind NAME`, the file holds the layers between that split point and the unit, which were trained with it. A unit of a network that is no architecture of the catalogue leaves it out |
//! | `task` | optional: data set that it was trained for; samples known to be another's are refused |
//! | `readout` | optional, of a spiking backbone: how class scores are read out, `mean`, `last` or `max`; see [`Readout`](cospike_sim_core::network::Readout) |
//! | `test_images`, `test_correct`, `payload_bits` | optional, all or none: what `zoo verify` measures again |
//! | `validation_accuracy` | optional: a share, 0 to 1 |
//! | `cospike_version` | version of CoSpike whose trainer wrote the file; without it the following are mandatory |
//! | `neuron` | of a spiking network: its neuron, such as `lif:tau=2,decay_input=true,threshold=1,fire=ge,reset=hard:0,initial=0` |
//! | `coding` | `direct`; left out, as `normalisation`, of a unit with a `backbone_blake3` |
//! | `normalisation` | `none`, or `mean=M,std=S,scale=F`: `(F x - M) / S` of pixels `x` divided by 255, with a value for each channel (`M1/M2/M3`) or one for all |
//!
//! A file that another trainer wrote is refused if it has a key that is not known: it may change what the network does. Any file is refused if it
//! has a key that has a meaning in others only: one of a unit in a backbone, `levels` without quantisers.

mod blueprint;
mod choice;
mod collection;
mod error;
mod execute;
mod file;
mod foreign;
mod imported;
mod measure;
mod metadata;
mod normalisation;
mod reports;
mod series;
mod tensors;

pub use blueprint::Blueprint;
pub use choice::{CodecChoice, NetworkChoice, PLAIN, UnitChoice};
pub use collection::{Twins, Zoo, ZooNetwork};
pub use error::{WeightFileError, ZooError};
pub use execute::{BATCH, Disturbance, Executed, MeasureError};
pub use file::WeightFile;
pub use foreign::{neuron_text, short_neuron};
pub use imported::{Format, ImportOptions};
pub use measure::Measurement;
pub use metadata::{MAX_LEVELS, MAX_TIME_STEPS, Metadata, Unit};
pub use normalisation::Normalisation;
pub use series::{Branch, Series, Spread, splits, without_seed};
