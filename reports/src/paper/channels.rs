//! Claims on joint source-channel coding: units that were trained with what the channel does to their values.

use super::evidence::{Evidence, architecture, numbers};
use super::finding::{Finding, bits, points};
use crate::error::ReportError;
use crate::quantity::{fixed, times};
use crate::zoo::row;
use cospike_models::zoo::{Disturbance, Executed, PLAIN};
use cospike_sim_core::link::symbol_bits;
use cospike_sim_core::network::Family;
use cospike_sim_core::stats::{Claim, CrossedDifference};

/// Noise of BottleNet++'s runs of 64x: a standard deviation of 0.1 of the largest amplitude, as a ratio of powers in dB.
pub(super) const NOISE: Disturbance = Disturbance::Noise(20.0);
/// Erasures of its runs of 256x.
pub(super) const ERASURES: Disturbance = Disturbance::Erasures(0.01);

/// The channels of BottleNet++, each with the variant of the units that were trained for it.
pub const CHANNELS: [(&str, Disturbance); 2] = [(PLAIN, NOISE), ("erasures", ERASURES)];

/// A unit that met what it was trained for.
struct Joint<'a> {
    architecture: &'a str,
    backbone: &'a Executed,
    unit: &'a Executed,
    disturbance: Disturbance,
}

impl Evidence {
    /// The units that met `disturbance`, by architecture and from the widest on.
    fn joint(&self, disturbance: Disturbance) -> Vec<Joint<'_>> {
        let of_channel = self.joint.iter().filter(|(channel, _)| *channel == disturbance).flat_map(|(_, units)| units);
        let mut found: Vec<Joint<'_>> = of_channel
            .filter_map(|unit| {
                let architecture = architecture(unit);
                let mut backbones = self.backbones(architecture, Family::Float).into_iter();
                let backbone = backbones.find(|backbone| backbone.choice.backbone == unit.choice.backbone)?;
                Some(Joint { architecture, backbone, unit, disturbance })
            })
            .collect();
        let place = |name: &str| self.architectures().iter().position(|&other| other == name);
        found.sort_by_key(|joint| (place(joint.architecture), std::cmp::Reverse(joint.width())));
        found
    }
}

impl Joint<'_> {
    fn width(&self) -> u32 {
        self.unit.choice.unit.as_ref().map_or(0, |unit| unit.width)
    }

    /// Number of values that the encoder emits.
    fn sent_values(&self) -> f64 {
        self.unit.network.layers[self.unit.cut].output.len() as f64
    }

    /// Reduction of what the source counts: of values where each is a symbol, of the bits of float32 where each is 8 bits.
    fn ratio(&self) -> f64 {
        let network = &self.backbone.network;
        let values = network.split(&self.unit.choice.split).map_or(0.0, |at| network.layers[at].output.len() as f64);
        let bits_per_bit = match self.disturbance {
            Disturbance::Noise(_) => 1.0,
            Disturbance::Erasures(_) | Disturbance::Errors(_) => 32.0 / 8.0,
        };
        bits_per_bit * values / self.sent_values()
    }

    /// Bits that take as long on the link as the payload.
    fn air_bits(&self) -> f64 {
        let per_value = match self.disturbance {
            Disturbance::Noise(ratio) => symbol_bits(ratio),
            Disturbance::Erasures(_) | Disturbance::Errors(_) => 8.0,
        };
        per_value * self.sent_values()
    }

    /// What was lost against the backbone, with or without the disturbance.
    fn loss(&self, is_disturbed: bool) -> Result<CrossedDifference, ReportError> {
        let right = match self.unit.right_disturbed.first() {
            Some(right) if is_disturbed => right,
            _ => &self.unit.right,
        };
        let lost = numbers(&self.backbone.right).into_iter().zip(numbers(right)).map(|(whole, cut)| whole - cut);
        let lost: Vec<f64> = lost.collect();
        let zeros = vec![0.0; lost.len()];
        Ok(CrossedDifference::new(&[lost], &[zeros])?)
    }

    fn channel(&self) -> String {
        match self.disturbance {
            Disturbance::Noise(ratio) => format!("analogue symbols, noise at {} dB", fixed(ratio, 0)),
            Disturbance::Erasures(probability) => {
                format!("8-bit values, {} % of the bits erased", fixed(100.0 * probability, 0))
            }
            Disturbance::Errors(probability) => {
                format!("8-bit values, {} % of the bits inverted", fixed(100.0 * probability, 0))
            }
        }
    }
}

/// Findings on a claim that units reduce what is sent by `ratio` and lose at most `most` points in `disturbance`: of the widest unit of
/// each architecture that does.
pub(super) fn findings(
    evidence: &Evidence,
    ratio: f64,
    most: f64,
    disturbance: Disturbance,
) -> Result<Vec<Finding>, ReportError> {
    let units = evidence.joint(disturbance);
    let finding = |architecture: &str| {
        let mut of_network = units.iter().filter(|joint| joint.architecture == architecture);
        let Some(widest) = of_network.find(|joint| joint.ratio() >= ratio) else {
            let reason = "no unit of the zoo reduces it so much".to_owned();
            return Ok(Finding::untested(architecture.to_owned(), reason));
        };
        let counted = match disturbance {
            Disturbance::Noise(_) => "fewer symbols than values",
            Disturbance::Erasures(_) | Disturbance::Errors(_) => "the float32 features",
        };
        let setting = format!(
            "{architecture}, {}, jscc width {}, {}; {} {counted}",
            widest.unit.choice.split,
            widest.width(),
            widest.channel(),
            times(widest.ratio())
        );
        Ok(Finding::of_points(Claim::AtMost(most), &widest.loss(true)?, "training", setting))
    };
    evidence.architectures().into_iter().map(finding).collect()
}

/// Table of every unit, with and without its channel.
pub(super) fn section(evidence: &Evidence) -> Result<String, ReportError> {
    let mut text = "### Joint source-channel coding\n\n\
                    Units as BottleNet++ has them at the last split point (`bottleneck = \"jscc\"`): a sigmoid at the cut, trained with what the \
                    channel does to the values. Loss in points below the unsplit float backbone, with 95 % intervals over images; one \
                    training each. An analogue symbol is counted as the bits of a perfect code at the same ratio of powers, \
                    log2(1 + S/N) / 2, so an analogue payload is not favoured.\n\n\
                    | backbone | channel | width | values | bits of time on the link | loss without it | loss in it |\n\
                    |---|---|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for (_, disturbance) in CHANNELS {
        for joint in evidence.joint(disturbance) {
            let cells = [
                joint.architecture.to_owned(),
                joint.channel(),
                joint.width().to_string(),
                bits(joint.sent_values()),
                bits(joint.air_bits()),
                points(&joint.loss(false)?.difference),
                points(&joint.loss(true)?.difference),
            ];
            row(&mut text, &cells.each_ref().map(String::as_str));
        }
    }
    Ok(text + "\n")
}
