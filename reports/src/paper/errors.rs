//! Claims on what inverted bits cost.

use super::evidence::{Damaged, Evidence, Units, numbers};
use super::finding::{Finding, interval};
use crate::error::ReportError;
use crate::quantity::fixed;
use crate::zoo::row;
use cospike_models::zoo::Executed;
use cospike_sim_core::network::BottleneckKind;
use cospike_sim_core::stats::{Claim, CrossedDifference, Interval, StatsError};

/// Probability of an inverted bit that the claims are about.
const CLAIMED: f64 = 0.1;

/// Accuracy of units whose payloads met errors, as a mean over images and trainings.
fn accuracy(units: &Units<'_>, right: impl Fn(&Executed) -> &[bool]) -> Result<Interval, StatsError> {
    let rows = units.rows(|_, unit| numbers(right(unit)));
    let zeros = vec![vec![0.0; rows.first().map_or(0, Vec::len)]];
    Ok(CrossedDifference::new(&rows, &zeros)?.difference)
}

impl Evidence {
    /// Place of the claimed probability among those that were executed.
    fn claimed_errors(&self) -> Option<usize> {
        self.bit_errors.iter().position(|&probability| probability == CLAIMED)
    }

    /// Groups of `architecture` that `wanted` accepts, from the widest on.
    fn groups(&self, architecture: &str, wanted: impl Fn(&Damaged) -> bool) -> Vec<(Damaged, Units<'_>)> {
        let mut groups = self.damaged(architecture);
        groups.retain(|(group, _)| wanted(group));
        groups.sort_by_key(|(group, _)| std::cmp::Reverse(group.width));
        groups
    }
}

fn setting(group: &Damaged, units: &Units<'_>) -> String {
    let Units { architecture, width, .. } = units;
    format!("{architecture}, last split point, {}, width {width}, {}", group.name(), units.trainings())
}

/// Findings on the claim that 8-bit values leave no more than chance with one bit in ten inverted.
pub(super) fn collapse(evidence: &Evidence) -> Result<Vec<Finding>, ReportError> {
    let Some(place) = evidence.claimed_errors() else { return Ok(vec![]) };
    let mut findings = vec![];
    for architecture in evidence.architectures() {
        let mut groups = evidence.groups(architecture, |group| group.kind == BottleneckKind::Float);
        groups.sort_by_key(|(group, _)| !group.is_raw);
        for (group, units) in groups {
            let found = accuracy(&units, |unit| &unit.right_disturbed[place])?;
            let before = accuracy(&units, |unit| &unit.right)?;
            let classes = units.any().network.layers.last().map_or(1, |layer| layer.output.len());
            let chance = 1.0 / classes as f64;
            let figure = format!(
                "{} % right, {} % without errors",
                interval(&found, 100.0, 2),
                fixed(100.0 * before.estimate, 2)
            );
            let setting = setting(&group, &units);
            let remark = format!("Chance is {} % of {classes} classes.", fixed(100.0 * chance, 0));
            findings.push(Finding::new(Claim::AtMost(chance), &found, setting, figure).remarked(&remark));
        }
    }
    Ok(findings)
}

/// Findings on a claim that units of `kind` lose at most `most` points with one bit in ten inverted; those that were trained with
/// errors first.
pub(super) fn robust(evidence: &Evidence, kind: BottleneckKind, most: f64) -> Result<Vec<Finding>, ReportError> {
    let Some(place) = evidence.claimed_errors() else { return Ok(vec![]) };
    let mut findings = vec![];
    for is_noisy in [true, false] {
        for architecture in evidence.architectures() {
            let wanted = |group: &Damaged| group.kind == kind && group.is_noisy == is_noisy;
            for (group, units) in evidence.groups(architecture, wanted) {
                let lost = units.rows(|_, unit| {
                    let (before, after) = (numbers(&unit.right), numbers(&unit.right_disturbed[place]));
                    before.iter().zip(after).map(|(before, after)| before - after).collect()
                });
                let loss = CrossedDifference::new(&lost, &[vec![0.0; lost[0].len()]])?;
                let setting = setting(&group, &units);
                findings.push(Finding::of_points(Claim::AtMost(most), &loss, units.noun(), setting));
            }
        }
    }
    Ok(findings)
}

/// Table of accuracies by probability of an inverted bit.
pub(super) fn section(evidence: &Evidence) -> Result<String, ReportError> {
    let mut text = "### Inverted bits\n\n\
                    Accuracy in % on all test images, each bit of the payload being inverted with the probability above the column, \
                    with 95 % intervals over images and trainings. *Noisy* units were trained with such errors. A JPEG scan cannot be \
                    decoded beyond an error that makes it invalid; plain 8-bit values can.\n\n\
                    | backbone | unit | width | trainings | 0 |"
        .to_owned();
    evidence.bit_errors.iter().for_each(|probability| text += &format!(" {probability} |"));
    text += &format!("\n|---|---|---:|---:|{}\n", "---:|".repeat(1 + evidence.bit_errors.len()));
    for architecture in evidence.architectures() {
        for (group, units) in evidence.damaged(architecture) {
            let (name, width, trainings) = (group.name(), group.width.to_string(), units.number_of_trainings());
            let mut cells = vec![architecture.to_owned(), name, width, trainings];
            cells.push(interval(&accuracy(&units, |unit| &unit.right)?, 100.0, 1));
            for place in 0..evidence.bit_errors.len() {
                let found = accuracy(&units, |unit| &unit.right_disturbed[place])?;
                cells.push(interval(&found, 100.0, 1));
            }
            row(&mut text, &cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
    Ok(text + "\n")
}
