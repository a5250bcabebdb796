//! The spiking network, weights, inputs and outputs that SpikingJelly 2.0 computed, see `tests/data/README.md`.

use cospike_sim_core::inference::{Feature, Real};
use cospike_sim_core::network::{
    Fires, Leak, Network, Neuron, Nonlinearity, ResNet, Reset, Shape, Stem, Tensor, TensorStore, Weights,
};
use npyz::NpyFile;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// T of the reference.
pub(crate) const STEPS: usize = 4;

type Archive = ZipArchive<Cursor<&'static [u8]>>;

/// The archive.
pub(crate) fn open() -> Archive {
    ZipArchive::new(Cursor::new(include_bytes!("../data/ref_spiking_hard.npz").as_slice())).unwrap()
}

/// An array of the archive.
pub(crate) fn array<V: npyz::Deserialize>(archive: &mut Archive, name: &str) -> (Vec<usize>, Vec<V>) {
    let mut bytes = vec![];
    let member = archive.by_name(&format!("{name}.npy"));
    member.unwrap_or_else(|error| panic!("{name}: {error}")).read_to_end(&mut bytes).unwrap();
    let array = NpyFile::new(bytes.as_slice()).unwrap();
    (array.shape().iter().map(|&n| n as usize).collect(), array.into_vec().unwrap())
}

/// Names of all arrays.
pub(crate) fn array_names(archive: &Archive) -> Vec<String> {
    archive.file_names().map(|name| name.unwrap().strip_suffix(".npy").unwrap().to_owned()).collect()
}

/// Leaky integrate-and-fire with tau 2, decayed input, threshold 1, hard reset to 0.
pub(crate) const LIF: Neuron = Neuron {
    leak: Leak::Tau(2.0),
    decay_input: true,
    threshold: 1.0,
    fires: Fires::From,
    initial: 0.0,
    reset: Reset::Hard(0.0),
};

/// The layer graph: the zoo's residual network with a stride-1 stem.
pub(crate) fn network() -> Network {
    ResNet { stem: Stem::SMALL_IMAGE, ..ResNet::ZOO }.build(Nonlinearity::Spiking(LIF))
}

/// Weights by this project's names: the raw ones (`w/`, with batch normalisation) or those that SpikingJelly's user
/// folded (`fused/`; the classifier, which has nothing to fold, is in `w/` only).
pub(crate) fn store(archive: &mut Archive, fused: bool) -> TensorStore {
    let names = array_names(archive);
    let prefix = if fused { "fused/" } else { "w/" };
    let wanted = |n: &&String| n.starts_with(prefix) || n.starts_with("w/fc.");
    let mut store = TensorStore::new();
    for name in names.iter().filter(wanted).filter(|n| !n.ends_with("num_batches_tracked")) {
        let (shape, data) = array(archive, name);
        let (_, torch) = name.split_once('/').unwrap();
        store.insert(ours(torch), Tensor { shape, data });
    }
    store
}

/// This project's name of a tensor or neuron layer: blocks 2k and 2k + 1 are the blocks of stage k + 1.
pub(crate) fn ours(torch: &str) -> String {
    let name = match torch.strip_prefix("blocks.") {
        Some(rest) => {
            let (block, rest) = rest.split_once('.').unwrap();
            let block: usize = block.parse().unwrap();
            format!("stage{}.{}.{rest}", block / 2 + 1, block % 2)
        }
        None if torch.starts_with("fc") => torch.into(),
        None => format!("stem.{torch}"),
    };
    let renamed = [
        ("bn1.", "conv1.norm."),
        ("bn2.", "conv2.norm."),
        ("bn.", "conv.norm."),
        ("down.0", "down"),
        ("down.1", "down.norm"),
        ("lif", "act"),
    ];
    renamed.iter().fold(name, |name, (from, to)| name.replace(from, to))
}

/// The folded network's weights.
pub(crate) fn weights(archive: &mut Archive) -> Weights {
    Weights::from_store(&network(), &store(archive, false)).unwrap()
}

/// The images.
pub(crate) fn images(archive: &mut Archive) -> Vec<Feature> {
    let (_, pixels) = array::<f32>(archive, "input");
    let shape = Shape::new(1, 28, 28);
    pixels.chunks_exact(shape.len()).map(|data| Feature::Real(Real { shape, steps: 1, data: data.to_vec() })).collect()
}
