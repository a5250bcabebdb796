//! Normalisation of samples before the first layer of a network.

use cospike_sim_core::network::{Conv2d, Layer, Network, Operation, Tensor, TensorStore};
use std::fmt::{self, Display};
use std::str::FromStr;

/// `(scale * x - mean) / std` of every value `x` of a sample, which is 0 to 1 of an image. The network computes it: what crosses at the
/// split point `input` are the samples as they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalisation {
    scale: f32,
    /// A value for each channel, or one for all.
    mean: Vec<f32>,
    std: Vec<f32>,
}

/// Name of the layer.
const LAYER: &str = "normalisation";

impl Normalisation {
    /// A normalisation by `mean` and `std`, each a value for each channel or one for all.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence: nothing given, numbers that are not finite, a deviation or scale that is not positive.
    pub fn new(mean: Vec<f32>, std: Vec<f32>, scale: f32) -> Result<Self, String> {
        if mean.is_empty() || std.is_empty() {
            return Err("a normalisation has a mean and a standard deviation".into());
        }
        if let Some(value) = mean.iter().find(|value| !value.is_finite()) {
            return Err(format!("a mean is a finite number, not {value}"));
        }
        if let Some(value) = std.iter().chain([&scale]).find(|value| !(value.is_finite() && **value > 0.0)) {
            return Err(format!("standard deviations and the scale are numbers above 0, not {value}"));
        }
        Ok(Self { scale, mean, std })
    }

    /// Puts the layer that computes it behind the input of `network`, and its weights into `store`.
    ///
    /// # Errors
    /// Numbers of values that are not the network's number of channels, in a sentence.
    pub(super) fn insert(&self, network: &mut Network, store: &mut TensorStore) -> Result<(), String> {
        let input = network.input();
        let of_channel = |values: &[f32], what: &str| match values.len() {
            1 => Ok(vec![f64::from(values[0]); input.channels]),
            found if found == input.channels => Ok(values.iter().map(|&value| value.into()).collect::<Vec<f64>>()),
            found => Err(format!(
                "the normalisation has {found} {what}, but the network's input has the shape {input}: give one for each of its {} \
                 channels, or one for all",
                input.channels
            )),
        };
        let (mean, std) = (of_channel(&self.mean, "means")?, of_channel(&self.std, "standard deviations")?);
        let mut name = LAYER.to_string();
        while network.layers.iter().any(|layer| layer.name == name) {
            name.push('_');
        }
        let geometry = Conv2d::depthwise(input, 1, 1, 0);
        let layer =
            Layer { name: name.clone(), operation: Operation::Conv2d(geometry), inputs: vec![0], output: input };
        network.layers[1..].iter_mut().flat_map(|layer| &mut layer.inputs).for_each(|read| *read += 1);
        network.layers.insert(1, layer);
        network.split_points.iter_mut().filter(|split| split.layer > 0).for_each(|split| split.layer += 1);
        let weight = std.iter().map(|std| (f64::from(self.scale) / std) as f32).collect();
        let bias = mean.iter().zip(&std).map(|(mean, std)| (-mean / std) as f32).collect();
        store.insert(format!("{name}.weight"), Tensor { shape: vec![input.channels, 1, 1, 1], data: weight });
        store.insert(format!("{name}.bias"), Tensor { shape: vec![input.channels], data: bias });
        Ok(())
    }
}

impl Display for Normalisation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |values: &[f32]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join("/");
        write!(formatter, "mean={},std={},scale={}", listed(&self.mean), listed(&self.std), self.scale)
    }
}

/// The form of [`Display`]; a scale of 1 can be left out.
impl FromStr for Normalisation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut mean, mut std, mut scale) = (vec![], vec![], None);
        for part in text.split(',') {
            let (key, value) = part.split_once('=').ok_or_else(|| format!("`{}` has no `=`", part.escape_debug()))?;
            let numbers = value.split('/').map(|number| number.trim().parse::<f32>());
            let numbers: Vec<f32> =
                numbers.collect::<Result<_, _>>().map_err(|_| format!("`{}` is not a number", value.escape_debug()))?;
            match (key.trim(), numbers.as_slice()) {
                ("mean", _) if mean.is_empty() => mean = numbers,
                ("std", _) if std.is_empty() => std = numbers,
                ("scale", &[number]) if scale.is_none() => scale = Some(number),
                (other, _) => return Err(format!("`{}` is not known, or there twice", other.escape_debug())),
            }
        }
        Self::new(mean, std, scale.unwrap_or(1.0))
    }
}
