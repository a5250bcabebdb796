//! Claims on payloads and what they cost in accuracy.

use super::evidence::{Evidence, Trained, Units, ratio_of};
use super::finding::{Finding, bits, points, setting};
use crate::error::ReportError;
use crate::quantity::{count, fixed, times};
use crate::zoo::row;
use cospike_models::zoo::{Executed, NetworkChoice};
use cospike_sim_core::network::BottleneckKind;
use cospike_sim_core::stats::{Claim, CrossedDifference, Interval};

/// Basis of a compression ratio.
#[derive(Clone, Copy)]
enum Basis {
    /// Bits of the float32 features at the split point.
    Float32,
    /// Bits of their binary form in T steps.
    Binary,
}

impl Basis {
    const ALL: [Self; 2] = [Self::Float32, Self::Binary];

    fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32 features",
            Self::Binary => "T-step binary features",
        }
    }

    /// Compression of the features by `units`.
    fn ratio(self, units: &Units<'_>) -> f64 {
        let bits_per_value = match self {
            Self::Float32 => 32.0,
            Self::Binary => units.steps(),
        };
        bits_per_value * units.values() / sent_bits(units)
    }
}

/// Bits that units send: their payload, but one byte per value for a float unit, whose JPEG is larger than its values here.
fn sent_bits(units: &Units<'_>) -> f64 {
    match units.kind {
        BottleneckKind::Float => 8.0 * units.sent_values(),
        BottleneckKind::Spiking | BottleneckKind::Binary | BottleneckKind::Jscc | BottleneckKind::Quantised => {
            units.payload_bits()
        }
    }
}

/// Findings on a claim that units of `kind` at the last split point compress by `ratio` and lose at most `points_lost`: for each
/// basis of the ratio, of the widest unit that compresses so much.
pub(super) fn findings(
    evidence: &Evidence,
    kind: BottleneckKind,
    ratio: f64,
    points_lost: f64,
) -> Result<Vec<Finding>, ReportError> {
    let mut findings = vec![];
    for basis in Basis::ALL {
        for architecture in evidence.architectures() {
            let units = evidence.last_units(architecture, kind);
            let widest = units.iter().filter(|units| basis.ratio(units) >= ratio).max_by_key(|units| units.width);
            let what =
                |units: &Units<'_>| format!("{}; {} the {}", setting(units), times(basis.ratio(units)), basis.name());
            findings.push(match widest {
                Some(units) => {
                    let loss = plain_loss(evidence, units)?;
                    Finding::of_points(Claim::AtMost(points_lost), &loss, units.noun(), what(units))
                }
                None => {
                    let most = units.iter().map(|units| basis.ratio(units)).fold(0.0, f64::max);
                    let reason = format!("no unit of the zoo compresses so much: {} at most", times(most));
                    Finding::untested(format!("{architecture}; {}", basis.name()), reason)
                }
            });
        }
    }
    // What has a figure first.
    findings.sort_by_key(|finding| finding.verdict.is_none());
    Ok(findings)
}

/// Loss of units as they are sent, see [`sent_bits`].
fn plain_loss(evidence: &Evidence, units: &Units<'_>) -> Result<CrossedDifference, ReportError> {
    if units.kind != BottleneckKind::Float {
        return Ok(units.loss()?);
    }
    let raw: Vec<&Executed> = evidence.executed.iter().filter(|executed| executed.choice.codec.is_some()).collect();
    let plain = |unit: &&Executed| {
        let is_it = |raw: &&&Executed| NetworkChoice { codec: None, ..raw.choice.clone() } == unit.choice;
        raw.iter().find(is_it).copied()
    };
    let trained = units
        .backbones
        .iter()
        .map(|trained| Trained { backbone: trained.backbone, units: trained.units.iter().filter_map(plain).collect() });
    Ok(Units { backbones: trained.collect(), ..units.clone() }.loss()?)
}

/// Findings on a claim that payloads at earlier split points are at least by the share `least` smaller than 8-bit values.
pub(super) fn smaller(evidence: &Evidence, least: f64) -> Vec<Finding> {
    let finding = |architecture: &str| {
        let units = evidence.last_units(architecture, BottleneckKind::Spiking);
        let steps = units.first()?.steps();
        // One bit per value and step against eight bits per value.
        let saved = 1.0 - steps / 8.0;
        let exact = Interval { estimate: saved, low: saved, high: saved };
        let setting = format!("{architecture}, every split point and width, T = {steps}");
        let figure = format!(
            "{} % smaller than 8-bit values of as many channels (less where whole bytes are padded)",
            fixed(100.0 * saved, 0)
        );
        let most = (8.0 * (1.0 - least)).floor();
        let remark = format!(
            "One bit in each of T steps against 8 bits is T / 8, whatever the network: T of at most {most} saves so much. The table \
             of earlier split points has what the same channels save against JPEG, and what they lose."
        );
        Some(Finding::new(Claim::AtLeast(least), &exact, setting, figure).remarked(&remark))
    };
    evidence.architectures().into_iter().filter_map(finding).collect()
}

/// Findings on a claim that 1-bit activations lose at most `most` points more than spikes, by width from the widest on.
pub(super) fn one_bit(evidence: &Evidence, most: f64) -> Result<Vec<Finding>, ReportError> {
    let mut findings = vec![];
    for (spiking, binary) in bit_pairs(evidence) {
        let more = CrossedDifference::new(&binary.losses(), &spiking.losses())?;
        let noun = if binary.backbones.len() > 1 { binary.noun() } else { spiking.noun() };
        let setting = format!(
            "{}, {}, width {}; {} against {} bits; binary {}, spiking {}",
            spiking.architecture,
            spiking.split,
            spiking.width,
            bits(binary.payload_bits()),
            bits(spiking.payload_bits()),
            binary.trainings(),
            spiking.trainings()
        );
        let finding = Finding::of_points(Claim::AtMost(most), &more, noun, setting);
        let share = format!("One bit against T: T is {} here, and 8 in the source.", spiking.steps());
        findings.push(finding.remarked(&share));
    }
    Ok(findings)
}

/// Spiking and binary units of equal width at the last split point, from the widest on.
fn bit_pairs<'a>(evidence: &'a Evidence) -> Vec<(Units<'a>, Units<'a>)> {
    let mut pairs = vec![];
    for architecture in evidence.architectures() {
        let binary = evidence.last_units(architecture, BottleneckKind::Binary);
        for spiking in evidence.last_units(architecture, BottleneckKind::Spiking).into_iter().rev() {
            if let Some(binary) = binary.iter().find(|binary| binary.width == spiking.width) {
                pairs.push((spiking, binary.clone()));
            }
        }
    }
    pairs
}

/// Table of every unit at the last split point.
pub(super) fn section(evidence: &Evidence) -> Result<String, ReportError> {
    let mut text = "### Loss at the last split point\n\n\
                    Points below the unsplit backbone of the same family, with 95 % intervals over images and trainings. \
                    The claims of 256x and 2048x, 0.16, 2 and 2.5 points are to be read against this table. Float units: JPEG as \
                    they were trained. Trainings: of the unit, `15 on 3` being 15 units on 3 backbones.\n\n\
                    | backbone | unit | width | trainings | payload bit | x float32 | x binary | loss in points |\n\
                    |---|---|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for architecture in evidence.architectures() {
        for kind in BottleneckKind::ALL {
            for units in evidence.last_units(architecture, kind) {
                let sent = units.payload_bits();
                let cells = [
                    architecture.to_owned(),
                    kind.name().to_owned(),
                    units.width.to_string(),
                    units.number_of_trainings(),
                    bits(sent),
                    times(32.0 * units.values() / sent),
                    times(units.steps() * units.values() / sent),
                    points(&units.loss()?.difference),
                ];
                row(&mut text, &cells.each_ref().map(String::as_str));
            }
        }
    }
    text += "\n### Spikes and single bits\n\n\
             Units of equal width at the last split point: a binary unit sends one bit per value, a spiking one T. Differences are \
             binary less spiking, in points: of the losses, each against its own backbone, and of the accuracies, where the float \
             backbone's head start counts too.\n\n\
             | backbone | width | binary bit | spiking bit | trainings | more loss | more accuracy |\n\
             |---|---:|---:|---:|---:|---:|---:|\n";
    for (spiking, binary) in bit_pairs(evidence) {
        let more_loss = CrossedDifference::new(&binary.losses(), &spiking.losses())?;
        let more_right = CrossedDifference::new(&binary.right(), &spiking.right())?;
        let cells = [
            spiking.architecture.to_owned(),
            spiking.width.to_string(),
            bits(binary.payload_bits()),
            bits(spiking.payload_bits()),
            format!("{} and {}", binary.number_of_trainings(), spiking.number_of_trainings()),
            points(&more_loss.difference),
            points(&more_right.difference),
        ];
        row(&mut text, &cells.each_ref().map(String::as_str));
    }
    text += &earlier(evidence)?;
    Ok(text)
}

/// Table of payloads before the last split point, spiking beside float.
fn earlier(evidence: &Evidence) -> Result<String, ReportError> {
    let mut text = "\n### Payloads at earlier split points\n\n\
                    A spiking unit beside the float unit of equal width, whose values are sent as JPEG or as 8 bits each. Accuracy: \
                    spiking less float, in points, on as many images as stand in the last column.\n\n\
                    | backbone | split | width | spiking bit | JPEG bit | 8-bit bit | saved against JPEG % | against 8 bits % | more accuracy | images |\n\
                    |---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for architecture in evidence.architectures() {
        let spiking = evidence.units(architecture, BottleneckKind::Spiking);
        let last = spiking.last().map(|units| units.split);
        let float = evidence.units(architecture, BottleneckKind::Float);
        for spiking in spiking.iter().filter(|units| Some(units.split) != last) {
            let is_twin = |float: &&Units<'_>| (float.split, float.width) == (spiking.split, spiking.width);
            let Some(float) = float.iter().find(is_twin) else { continue };
            let sent = |unit: &Executed| unit.payload_bits.iter().map(|&bits| f64::from(bits)).collect::<Vec<f64>>();
            let share = ratio_of(&sent(spiking.any()), &sent(float.any()))?;
            let saved = Interval { estimate: 1.0 - share.estimate, low: 1.0 - share.high, high: 1.0 - share.low };
            let raw = 8.0 * float.sent_values();
            let more = CrossedDifference::new(&spiking.right(), &float.right())?;
            let cells = [
                architecture.to_owned(),
                spiking.split.to_owned(),
                spiking.width.to_string(),
                bits(spiking.payload_bits()),
                bits(float.payload_bits()),
                bits(raw),
                super::finding::interval(&saved, 100.0, 1),
                fixed(100.0 * (1.0 - spiking.payload_bits() / raw), 1),
                points(&more.difference),
                count(more.samples as u64),
            ];
            row(&mut text, &cells.each_ref().map(String::as_str));
        }
    }
    Ok(text + "\n")
}
