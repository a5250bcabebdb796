//! Claims on what inverted bits cost.

use super::evidence::{Damaged, Evidence, numbers};
use super::finding::{Finding, interval};
use crate::error::ReportError;
use crate::quantity::{fixed, plural};
use crate::zoo::row;
use cospike_models::zoo::Executed;
use cospike_sim_core::network::BottleneckKind;
use cospike_sim_core::stats::{Claim, CrossedDifference, Interval, StatsError};

/// Probability of an inverted bit that the claims are about.
const CLAIMED: f64 = 0.1;

/// Accuracy of trainings whose payloads met errors, as a mean over images and trainings.
fn accuracy(trainings: &[&Executed], right: impl Fn(&Executed) -> &[bool]) -> Result<Interval, StatsError> {
    let rows: Vec<Vec<f64>> = trainings.iter().map(|unit| numbers(right(unit))).collect();
    let zeros = vec![vec![0.0; rows.first().map_or(0, Vec::len)]];
    Ok(CrossedDifference::new(&rows, &zeros)?.difference)
}

impl Evidence {
    /// Place of the claimed probability among those that were executed.
    fn claimed_errors(&self) -> Option<usize> {
        self.bit_errors.iter().position(|&probability| probability == CLAIMED)
    }

    /// Groups of `architecture` that `wanted` accepts, from the widest on.
    fn groups(&self, architecture: &str, wanted: impl Fn(&Damaged) -> bool) -> Vec<(Damaged, Vec<&Executed>)> {
        let mut groups: Vec<_> = self.damaged(architecture).into_iter().filter(|(group, _)| wanted(group)).collect();
        groups.sort_by_key(|(group, _)| std::cmp::Reverse(group.width));
        groups
    }
}

fn setting(architecture: &str, group: &Damaged, trainings: usize) -> String {
    format!(
        "{architecture}, last split point, {}, width {}, {}",
        group.name(),
        group.width,
        plural(trainings, "training")
    )
}

/// Findings on the claim that 8-bit values leave no more than chance with one bit in ten inverted.
pub(super) fn collapse(evidence: &Evidence) -> Result<Vec<Finding>, ReportError> {
    let Some(place) = evidence.claimed_errors() else { return Ok(vec![]) };
    let mut findings = vec![];
    for architecture in evidence.architectures() {
        let mut groups = evidence.groups(architecture, |group| group.kind == BottleneckKind::Float);
        groups.sort_by_key(|(group, _)| !group.is_raw);
        for (group, trainings) in groups {
            let found = accuracy(&trainings, |unit| &unit.right_disturbed[place])?;
            let before = accuracy(&trainings, |unit| &unit.right)?;
            let classes = trainings[0].network.layers.last().map_or(1, |layer| layer.output.len());
            let chance = 1.0 / classes as f64;
            let figure = format!(
                "{} % right, {} % without errors",
                interval(&found, 100.0, 2),
                fixed(100.0 * before.estimate, 2)
            );
            let setting = setting(architecture, &group, trainings.len());
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
            for (group, trainings) in
                evidence.groups(architecture, |group| group.kind == kind && group.is_noisy == is_noisy)
            {
                let before: Vec<Vec<f64>> = trainings.iter().map(|unit| numbers(&unit.right)).collect();
                let lost = trainings.iter().zip(before).map(|(unit, before)| {
                    let after = numbers(&unit.right_disturbed[place]);
                    before.iter().zip(after).map(|(before, after)| before - after).collect()
                });
                let lost: Vec<Vec<f64>> = lost.collect();
                let loss = CrossedDifference::new(&lost, &[vec![0.0; lost[0].len()]])?;
                let setting = setting(architecture, &group, trainings.len());
                findings.push(Finding::of_points(Claim::AtMost(most), &loss, setting));
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
        for (group, trainings) in evidence.damaged(architecture) {
            let mut cells =
                vec![architecture.to_owned(), group.name(), group.width.to_string(), trainings.len().to_string()];
            cells.push(interval(&accuracy(&trainings, |unit| &unit.right)?, 100.0, 1));
            for place in 0..evidence.bit_errors.len() {
                let found = accuracy(&trainings, |unit| &unit.right_disturbed[place])?;
                cells.push(interval(&found, 100.0, 1));
            }
            row(&mut text, &cells.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
    Ok(text + "\n")
}
