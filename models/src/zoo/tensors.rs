//! The tensors of a weight file, decoded when they are needed.

use cospike_sim_core::network::TensorStore;
use std::sync::{Arc, OnceLock};

/// Tensors of a weight file. Those of a file that ships are decoded when they are first asked for: a command needs few of them, and a
/// test checks all.
#[derive(Clone, Debug)]
pub(super) struct Tensors {
    decoded: Arc<OnceLock<TensorStore>>,
    shipped: &'static [u8],
}

impl Tensors {
    /// Tensors of a file that ships, of which these are the bytes.
    pub(super) fn shipped(bytes: &'static [u8]) -> Self {
        Self { decoded: Arc::default(), shipped: bytes }
    }

    /// The tensors, decoded by `decode` unless they are already.
    pub(super) fn get(&self, decode: impl FnOnce(&[u8]) -> TensorStore) -> &TensorStore {
        self.decoded.get_or_init(|| decode(self.shipped))
    }
}

impl From<TensorStore> for Tensors {
    fn from(decoded: TensorStore) -> Self {
        Self { decoded: Arc::new(OnceLock::from(decoded)), shipped: &[] }
    }
}
