//! Design points: their names and networks.

use crate::dataset::Dataset;
use crate::diagnostic::{Diagnostic, Source, did_you_mean};
use crate::scenario::{self, Scenario};
use crate::sweep::SweepPoint;
use crate::zoo::{NetworkChoice, ZooError};
use cospike_sim_core::cosim::System;
use cospike_sim_core::network::NetworkError;
use cospike_sim_core::payload::Packetise;
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
    /// Number of its inference in the study: equal networks on equal samples are run once.
    pub inference: usize,
}

/// What may share a packet.
pub(super) fn packetise(scenario: &Scenario) -> Packetise {
    match scenario.link.packetise {
        None | Some(scenario::Packetise::Message) => Packetise::Message,
        Some(scenario::Packetise::Step) => Packetise::Step,
    }
}

/// The network that `scenario` asks for.
pub(super) fn network_choice(scenario: &Scenario) -> NetworkChoice {
    let network = &scenario.network;
    NetworkChoice {
        backbone: network.backbone.get_ref().clone(),
        family: *network.family.get_ref(),
        split: network.split.get_ref().clone(),
        width: network.width.as_ref().map(|width| *width.get_ref()),
        time_steps: network.time_steps.as_ref().map(|steps| *steps.get_ref()),
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

/// Family, split and width, then whatever else is swept.
pub(super) fn label(point: &SweepPoint) -> String {
    let network = &point.scenario.network;
    let mut label = format!("{} {}", network.family.get_ref().name(), network.split);
    if let Some(width) = &network.width {
        label += &format!(" w{width}");
    }
    if let Some(steps) = &network.time_steps {
        label += &format!(" T{steps}");
    }
    let named = ["network.family", "network.split", "network.width", "network.time_steps"];
    for (path, value) in point.parameters.iter().filter(|(path, _)| !named.contains(&path.as_str())) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
        label += &format!(" {path}={value}");
    }
    label
}

/// A choice that the zoo does not have, where the scenario makes it; any other mistake is the zoo's.
pub(super) fn locate(error: ZooError, scenario: &Scenario, source: &Source) -> Result<Diagnostic, ZooError> {
    let network = &scenario.network;
    let message = error.to_string();
    Ok(match &error {
        ZooError::UnknownBackbone { backbone, known, .. } => {
            let help = did_you_mean(backbone, known.iter().map(String::as_str));
            source.error_at(&network.backbone, message).help(help)
        }
        ZooError::Network(NetworkError::UnknownSplit { name, known }) => {
            let help = did_you_mean(name, known.iter().map(String::as_str));
            source.error_at(&network.split, format!("no split point is called `{name}`")).help(help)
        }
        ZooError::UnknownWidth { known, .. } => {
            let known: Vec<String> = known.iter().map(u32::to_string).collect();
            let span = network.width.as_ref().map_or(network.split.span(), Spanned::span);
            let help = match known.is_empty() {
                true => "there are none at this split point; leave `width` out to send the features as they are".into(),
                false => format!("choose from {}", known.join(", ")),
            };
            source.error(span, message).help(help)
        }
        _ => return Err(error),
    })
}
