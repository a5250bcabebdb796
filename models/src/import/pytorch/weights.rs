//! Tensors under the names of their layers.

use super::error::{Found, PytorchError};
use super::names::Modules;
use cospike_sim_core::network::{Network, Tensor, TensorStore, Weights};
use std::collections::BTreeMap;

/// Tensors, renamed.
pub(super) struct Renamed {
    pub(super) store: TensorStore,
    /// Modules, with what they are now.
    pub(super) modules: Vec<(String, String)>,
}

/// Tensors of a batch normalisation.
const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// A tensor that a layer needs.
struct Needed {
    /// Name in the file.
    name: String,
    /// Name of the layer's tensor.
    layer: String,
    shape: Vec<usize>,
}

/// The tensors `found` under the names of the layers of `network`, of which `modules` are.
pub(super) fn renamed(network: &Network, modules: &[Modules], mut found: TensorStore) -> Result<Renamed, PytorchError> {
    let needed = needed(network, modules, &found);
    let (mut store, mut missing, mut wrong) = (TensorStore::new(), vec![], vec![]);
    for Needed { name, layer, shape } in needed {
        match found.remove(&name) {
            None => missing.push((name, layer, shape)),
            Some(tensor) if tensor.shape != shape => {
                wrong.push(Found::Shape { name, layer, found: tensor.shape, needed: shape });
            }
            Some(tensor) => {
                check_values(&name, &tensor)?;
                store.insert(layer, tensor);
            }
        }
    }
    let similar = |name: &str, shape: &[usize]| {
        let alike = found.iter().filter(|(_, tensor)| tensor.shape == shape);
        alike.map(|(other, _)| other).max_by(|a, b| likeness(name, a).total_cmp(&likeness(name, b))).cloned()
    };
    let missing = missing.into_iter().map(|(name, layer, shape)| {
        let similar = similar(&name, &shape);
        Found::Missing { name, layer, shape, similar }
    });
    let mut faults: Vec<Found> = missing.collect();
    faults.extend(wrong);
    faults.extend(found.iter().map(|(name, tensor)| Found::Extra { name: name.clone(), shape: tensor.shape.clone() }));
    if !faults.is_empty() {
        return Err(PytorchError::Tensors(faults));
    }
    let pairs = modules.iter().flat_map(|Modules { layer, weights, norm }| {
        let norm = norm.clone().map(|norm| (norm, format!("{layer}.norm")));
        std::iter::once((weights.clone(), layer.clone())).chain(norm)
    });
    Ok(Renamed { store, modules: pairs.collect() })
}

fn likeness(a: &str, b: &str) -> f64 {
    strsim::jaro_winkler(a, b)
}

/// What each layer needs: its weights, its normalisation if it has one, and a bias where it has none, or where there is one.
fn needed(network: &Network, modules: &[Modules], found: &TensorStore) -> Vec<Needed> {
    let shapes: BTreeMap<String, Vec<usize>> = Weights::shapes(network).into_iter().collect();
    let mut all = vec![];
    for Modules { layer, weights, norm } in modules {
        let (Some(weight), Some(bias)) = (shapes.get(&format!("{layer}.weight")), shapes.get(&format!("{layer}.bias")))
        else {
            continue;
        };
        let mut push = |name: String, ending: &str, shape: &Vec<usize>| {
            all.push(Needed { name, layer: format!("{layer}.{ending}"), shape: shape.clone() });
        };
        push(format!("{weights}.weight"), "weight", weight);
        let bias_name = format!("{weights}.bias");
        if norm.is_none() || found.contains_key(&bias_name) {
            push(bias_name, "bias", bias);
        }
        for part in norm.iter().flat_map(|_| NORM) {
            let name = format!("{}.{part}", norm.as_deref().unwrap_or_default());
            push(name, &format!("norm.{part}"), bias);
        }
    }
    all
}

fn check_values(name: &str, tensor: &Tensor) -> Result<(), PytorchError> {
    let is_variance = name.ends_with(".running_var");
    let needed = if is_variance {
        "a variance is a finite number that is not negative"
    } else {
        "weights must be finite numbers"
    };
    let wrong = |value: &f32| !value.is_finite() || is_variance && *value < 0.0;
    match tensor.data.iter().position(wrong) {
        Some(position) => {
            Err(PytorchError::Value { name: name.into(), value: tensor.data[position], position, needed })
        }
        None => Ok(()),
    }
}
