//! One weight file.

use super::{PLAIN, UnitChoice, ZooError};
use cospike_sim_core::network::{
    BottleneckKind, Family, Network, NetworkError, NetworkName, Neuron, TensorStore, read_safetensors,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

/// One weight file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, without ending.
    pub name: String,
    /// What has to be known of it.
    pub metadata: Metadata,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
    size: usize,
    tensors: TensorStore,
}

/// Metadata of a weight file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The backbone, e.g. `resnet14`.
    pub backbone: String,
    /// Its family.
    pub family: Family,
    /// The bottleneck unit, or `None` for a backbone.
    pub unit: Option<Unit>,
    /// Time steps that it was trained with, 1 for float networks.
    pub time_steps: u32,
    /// Everything that the file says of itself.
    pub all: BTreeMap<String, String>,
}

/// What is known of a bottleneck unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The split point it stands at.
    pub split: String,
    /// Kind, width and variant: what tells it from the other units there.
    pub choice: UnitChoice,
    /// Spatial stride of its encoder.
    pub stride: u32,
    /// JPEG quality that a unit of the float kind was trained with.
    pub jpeg_quality: Option<u8>,
}

impl Entry {
    pub(super) fn read(name: String, bytes: Cow<'static, [u8]>) -> Result<Self, ZooError> {
        let (tensors, all) = read_safetensors(&bytes)
            .map_err(|error| ZooError::Format { name: name.clone(), reason: error.to_string() })?;
        let metadata = Metadata::read(&name, all)?;
        let blake3 = blake3::hash(&bytes).to_hex().to_string();
        Ok(Self { name, metadata, blake3, size: bytes.len(), tensors })
    }

    /// What its twin of the other family has in common with it: its name without the family.
    pub(super) fn pair_name(&self) -> String {
        self.name.replace(&format!("-{}", self.metadata.family.name()), "")
    }

    /// Size of the file in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The tensors.
    pub fn tensors(&self) -> &TensorStore {
        &self.tensors
    }
}

impl Metadata {
    /// The layer graph of the backbone.
    ///
    /// # Errors
    /// Those of [`NetworkName`], if its name is none.
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

/// Metadata being read.
struct Keys<'a> {
    name: &'a str,
    all: &'a BTreeMap<String, String>,
}

impl Keys<'_> {
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

    /// The kind of the unit.
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

/// The variant that a file's name ends with, without the kind, which a scenario says on its own.
fn variant(mark: &str, kind: BottleneckKind) -> String {
    let own = mark.strip_prefix(kind.name()).map_or(mark, |rest| rest.trim_start_matches('-'));
    if own.is_empty() { PLAIN.into() } else { own.into() }
}
