//! A weight file: tensors, and metadata that say what network they belong to.

use super::{PLAIN, UnitChoice, ZooError};
use cospike_sim_core::network::{
    BottleneckKind, Family, Network, NetworkError, NetworkName, Neuron, TensorStore, read_safetensors,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

/// A weight file of a zoo.
#[derive(Clone, Debug)]
pub struct WeightFile {
    /// Name of the file, without ending.
    pub name: String,
    /// Metadata that are needed to make a network of the file.
    pub metadata: Metadata,
    /// BLAKE3 of the file's bytes, hexadecimal.
    pub blake3: String,
    size: usize,
    tensors: TensorStore,
}

/// What a weight file says of its network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Name of the backbone, e.g. `resnet14`.
    pub backbone: String,
    /// Family of the network: spiking or float.
    pub family: Family,
    /// Bottleneck unit that the file holds; `None` if it holds a backbone.
    pub unit: Option<Unit>,
    /// Number of time steps that the network was trained with; 1 for a float network.
    pub time_steps: u32,
    /// All metadata of the file, by key: those above, and the records of training and test.
    pub all: BTreeMap<String, String>,
}

/// Metadata of a bottleneck unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Name of the split point at which the unit stands.
    pub split: String,
    /// Kind, width and variant, which tell the unit from others at its split point.
    pub choice: UnitChoice,
    /// Spatial stride of the encoder.
    pub stride: u32,
    /// JPEG quality, 1 to 100, that a unit of the float kind was trained with; `None` for other kinds.
    pub jpeg_quality: Option<u8>,
}

impl WeightFile {
    pub(super) fn read(name: String, bytes: Cow<'static, [u8]>) -> Result<Self, ZooError> {
        let (tensors, all) = read_safetensors(&bytes)
            .map_err(|error| ZooError::Format { name: name.clone(), reason: error.to_string() })?;
        let metadata = Metadata::read(&name, all)?;
        let blake3 = blake3::hash(&bytes).to_hex().to_string();
        Ok(Self { name, metadata, blake3, size: bytes.len(), tensors })
    }

    /// Name without the family, which the file has in common with that of its twin.
    pub(super) fn pair_name(&self) -> String {
        self.name.replace(&format!("-{}", self.metadata.family.name()), "")
    }

    /// Size of the file in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Tensors by name.
    pub fn tensors(&self) -> &TensorStore {
        &self.tensors
    }
}

impl Metadata {
    /// Layer graph of the backbone.
    ///
    /// # Errors
    /// Those of [`NetworkName`], if [`Metadata::backbone`] does not name an architecture.
    pub fn architecture(&self) -> Result<Network, NetworkError> {
        let name: NetworkName = self.backbone.parse()?;
        Ok(match self.family {
            Family::Spiking => name.spiking(Neuron::INTEGRATE_AND_FIRE),
            Family::Float => name.float(),
        })
    }

    fn read(name: &str, all: BTreeMap<String, String>) -> Result<Self, ZooError> {
        let keys = Keys { name, all: &all };
        let family = keys.choose("family", "`spiking` or `float`", |word| match word {
            "spiking" => Some(Family::Spiking),
            "float" => Some(Family::Float),
            _ => None,
        })?;
        let is_unit = keys.choose("kind", "`backbone` or `unit`", |word| match word {
            "backbone" => Some(false),
            "unit" => Some(true),
            _ => None,
        })?;
        Ok(Self {
            backbone: keys.parse("backbone", "a name")?,
            family,
            unit: if is_unit { Some(keys.unit(family)?) } else { None },
            time_steps: keys.parse("time_steps", "a whole number")?,
            all,
        })
    }
}

/// Metadata of the file `name`, from which values are decoded.
struct Keys<'a> {
    name: &'a str,
    all: &'a BTreeMap<String, String>,
}

impl Keys<'_> {
    /// Decodes a value by `read`, which returns `None` for a value that is not accepted.
    fn choose<T>(
        &self,
        key: &'static str,
        needed: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ZooError> {
        let found = self.all.get(key);
        let value = found.and_then(|word| read(word));
        value.ok_or_else(|| ZooError::Metadata { name: self.name.into(), key, needed, found: found.cloned() })
    }

    fn parse<T: FromStr>(&self, key: &'static str, needed: &'static str) -> Result<T, ZooError> {
        self.choose(key, needed, |word| word.parse().ok())
    }

    fn unit(&self, family: Family) -> Result<Unit, ZooError> {
        let kind = self.bottleneck(family)?;
        Ok(Unit {
            split: self.parse("split", "the name of a split point")?,
            choice: UnitChoice {
                kind,
                width: self.parse("width", "a whole number")?,
                variant: variant(&self.parse::<String>("variant", "a name, or nothing")?, kind),
            },
            stride: self.parse("stride", "a whole number")?,
            jpeg_quality: match kind {
                BottleneckKind::Spiking | BottleneckKind::Binary => None,
                BottleneckKind::Float => Some(self.parse("jpeg_quality", "a whole number from 1 to 100")?),
            },
        })
    }

    /// Decodes the kind of the unit, which must be one of its family.
    fn bottleneck(&self, family: Family) -> Result<BottleneckKind, ZooError> {
        let needed = match family {
            Family::Spiking => "`spiking` in a spiking network",
            Family::Float => "`float` or `binary` in a float network",
        };
        self.choose("bottleneck", needed, |word| {
            BottleneckKind::ALL.into_iter().find(|kind| kind.name() == word && kind.family() == family)
        })
    }
}

/// Variant without the kind of the unit, which a scenario names separately: `binary-noisy` becomes `noisy`.
fn variant(mark: &str, kind: BottleneckKind) -> String {
    let own = mark.strip_prefix(kind.name()).map_or(mark, |rest| rest.trim_start_matches('-'));
    if own.is_empty() { PLAIN.into() } else { own.into() }
}
