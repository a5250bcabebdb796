//! Design points: their names and networks.

use crate::diagnostic::{Diagnostic, Source, did_you_mean};
use crate::scenario::{self, Scenario};
use crate::sweep::SweepPoint;
use cospike_models::dataset::Dataset;
use cospike_models::zoo::{CodecChoice, NetworkChoice, PLAIN, UnitChoice, ZooError};
use cospike_sim_core::cosim::MOST_DESIGNS;
use cospike_sim_core::cosim::System;
use cospike_sim_core::network::{BottleneckKind, Family, INPUT, NetworkError, OUTPUT};
use cospike_sim_core::payload::{Missing, Packetise};
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use toml::Spanned;

/// One combination of parameters, ready to be simulated.
#[derive(Clone, Debug)]
pub struct DesignPoint {
    /// Short name, unique in the study, e.g. `spiking stage3 w4`.
    pub label: String,
    /// The swept values by dotted path.
    pub parameters: BTreeMap<String, Value>,
    /// Its scenario.
    pub scenario: Scenario,
    /// Everything that is simulated but for the network.
    pub system: System,
    /// What may share a packet.
    pub packetise: Packetise,
    /// Most payload bytes of a packet.
    pub packet_payload: NonZeroUsize,
    /// What the receiver makes of what is missing.
    pub missing: Missing,
    /// Number of the price list of the devices.
    pub prices: usize,
    /// Number of the price list of the cloud, if it has one.
    pub cloud_prices: Option<usize>,
    /// Numbers of its inferences in the study, first that of the network as it is cut, then those of the alternatives: equal
    /// networks on equal samples are run once.
    pub designs: Vec<usize>,
    /// Number of the inference of the network that is asked on the device first.
    pub local: Option<usize>,
}

impl DesignPoint {
    /// Number of the inference of the network as it is cut.
    pub fn inference(&self) -> usize {
        self.designs[0]
    }
}

/// A network that a scenario asks for, and where it does.
pub(super) struct Asked<'a> {
    backbone: &'a Spanned<String>,
    family: Family,
    /// Where it is cut; whole on the edge if not given.
    split: Option<&'a Spanned<String>>,
    unit: Option<AskedUnit<'a>>,
    codec: Option<(&'a Spanned<scenario::CodecName>, CodecChoice)>,
    time_steps: Option<&'a Spanned<u32>>,
    /// Whether each time step is looked at on its own.
    pub(super) stepwise: bool,
}

/// A bottleneck unit that a scenario asks for.
struct AskedUnit<'a> {
    width: &'a Spanned<u32>,
    kind: BottleneckKind,
    variant: Option<&'a Spanned<String>>,
}

impl AskedUnit<'_> {
    fn choice(&self) -> UnitChoice {
        let variant = self.variant.map_or_else(|| PLAIN.into(), |variant| variant.get_ref().clone());
        UnitChoice { kind: self.kind, variant, width: *self.width.get_ref() }
    }
}

impl Asked<'_> {
    pub(super) fn choice(&self) -> NetworkChoice {
        NetworkChoice {
            backbone: self.backbone.get_ref().clone(),
            family: self.family,
            split: self.split.map_or_else(|| OUTPUT.into(), |split| split.get_ref().clone()),
            unit: self.unit.as_ref().map(AskedUnit::choice),
            codec: self.codec.map(|(_, choice)| choice),
            time_steps: self.time_steps.map(|steps| *steps.get_ref()),
        }
    }
}

/// The ways that the network of `scenario` is cut.
pub(super) fn cuts<'a>(scenario: &'a Scenario, source: &Source) -> Result<Vec<Asked<'a>>, Diagnostic> {
    let network = &scenario.network;
    let (family, kind) = (network.family(source)?, network.bottleneck(source)?);
    let asked = |split: &'a Spanned<String>, width: &'a Option<Spanned<u32>>| {
        let on_edge = split.get_ref() == OUTPUT;
        let exits = on_edge && scenario.fleet.exit_entropy.is_some() && network.local.is_none();
        Asked {
            backbone: &network.backbone,
            family,
            split: Some(split),
            unit: width.as_ref().map(|width| AskedUnit { width, kind, variant: network.variant.as_ref() }),
            codec: network.codec.as_ref().zip(network.codec()),
            time_steps: network.time_steps.as_ref(),
            stepwise: family == Family::Spiking
                && (exits || (network.streams() && !on_edge && split.get_ref() != INPUT)),
        }
    };
    if let Some(extra) = network.alternative.get(MOST_DESIGNS - 1) {
        return Err(source.error_at(extra, format!("there are more than {} alternatives", MOST_DESIGNS - 1)));
    }
    let others = network.alternative.iter().map(Spanned::get_ref);
    let others = others.map(|alternative| asked(&alternative.split, &alternative.width));
    Ok(std::iter::once(asked(&network.split, &network.width)).chain(others).collect())
}

/// The network that is asked on the device first.
pub(super) fn local(scenario: &Scenario) -> Option<Asked<'_>> {
    let local = scenario.network.local.as_ref()?.get_ref();
    let (backbone, family, time_steps) = (&local.backbone, *local.family.get_ref(), local.time_steps.as_ref());
    Some(Asked { backbone, family, split: None, unit: None, codec: None, time_steps, stepwise: false })
}

/// What may share a packet. Time steps that are sent one by one share none.
pub(super) fn packetise(scenario: &Scenario, source: &Source) -> Result<Packetise, Diagnostic> {
    match scenario.link.packetise.as_ref().map(|word| (word, word.get_ref())) {
        Some((word, scenario::Packetise::Message)) if scenario.network.streams() => {
            let message = "time steps that are sent as they are made cannot share packets";
            Err(source.error_at(word, message).help("leave `packetise` out, or `stream`"))
        }
        Some((_, scenario::Packetise::Step)) => Ok(Packetise::Step),
        _ if scenario.network.streams() => Ok(Packetise::Step),
        _ => Ok(Packetise::Message),
    }
}

/// Number of samples, of which the dataset must have enough.
pub(super) fn samples(scenario: &Scenario, dataset: &Dataset, source: &Source) -> Result<u32, Diagnostic> {
    let section = &scenario.samples;
    let (count, most) = (*section.count.get_ref(), dataset.len());
    if count as usize <= most {
        return Ok(count);
    }
    let message = format!("`count` is {count}, but the dataset has {most} test samples");
    Err(source.error_at(&section.count, message).help(format!("give 1 to {most}")))
}

/// Kind, split, width, variant and codec, the name of the grid, then whatever else is swept.
pub(super) fn label(point: &SweepPoint, asked: &Asked<'_>) -> String {
    let network = &point.scenario.network;
    let choice = asked.choice();
    let mut label = format!("{} {}", choice.kind(), choice.split);
    if let Some(UnitChoice { width, variant, .. }) = &choice.unit {
        label += &format!(" w{width}");
        if variant != PLAIN {
            label += &format!(" {variant}");
        }
    }
    if let Some(codec) = choice.codec {
        label += &format!(" {codec}");
    }
    if let Some(steps) = &network.time_steps {
        label += &format!(" T{steps}");
    }
    if let Some(grid) = &point.grid {
        label += &format!(" {grid}");
    }
    let named = ["family", "split", "width", "bottleneck", "variant", "codec", "jpeg_quality", "time_steps"]
        .map(|key| format!("network.{key}"));
    let telling = |path: &String| point.telling.contains(path) && !named.contains(path);
    for (path, value) in point.parameters.iter().filter(|(path, _)| telling(path)) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        label += &format!(" {path}={value}");
    }
    label
}

/// A choice that the zoo does not have, where the scenario makes it; any other mistake is the zoo's.
pub(super) fn locate(error: ZooError, asked: &Asked<'_>, source: &Source) -> Result<Diagnostic, ZooError> {
    let message = error.to_string();
    let split = asked.split.unwrap_or(asked.backbone);
    Ok(match &error {
        ZooError::UnknownBackbone { backbone, known, .. } => {
            let help = did_you_mean(backbone, known.iter().map(String::as_str));
            source.error_at(asked.backbone, message).help(help)
        }
        ZooError::Network(NetworkError::UnknownSplit { name, known }) => {
            let help = did_you_mean(name, known.iter().map(String::as_str));
            source.error_at(split, format!("no split point is called `{name}`")).help(help)
        }
        ZooError::NoChoiceOfCodec { .. } | ZooError::NoQuality => {
            let codec = asked.codec.map_or_else(|| split.span(), |(codec, _)| codec.span());
            let mend = if matches!(error, ZooError::NoQuality) {
                "give `jpeg_quality`, 1 to 100"
            } else {
                "leave `codec` out"
            };
            source.error(codec, message).help(mend)
        }
        ZooError::UnknownUnit { unit, known, .. } => {
            let of_kind = |other: &&UnitChoice| other.kind == unit.kind && other.variant == unit.variant;
            let widths: Vec<String> = known.iter().filter(of_kind).map(|unit| unit.width.to_string()).collect();
            let width = asked.unit.as_ref().map_or_else(|| split.span(), |unit| unit.width.span());
            let (span, help) = match (widths.is_empty(), known.is_empty()) {
                (false, _) => (width, format!("choose from {}", widths.join(", "))),
                (true, false) => {
                    let variant = asked.unit.as_ref().and_then(|unit| unit.variant);
                    (variant.map_or(width, Spanned::span), format!("at this split point there are {}", listed(known)))
                }
                (true, true) => {
                    let help = "there are none at this split point; leave `width` out to send the features as they are";
                    (width, help.into())
                }
            };
            source.error(span, message).help(help)
        }
        _ => return Err(error),
    })
}

/// Units by kind and variant, each with its widths: `spiking plain 2, 4; spiking noisy 4`.
fn listed(units: &[UnitChoice]) -> String {
    let mut widths: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for unit in units {
        let variant = (unit.variant != PLAIN).then_some(&unit.variant);
        widths.entry((unit.kind, variant)).or_default().push(unit.width.to_string());
    }
    let text = |((kind, variant), widths): ((BottleneckKind, Option<&String>), Vec<String>)| {
        format!("{} {} {}", kind.name(), variant.map_or(PLAIN, String::as_str), widths.join(", "))
    };
    widths.into_iter().map(text).collect::<Vec<_>>().join("; ")
}
