//! Names of PyTorch's modules.

use super::error::PytorchError;
use crate::json::{Object, place};
use cospike_sim_core::network::{Network, NetworkName, Operation, TensorStore};
use std::collections::BTreeMap;

/// Which module of PyTorch's is which layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// The networks of torchvision.
    Torchvision,
    /// The spiking networks of SpikingJelly, which has those of torchvision with neurons in the place of activations.
    SpikingJelly,
    /// Names of modules, by that of the layer: `stem.conv`, or `stem.conv.norm` of its batch normalisation.
    Own(BTreeMap<String, String>),
}

/// Modules of a layer with weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Modules {
    /// Name of the layer.
    pub(super) layer: String,
    pub(super) weights: String,
    /// Batch normalisation behind it.
    pub(super) norm: Option<String>,
}

impl Names {
    /// The names in a JSON object, from that of a module to that of a layer, or of its normalisation: `{"conv1": "stem.conv", "bn1":
    /// "stem.conv.norm"}`.
    ///
    /// # Errors
    /// [`PytorchError::Map`] and [`PytorchError::Target`].
    pub fn from_json(text: &str) -> Result<Self, PytorchError> {
        let object: Object<String> = serde_json::from_str(text).map_err(|error| PytorchError::Map(place(&error)))?;
        if let Some(module) = object.repeated() {
            return Err(PytorchError::Map(format!(": `{}` is there twice", module.escape_debug())));
        }
        let mut names = BTreeMap::new();
        for (module, layer) in object.0 {
            if names.insert(layer.clone(), module).is_some() {
                return Err(PytorchError::Target(layer));
            }
        }
        Ok(Self::Own(names))
    }

    /// The modules of each layer with weights of `network`, which is `name`, of a file with `tensors`.
    pub(super) fn of_layers(
        &self,
        network: &Network,
        name: &NetworkName,
        tensors: &TensorStore,
    ) -> Result<Vec<Modules>, PytorchError> {
        let framework = match self {
            Self::Own(names) => return own(names, network, tensors),
            Self::Torchvision => "torchvision",
            Self::SpikingJelly => "SpikingJelly",
        };
        let text = name.to_string();
        let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
        let modules = match self {
            _ if begins(&["resnet"]) => residual(network),
            Self::SpikingJelly if begins(&["sew-resnet"]) => residual(network),
            _ if begins(&["vgg"]) => sequential(network, tensors),
            Self::Torchvision if begins(&["mobilenetv2"]) => inverted(network),
            _ => return Err(PytorchError::NoNames { framework, network: text }),
        };
        // As `DataParallel` saves them.
        let is_wrapped = !tensors.is_empty() && tensors.keys().all(|name| name.starts_with(WRAPPED));
        let wrapped = |name: String| if is_wrapped { format!("{WRAPPED}{name}") } else { name };
        let modules = modules.into_iter().map(|modules| Modules {
            weights: wrapped(modules.weights),
            norm: modules.norm.map(wrapped),
            ..modules
        });
        Ok(modules.collect())
    }
}

const WRAPPED: &str = "module.";

/// Layers with weights, each with whether it is a convolution.
fn weighted(network: &Network) -> impl Iterator<Item = (&str, bool)> {
    network.layers.iter().filter_map(|layer| match layer.operation {
        Operation::Conv2d(_) => Some((layer.name.as_str(), true)),
        Operation::Linear => Some((layer.name.as_str(), false)),
        _ => None,
    })
}

fn own(
    names: &BTreeMap<String, String>,
    network: &Network,
    tensors: &TensorStore,
) -> Result<Vec<Modules>, PytorchError> {
    let layers: Vec<&str> = weighted(network).map(|(layer, _)| layer).collect();
    let is_target = |target: &str| layers.contains(&target.strip_suffix(".norm").unwrap_or(target));
    if let Some(target) = names.keys().find(|target| !is_target(target)) {
        return Err(PytorchError::Target(target.escape_debug().to_string()));
    }
    // What is not in the map is looked for under its own name.
    let modules = layers.iter().map(|&layer| {
        let norm = format!("{layer}.norm");
        let is_there = tensors.contains_key(&format!("{norm}.weight"));
        Modules {
            layer: layer.into(),
            weights: names.get(layer).cloned().unwrap_or_else(|| layer.into()),
            norm: names.get(&norm).cloned().or(is_there.then_some(norm)),
        }
    });
    Ok(modules.collect())
}

fn modules(layer: &str, weights: impl Into<String>, norm: Option<String>) -> Modules {
    Modules { layer: layer.into(), weights: weights.into(), norm }
}

/// `conv1` with `bn1`, `layerS.B.convK` with `bnK`, `layerS.B.downsample.0` with `.1`, and `fc`.
fn residual(network: &Network) -> Vec<Modules> {
    let of_layer = |(layer, _): (&str, bool)| {
        let Some((part, own)) = layer.rsplit_once('.') else { return modules(layer, layer, None) };
        let block = part.replacen("stage", "layer", 1);
        match own.strip_prefix("conv") {
            _ if part == "stem" => modules(layer, "conv1", Some("bn1".into())),
            Some(number) => modules(layer, format!("{block}.conv{number}"), Some(format!("{block}.bn{number}"))),
            None => modules(layer, format!("{block}.downsample.0"), Some(format!("{block}.downsample.1"))),
        }
    };
    weighted(network).map(of_layer).collect()
}

/// `features.N`, counted over convolutions, their normalisations if there are any, nonlinearities and pools, and `classifier.N`, over fully
/// connected layers, nonlinearities and dropouts. A network with one of the latter may have it as `classifier` or `fc`.
fn sequential(network: &Network, tensors: &TensorStore) -> Vec<Modules> {
    let has_norms = tensors.keys().any(|name| name.contains("features.") && name.ends_with(".running_var"));
    let has = |module: &str| tensors.contains_key(&format!("{module}.weight"));
    let linears = weighted(network).filter(|(_, is_convolution)| !is_convolution).count();
    let (mut at, mut fully_connected, mut all) = (0, 0, vec![]);
    for layer in &network.layers {
        let name = layer.name.as_str();
        match layer.operation {
            Operation::Conv2d(_) => {
                let norm = has_norms.then(|| format!("features.{}", at + 1));
                all.push(modules(name, format!("features.{at}"), norm));
                at += if has_norms { 3 } else { 2 };
            }
            Operation::Pool(_) => at += 1,
            Operation::Linear => {
                let only = ["classifier", "fc"].into_iter().find(|module| linears == 1 && has(module));
                let numbered = format!("classifier.{fully_connected}");
                all.push(modules(name, only.map_or(numbered, Into::into), None));
                fully_connected += 3;
            }
            _ => {}
        }
    }
    all
}

/// `features.N.conv...` of MobileNetV2, whose blocks begin with an expansion but for the first.
fn inverted(network: &Network) -> Vec<Modules> {
    let (mut block, mut all) = (0, vec![]);
    let pair = |layer: &str, conv: String, norm: String| modules(layer, conv, Some(norm));
    for (layer, _) in weighted(network) {
        let expands = |part: &str| network.layers.iter().any(|layer| layer.name == format!("{part}.expand"));
        let Some((part, own)) = layer.rsplit_once('.') else {
            all.push(modules(layer, "classifier.1", None));
            continue;
        };
        let shift = usize::from(expands(part));
        if own != "project" && !(own == "depthwise" && shift == 1) {
            block += 1;
        }
        let at = format!("features.{}", block - 1);
        all.push(match own {
            "conv" => pair(layer, format!("{at}.0"), format!("{at}.1")),
            "expand" => pair(layer, format!("{at}.conv.0.0"), format!("{at}.conv.0.1")),
            "depthwise" => pair(layer, format!("{at}.conv.{shift}.0"), format!("{at}.conv.{shift}.1")),
            _ => pair(layer, format!("{at}.conv.{}", shift + 1), format!("{at}.conv.{}", shift + 2)),
        });
    }
    all
}
