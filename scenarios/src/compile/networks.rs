//! The networks that a scenario asks for.

use crate::diagnostic::{Mistake, did_you_mean};
use crate::located::Located;
use crate::scenario::{CodecKey, NetworkSection, NirSection, Scenario};
use cospike_models::dataset::{Dataset, Unsuitable};
use cospike_models::zoo::{CodecChoice, ImportOptions, NetworkChoice, PLAIN, UnitChoice, ZooError};
use cospike_sim_core::cosim::MAX_DESIGNS;
use cospike_sim_core::network::{BottleneckKind, Family, INPUT, NetworkError, OUTPUT, Readout};
use cospike_sim_core::payload::Packetise;
use std::collections::BTreeMap;

/// A network that a scenario asks for, and where the request stands.
pub(super) struct Asked<'a> {
    /// The backbone, or the path of a file.
    backbone: &'a Located<String>,
    /// How the file at this path is made a network; `None` for a backbone of the zoo.
    pub(super) file: Option<ImportOptions>,
    pub(super) family: Family,
    /// Split point; `None` for a network that is executed whole on the edge.
    split: Option<&'a Located<String>>,
    unit: Option<AskedUnit<'a>>,
    codec: Option<(CodecKey, CodecChoice)>,
    time_steps: Option<&'a Located<u32>>,
    readout: Option<&'a Located<Readout>>,
    /// Whether each time step is evaluated on its own.
    pub(super) stepwise: bool,
}

/// A bottleneck unit that a scenario asks for.
struct AskedUnit<'a> {
    width: &'a Located<u32>,
    kind: BottleneckKind,
    variant: Option<&'a Located<String>>,
}

impl AskedUnit<'_> {
    fn choice(&self) -> UnitChoice {
        let variant = self.variant.map_or_else(|| PLAIN.into(), |variant| (**variant).clone());
        UnitChoice { kind: self.kind, variant, width: self.width.get() }
    }
}

impl Asked<'_> {
    /// Name of the backbone in the zoo. The same file with other options is another one.
    pub(super) fn name(&self) -> String {
        match &self.file {
            Some(options) if *options != ImportOptions::default() => format!("{} {options}", **self.backbone),
            _ => (**self.backbone).clone(),
        }
    }

    /// Number of time steps for which the network of a file is executed, on samples of so many `frames`.
    pub(super) fn steps(&self, frames: Option<usize>) -> Option<u32> {
        let of_samples = frames.filter(|_| self.file.is_some() && self.family.has_steps());
        self.time_steps.map(Located::get).or(of_samples.and_then(|frames| u32::try_from(frames).ok()))
    }

    /// What names the network.
    pub(super) fn named(&self) -> &Located<String> {
        self.backbone
    }

    /// The choice of the network, for samples of so many `frames`.
    pub(super) fn choice(&self, frames: Option<usize>) -> NetworkChoice {
        NetworkChoice {
            backbone: self.name(),
            family: self.family,
            split: self.split.map_or_else(|| OUTPUT.into(), |split| (**split).clone()),
            unit: self.unit.as_ref().map(AskedUnit::choice),
            codec: self.codec.as_ref().map(|(_, choice)| *choice),
            time_steps: self.steps(frames),
            readout: self.readout.map(Located::get),
        }
    }
}

/// The designs of `scenario`: the network as it is cut, then its alternatives.
pub(super) fn cuts<'a>(scenario: &'a Scenario) -> Result<Vec<Asked<'a>>, Mistake> {
    let network = &scenario.network;
    let (Some(family), Some(_)) = (network.family(), network.named()) else {
        return Err(Mistake::in_value(network, "no network is named, or no family"));
    };
    let cut = |split: &'a Located<String>, width: &'a Option<Located<u32>>| {
        let asked = asked(network, family, split, width)?;
        Some(Asked { stepwise: is_stepwise(scenario, family, split), ..asked })
    };
    if let Some(extra) = network.alternative.get(MAX_DESIGNS - 1) {
        return Err(Mistake::in_value(extra, format!("there are more than {} alternatives", MAX_DESIGNS - 1)));
    }
    let alternatives = network.alternative.iter().map(|alternative| cut(&alternative.split, &alternative.width));
    Ok([cut(&network.split, &network.width)].into_iter().chain(alternatives).flatten().collect())
}

/// The network of a section, cut at `split` with a bottleneck unit of this width, if any; all time steps are evaluated together. `None` if
/// no network is named.
pub(super) fn asked<'a>(
    network: &'a NetworkSection,
    family: Family,
    split: &'a Located<String>,
    width: &'a Option<Located<u32>>,
) -> Option<Asked<'a>> {
    let kind = network.bottleneck.as_ref().map_or(BottleneckKind::default_for(family), Located::get);
    Some(Asked {
        backbone: network.named()?,
        file: network.file.as_ref().map(|_| ImportOptions {
            nir: NirSection::options(network.nir.as_ref()),
            // `NetworkSection::check` has refused one that is wrong.
            normalisation: network.normalisation.as_ref().and_then(|section| section.normalisation().ok()),
        }),
        family,
        split: Some(split),
        unit: width.as_ref().map(|width| AskedUnit { width, kind, variant: network.variant.as_ref() }),
        codec: network.codec(),
        time_steps: network.time_steps.as_ref(),
        readout: network.readout.as_ref(),
        stepwise: false,
    })
}

/// Whether each time step of the network cut at `split` is evaluated on its own.
fn is_stepwise(scenario: &Scenario, family: Family, split: &str) -> bool {
    let network = &scenario.network;
    let exits = split == OUTPUT && scenario.fleet.exit_entropy.is_some() && network.local.is_none();
    let streams = network.streams() && split != OUTPUT && split != INPUT;
    family.has_steps() && (exits || streams)
}

/// The network that a device executes first.
pub(super) fn local(scenario: &Scenario) -> Option<Asked<'_>> {
    let local = scenario.network.local.as_ref()?;
    let (backbone, family, time_steps) = (&local.backbone, local.family.get(), local.time_steps.as_ref());
    Some(Asked {
        backbone,
        file: None,
        family,
        split: None,
        unit: None,
        codec: None,
        time_steps,
        readout: None,
        stepwise: false,
    })
}

/// What may share a packet. Time steps that are sent one by one share none.
pub(super) fn packetise(scenario: &Scenario) -> Result<Packetise, Mistake> {
    match &scenario.link.packetise {
        Some(word) if word.get() == Packetise::Message && scenario.network.streams() => {
            let message = "time steps that are sent as they are made cannot share packets";
            Err(Mistake::in_value(word, message).help("leave `packetise` out, or `stream`"))
        }
        Some(word) => Ok(word.get()),
        None if scenario.network.streams() => Ok(Packetise::Step),
        None => Ok(Packetise::Message),
    }
}

/// Number of samples, of which the data set must have enough.
pub(super) fn samples(scenario: &Scenario, dataset: &Dataset) -> Result<u32, Mistake> {
    let count = &scenario.samples.count;
    let (wanted, found) = (count.get(), dataset.len());
    if wanted as usize <= found {
        return Ok(wanted);
    }
    let message = format!("`count` is {wanted}, but the dataset has {found} test samples");
    Err(Mistake::in_value(count, message).help(format!("give 1 to {found}")))
}

/// Says where the scenario has samples that the network was not made for, or a number of time steps that is not theirs.
pub(super) fn unsuitable(scenario: &Scenario, asked: &Asked<'_>, error: &Unsuitable) -> Mistake {
    let message = error.to_string();
    match (error, asked.time_steps) {
        (Unsuitable::TimeSteps { frames, .. }, Some(steps)) => {
            Mistake::in_value(steps, message).help(format!("give `time_steps = {frames}`, or leave it out"))
        }
        (Unsuitable::TimeSteps { frames, .. }, None) if asked.family.has_steps() => {
            Mistake::in_value(&scenario.samples.dataset, message)
                .help(format!("give `time_steps = {frames}` if the network is to be executed for as many"))
        }
        _ => Mistake::in_value(&scenario.samples.dataset, message),
    }
}

/// The mistake of sending steps one by one that are all the same.
pub(super) fn constant(scenario: &Scenario, asked: &Asked<'_>) -> Mistake {
    let split = asked.split.unwrap_or(asked.backbone);
    let message = format!(
        "what crosses at `{}` is the same in every time step, so there are no steps to send one by one",
        **split
    );
    let at = scenario.network.stream.as_ref().map_or(split.span(), Located::span);
    Mistake::at_span(at, message).help("leave `stream` out, or cut behind neurons")
}

/// Says where the scenario makes a choice that the zoo does not have; any other error is that of a weight file.
pub(super) fn locate(error: ZooError, asked: &Asked<'_>) -> Result<Mistake, ZooError> {
    let message = error.to_string();
    let split = asked.split.unwrap_or(asked.backbone);
    Ok(match &error {
        ZooError::UnknownBackbone { backbone, known, .. } => {
            let help = did_you_mean(backbone, known.iter().map(String::as_str));
            Mistake::in_value(asked.backbone, message).help(help)
        }
        ZooError::Network(NetworkError::UnknownSplit { name, known }) => {
            let help = did_you_mean(name, known.iter().map(String::as_str));
            Mistake::in_value(split, format!("no split point is called `{name}`")).help(help)
        }
        ZooError::Network(NetworkError::Readout { .. }) => {
            let span = asked.readout.map_or_else(|| split.span(), Located::span);
            Mistake::at_span(span, message).help("leave `readout` out for the usual one")
        }
        ZooError::NoChoiceOfCodec { .. } | ZooError::NoQuality => {
            let (key, span) =
                asked.codec.as_ref().map_or(("codec", split.span()), |(key, _)| (key.name, key.span.clone()));
            let mend = match error {
                ZooError::NoQuality => "give `jpeg_quality`, 1 to 100".into(),
                _ => format!("leave `{key}` out"),
            };
            Mistake::at_span(span, message).help(mend)
        }
        ZooError::OtherBackbone { .. } => Mistake::in_value(asked.backbone, message),
        ZooError::Network(_) => Mistake::in_value(split, message),
        ZooError::UnknownUnit { unit, known, .. } => {
            let of_kind = |other: &&UnitChoice| other.kind == unit.kind && other.variant == unit.variant;
            let widths: Vec<String> = known.iter().filter(of_kind).map(|unit| unit.width.to_string()).collect();
            let width = asked.unit.as_ref().map_or_else(|| split.span(), |unit| unit.width.span());
            let (span, help) = match (widths.is_empty(), known.is_empty()) {
                (false, _) => (width, format!("choose from {}", widths.join(", "))),
                (true, false) => {
                    let variant = asked.unit.as_ref().and_then(|unit| unit.variant);
                    (variant.map_or(width, Located::span), format!("at this split point there are {}", listed(known)))
                }
                (true, true) => {
                    let help = "there are none at this split point; leave `width` out to send the features as they are";
                    (width, help.into())
                }
            };
            Mistake::at_span(span, message).help(help)
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
